"""The tables of tenants: guarded, so that their rows can be replaced, and what was replaced."""

import json
from collections.abc import Iterable
from importlib.resources import files

from caisson.systems.postgres.filling import LONG_S, Filling
from caisson.systems.postgres.session import Session
from caisson.systems.postgres.tables import Table, quoted, tables_of

TENANTS_SQL = files("caisson.systems.postgres").joinpath("tenants.sql").read_text("utf-8")


def install(session: Session, shards: int, column: str) -> tuple[list[str], list[str]]:
    """Guard the tenants' tables of every shard; those, and others whose column is no text."""
    session.script(TENANTS_SQL)
    guarded, wrong = [], []
    for shard in range(shards):
        for table in of_tenants(tables_of(session, f"shard_{shard}"), column)[0]:
            if _holds_text(session, table, column):
                session.query("SELECT caisson.guard_tenants($1, $2)", (table.sql, column))
                guarded.append(table.sql)
            else:
                wrong.append(table.sql)
    return guarded, wrong


def unguarded(session: Session, tables: Iterable[Table]) -> list[str]:
    """Tables whose rows nobody would refuse while they are replaced (there should be none)."""
    names = json.dumps([each.sql for each in tables])
    return [str(row[0]) for row in session.query(_UNGUARDED, (names,))]


def of_tenants(tables: Iterable[Table], column: str) -> tuple[tuple[Table, ...], tuple[Table, ...]]:
    """The tables whose rows are tenants' and can be brought back, and all others."""
    tables = tuple(tables)
    own = tuple(each for each in tables if each.kept and each.has(column))
    return own, tuple(each for each in tables if each not in own)


def kept_in(kept: str, shard: int) -> str:
    """The schema of what was replaced in a shard."""
    return f"{kept}_shard_{shard}"


def keep(session: Session, chosen: Iterable[Filling], schema: str) -> None:
    """Tables for what is replaced, in a schema of which no service has any right."""
    session.query(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
    for each in chosen:
        name = quoted(schema, each.table.name)
        session.query(f"CREATE TABLE IF NOT EXISTS {name} (LIKE {each.table.sql})")


def replaced(session: Session, kept: str) -> dict[int, tuple[str, ...]]:
    """The tenants whose rows were replaced under this name, by shard."""
    if session.query("SELECT to_regclass('caisson.replaced')") == [(None,)]:
        return {}
    found: dict[int, list[str]] = {}
    for shard, tenant in session.query(_REPLACED, (kept,)):
        found.setdefault(int(shard or 0), []).append(str(tenant))
    return {shard: tuple(names) for shard, names in found.items()}


def forget(session: Session, kept: str, shards: int) -> int:
    """Take away what was kept under this name; of how many shards there was anything."""
    there = [
        schema
        for schema in (kept_in(kept, shard) for shard in range(shards))
        if session.query("SELECT FROM pg_namespace WHERE nspname = $1", (schema,))
    ]
    for schema in there:
        drop(session, schema)
    session.query("DELETE FROM caisson.replaced WHERE kept = $1", (kept,))
    return len(there)


def drop(session: Session, schema: str) -> None:
    """Take away a schema of what was kept."""
    session.query(f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE", timeout_s=LONG_S)


def _holds_text(session: Session, table: Table, column: str) -> bool:
    return bool(session.query(_TEXT, (table.sql, column)))


_TEXT = """
SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = $1::regclass AND a.attname = $2 AND t.typcategory = 'S'
"""

_UNGUARDED = """
SELECT name FROM json_array_elements_text($1) AS name
 WHERE 3 > (SELECT count(*) FROM pg_trigger
             WHERE tgrelid = name::regclass AND tgenabled = 'O' AND tgname ~ '^~caisson_tenant_')
"""

_REPLACED = "SELECT shard, tenant FROM caisson.replaced WHERE kept = $1 ORDER BY shard, tenant"
