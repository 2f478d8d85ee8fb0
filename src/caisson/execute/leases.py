"""Keeps the write leases of all Postgres primaries alive, one thread for each.

A lease that is released is not renewed any more; `over_at` tells when it has certainly
ended, whatever became of the server.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from caisson.systems.postgres.lease import CLOCK_RATE_MARGIN, Keeper, LeaseLost
from caisson.systems.postgres.session import PostgresError, Session

TTL_S = 1.5
RENEW_EVERY_S = 0.3
_ANSWER_S = 0.5

OpenSession = Callable[[], Session]


@dataclass(frozen=True, slots=True)
class LeaseState:
    """`renewed_at` is monotonic; `lost`: the server answered that the lease has ended."""

    generation: int
    renewed_at: float
    lost: bool


class _Renewal:
    """One thread that renews one lease until it is told to stop."""

    def __init__(self, name: str, keeper: Keeper, session: OpenSession) -> None:
        self.keeper = keeper
        self.renewed_at = time.monotonic()
        self.lost = False
        self._open = session
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._renew_for_ever, name=f"lease {name}")
        self._thread.daemon = True
        self._thread.start()

    def stop(self) -> None:
        """Return once no renewal is under way, so that none is sent after this."""
        self._stopped.set()
        self._thread.join()

    def _renew_for_ever(self) -> None:
        session: Session | None = None
        while not self._stopped.wait(RENEW_EVERY_S):
            try:
                session = session or self._open()
                if self._stopped.is_set():
                    break
                self.keeper.renew(session, _ANSWER_S)
                self.renewed_at, self.lost = time.monotonic(), False
            except LeaseLost:
                self.lost = True
            except PostgresError:
                if session is not None:
                    session.close()
                session = None
        if session is not None:
            session.close()


class Leases:
    """All leases that this controller holds, by replica set. Thread-safe."""

    def __init__(self) -> None:
        # A controller that died may have renewed until the moment this one began.
        self._nothing_before = time.monotonic() + TTL_S * CLOCK_RATE_MARGIN
        self._lock = threading.Lock()
        self._renewals: dict[str, _Renewal] = {}
        self._over_at: dict[str, float] = {}

    def grant(self, replica_set: str, generation: int, session: OpenSession) -> None:
        """Take the lease for a generation and keep it; an older one is released first."""
        self.release(replica_set)
        keeper = Keeper(generation, TTL_S)
        try:
            with session() as connection:
                keeper.grant(connection)
        except PostgresError:
            self._remember(replica_set, keeper)  # it may have been granted all the same
            raise
        with self._lock:
            self._renewals[replica_set] = _Renewal(replica_set, keeper, session)

    def release(self, replica_set: str) -> None:
        """Renew no more. Nothing when the lease is not held here."""
        with self._lock:
            renewal = self._renewals.pop(replica_set, None)
        if renewal is not None:
            renewal.stop()
            self._remember(replica_set, renewal.keeper)

    def over_at(self, replica_set: str) -> float:
        """The monotonic time at which a released lease has certainly ended."""
        return max(self._over_at.get(replica_set, 0.0), self._nothing_before)

    def state(self, replica_set: str) -> LeaseState | None:
        """How the lease is, None when it is not held here."""
        with self._lock:
            renewal = self._renewals.get(replica_set)
        if renewal is None:
            return None
        return LeaseState(renewal.keeper.generation, renewal.renewed_at, renewal.lost)

    def _remember(self, replica_set: str, keeper: Keeper) -> None:
        known = self._over_at.get(replica_set, 0.0)
        self._over_at[replica_set] = max(known, keeper.certainly_over_at)

    def close(self) -> None:
        for replica_set in list(self._renewals):
            self.release(replica_set)
