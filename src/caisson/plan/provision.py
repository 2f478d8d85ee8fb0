"""Provision: bring every component of a topology up, from nothing or from whatever is there."""

from collections.abc import Mapping

from caisson.plan.model import (
    ApplySchema,
    Attach,
    CatchUp,
    ClaimGeneration,
    Grant,
    Initialise,
    Plan,
    Publish,
    Rejoin,
    Start,
    Step,
)
from caisson.topology.model import Kind, ReplicaSet, Topology


def plan_provision(
    topology: Topology,
    primaries: Mapping[str, tuple[str, int]],
    held: frozenset[str] = frozenset(),
) -> Plan:
    """Start everything, data first, edges last.

    `primaries` maps a replica set to its recorded primary and generation; a set that is not
    in it is new and starts at home. Sets in `held` belong to an unfinished operation: their
    members are started as they lie on disk, and the operation decides the rest.
    """
    free = [s for s in topology.replica_sets if s.id not in held]
    now = {s.id: primaries.get(s.id, (s.primary, 0)) for s in free}
    postgres = [s for s in free if s.system == "postgres"]
    steps = (
        Step(
            "initialise databases",
            tuple(Initialise(s.id, now[s.id][0]) for s in postgres if s.id not in primaries),
        ),
        Step(
            "start primaries and caches",
            (
                *(Start(now[s.id][0]) for s in free),
                *(
                    Start(member, must_answer=False)
                    for s in topology.replica_sets
                    if s.id in held
                    for member in s.members
                ),
                *_starts_of_unreplicated(topology),
            ),
        ),
        Step(
            "create roles, shards and write guards",
            tuple(ApplySchema(s.id, now[s.id][0]) for s in postgres),
        ),
        Step(
            "claim a generation for each primary",
            tuple(ClaimGeneration(s.id, now[s.id][0], now[s.id][1] + 1) for s in free),
        ),
        Step(
            "grant the right to write",
            tuple(Grant(s.id, now[s.id][0], now[s.id][1] + 1) for s in free),
        ),
        Step(
            "start standbys",
            tuple(Rejoin(s.id, m, now[s.id][0]) for s in free for m in _others(s, now[s.id][0])),
        ),
        *_attach([(s, now[s.id][0]) for s in free if s.replication == "sync"]),
        Step("tell the services", tuple(Publish(s.id, now[s.id][0]) for s in free)),
        Step("start services", _starts(topology, Kind.SERVICE)),
        Step("start proxies", _starts(topology, Kind.PROXY)),
        Step("start edges", _starts(topology, Kind.EDGE)),
    )
    return Plan("provision", topology.estate, tuple(step for step in steps if step.actions))


def _starts(topology: Topology, kind: Kind) -> tuple[Start, ...]:
    return tuple(Start(c.id) for c in topology.components if c.kind is kind)


def _starts_of_unreplicated(topology: Topology) -> tuple[Start, ...]:
    replicated = {member for s in topology.replica_sets for member in s.members}
    return tuple(
        Start(c.id) for c in topology.components if c.kind is Kind.STORE and c.id not in replicated
    )


def _others(replica_set: ReplicaSet, primary: str) -> tuple[str, ...]:
    return tuple(member for member in replica_set.members if member != primary)


def _attach(sets: list[tuple[ReplicaSet, str]]) -> tuple[Step, ...]:
    pairs = [(s, primary, m) for s, primary in sets for m in _others(s, primary)]
    if not pairs:
        return ()
    return (
        Step("catch up standbys", tuple(CatchUp(s.id, m, primary) for s, primary, m in pairs)),
        Step(
            "attach standbys: commits wait for them",
            tuple(Attach(s.id, primary, m) for s, primary, m in pairs),
        ),
    )
