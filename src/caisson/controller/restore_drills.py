"""Drills that restore: from a fault, or none, to a copy that was looked into, and its report.

What is lost on purpose is made for it: no drill here touches a row of anybody.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from caisson.controller.backups import Backups
from caisson.controller.corruption import Corruption
from caisson.controller.drills import Drill, Drills
from caisson.controller.operations import Refused
from caisson.controller.ransom import rows_by_table, try_everything
from caisson.drill.restoring import (
    CORRUPT_BACKUP,
    DROP_TABLE,
    RANSOM,
    RESTORE,
    Found,
    Restored,
    RestoreDrill,
    report,
)
from caisson.estate.model import Restore
from caisson.execute.performer import Performer
from caisson.execute.world import World
from caisson.plan.document import from_document
from caisson.plan.model import RestoreBeside
from caisson.state.journal import Operation, OperationState, StepRecord
from caisson.systems.postgres.lease import Keeper
from caisson.systems.postgres.session import PostgresError, Session

_WRITE_S = 3.0  # how long the table that is dropped is written to
_PAUSE_S = 0.01
_BEFORE_S = 1.0  # how long before the drop is restored
_LEASE_S = 600.0  # a robbed copy takes writes for so long
_SCHEMA = "caisson_drill"
_MAKE = f"CREATE SCHEMA {_SCHEMA}; CREATE TABLE {_SCHEMA}.lost (id bigint PRIMARY KEY)"
_CLEAR = f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE"


@dataclass(slots=True)
class _Rows:
    """When each row of the drill's table was begun and acknowledged, and the table dropped."""

    begun: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    dropped_at: float = 0.0

    def wrong(self, present: set[int], moment: float) -> tuple[int, int]:
        """How many rows lack that were acknowledged by then, and how many came too early."""
        there = {number for number, at in enumerate(self.acknowledged) if at <= moment}
        early = {number for number, at in enumerate(self.begun) if at > moment}
        return len(there - present), len(early & present)


@dataclass(slots=True)
class _Seen:
    """What one drill has come to so far."""

    restored: list[Restored] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)


