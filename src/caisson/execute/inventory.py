"""The inventory of a repository: what has to be known to restore its stores and to ask them.

It lies in the repository itself, encrypted like everything there, so that a machine with nothing
but the repository and its key can restore. No password and no key is in it: the estate has none.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from caisson.estate.relations import parse_relation
from caisson.topology.backups import BackedUp, Query, RestoreQuestion
from caisson.topology.model import ReplicaSet, Topology


class InventoryUnknown(ValueError):  # noqa: N818 - says what is so
    """The text is no inventory, or one of a form that is not known here."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class KeptQuestion(_Kept):
    """A query with its relation, such as `>= 1`; of other questions only how they read."""

    text: str
    sql: str | None = None
    relation: str | None = None
    every: bool = True

    def query(self) -> Query | None:
        """What can be asked of a database alone; None when it takes a running service."""
        if self.sql is None or self.relation is None:
            return None
        return Query(self.sql, parse_relation(self.relation), self.every)


class KeptStore(_Kept):
    """`version` is that of the program that ran it, such as 15.8; `database` that of SQL."""

    name: str
    system: str
    version: str
    database: str
    shards: int
    questions: tuple[KeptQuestion, ...] = ()


class Inventory(_Kept):
    """`files` are the estate's texts by their paths from its folder."""

    form: Literal[1] = 1
    caisson: str
    written_at: str
    estate: str
    environment: str
    jurisdiction: str
    stores: tuple[KeptStore, ...]
    files: dict[str, str]

    def store(self, name: str) -> KeptStore | None:
        return next((each for each in self.stores if each.name == name), None)


def inventory_of(
    topology: Topology,
    repository: str,
    *,
    versions: Mapping[str, str],
    files: Mapping[str, str],
    caisson: str,
    now: float,
) -> Inventory:
    """Of the repository with this id; `versions` are those of the systems' programs."""
    environment, jurisdiction = repository.split("/")
    sets = {each.id: each for each in topology.replica_sets}
    return Inventory(
        caisson=caisson,
        written_at=datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        estate=topology.estate,
        environment=environment,
        jurisdiction=jurisdiction,
        stores=tuple(
            _store(each, sets[each.id], versions)
            for each in topology.backed_up
            if each.repository == repository
        ),
        files=dict(files),
    )


def read_inventory(text: str) -> Inventory:
    """Read what `model_dump_json` has written; raise InventoryUnknown."""
    try:
        return Inventory.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InventoryUnknown(f"{where}: {first['msg']}") from error


def _store(backed_up: BackedUp, found: ReplicaSet, versions: Mapping[str, str]) -> KeptStore:
    return KeptStore(
        name=found.store,
        system=found.system,
        version=versions.get(found.system, ""),
        database=found.store,
        shards=found.shards,
        questions=tuple(_questions(backed_up.questions)),
    )


def _questions(questions: tuple[RestoreQuestion, ...]) -> Iterator[KeptQuestion]:
    for each in questions:
        if isinstance(each, Query):
            yield KeptQuestion(
                text=str(each), sql=each.sql, relation=str(each.relation), every=each.every
            )
        else:
            yield KeptQuestion(text=str(each))
