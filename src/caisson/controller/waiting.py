"""Watches the WAL that waits to be archived, and says so long before any of it is dropped."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, assert_never

from caisson.controller.events import Events
from caisson.execute.backups import PostgresBackups
from caisson.execute.repositories import Repositories
from caisson.ledger.wording import duration
from caisson.systems.pgbackrest.files import WAITING_BYTES
from caisson.systems.pgbackrest.waiting import Pressure, Queue, pressure

_LOOK_S = 10.0
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Waits:
    """How a replica set's WAL waits."""

    queue: Queue
    pressure: Pressure

    def to_json(self) -> dict[str, Any]:
        return {
            "bytes": self.queue.waiting_bytes,
            "oldest_s": round(self.queue.oldest_s, 3),
            "bound_bytes": WAITING_BYTES,
            "pressure": self.pressure.value,
        }

    def __str__(self) -> str:
        oldest = duration(self.queue.oldest_s)
        return f"{self.queue.waiting_bytes / _MIB:.0f} MiB of WAL wait, the oldest for {oldest}"


@dataclass(frozen=True, slots=True)
class Changes:
    """Tells each change of the pressure once; `over` is called when WAL is in time again."""

    events: Events
    over: Callable[[str], None]
    _told: dict[str, Pressure] = field(default_factory=dict)

    def tell(self, replica_set: str, waits: Waits) -> None:
        if waits.pressure is self._told.get(replica_set, Pressure.EASY):
            return
        self._told[replica_set] = waits.pressure
        self.events.add(*_event(replica_set, waits))
        if waits.pressure is Pressure.EASY:
            self.over(replica_set)


class Waiting:
    """Before the first backup WAL waits for its repository to be made, which is worth no event:
    `begun` says whether that is over.
    """

    def __init__(
        self,
        repositories: Repositories,
        backups: PostgresBackups,
        changes: Changes,
        begun: Callable[[str], bool],
    ) -> None:
        self._repositories = repositories
        self._backups = backups
        self._changes = changes
        self._begun = begun
        self._lock = threading.Lock()
        self._last: dict[str, Waits | None] = {}
        self._looked_at = time.monotonic()

    def look_after(self, submit: Callable[[Callable[[], object]], object]) -> None:
        """Look at every primary that archives, now and then, and tell what has changed."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S or not self._lock.acquire(blocking=False):
            return
        self._looked_at = now
        submit(self._look)

    def now(self, replica_set: str) -> Waits | None:
        """How WAL waits; None when the primary does not answer, or archives nothing."""
        declared = self._repositories.backed_up(replica_set)
        if declared is None or declared.wal_s is None:
            return None
        queue = self._backups.queue(replica_set)
        if queue is None:
            return None
        return Waits(queue, pressure(queue, WAITING_BYTES, declared.wal_s))

    def last(self, replica_set: str) -> Waits | None:
        """How it waited when that was looked at last."""
        return self._last.get(replica_set)

    def _look(self) -> None:
        try:
            for replica_set in self._repositories.sets():
                if not self._begun(replica_set):
                    continue
                waits = self._last[replica_set] = self.now(replica_set)
                if waits is not None:
                    self._changes.tell(replica_set, waits)
        finally:
            self._lock.release()


def _event(replica_set: str, waits: Waits) -> tuple[str, str]:
    bound = f"{WAITING_BYTES / _MIB:.0f} MiB"
    match waits.pressure:
        case Pressure.EASY:
            return "info", f"{replica_set}: its WAL is archived in time again"
        case Pressure.WARN:
            say = "see `caisson backups` for why"
            return "warning", f"{replica_set}: {waits}; from {bound} on it is dropped; {say}"
        case Pressure.AT_BOUND:
            say = "what is dropped can never be restored; a full backup is made when it is over"
            return "error", f"{replica_set}: {waits}: the bound of {bound} is reached; {say}"
        case _:
            assert_never(waits.pressure)
