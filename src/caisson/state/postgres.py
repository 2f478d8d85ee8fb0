"""The state in a Postgres database, in a schema of its own: one database per estate.

The exclusive lock lives on the same session as the writes. When the session is lost the
lock is lost with it, and no write goes through until both are had again.
"""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import UndefinedTable

from caisson.state.database import Row, Session, Turn, Value
from caisson.state.errors import (
    StateLocked,
    StateMissing,
    StateReadOnly,
    StateUnavailable,
)

_SCHEMA = "caisson_state"
_CONNECT_TIMEOUT_S = 10
# Advisory lock keys, in this project's own key space (the first number is "cais" in ASCII).
_SPACE = 0x63616973
_CONTROLLER = 1
_WRITER = 2

_TRY_EXCLUSIVE = f"SELECT pg_try_advisory_lock({_SPACE}, {_CONTROLLER})"
_AWAIT_TURN = f"SELECT pg_advisory_xact_lock({_SPACE}, {_WRITER})"
# One transaction, taking its turn: two that create a schema at once fail even IF NOT EXISTS.
_CREATE_SCHEMA = f"{_AWAIT_TURN}; CREATE SCHEMA IF NOT EXISTS {_SCHEMA}"
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_HOLDER = f"""
    SELECT a.application_name
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'advisory' AND l.granted
       AND l.classid = {_SPACE} AND l.objid = {_CONTROLLER} AND l.objsubid = 2
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""

_Connection = psycopg.Connection[tuple[object, ...]]


class PostgresSession:
    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: Value) -> list[Row]:
        return self._connection.execute(_translate(sql), values).fetchall()

    def run(self, sql: str, *values: Value) -> int:
        return self._connection.execute(_translate(sql), values).rowcount


class PostgresDatabase:
    """A `caisson.state.database.Database` over one connection, opened anew when it is lost."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._url = url
        self.where = _without_password(url)
        self._read_only = read_only
        self._exclusive = False
        self._turn = Turn()
        with self._translated():
            self._connection = self._connect()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._transaction(_BEGIN_READING) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        if self._read_only:
            raise StateReadOnly(f"{self.where} was opened for reading only")
        with self._transaction(_BEGIN_WRITING, _AWAIT_TURN) as session:
            yield session

    def acquire_exclusive(self) -> None:
        if self._exclusive:
            return
        with self._turn.taken(), self._translated():
            self._lock(self._connection)
            self._exclusive = True

    def close(self) -> None:
        with self._turn.taken():
            self._connection.close()
            self._exclusive = False

    @contextmanager
    def _transaction(self, *begin: str) -> Iterator[Session]:
        with self._turn.taken(), self._translated():
            self._begin(begin)
            try:
                yield PostgresSession(self._connection)
                self._connection.execute("COMMIT")
            finally:
                self._roll_back_if_open()

    def _begin(self, begin: tuple[str, ...]) -> None:
        """Begin; nothing was asked yet, so after a lost connection a second try is safe."""
        try:
            for statement in begin:
                self._connection.execute(statement)
        except psycopg.OperationalError:
            if not self._connection.closed:
                raise
            self._connection = self._connect()
            for statement in begin:
                self._connection.execute(statement)

    def _roll_back_if_open(self) -> None:
        status = self._connection.info.transaction_status
        if status in (
            psycopg.pq.TransactionStatus.INTRANS,
            psycopg.pq.TransactionStatus.INERROR,
        ):
            self._connection.execute("ROLLBACK")

    def _lock(self, connection: _Connection) -> None:
        row = connection.execute(_TRY_EXCLUSIVE).fetchone()
        if row is None or row[0] is not True:
            holder = connection.execute(_HOLDER).fetchone()
            raise StateLocked(self.where, str(holder[0]) if holder else None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except UndefinedTable as error:
            raise StateMissing(f"there is no state in {self.where}: run `caisson up`") from error
        except psycopg.Error as error:
            raise StateUnavailable(f"{self.where}: {error}") from error

    def _connect(self) -> _Connection:
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=_CONNECT_TIMEOUT_S,
            application_name=f"process {os.getpid()} on {socket.gethostname()}"[:63],
        )
        try:
            self._prepare(connection)
        except (psycopg.Error, StateLocked):
            connection.close()
            raise
        return connection

    def _prepare(self, connection: _Connection) -> None:
        connection.execute(f"SET search_path = {_SCHEMA}")
        connection.execute("SET synchronous_commit = on")
        if not self._read_only:
            connection.execute(_CREATE_SCHEMA)
        if self._exclusive:
            self._lock(connection)


def _translate(sql: str) -> str:
    return re.sub(r"\?", "%s", sql.replace("%", "%%"))


def _without_password(url: str) -> str:
    parts = conninfo_to_dict(url)
    return f"postgresql://{parts.get('host', '')}/{parts.get('dbname', '')}"
