"""What is refused, or left out, before a machine without an estate restores anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from caisson.execute.fresh import Wanted, choose
from caisson.execute.inventory import Inventory, KeptStore
from caisson.execute.opened import CannotOpen, Opened
from caisson.systems.pgbackrest.answers import Backup, Stanza
from caisson.systems.pgbackrest.files import Kind
from caisson.systems.pgbackrest.repository import Repository
from caisson.targets.local.binaries import Binary

PLACE = Repository("posix", "/kept/us")
SEGMENT = "000000010000000000000002"
INVENTORY = Inventory(
    caisson="1",
    written_at="",
    estate="shop",
    environment="production",
    jurisdiction="us",
    stores=tuple(
        KeptStore(name=name, system=system, version="", database=name, shards=1)
        for name, system in (("orders", "postgres"), ("sessions", "redis"))
    ),
    files={},
)


@dataclass
class There:
    """A repository of one store with two backups, which ended in seconds 100 and 200."""

    version: str = "15"
    place: Repository = PLACE

    def stores(self) -> tuple[str, ...]:
        return ("orders",)

    def stanza(self, store: str) -> Stanza:
        backups = tuple(
            Backup(str(at), Kind.FULL, at - 9, at, 0, 0, SEGMENT, SEGMENT, 0, 0, False, ())
            for at in (100.0, 200.0)
        )
        return Stanza(store, "", False, backups, (1,), (self.version,))

    def inventory(self) -> Inventory:
        return INVENTORY


def chosen(
    into: Path, moment: float | None = None, *, stores: tuple[str, ...] = (), version: str = "15"
) -> tuple[str, str | None, tuple[str, ...]]:
    """The backup, the moment and what is declared and has no backups."""
    there = cast("Opened", There(version))
    postgres = Binary("postgres", Path("postgres"), (), "15.8")
    choice = choose(there, Wanted(into, stores, moment), postgres, 300.0)
    (store,) = choice.stores
    return store.backup.label, store.moment, choice.others


def test_a_moment_is_restored_from_the_backup_before_it(tmp_path: Path) -> None:
    others = ("sessions (redis)",)
    assert chosen(tmp_path / "new") == ("200.0", None, others)
    assert chosen(tmp_path, 201.5) == ("200.0", "1970-01-01 00:03:21.500000+00:00", others)
    assert chosen(tmp_path, 200.5, stores=("orders",))[::2] == ("100.0", ())


def test_what_was_written_by_another_postgres_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match=r"by Postgres 17, .* has 15\.8: install Postgres 17"):
        chosen(tmp_path, version="17")
    with pytest.raises(CannotOpen, match="inside the repository"):
        chosen(Path("/kept/us/restored"))
