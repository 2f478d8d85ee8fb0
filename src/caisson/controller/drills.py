"""Drills as the controller sees them: faults held by a lease, and what must be put back.

The drill itself runs elsewhere and measures from outside; here a fault is only caused,
renewed and undone. A drill that stops renewing (because it was killed) is ended here: the
fault is undone, and the regions that it touched get their primaries back. The intention is
durable, so that the next controller does it when this one dies too.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from caisson.controller.events import Events
from caisson.controller.observer import Observer
from caisson.controller.operations import Operations, Refused
from caisson.execute.world import World
from caisson.plan.names import region_of
from caisson.state.settings import Settings
from caisson.targets.local.supervision import SupervisorError

LEASE_S = 5.0
_PREFIX = "drills/"
_RETURN_S = 90.0


@dataclass(frozen=True, slots=True)
class Drill:
    """`fault` is lose-region, freeze-region, kill or one of restores; `state` is running, done
    or abandoned.

    `fault_id` is the supervisor's, None for a kill. `result` is the report once it is done.
    """

    id: str
    fault: str
    subject: str
    at: float
    state: str
    fault_id: str | None = None
    result: dict[str, Any] | None = None


class Drills:
    def __init__(
        self,
        world: World,
        settings: Settings,
        observer: Observer,
        operations: Operations,
        events: Events,
    ) -> None:
        self._world = world
        self._settings = settings
        self._observer = observer
        self._operations = operations
        self._events = events
        self._lock = threading.Lock()
        self._known = {
            name.removeprefix(_PREFIX): Drill(**kept)
            for name, kept in settings.under(_PREFIX).items()
        }
        self.clear: Callable[[Drill], None] = _nothing
        self._renewed_at: dict[str, float] = {}
        self._restoring: set[str] = set()

    def begin(self, fault: str, subject: str, *, held: bool = False) -> Drill:
        """Record the intention; the fault comes with `strike`. One drill at a time.

        One that is `held` lives as long as this controller, or until it is let go.
        """
        if running := self._running():
            raise Refused(f"{running[0].id} is under way")
        drill = Drill(f"drill-{len(self.all()) + 1:04d}", fault, subject, time.time(), "running")
        self._renewed_at[drill.id] = math.inf if held else time.monotonic()
        self._keep(drill)
        return drill

    def let_go(self, drill_id: str) -> None:
        """A drill that was held and has not ended by now is restored like any that went silent."""
        self._renewed_at.pop(drill_id, None)

    def strike(self, drill_id: str) -> float:
        """Cause the fault; returns the time just before it, in seconds since the epoch."""
        drill = self.one(drill_id)
        supervisor = self._world.supervisor
        at = time.time()
        match drill.fault:
            case "lose-region":
                fault_id = supervisor.lose_site(drill.subject, LEASE_S)
                self._hold(drill, fault_id)
            case "freeze-region":
                fault_id = supervisor.freeze_site(drill.subject, LEASE_S)
                self._hold(drill, fault_id)
            case "kill":
                supervisor.kill(drill.subject)
            case other:
                raise Refused(f"there is no fault {other}")
        return at

    def _hold(self, drill: Drill, fault_id: str) -> None:
        """A region is away with the repositories in it."""
        self._keep(replace(drill, fault_id=fault_id))
        self._world.layout.shut_repositories(drill.subject)

    def renew(self, drill_id: str) -> None:
        """The drill lives: hold its fault for another term."""
        drill = self.one(drill_id)
        if drill.state != "running":
            raise Refused(f"{drill_id} is {drill.state}")
        self._renewed_at[drill_id] = time.monotonic()
        if drill.fault_id is not None:
            self._world.supervisor.renew(drill.fault_id, LEASE_S)

    def undo(self, drill_id: str) -> None:
        """Undo the fault; the drill goes on, to see everything return."""
        drill = self.one(drill_id)
        if drill.fault_id is not None:
            self._world.supervisor.undo(drill.fault_id)
            self._world.layout.open_repositories(drill.subject)
            self._keep(replace(drill, fault_id=None))

    def end(self, drill_id: str, result: dict[str, Any]) -> None:
        self._keep(replace(self.one(drill_id), state="done", result=result))

    def one(self, drill_id: str) -> Drill:
        with self._lock:
            found = self._known.get(drill_id)
        if found is None:
            raise Refused(f"there is no drill {drill_id}")
        return found

    def all(self) -> list[Drill]:
        """Every drill, newest first."""
        with self._lock:
            return sorted(self._known.values(), key=lambda drill: drill.id, reverse=True)

    def look_after(self, submit: Callable[[Callable[[], object]], object]) -> None:
        """End drills whose lease has passed; called again and again by the guardian."""
        for drill in self._running():
            silent_s = time.monotonic() - self._renewed_at.get(drill.id, 0.0)
            if silent_s > LEASE_S and drill.id not in self._restoring:
                self._restoring.add(drill.id)
                submit(partial(self._restore_or_tell, drill))

    def under_way(self) -> bool:
        return bool(self._running())

    def _running(self) -> list[Drill]:
        return [d for d in self.all() if d.state == "running"]

    def _restore_or_tell(self, drill: Drill) -> None:
        try:
            self._restore(drill)
        except Exception as error:  # noqa: BLE001 - it runs alone; nobody else would hear of it
            self._events.add("error", f"{drill.id}: {type(error).__name__}: {error}")
            self._restoring.discard(drill.id)  # tried again in the next round

    def _restore(self, drill: Drill) -> None:
        self._events.add("warning", f"{drill.id} has ended without a word: restoring the estate")
        try:
            if drill.fault_id is not None:
                self._world.layout.open_repositories(drill.subject)
                self._world.supervisor.undo(drill.fault_id)
        except SupervisorError as error:
            self._events.add("info", f"{drill.id}: its fault was undone before ({error})")
        self.clear(drill)
        away = self._bring_home()
        self._keep(replace(drill, state="abandoned", fault_id=None))
        if away:
            places = ", ".join(f"{home} ({environment})" for environment, home in away)
            self._events.add("error", f"{drill.id}: primaries are still away from {places}")
        else:
            self._events.add("info", f"{drill.id}: the estate is as it was")

    def _bring_home(self) -> list[tuple[str, str]]:
        """Fail back every region whose primaries are away, once it answers again.

        Returns what is still away after a minute and a half.
        """
        deadline = time.monotonic() + _RETURN_S
        while (away := self._away()) and time.monotonic() < deadline:
            for environment, home in away:
                try:
                    self._operations.failback(environment, home)
                except Refused as refusal:
                    self._events.add("warning", f"failback to {home} waits: {refusal}")
            time.sleep(1.0)
        return away

    def _away(self) -> list[tuple[str, str]]:
        """Environment and home region of every replica set whose primary is not at home."""
        return sorted(
            {
                (s.environment, region_of(s.primary))
                for s in self._world.topology.replica_sets
                for state in self._observer.states()
                if state.replica_set == s.id and state.primary != s.primary
            }
        )

    def _keep(self, drill: Drill) -> None:
        self._settings.put(f"{_PREFIX}{drill.id}", asdict(drill))
        with self._lock:
            self._known[drill.id] = drill


def _nothing(_: Drill) -> None:
    """Most faults leave nothing of their own behind."""
