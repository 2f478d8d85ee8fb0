"""The write lease of one Postgres: renewed, granted and sealed over a bounded session.

The times are chosen so that a lease has certainly ended `ttl_s` after the last grant or
renewal was *sent*: each names an absolute expiry by the server's own clock, computed from the
clock that the server reported with its last answer. Only the rates of the two clocks must
agree, not the times they show.
"""

import time
from dataclasses import dataclass
from importlib.resources import files

from caisson.systems.postgres.session import PostgresError, Session

GUARD_SQL = files("caisson.systems.postgres").joinpath("guard.sql").read_text("utf-8")
FENCED = "CS001"
STALE_GENERATION = "CS002"
LOCK_NOT_AVAILABLE = "55P03"
CLOCK_RATE_MARGIN = 1.02  # two clocks may drift apart by 2 %, far more than hardware does


class LeaseLost(Exception):  # noqa: N818 - a fact about the lease, not a fault of the code
    """The server answers, and says that this generation's lease is not valid."""


@dataclass(slots=True)
class Keeper:
    """Keeps one generation's lease on one server alive. Not thread-safe.

    `certainly_over_at` is the monotonic time after which no write can pass under any
    grant or renewal that was sent from here.
    """

    generation: int
    ttl_s: float
    certainly_over_at: float = 0.0
    _clock_us: int = 0
    _read_at: float = 0.0

    def grant(self, session: Session, timeout_s: float = 2.0) -> None:
        """Take the lease for this generation, whatever the state of an older one.

        A grant that reached the server too late is a PostgresError; try again.
        """
        ((clock_us,),) = session.query("SELECT caisson.now_us()", timeout_s=timeout_s)
        self._learn(int(clock_us or 0), time.monotonic())
        if not self._extend(session, "SELECT valid, clock_us FROM caisson.take($1, $2)", timeout_s):
            raise PostgresError("the grant of the lease arrived after its own end")

    def renew(self, session: Session, timeout_s: float = 0.5) -> None:
        """Lengthen the lease by one term from now, or raise LeaseLost or PostgresError."""
        if not self._extend(
            session, "SELECT valid, clock_us FROM caisson.renew($1, $2)", timeout_s
        ):
            raise LeaseLost

    def _extend(self, session: Session, sql: str, timeout_s: float) -> bool:
        """Ask for one term from now, by the server's own clock; whether the lease is valid."""
        sent_at = time.monotonic()
        until_us = self._clock_us + int((sent_at - self._read_at + self.ttl_s) * 1e6)
        self.certainly_over_at = max(self.certainly_over_at, sent_at + self._bound_s())
        ((valid, clock_us),) = session.query(sql, (self.generation, until_us), timeout_s=timeout_s)
        self._learn(int(clock_us or 0), time.monotonic())
        return valid == "t"

    def _learn(self, clock_us: int, answered_at: float) -> None:
        self._clock_us, self._read_at = clock_us, answered_at

    def _bound_s(self) -> float:
        return self.ttl_s * CLOCK_RATE_MARGIN


def seal(session: Session, successor: int, *, patience_s: float = 0.4) -> None:
    """End the lease after running writes have ended; those that outlast `patience_s` are cut.

    From here on the server gives the lease to no generation before `successor`.
    """
    session.query(f"SET lock_timeout = {int(patience_s * 1000)}")
    try:
        session.query("SELECT caisson.seal($1)", (successor,))
    except PostgresError as error:
        if error.sqlstate != LOCK_NOT_AVAILABLE:
            raise
        session.query("SELECT caisson.cut($1)", (successor,))
