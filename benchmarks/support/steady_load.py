"""An application that reads and writes at a steady rate, and how long it waits for answers."""

import math
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import psycopg

CLIENTS = 4
RATE_PER_S = 100.0
_ROWS = 100_000


class SteadyLoad:
    """Each request reads a row and writes one. It is due at its time, however late others are."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._stop = threading.Event()
        self._answered: list[tuple[float, float]] = []  # when it was due, seconds until answered
        self._clients = [threading.Thread(target=self._go_on, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        self.wait(3.0)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for client in self._clients:
            client.join()

    def wait(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def latencies_while(self, work: Callable[[], object]) -> list[float]:
        """Seconds of every request that became due while `work` was done."""
        began = time.monotonic()
        work()
        ended = time.monotonic()
        self.wait(1.0)  # for the answers to the last
        return [seconds for due, seconds in list(self._answered) if began <= due <= ended]

    def _go_on(self, number: int) -> None:
        period = CLIENTS / RATE_PER_S
        due = time.monotonic() + period * number / CLIENTS
        with psycopg.connect(self._conninfo, autocommit=True) as session:
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                self._request(session)
                self._answered.append((due, time.monotonic() - due))
                due += period

    @staticmethod
    def _request(session: "psycopg.Connection[tuple[Any, ...]]") -> None:
        row = random.randint(1, _ROWS)
        session.execute("SELECT body FROM notes WHERE id = %s LIMIT 1", (row,))
        session.execute("INSERT INTO writes (body) VALUES (repeat('x', 200))")


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
