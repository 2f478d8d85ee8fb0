"""Tries to write to an old primary directly, as the application could: nothing may be accepted.

Sessions are opened with the application's own role before the fault, one of them with a
transaction that has written and not yet committed. After the thaw all of them go on at once.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

_COMMIT = sql.Composed([sql.SQL("COMMIT")])
_FOR_S = 3.0
_SESSIONS = 4

_TABLES = """
SELECT table_schema, table_name, min(column_name)
  FROM information_schema.columns
 WHERE table_schema ~ '^shard_[0-9]+$'
 GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class OldPrimary:
    """A primary of the region that is frozen, and the application's right to open it."""

    name: str
    host: str
    port: int
    database: str
    user: str
    password: str


@dataclass
class StaleWriters:
    """`begin` before the fault, `attempt` right after the thaw."""

    primary: OldPrimary
    attempts: int = 0
    accepted: int = 0
    refused: int = 0
    _sessions: list["psycopg.Connection[tuple[object, ...]]"] = field(default_factory=list)
    _statement: sql.Composed = field(default_factory=lambda: _COMMIT)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Open the sessions, and a transaction that outlives the freeze."""
        self._sessions = [self._open() for _ in range(_SESSIONS)]
        tables = self._sessions[0].execute(_TABLES).fetchall()
        self._statement = _touch_a_row(tables, self._sessions[0])
        self._sessions[0].execute("BEGIN")
        self._sessions[0].execute(self._statement)

    def attempt(self) -> None:
        """Commit the open transaction, and write through the other sessions for a while."""
        threads = [
            threading.Thread(target=self._write_on, args=(session, number == 0))
            for number, session in enumerate(self._sessions)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def close(self) -> None:
        for session in self._sessions:
            with suppress(psycopg.Error):
                session.close()

    def _open(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=self.primary.host,
            port=self.primary.port,
            dbname=self.primary.database,
            user=self.primary.user,
            password=self.primary.password,
            autocommit=True,
            connect_timeout=2,
        )

    def _write_on(self, session: "psycopg.Connection[tuple[object, ...]]", open_: bool) -> None:
        until = time.monotonic() + _FOR_S
        statement: sql.Composed = _COMMIT if open_ else self._statement
        while time.monotonic() < until:
            if not self._one(session, statement):
                return
            statement = self._statement
            time.sleep(0.02)

    def _one(
        self, session: "psycopg.Connection[tuple[object, ...]]", statement: sql.Composed
    ) -> bool:
        """One attempt; False when the session has ended."""
        try:
            session.execute(statement)
        except psycopg.OperationalError as error:
            with self._lock:
                self.attempts += 1
                self.refused += 1
            return not session.closed and error.sqlstate is not None
        except psycopg.Error:
            with self._lock:
                self.attempts += 1
                self.refused += 1
            return True
        with self._lock:
            self.attempts += 1
            self.accepted += 1
        return True


def _touch_a_row(
    tables: list[tuple[object, ...]], session: "psycopg.Connection[tuple[object, ...]]"
) -> sql.Composed:
    """A statement that writes one row of the first table that has one, and changes nothing."""
    for schema, table, column in tables:
        name = sql.Identifier(str(schema), str(table))
        if session.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(name)).fetchall():
            return sql.SQL(
                "UPDATE {0} SET {1} = {1} WHERE ctid = (SELECT max(ctid) FROM {0})"
            ).format(name, sql.Identifier(str(column)))
    raise LookupError("no table of the logical shards has a row to write to")
