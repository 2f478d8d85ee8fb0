"""The tables of a schema: whose rows they have, in which columns, and which refer to which."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from caisson.systems.postgres.session import Session


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `required` when no row can be without a value that somebody gave it."""

    name: str
    type: str
    generated: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table; a partitioned one stands for its partitions. `kept`: a restore brings it back.

    `key` is its primary key where rows may be changed in place by it: where nothing else has to
    be unique, and no column refuses to be set. It is empty otherwise.
    """

    schema: str
    name: str
    partitioned: bool
    kept: bool
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        return quoted(self.schema, self.name)

    @property
    def rows(self) -> str:
        """What to write after FROM: the rows of this table, and of none that inherits from it."""
        return self.sql if self.partitioned else f"ONLY {self.sql}"

    def has(self, column: str) -> bool:
        return any(each.name == column for each in self.columns)


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key; `child` and `parent` are tables as SQL, the columns stand in pairs."""

    name: str
    child: str
    parent: str
    pairs: tuple[tuple[str, str], ...]


def quoted(*names: str) -> str:
    """An identifier of one or several parts, as SQL."""
    return sql.Identifier(*names).as_string(None)


def listed(columns: Iterable[str]) -> str:
    """Names of columns, as SQL."""
    return ", ".join(quoted(each) for each in columns)


def tables_of(session: Session, schema: str) -> tuple[Table, ...]:
    """The tables of a schema, by name, without partitions."""
    return tuple(
        Table(
            schema,
            str(name),
            partitioned == "t",
            kept == "t",
            tuple(Column(*each) for each in json.loads(columns or "[]")),
            tuple(json.loads(key or "[]")),
        )
        for name, partitioned, kept, columns, key in session.query(_TABLES, (schema,))
    )


def references_of(session: Session, tables: Iterable[Table]) -> tuple[Reference, ...]:
    """Every foreign key that one of these tables has, or that refers to one of them."""
    names = [each.sql for each in tables]
    return tuple(
        Reference(
            str(name),
            quoted(*json.loads(child or "")),
            quoted(*json.loads(parent or "")),
            tuple(map(tuple, json.loads(pairs or "[]"))),
        )
        for name, child, parent, pairs in session.query(_REFERENCES, (json.dumps(names),))
    )


# What is not logged is empty in every copy that was restored.
_TABLES = """
SELECT c.relname, c.relkind = 'p', c.relpersistence = 'p',
       (SELECT json_agg(json_build_array(
                 a.attname, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
                 a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') ORDER BY a.attnum)
          FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT json_agg(a.attname)
          FROM pg_index i
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
         WHERE i.indrelid = c.oid AND i.indisprimary AND NOT EXISTS (
               SELECT FROM pg_index o WHERE o.indrelid = c.oid AND NOT o.indisprimary
                  AND (o.indisunique OR o.indisexclusion))
           AND NOT EXISTS (
               SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attidentity = 'a'
                  AND o.attnum <> ALL (i.indkey)))
  FROM pg_class c
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
 ORDER BY c.relname
"""

_REFERENCES = """
WITH of AS (SELECT name::regclass AS oid FROM json_array_elements_text($1) AS name),
named AS (SELECT c.oid, json_build_array(n.nspname, c.relname) AS name
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace)
SELECT f.conname, child.name, parent.name,
       (SELECT json_agg(json_build_array(a.attname, b.attname) ORDER BY k.position)
          FROM unnest(f.conkey, f.confkey) WITH ORDINALITY AS k(child, parent, position)
          JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.child
          JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.parent)
  FROM pg_constraint f
  JOIN named child ON child.oid = f.conrelid
  JOIN named parent ON parent.oid = f.confrelid
 WHERE f.contype = 'f' AND f.conparentid = 0
   AND (f.conrelid IN (SELECT oid FROM of) OR f.confrelid IN (SELECT oid FROM of))
 ORDER BY f.conname
"""
