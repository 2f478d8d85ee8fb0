"""Looks at every component again and again, from outside, and remembers what it saw.

Nothing here knows of faults: a region that is lost shows as components that do not answer.
"""

import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from typing import Generic, Protocol, TypeVar

from caisson.execute.performer import Performer
from caisson.execute.world import World
from caisson.plan.model import MemberState, ReplicaSetState
from caisson.systems.postgres.observe import Follower, server_state
from caisson.systems.postgres.session import PostgresError, Session
from caisson.systems.redis.session import RedisError
from caisson.systems.redis.session import Session as RedisSession
from caisson.topology.model import Component, Kind, ReplicaSet

S = TypeVar("S", bound="_Closes")

_LOG = logging.getLogger(__name__)
EVERY_S = 0.3
_ANSWER_S = 0.5
_HISTORY = 2000  # positions of a primary: ten minutes at EVERY_S


@dataclass(frozen=True, slots=True)
class Sight:
    """The last look at one component; `answered_at` is monotonic and 0.0 before the first answer.

    For members of replica sets: `primary` as the server says of itself, `position` in bytes,
    `received` likewise (a standby may have received more than it has replayed), `upstream`
    the host it follows, `followers` as a Postgres primary sees them.
    """

    answered_at: float = 0.0
    answers: bool = False
    primary: bool | None = None
    position: int = 0
    received: int = 0
    streaming: bool = False
    followers: tuple[Follower, ...] = ()


@dataclass(slots=True)
class _Positions:
    """When a primary was first seen at which position, to tell how old a lag is."""

    seen: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, at: float, position: int) -> None:
        with self.lock:
            if self.seen and position < self.seen[-1][1]:  # another server's history
                self.seen.clear()
            if not self.seen or position > self.seen[-1][1]:
                self.seen.append((at, position))

    def age_of_first_beyond(self, position: int, now: float) -> float:
        """Seconds since the primary first had more than `position`; 0.0 when it has not."""
        with self.lock:
            return next((now - at for at, reached in self.seen if reached > position), 0.0)


class Observer:
    """Threads that look; `sight` and `states` tell. Thread-safe."""

    def __init__(self, world: World, performer: Performer) -> None:
        self._world = world
        self._performer = performer
        self._lock = threading.Lock()
        self._sights: dict[str, Sight] = {}
        self._positions: dict[str, _Positions] = {
            s.id: _Positions() for s in world.topology.replica_sets
        }
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(c,), name=f"observe {c.id}", daemon=True)
            for c in world.topology.components
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """May be called before `start`."""
        self._stopped.set()
        for thread in (t for t in self._threads if t.is_alive()):
            thread.join(2 * _ANSWER_S + EVERY_S)

    def sight(self, component: str) -> Sight:
        with self._lock:
            return self._sights.get(component, Sight())

    def silent_s(self, component: str, now: float) -> float:
        """Seconds since the last answer; 0.0 for what has never answered yet."""
        seen = self.sight(component)
        return now - seen.answered_at if seen.answered_at and not seen.answers else 0.0

    def states(self) -> tuple[ReplicaSetState, ...]:
        """Every replica set that has a primary, as last seen."""
        facts = self._world.directory.facts()
        return tuple(
            ReplicaSetState(
                s.id,
                facts[s.id].primary or s.primary,
                facts[s.id].generation,
                tuple(
                    self._member(s, m, facts[s.id].primary or s.primary, m in facts[s.id].attached)
                    for m in s.members
                ),
                facts[s.id].holder,
            )
            for s in self._world.topology.replica_sets
            if s.id in facts
        )

    def lag(self, replica_set: ReplicaSet, member: str, primary: str) -> tuple[int, float]:
        """How far a member is behind its primary as last seen: bytes, and their age in seconds."""
        mine, ours = self.sight(member), self.sight(primary)
        position = max(mine.position, mine.received)
        seen_until = ours.answered_at
        age = self._positions[replica_set.id].age_of_first_beyond(position, seen_until)
        return max(0, ours.position - position), age

    def _member(
        self, replica_set: ReplicaSet, member: str, primary: str, attached: bool
    ) -> MemberState:
        seen = self.sight(member)
        lag_bytes, lag_s = self.lag(replica_set, member, primary)
        return MemberState(
            member,
            seen.answers,
            self._role(member, primary, seen),
            lag_bytes if seen.answered_at else None,
            lag_s if seen.answered_at else None,
            attached,
        )

    @staticmethod
    def _role(member: str, primary: str, seen: Sight) -> str:
        if seen.primary is None:
            return "unknown"
        if member == primary:
            return "primary"
        return "superseded" if seen.primary else "standby"

    def _watch(self, component: Component) -> None:
        look = self._look_for(component)
        while not self._stopped.wait(EVERY_S):
            seen = _safely(look, component.id)
            with self._lock:
                before = self._sights.get(component.id, Sight())
                self._sights[component.id] = seen or replace(before, answers=False)
            if seen is not None and seen.primary:
                self._remember(component.id, seen)

    def _remember(self, member: str, seen: Sight) -> None:
        replica_set = self._world.index.replica_set_of[member]
        if self._world.directory.primary_of(replica_set.id) == member:
            self._positions[replica_set.id].add(seen.answered_at, seen.position)

    def _look_for(self, component: Component) -> Callable[[], Sight | None]:
        match component.system:
            case "postgres":
                postgres, member = self._performer.postgres, component.id
                return _SessionLook(
                    lambda: postgres.session(member, "postgres", _ANSWER_S), _see_postgres
                )
            case "redis":
                redis, member = self._performer.redis, component.id
                return _SessionLook(lambda: redis.session(member, _ANSWER_S), _see_redis)
            case "memcached":
                return _MemcachedLook(component)
            case _ if component.kind is Kind.SERVICE:
                health = self._world.estate.services[component.name].health
                return _HttpLook(component, health, well=200)
            case _:
                return _HttpLook(component, "/")


