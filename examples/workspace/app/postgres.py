"""Connections to one Postgres primary: few, never waited for longer than a budget.

Written instead of psycopg_pool for what happens while a primary fails. That pool connects in
the background, hides the error and backs off from one second on; here the request itself
connects, learns at once that nobody answers, and may look whether the primary has moved.
"""

import asyncio
import select
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from os import dup
from typing import LiteralString

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from app.config import Endpoint
from app.retry import expect_wanted

MAX_CONNECTIONS = 8
CONNECT_S = 0.5
ATTEMPT_S = 1.0

# A write that took longer is not acknowledged but done again. The primary's right to write is a
# lease of about 1.5 s, which the database checks at commit. A process (the database's or this one)
# that is frozen after that check and thawed much later would otherwise vouch for a commit on a
# primary that was replaced meanwhile: here for COMMIT's answer, which may have waited in the socket
# since. A synchronous commit is on the standby by then; an asynchronous one may be lost, and this
# limit sees to it that what is lost was acknowledged around the failure and not minutes after.
# It measures what this process can know; the microseconds from here to the socket stay open.
VOUCH_S = 1.0

# The server's own limits clear away what an abandoned connection leaves behind. They do not act
# on a COMMIT that awaits its standby: that wait is ended by nobody but the standby.
_SERVER_LIMITS = (
    "-c statement_timeout=2s -c idle_in_transaction_session_timeout=2s "
    "-c client_connection_check_interval=500ms"
)

_REASONS = {
    "CS001": "fenced",
    "25006": "read-only",
    "40001": "conflict",
    "40P01": "conflict",
    "53300": "busy",
    "57014": "timeout",
    "57P01": "lost",
    "57P02": "lost",
    "57P03": "lost",
    "25P03": "lost",
}


class NotVouchedError(Exception):
    """The write was committed somewhere, but it is not certain that it will stay."""


class PoolClosedError(Exception):
    """The primary has moved; the next attempt uses the new pool."""


def reason_to_retry(error: Exception) -> str | None:
    """Why an attempt that ended with `error` deserves another one; None when it does not."""
    match error:
        case TimeoutError():
            return "timeout"
        case NotVouchedError():
            return "not-vouched"
        case PoolClosedError():
            return "moved"
        case psycopg.Error() if state := error.diag.sqlstate:
            return "lost" if state.startswith("08") else _REASONS.get(state)
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return "lost"
        case _:
            return None


class Connection(psycopg.AsyncConnection[TupleRow]):
    """A connection that is given up, never cancelled.

    psycopg answers the cancellation of a task with a cancel request over a new connection. A
    frozen server lets that wait for seconds. Worse, it would end a COMMIT's wait for its standby
    and turn it into a success that exists on one machine only.
    """

    warned = False  # by the server, since somebody last set this to False

    def watch_warnings(self) -> None:
        self.add_notice_handler(self._note)

    def _note(self, notice: psycopg.errors.Diagnostic) -> None:
        self.warned |= notice.severity_nonlocalized == "WARNING"

    def abandon(self) -> None:
        """Shut the socket; whoever waits on it is told that the connection is lost."""
        if not self.closed:
            with suppress(OSError), socket.socket(fileno=dup(self.pgconn.socket)) as shut:
                shut.shutdown(socket.SHUT_RDWR)

    async def cancel_safe(self, *, timeout: float = 0.0) -> None:  # noqa: ARG002, ASYNC109
        self.abandon()

    def is_usable(self) -> bool:
        """Idle, and the server has said nothing since: its farewell would be readable."""
        if self.closed or self.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return not poll.poll(0)


