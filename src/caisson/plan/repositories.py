"""What a planner is told about a repository: which moments a replica set can be brought back to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestorePoint:
    """A backup that is whole; times are whole seconds since the epoch.

    `size` is what a restore writes, `stored` what it added to the repository, in bytes.
    """

    label: str
    kind: str  # full | diff | incr
    started_at: float
    stopped_at: float
    size: int
    stored: int

    @property
    def restores_from(self) -> float:
        """The first moment that can be restored from it: it ended within that second."""
        return self.stopped_at + 1.0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.stopped_at - self.started_at


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """One replica set's repository as last read; `points` oldest first.

    `why_not` says why it could not be read, None when it was.
    """

    replica_set: str
    region: str
    points: tuple[RestorePoint, ...] = ()
    why_not: str | None = None

    @property
    def newest(self) -> RestorePoint | None:
        return self.points[-1] if self.points else None

    @property
    def oldest(self) -> RestorePoint | None:
        return self.points[0] if self.points else None