def _safely(look: Callable[[], Sight | None], component: str) -> Sight | None:
    """A look that fails in a way nobody foresaw has not seen an answer."""
    try:
        return look()
    except Exception:  # noqa: BLE001 - logged; silence is what policy acts on
        _LOG.exception("looking at %s", component)
        return None


class _Closes(Protocol):
    def close(self) -> None: ...


class _SessionLook(Generic[S]):
    """Looks through a session that is kept open, and opened anew after it failed."""

    def __init__(self, open_session: Callable[[], S], see: Callable[[S], Sight]) -> None:
        self._open, self._see = open_session, see
        self._session: S | None = None

    def __call__(self) -> Sight | None:
        try:
            self._session = self._session or self._open()
            return self._see(self._session)
        except (PostgresError, RedisError):
            if self._session is not None:
                self._session.close()
            self._session = None
            return None


def _see_postgres(session: Session) -> Sight:
    state = server_state(session, _ANSWER_S)
    return Sight(
        time.monotonic(),
        answers=True,
        primary=not state.in_recovery,
        position=state.position,
        received=state.received,
        streaming=state.streaming,
        followers=state.followers,
    )


def _see_redis(session: RedisSession) -> Sight:
    state = session.state()
    return Sight(
        time.monotonic(),
        answers=True,
        primary=state.primary,
        position=state.position,
        received=state.position,
        streaming=state.linked,
    )


class _HttpLook:
    """Whether something answers over HTTP; `well` names the only status that counts, if any.

    To connect proves nothing: the kernel accepts connections for a frozen process too.
    """

    def __init__(self, component: Component, path: str, well: int | None = None) -> None:
        self._address, self._path, self._well = component.address, path, well

    def __call__(self) -> Sight | None:
        connection = HTTPConnection(self._address.host, self._address.port, timeout=_ANSWER_S)
        try:
            connection.request("GET", self._path)
            status = connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
        return Sight(time.monotonic(), answers=True) if self._well in (None, status) else None


class _MemcachedLook:
    """Whether a cache answers anything, be it that nobody has authenticated."""

    def __init__(self, component: Component) -> None:
        self._address = component.address

    def __call__(self) -> Sight | None:
        address = (self._address.host, self._address.port)
        try:
            with socket.create_connection(address, _ANSWER_S) as connection:
                connection.sendall(b"version\r\n")
                if not connection.recv(64):
                    return None
        except OSError:
            return None
        return Sight(time.monotonic(), answers=True)
