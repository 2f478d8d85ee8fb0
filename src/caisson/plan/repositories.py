"""What a planner is told about a repository: which moments a replica set can be brought back to."""

from dataclasses import dataclass

from caisson.plan.lineage import Turn, branch_at, stretches
from caisson.plan.windows import Hole, Window, holes_between


@dataclass(frozen=True, slots=True)
class RestorePoint:
    """A backup that is whole; times are seconds since the epoch, whole ones where there is WAL.

    `size` is what a restore writes, `stored` what it added to the repository, in bytes; None where
    the engine does not tell. Without WAL it is of one moment, between the two times. No transaction
    from `before_transaction` on had ended when it did; None where nobody noted it.
    """

    label: str
    kind: str  # full | diff | incr
    started_at: float
    stopped_at: float
    size: int
    stored: int | None
    before_transaction: int | None = None

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

    `why_not` says why it could not be read, None when it was. `windows` are the moments that
    can be restored, oldest first, None when nobody looked. `gone` is the label of the newest
    backup that was there, when there is none any more. `any_moment`: WAL leads on from each backup,
    so that not only the moments of the backups can be restored. `turns` are the times at which the
    set was switched to other data, oldest first.
    """

    replica_set: str
    region: str
    points: tuple[RestorePoint, ...] = ()
    why_not: str | None = None
    windows: tuple[Window, ...] | None = None
    gone: str | None = None
    any_moment: bool = True
    turns: tuple[Turn, ...] = ()

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The moments in between that cannot be restored."""
        return tuple(holes_between(self.windows or ()))

    @property
    def needs_backup(self) -> bool:
        """Whether no WAL that is archived from now on is of any use before the next backup."""
        if self.newest is None or self.windows is None:
            return False
        return not self.windows or self.windows[-1].missing is not None

    @property
    def newest(self) -> RestorePoint | None:
        return self.points[-1] if self.points else None

    @property
    def oldest(self) -> RestorePoint | None:
        return self.points[0] if self.points else None

    def of_branch(self, moment: float | None) -> list[RestorePoint]:
        """From which what services saw at a moment, or see now, can be restored; oldest first."""
        usable = stretches(self.turns, branch_at(self.turns, moment))
        return [p for p in self.points if any(s.has(p.stopped_at) for s in usable)]
