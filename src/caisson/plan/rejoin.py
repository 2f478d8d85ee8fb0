"""Rejoin and detach: a replica set gets its standby back, or stops waiting for a lost one."""

from collections.abc import Iterable

from caisson.plan.model import Attach, CatchUp, Detach, Plan, Rejoin, ReplicaSetState, Step
from caisson.plan.names import region_of, stores_of
from caisson.topology.model import ReplicaSet, Topology

NEARLY_CAUGHT_UP_BYTES = 1 << 20


def plan_rejoin(topology: Topology, states: Iterable[ReplicaSetState], subject: str) -> Plan | None:
    """Make every member that is not the primary follow it and, where declared, attach it.

    None when all of them do already.
    """
    sets = {replica_set.id: replica_set for replica_set in topology.replica_sets}
    steps = rejoin_steps([(sets[state.replica_set], state) for state in states])
    return Plan("rejoin", subject, steps) if steps else None


def rejoin_steps(sets: Iterable[tuple[ReplicaSet, ReplicaSetState]]) -> tuple[Step, ...]:
    """The steps after which all members follow their primary; empty when they do."""
    followers = [
        (replica_set, state, member)
        for replica_set, state in sets
        for member in replica_set.members
        if member != state.primary
    ]
    astray = [f for f in followers if f[1].member(f[2]).role != "standby"]
    loose = [f for f in followers if f[0].replication == "sync" and not f[1].member(f[2]).attached]
    steps = []
    if astray:
        where = ", ".join(sorted({region_of(member) for _, _, member in astray}))
        steps.append(
            Step(
                f"rejoin {stores_of(s.id for s, _, _ in astray)} in {where}",
                tuple(Rejoin(s.id, member, state.primary) for s, state, member in astray),
            )
        )
    if loose:
        steps.append(
            Step(
                "catch up",
                tuple(
                    CatchUp(s.id, member, state.primary, NEARLY_CAUGHT_UP_BYTES)
                    for s, state, member in loose
                ),
            )
        )
        steps.append(
            Step(
                f"attach {stores_of(s.id for s, _, _ in loose)}: commits wait for the standby",
                tuple(Attach(s.id, state.primary, member) for s, state, member in loose),
            )
        )
    return tuple(steps)


def plan_detach(state: ReplicaSetState, member: str) -> Plan:
    """Let commits go on without a lost synchronous standby; it cannot be promoted meanwhile."""
    return Plan(
        "detach",
        member,
        (
            Step(
                f"detach {region_of(member)}: commits no longer wait for it",
                (Detach(state.replica_set, state.primary, member),),
            ),
        ),
        blast_radius=(f"until {member} is attached again, losing the primary loses writes",),
    )
