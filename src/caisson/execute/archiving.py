"""WAL that has to be in the repository now; why it does not get there is in Postgres's own log."""

import re
from pathlib import Path

from caisson.execute.errors import GivenUp
from caisson.execute.postgres import PostgresMembers
from caisson.execute.world import World, wait_for
from caisson.systems.pgbackrest.problems import LASTING, explain
from caisson.systems.postgres.session import Session

_ARCHIVED_S = 60.0
_ERROR = re.compile(r"ERROR: \[(?P<code>\d+)\]: [^\n]*(?:\n +[^\n]*)*")  # its cause is below it


def archive_until_now(world: World, postgres: PostgresMembers, primary: str) -> None:
    """See all that is committed by now arrive in the repository, with a commit after it.

    Raises GivenUp with what keeps `archive-push` from it, as soon as that is said.
    """
    log = world.layout.log(primary)
    before = log.stat().st_size
    with postgres.store_session(primary) as session:
        session.query("SELECT pg_logical_emit_message(true, 'caisson', '')")
        segment = str(session.query("SELECT pg_walfile_name(pg_switch_wal())")[0][0])

        def there() -> bool | None:
            _raise_what_lasts(log, before)
            return _archived(session, segment)

        wait_for(f"{segment} of {primary} is in the repository", there, _ARCHIVED_S)


def _archived(session: Session, segment: str) -> bool | None:
    last = session.query("SELECT last_archived_wal FROM pg_stat_archiver")[0][0]
    return (last is not None and last[8:24] >= segment[8:]) or None


def _raise_what_lasts(log: Path, before: int) -> None:
    with log.open("rb") as file:
        file.seek(before)
        text = file.read().decode(errors="replace")
    for found in _ERROR.finditer(text):
        problem = explain(int(found["code"]), " ".join(found[0].split()))
        if problem.trouble in LASTING:
            raise GivenUp(str(problem))
