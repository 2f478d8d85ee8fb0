"""The journal: what was begun, which steps were done, and how it ended.

Every method is durable when it returns. A step is recorded before and after, so that after
a crash a step that is `running` is the one that may or may not have happened.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from caisson.state.database import Database, Row, Session, Value
from caisson.state.errors import JournalRefused
from caisson.state.json_text import Json, object_from_text, to_text


class OperationState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


class StepState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step; `attempts` counts its starts, times are seconds since the epoch.

    `started_at` is the first start, so that a resumed step shows its whole duration.
    `detail` is what the step reports, or when it failed, the error.
    """

    index: int
    name: str
    state: StepState
    attempts: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """A durable run of a plan; `plan` is the JSON text given to `begin`, unchanged."""

    id: str
    verb: str
    subject: str
    plan: str
    generation: int | None
    state: OperationState
    started_at: float
    ended_at: float | None
    steps: tuple[StepRecord, ...]
    measurements: Mapping[str, Json]


_NEXT_NUMBER = "SELECT coalesce(max(number), 0) + 1 FROM operations"
_BEGIN = """INSERT INTO operations
    (number, id, verb, subject, plan, generation, state, started_at, ended_at, measurements)
    VALUES (?, ?, ?, ?, ?, ?, 'running', ?, NULL, '{}')"""
_ADD_STEP = """INSERT INTO steps
    (operation, position, name, state, attempts, started_at, ended_at, detail)
    VALUES (?, ?, ?, 'pending', 0, NULL, NULL, '')"""
_START_STEP = """UPDATE steps
    SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, ?),
        ended_at = NULL, detail = ''
    WHERE operation = ? AND position = ?"""
_END_STEP = """UPDATE steps SET state = ?, ended_at = ?, detail = ?
    WHERE operation = ? AND position = ?"""
_STATE_OF = "SELECT state FROM operations WHERE id = ?"
_FINISH = "UPDATE operations SET state = ?, ended_at = ?, measurements = ? WHERE id = ?"
_OPERATION = """SELECT id, verb, subject, plan, generation, state, started_at, ended_at,
    measurements FROM operations"""
_ONE = f"{_OPERATION} WHERE id = ?"
_UNFINISHED = f"{_OPERATION} WHERE state = 'running' ORDER BY number"
_LATEST = f"{_OPERATION} ORDER BY number DESC LIMIT ?"
_STEPS = """SELECT position, name, state, attempts, started_at, ended_at, detail
    FROM steps WHERE operation = ? ORDER BY position"""


class Journal:
    """`clock` gives seconds since the epoch."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def begin(
        self,
        verb: str,
        subject: str,
        plan: str,
        generation: int | None = None,
        *,
        steps: Sequence[str],
    ) -> str:
        """Record an operation and the names of its steps; return its id, such as failover-0007.

        The number counts all operations, whatever their verb.
        """
        with self._database.writing() as session:
            number = int(session.rows(_NEXT_NUMBER)[0][0])
            operation = f"{verb}-{number:04d}"
            now = self._clock()
            session.run(_BEGIN, number, operation, verb, subject, plan, generation, now)
            for index, name in enumerate(steps):
                session.run(_ADD_STEP, operation, index, name)
        return operation

    def step_started(self, operation: str, index: int) -> None:
        """Record that a step begins, again after a crash or a failure."""
        self._change_step(operation, index, _START_STEP, self._clock())

    def step_done(self, operation: str, index: int, detail: str = "") -> None:
        """Record that a step has happened."""
        self._change_step(operation, index, _END_STEP, StepState.DONE, self._clock(), detail)

    def step_failed(self, operation: str, index: int, error: str) -> None:
        """Record that a step did not happen, and why."""
        self._change_step(operation, index, _END_STEP, StepState.FAILED, self._clock(), error)

    def finish(
        self, operation: str, state: OperationState, measurements: Mapping[str, Json] | None = None
    ) -> None:
        """End an operation: done, failed or abandoned. Nothing is recorded about it afterwards."""
        if state is OperationState.RUNNING:
            raise JournalRefused(f"{operation} cannot end as running")
        with self._database.writing() as session:
            _expect_running(session, operation)
            session.run(_FINISH, state, self._clock(), to_text(measurements or {}), operation)

    def operation(self, operation: str) -> Operation:
        """Return one operation; JournalRefused when there is none of that id."""
        with self._database.reading() as session:
            found = _operations(session, _ONE, operation)
        if not found:
            raise JournalRefused(f"there is no operation {operation}")
        return found[0]

    def unfinished(self) -> list[Operation]:
        """Return what was begun and has not ended, oldest first."""
        with self._database.reading() as session:
            return _operations(session, _UNFINISHED)

    def operations(self, limit: int = 50) -> list[Operation]:
        """Return the latest operations, newest first."""
        with self._database.reading() as session:
            return _operations(session, _LATEST, limit)

    def _change_step(self, operation: str, index: int, sql: str, *values: Value) -> None:
        with self._database.writing() as session:
            _expect_running(session, operation)
            if session.run(sql, *values, operation, index) != 1:
                raise JournalRefused(f"{operation} has no step {index}")


def _expect_running(session: Session, operation: str) -> None:
    rows = session.rows(_STATE_OF, operation)
    if not rows:
        raise JournalRefused(f"there is no operation {operation}")
    if rows[0][0] != OperationState.RUNNING:
        raise JournalRefused(f"{operation} has ended already ({rows[0][0]})")


def _operations(session: Session, sql: str, *values: Value) -> list[Operation]:
    return [_operation(row, session.rows(_STEPS, row[0])) for row in session.rows(sql, *values)]


def _operation(row: Row, steps: list[Row]) -> Operation:
    name, verb, subject, plan, generation, state, started_at, ended_at, measurements = row
    return Operation(
        name,
        verb,
        subject,
        plan,
        generation,
        OperationState(state),
        started_at,
        ended_at,
        tuple(_step(step) for step in steps),
        object_from_text(measurements),
    )


def _step(row: Row) -> StepRecord:
    index, name, state, attempts, started_at, ended_at, detail = row
    return StepRecord(index, name, StepState(state), attempts, started_at, ended_at, detail)
