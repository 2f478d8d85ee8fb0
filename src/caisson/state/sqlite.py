"""The state in one SQLite file: WAL, and every commit on disk before it returns."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from caisson.state.database import Row, Session, Turn, Value
from caisson.state.errors import StateLocked, StateMissing, StateReadOnly, StateUnavailable

# Longest wait for another process's transaction; ours last milliseconds.
_BUSY_S = 10.0


class SqliteSession:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: Value) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Value) -> int:
        return self._connection.execute(sql, values).rowcount


class SqliteDatabase:
    """A `caisson.state.database.Database` over one file; the lock is on `<file>.lock`."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.where = str(path)
        self._path = path
        self._read_only = read_only
        self._turn = Turn()
        self._lock: int | None = None
        self._connection = self._connect()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._transaction("PRAGMA query_only = ON", "BEGIN DEFERRED") as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        if self._read_only:
            raise StateReadOnly(f"{self.where} was opened for reading only")
        with self._transaction("PRAGMA query_only = OFF", "BEGIN IMMEDIATE") as session:
            yield session

    def acquire_exclusive(self) -> None:
        if self._lock is not None:
            return
        path = self._path.with_name(self._path.name + ".lock")
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
            os.close(lock)
            raise StateLocked(self.where, f"process {pid}" if pid else None) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        self._lock = lock

    def close(self) -> None:
        with self._turn.taken():
            self._connection.close()
            if self._lock is not None:
                # The file stays: removing it would let two processes lock two files.
                os.ftruncate(self._lock, 0)
                os.close(self._lock)
                self._lock = None

    @contextmanager
    def _transaction(self, *begin: str) -> Iterator[Session]:
        with self._turn.taken(), self._translated():
            for statement in begin:
                self._connection.execute(statement)
            try:
                yield SqliteSession(self._connection)
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StateUnavailable(f"{self.where}: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        if self._read_only and not self._path.exists():
            raise StateMissing(f"there is no state at {self.where}: run `caisson up` first")
        if not self._read_only:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        mode = "ro" if self._read_only else "rwc"
        with self._translated():
            connection = sqlite3.connect(
                f"file:{quote(str(self._path.absolute()))}?mode={mode}",
                uri=True,
                timeout=_BUSY_S,
                isolation_level=None,
                check_same_thread=False,
            )
            if not self._read_only:
                _use_wal(connection)
            # One damaged text must not hide all the others from whoever verifies them.
            connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
            connection.execute("PRAGMA foreign_keys = ON")
            # In WAL mode only FULL keeps the last commits through a power cut.
            connection.execute("PRAGMA synchronous = FULL")
        return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Change to WAL mode once; the change does not wait for others by itself, so we do."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
