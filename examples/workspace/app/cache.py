"""Pages in Memcached: an aid that may fail at any time without a request noticing.

A cached page is never invalidated; it is no longer asked for. Its key holds the version of the
page, which Postgres raises in the very transaction that changes the page or a block of it, and
every read asks Postgres for that version first. It also holds the generation of the primary
that was asked. A failover may lose the newest versions and give their numbers to other
content, but under another generation. So both sites may fill and read their caches in any
order: equal keys mean equal content.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.config import Endpoint
from app.memcached import Memcached, MemcachedError
from app.metrics import Metrics

T = TypeVar("T")

_PATIENCE_S = 0.08
_PAUSE_S = 1.0  # without the cache, after it failed
_TTL_S = 3600
_MAX_BYTES = 900_000  # Memcached refuses items above 1 MiB, key and header included


class Cache:
    """Bodies of pages by key. Never raises, never waits longer than 80 ms."""

    def __init__(self, endpoint: Endpoint, metrics: Metrics) -> None:
        self._memcached = Memcached(endpoint)
        self._metrics = metrics
        self._resume_at = 0.0

    async def get(self, key: str) -> bytes | None:
        body = await self._try(lambda: self._memcached.get(key))
        self._metrics.cache("miss" if body is None else "hit")
        return body

    async def put(self, key: str, body: bytes) -> None:
        if len(body) <= _MAX_BYTES:
            await self._try(lambda: self._memcached.set(key, body, _TTL_S))

    def close(self) -> None:
        self._memcached.close()

    @property
    def answers(self) -> bool:
        """Whether the cache is in use, and not left alone after a failure."""
        return asyncio.get_running_loop().time() >= self._resume_at

    async def _try(self, command: Callable[[], Awaitable[T]]) -> T | None:
        if not self.answers:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await command()
        except (OSError, EOFError, MemcachedError, asyncio.LimitOverrunError, ValueError):
            self._metrics.cache("error")
            self._resume_at = asyncio.get_running_loop().time() + _PAUSE_S
            self._memcached.close()
            return None
