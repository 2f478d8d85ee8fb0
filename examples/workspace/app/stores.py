"""The stores as the connections file names them at this moment.

When the file changes, the stores whose place changed are opened anew and the old ones are
given up at once, together with the requests that wait on them: those try again on the new ones.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TypeVar

from redis.asyncio import Redis

from app import postgres, sessions
from app.cache import Cache
from app.config import Connections, Endpoint, read_connections
from app.log import log
from app.metrics import Metrics
from app.postgres import Pool, Shard
from app.retry import until_deadline

T = TypeVar("T")

_WATCH_EVERY_S = 0.05
_DEADLINE_S = 5.0
_SESSIONS_DEADLINE_S = 3.0


class MisdirectedError(Exception):
    """The tenant is unknown, or at home in another jurisdiction, whose data is not here."""


class Stores:
    """Open stores, kept in step with the connections file."""

    def __init__(self, path: Path, metrics: Metrics) -> None:
        self._path = path
        self._metrics = metrics
        self._stamp = _stamp(path)
        self._closing: set[asyncio.Task[None]] = set()
        self.connections = read_connections(path)
        self.pool = Pool(self.connections.blocks)
        self.redis: Redis = sessions.open_redis(self.connections.sessions)
        self.cache = Cache(self.connections.cache, metrics)

    async def on_shard(self, tenant: str, attempt: Callable[[Shard], Awaitable[T]]) -> T:
        """`attempt` on the tenant's shard, repeated on transient errors; it must be idempotent.

        MisdirectedError; UnavailableError when it did not succeed within the deadline.
        """

        async def once(left_s: float) -> T:
            self.refresh()
            return await attempt(Shard(self.pool, self.shard_of(tenant), left_s))

        return await until_deadline(
            once, postgres.reason_to_retry, self._metrics.retry, _DEADLINE_S
        )

    async def on_sessions(self, attempt: Callable[[Redis], Awaitable[T]]) -> T:
        """`attempt` on the sessions' primary; UnavailableError after the deadline."""

        async def once(_left_s: float) -> T:
            self.refresh()
            return await attempt(self.redis)

        return await until_deadline(
            once, sessions.reason_to_retry, self._metrics.retry, _SESSIONS_DEADLINE_S
        )

    def shard_of(self, tenant: str) -> int:
        """The tenant's logical shard; MisdirectedError when it has none here."""
        if (shard := self.connections.shards.get(tenant)) is None:
            raise MisdirectedError(tenant)
        return shard

    async def watch(self) -> None:
        """Follow the file, so that requests that hang on an old primary are freed."""
        while True:
            self.refresh()
            await asyncio.sleep(_WATCH_EVERY_S)

    def refresh(self) -> None:
        """Look whether the file changed, and move to what it names now."""
        stamp = _stamp(self._path)
        if stamp in (None, self._stamp):
            return
        self._stamp = stamp
        try:
            connections = read_connections(self._path)
        except (OSError, KeyError, TypeError, ValueError) as error:
            log("connections-unreadable", error=repr(error))
            return
        before, self.connections = self.connections, connections
        self._move(before, connections)

    def _move(self, before: Connections, now: Connections) -> None:
        if now.blocks != before.blocks:
            self._close_soon(self.pool.close())
            self.pool = Pool(now.blocks)
            self._moved("blocks", now.blocks)
        if now.sessions != before.sessions:
            self._close_soon(self.redis.aclose())
            self.redis = sessions.open_redis(now.sessions)
            self._moved("sessions", now.sessions)
        if now.cache != before.cache:
            self.cache.close()
            self.cache = Cache(now.cache, self._metrics)
            self._moved("cache", now.cache)

    def _close_soon(self, closing: Coroutine[object, object, None]) -> None:
        """Nobody waits for the old primary to take its leave."""
        task = asyncio.create_task(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _moved(self, store: str, to: Endpoint) -> None:
        self._metrics.pool_swap(store)
        log("store-moved", store=store, host=to.host, port=to.port, generation=to.generation)

    async def close(self) -> None:
        await self.pool.close()
        await self.redis.aclose()
        self.cache.close()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file is replaced by a rename; None while there is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
