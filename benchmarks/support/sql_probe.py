"""A writer that goes through the proxy like a user and remembers what was acknowledged."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from caisson.drill.measure import Sample

CONNECTIONS = 4
RATE_PER_S = 50.0
TIMEOUT_S = 1.0


@dataclass
class SqlProbe:
    """Inserts one row per request, each with an id of its own, at a steady rate.

    A request is everything a user would wait for: connecting when there is no connection,
    and the insert. It counts as failed after TIMEOUT_S. Times are `time.monotonic`.
    """

    conninfo: str
    first_id: int
    samples: list[Sample] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)
    _next_id: int = 0
    _workers: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self._next_id = self.first_id
        self._workers = [asyncio.create_task(self._work(n)) for n in range(CONNECTIONS)]

    async def stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self, number: int) -> None:
        period = CONNECTIONS / RATE_PER_S
        due = time.monotonic() + period * number / CONNECTIONS
        connection: psycopg.AsyncConnection | None = None
        try:
            while True:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                connection = await self._request(connection)
                # A late answer delays the next request; it is not made up for by a burst.
                due = max(due + period, time.monotonic())
        finally:
            _drop(connection)

    async def _request(
        self, connection: psycopg.AsyncConnection | None
    ) -> psycopg.AsyncConnection | None:
        """One insert; returns the connection to go on with, None when it is of no more use."""
        self._next_id += 1
        row_id, began = self._next_id, time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                connection = connection or await self._connect()
                await connection.execute("INSERT INTO probe (id) VALUES (%s)", (row_id,))
        except (psycopg.Error, TimeoutError):
            self._record(row_id, began, acknowledged=False)
            _drop(connection)
            return None
        self.acknowledged.add(row_id)
        self._record(row_id, began, acknowledged=True)
        return connection

    def _record(self, row_id: int, began: float, *, acknowledged: bool) -> None:
        now = time.monotonic()
        self.samples.append(Sample("writer", "probe", str(row_id), began, now, acknowledged))

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self.conninfo, autocommit=True)


def _drop(connection: psycopg.AsyncConnection | None) -> None:
    """Close the socket without a word: the server at the other end may be gone."""
    if connection is not None:
        with suppress(psycopg.Error):
            connection.pgconn.finish()
