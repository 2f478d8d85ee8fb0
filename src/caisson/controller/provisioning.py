"""What `up` would do now: the provision plan from the topology and from what is recorded."""

import json
from collections.abc import Iterable

from caisson.plan.document import from_document
from caisson.plan.model import ClaimGeneration, Plan
from caisson.plan.provision import plan_provision
from caisson.state.errors import StateMissing
from caisson.state.journal import Operation
from caisson.state.state import open_state
from caisson.targets.local.layout import Layout
from caisson.tenants.directory import Directory, ReplicaSetFacts
from caisson.topology.model import Topology


def provision_plan(
    topology: Topology, facts: dict[str, ReplicaSetFacts], unfinished: Iterable[Operation]
) -> Plan:
    """Start everything, but leave replica sets that an unfinished operation moves as they lie."""
    held = {
        action.replica_set
        for operation in unfinished
        if operation.verb != "provision"
        for step in from_document(json.loads(operation.plan)).steps
        for action in step.actions
        if isinstance(action, ClaimGeneration)
    }
    primaries = {
        name: (fact.primary, fact.generation)
        for name, fact in facts.items()
        if fact.primary is not None
    }
    return plan_provision(topology, primaries, frozenset(held & facts.keys()))


def plan_from_state(topology: Topology, layout: Layout) -> Plan:
    """The same without a controller, from its state as it is on disk, if there is any."""
    try:
        with open_state(layout.state_place, read_only=True) as state:
            facts = Directory(state.database).facts()
            return provision_plan(topology, facts, state.journal.unfinished())
    except StateMissing:
        return provision_plan(topology, {}, ())
