"""Failback: a switchover of a jurisdiction to its home region, while all of it is healthy."""

from collections.abc import Iterable

from caisson.plan.model import (
    CatchUp,
    ClaimGeneration,
    Grant,
    Plan,
    Promote,
    Publish,
    Quiesce,
    Refusal,
    ReplicaSetState,
    Route,
    Start,
    Step,
)
from caisson.plan.names import region_of, stores_of
from caisson.plan.rejoin import NEARLY_CAUGHT_UP_BYTES, rejoin_steps
from caisson.topology.model import ReplicaSet, Topology


def plan_failback(
    topology: Topology, environment: str, home: str, states: Iterable[ReplicaSetState]
) -> Plan | Refusal:
    """Return to `home`, the region where the topology puts the primaries."""
    by_id = {state.replica_set: state for state in states}
    sets = [
        replica_set
        for replica_set in topology.replica_sets
        if replica_set.environment == environment and region_of(replica_set.primary) == home
    ]
    subject = f"{environment}/{home}"
    if not sets:
        return Refusal(
            "failback", subject, (f"{home} is not a home region of {environment}",), "name one"
        )
    silent = [
        f"{by_id[s.id].primary} does not answer"
        for s in sets
        if not by_id[s.id].member(by_id[s.id].primary).answers
    ]
    if silent:
        return Refusal("failback", subject, tuple(silent), "see `caisson status`")
    away = [(s, by_id[s.id]) for s in sets if by_id[s.id].primary != s.primary]
    at_home = [(s, by_id[s.id]) for s in sets if by_id[s.id].primary == s.primary]
    return _plan(topology, environment, home, away, at_home)


def _plan(
    topology: Topology,
    environment: str,
    home: str,
    away: list[tuple[ReplicaSet, ReplicaSetState]],
    at_home: list[tuple[ReplicaSet, ReplicaSetState]],
) -> Plan:
    prepare = (
        Step(
            f"start what is down in {home}",
            tuple(
                Start(c.id)
                for c in topology.components
                if c.environment == environment and c.region == home
            ),
        ),
        *rejoin_steps([*away, *at_home]),
    )
    switch = _switch(home, away)
    jurisdictions = sorted({s.jurisdiction for s, _ in [*away, *at_home]})
    route = Step(
        f"send requests to {home}", tuple(Route(environment, j, home) for j in jurisdictions)
    )
    steps = (*prepare, *switch, route, *_follow(away))
    waiting = f"writes to {stores_of(s.id for s, _ in away)} of {environment}" if away else ""
    return Plan(
        "failback",
        f"{environment}/{home}",
        steps,
        blast_radius=(f"{waiting} wait for the switch, typically < 1 s",) if away else (),
        undo=_undo(away),
        no_return=next(
            (k for k, step in enumerate(steps) if isinstance(step.actions[0], Promote)), 0
        ),
    )


def _switch(home: str, away: list[tuple[ReplicaSet, ReplicaSetState]]) -> tuple[Step, ...]:
    if not away:
        return ()
    stores = stores_of(s.id for s, _ in away)
    return (
        Step(
            f"catch up {stores} in {home}",
            tuple(CatchUp(s.id, s.primary, at.primary, NEARLY_CAUGHT_UP_BYTES) for s, at in away),
        ),
        Step(
            f"claim the next generation for {home}",
            tuple(ClaimGeneration(s.id, s.primary, at.generation + 1) for s, at in away),
        ),
        Step(f"quiesce {stores}", tuple(Quiesce(s.id, at.primary) for s, at in away)),
        Step(
            "let the last writes arrive",
            tuple(CatchUp(s.id, s.primary, at.primary) for s, at in away),
        ),
        Step(f"promote {stores} in {home}", tuple(Promote(s.id, s.primary) for s, _ in away)),
        Step(
            f"grant the right to write to {home}",
            tuple(Grant(s.id, s.primary, at.generation + 1) for s, at in away),
        ),
        Step("tell the services", tuple(Publish(s.id, s.primary) for s, _ in away)),
    )


def _follow(away: list[tuple[ReplicaSet, ReplicaSetState]]) -> tuple[Step, ...]:
    """The former primaries become standbys of the home region, which nobody has seen yet."""
    return rejoin_steps(
        [(s, ReplicaSetState(s.id, s.primary, at.generation + 1, ())) for s, at in away]
    )


def _undo(away: list[tuple[ReplicaSet, ReplicaSetState]]) -> tuple[Step, ...]:
    if not away:
        return ()
    return (
        Step(
            "claim a generation for the present primaries again",
            tuple(ClaimGeneration(s.id, at.primary, at.generation + 2) for s, at in away),
        ),
        Step(
            "give the right to write back to them",
            tuple(Grant(s.id, at.primary, at.generation + 2) for s, at in away),
        ),
        Step("tell the services", tuple(Publish(s.id, at.primary) for s, at in away)),
    )