class RestoreDrills:
    """Called from the console's threads; one drill at a time, as `Drills` sees to."""

    def __init__(
        self,
        world: World,
        performer: Performer,
        backups: Backups,
        drills: Drills,
    ) -> None:
        self._world = world
        self._performer = performer
        self._backups = backups
        self._drills = drills
        self._faults: dict[str, Callable[[str, _Seen], None]] = {
            RESTORE: self._restore,
            DROP_TABLE: self._drop_table,
            RANSOM: self._ransom,
            CORRUPT_BACKUP: self._corrupt_backup,
        }
        self._corruption = Corruption(world, performer)

    def hold(self, fault: str, replica_set: str) -> dict[str, Any]:
        """Carry out a drill to its end and return its report; Refused when it cannot be held."""
        system = self._world.replica_set(replica_set).system
        if fault != RESTORE and system != "postgres":
            raise Refused(f"{fault} is a drill of Postgres, and {replica_set} is of {system}")
        self._backups.restore_plan(replica_set, None, keep=True)
        seen = _Seen()
        with self._held(fault, replica_set) as drill:
            try:
                self._faults[fault](replica_set, seen)
            except (PostgresError, OSError) as error:
                raise Refused(f"{replica_set}: {error}") from error
            result = self._report(drill, seen)
            self._drills.end(drill.id, result)
        return result

    def clear(self, drill: Drill) -> None:
        """Take away what a drill that was killed has left of its own."""
        if drill.fault == DROP_TABLE:
            with self._primary(drill.subject) as session:
                session.query(_CLEAR)

    @contextmanager
    def _held(self, fault: str, replica_set: str) -> Iterator[Drill]:
        drill = self._drills.begin(fault, replica_set, held=True)
        try:
            yield drill
        finally:
            self._drills.let_go(drill.id)

    # -- faults ---------------------------------------------------------------------------

    def _restore(self, replica_set: str, seen: _Seen) -> None:
        self._restored(replica_set, None, seen)
        self._restored(replica_set, self._some_moment(replica_set), seen)

    def _corrupt_backup(self, replica_set: str, seen: _Seen) -> None:
        seen.found += self._corruption.hold(replica_set)

    def _drop_table(self, replica_set: str, seen: _Seen) -> None:
        rows = self._write_and_drop(replica_set)
        moment = rows.dropped_at - _BEFORE_S
        copy = self._restored(replica_set, moment, seen, keep=True)
        if copy is None:
            return
        try:
            seen.found.append(_compared(rows, self._rows_in(replica_set, copy), moment))
        finally:
            self._performer.copies.discard(copy)

    def _ransom(self, replica_set: str, seen: _Seen) -> None:
        """A copy is robbed; what can be restored of the same moment after that has to be all."""
        moment, before = time.time(), self._performer.backups.state(replica_set).points
        copy = self._restored(replica_set, moment, seen, keep=True)
        if copy is None:
            return
        try:
            rows = self._rob(replica_set, copy, seen)
        finally:
            self._performer.copies.discard(copy)
        after = self._performer.backups.state(replica_set).points
        said = f"{len(before)} before, {len(after)} after"
        there = {point.label for point in before} <= {point.label for point in after}
        seen.found.append(Found("the backups are all there", said, well=there))
        again = self._restored(replica_set, moment, seen, keep=True)
        if again is None:
            return
        try:
            with self._performer.copies.session(replica_set, again) as owner:
                seen.found.append(_remaining(rows, rows_by_table(owner)))
        finally:
            self._performer.copies.discard(again)

    def _rob(self, replica_set: str, copy: str, seen: _Seen) -> dict[str, int]:
        """Try everything with each service's password; the rows that there were before."""
        copies = self._performer.copies
        roles = self._performer.postgres.service_roles(self._world.replica_set(replica_set))
        if not roles:
            raise Refused(f"no service uses {replica_set}: there is no password to be stolen")
        with copies.session(replica_set, copy) as owner:
            rows = rows_by_table(owner)
            if not any(rows.values()):
                raise Refused(f"{replica_set} has no row yet: nothing would be shown by robbing it")
            generation = self._world.directory.generation_of(replica_set) + 1
            Keeper(generation, _LEASE_S).grant(owner)
        for role in roles:
            with copies.session_of(replica_set, copy, role) as thief:
                seen.found += try_everything(role.name, thief, tuple(rows))
        return rows

    def _write_and_drop(self, replica_set: str) -> _Rows:
        rows, until = _Rows(), time.monotonic() + _WRITE_S
        with self._primary(replica_set) as session:
            session.query(_CLEAR)
            session.script(_MAKE)
            try:
                while time.monotonic() < until:
                    _write(session, rows)
                rows.dropped_at = time.time()
            finally:
                session.query(_CLEAR)
        return rows

    def _rows_in(self, replica_set: str, copy: str) -> set[int] | None:
        """The numbers of the rows that the copy has; None when it has no such table."""
        with self._performer.copies.session(replica_set, copy) as session:
            if session.query(f"SELECT to_regclass('{_SCHEMA}.lost')") == [(None,)]:
                return None
            return {int(row[0] or 0) for row in session.query(f"SELECT id FROM {_SCHEMA}.lost")}

    # -- parts ----------------------------------------------------------------------------

    def _restored(
        self, replica_set: str, moment: float | None, seen: _Seen, *, keep: bool = False
    ) -> str | None:
        """Restore and ask; the name of the copy where it was kept and answered."""
        operation = self._backups.restore(replica_set, moment, keep=keep)
        done = operation.state is OperationState.DONE
        action = _first_action(operation)
        seen.steps += [_step(each) for each in operation.steps if each.ended_at is not None]
        seen.restored.append(self._measured(operation, moment, action.backup, done=done))
        seen.found.append(_answered(operation, moment, done=done))
        return action.place if done and keep else None

    def _measured(
        self, operation: Operation, moment: float | None, backup: str, *, done: bool
    ) -> Restored:
        copied, asked = operation.steps[0], operation.steps[2]
        answered = self._performer.questions.last(operation.subject) if done else None
        lack = answered.lack if answered else None
        points = self._performer.backups_of(operation.subject).state(operation.subject).points
        return Restored(
            operation.id,
            moment,
            round((asked.ended_at or 0.0) - operation.started_at, 3) if done else None,
            next((point.size for point in points if point.label == backup), 0) if done else 0,
            round((copied.ended_at or 0.0) - (copied.started_at or 0.0), 3) if done else 0.0,
            asked=answered is not None and answered.everything,
            rpo_s=lack.rpo_s if lack else None,
        )

    def _some_moment(self, replica_set: str) -> float:
        """One of all that can be restored since the last hole; without WAL, that of some backup."""
        state = self._performer.backups_of(replica_set).moments(replica_set)
        if not state.any_moment and state.points:
            return random.choice(state.points).stopped_at  # noqa: S311 - a moment, no secret
        if not state.windows:
            raise Refused(f"{replica_set} has no backup that can be restored")
        return random.uniform(state.windows[-1].since, time.time())  # noqa: S311 - the same

    def _primary(self, replica_set: str) -> Session:
        primary = self._world.directory.primary_of(replica_set)
        if primary is None:
            raise Refused(f"{replica_set} has no primary")
        return self._performer.postgres.store_session(primary)

    def _report(self, drill: Drill, seen: _Seen) -> dict[str, Any]:
        store = self._world.replica_set(drill.subject).store
        return report(
            RestoreDrill(
                drill.id,
                drill.fault,
                drill.subject,
                drill.at,
                time.time(),
                tuple(seen.restored),
                tuple(seen.found),
                tuple(seen.steps),
            ),
            [
                each
                for each in self._world.estate.promises
                if isinstance(each, Restore) and each.restore == store
            ],
        )


