"""Performs what plans say about Redis members.

Redis has no lease: a primary that does not answer cannot be fenced. Services are told where
the new one is, and what is written to the old one after that is discarded when it rejoins.
"""

import signal

from caisson.execute.errors import StepError
from caisson.execute.world import World, wait_for
from caisson.systems.redis import files
from caisson.systems.redis.session import RedisError, ServerState, Session
from caisson.targets.local.layout import write_private
from caisson.targets.local.wire import ProcessSpec
from caisson.topology.model import Address, ReplicaSet

_START_S = 20.0
_LINK_S = 20.0
_PAUSE_MS = 10_000


class RedisMembers:
    """Redis servers of one world; every method may be repeated."""

    def __init__(self, world: World) -> None:
        self._world = world

    def session(self, member: str, timeout_s: float = 0.5) -> Session:
        replica_set = self._world.index.replica_set_of[member]
        return self.session_at(replica_set.id, self._world.component(member).address, timeout_s)

    def session_at(self, replica_set: str, address: Address, timeout_s: float) -> Session:
        """The same with any server that has a replica set's data, such as a restored copy."""
        return Session(address, self._world.secrets.of(f"{replica_set}/owner"), timeout_s)

    def state(self, member: str, timeout_s: float = 0.5) -> ServerState | None:
        """What the server says of itself, None when it does not answer."""
        try:
            with self.session(member, timeout_s) as session:
                return session.state()
        except RedisError:
            return None

    def start(self, member: str, upstream: str | None) -> str:
        """Start with `upstream` written down as the one to follow (None: as a primary)."""
        self._configure(member, upstream)
        return self.start_as_it_lies(member)

    def start_as_it_lies(self, member: str) -> str:
        return self._world.start_until(self._spec(member), lambda: self.state(member), _START_S)

    def fence(self, member: str) -> str:
        try:
            with self.session(member) as session:
                session.refuse_writes()
                return "refuses writes"
        except RedisError:
            return "does not answer; Redis has no lease, services are sent elsewhere"

    def quiesce(self, member: str) -> str:
        with self.session(member) as session:
            session.pause_writes(_PAUSE_MS)
        return "writes wait"

    def promote(self, member: str) -> str:
        with self.session(member) as session:
            session.promote()
        self._configure(member, None)
        return "promoted"

    def grant(self, member: str) -> str:
        with self.session(member) as session:
            session.allow_writes()
        return "accepts writes"

    def rejoin(self, member: str, upstream: str) -> str:
        address = self._world.component(upstream).address
        if self.state(member) is None:
            self.start(member, upstream)
        else:
            self._configure(member, upstream)
        with self.session(member) as session:
            session.follow(address)
            session.allow_writes()
        wait_for(f"{member} follows {upstream}", lambda: self._linked(member), _LINK_S)
        return "follows"

    def catch_up(self, member: str, upstream: str, within_bytes: int) -> str:
        mine = self._answer(member)
        if mine.primary:
            return "was promoted already"
        goal = self._answer(upstream).position - within_bytes

        def reached() -> bool | None:
            return True if self._answer(member).position >= goal else None

        wait_for(f"{member} catches up with {upstream}", reached, _LINK_S, 0.02)
        return "caught up"

    def copy_conf(self, replica_set: str, address: Address) -> str:
        """The settings of a restored copy, with the users and passwords of the original."""
        return files.copy_conf(
            address,
            owner_password=self._world.secrets.of(f"{replica_set}/owner"),
            services=self._services(self._world.replica_set(replica_set)),
        )

    def _linked(self, member: str) -> bool | None:
        state = self.state(member)
        return True if state is not None and not state.primary and state.linked else None

    def _answer(self, member: str) -> ServerState:
        state = self.state(member, 2.0)
        if state is None:
            raise StepError(f"{member} does not answer")
        return state

    def _configure(self, member: str, upstream: str | None) -> None:
        component = self._world.component(member)
        replica_set = self._world.index.replica_set_of[member]
        self._world.layout.data(member).mkdir(parents=True, exist_ok=True)
        secrets = self._world.secrets
        text = files.redis_conf(
            component.address,
            owner_password=secrets.of(f"{replica_set.id}/owner"),
            replication_password=secrets.of(f"{replica_set.id}/replication"),
            services=self._services(replica_set),
            upstream=None if upstream is None else self._world.component(upstream).address,
        )
        write_private(self._world.layout.conf(member) / "redis.conf", text)

    def _services(self, replica_set: ReplicaSet) -> dict[str, tuple[str, str]]:
        return {
            c.service: (c.access, self._world.secrets.of(c.id))
            for c in self._world.topology.credentials
            if (c.environment, c.jurisdiction, c.store)
            == (replica_set.environment, replica_set.jurisdiction, replica_set.store)
        }

    def _spec(self, member: str) -> ProcessSpec:
        conf = self._world.layout.conf(member) / "redis.conf"
        return ProcessSpec(
            id=member,
            site=self._world.component(member).region,
            argv=files.server(self._world.program("redis-server"), str(conf)),
            env=self._world.environment("redis-server"),
            cwd=self._world.layout.data(member),
            log=self._world.layout.log(member),
            stop_signal=signal.SIGTERM,
            restart=True,
        )
