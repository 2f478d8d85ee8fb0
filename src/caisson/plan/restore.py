"""Restore: a replica set as it was at a moment, in a new place beside the one that runs.

Nothing that runs is touched: a copy is made, started where no service sees it, and asked the
store's own questions. Only a copy that has answered them counts as a restore.
"""

from datetime import UTC, datetime

from caisson.plan.lineage import branch_at, timeline_of
from caisson.plan.model import Ask, Discard, Plan, Refusal, RestoreBeside, StartBeside, Step
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.plan.transactions import Transaction, objections_to
from caisson.plan.windows import Hole


def plan_restore(
    repository: RepositoryState,
    place: str,
    *,
    now: float,
    moment: float | None = None,
    before: Transaction | None = None,
    region: str | None = None,
    keep: bool = False,
) -> Plan | Refusal:
    """Restore to `moment`, to just `before` a transaction, or to the newest there is.

    Times are seconds since the epoch. The copy lies in `region`, by default the repository's, and
    is discarded after it has answered, unless `keep`.
    """
    replica_set = repository.replica_set
    if reasons := _objections(repository, moment, before, now):
        return Refusal("restore", replica_set, reasons, "see `caisson backups`")
    short = _falls_short(repository, moment)
    written = None
    if moment is not None and repository.any_moment:
        written = written_moment(moment)
    restore = RestoreBeside(
        replica_set,
        place,
        _chosen(repository, moment, before).label,
        written,
        region,
        before=None if before is None else str(before.id),
        timeline=timeline_of(repository.turns, branch_at(repository.turns, moment)),
    )
    discard = Step("discard the copy", (Discard(replica_set, place),))
    return Plan(
        "restore",
        replica_set,
        (
            Step(f"restore beside: {short}" if short else "restore beside", (restore,)),
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


def _chosen(
    repository: RepositoryState, moment: float | None, before: Transaction | None
) -> RestorePoint:
    """The backup to begin with, or where no WAL leads on, the one of that moment."""
    if repository.any_moment or moment is None:
        return max(_early(repository, moment, before), key=lambda point: point.stopped_at)
    of_it = [each for each in reversed(repository.points) if _is_of(each, moment)]
    return next((p for p in of_it if p.started_at <= moment <= p.stopped_at), of_it[0])


def _is_of(point: RestorePoint, moment: float) -> bool:
    """Whether it is of that moment, given in whole seconds or better."""
    return int(point.started_at) <= moment < int(point.stopped_at) + 1


def _early(
    repository: RepositoryState, moment: float | None, before: Transaction | None
) -> list[RestorePoint]:
    """Those that were whole by then, in a window if these are known."""
    points = repository.of_branch(moment)
    if (windows := repository.windows) is not None:
        points = [p for p in points if any(w.since <= p.restores_from <= w.until for w in windows)]
    if before is not None:
        return [p for p in points if before.is_after(p)]
    return [p for p in points if moment is None or p.restores_from <= moment]


def _falls_short(repository: RepositoryState, moment: float | None) -> str | None:
    """What a restore of the newest is to be told of, when it ends at a hole."""
    last = (repository.windows or (None,))[-1]
    if moment is not None or last is None or last.missing is None:
        return None
    newest = written_moment(last.until)
    return f"the newest that can be restored is {newest}; WAL after it ({last.missing}) is missing"


def _objections(
    repository: RepositoryState, moment: float | None, before: Transaction | None, now: float
) -> tuple[str, ...]:
    if repository.why_not:
        return (f"its repository in {repository.region}: {repository.why_not}",)
    if repository.oldest is None:
        return (f"{repository.replica_set} {_without_backup(repository)}",)
    if repository.windows == ():
        return ("WAL that each of its backups needs is missing: none can be restored",)
    if moment is not None and moment > now:
        return (f"{written_moment(moment)} has not come yet: it is {written_moment(now)}",)
    return _objections_to(repository, moment, before)


def _objections_to(
    repository: RepositoryState, moment: float | None, before: Transaction | None
) -> tuple[str, ...]:
    """What speaks against this moment, or transaction, of a repository that has backups."""
    if moment is not None and not repository.any_moment:
        return _between(repository, moment)
    if reasons := (*(objections_to(before) if before else ()), *_in_hole(repository, moment)):
        return reasons
    return () if _early(repository, moment, before) else (_too_early(repository, moment, before),)


def _without_backup(repository: RepositoryState) -> str:
    if repository.gone is None:
        return "has no backup yet"
    return f"has no backup any more: {repository.gone} was in {repository.region} and is gone"


def _too_early(
    repository: RepositoryState, moment: float | None, before: Transaction | None
) -> str:
    points = repository.of_branch(moment)
    if not points:
        return _since_the_turn(repository, moment)
    if before is not None:
        return (
            f"no backup is known to have ended before transaction {before.id} did: write `--to`"
            " with a moment before it instead"
        )
    assert moment is not None  # noqa: S101 - without one every backup is early enough
    first = min(point.restores_from for point in points)
    if repository.windows:
        first = repository.windows[0].since
    return (
        f"{written_moment(moment)} is before {written_moment(first)}, when the oldest backup"
        " was whole"
    )


def _in_hole(repository: RepositoryState, moment: float | None) -> tuple[str, ...]:
    """The hole that a moment is in, with the nearest that can be restored on both sides."""
    if moment is None:
        return ()
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


def _since_the_turn(repository: RepositoryState, moment: float | None) -> str:
    turn = repository.turns[branch_at(repository.turns, moment) - 1]
    return (
        f"{repository.replica_set} was switched to {turn.incoming} at {written_moment(turn.at)},"
        " and no backup was made of it: `caisson backup` makes one for what comes after it;"
        " `--to` with an earlier moment restores what was there before"
    )