def _remaining(before: dict[str, int], after: dict[str, int]) -> Found:
    """Whether a restore after the robbery has what a restore before it had."""
    said = f"{sum(after.values())} of {sum(before.values())} rows in {len(after)} tables"
    return Found("what remains of the same moment", said, well=before == after)


def _write(session: Session, rows: _Rows) -> None:
    rows.begun.append(time.time())
    number = len(rows.acknowledged)
    session.query(f"INSERT INTO {_SCHEMA}.lost VALUES ($1)", (str(number),))
    rows.acknowledged.append(time.time())
    time.sleep(_PAUSE_S)


def _compared(rows: _Rows, present: set[int] | None, moment: float) -> Found:
    what = "the dropped table, one second before it was dropped"
    if present is None:
        return Found(what, "is not there", well=False)
    lacking, early = rows.wrong(present, moment)
    said = f"{len(present)} rows, {lacking} lacking, {early} that were written later"
    return Found(what, said, well=bool(present) and not lacking and not early)


def _answered(operation: Operation, moment: float | None, *, done: bool) -> Found:
    what = "the newest" if moment is None else f"the moment {_written(moment)}"
    why = str(operation.measurements.get("why", "did not end"))
    return Found(what, operation.steps[2].detail if done else why, well=done)


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(sep=" ", timespec="milliseconds")


def _first_action(operation: Operation) -> RestoreBeside:
    action = from_document(json.loads(operation.plan)).steps[0].actions[0]
    assert isinstance(action, RestoreBeside)  # noqa: S101 - what every restore begins with
    return action


def _step(step: StepRecord) -> dict[str, Any]:
    return {
        "name": step.name,
        "started_at": step.started_at,
        "ended_at": step.ended_at,
        "detail": step.detail,
    }