class Pool:
    """Up to `MAX_CONNECTIONS` connections to one primary, opened by those who need them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.generation = endpoint.generation
        self.answered_at = float("-inf")  # time.monotonic() of the last answer
        self._endpoint = endpoint
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._opening: set[asyncio.Timeout] = set()
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._closed = False

    @asynccontextmanager
    async def connection(self, budget_s: float) -> AsyncIterator[Connection]:
        """Wait at most `budget_s` for a connection; after as long again it is abandoned.

        The two are counted apart: a statement that had only what a long wait left over would
        cost its connection, and the next one would wait for a new one.
        TimeoutError when either is over; PoolClosedError; NobodyWaitsError; psycopg.Error.
        """
        loop = asyncio.get_running_loop()
        async with self._limited(loop.time() + budget_s):
            await self._slots.acquire()
        try:
            expect_wanted()
            ends = loop.time() + budget_s
            connection = await self._take(min(ends, loop.time() + CONNECT_S))
            timer = loop.call_at(ends, connection.abandon)
            try:
                yield connection
                self.answered_at = time.monotonic()
            except psycopg.OperationalError as error:
                if self._closed:
                    raise PoolClosedError from error
                if loop.time() >= ends:
                    raise TimeoutError from error
                raise
            finally:
                timer.cancel()
                await self._give_back(connection)
        finally:
            self._slots.release()

    @asynccontextmanager
    async def _limited(self, ends: float) -> AsyncIterator[None]:
        """Waiting that ends at `ends` (TimeoutError), or when the pool is closed."""
        try:
            async with asyncio.timeout_at(ends) as limit:
                self._opening.add(limit)
                try:
                    yield
                finally:
                    self._opening.discard(limit)
        except TimeoutError as error:
            if self._closed:
                raise PoolClosedError from error
            raise

    async def _take(self, ends: float) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                break
            await connection.close()
        else:
            async with self._limited(ends):
                connection = await self._connect()
        self._busy.add(connection)
        if self._closed:
            await self._give_back(connection)
            raise PoolClosedError
        return connection

    async def _connect(self) -> Connection:
        connection = await Connection.connect(
            host=self._endpoint.host,
            port=self._endpoint.port,
            dbname=self._endpoint.database,
            user=self._endpoint.user,
            password=self._endpoint.password,
            application_name="workspace",
            options=_SERVER_LIMITS,
            gssencmode="disable",  # saves a round trip and the loading of Kerberos
            autocommit=True,
        )
        connection.watch_warnings()
        return connection

    async def _give_back(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if not self._closed and connection.is_usable():
            self._idle.append(connection)
        else:
            await connection.close()

    async def close(self) -> None:
        """Give up everything now: who waits on the old primary is told to try elsewhere."""
        self._closed = True
        now = asyncio.get_running_loop().time()
        for limit in self._opening:
            if not limit.expired():
                limit.reschedule(now)
        for connection in self._busy:
            connection.abandon()
        while self._idle:
            await self._idle.pop().close()


@cache
def _in_shard(statement: LiteralString, shard: int) -> bytes:
    return SQL(statement).format(shard=Identifier(f"shard_{shard}")).as_string(None).encode()


class Shard:
    """One logical shard on the current primary. Statements name its schema as `{shard}`."""

    def __init__(self, pool: Pool, number: int, budget_s: float) -> None:
        self.generation = pool.generation
        self._pool = pool
        self._number = number
        self._budget_s = min(budget_s, ATTEMPT_S)

    async def read(self, statement: LiteralString, params: Sequence[object]) -> list[TupleRow]:
        """The rows of one statement, and so of one snapshot."""
        async with self._pool.connection(self._budget_s) as connection:
            cursor = await connection.execute(_in_shard(statement, self._number), params)
            return await cursor.fetchall()

    @asynccontextmanager
    async def write(self) -> AsyncIterator["Write"]:
        """A transaction; the block is left only when the commit may be acknowledged."""
        async with self._pool.connection(self._budget_s) as connection:
            # A commit whose wait for the standby was broken off still succeeds, with a warning.
            connection.warned = False
            began = time.monotonic()
            async with connection.transaction():
                yield Write(connection, self._number)
            if connection.warned or time.monotonic() - began > VOUCH_S:
                raise NotVouchedError


class Write:
    """The statements of one transaction."""

    def __init__(self, connection: Connection, shard: int) -> None:
        self._connection = connection
        self._shard = shard

    async def execute(self, statement: LiteralString, params: Sequence[object]) -> list[TupleRow]:
        """The rows that the statement returns."""
        cursor = await self._connection.execute(_in_shard(statement, self._shard), params)
        return await cursor.fetchall()
