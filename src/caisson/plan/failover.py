"""Failover: a jurisdiction's primaries in one region are lost; its standbys take over."""

from collections.abc import Iterable

from caisson.plan.model import (
    CatchUp,
    ClaimGeneration,
    Fence,
    Grant,
    MemberState,
    Plan,
    Promote,
    Publish,
    Refusal,
    ReplicaSetState,
    Route,
    Step,
)
from caisson.plan.names import at_region, region_of, stores_of
from caisson.topology.model import ReplicaSet, Topology


def plan_failover(
    topology: Topology,
    environment: str,
    lost_region: str,
    states: Iterable[ReplicaSetState],
    *,
    rpo_s: float | None = None,
    accept_loss: bool = False,
) -> Plan | Refusal:
    """Promote the standby of every replica set whose primary is in `lost_region`.

    `states` is what was last observed, the lost members included. `rpo_s` is the promise
    that an automatic or unforced failover keeps: with a standby further behind it is refused.
    """
    subject = f"{environment}/{lost_region}"
    sets = {replica_set.id: replica_set for replica_set in topology.replica_sets}
    affected = [
        state
        for state in states
        if region_of(state.primary) == lost_region
        and sets[state.replica_set].environment == environment
    ]
    if not affected:
        return Refusal(
            "failover", subject, (f"no primary is in {subject}",), "see `caisson status`"
        )
    chosen = [(state, _best_standby(state)) for state in affected]
    reasons = [
        reason
        for state, standby in chosen
        for reason in _objections(sets[state.replica_set], state, standby, rpo_s)
    ]
    impossible = [state.replica_set for state, standby in chosen if standby is None]
    if impossible or (reasons and not accept_loss):
        return Refusal("failover", subject, tuple(reasons), _remedy(bool(impossible)))
    ready = [(state, standby) for state, standby in chosen if standby is not None]
    return _plan(subject, environment, sets, ready, tuple(reasons))


def _best_standby(state: ReplicaSetState) -> MemberState | None:
    standbys = [m for m in state.members if m.role == "standby" and m.answers]
    return min(standbys, key=lambda m: (not m.attached, m.lag_bytes or 0), default=None)


def _objections(
    replica_set: ReplicaSet,
    state: ReplicaSetState,
    standby: MemberState | None,
    rpo_s: float | None,
) -> list[str]:
    if standby is None:
        return [f"{state.replica_set}: no standby answers"]
    where = f"{state.replica_set}: the standby in {region_of(standby.component)}"
    if replica_set.replication == "sync" and not standby.attached:
        return [f"{where} was not attached: commits were acknowledged without it"]
    if rpo_s is None or replica_set.replication == "sync":
        return []
    if standby.lag_s is None:
        return [f"{where} has an unknown lag"]
    if standby.lag_s > rpo_s:
        return [f"{where} was {standby.lag_s:.1f} s behind, more than the promised {rpo_s:g} s"]
    return []


def _remedy(impossible: bool) -> str:
    if impossible:
        return "bring the region back (`caisson up`), or repair its standby"
    return "bring the region back, or lose that data knowingly with --accept-loss"


def _catch_up(
    healthy: list[tuple[str, str, ReplicaSetState]],
) -> tuple[Step, ...]:
    """From a primary that still answers nothing needs to be lost."""
    if not healthy:
        return ()
    return (
        Step(
            "let the last writes arrive",
            tuple(CatchUp(s, m, state.primary) for s, m, state in healthy),
        ),
    )


def _plan(
    subject: str,
    environment: str,
    sets: dict[str, ReplicaSet],
    chosen: list[tuple[ReplicaSetState, MemberState]],
    objections: tuple[str, ...],
) -> Plan:
    moves = [(state.replica_set, standby.component, state) for state, standby in chosen]
    routes = {
        (sets[replica_set].jurisdiction, region_of(member)) for replica_set, member, _ in moves
    }
    target = ", ".join(sorted({region for _, region in routes}))
    stores = stores_of(replica_set for replica_set, _, _ in moves)
    healthy = [m for m in moves if m[2].member(m[2].primary).answers]
    steps = (
        Step(
            f"claim the next generation for {target}",
            tuple(ClaimGeneration(s, m, state.generation + 1) for s, m, state in moves),
        ),
        Step(
            f"fence the old primaries in {at_region(subject)}",
            tuple(Fence(s, state.primary) for s, _, state in moves),
        ),
        *_catch_up(healthy),
        Step(f"promote {stores} in {target}", tuple(Promote(s, m) for s, m, _ in moves)),
        Step(
            f"grant the right to write to {target}",
            tuple(Grant(s, m, state.generation + 1) for s, m, state in moves),
        ),
        Step("tell the services", tuple(Publish(s, m) for s, m, _ in moves)),
        Step(
            f"send requests to {target}",
            tuple(Route(environment, j, region) for j, region in sorted(routes)),
        ),
    )
    return Plan(
        "failover",
        subject,
        steps,
        blast_radius=(
            f"writes to {stores} of {environment} wait until {target} holds the right to write",
        ),
        cannot_undo=(f"writes that only {at_region(subject)} has are discarded when it rejoins",),
        accepted_loss="; ".join(objections) or None,
    )
