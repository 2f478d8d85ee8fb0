"""A connection on which nothing waits longer than it was told to.

A frozen server accepts TCP connections and never answers, and drivers then block for
seconds, also while they cancel. A controller cannot afford that, so connecting and
querying here go through libpq's non-blocking calls with a deadline, and a connection that
misses one is closed, never reused.
"""

import select
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

Row = tuple[str | None, ...]
Send = Callable[[], None]

_BLOCK_BYTES = 65_536
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE)


class PostgresError(Exception):
    """The server refused or did not answer; `sqlstate` is None when it did not answer."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message.strip())
        self.sqlstate = sqlstate


class Session:
    """One connection in autocommit mode. Rows are tuples of text, as Postgres prints values."""

    def __init__(self, connection: pq.abc.PGconn) -> None:
        self._connection = connection

    @classmethod
    def open(cls, *, timeout_s: float = 1.0, **parameters: str | int) -> Self:
        """Connect with libpq keywords (host, port, user, ...) or raise PostgresError."""
        deadline = time.monotonic() + timeout_s
        connection = pq.PGconn.connect_start(make_conninfo("", **parameters).encode())
        try:
            _finish_connecting(connection, deadline)
        except PostgresError:
            connection.finish()
            raise
        connection.nonblocking = 1
        return cls(connection)

    def query(
        self, sql: str, parameters: Sequence[str | int | None] = (), *, timeout_s: float = 5.0
    ) -> list[Row]:
        """Run one statement and return its rows. A session that missed a deadline is closed."""
        values = [None if value is None else str(value).encode() for value in parameters]
        return self._run(
            lambda: self._connection.send_query_params(sql.encode(), values), timeout_s
        )

    def script(self, sql: str, *, timeout_s: float = 30.0) -> list[Row]:
        """Run several statements as one transaction; the rows of the last one."""
        return self._run(lambda: self._connection.send_query(sql.encode()), timeout_s)

    def copy_out(self, sql: str, *, silence_s: float = 30.0) -> Iterator[bytes]:
        """The rows of `COPY … TO STDOUT`, in blocks; nothing is waited for longer than that.

        A session whose rows were not all taken is of no further use: close it.
        """
        with self._closed_on_trouble():
            self._begin_copy(sql, pq.ExecStatus.COPY_OUT, silence_s)
            yield from _blocks(self._connection, silence_s)
            _raise_failure(_collect(self._connection, time.monotonic() + silence_s))

    def copy_in(self, sql: str, blocks: Iterable[bytes], *, silence_s: float = 30.0) -> None:
        """Hand blocks of rows to `COPY … FROM STDIN`, as fast as the server takes them."""
        with self._closed_on_trouble():
            self._begin_copy(sql, pq.ExecStatus.COPY_IN, silence_s)
            for block in blocks:
                self._connection.put_copy_data(block)
                _flush(self._connection, time.monotonic() + silence_s)
            self._connection.put_copy_end()
            _raise_failure(_collect(self._connection, time.monotonic() + silence_s))

    def close(self) -> None:
        """Close at once; nothing is said to a server that may not listen."""
        self._connection.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, send: Send, timeout_s: float) -> list[Row]:
        deadline = time.monotonic() + timeout_s
        with self._closed_on_trouble():
            send()
            results = _collect(self._connection, deadline)
        _raise_failure(results)
        return _rows(results[-1]) if results else []

    def _begin_copy(self, sql: str, expected: pq.ExecStatus, silence_s: float) -> None:
        deadline = time.monotonic() + silence_s
        self._connection.send_query(sql.encode())
        _flush(self._connection, deadline)
        result = _next_result(self._connection, deadline)
        if result is None or result.status != expected:
            raise PostgresError("no copy" if result is None else str(_error_of(result)))

    @contextmanager
    def _closed_on_trouble(self) -> Iterator[None]:
        """A session in which something went wrong on the way is never used again."""
        try:
            yield
        except psycopg.Error as error:
            self.close()
            raise PostgresError(str(error)) from error
        except PostgresError:
            self.close()
            raise


def _finish_connecting(connection: pq.abc.PGconn, deadline: float) -> None:
    if connection.status == pq.ConnStatus.BAD:
        raise PostgresError(_message(connection))
    waiting_for = pq.PollingStatus.WRITING
    while waiting_for != pq.PollingStatus.OK:
        if waiting_for == pq.PollingStatus.FAILED:
            raise PostgresError(_message(connection))
        _wait(connection.socket, waiting_for == pq.PollingStatus.WRITING, deadline)
        waiting_for = pq.PollingStatus(connection.connect_poll())


def _collect(connection: pq.abc.PGconn, deadline: float) -> list[pq.abc.PGresult]:
    _flush(connection, deadline)
    results: list[pq.abc.PGresult] = []
    while (result := _next_result(connection, deadline)) is not None:
        results.append(result)
    return results


def _flush(connection: pq.abc.PGconn, deadline: float) -> None:
    while connection.flush():
        _wait(connection.socket, True, deadline)


def _next_result(connection: pq.abc.PGconn, deadline: float) -> pq.abc.PGresult | None:
    while connection.is_busy():
        _wait(connection.socket, False, deadline)
        connection.consume_input()
    return connection.get_result()


def _blocks(connection: pq.abc.PGconn, silence_s: float) -> Iterator[bytes]:
    """What a COPY sends, one row after another, gathered until it is worth being passed on."""
    rows: list[bytes] = []
    size = 0
    while (said := _next_row(connection, silence_s)) is not None:
        rows.append(said)
        size += len(said)
        if size >= _BLOCK_BYTES:
            yield b"".join(rows)
            rows, size = [], 0
    if rows:
        yield b"".join(rows)


def _next_row(connection: pq.abc.PGconn, silence_s: float) -> bytes | None:
    deadline = time.monotonic() + silence_s
    while True:
        length, data = connection.get_copy_data(1)
        if length > 0:
            return bytes(data)
        if length < 0:
            return None
        _wait(connection.socket, False, deadline)
        connection.consume_input()


def _wait(socket: int, writing: bool, deadline: float) -> None:
    remaining_s = deadline - time.monotonic()
    poll = select.poll()
    poll.register(socket, select.POLLOUT if writing else select.POLLIN)
    if remaining_s <= 0 or not poll.poll(remaining_s * 1000):
        raise PostgresError("no answer in time")


def _raise_failure(results: list[pq.abc.PGresult]) -> None:
    for result in results:
        if result.status in _FAILED:
            raise _error_of(result)


def _message(connection: pq.abc.PGconn) -> str:
    return connection.get_error_message()


def _error_of(result: pq.abc.PGresult) -> PostgresError:
    state = result.error_field(pq.DiagnosticField.SQLSTATE)
    return PostgresError(result.get_error_message(), state.decode() if state else None)


def _rows(result: pq.abc.PGresult) -> list[Row]:
    return [
        tuple(
            None if value is None else value.decode()
            for value in (result.get_value(row, column) for column in range(result.nfields))
        )
        for row in range(result.ntuples)
    ]
