"""One recovery point: what each store of a jurisdiction is brought back to, to be of one moment.

With WAL that is the moment itself. Without, it is the newest backup that was whole by then, and
what the store lacks between the two is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from caisson.plan.model import Refusal
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.plan.restore import written_moment


@dataclass(frozen=True, slots=True)
class StoreAt:
    """One store's part of it: restored to `moment`, in seconds since the epoch.

    What was acknowledged more than `lacks_s` before the recovery point is in it; 0 where it is of
    that moment exactly.
    """

    replica_set: str
    moment: float
    lacks_s: float


@dataclass(frozen=True, slots=True)
class RecoveryPoint:
    """A moment, in seconds since the epoch, and what each store is brought back to."""

    moment: float
    stores: tuple[StoreAt, ...]


def plan_recovery_point(
    subject: str, repositories: Sequence[RepositoryState], *, now: float, moment: float | None
) -> RecoveryPoint | Refusal:
    """Choose for each store; without a moment, the newest to which all can be brought.

    `subject` is an environment's jurisdiction, `production/us`.
    """
    if not repositories:
        why = f"no store of {subject} is backed up here"
        return Refusal("restore", subject, (why,), "declare `backup:` on a store of the estate")
    unread = _unread(repositories)
    if unread:
        return Refusal("restore", subject, unread, "see `caisson backups`")
    at = _newest(repositories, now) if moment is None else moment
    if reasons := _objections(repositories, at, now):
        return Refusal("restore", subject, reasons, "see `caisson backups`")
    return RecoveryPoint(at, tuple(_store_at(each, at) for each in repositories))


def _newest(repositories: Sequence[RepositoryState], now: float) -> float:
    """Where no WAL leads on from a store's newest backup, no store is brought any further."""
    whole = (each.newest for each in repositories if not each.any_moment)
    return min((point.stopped_at for point in whole if point), default=now)


def _store_at(repository: RepositoryState, moment: float) -> StoreAt:
    point = _by_then(repository, moment)
    if repository.any_moment or point is None:
        return StoreAt(repository.replica_set, moment, 0.0)
    return StoreAt(repository.replica_set, point.stopped_at, moment - point.started_at)


def _by_then(repository: RepositoryState, moment: float) -> RestorePoint | None:
    """The newest backup that was whole by that moment."""
    early = [each for each in repository.points if _first(repository, each) <= moment]
    return early[-1] if early else None


def _first(repository: RepositoryState, point: RestorePoint) -> float:
    """The first moment for which a backup will do."""
    return point.restores_from if repository.any_moment else point.stopped_at


def _unread(repositories: Sequence[RepositoryState]) -> tuple[str, ...]:
    return tuple(
        f"{each.replica_set}: {each.why_not or 'there is no backup of it yet'}"
        for each in repositories
        if each.why_not or not each.points
    )


def _objections(
    repositories: Sequence[RepositoryState], moment: float, now: float
) -> tuple[str, ...]:
    if moment > now:
        return (f"{written_moment(moment)} has not come yet: it is {written_moment(now)}",)
    return tuple(
        f"{each.replica_set}: its oldest backup was whole at"
        f" {written_moment(_first(each, each.points[0]))}, after {written_moment(moment)}"
        for each in repositories
        if _by_then(each, moment) is None
    )
