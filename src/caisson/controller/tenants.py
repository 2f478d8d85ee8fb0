"""Restores of tenants, and what they replaced: checked against the directory, then planned."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from caisson.console.server import BadRequest
from caisson.controller.backups import Backups
from caisson.controller.operations import Operations, Refused, or_refuse
from caisson.execute.errors import StepError
from caisson.execute.performer import Performer
from caisson.execute.world import World
from caisson.plan.document import from_document
from caisson.plan.model import MergeTenants, Plan, RevertTenants
from caisson.plan.tenants import Shards, plan_forget, plan_tenants, plan_undo
from caisson.state.errors import JournalRefused
from caisson.state.journal import Operation
from caisson.systems.postgres.session import PostgresError
from caisson.tenants.directory import Home
from caisson.topology.model import ReplicaSet


class TenantRestores:
    """Called from the console's threads; one operation at a time for a replica set."""

    def __init__(
        self, world: World, performer: Performer, backups: Backups, operations: Operations
    ) -> None:
        self._world = world
        self._tenants = performer.tenants
        self._backups = backups
        self._operations = operations

    def restore_plan(
        self, replica_set: str, tenants: Iterable[str], moment: float, *, keep: bool
    ) -> Plan:
        """What a restore of these tenants would do now, or Refused; BadRequest for wrong ones."""
        shards = self._shards(replica_set, tenants)
        restore = self._backups.restore_plan(replica_set, moment, keep=keep)
        with _or_refused():
            reached = self._tenants.reached(replica_set, min(shards))
        return plan_tenants(restore, shards, _kept(), reached)

    def restore(
        self, replica_set: str, tenants: Iterable[str], moment: float, *, keep: bool
    ) -> Operation:
        return self._operations.beside(
            replica_set,
            "restore",
            lambda: self.restore_plan(replica_set, tenants, moment, keep=keep),
        )

    def undo_plan(self, replica_set: str, operation: str) -> Plan:
        """What it would take to put back what an operation replaced, or Refused."""
        undoes = self._kept_by(replica_set, operation)
        with _or_refused():
            tenants = self._tenants.replaced(replica_set, undoes)
            reached = self._tenants.reached(replica_set, min(tenants, default=0))
        return or_refuse(plan_undo(replica_set, operation, undoes, tenants, _kept(), reached))

    def undo(self, replica_set: str, operation: str) -> Operation:
        return self._operations.beside(
            replica_set, "restore", lambda: self.undo_plan(replica_set, operation)
        )

    def forget_plan(self, replica_set: str, operation: str) -> Plan:
        """What it would take to let go of what an operation replaced."""
        return plan_forget(replica_set, operation, self._kept_by(replica_set, operation))

    def forget(self, replica_set: str, operation: str) -> Operation:
        return self._operations.beside(
            replica_set, "restore", lambda: self.forget_plan(replica_set, operation)
        )

    # -- parts ----------------------------------------------------------------------------

    def _shards(self, replica_set: str, tenants: Iterable[str]) -> Shards:
        """The tenants by their shard; BadRequest with every one that is not at home there."""
        declared = self._world.replica_set(replica_set)
        if declared.tenant is None:
            raise BadRequest(
                (
                    f"the estate does not say whose a row of {declared.store} is: write"
                    f" `tenant: COLUMN` below stores.{declared.store}, then `caisson up` again",
                )
            )
        homes = {
            home.tenant: home
            for home in self._world.directory.homes()
            if home.environment == declared.environment
        }
        names = sorted(set(tenants))
        objections = (_objection(name, homes, declared) for name in names)
        if wrong := tuple(filter(None, objections)):
            raise BadRequest(wrong)
        return {
            shard: [name for name in names if homes[name].shard == shard]
            for shard in sorted({homes[name].shard for name in names})
        }

    def _kept_by(self, replica_set: str, operation: str) -> str:
        """The name under which an operation kept what it replaced."""
        try:
            plan = from_document(json.loads(self._operations.operation(operation).plan))
        except JournalRefused as error:
            raise BadRequest((f"{error}: `caisson status` shows the latest",)) from error
        for action in (action for step in plan.steps for action in step.actions):
            if isinstance(action, MergeTenants | RevertTenants):
                if action.replica_set != replica_set:
                    raise BadRequest((f"{operation} was of {action.replica_set}",))
                return action.kept
        raise BadRequest((f"{operation} restored no tenants",))


def _objection(name: str, homes: Mapping[str, Home], declared: ReplicaSet) -> str | None:
    """Why a tenant's rows cannot be in a replica set."""
    home = homes.get(name)
    if home is None:
        return f"there is no tenant `{name}` in {declared.environment}"
    if home.jurisdiction != declared.jurisdiction:
        there = f"{home.environment}/{home.jurisdiction}/{declared.store}"
        return f"the tenant `{name}` is at home in {home.jurisdiction}: restore it in {there}"
    if home.shard >= declared.shards:
        return f"the tenant `{name}` is on shard_{home.shard}, which {declared.store} does not have"
    return None


def _kept() -> str:
    """A name for what is replaced now, such as `before_20261123t220000000000z`."""
    return datetime.now(UTC).strftime("before_%Y%m%dt%H%M%S%fz")


@contextmanager
def _or_refused() -> Iterator[None]:
    """What the primary has to be asked for a plan; Refused when it does not answer."""
    try:
        yield
    except (PostgresError, StepError) as error:
        raise Refused(str(error), "see `caisson status`") from error
