"""The verbs: plan on what is observed now, then perform, one operation per environment."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from caisson.controller.events import Events
from caisson.controller.observer import Observer
from caisson.estate.model import LoseRegion
from caisson.execute.executor import Executor
from caisson.execute.world import World
from caisson.plan.failback import plan_failback
from caisson.plan.failover import plan_failover
from caisson.plan.model import ClaimGeneration, Plan, Refusal, ReplicaSetState
from caisson.plan.rejoin import plan_detach, plan_rejoin
from caisson.plan.settle import plan_settle
from caisson.state.journal import Operation, OperationState

_BESIDE_S = 15.0


class Refused(Exception):  # noqa: N818 - a refusal is an answer
    """The verb would not be safe now, for these reasons."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class Operations:
    """Called from the console's threads and from the guardian. Thread-safe."""

    def __init__(
        self,
        world: World,
        observer: Observer,
        executor: Executor,
        events: Events,
        record: Callable[[Operation], None],
    ) -> None:
        """`record` is called with every operation that has ended."""
        self._record = record
        self._world = world
        self._observer = observer
        self._executor = executor
        self._events = events
        self._lock = threading.Lock()
        self._busy: dict[str, str] = {}  # environment, or a repository → verb

    def busy(self) -> frozenset[str]:
        """The environments that have an operation under way."""
        with self._lock:
            return frozenset(self._busy)

    def failover_plan(self, environment: str, region: str, *, accept_loss: bool) -> Plan:
        """What a failover would do now, or Refused."""
        states = self._states(environment)
        plan = plan_failover(
            self._world.topology,
            environment,
            region,
            states,
            rpo_s=self._promised_rpo_s(),
            accept_loss=accept_loss,
        )
        return or_refuse(plan)

    def failback_plan(self, environment: str, region: str) -> Plan:
        """What a failback would do now, or Refused."""
        states = self._states(environment)
        return or_refuse(plan_failback(self._world.topology, environment, region, states))

    def failover(self, environment: str, region: str, *, accept_loss: bool = False) -> Operation:
        with self.alone(environment, "failover"):
            plan = self.failover_plan(environment, region, accept_loss=accept_loss)
            if plan.accepted_loss:
                self._record_loss(plan)
            return self._run(plan)

    def failback(self, environment: str, region: str, wait_s: float = 30.0) -> Operation:
        with self.alone(environment, "failback", wait_s):
            return self._run(self.failback_plan(environment, region))

    def rejoin(self, environment: str, replica_sets: tuple[str, ...]) -> Operation | None:
        with self.alone(environment, "rejoin"):
            states = [s for s in self._states(environment) if s.replica_set in replica_sets]
            plan = plan_rejoin(self._world.topology, states, environment)
            return self._run(plan) if plan else None

    def settle(self, replica_set: str) -> Operation | None:
        environment = replica_set.split("/", 1)[0]
        with self.alone(environment, "settle"):
            plan = plan_settle(self._state(replica_set))
            return self._run(plan) if plan else None

    def detach(self, replica_set: str, member: str) -> Operation:
        environment = replica_set.split("/", 1)[0]
        with self.alone(environment, "detach"):
            return self._run(plan_detach(self._state(replica_set), member))

    def beside(self, subject: str, verb: str, plan: Callable[[], Plan]) -> Operation:
        """Plan and perform what goes on beside everything else; one at a time for a subject.

        A failover does not wait for it. What is short is waited for.
        """
        with self.alone(f"the repository of {subject}", verb, _BESIDE_S):
            return self._run(plan())

    def operation(self, operation: str) -> Operation:
        """An operation of the journal; JournalRefused when there is none of that id."""
        return self._executor.operation(operation)

    def within(
        self, replica_set: str, verb: str, plan: Callable[[], Plan], wait_s: float = 0.0
    ) -> Operation:
        """Plan and perform what neither the environment nor the repository is used beside."""
        with (
            self.alone(f"repository of {replica_set}", verb, wait_s),
            self.alone(replica_set.split("/", 1)[0], verb, wait_s),
        ):
            return self._run(plan())

    def resume(self, operation: Operation) -> Operation:
        """Go on with an operation that was under way when the last controller ended."""
        environment = operation.subject.split("/", 1)[0]
        with self.alone(environment, operation.verb, 60.0):
            self._events.add("warning", f"{operation.id} goes on where it was interrupted")
            return self._told(self._executor.resume(operation))

    def _states(self, environment: str) -> tuple[ReplicaSetState, ...]:
        return tuple(
            s for s in self._observer.states() if s.replica_set.startswith(f"{environment}/")
        )

    def _state(self, replica_set: str) -> ReplicaSetState:
        return next(s for s in self._observer.states() if s.replica_set == replica_set)

    def _run(self, plan: Plan) -> Operation:
        return self._told(self._executor.run(plan))

    def _told(self, operation: Operation) -> Operation:
        self._record(operation)
        seconds = (operation.ended_at or 0.0) - operation.started_at
        level = "info" if operation.state is OperationState.DONE else "error"
        why = operation.measurements.get("why")
        self._events.add(
            level,
            f"{operation.id} of {operation.subject} {operation.state} after {seconds:.2f} s"
            + (f": {why}" if why else ""),
        )
        return operation

    def _record_loss(self, plan: Plan) -> None:
        for action in (a for step in plan.steps for a in step.actions):
            if isinstance(action, ClaimGeneration):
                self._world.directory.accept_loss(
                    action.replica_set, action.generation, plan.accepted_loss or ""
                )

    def _promised_rpo_s(self) -> float | None:
        promised = [p.rpo for p in self._world.estate.promises if isinstance(p, LoseRegion)]
        return min(promised, default=None)

    @contextmanager
    def alone(self, environment: str, verb: str, wait_s: float = 0.0) -> Iterator[None]:
        """Nothing else is done to the environment meanwhile; Refused where that cannot be had."""
        deadline = time.monotonic() + wait_s
        while (other := self._take(environment, verb)) is not None:
            if time.monotonic() >= deadline:
                raise Refused(f"a {other} of {environment} is under way")
            time.sleep(0.05)
        try:
            yield
        finally:
            with self._lock:
                del self._busy[environment]

    def _take(self, environment: str, verb: str) -> str | None:
        """None when it is ours now, otherwise the verb that is under way."""
        with self._lock:
            other = self._busy.get(environment)
            if other is None:
                self._busy[environment] = verb
            return other


def or_refuse(plan: Plan | Refusal) -> Plan:
    """Return the plan, or raise what a refusal says."""
    if isinstance(plan, Refusal):
        raise Refused(*plan.reasons, plan.remedy)
    return plan
