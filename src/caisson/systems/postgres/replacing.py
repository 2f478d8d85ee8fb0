"""The rows of some tenants of a logical shard, replaced in one transaction by others.

Others' rows are neither locked nor written. The tables' own triggers do not run, for they would
change the rows on their way, and cascade into the rows of others; what they would have kept,
the right to write and the foreign keys, is seen to here.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

from caisson.systems.postgres.filling import LONG_S, Filling, NotReplaced, theirs
from caisson.systems.postgres.session import PostgresError, Session
from caisson.systems.postgres.tables import Reference, Table, quoted, references_of
from caisson.systems.postgres.tenants import kept_in

_LOCK_S = 10.0
_WRITERS_S = 60.0
_LOOK_S = 0.01


@dataclass(frozen=True, slots=True)
class Replaced:
    """How many rows made way, and how many came; `refused_s` is how long writes were refused."""

    gone: int
    came: int
    refused_s: float


@dataclass(frozen=True, slots=True)
class Replacement:
    """The staged rows in place of those of `tenants`, which are kept as `kept`_shard_N.

    `undoes` is the name under which was kept what comes back now, None for rows of a copy.
    """

    shard: int
    column: str
    tenants: tuple[str, ...]
    fillings: tuple[Filling, ...]
    kept: str
    undoes: str | None = None

    def perform(self, session: Session) -> Replaced:
        """Replace in one transaction; raise NotReplaced, or PostgresError, with nothing done."""
        session.query("BEGIN ISOLATION LEVEL READ COMMITTED")
        try:
            return self._in_transaction(session)
        except PostgresError as error:
            session.close()
            if (error.sqlstate or "").startswith("23"):
                raise NotReplaced(f"rows of others are in the way: {_first_line(error)}") from error
            raise

    def _in_transaction(self, session: Session) -> Replaced:
        session.query(f"SET LOCAL lock_timeout = '{_LOCK_S:g}s'")
        began = time.monotonic()
        self._refuse_writers(session)
        session.script(
            "LOCK TABLE caisson.writing IN ROW EXCLUSIVE MODE;"
            "SELECT caisson.require_lease(), caisson.check_at_commit()"
        )
        session.query("SET LOCAL session_replication_role = replica")
        gone = sum(self._take_away(session, each) for each in self.fillings)
        came = sum(self._bring(session, each) for each in self.fillings if each.columns)
        self._see_to_references(session)
        self._record(session)
        session.query("SET LOCAL session_replication_role = origin")
        session.query("COMMIT", timeout_s=LONG_S)
        return Replaced(gone, came, time.monotonic() - began)

    def _refuse_writers(self, session: Session) -> None:
        """From here on these tenants' writes are refused; those that are under way end first."""
        session.query(_LOCK_TENANTS, (self._names,), timeout_s=2 * _LOCK_S)
        waited_for = {row[0] for row in session.query(_WRITERS)}
        deadline = time.monotonic() + _WRITERS_S
        while waited_for & {row[0] for row in session.query(_WRITERS)}:
            if time.monotonic() > deadline:
                oldest = "".join(
                    f"; the oldest is that of process {pid}, begun {begun}: end it and order again"
                    for pid, begun in session.query(_WRITERS_SINCE)
                )
                raise NotReplaced(f"who writes does not end within {_WRITERS_S:g} s{oldest}")
            time.sleep(_LOOK_S)

    def _take_away(self, session: Session, filling: Filling) -> int:
        """Keep the rows of now, and delete those that were not there then; how many were kept."""
        table, kept = filling.table, quoted(kept_in(self.kept, self.shard), filling.table.name)
        gone = _count(
            session,
            f"WITH kept AS (INSERT INTO {kept} SELECT * FROM {table.rows} WHERE {self._theirs()}"
            " RETURNING 1) SELECT count(*) FROM kept",
        )
        session.query(
            f"DELETE FROM {table.rows} AS here WHERE {self._theirs('here')}"
            f" AND NOT {_met(filling)}",
            timeout_s=LONG_S,
        )
        return gone

    def _bring(self, session: Session, filling: Filling) -> int:
        """Change the rows that differ, and insert those that lack; how many there are then.

        A statement of the tenant that waits for a row finds it so, and comes after all of this.
        """
        table = filling.table
        if filling.in_place and (others := [c for c in filling.columns if c not in table.key]):
            changes = ", ".join(f"{quoted(each)} = staged.{quoted(each)}" for each in others)
            session.query(
                f"UPDATE {table.rows} AS here SET {changes} FROM {filling.staged} AS staged"
                f" WHERE {self._theirs('here')} AND {_same(table.key)} AND {_differ(others)}",
                timeout_s=LONG_S,
            )
        absent = f"(SELECT FROM {table.rows} AS here WHERE {_same(table.key)})"
        session.query(
            f"INSERT INTO {table.sql} ({filling.named}) OVERRIDING SYSTEM VALUE"
            f" SELECT {filling.named} FROM {filling.staged} AS staged"
            + (f" WHERE NOT EXISTS {absent}" if filling.in_place else ""),
            timeout_s=LONG_S,
        )
        staged = _count(session, f"SELECT count(*) FROM {filling.staged}")
        came = _count(session, f"SELECT count(*) FROM {table.rows} WHERE {self._theirs()}")
        if came != staged:
            raise NotReplaced(f"{_plain(table.sql)} has {came} of {staged} rows: has it rules?")
        return came

    def _see_to_references(self, session: Session) -> None:
        own = {each.table.sql: each.table for each in self.fillings}
        for reference in references_of(session, own.values()):
            within = (self.column, self.column) in reference.pairs
            if reference.child in own:
                self._refer(session, reference, within=within)
            if reference.parent in own and not within:
                self._referred(session, reference, own)

    def _refer(self, session: Session, reference: Reference, *, within: bool) -> None:
        """New rows refer to what is there. What is not theirs is held as any reference holds it."""
        matches = _matches(reference)
        theirs = self._theirs("child")
        if not within:
            session.query(
                f"SELECT count(*) FROM (SELECT FROM {reference.parent} AS parent WHERE EXISTS"
                f" (SELECT FROM {reference.child} AS child WHERE {theirs} AND {matches})"
                " FOR KEY SHARE) AS held",
                timeout_s=LONG_S,
            )
        filled = " AND ".join(f"child.{quoted(a)} IS NOT NULL" for a, _ in reference.pairs)
        missing = _count(
            session,
            f"SELECT count(*) FROM {reference.child} AS child WHERE {theirs} AND {filled}"
            f" AND NOT EXISTS (SELECT FROM {reference.parent} AS parent WHERE {matches})",
        )
        if missing:
            raise NotReplaced(
                f"{missing} rows of {_plain(reference.child)} would refer to rows of"
                f" {_plain(reference.parent)}"
                f" that are there no longer ({reference.name})"
            )

    def _referred(self, session: Session, reference: Reference, own: dict[str, Table]) -> None:
        """Rows of others, or of tables that all share, still refer to what is there."""
        parent = own[reference.parent]
        kept = quoted(kept_in(self.kept, self.shard), parent.name)
        gone = " AND ".join(f"child.{quoted(a)} = gone.{quoted(b)}" for a, b in reference.pairs)
        missing = _count(
            session,
            f"SELECT count(*) FROM {kept} AS gone JOIN {reference.child} AS child ON {gone}"
            f" WHERE {self._theirs('gone')} AND NOT EXISTS"
            f" (SELECT FROM {reference.parent} AS parent WHERE {_matches(reference)})",
        )
        if missing:
            raise NotReplaced(
                f"{missing} rows of {_plain(reference.child)} refer to rows of"
                f" {_plain(reference.parent)}"
                f" that were not there then ({reference.name})"
            )

    def _record(self, session: Session) -> None:
        session.query(_RECORD, (self.kept, self.shard, self._names))
        if self.undoes is not None:
            session.query(_UNDONE, (self.undoes, self.shard, self._names))

    @property
    def _names(self) -> str:
        return json.dumps(self.tenants)

    def _theirs(self, of: str | None = None) -> str:
        return theirs(self.column, self.tenants, of)


