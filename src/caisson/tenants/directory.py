"""The directory: who is primary by which generation, where requests go, where tenants live.

It is the one place that decides between two who claim the same right: a generation is given
once, to one member, and only upwards. Everything here is durable when a method returns.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from caisson.state.database import Database, Session
from caisson.state.errors import StateError
from caisson.tenants.setbacks import Setbacks
from caisson.tenants.turns import Turns
from caisson.topology.model import Tenant


class StaleGeneration(StateError):  # noqa: N818 - reads as a state, not as a mistake
    """The generation is not the newest, or belongs to another member: the order is refused."""


@dataclass(frozen=True, slots=True)
class AcceptedLoss:
    """Somebody accepted that `generation` began without data that its predecessor had."""

    generation: int
    at: float  # seconds since the epoch
    loss: str


@dataclass(frozen=True, slots=True)
class ReplicaSetFacts:
    """What is decided about a replica set.

    `holder` is the member that the generation was given to; `primary` is the member that
    services are sent to. They differ while a failover is under way.
    """

    replica_set: str
    generation: int
    holder: str
    primary: str | None
    attached: tuple[str, ...] = ()
    accepted_losses: tuple[AcceptedLoss, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The requests of a jurisdiction's tenants go to `region`."""

    environment: str
    jurisdiction: str
    region: str


@dataclass(frozen=True, slots=True)
class Home:
    """Where a tenant's data was put first; `shard` counts from 0."""

    environment: str
    tenant: str
    jurisdiction: str
    shard: int


@dataclass(frozen=True, slots=True)
class HomeConflict:
    """The estate now says another home than the one that holds the tenant's data."""

    recorded: Home
    declared: Home


_GENERATION = "SELECT generation, holder FROM generations WHERE replica_set = ?"
_CLAIM = """INSERT INTO generations (replica_set, generation, holder) VALUES (?, ?, ?)
    ON CONFLICT (replica_set)
    DO UPDATE SET generation = excluded.generation, holder = excluded.holder"""
_SET_PRIMARY = "UPDATE generations SET primary_member = ? WHERE replica_set = ?"
_ALL = """SELECT replica_set, generation, holder, primary_member FROM generations
    ORDER BY replica_set"""
_ATTACH = """INSERT INTO attached (replica_set, member) VALUES (?, ?)
    ON CONFLICT (replica_set, member) DO NOTHING"""
_DETACH = "DELETE FROM attached WHERE replica_set = ? AND member = ?"
_ATTACHED = "SELECT replica_set, member FROM attached ORDER BY replica_set, member"
_ACCEPT = """INSERT INTO accepted_losses (replica_set, generation, at, loss)
    VALUES (?, ?, ?, ?) ON CONFLICT (replica_set, generation) DO NOTHING"""
_LOSSES = """SELECT replica_set, generation, at, loss FROM accepted_losses
    ORDER BY replica_set, generation"""
_ROUTE = """INSERT INTO routes (environment, jurisdiction, region) VALUES (?, ?, ?)
    ON CONFLICT (environment, jurisdiction) DO UPDATE SET region = excluded.region"""
_ROUTES = """SELECT environment, jurisdiction, region FROM routes
    ORDER BY environment, jurisdiction"""
_RECORD_HOME = """INSERT INTO homes (environment, tenant, jurisdiction, shard)
    VALUES (?, ?, ?, ?) ON CONFLICT (environment, tenant) DO NOTHING"""
_HOMES = """SELECT environment, tenant, jurisdiction, shard FROM homes
    ORDER BY environment, tenant"""


