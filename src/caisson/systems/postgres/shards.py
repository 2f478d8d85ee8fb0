"""One logical shard restored beside the others: its schema copied, compared and swapped. Pure.

Schemas beside the shards are `shard_N_restored_…` and `shard_N_aside_…`. Their comment says what
they are, so that it moves with the data wherever the primary is.
"""

import re
from dataclasses import dataclass

from psycopg import sql

from caisson.systems.postgres.provision import ServiceRole, rights_of_shard
from caisson.topology.model import Address

RESTORED, ASIDE = "restored", "aside"
_NAME = re.compile(rf"shard_(?P<shard>\d+)_(?P<kind>{RESTORED}|{ASIDE})_\w+")


@dataclass(frozen=True, slots=True)
class SchemaName:
    """A schema beside a shard: `kind` is restored or aside."""

    name: str
    shard: int
    kind: str


def read_name(schema: str) -> SchemaName | None:
    """None for any other schema."""
    found = _NAME.fullmatch(schema)
    return SchemaName(schema, int(found["shard"]), found["kind"]) if found else None


def name(shard: int, kind: str, stamp: str) -> str:
    return f"shard_{shard}_{kind}_{stamp.lower()}"


BESIDE = r"""
SELECT n.nspname, obj_description(n.oid, 'pg_namespace') FROM pg_namespace n
 WHERE n.nspname ~ '^shard_[0-9]+_(restored|aside)_' ORDER BY n.nspname
"""

EXISTS = "SELECT FROM pg_namespace WHERE nspname = $1"

TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname = $1 ORDER BY c.relname
"""

SEQUENCES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'S' AND n.nspname = $1 ORDER BY c.relname
"""

# Values are compared as text, which both servers must write alike.
ALIKE = "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 3; RESET search_path"


def rename(schema: str, to: str) -> str:
    return _text(
        sql.SQL("ALTER SCHEMA {} RENAME TO {};").format(sql.Identifier(schema), sql.Identifier(to))
    )


def comment(schema: str, text: str) -> str:
    return _text(
        sql.SQL("COMMENT ON SCHEMA {} IS {};").format(sql.Identifier(schema), sql.Literal(text))
    )


def drop(schema: str) -> str:
    return _text(sql.SQL("DROP SCHEMA {} CASCADE;").format(sql.Identifier(schema)))


def digest(schema: str, table: str) -> str:
    """How many rows a table has, and a number that any other value in any row changes."""
    return _text(
        sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {} t").format(
            sql.Identifier(schema, table)
        )
    )


def position(schema: str, sequence: str) -> str:
    return _text(
        sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, sequence))
    )


def swap(
    shard: int,
    incoming: str,
    aside: str,
    roles: tuple[ServiceRole, ...],
    *,
    lock_ms: int,
) -> str:
    """One transaction, after which `incoming` is the shard, with the rights that the shard had.

    Every table is locked first: a transaction under way ends before, and one that waits finds the
    new table by its name. So none writes half here and half there.
    """
    of = f"shard_{shard}"
    return "".join(
        (
            # Whoever waits for a vacuum ends it, but not before it has waited this long.
            f"BEGIN; SET LOCAL deadlock_timeout = {lock_ms // 4};",
            f"SET LOCAL lock_timeout = {lock_ms}; RESET search_path;",
            _LOCK.format(schema=of),
            rename(of, aside),
            rename(incoming, of),
            _SAME_RIGHTS.format(old=aside, new=of),
            rights_of_shard(roles, shard),
            _GUARD.format(schema=of),
            f"COMMENT ON SCHEMA {of} IS NULL;",
            comment(aside, f"{of} until it was switched"),
            "COMMIT",
        )
    )


def dump(
    binary: str, source: Address, user: str, database: str, schema: str, to: str
) -> tuple[str, ...]:
    """Rights are not dumped: those of the shard that is replaced count, and roles may be gone."""
    return (
        *(binary, *_login(source, user), "--format=custom", "--compress=1"),
        *("--no-owner", "--no-privileges", f"--schema={schema}", f"--file={to}", database),
    )


def load(binary: str, target: Address, user: str, database: str, path: str) -> tuple[str, ...]:
    """All in one transaction: the schema is there as a whole, or not at all."""
    return (
        *(binary, *_login(target, user), "--single-transaction", "--exit-on-error"),
        *("--no-owner", "--no-privileges", f"--dbname={database}", path),
    )


def _login(address: Address, user: str) -> tuple[str, ...]:
    return (
        f"--host={address.host}",
        f"--port={address.port}",
        f"--username={user}",
        "--no-password",
    )


def _text(composable: sql.Composable) -> str:
    return composable.as_string(None)


_LOCK = """
DO $do$ DECLARE it record; BEGIN
  FOR it IN SELECT c.oid::regclass AS name FROM pg_class c
             WHERE c.relkind IN ('r', 'p') AND c.relnamespace = '{schema}'::regnamespace
             ORDER BY c.relname LOOP
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', it.name);
  END LOOP;
END $do$;
"""

# The rights on what has the same name in both. Grantee 0 is everybody.
_SAME_RIGHTS = """
DO $do$ DECLARE it record; BEGIN
  FOR it IN
    SELECT format('GRANT %s ON SCHEMA {new} TO %s', a.privilege_type,
                  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END) AS command
      FROM pg_namespace n, aclexplode(n.nspacl) a
     WHERE n.nspname = '{old}' AND a.grantee <> n.nspowner
    UNION ALL
    SELECT format('GRANT %s ON %s %s TO %s', a.privilege_type,
                  CASE o.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, i.oid::regclass,
                  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
      FROM pg_class o JOIN pg_class i ON i.relname = o.relname AND i.relkind = o.relkind
                                     AND i.relnamespace = '{new}'::regnamespace,
           aclexplode(o.relacl) a
     WHERE o.relnamespace = '{old}'::regnamespace AND a.grantee <> o.relowner
  LOOP
    EXECUTE it.command;
  END LOOP;
END $do$;
"""

_GUARD = """
SELECT caisson.guard(c.oid::regclass) FROM pg_class c
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = '{schema}'::regnamespace;
"""
