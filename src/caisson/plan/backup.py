"""Backup: a restorable copy of replica sets, taken from their members while these run."""

from collections.abc import Iterable

from caisson.plan.model import (
    BackUp,
    Plan,
    PrepareRepository,
    Refusal,
    ReplicaSetState,
    Step,
)
from caisson.plan.names import environment_of, stores_of
from caisson.plan.repositories import RepositoryState


def plan_backup(
    subject: str,
    states: Iterable[ReplicaSetState],
    repositories: Iterable[RepositoryState],
    *,
    full: bool = False,
    anew: bool = False,
) -> Plan | Refusal:
    """Back up every replica set that has a repository in `repositories`.

    A repository without any backup gets a full one, and so does a store that was switched to
    other data since; others get what changed, unless `full`. A repository whose backups are gone
    is begun `anew` only by that word.
    """
    by_set = {each.replica_set: each for each in repositories}
    chosen = [each for each in states if each.replica_set in by_set]
    if not chosen:
        return Refusal(
            "backup",
            subject,
            (f"no store of {subject} is declared to be backed up",),
            "declare `backup:` on a store of the estate, then `caisson up` again",
        )
    if reasons := [why for each in chosen for why in _objections(each, by_set[each.replica_set])]:
        return Refusal("backup", subject, tuple(reasons), "see `caisson status` and `backups`")
    gone = [by_set[each.replica_set] for each in chosen if by_set[each.replica_set].gone]
    if bool(gone) != anew:
        return _not_anew(subject, gone)
    stores = stores_of(each.replica_set for each in chosen)
    return Plan(
        "backup",
        subject,
        (
            Step(
                "see that the repositories are ready",
                tuple(
                    PrepareRepository(s.replica_set, _source(s, by_set[s.replica_set]))
                    for s in chosen
                ),
            ),
            Step(
                f"copy {stores}",
                tuple(
                    BackUp(
                        s.replica_set,
                        _source(s, by_set[s.replica_set]),
                        _kind(by_set[s.replica_set], full=full),
                    )
                    for s in chosen
                ),
            ),
        ),
        blast_radius=(
            f"{stores} of {environment_of(subject)} go on; reading them all costs their disks",
        ),
    )


def _not_anew(subject: str, gone: Iterable[RepositoryState]) -> Refusal:
    """What was lost is looked for first: a repository that is made anew covers up that it was."""
    if reasons := [
        f"{each.replica_set}: its backups in {each.region} are gone, the newest was {each.gone}"
        for each in gone
    ]:
        remedy = f"bring its folder back, or begin without: `caisson backup {subject} --new`"
        return Refusal("backup", subject, tuple(reasons), remedy)
    why = "its repository is there, or was never made: there is nothing to begin anew"
    return Refusal("backup", subject, (why,), "leave out `--new`")


def _objections(state: ReplicaSetState, repository: RepositoryState) -> list[str]:
    found = []
    if not state.member(state.primary).answers:
        found.append(f"{state.replica_set}: its primary {state.primary} does not answer")
    if repository.why_not:
        found.append(
            f"{state.replica_set}: its repository in {repository.region}: {repository.why_not}"
        )
    return found


def _source(state: ReplicaSetState, repository: RepositoryState) -> str:
    """The member that is copied: where WAL is archived, the primary, which archives it.

    Otherwise a standby, which no request waits for while it forks; it is copied once it has all
    that the primary had when the backup began.
    """
    standbys = (each for each in state.members if each.answers and each.role == "standby")
    found = None if repository.any_moment else next(standbys, None)
    return found.component if found else state.primary


def _kind(repository: RepositoryState, *, full: bool) -> str:
    """An incremental one only of what was backed up since the last switch to other data."""
    switched_at = repository.turns[-1].at if repository.turns else 0.0
    since = [point for point in repository.points if point.stopped_at > switched_at]
    return "incr" if since and repository.any_moment and not full else "full"
