"""How rows of tenants, wherever they come from, fit into the tables of a logical shard."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql

from caisson.systems.postgres.session import PostgresError, Session
from caisson.systems.postgres.tables import Table, listed, quoted

LONG_S = 3600.0  # for statements over all rows of a batch


class NotReplaced(PostgresError):  # noqa: N818 - says what is so
    """The rows are as they were, and would be if it were tried again; the message says why."""


@dataclass(frozen=True, slots=True)
class Filling:
    """A table whose rows are replaced, and the columns that the new rows come with.

    Without columns there are no new rows: the table was not there then.
    """

    table: Table
    columns: tuple[str, ...]
    staged: str

    @property
    def in_place(self) -> bool:
        """Whether a row that was there then and is there now stays the same row.

        Not where a column is new: it would keep what is of now.
        """
        settable = {each.name for each in self.table.columns if not each.generated}
        key = set(self.table.key)
        return bool(key) and key <= settable == set(self.columns)

    @property
    def named(self) -> str:
        return listed(self.columns)


def fillings(now: Iterable[Table], then: Iterable[Table]) -> tuple[Filling, ...]:
    """How the tables of `then` fill those of `now`; NotReplaced with everything in the way."""
    earlier, today = {each.name: each for each in then}, {each.name: each for each in now}
    gone = [
        f"the table {name} is no longer a table of tenants" for name in earlier if name not in today
    ]
    pairs = [(table, earlier.get(name)) for name, table in today.items()]
    if reasons := gone + [why for pair in pairs for why in _differences(*pair)]:
        raise NotReplaced("the tables are no longer as they were: " + "; ".join(reasons))
    return tuple(
        Filling(table, _shared_columns(table, was), f"pg_temp.staged_{number}")
        for number, (table, was) in enumerate(pairs)
    )


def reading(filling: Filling, schema: str, column: str, tenants: Sequence[str]) -> str:
    """The query for the new rows of these tenants, wherever they come from."""
    source = quoted(schema, filling.table.name)
    rows = source if filling.table.partitioned else f"ONLY {source}"
    return f"SELECT {filling.named} FROM {rows} WHERE {theirs(column, tenants)}"


def stage(session: Session, chosen: Iterable[Filling]) -> None:
    """Empty tables of this session for the new rows."""
    for each in chosen:
        columns = each.named or "NULL"
        session.query(f"DROP TABLE IF EXISTS {each.staged}")
        session.query(
            f"CREATE TEMPORARY TABLE {each.staged.removeprefix('pg_temp.')} AS"
            f" SELECT {columns} FROM {each.table.sql} WITH NO DATA"
        )


def without_rows(
    session: Session, chosen: Iterable[Filling], column: str, tenants: Sequence[str]
) -> list[str]:
    """The tenants of whom nothing is staged."""
    some = " UNION ALL ".join(
        f"SELECT {quoted(column)}::text FROM {each.staged}" for each in chosen if each.columns
    )
    if not some:
        return list(tenants)
    rows = session.query(
        "SELECT name FROM json_array_elements_text($1) AS name"
        f" WHERE name NOT IN (SELECT * FROM ({some}) AS found(tenant) WHERE tenant IS NOT NULL)",
        (json.dumps(tenants),),
        timeout_s=LONG_S,
    )
    return [str(row[0]) for row in rows]


def theirs(column: str, tenants: Sequence[str], of: str | None = None) -> str:
    """The condition, as SQL, that a row is of one of these tenants."""
    names = ", ".join(sql.Literal(each).as_string(None) for each in tenants)
    place = quoted(column) if of is None else f"{of}.{quoted(column)}"
    return f"{place} = ANY (ARRAY[{names}]::text[])"


def _differences(now: Table, then: Table | None) -> list[str]:
    """Why the rows of a table as it was do not fit into it as it is."""
    if then is None:
        return []
    was, found = {each.name: each for each in then.columns}, []
    for column in now.columns:
        earlier = was.pop(column.name, None)
        if earlier is None and column.required:
            found.append(f"{now.name}.{column.name} is new and has no default")
        elif earlier is not None and earlier.type != column.type:
            found.append(f"{now.name}.{column.name} was {earlier.type} and is {column.type}")
    return found + [f"the column {now.name}.{name} is there no longer" for name in was]


def _shared_columns(now: Table, then: Table | None) -> tuple[str, ...]:
    if then is None:
        return ()
    return tuple(c.name for c in now.columns if not c.generated and then.has(c.name))
