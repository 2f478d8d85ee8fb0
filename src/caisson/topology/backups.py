"""Backups of a declared estate: where they lie, how each store is backed up, what is asked of it.

Caisson itself, its state and the estate's secrets are on the machine from which the estate is
operated. That machine is in none of the regions.
"""

import shlex
from dataclasses import dataclass

from caisson.estate.relations import Relation
from caisson.estate.sources import Source

# The resource that is Caisson's own state, beside which the estate's secrets lie.
STATE, STATE_TYPE = "caisson/state", "caisson_state"
_ENVIRONMENT = "{environment}"


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the backups of one environment's stores in one jurisdiction lie.

    `location` is a bucket or a folder as the estate has it, None for a folder beside Caisson's
    state. `lies_in` is the jurisdiction of the region. `key` is a reference into the estate's
    secrets: the key itself is never in a topology.
    """

    environment: str
    jurisdiction: str
    region: str
    lies_in: str | None
    location: str | None
    source: Source

    @property
    def id(self) -> str:
        return f"{self.environment}/{self.jurisdiction}"

    @property
    def resource(self) -> str:
        """The id of its resource; no store or service has an id of so many parts."""
        return f"{self.environment}/{self.region}/repository/{self.jurisdiction}"

    @property
    def key(self) -> str:
        return f"{self.id}/backups"

    @property
    def root(self) -> str | None:
        """The bucket, or the whole folder, which others may share; None beside the state."""
        if self.location is None:
            return None
        written = self.location.replace(_ENVIRONMENT, self.environment).partition("?")[0]
        return "/".join(written.split("/")[:3]) if "://" in written else written.rstrip("/")

    @property
    def url(self) -> str | None:
        """Its own folder in the bucket or folder; None beside the state."""
        if self.location is None:
            return None
        written = self.location.replace(_ENVIRONMENT, self.environment)
        place, mark, asked = written.partition("?")
        return f"{place.rstrip('/')}/{self.id}{mark}{asked}"

    @property
    def folder(self) -> str | None:
        """Its folder in that of Caisson's state, None where it is elsewhere."""
        return f"repositories/{self.region}/{self.id}" if self.location is None else None


@dataclass(frozen=True, slots=True)
class Query:
    """SQL of one value, in `every` logical shard or in some."""

    sql: str
    relation: Relation
    every: bool

    def __str__(self) -> str:
        shards = "every shard" if self.every else "some shard"
        return f"{' '.join(self.sql.split())}: {self.relation}, in {shards}"


@dataclass(frozen=True, slots=True)
class Command:
    """A Redis command of one value that only reads, as words."""

    words: tuple[str, ...]
    relation: Relation

    def __str__(self) -> str:
        return f"{shlex.join(self.words)}: {self.relation}"


@dataclass(frozen=True, slots=True)
class Request:
    """A GET that `service` must answer with `status` when it runs on the restored copy."""

    service: str
    path: str
    status: int

    def __str__(self) -> str:
        return f"GET {self.path} of {self.service}: {self.status}"


@dataclass(frozen=True, slots=True)
class Writes:
    """Every write that the probe of `service` had acknowledged by the moment that is restored."""

    service: str

    def __str__(self) -> str:
        return f"every write of {self.service}"


RestoreQuestion = Query | Command | Request | Writes


@dataclass(frozen=True, slots=True)
class BackedUp:
    """How one replica set is backed up, and what is asked of each copy restored of it.

    `wal_s` is how old WAL may be at most that is not archived, None when none is kept.
    """

    environment: str
    jurisdiction: str
    store: str
    every_s: float
    wal_s: float | None
    keep_s: float
    locked_s: float | None
    questions: tuple[RestoreQuestion, ...]
    source: Source

    @property
    def id(self) -> str:
        """The id of the replica set."""
        return f"{self.environment}/{self.jurisdiction}/{self.store}"

    @property
    def repository(self) -> str:
        """The id of the repository."""
        return f"{self.environment}/{self.jurisdiction}"

    @property
    def newest_lacks_s(self) -> float:
        """How much the newest backup lacks at the worst moment, if everything is in time."""
        return self.every_s if self.wal_s is None else self.wal_s
