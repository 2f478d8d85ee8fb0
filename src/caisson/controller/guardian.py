"""Acts on what is observed, by the rules of `policy`: a loop that looks, decides and orders."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import assert_never

from caisson.controller import policy
from caisson.controller.backups import Backups
from caisson.controller.drills import Drills
from caisson.controller.events import Events
from caisson.controller.observer import Observer
from caisson.controller.operations import Operations, Refused
from caisson.execute.leases import Leases
from caisson.execute.performer import Performer
from caisson.execute.world import World
from caisson.plan.model import Grant
from caisson.systems.postgres.session import PostgresError

_LOG = logging.getLogger(__name__)
_EVERY_S = 0.1
_SAME_AGAIN_S = 3.0  # the same reaction is not tried more often
_CONFIRM_S = 0.3
_NOTICE_S = 0.7  # silence that is worth an event


class Guardian:
    def __init__(
        self,
        *,
        world: World,
        performer: Performer,
        leases: Leases,
        observer: Observer,
        operations: Operations,
        drills: Drills,
        backups: Backups,
        events: Events,
    ) -> None:
        self._world = world
        self._performer = performer
        self._leases = leases
        self._observer = observer
        self._operations = operations
        self._drills = drills
        self._backups = backups
        self._events = events
        self._tried_at: dict[policy.Reaction, float] = {}
        self._astray_since: dict[str, float] = {}
        self._silent: set[str] = set()
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(8, "reaction")
        self._thread = threading.Thread(target=self._watch, name="guardian", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """May be called before `start`."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _watch(self) -> None:
        """Whatever goes wrong in one round is told, and the next round comes all the same."""
        while not self._stopped.wait(_EVERY_S):
            try:
                self._look_and_order()
            except Exception as error:  # noqa: BLE001 - a guardian that died would be worse
                _LOG.exception("the guardian failed in one round")
                self._events.add("error", f"the guardian: {type(error).__name__}: {error}")

    def _look_and_order(self) -> None:
        now = time.monotonic()
        outlook = self._outlook(now)
        for reaction in policy.decide(outlook, self._operations.busy()):
            if now - self._tried_at.get(reaction, -_SAME_AGAIN_S) >= _SAME_AGAIN_S:
                self._tried_at[reaction] = now
                self._pool.submit(self._react, reaction)
        self._drills.look_after(self._pool.submit)
        if not self._drills.under_way():  # a drill measures the estate, not its backups
            self._backups.look_after(self._pool.submit)

    def _outlook(self, now: float) -> policy.Outlook:
        states = self._observer.states()
        components = [c.id for c in self._world.topology.components]
        silent_s = {c: self._observer.silent_s(c, now) for c in components}
        self._tell_silence(silent_s)
        return policy.Outlook(
            states,
            silent_s,
            {
                member.component: self._astray_s(member.component, state.primary, now)
                for state in states
                for member in state.members
            },
            frozenset(s.replica_set for s in states if self._lease_lost(s.replica_set)),
            frozenset(s.id for s in self._world.topology.replica_sets if s.replication == "sync"),
        )

    def _astray_s(self, member: str, primary: str, now: float) -> float:
        seen = self._observer.sight(member)
        if member == primary or not seen.answers or (seen.streaming and not seen.primary):
            self._astray_since.pop(member, None)
            return 0.0
        return now - self._astray_since.setdefault(member, now)

    def _lease_lost(self, replica_set: str) -> bool:
        """The server says so, or nobody keeps the lease since an operation failed."""
        if self._world.replica_set(replica_set).system != "postgres":
            return False
        facts = self._world.directory.facts_of(replica_set)
        if facts is None or facts.holder != facts.primary:
            return False
        lease = self._leases.state(replica_set)
        return lease is None or lease.lost or lease.generation != facts.generation

    def _tell_silence(self, silent_s: dict[str, float]) -> None:
        """An event for each component, or one for a site of which nothing answers."""
        now_silent = _silent(silent_s)
        for subject in sorted(now_silent - self._silent):
            if _site(subject) not in self._silent:  # else that was told for the whole site
                self._events.add("warning", f"{subject} does not answer")
        for subject in sorted(self._silent - now_silent):
            self._events.add("info", f"{subject} answers again")
        self._silent = now_silent

    def _react(self, reaction: policy.Reaction) -> None:
        try:
            self._do(reaction)
        except Refused as refusal:
            self._events.add("error", f"not done: {refusal}")
        except PostgresError as error:
            self._events.add("warning", f"{reaction}: {error}")
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            _LOG.exception("%s", reaction)
            self._events.add("error", f"{reaction}: {type(error).__name__}: {error}")

    def _do(self, reaction: policy.Reaction) -> None:
        match reaction:
            case policy.Failover(environment, region, why):
                self._fail_over(environment, region, why)
            case policy.Settle(replica_set):
                self._operations.settle(replica_set)
            case policy.Detach(replica_set, member):
                self._operations.detach(replica_set, member)
            case policy.Rejoin(environment, replica_sets):
                self._operations.rejoin(environment, replica_sets)
            case policy.Regrant(replica_set, member, generation):
                self._grant_again(Grant(replica_set, member, generation))
            case _:
                assert_never(reaction)

    def _fail_over(self, environment: str, region: str, why: str) -> None:
        if self._anything_answers(environment, region):
            return
        self._events.add("error", f"{why}: failing over")
        self._operations.failover(environment, region)

    def _grant_again(self, grant: Grant) -> None:
        """Never while an operation takes the right to write away, nor after it has."""
        environment = grant.replica_set.split("/", 1)[0]
        with self._operations.alone(environment, "renewed grant"):
            facts = self._world.directory.facts_of(grant.replica_set)
            if facts is None or facts.generation != grant.generation:
                return
            self._performer.perform(grant)
        self._events.add("warning", f"{grant.replica_set}: the lease had ended, granted again")

    def _anything_answers(self, environment: str, region: str) -> bool:
        """One more look at the primaries with fresh connections, before the point of no return."""
        primaries = [
            state.primary
            for state in self._observer.states()
            if state.primary.startswith(f"{environment}/{region}/")
            and self._world.replica_set(state.replica_set).system == "postgres"
        ]
        return any(self._performer.postgres.state(p, _CONFIRM_S) is not None for p in primaries)


def _silent(silent_s: dict[str, float]) -> set[str]:
    """Components that are silent, and in place of all components of a site, the site."""
    sites: dict[str, list[float]] = {}
    for component, seconds in silent_s.items():
        sites.setdefault(_site(component), []).append(seconds)
    whole = {site for site, seconds in sites.items() if min(seconds) >= _NOTICE_S / 2}
    single = {c for c, seconds in silent_s.items() if seconds >= _NOTICE_S}
    return {site for site in whole if max(sites[site]) >= _NOTICE_S} | {
        component for component in single if _site(component) not in whole
    }


def _site(component: str) -> str:
    return component.rsplit("/", 1)[0]
