"""Runs a plan to its end, through crashes of the controller.

Each step is journaled before and after. A step that was under way when the controller died is
performed again, which is safe because every action is idempotent. Steps run one by one, the
actions of a step side by side.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from caisson.execute.errors import GivenUp, StepError
from caisson.execute.performer import Performer
from caisson.plan.document import describe, from_document, to_document
from caisson.plan.model import Action, Plan, Step
from caisson.state.errors import StateError
from caisson.state.journal import Journal, Operation, OperationState, StepState
from caisson.systems.postgres.session import PostgresError
from caisson.systems.redis.session import RedisError
from caisson.targets.local.binaries import BinaryError
from caisson.targets.local.supervision import SupervisorError

FAILURES = (StepError, PostgresError, RedisError, SupervisorError, StateError, BinaryError, OSError)
_ATTEMPTS = 3
_PAUSE_S = 0.3

Progress = Callable[[str, str, str], None]  # operation id, step name, state


class Executor:
    """One operation at a time is run by each call; calls for different subjects may overlap."""

    def __init__(self, performer: Performer, journal: Journal, progress: Progress) -> None:
        self._performer = performer
        self._journal = journal
        self._progress = progress

    def run(self, plan: Plan) -> Operation:
        """Journal a new operation and perform it; the returned operation is done or failed."""
        operation = self._journal.begin(
            plan.verb,
            plan.subject,
            json.dumps(to_document(plan)),
            steps=[step.name for step in plan.steps],
        )
        return self._perform(operation, plan, 0)

    def resume(self, operation: Operation) -> Operation:
        """Go on with an operation that a dead controller left unfinished.

        One that had failed is not tried again: what was being undone then is undone now.
        """
        plan = from_document(json.loads(operation.plan))
        for step in operation.steps:
            if step.state is StepState.FAILED:
                return self._give_up(operation.id, plan, step.index, step.detail)
        done = [step.index for step in operation.steps if step.state is StepState.DONE]
        return self._perform(operation.id, plan, max(done, default=-1) + 1)

    def operation(self, operation: str) -> Operation:
        """What is journaled of an operation; JournalRefused when there is none of that id."""
        return self._journal.operation(operation)

    def _perform(self, operation: str, plan: Plan, first: int) -> Operation:
        began = time.monotonic()
        for index, step in enumerate(plan.steps[first:], first):
            self._journal.step_started(operation, index)
            self._progress(operation, step.name, "running")
            try:
                detail = self._do(step)
            except FAILURES as error:
                return self._fail(operation, plan, index, str(error))
            self._journal.step_done(operation, index, detail)
            self._progress(operation, step.name, "done")
        seconds = round(time.monotonic() - began, 3)
        self._journal.finish(operation, OperationState.DONE, {"seconds": seconds})
        return self._journal.operation(operation)

    def _fail(self, operation: str, plan: Plan, index: int, why: str) -> Operation:
        self._journal.step_failed(operation, index, why)
        self._progress(operation, plan.steps[index].name, f"failed: {why}")
        return self._give_up(operation, plan, index, why)

    def _give_up(self, operation: str, plan: Plan, index: int, why: str) -> Operation:
        undone = self._undo(operation, plan) if index < plan.no_return else "nothing was undone"
        self._journal.finish(operation, OperationState.FAILED, {"why": why, "undo": undone})
        return self._journal.operation(operation)

    def _undo(self, operation: str, plan: Plan) -> str:
        for step in plan.undo:
            try:
                self._do(step)
            except FAILURES as error:
                return f"{step.name}: {error}"
            self._progress(operation, step.name, "undone")
        return "undone"

    def _do(self, step: Step) -> str:
        if len(step.actions) == 1:
            return self._insist(step.actions[0])
        with ThreadPoolExecutor(max_workers=6, thread_name_prefix="step") as pool:
            details = list(pool.map(self._insist, step.actions))
        return "; ".join(
            f"{describe(action)}: {detail}"
            for action, detail in zip(step.actions, details, strict=True)
        )

    def _insist(self, action: Action) -> str:
        """A server that has just come up may refuse once or twice; then it is a failure."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._performer.perform(action)
            except GivenUp as error:
                raise GivenUp(f"{describe(action)}: {error}") from error
            except (PostgresError, RedisError, StepError) as error:
                if attempt == _ATTEMPTS:
                    raise StepError(f"{describe(action)}: {error}") from error
                time.sleep(_PAUSE_S)
        raise AssertionError("unreachable")
