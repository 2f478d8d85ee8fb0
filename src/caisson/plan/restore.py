"""Restore: a replica set as it was at a moment, in a new place beside the one that runs.

Nothing that runs is touched: a copy is made, started where no service sees it, and asked the
store's own questions. Only a copy that has answered them counts as a restore.
"""

from datetime import UTC, datetime

from caisson.plan.model import Ask, Discard, Plan, Refusal, RestoreBeside, StartBeside, Step
from caisson.plan.repositories import RepositoryState, RestorePoint


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
    written = None if moment is None else written_moment(moment)
    backup = _newest(repository, moment).label
    discard = Step("discard the copy", (Discard(replica_set, place),))
    return Plan(
        "restore",
        replica_set,
        (
            Step("restore beside", (RestoreBeside(replica_set, place, backup, written),)),
            Step("start the copy, seen by nobody", (StartBeside(replica_set, place),)),
            Step("ask the store's questions", (Ask(replica_set, place),)),
            *(() if keep else (discard,)),
        ),
        blast_radius=("what runs is not touched; the copy needs as much disk as the store",),
        undo=(discard,),
        no_return=3,
    )


def written_moment(moment: float) -> str:
    """Write seconds since the epoch in the form that `RestoreBeside` has."""
    return datetime.fromtimestamp(moment, UTC).isoformat(sep=" ")


def _newest(repository: RepositoryState, moment: float | None) -> RestorePoint:
    """The newest backup that was whole by then."""
    early = [p for p in repository.points if moment is None or p.restores_from <= moment]
    return max(early, key=lambda point: point.stopped_at)


def _objections(repository: RepositoryState, moment: float | None, now: float) -> tuple[str, ...]:
    if repository.why_not:
        return (f"its repository in {repository.region}: {repository.why_not}",)
    if repository.oldest is None:
        return (f"{repository.replica_set} has no backup yet",)
    if moment is not None and moment > now:
        return (f"{written_moment(moment)} has not come yet: it is {written_moment(now)}",)
    if moment is not None and moment < repository.oldest.restores_from:
        first = written_moment(repository.oldest.restores_from)
        return (f"{written_moment(moment)} is before {first}, when the oldest backup was whole",)
    return ()
