"""Restore: a replica set as it was at a moment, in a new place beside the one that runs.

Nothing that runs is touched: a copy is made, started where no service sees it, and asked the
store's own questions. Only a copy that has answered them counts as a restore.
"""

from datetime import UTC, datetime

from caisson.plan.model import Ask, Discard, Plan, Refusal, RestoreBeside, StartBeside, Step
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.plan.windows import Hole


def plan_restore(
    repository: RepositoryState,
    place: str,
    *,
    now: float,
    moment: float | None = None,
    keep: bool = False,
) -> Plan | Refusal:
    """Restore to `moment`, or to the newest there is; times are seconds since the epoch.

    The copy is discarded after it has answered, unless `keep`.
    """
    replica_set = repository.replica_set
    if reasons := _objections(repository, moment, now):
        return Refusal("restore", replica_set, reasons, "see `caisson backups`")
    short = _falls_short(repository, moment)
    backup = _chosen(repository, moment).label
    written = None
    if moment is not None and repository.any_moment:
        written = written_moment(moment)
    discard = Step("discard the copy", (Discard(replica_set, place),))
    return Plan(
        "restore",
        replica_set,
        (
            Step(
                f"restore beside: {short}" if short else "restore beside",
                (RestoreBeside(replica_set, place, backup, written),),
            ),
            Step("start the copy, seen by nobody", (StartBeside(replica_set, place),)),
            Step("ask the store's questions", (Ask(replica_set, place),)),
            *(() if keep else (discard,)),
        ),
        blast_radius=(
            "what runs is not touched; the copy needs as much disk as the store",
            *((short,) if short else ()),
        ),
        undo=(discard,),
        no_return=3,
    )


def written_moment(moment: float) -> str:
    """Write seconds since the epoch in the form that `RestoreBeside` has."""
    return datetime.fromtimestamp(moment, UTC).isoformat(sep=" ")


def _chosen(repository: RepositoryState, moment: float | None) -> RestorePoint:
    """The backup to begin with, or where no WAL leads on, the one of that moment."""
    if repository.any_moment or moment is None:
        return _newest(repository, moment)
    of_it = [each for each in reversed(repository.points) if _is_of(each, moment)]
    return next((p for p in of_it if p.started_at <= moment <= p.stopped_at), of_it[0])


def _is_of(point: RestorePoint, moment: float) -> bool:
    """Whether it is of that moment, given in whole seconds or better."""
    return int(point.started_at) <= moment < int(point.stopped_at) + 1


def _newest(repository: RepositoryState, moment: float | None) -> RestorePoint:
    """The newest backup that was whole by then, in a window if these are known."""
    early = [p for p in repository.points if moment is None or p.restores_from <= moment]
    if (windows := repository.windows) is not None:
        early = [p for p in early if any(w.since <= p.restores_from <= w.until for w in windows)]
    return max(early, key=lambda point: point.stopped_at)


def _falls_short(repository: RepositoryState, moment: float | None) -> str | None:
    """What a restore of the newest is to be told of, when it ends at a hole."""
    last = (repository.windows or (None,))[-1]
    if moment is not None or last is None or last.missing is None:
        return None
    newest = written_moment(last.until)
    return f"the newest that can be restored is {newest}; WAL after it ({last.missing}) is missing"


def _objections(repository: RepositoryState, moment: float | None, now: float) -> tuple[str, ...]:
    if repository.why_not:
        return (f"its repository in {repository.region}: {repository.why_not}",)
    if repository.oldest is None:
        return (f"{repository.replica_set} {_without_backup(repository)}",)
    if repository.windows == ():
        return ("WAL that each of its backups needs is missing: none can be restored",)
    if moment is not None and moment > now:
        return (f"{written_moment(moment)} has not come yet: it is {written_moment(now)}",)
    if moment is not None and not repository.any_moment:
        return _between(repository, moment)
    return () if moment is None else _too_early(repository, moment) + _in_hole(repository, moment)


def _without_backup(repository: RepositoryState) -> str:
    if repository.gone is None:
        return "has no backup yet"
    return f"has no backup any more: {repository.gone} was in {repository.region} and is gone"


def _too_early(repository: RepositoryState, moment: float) -> tuple[str, ...]:
    if repository.windows:
        first = repository.windows[0].since
    else:
        first = min(point.restores_from for point in repository.points)
    if moment >= first:
        return ()
    return (
        f"{written_moment(moment)} is before {written_moment(first)}, when the oldest backup"
        " was whole",
    )


def _in_hole(repository: RepositoryState, moment: float) -> tuple[str, ...]:
    """The hole that a moment is in, with the nearest that can be restored on both sides."""
    return tuple(
        f"{written_moment(moment)} is in a hole: WAL from {hole.missing} on is missing; the nearest"
        f" before it is {written_moment(hole.since)}, {_after(hole)}"
        for hole in repository.holes
        if hole.holds(moment)
    )


def _after(hole: Hole) -> str:
    if hole.until is None:
        return "and there is none after it before the next backup"
    return f"and after it {written_moment(hole.until)}"


def _between(repository: RepositoryState, moment: float) -> tuple[str, ...]:
    """Why a moment cannot be restored to which no WAL leads; nothing when a backup is of it."""
    if any(_is_of(each, moment) for each in repository.points):
        return ()
    before = [each for each in repository.points if each.stopped_at <= moment]
    after = [each for each in repository.points if each.started_at > moment]
    near = (*before[-1:], *after[:1])
    listed = " and ".join(written_moment(int(each.stopped_at)) for each in near)
    return (
        f"{repository.replica_set} keeps no WAL, so only its backups can be restored, and none is"
        f" of {written_moment(moment)}; those nearest to it are of {listed}",
    )