def _met(filling: Filling) -> str:
    """Whether a row of now was there then, and so stays to be changed; as SQL."""
    if not filling.in_place:
        return "false"
    return f"EXISTS (SELECT FROM {filling.staged} AS staged WHERE {_same(filling.table.key)})"


def _same(key: Iterable[str]) -> str:
    """Also as it is written: some types take for equal what is not the same."""
    return " AND ".join(
        f"staged.{each} = here.{each} AND staged.{each}::text = here.{each}::text"
        for each in map(quoted, key)
    )


def _differ(columns: Iterable[str]) -> str:
    """As they are written: some types know no equality."""
    now, then = (", ".join(f"{of}.{quoted(each)}" for each in columns) for of in ("here", "staged"))
    return f"ROW({now})::text <> ROW({then})::text"


def _matches(reference: Reference) -> str:
    return " AND ".join(f"child.{quoted(a)} = parent.{quoted(b)}" for a, b in reference.pairs)


def _plain(name: str) -> str:
    """A quoted name as people write it."""
    return name.replace('"', "")


def _count(session: Session, query: str) -> int:
    return int(session.query(query, timeout_s=LONG_S)[0][0] or 0)


def _first_line(error: PostgresError) -> str:
    """Without its detail, which has values of the rows in it."""
    return str(error).splitlines()[0].removeprefix("ERROR:").strip()


_LOCK_TENANTS = """
SELECT count(pg_advisory_xact_lock(caisson.tenant_key(name)))
  FROM json_array_elements_text($1) AS name
"""

# Whoever writes holds this lock until his transaction ends.
_WRITERS = """
SELECT virtualtransaction FROM pg_locks
 WHERE locktype = 'relation' AND relation = 'caisson.writing'::regclass AND granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND pid <> pg_backend_pid()
"""

_WRITERS_SINCE = """
SELECT a.pid, date_trunc('second', a.xact_start) FROM pg_stat_activity a
 WHERE a.pid IN (SELECT pid FROM pg_locks WHERE relation = 'caisson.writing'::regclass AND granted)
   AND a.pid <> pg_backend_pid()
 ORDER BY a.xact_start LIMIT 1
"""

_RECORD = """
INSERT INTO caisson.replaced (kept, shard, tenant)
SELECT $1, $2, name FROM json_array_elements_text($3) AS name
"""
_UNDONE = """
DELETE FROM caisson.replaced WHERE kept = $1 AND shard = $2
   AND tenant IN (SELECT name FROM json_array_elements_text($3) AS name)
"""
