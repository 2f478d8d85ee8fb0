"""The tables of the state, and how an older state becomes a newer one.

A version is a tuple of statements that both databases understand. Versions are only ever
added: what was released is never edited. Times are seconds since the epoch, JSON is text.
"""

from caisson.state.database import Database, Session
from caisson.state.errors import StateMissing, StateNewer

_VERSION_1 = (
    """CREATE TABLE operations (
        number BIGINT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        verb TEXT NOT NULL,
        subject TEXT NOT NULL,
        plan TEXT NOT NULL,
        generation BIGINT,
        state TEXT NOT NULL,
        started_at DOUBLE PRECISION NOT NULL,
        ended_at DOUBLE PRECISION,
        measurements TEXT NOT NULL)""",
    """CREATE TABLE steps (
        operation TEXT NOT NULL REFERENCES operations (id),
        position BIGINT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts BIGINT NOT NULL,
        started_at DOUBLE PRECISION,
        ended_at DOUBLE PRECISION,
        detail TEXT NOT NULL,
        PRIMARY KEY (operation, position))""",
    """CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL)""",
    """CREATE TABLE generations (
        replica_set TEXT PRIMARY KEY,
        generation BIGINT NOT NULL,
        holder TEXT NOT NULL,
        primary_member TEXT)""",
    """CREATE TABLE attached (
        replica_set TEXT NOT NULL,
        member TEXT NOT NULL,
        PRIMARY KEY (replica_set, member))""",
    """CREATE TABLE accepted_losses (
        replica_set TEXT NOT NULL,
        generation BIGINT NOT NULL,
        at DOUBLE PRECISION NOT NULL,
        loss TEXT NOT NULL,
        PRIMARY KEY (replica_set, generation))""",
    """CREATE TABLE routes (
        environment TEXT NOT NULL,
        jurisdiction TEXT NOT NULL,
        region TEXT NOT NULL,
        PRIMARY KEY (environment, jurisdiction))""",
    """CREATE TABLE homes (
        environment TEXT NOT NULL,
        tenant TEXT NOT NULL,
        jurisdiction TEXT NOT NULL,
        shard BIGINT NOT NULL,
        PRIMARY KEY (environment, tenant))""",
    """CREATE TABLE ledger (
        seq BIGINT PRIMARY KEY,
        at DOUBLE PRECISION NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        previous_hash TEXT NOT NULL,
        hash TEXT NOT NULL)""",
)
VERSIONS = (_VERSION_1,)

_CREATE_VERSION = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"
_READ_VERSION = "SELECT version FROM schema_version"
_FIRST_VERSION = "INSERT INTO schema_version (version) VALUES (0)"
_SET_VERSION = "UPDATE schema_version SET version = ?"


def bring_up_to_date(database: Database) -> None:
    """Make the tables, or add what this version has more; refuse a newer state."""
    with database.writing() as session:
        session.run(_CREATE_VERSION)
        found = _version(session)
        if found is None:
            session.run(_FIRST_VERSION)
        _refuse_newer(database, found or 0)
        for version in VERSIONS[found or 0 :]:
            for statement in version:
                session.run(statement)
        session.run(_SET_VERSION, len(VERSIONS))


def expect_up_to_date(database: Database) -> None:
    """For a read-only opening: the state must be there, and of this version."""
    with database.reading() as session:
        found = _version(session)
    _refuse_newer(database, found or 0)
    if (found or 0) < len(VERSIONS):
        raise StateMissing(f"{database.where} was never opened by this version: run `caisson up`")


def _version(session: Session) -> int | None:
    rows = session.rows(_READ_VERSION)
    return int(rows[0][0]) if rows else None


def _refuse_newer(database: Database, found: int) -> None:
    if found > len(VERSIONS):
        raise StateNewer(database.where, found, len(VERSIONS))
