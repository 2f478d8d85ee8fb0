"""Outliving a failover: an idempotent attempt is repeated until a deadline.

Callers pass only attempts that may run twice: reads, and writes whose rows carry ids that
the client chose.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

# Whether somebody still waits for the answer; set for each request. Work that nobody waits for
# is dropped: after an outage it would otherwise hold up the work that somebody waits for, and
# be given up in its turn, and so on without end.
WANTED: ContextVar[Callable[[], bool]] = ContextVar("WANTED", default=lambda: True)

_PAUSE_S = (0.02, 0.1)


class UnavailableError(Exception):
    """A store did not do its part before the deadline; the request may be sent again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NobodyWaitsError(Exception):
    """Whoever sent the request has gone."""


def expect_wanted() -> None:
    """Go on, or NobodyWaitsError."""
    if not WANTED.get()():
        raise NobodyWaitsError


async def until_deadline(
    attempt: Callable[[float], Awaitable[T]],
    reason_to_retry: Callable[[Exception], str | None],
    count: Callable[[str], None],
    deadline_s: float,
) -> T:
    """The result of the first `attempt` that succeeds within `deadline_s`.

    `attempt` is told how many seconds are left. `reason_to_retry` names a transient error and
    answers None for any other, which is raised as it is.
    """
    clock = asyncio.get_running_loop().time
    ends = clock() + deadline_s
    while True:
        expect_wanted()
        try:
            return await attempt(ends - clock())
        except Exception as error:
            reason = reason_to_retry(error)
            if reason is None:
                raise
            pause = random.uniform(*_PAUSE_S)  # noqa: S311 - spreads load, keeps no secret
            if clock() + pause >= ends:
                raise UnavailableError(reason) from error
        count(reason)
        await asyncio.sleep(pause)
