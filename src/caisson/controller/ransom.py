"""What somebody can do who has stolen a service's password: tried on a restored copy.

Everything is tried with the service's own role, on a copy that takes writes as the primary does.
"""

from collections.abc import Iterator, Sequence

from caisson.drill.restoring import Found
from caisson.systems.postgres.session import PostgresError, Session

_REFUSED = "42501"  # insufficient_privilege
_PATIENCE_S = 300.0
_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname ~ '^shard_[0-9]+$' ORDER BY 1
"""
# What no service may do, each as one statement; `{table}` is one of the store's.
_FORBIDDEN = (
    ("drop a table", "DROP TABLE {table}"),
    ("empty a table at once", "TRUNCATE {table}"),
    ("drop a shard", "DROP SCHEMA shard_0 CASCADE"),
    ("take the guard off a table", "ALTER TABLE {table} DISABLE TRIGGER ALL"),
    ("stop the archive", "ALTER SYSTEM SET archive_command = 'true'"),
    ("run a program", "COPY (SELECT 1) TO PROGRAM 'true'"),
    ("write a file", "COPY (SELECT 1) TO '/caisson_drill'"),
    ("read a file", "SELECT pg_read_file('postgresql.conf')"),
    ("become the owner", "SET ROLE caisson"),
    ("make a role", "CREATE ROLE caisson_drill"),
    ("take the right to write", "SELECT caisson.take(9000000000, 9000000000000000)"),
    ("end somebody's session", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"),
)


def rows_by_table(owner: Session) -> dict[str, int]:
    """How many rows each table of each logical shard has, by the owner's session."""
    tables = [str(row[0]) for row in owner.query(_TABLES)]
    return {table: _count(owner, table) for table in tables}


def try_everything(service: str, thief: Session, tables: Sequence[str]) -> Iterator[Found]:
    """Try what is forbidden, then delete whatever can be deleted; `thief` is the service's own."""
    for what, statement in _FORBIDDEN if tables else ():
        yield _forbidden(f"{service} tries to {what}", thief, statement.format(table=tables[0]))
    gone = _delete_all(thief, tables)
    said = f"{gone} rows of {len(tables)} tables: its rights are what its work needs"
    yield Found(f"{service} deletes every row it can", said, well=True)


def _delete_all(thief: Session, tables: Sequence[str]) -> int:
    """Delete again and again, since rows that others refer to can go only after those."""
    gone = 0
    while deleted := sum(_delete(thief, table) for table in tables):
        gone += deleted
    return gone


def _forbidden(what: str, thief: Session, statement: str) -> Found:
    try:
        thief.query(statement, timeout_s=_PATIENCE_S)
    except PostgresError as error:
        if error.sqlstate == _REFUSED:
            return Found(what, f"refused: {_first_line(error)}", well=True)
        return Found(what, f"not refused, but failed: {_first_line(error)}", well=False)
    return Found(what, "done: nothing refused it", well=False)


def _first_line(error: PostgresError) -> str:
    return str(error).partition("\n")[0]


def _delete(thief: Session, table: str) -> int:
    try:
        counted = f"WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT count(*) FROM gone"
        return int(thief.query(counted, timeout_s=_PATIENCE_S)[0][0] or 0)
    except PostgresError as error:
        if error.sqlstate is None:
            raise
        return 0


def _count(owner: Session, table: str) -> int:
    ((rows,),) = owner.query(f"SELECT count(*) FROM {table}", timeout_s=_PATIENCE_S)
    return int(rows or 0)
