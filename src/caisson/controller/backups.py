"""Backups and restores of the running estate: when they are due, and what became of them.

They go on beside everything else: no failover waits for a backup, and a restore touches nothing
that runs.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from caisson.controller.due import backup_is_due, restore_is_due
from caisson.controller.events import Events
from caisson.controller.looks import Looks
from caisson.controller.observer import Observer
from caisson.controller.opening import Opening
from caisson.controller.operations import Operations, Refused, or_refuse
from caisson.controller.promises import Promises
from caisson.controller.remembered import Remembered
from caisson.controller.verification import Verifications
from caisson.controller.waiting import Changes, Waiting
from caisson.estate.model import Restore
from caisson.execute.performer import Performer
from caisson.execute.verification import Verifier
from caisson.execute.world import World
from caisson.ledger.demands import Demand, demand_of
from caisson.ledger.evidence import Evidence, Fidelity
from caisson.ledger.wording import duration
from caisson.plan.backup import plan_backup
from caisson.plan.model import Plan, ReplicaSetState
from caisson.plan.repositories import RepositoryState
from caisson.plan.restore import plan_restore
from caisson.plan.shards import ShardTarget, plan_restore_shard
from caisson.plan.transactions import Transaction
from caisson.plan.windows import windows_document
from caisson.state.journal import Operation, OperationState
from caisson.state.settings import Settings
from caisson.systems.postgres import shards

_LOOK_S = 30.0  # how often the schedule is looked at
_ASKED = 2  # the step of a restore after which its time is told
_AGAIN_S = 300.0  # a backup that failed is not tried again sooner
_RESTORE_AGAIN_S = 3600.0  # nor a restore that was no evidence


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of a restore: just before which transaction it ends, in which region the copy lies (the
    repository's when None), and which shard alone is wanted of it.
    """

    before: int | None = None
    region: str | None = None
    shard: int | None = None


_ALL = Wanted()


