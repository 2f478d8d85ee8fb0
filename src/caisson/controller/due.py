"""When a store has to be backed up, or restored, again. Pure; times are seconds since the epoch."""

from caisson.ledger.evidence import Evidence
from caisson.plan.repositories import RepositoryState

_DAY_S = 86_400.0


def backup_is_due(repository: RepositoryState, every_s: float, now: float) -> bool:
    """The last backup of what services see now began long enough ago, or there is none after
    which WAL is of use.
    """
    begun = [point.started_at for point in repository.of_branch(None)]
    return not begun or repository.needs_backup or now - max(begun) >= every_s


def restore_is_due(
    shown: Evidence | None, fingerprint: str, verified_every_s: float, now: float
) -> bool:
    """Nothing fresh shows that the store can be restored, or soon nothing will.

    A quarter of the time, and at most a day, before what was `shown` last is too old. What was
    measured of a store that was backed up otherwise (by its `fingerprint`) shows nothing.
    """
    if shown is None or shown.fingerprint != fingerprint:
        return True
    return now - shown.at >= verified_every_s - min(_DAY_S, verified_every_s / 4)