class Directory:
    """`clock` gives seconds since the epoch."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self.turns = Turns(database)
        self.setbacks = Setbacks(database, self.turns, clock)

    def facts(self) -> dict[str, ReplicaSetFacts]:
        """Return what is decided, by replica set; those never claimed are not in it."""
        with self._database.reading() as session:
            return _facts(session)

    def facts_of(self, replica_set: str) -> ReplicaSetFacts | None:
        """Return what is decided about one replica set, None before its first claim."""
        return self.facts().get(replica_set)

    def primary_of(self, replica_set: str) -> str | None:
        """Return the member that services are sent to, None before there is one."""
        facts = self.facts_of(replica_set)
        return facts.primary if facts else None

    def generation_of(self, replica_set: str) -> int:
        """Return the newest generation, 0 before the first claim."""
        facts = self.facts_of(replica_set)
        return facts.generation if facts else 0

    def claim(self, replica_set: str, member: str, generation: int) -> None:
        """Give a generation to a member; it must be greater than every earlier one.

        The same claim again changes nothing, so that a resumed operation can repeat it.
        Raises `StaleGeneration`.
        """
        with self._database.writing() as session:
            current, holder = _current(session, replica_set)
            if (current, holder) == (generation, member):
                return
            if generation <= current:
                raise StaleGeneration(
                    f"generation {generation} of {replica_set} is refused to {member}: "
                    f"{holder or 'nobody'} holds {current}"
                )
            session.run(_CLAIM, replica_set, generation, member)

    def set_primary(self, replica_set: str, member: str, generation: int) -> None:
        """Send services to the holder of the newest generation; it is no standby from here on.

        Raises `StaleGeneration` when the generation is not the newest or not that member's.
        """
        with self._database.writing() as session:
            current, holder = _current(session, replica_set)
            if (current, holder) != (generation, member):
                raise StaleGeneration(
                    f"{member} is not made primary of {replica_set} by generation {generation}: "
                    f"{holder or 'nobody'} holds {current}"
                )
            session.run(_SET_PRIMARY, member, replica_set)
            session.run(_DETACH, replica_set, member)

    def attach(self, replica_set: str, member: str) -> None:
        """Count a standby as in step with its primary: it may be promoted without loss."""
        with self._database.writing() as session:
            session.run(_ATTACH, replica_set, member)

    def detach(self, replica_set: str, member: str) -> None:
        """No longer count a standby as in step."""
        with self._database.writing() as session:
            session.run(_DETACH, replica_set, member)

    def accept_loss(self, replica_set: str, generation: int, loss: str) -> None:
        """Record that somebody accepted a loss for the sake of this generation."""
        with self._database.writing() as session:
            session.run(_ACCEPT, replica_set, generation, self._clock(), loss)

    def route(self, environment: str, jurisdiction: str, region: str) -> None:
        """Record where a jurisdiction's requests go."""
        with self._database.writing() as session:
            session.run(_ROUTE, environment, jurisdiction, region)

    def routes(self) -> tuple[Route, ...]:
        """Return all recorded routes."""
        with self._database.reading() as session:
            return tuple(Route(*row) for row in session.rows(_ROUTES))

    def routed_region(self, environment: str, jurisdiction: str) -> str | None:
        """Return where a jurisdiction's requests go, None before it was recorded."""
        for route in self.routes():
            if (route.environment, route.jurisdiction) == (environment, jurisdiction):
                return route.region
        return None

    def conflicts(self, tenants: Iterable[Tenant]) -> tuple[HomeConflict, ...]:
        """Return the tenants whose recorded home differs; those never seen do not."""
        with self._database.reading() as session:
            recorded = _homes(session)
        pairs = ((recorded.get((t.environment, t.name)), _declared(t)) for t in tenants)
        return tuple(HomeConflict(was, home) for was, home in pairs if was and was != home)

    def settle(self, tenants: Iterable[Tenant]) -> tuple[HomeConflict, ...]:
        """Record the homes of tenants seen for the first time; return those that differ.

        A recorded home is never changed here: the data lies there, whatever the estate says.
        """
        declared = [_declared(tenant) for tenant in tenants]
        with self._database.writing() as session:
            for home in declared:
                session.run(
                    _RECORD_HOME, home.environment, home.tenant, home.jurisdiction, home.shard
                )
            recorded = _homes(session)
        pairs = ((recorded[home.environment, home.tenant], home) for home in declared)
        return tuple(HomeConflict(was, home) for was, home in pairs if was != home)

    def homes(self) -> tuple[Home, ...]:
        """Return all recorded homes, by environment and tenant."""
        with self._database.reading() as session:
            return tuple(_homes(session).values())

    def home_of(self, environment: str, tenant: str) -> Home | None:
        """Return a tenant's recorded home, None when it was never seen."""
        with self._database.reading() as session:
            return _homes(session).get((environment, tenant))


def _current(session: Session, replica_set: str) -> tuple[int, str | None]:
    rows = session.rows(_GENERATION, replica_set)
    return (int(rows[0][0]), rows[0][1]) if rows else (0, None)


def _facts(session: Session) -> dict[str, ReplicaSetFacts]:
    attached = session.rows(_ATTACHED)
    losses = session.rows(_LOSSES)
    return {
        replica_set: ReplicaSetFacts(
            replica_set,
            generation,
            holder,
            primary,
            tuple(member for of, member in attached if of == replica_set),
            tuple(AcceptedLoss(*loss) for of, *loss in losses if of == replica_set),
        )
        for replica_set, generation, holder, primary in session.rows(_ALL)
    }


def _declared(tenant: Tenant) -> Home:
    return Home(tenant.environment, tenant.name, tenant.jurisdiction, tenant.shard)


def _homes(session: Session) -> dict[tuple[str, str], Home]:
    return {(row[0], row[1]): Home(*row) for row in session.rows(_HOMES)}
