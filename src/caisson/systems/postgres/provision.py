"""Roles, database, logical shards and write guards of a fresh or existing primary.

Everything here may be run again: it brings the server to the declared state.
"""

from dataclasses import dataclass

from psycopg import sql

from caisson.systems.postgres.files import BACKUP, REPLICATION
from caisson.systems.postgres.lease import GUARD_SQL
from caisson.systems.postgres.session import PostgresError, Session

RIGHTS = {"read": "SELECT", "write": "SELECT, INSERT, UPDATE, DELETE"}


class SchemaRefused(PostgresError):  # noqa: N818 - names what Postgres did
    """The store's own SQL does not run; the message has Postgres's words and the line."""


@dataclass(frozen=True, slots=True)
class ServiceRole:
    """A service's own role: `access` is read or write."""

    name: str
    password: str
    access: str


def roles(session: Session, service_roles: tuple[ServiceRole, ...], replication: str) -> None:
    """Create the roles, or set the passwords of those that exist. To be run in any database."""
    session.script(
        "".join(
            _role(name, password, attributes)
            for name, password, attributes in (
                (REPLICATION, replication, "REPLICATION"),
                *((role.name, role.password, "") for role in service_roles),
            )
        )
        + "".join(
            f"GRANT EXECUTE ON FUNCTION pg_catalog.{function} TO {REPLICATION};"
            for function in _REWIND_FUNCTIONS
        )
    )


def backup_role(session: Session, password: str) -> None:
    """The role by which backups begin and end; it reads no table. To be run in `postgres`."""
    session.script(_role(BACKUP, password, "") + _BACKUP_RIGHTS)


def database(session: Session, name: str) -> None:
    """Create the store's database unless it exists. To be run in `postgres`."""
    if not session.query("SELECT FROM pg_database WHERE datname = $1", (name,)):
        session.query(_text(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))))
    session.query(
        _text(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    )


def shards(
    session: Session,
    database_name: str,
    count: int,
    schema_sql: str,
    service_roles: tuple[ServiceRole, ...],
) -> None:
    """Logical shards `shard_0` ... with the store's tables, guards and rights.

    Raises SchemaRefused when `schema_sql` is at fault.
    """
    session.script(GUARD_SQL)
    for shard in range(count):
        session.script(
            f"CREATE SCHEMA IF NOT EXISTS shard_{shard}; SET search_path = shard_{shard}"
        )
        _tables(session, schema_sql)
    session.script("RESET search_path;" + _GUARD_ALL + _rights(database_name, service_roles, count))


def _tables(session: Session, schema_sql: str) -> None:
    try:
        session.script(schema_sql)
    except PostgresError as error:
        if error.sqlstate is None:
            raise
        raise SchemaRefused(str(error), error.sqlstate) from error


def unguarded(session: Session) -> list[str]:
    """Tables of the logical shards that lack the guard (there should be none)."""
    return [str(row[0]) for row in session.query(_UNGUARDED)]


def _rights(database_name: str, service_roles: tuple[ServiceRole, ...], count: int) -> str:
    parts = [
        f'GRANT CONNECT ON DATABASE "{database_name}" TO "{role.name}";' for role in service_roles
    ]
    parts += [rights_of_shard(service_roles, shard) for shard in range(count)]
    return "".join(parts)


def rights_of_shard(service_roles: tuple[ServiceRole, ...], shard: int) -> str:
    """What each service may do with one logical shard."""
    parts = []
    for role in service_roles:
        parts.append(f'GRANT USAGE ON SCHEMA shard_{shard} TO "{role.name}";')
        parts.append(
            f'GRANT {RIGHTS[role.access]} ON ALL TABLES IN SCHEMA shard_{shard} TO "{role.name}";'
        )
        if role.access == "write":  # for columns that count by themselves
            parts.append(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA shard_{shard} TO "{role.name}";')
    return "".join(parts)


def _role(name: str, password: str, attributes: str) -> str:
    role, literal = _text(sql.Identifier(name)), _text(sql.Literal(password))
    exists = _text(sql.Literal(name))
    return (
        f"DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {exists}) THEN"
        f" CREATE ROLE {role} LOGIN {attributes}; END IF; END $do$;"
        f"ALTER ROLE {role} PASSWORD {literal};"
    )


def _text(composable: sql.Composable) -> str:
    return composable.as_string(None)


_REWIND_FUNCTIONS = (
    "pg_ls_dir(text, boolean, boolean)",
    "pg_stat_file(text, boolean)",
    "pg_read_binary_file(text)",
    "pg_read_binary_file(text, bigint, bigint, boolean)",
)

# Up to version 14, backups begin and end by other names, and nobody else may make checkpoints.
_BACKUP_RIGHTS = f"""
GRANT pg_read_all_settings TO {BACKUP};
DO $do$ DECLARE it record; BEGIN
  FOR it IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN
                   ('pg_backup_start', 'pg_backup_stop', 'pg_start_backup', 'pg_stop_backup',
                    'pg_switch_wal', 'pg_create_restore_point') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {BACKUP}', it.name);
  END LOOP;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint') THEN
    GRANT pg_checkpoint TO {BACKUP};
  END IF;
END $do$;
"""

_TABLES = """
SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname ~ '^shard_[0-9]+$'
"""

_GUARD_ALL = f"SELECT caisson.guard(name) FROM ({_TABLES}) AS tables;"

_UNGUARDED = f"""
SELECT name::text FROM ({_TABLES}) AS tables
 WHERE NOT EXISTS (SELECT FROM pg_trigger
                    WHERE tgrelid = name AND tgenabled = 'O' AND tgname = '!caisson_statement')
"""
