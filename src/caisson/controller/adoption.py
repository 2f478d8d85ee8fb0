"""Stores and shards switched to what was restored, and switched back."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from caisson.controller.drills import Drills
from caisson.controller.observer import Observer
from caisson.controller.operations import Operations, Refused, or_refuse
from caisson.execute.laid_aside import facts_of, holds_data
from caisson.execute.performer import Performer
from caisson.execute.world import World
from caisson.plan.adopt import ASIDE, Candidate, plan_adopt
from caisson.plan.model import DropBeside, DropShard, Plan, ReplicaSetState, Step
from caisson.plan.names import region_of
from caisson.plan.shards import ShardTarget, plan_swap_shard
from caisson.state.journal import Operation
from caisson.systems.postgres import shards, timelines
from caisson.systems.postgres.session import PostgresError

_WAIT_S = 60.0  # for a small backup, or a reaction of the guardian, that is under way
_SEEN_S = 5.0  # until whoever was started a moment ago has been looked at


@dataclass(frozen=True, slots=True)
class Lying:
    """A shard's schema beside it; `said` is None until it was compared with its copy."""

    schema: shards.SchemaName
    said: str | None


class Adoption:
    """Called from the console's threads. Names are those that `document` lists."""

    def __init__(
        self,
        world: World,
        performer: Performer,
        observer: Observer,
        operations: Operations,
        drills: Drills,
    ) -> None:
        self._world = world
        self._performer = performer
        self._observer = observer
        self._operations = operations
        self._drills = drills

    # -- what there is --------------------------------------------------------------------

    def document(self, replica_set: str) -> dict[str, Any]:
        """What `caisson adopt STORE` lists."""
        kept = {each.place: each for each in self._performer.copies.kept(replica_set)}
        return {
            "replica_set": replica_set,
            "primary": self._state(replica_set).primary,
            "copies": [
                {
                    "name": each.name,
                    "region": each.region,
                    "runs": each.runs,
                    "why_not": each.why_not,
                    "moment": kept[each.name].moment if each.runs else None,
                    "before": kept[each.name].before if each.runs else None,
                    "since": self._since(replica_set, each),
                }
                for each in self.candidates(replica_set)
            ],
            "shards": [
                {
                    "name": each.schema.name,
                    "shard": each.schema.shard,
                    "kind": each.schema.kind,
                    "whole": each.said is not None,
                }
                for each in self.schemas(replica_set)
            ],
        }

    def candidates(self, replica_set: str) -> tuple[Candidate, ...]:
        """Copies that run, and data that lies beside a member that was primary, oldest first."""
        return (*self._running(replica_set), *self._lying(replica_set))

    def schemas(self, replica_set: str) -> tuple[Lying, ...]:
        """None where the primary does not answer."""
        try:
            found = self._performer.shards.beside(self._state(replica_set).primary)
            return tuple(Lying(schema, said) for schema, said in found)
        except PostgresError:
            return ()

    def newest_aside(self, replica_set: str, shard: int | None) -> str:
        """What was there before the last switch, of the store or of one shard; or Refused."""
        if shard is None:
            names = [c.name for c in self._lying(replica_set) if c.name.startswith(ASIDE)]
            what = replica_set
        else:
            names = [
                each.schema.name
                for each in self.schemas(replica_set)
                if (each.schema.shard, each.schema.kind) == (shard, shards.ASIDE)
            ]
            what = f"shard_{shard} of {replica_set}"
        if not names:
            raise Refused(f"nothing was set aside of {what}: there is nothing to undo")
        return max(names)

    # -- what is done ---------------------------------------------------------------------

    def plan(self, replica_set: str, name: str) -> Plan:
        """What a switch to `name` would do now, or Refused. Raises KeyError when there is none."""
        if self._drills.under_way():
            raise Refused("a drill is under way, and would count as lost what is not in a copy")
        for each in self.schemas(replica_set):
            if each.schema.name == name:
                return self._plan_shard(replica_set, each)
        candidate = next((c for c in self.candidates(replica_set) if c.name == name), None)
        if candidate is None:
            raise KeyError(name)
        archive = self._performer.backups.state(replica_set)
        return or_refuse(
            plan_adopt(
                self._world.replica_set(replica_set),
                self._settled_state(replica_set),
                candidate,
                f"{ASIDE}{stamp()}",
                why_no_archive=archive.why_not,
            )
        )

    def adopt(self, replica_set: str, name: str) -> Operation:
        """Switch; no backup and no restore of the store goes on meanwhile."""
        return self._operations.within(
            replica_set, "adopt", lambda: self.plan(replica_set, name), _WAIT_S
        )

    def _settled_state(self, replica_set: str) -> ReplicaSetState:
        """With every member seen again that an operation has started a moment ago.

        A standby that does not answer is left to whoever brings it back.
        """
        deadline = time.monotonic() + _SEEN_S
        while True:
            state = self._state(replica_set)
            members = self._world.replica_set(replica_set).members
            if all(state.member(each).answers for each in members) or time.monotonic() > deadline:
                return state
            time.sleep(0.1)

    def drop_plan(self, replica_set: str, name: str) -> Plan:
        """Deletes what lies beside under this name. Raises KeyError when nothing does."""
        state = self._state(replica_set)
        if any(each.schema.name == name for each in self.schemas(replica_set)):
            step = Step(f"drop {name}", (DropShard(replica_set, state.primary, name),))
        else:
            members = self._members_with(replica_set, name)
            if not members:
                raise KeyError(name)
            step = Step(f"delete {name}", tuple(DropBeside(replica_set, m, name) for m in members))
        return Plan("drop", replica_set, (step,), cannot_undo=(f"{name} is gone for good",))

    def drop(self, replica_set: str, name: str) -> Operation:
        return self._operations.within(
            replica_set, "drop", lambda: self.drop_plan(replica_set, name), _WAIT_S
        )

    # -- parts ----------------------------------------------------------------------------

    def _plan_shard(self, replica_set: str, lying: Lying) -> Plan:
        member = self._state(replica_set).primary
        target = ShardTarget(member, lying.schema.shard, lying.schema.name)
        aside = shards.name(lying.schema.shard, shards.ASIDE, stamp())
        compared = lying.said is not None
        return or_refuse(plan_swap_shard(replica_set, target, aside, compared=compared))

    def _running(self, replica_set: str) -> Iterator[Candidate]:
        copies = self._performer.copies
        for kept in copies.kept(replica_set):
            why_not = copies.why_not(replica_set, kept.place)
            yield Candidate(kept.place, kept.region, runs=True, why_not=why_not)

    def _lying(self, replica_set: str) -> Iterator[Candidate]:
        for member in self._world.replica_set(replica_set).members:
            beside = self._performer.adoption.beside(member)
            for name in beside.names():
                folder = beside.under(name)
                if holds_data(folder) and not (folder / timelines.STANDBY_SIGNAL).exists():
                    lies = self._members_with(replica_set, name)
                    yield Candidate(name, region_of(member), lies=lies)

    def _members_with(self, replica_set: str, name: str) -> tuple[str, ...]:
        members = self._world.replica_set(replica_set).members
        return tuple(m for m in members if name in self._performer.adoption.beside(m).names())

    def _since(self, replica_set: str, candidate: Candidate) -> float | None:
        for member in self._world.replica_set(replica_set).members:
            folder = self._performer.adoption.beside(member).under(candidate.name)
            if region_of(member) == candidate.region and folder.exists():
                return facts_of(folder).at
        return None

    def _state(self, replica_set: str) -> ReplicaSetState:
        return next(s for s in self._observer.states() if s.replica_set == replica_set)


def stamp() -> str:
    """A moment as part of a name: `20261123T220000123456Z`."""
    return datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%dT%H%M%S%fZ")
