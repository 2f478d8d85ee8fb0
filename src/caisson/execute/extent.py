"""Up to which moment a restored copy goes, by the copy's own word."""

from dataclasses import dataclass

from caisson.systems.postgres.session import Session

# Of the last transaction that recovery replayed, Postgres keeps the time until it is restarted.
_ASKED = """
SELECT extract(epoch FROM nullif(current_setting('recovery_target_time'), '')::timestamptz),
       extract(epoch FROM pg_last_xact_replay_timestamp()),
       concat(current_setting('recovery_target'), current_setting('recovery_target_xid'),
              current_setting('recovery_target_lsn'), current_setting('recovery_target_name'))
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """Times are seconds since the epoch, by the clock of the server that was backed up.

    What was acknowledged before `whole_until` is in the copy, or the copy is wrong: Postgres takes
    the time of a commit before it writes the commit down, and acknowledges it after, so that an
    acknowledged write lies before every commit of a later time. None: nobody can tell any more.
    What was begun after `nothing_after` is not; None where no moment was given.
    `newest`: as far as the repository went.
    """

    whole_until: float | None
    nothing_after: float | None
    newest: bool


def extent_of(session: Session) -> Extent:
    """Ask a copy whose recovery has ended, and which was not restarted since."""
    ((moment, replayed, otherwise),) = session.query(_ASKED)
    if moment is not None:
        return Extent(float(moment), float(moment), newest=False)
    last = None if replayed is None else float(replayed)
    return Extent(last, None, newest=not otherwise)
