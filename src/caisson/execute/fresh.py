"""Restores the stores of a repository into an empty folder, on a machine that has nothing else.

    open ──▶ choose, or refuse: nothing is written yet ──▶ each store by itself ──▶ what it says

What is refused is CannotOpen. What fails after that fails one store, and the others go on. There
is no plan and no journal: a machine that has nothing has nowhere to go on from.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from caisson.execute.errors import StepError
from caisson.execute.fresh_store import Asked, Chosen, FreshStore, Left
from caisson.execute.inventory import Inventory, InventoryUnknown
from caisson.execute.opened import CannotOpen, Opened
from caisson.plan.restore import written_moment
from caisson.systems.pgbackrest.answers import Backup, Stanza
from caisson.systems.pgbackrest.beside import BesideDamaged
from caisson.systems.postgres.session import PostgresError
from caisson.targets.local.binaries import Binary
from caisson.targets.local.supervision import Supervisor, SupervisorError

_FIRST_PORT = 5432
_TEXTS = "estate.files"  # no store is called like this

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`stores` are all where none is named; `moment` is of seconds since 1970, None the newest."""

    into: Path
    stores: tuple[str, ...] = ()
    moment: float | None = None
    discard: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one store; `why_not` says why it could not be restored."""

    store: str
    backup: str
    restore_s: float | None = None
    asked: Asked | None = None
    left: Left | None = None
    why_not: str | None = None

    @property
    def answered(self) -> bool:
        """Restored as was asked for, and every question asked and answered as it should be."""
        said = self.asked
        if self.why_not is not None or said is None or said.short is not None:
            return False
        return said.count > 0 and not (said.wrong or said.unasked)


@dataclass(frozen=True, slots=True)
class Choice:
    """`inventory` is None where `unknown` says why; `others` are stores that have no backups."""

    inventory: Inventory | None
    unknown: str | None
    stores: tuple[Chosen, ...]
    others: tuple[str, ...]


def choose(opened: Opened, wanted: Wanted, postgres: Binary, now: float) -> Choice:
    """Find out what can be restored, or raise CannotOpen; nothing is written."""
    _check_folder(opened, wanted.into)
    if wanted.moment is not None and wanted.moment > now:
        raise CannotOpen(f"{written_moment(wanted.moment)} has not come yet")
    there = opened.stores()
    if strange := [each for each in wanted.stores if each not in there]:
        raise CannotOpen(f"no backups of {strange[0]} are in it; there are: {', '.join(there)}")
    names = [each for each in there if each in wanted.stores or not wanted.stores]
    stanzas = [opened.stanza(each) for each in names]  # tells first whether the key fits
    inventory, unknown = _inventory(opened)
    return Choice(
        inventory,
        unknown,
        tuple(_chosen(each, wanted.moment, inventory, postgres) for each in stanzas),
        _others(inventory, wanted, names),
    )


def restore(
    opened: Opened, choice: Choice, wanted: Wanted, postgres: Binary, say: Say
) -> Iterator[Restored]:
    """Restore each store, one after the other, and tell of each."""
    wanted.into.mkdir(mode=0o700, parents=True, exist_ok=True)
    if choice.inventory is not None and not wanted.discard:
        _write_texts(choice.inventory, wanted.into / _TEXTS)
    with _supervised(opened) as supervisor:
        for number, chosen in enumerate(choice.stores):
            folder, port = wanted.into / chosen.store, _FIRST_PORT + number
            fresh = FreshStore(opened, supervisor, postgres, chosen, folder, port)
            say(
                f"{chosen.store}: restoring {chosen.backup.label}, {chosen.backup.size_bytes} bytes"
            )
            yield _restored(fresh, discard=wanted.discard)
    if not any(wanted.into.iterdir()):
        wanted.into.rmdir()


def _restored(fresh: FreshStore, *, discard: bool) -> Restored:
    store, backup = fresh.chosen.store, fresh.chosen.backup.label
    try:
        seconds = fresh.restore()
        asked = fresh.ask()
        left = None if discard else fresh.leave()
    except (StepError, PostgresError, SupervisorError) as error:
        fresh.discard(keep_log=True)
        return Restored(store, backup, why_not=str(error))
    if discard:
        fresh.discard()
    return Restored(store, backup, seconds, asked, left)


@contextmanager
def _supervised(opened: Opened) -> Iterator[Supervisor]:
    """A supervisor of its own, which ends with this process and takes its servers along."""
    supervisor = Supervisor.launch(opened.work.run, opened.work.root / "supervisor.log")
    try:
        if supervisor.refusal:
            raise SupervisorError(
                f"as root, Postgres must not show as root: {supervisor.refusal}; run this as an "
                "ordinary user"
            )
        yield supervisor
    finally:
        supervisor.shutdown(5.0)


def _check_folder(opened: Opened, into: Path) -> None:
    if not str(into).isprintable():
        raise CannotOpen(f"{str(into)!r} cannot be written into a file of settings: name another")
    if into.exists() and not into.is_dir():
        raise CannotOpen(f"{into} is not a folder: name one that is empty, or not there yet")
    if into.is_dir() and any(into.iterdir()):
        raise CannotOpen(f"{into} is not empty: name a folder that is, or is not there yet")
    within = into.resolve().is_relative_to(Path(opened.place.path).resolve())
    if opened.place.kind == "posix" and within:
        raise CannotOpen(f"{into} is inside the repository: name a folder elsewhere")


def _inventory(opened: Opened) -> tuple[Inventory | None, str | None]:
    """Its backups are worth restoring without it too, though nothing can be asked then."""
    try:
        found = opened.inventory()
    except (InventoryUnknown, BesideDamaged, StepError) as error:
        return None, f"the inventory of the repository cannot be read: {error}"
    return found, None if found else "the repository has no inventory"


def _chosen(
    stanza: Stanza, moment: float | None, inventory: Inventory | None, postgres: Binary
) -> Chosen:
    backup = _backup(stanza, moment)
    written = stanza.versions[-1]
    if written.split(".")[0] != postgres.version.split(".")[0]:
        raise CannotOpen(
            f"{stanza.name} was written by Postgres {written}, and this machine has "
            f"{postgres.version}: install Postgres {written}"
        )
    kept = inventory.store(stanza.name) if inventory else None
    return Chosen(stanza, backup, written_moment(moment) if moment is not None else None, kept)


def _backup(stanza: Stanza, moment: float | None) -> Backup:
    if not stanza.backups:
        raise CannotOpen(f"{stanza.name} has no backup that is whole")
    if moment is None:
        return stanza.backups[-1]
    if (found := stanza.before(moment)) is None:
        first = written_moment(stanza.backups[0].stopped_at + 1)
        raise CannotOpen(
            f"{stanza.name}: {written_moment(moment)} is before {first}, when the oldest backup "
            "was whole"
        )
    return found


def _others(inventory: Inventory | None, wanted: Wanted, names: list[str]) -> tuple[str, ...]:
    """What was backed up here in another way, or not at all yet."""
    if inventory is None or wanted.stores:
        return ()
    return tuple(
        f"{each.name} ({each.system})" for each in inventory.stores if each.name not in names
    )


def _write_texts(inventory: Inventory, folder: Path) -> None:
    for name, text in inventory.files.items():
        parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..")]
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
