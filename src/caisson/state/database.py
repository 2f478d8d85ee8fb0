"""The port to the database that keeps the state: SQL with `?`, one writer at a time.

Both drivers give the same guarantees. `writing()` is serialised against every other writer
of any process before its first statement, so read-then-write in it needs no retry; it is
durable when it returns. `reading()` sees one moment. Either may be used from any thread;
a second block opened within a first one is refused, because what it would commit is unclear.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from caisson.state.errors import StateError

Value = str | int | float | None
Row = tuple[Any, ...]


class Session(Protocol):
    """What runs inside a transaction."""

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """Run a statement that returns rows, and return all of them."""

    def run(self, sql: str, *values: Value) -> int:
        """Run a statement and return how many rows it changed."""


class Database(Protocol):
    """An open database. Raises `caisson.state.errors.StateError` and its kinds only."""

    where: str  # for messages: a path, or host and database name, never a password

    def reading(self) -> AbstractContextManager[Session]:
        """Open a read-only view of one moment."""

    def writing(self) -> AbstractContextManager[Session]:
        """Open a transaction: committed at the end, rolled back when an exception leaves it."""

    def acquire_exclusive(self) -> None:
        """Become the one controller of this state until `close`, or raise `StateLocked`."""

    def close(self) -> None:
        """Let go of the connection and of the exclusive lock; twice is as good as once."""


class Turn:
    """Lets one thread at a time use a connection, and refuses a block inside a block."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._taken = False

    @contextmanager
    def taken(self) -> Iterator[None]:
        with self._lock:
            if self._taken:
                raise StateError("a transaction is already open in this thread")
            self._taken = True
            try:
                yield
            finally:
                self._taken = False