class Backups:
    """Called from the console's threads and, by `look_after`, from the guardian. Thread-safe."""

    def __init__(
        self,
        world: World,
        performer: Performer,
        observer: Observer,
        operations: Operations,
        promises: Promises,
        events: Events,
        settings: Settings,
    ) -> None:
        self._world = world
        self._performer = performer
        self._observer = observer
        self._operations = operations
        self._promises = promises
        self._events = events
        self._repositories = performer.repositories
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        self._tried_at: dict[str, float] = {}
        made, remembered = performer.backups, Remembered(settings)
        self._opening = Opening(performer, observer, operations, events, remembered.existed)
        self._looks = Looks(self._repositories, performer, remembered)
        changes = Changes(events, over=self._look_soon)
        self._waiting = Waiting(self._repositories, made, changes, begun=remembered.existed)
        verifier = Verifier(self._repositories, made)
        self.verifications = Verifications(world, verifier, remembered, promises, events)

    def sets(self) -> tuple[str, ...]:
        return self._repositories.sets()

    def regions_for(self, replica_set: str) -> tuple[str, ...]:
        """Where a copy may lie: in the regions of the store's own jurisdiction, and no others."""
        jurisdiction = self._world.replica_set(replica_set).jurisdiction
        regions = self._world.estate.regions
        return tuple(n for n, region in regions.items() if region.jurisdiction == jurisdiction)

    def states(self) -> tuple[RepositoryState, ...]:
        """Every repository as it is now; asking takes a second or so for each."""
        return tuple(self._looks.moments(each) for each in self.sets())

    def document(self) -> dict[str, Any]:
        """What `caisson backups` shows."""
        return {"backups": [self._shown(each) for each in self.states()]}

    def seen(self) -> list[dict[str, Any]]:
        """The same as last looked at, at once; without what was never looked at."""
        last = [self._looks.last(each) for each in self.sets()]
        return [self._shown(each, ask=False) for each in last if each is not None]

    def backup_plan(self, replica_set: str, *, full: bool, anew: bool = False) -> Plan:
        """What a backup would do now, or Refused."""
        states = [self._state(replica_set)]
        repositories = [self._looks.points(replica_set)]
        return or_refuse(plan_backup(replica_set, states, repositories, full=full, anew=anew))

    def back_up(self, replica_set: str, *, full: bool = False, anew: bool = False) -> Operation:
        self._tried_at[f"backup {replica_set}"] = time.monotonic()
        done = self._operations.beside(
            replica_set, "backup", lambda: self.backup_plan(replica_set, full=full, anew=anew)
        )
        self._looks.points(replica_set)  # what was made is remembered, should it be lost
        return done

    def restore_plan(
        self, replica_set: str, moment: float | None, *, keep: bool, wanted: Wanted = _ALL
    ) -> Plan:
        """What a restore would do now, or Refused."""
        repository = self._looks.moments(replica_set)
        place = _place(replica_set)
        plan = plan_restore(
            repository,
            place,
            now=time.time(),
            moment=moment,
            before=self._transaction(replica_set, wanted.before),
            region=wanted.region,
            keep=keep,
        )
        if wanted.shard is not None:
            schema = shards.name(wanted.shard, shards.RESTORED, place.rsplit("-", 1)[1])
            target = ShardTarget(self._state(replica_set).primary, wanted.shard, schema)
            plan = plan_restore_shard(plan, place, target)
        return or_refuse(plan)

    def restore(
        self,
        replica_set: str,
        moment: float | None = None,
        *,
        keep: bool = False,
        wanted: Wanted = _ALL,
    ) -> Operation:
        """Restore beside and ask; a copy that was asked everything is evidence.

        So is one that could not be restored, or has answered wrongly: then there is no time. A
        shard that was restored is none: more was done to it than the promise speaks of.
        """
        self._tried_at[f"restore {replica_set}"] = time.monotonic()
        done = self._operations.beside(
            replica_set,
            "restore",
            lambda: self.restore_plan(replica_set, moment, keep=keep, wanted=wanted),
        )
        if wanted.shard is None and self._tells_something(done):
            self._promises.record_evidence(self._evidence(done))
        return done

    def look_after(self, submit: Callable[[Callable[[], object]], object]) -> None:
        """Make the backups that are due, also those that were missed; one after the other.

        Then restore what a promise says has to be verified, before its evidence is too old.
        """
        self._opening.look_after(submit)
        self._waiting.look_after(submit)
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S or not self._lock.acquire(blocking=False):
            return
        self._looked_at = now
        submit(self._make_what_is_due)

    def _make_what_is_due(self) -> None:
        try:
            for replica_set in self.sets():
                self._tend(self._looks.cheap(replica_set))
        finally:
            self._lock.release()

    def _tend(self, state: RepositoryState) -> None:
        """What one store is refused keeps no other from its own."""
        try:
            if self._is_due(state):
                self._tell_hole(state)
                self.back_up(state.replica_set, full=True)
            elif self._restore_is_due(state):
                self.restore(state.replica_set)
        except Refused as refusal:
            self._events.add("warning", f"not backed up, or not restored: {refusal}")
        self.verifications.verify_when_due(state)

    def _tell_hole(self, repository: RepositoryState) -> None:
        if repository.needs_backup:
            self._events.add(
                "error",
                f"{repository.replica_set}: what is archived now cannot be restored, for WAL before"
                " it is missing: a full backup is made at once",
            )

    def _look_soon(self, replica_set: str) -> None:
        """WAL may have been dropped while it waited."""
        self._looks.closely(replica_set)
        self._looked_at = 0.0

    def _is_due(self, repository: RepositoryState) -> bool:
        declared = self._repositories.backed_up(repository.replica_set)
        if declared is None or self._was_tried(f"backup {repository.replica_set}", _AGAIN_S):
            return False
        return backup_is_due(repository, declared.every_s, time.time())

    def _restore_is_due(self, repository: RepositoryState) -> bool:
        """A promise has to be verified, and the last restore will soon be too old to show it."""
        replica_set = repository.replica_set
        promised = [each.verified_every_s for each in self._demands(replica_set)]
        if (
            not promised
            or not repository.of_branch(None)
            or not self._performer.questions.of(replica_set)
        ):
            return False
        return restore_is_due(
            self._promises.newest_evidence("restore", replica_set),
            self._promises.fingerprint(replica_set),
            min(promised),
            time.time(),
        ) and not self._was_tried(f"restore {replica_set}", _RESTORE_AGAIN_S)

    def _demands(self, replica_set: str) -> list[Demand]:
        promises = [each for each in self._world.estate.promises if isinstance(each, Restore)]
        demands = [demand_of(each, self._world.topology) for each in promises]
        return [each for each in demands if each and replica_set in each.subjects]

    def _was_tried(self, what: str, within_s: float) -> bool:
        tried = self._tried_at.get(what)
        return tried is not None and time.monotonic() - tried < within_s

    def _transaction(self, replica_set: str, number: int | None) -> Transaction | None:
        if number is None:
            return None
        primary = self._state(replica_set).primary
        return Transaction(number, self._performer.postgres.status_of(primary, number))

    def _state(self, replica_set: str) -> ReplicaSetState:
        return next(s for s in self._observer.states() if s.replica_set == replica_set)

    def asks(self, replica_set: str) -> int:
        """How many questions are asked of each restored copy of a replica set."""
        return len(self._performer.questions.of(replica_set))

    def _tells_something(self, operation: Operation) -> bool:
        """Whether every question was asked, or nothing could be asked of what was restored."""
        questions = self._performer.questions
        if operation.state is not OperationState.DONE:
            return bool(questions.of(operation.subject))
        asked = questions.last(operation.subject)
        return asked is not None and asked.everything

    def _evidence(self, operation: Operation) -> Evidence:
        store = self._world.replica_set(operation.subject).store
        restored = operation.state is OperationState.DONE
        seconds = (operation.steps[_ASKED].ended_at or 0.0) - operation.started_at
        return Evidence(
            at=operation.started_at,
            method="restore",
            subject=operation.subject,
            promises=tuple(
                each.name
                for each in self._world.estate.promises
                if isinstance(each, Restore) and each.restore == store
            ),
            figures=self._lack(operation.subject) | {"restore_s": round(seconds, 3)}
            if restored
            else {"restore_s": None},
            fidelity=Fidelity.REHEARSAL,
            fingerprint=self._promises.fingerprint(operation.subject),
            drill=operation.id,
        )

    def _unlocked(self, replica_set: str) -> str | None:
        """Why nothing keeps its backups from being deleted, where the estate says that it is so."""
        declared = self._repositories.backed_up(replica_set)
        if declared is None or declared.locked_s is None:
            return None
        return (
            f"not locked for {duration(declared.locked_s)} as declared: whoever runs the servers"
            " of this machine can delete its folders"
        )

    def _lack(self, replica_set: str) -> dict[str, float | None]:
        """What the copy lacked, where that was measured."""
        asked = self._performer.questions.last(replica_set)
        lack = asked.lack if asked else None
        if lack is None or lack.rpo_s is None:
            return {}
        return {
            "rpo_s": lack.rpo_s,
            "writes_acknowledged": lack.looked_for,
            "writes_lost": lack.missing,
        }

    def _shown(self, state: RepositoryState, *, ask: bool = True) -> dict[str, Any]:
        restored = self._promises.newest_evidence("restore", state.replica_set)
        waiting = self._waiting.now if ask else self._waiting.last
        waits = waiting(state.replica_set)
        return {
            "replica_set": state.replica_set,
            "region": state.region,
            "why_not": state.why_not,
            "unlocked": self._unlocked(state.replica_set),
            "points": [
                {
                    "label": each.label,
                    "kind": each.kind,
                    "started_at": each.started_at,
                    "stopped_at": each.stopped_at,
                    "size_bytes": each.size,
                    "stored_bytes": each.stored,
                }
                for each in state.points
            ],
            "restored": restored.to_json() if restored else None,
            "gone": state.gone,
            **windows_document(state.windows),
            "waiting": waits.to_json() if waits else None,
            "verified": self.verifications.last(state.replica_set),
        }


def _place(replica_set: str) -> str:
    """A name for a copy, such as `production-us-blocks-20261123T220000Z`."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    return f"{replica_set.replace('/', '-')}-{now}"
