"""Readiness: whether reads work here, now.

It turns on Postgres alone, without which no page can be served. A missing cache costs speed and
missing sessions cost sign-ins; taking every site of a jurisdiction out of service for that would
make a small failure a large one, so they are named as degraded and the answer stays 200.

A primary whose lease ended refuses writes but can still be read, and counts as ready: whether
writes work is the fence's decision, and a service cannot do better elsewhere meanwhile.
"""

import asyncio
import time
from dataclasses import dataclass

import psycopg

from app import sessions
from app.postgres import Pool, PoolClosedError
from app.stores import Stores

_PATIENCE_S = 0.3
_FRESH_S = 0.15


@dataclass(frozen=True, slots=True)
class Readiness:
    """Why not, if not; and what is missing without being needed."""

    reasons: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()


class ReadinessCheck:
    """Asked by several proxies several times a second; looks at most every 150 ms."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._asking = asyncio.Lock()
        self._checked_at = float("-inf")
        self._last = Readiness(("not checked yet",))

    async def current(self) -> Readiness:
        async with self._asking:
            if time.monotonic() - self._checked_at > _FRESH_S:
                self._last = await self._look()
                self._checked_at = time.monotonic()
        return self._last

    async def _look(self) -> Readiness:
        reason, sessions_answer = await asyncio.gather(
            _postgres_fails(self._stores.pool), sessions.answers(self._stores.redis)
        )
        missing = {"sessions": sessions_answer, "cache": self._stores.cache.answers}
        return Readiness(
            reasons=(reason,) if reason else (),
            degraded=tuple(name for name, answers in missing.items() if not answers),
        )


async def _postgres_fails(pool: Pool) -> str | None:
    """None when the primary answered a moment ago, to a request or to this question."""
    if time.monotonic() - pool.answered_at < _FRESH_S:
        return None
    try:
        async with pool.connection(_PATIENCE_S) as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, TimeoutError, PoolClosedError) as error:
        return f"blocks: {type(error).__name__}"
    return None
