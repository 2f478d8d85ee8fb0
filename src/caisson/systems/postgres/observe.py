"""What one Postgres tells about itself: its role, its place in the WAL, who follows it."""

from dataclasses import dataclass

from caisson.systems.postgres.session import PostgresError, Session


@dataclass(frozen=True, slots=True)
class Follower:
    """A standby as its primary sees it; `lag_s` is None until the primary has measured it."""

    application_name: str
    lag_bytes: int
    lag_s: float
    synchronous: bool


@dataclass(frozen=True, slots=True)
class ServerState:
    """`position` is the WAL position in bytes: written on a primary, replayed on a standby."""

    in_recovery: bool
    position: int
    received: int
    streaming: bool
    followers: tuple[Follower, ...]


_TO_COME = "22023"  # Postgres's own word for a transaction that has not begun

_STATE = """
SELECT pg_is_in_recovery(),
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
            ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn,
       coalesce(pg_last_wal_receive_lsn() - '0/0'::pg_lsn, 0),
       EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')
"""

_FOLLOWERS = """
SELECT application_name,
       coalesce(pg_current_wal_lsn() - flush_lsn, 0),
       coalesce(extract(epoch FROM flush_lag), 0),
       sync_state IN ('sync', 'quorum')
  FROM pg_stat_replication
 WHERE state = 'streaming' AND NOT pg_is_in_recovery()
"""


def server_state(session: Session, timeout_s: float = 0.5) -> ServerState:
    ((recovering, position, received, streaming),) = session.query(_STATE, timeout_s=timeout_s)
    in_recovery = recovering == "t"
    followers = [] if in_recovery else session.query(_FOLLOWERS, timeout_s=timeout_s)
    return ServerState(
        in_recovery,
        int(position or 0),
        int(received or 0),
        streaming == "t",
        tuple(
            Follower(name or "", max(0, int(lag or 0)), float(seconds or 0), synchronous == "t")
            for name, lag, seconds, synchronous in followers
        ),
    )


def transaction_status(session: Session, transaction: int) -> str | None:
    """`committed`, `aborted`, `in progress`, `to come`; None for one that is long forgotten."""
    try:
        return session.query("SELECT pg_xact_status($1::text::xid8)", (transaction,))[0][0]
    except PostgresError as error:
        if error.sqlstate != _TO_COME:
            raise
        return "to come"
