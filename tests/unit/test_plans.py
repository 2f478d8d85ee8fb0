"""Plans as tables: what was observed in, which steps out, or why not."""

from dataclasses import replace

import pytest
from prove_support import component, replica_set, site

from caisson.plan.document import describe
from caisson.plan.failback import plan_failback
from caisson.plan.failover import plan_failover
from caisson.plan.model import (
    ClaimGeneration,
    Grant,
    MemberState,
    Plan,
    Promote,
    Refusal,
    ReplicaSetState,
)
from caisson.plan.provision import plan_provision
from caisson.plan.rejoin import plan_detach, plan_rejoin
from caisson.plan.settle import plan_settle
from caisson.topology.model import Kind, Topology

WEST, EAST = "production/us-west", "production/us-east"
BLOCKS, SESSIONS = "production/us/blocks", "production/us/sessions"
SESSIONS_SET = replica_set(SESSIONS, f"{WEST}/sessions", f"{EAST}/sessions", system="redis")


def topology(replication: str = "async") -> Topology:
    blocks = replica_set(BLOCKS, f"{WEST}/blocks", f"{EAST}/blocks", replication=replication)
    stores = [f"{region}/{name}" for region in (WEST, EAST) for name in ("blocks", "sessions")]
    others = {
        f"{WEST}/cache": Kind.STORE,
        f"{WEST}/web": Kind.SERVICE,
        f"{EAST}/web": Kind.SERVICE,
        f"{WEST}/proxy": Kind.PROXY,
        "production/edge/edge": Kind.EDGE,
    }
    return Topology(
        "workspace",
        sites=(site(WEST, "us"), site(EAST, "us")),
        components=(
            *(component(id_, "us") for id_ in stores),
            *(component(id_, "us", kind) for id_, kind in others.items()),
        ),
        replica_sets=(blocks, SESSIONS_SET),
    )


def primary(where: str, *, answers: bool = True) -> MemberState:
    return MemberState(where, answers=answers, role="primary")


def standby(where: str, lag_s: float | None = 0.0, **more: object) -> MemberState:
    return replace(MemberState(where, answers=True, role="standby", lag_s=lag_s), **more)  # type: ignore[arg-type]


def blocks(*members: MemberState, holder: str | None = None) -> ReplicaSetState:
    return ReplicaSetState(BLOCKS, members[0].component, 4, members, holder)


def said(plan: Plan | Refusal | None) -> list[str]:
    """Each step as `name: its actions`."""
    assert isinstance(plan, Plan)
    return [f"{s.name}: {', '.join(describe(a) for a in s.actions)}" for s in plan.steps]


def refused(plan: Plan | Refusal | None) -> tuple[str, ...]:
    assert isinstance(plan, Refusal)
    assert plan.remedy
    return plan.reasons


LOST = primary(f"{WEST}/blocks", answers=False)
AWAY = (primary(f"{EAST}/blocks"), standby(f"{WEST}/blocks"))


# Failover


def failover(state: ReplicaSetState, replication: str = "async", **more: object) -> Plan | Refusal:
    return plan_failover(topology(replication), "production", "us-west", [state], **more)  # type: ignore[arg-type]


TAKE_OVER = [
    f"claim the next generation for us-east: ClaimGeneration {EAST}/blocks",
    f"fence the old primaries in us-west: Fence {WEST}/blocks",
    f"promote blocks in us-east: Promote {EAST}/blocks",
    f"grant the right to write to us-east: Grant {EAST}/blocks",
    f"tell the services: Publish {EAST}/blocks",
    "send requests to us-east: Route us-east",
]


def test_failover_from_a_lost_region() -> None:
    plan = failover(blocks(LOST, standby(f"{EAST}/blocks")))
    assert said(plan) == TAKE_OVER


def test_failover_fences_before_it_promotes_and_gives_the_next_generation() -> None:
    plan = failover(blocks(LOST, standby(f"{EAST}/blocks")))
    assert isinstance(plan, Plan)
    actions = [action for step in plan.steps for action in step.actions]
    assert actions[0] == ClaimGeneration(BLOCKS, f"{EAST}/blocks", 5)
    assert actions[3] == Grant(BLOCKS, f"{EAST}/blocks", 5)
    assert plan.cannot_undo == ("writes that only us-west has are discarded when it rejoins",)


def test_failover_from_a_primary_that_answers_waits_for_its_last_writes() -> None:
    plan = failover(blocks(primary(f"{WEST}/blocks"), standby(f"{EAST}/blocks")))
    last_writes = f"let the last writes arrive: CatchUp {EAST}/blocks"
    assert said(plan) == [*TAKE_OVER[:2], last_writes, *TAKE_OVER[2:]]


def test_failover_takes_all_stores_of_the_region_side_by_side() -> None:
    sessions = ReplicaSetState(
        SESSIONS,
        f"{WEST}/sessions",
        2,
        (replace(LOST, component=f"{WEST}/sessions"), standby(f"{EAST}/sessions")),
    )
    states = [blocks(LOST, standby(f"{EAST}/blocks")), sessions]
    plan = plan_failover(topology(), "production", "us-west", states)
    assert said(plan)[2] == (
        f"promote blocks and sessions in us-east: Promote {EAST}/blocks, Promote {EAST}/sessions"
    )


@pytest.mark.parametrize(
    ("replication", "other", "rpo_s", "reason"),
    [
        ("async", standby(f"{EAST}/blocks", answers=False), None, "no standby answers"),
        ("async", standby(f"{EAST}/blocks", role="superseded"), None, "no standby answers"),
        (
            "async",
            standby(f"{EAST}/blocks", lag_s=7.25),
            5.0,
            "the standby in us-east was 7.2 s behind, more than the promised 5 s",
        ),
        (
            "async",
            standby(f"{EAST}/blocks", lag_s=None),
            5.0,
            "the standby in us-east has an unknown lag",
        ),
        (
            "sync",
            standby(f"{EAST}/blocks"),
            5.0,
            "the standby in us-east was not attached: commits were acknowledged without it",
        ),
    ],
)
def test_failover_that_would_lose_more_than_promised_is_refused(
    replication: str, other: MemberState, rpo_s: float | None, reason: str
) -> None:
    state = blocks(LOST, other)
    assert refused(failover(state, replication, rpo_s=rpo_s)) == (f"{BLOCKS}: {reason}",)
    accepted = failover(state, replication, rpo_s=rpo_s, accept_loss=True)
    if other.answers and other.role == "standby":
        assert isinstance(accepted, Plan)
        assert accepted.accepted_loss == f"{BLOCKS}: {reason}"
    else:  # there is nothing to accept: nobody could take over
        assert refused(accepted) == (f"{BLOCKS}: {reason}",)


@pytest.mark.parametrize(
    ("replication", "other", "rpo_s"),
    [
        ("async", standby(f"{EAST}/blocks", lag_s=5.0), 5.0),
        ("async", standby(f"{EAST}/blocks", lag_s=3600.0), None),
        ("sync", standby(f"{EAST}/blocks", lag_s=60.0, attached=True), 5.0),
    ],
)
def test_failover_within_the_promise(
    replication: str, other: MemberState, rpo_s: float | None
) -> None:
    plan = failover(blocks(LOST, other), replication, rpo_s=rpo_s)
    assert isinstance(plan, Plan)
    assert plan.accepted_loss is None


def test_failover_of_a_region_without_primaries_is_refused() -> None:
    state = blocks(*AWAY)
    assert refused(failover(state)) == (f"no primary is in {WEST}",)


def test_failover_leaves_other_environments_alone() -> None:
    state = blocks(LOST, standby(f"{EAST}/blocks"))
    other = plan_failover(topology(), "staging", "us-west", [state])
    assert refused(other) == ("no primary is in staging/us-west",)


# Failback


def failback(*states: ReplicaSetState, replication: str = "async") -> Plan | Refusal:
    of_blocks = replace(topology(replication), replica_sets=topology(replication).replica_sets[:1])
    return plan_failback(of_blocks, "production", "us-west", states)


SWITCH = [
    f"catch up blocks in us-west: CatchUp {WEST}/blocks",
    f"claim the next generation for us-west: ClaimGeneration {WEST}/blocks",
    f"quiesce blocks: Quiesce {EAST}/blocks",
    f"let the last writes arrive: CatchUp {WEST}/blocks",
    f"promote blocks in us-west: Promote {WEST}/blocks",
    f"grant the right to write to us-west: Grant {WEST}/blocks",
    f"tell the services: Publish {WEST}/blocks",
    "send requests to us-west: Route us-west",
    f"rejoin blocks in us-east: Rejoin {EAST}/blocks",
]


def test_failback_starts_rejoins_switches_and_makes_the_other_follow() -> None:
    plan = failback(blocks(AWAY[0], replace(AWAY[1], role="superseded")))
    start, rejoin, *switch = said(plan)
    assert start.startswith("start what is down in us-west: Start production/us-west/blocks, ")
    assert rejoin == f"rejoin blocks in us-west: Rejoin {WEST}/blocks"
    assert switch == SWITCH


def test_failback_with_a_synchronous_standby_attaches_it_before_and_after() -> None:
    plan = failback(blocks(*AWAY), replication="sync")
    steps = said(plan)
    before, after = steps[1:3], steps[-3:]
    assert before == [
        f"catch up: CatchUp {WEST}/blocks",
        f"attach blocks: commits wait for the standby: Attach {WEST}/blocks",
    ]
    assert steps[3:-2] == SWITCH
    assert after[1:] == [
        f"catch up: CatchUp {EAST}/blocks",
        f"attach blocks: commits wait for the standby: Attach {EAST}/blocks",
    ]


def test_failback_is_undone_with_a_newer_generation_until_it_promotes() -> None:
    plan = failback(blocks(*AWAY))
    assert isinstance(plan, Plan)
    assert plan.steps[plan.no_return].actions == (Promote(BLOCKS, f"{WEST}/blocks"),)
    assert plan.undo[0].actions == (ClaimGeneration(BLOCKS, f"{EAST}/blocks", 6),)
    assert plan.undo[1].actions == (Grant(BLOCKS, f"{EAST}/blocks", 6),)


def test_failback_of_what_is_at_home_only_starts_and_routes() -> None:
    plan = failback(blocks(primary(f"{WEST}/blocks"), standby(f"{EAST}/blocks")))
    assert [step.split(":")[0] for step in said(plan)] == [
        "start what is down in us-west",
        "send requests to us-west",
    ]


def test_failback_from_a_primary_that_does_not_answer_is_refused() -> None:
    state = blocks(replace(AWAY[0], answers=False), AWAY[1])
    assert refused(failback(state)) == (f"{EAST}/blocks does not answer",)


def test_failback_to_a_region_that_is_no_home_is_refused() -> None:
    plan = plan_failback(topology(), "production", "us-east", [blocks(*AWAY)])
    assert refused(plan) == ("us-east is not a home region of production",)


# Rejoin, detach, settle


@pytest.mark.parametrize(
    ("replication", "other", "steps"),
    [
        ("async", standby(f"{EAST}/blocks"), []),
        ("sync", standby(f"{EAST}/blocks", attached=True), []),
        (
            "async",
            standby(f"{EAST}/blocks", role="superseded"),
            [f"rejoin blocks in us-east: Rejoin {EAST}/blocks"],
        ),
        (
            "sync",
            standby(f"{EAST}/blocks"),
            [
                f"catch up: CatchUp {EAST}/blocks",
                f"attach blocks: commits wait for the standby: Attach {EAST}/blocks",
            ],
        ),
        (
            "sync",
            standby(f"{EAST}/blocks", role="unknown", answers=False),
            [
                f"rejoin blocks in us-east: Rejoin {EAST}/blocks",
                f"catch up: CatchUp {EAST}/blocks",
                f"attach blocks: commits wait for the standby: Attach {EAST}/blocks",
            ],
        ),
    ],
)
def test_rejoin(replication: str, other: MemberState, steps: list[str]) -> None:
    plan = plan_rejoin(
        topology(replication), [blocks(primary(f"{WEST}/blocks"), other)], "production"
    )
    assert (said(plan) if plan else []) == steps


def test_detach_says_what_it_costs() -> None:
    state = blocks(primary(f"{WEST}/blocks"), standby(f"{EAST}/blocks"))
    plan = plan_detach(state, f"{EAST}/blocks")
    assert said(plan) == [f"detach us-east: commits no longer wait for it: Detach {EAST}/blocks"]
    assert plan.blast_radius == (
        f"until {EAST}/blocks is attached again, losing the primary loses writes",
    )


@pytest.mark.parametrize(
    ("first", "other", "to"),
    [
        (primary(f"{WEST}/blocks"), standby(f"{EAST}/blocks", role="superseded"), f"{EAST}/blocks"),
        (LOST, standby(f"{EAST}/blocks", role="superseded"), f"{EAST}/blocks"),
        (primary(f"{WEST}/blocks"), standby(f"{EAST}/blocks"), f"{WEST}/blocks"),
        (LOST, standby(f"{EAST}/blocks"), None),
    ],
)
def test_settle_goes_where_writes_may_be(
    first: MemberState, other: MemberState, to: str | None
) -> None:
    plan = plan_settle(blocks(first, other, holder=f"{EAST}/blocks"))
    if to is None:
        assert plan is None
        return
    assert isinstance(plan, Plan)
    actions = [action for step in plan.steps for action in step.actions]
    assert actions[0] == ClaimGeneration(BLOCKS, to, 5)
    assert Grant(BLOCKS, to, 5) in actions


# Provision


def started(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def test_provision_from_nothing() -> None:
    plan = plan_provision(topology("sync"), {})
    assert said(plan) == [
        f"initialise databases: Initialise {WEST}/blocks",
        f"start primaries and caches: Start {WEST}/blocks, Start {WEST}/sessions,"
        f" Start {WEST}/cache",
        f"create roles, shards and write guards: ApplySchema {WEST}/blocks",
        f"claim a generation for each primary: ClaimGeneration {WEST}/blocks,"
        f" ClaimGeneration {WEST}/sessions",
        f"grant the right to write: Grant {WEST}/blocks, Grant {WEST}/sessions",
        f"start standbys: Rejoin {EAST}/blocks, Rejoin {EAST}/sessions",
        f"catch up standbys: CatchUp {EAST}/blocks",
        f"attach standbys: commits wait for them: Attach {EAST}/blocks",
        f"tell the services: Publish {WEST}/blocks, Publish {WEST}/sessions",
        f"start services: Start {WEST}/web, Start {EAST}/web",
        f"start proxies: Start {WEST}/proxy",
        "start edges: Start production/edge/edge",
    ]


def test_provision_leaves_a_primary_where_it_was() -> None:
    plan = plan_provision(topology(), {BLOCKS: (f"{EAST}/blocks", 7)})
    actions = [action for step in plan.steps for action in step.actions]
    assert ClaimGeneration(BLOCKS, f"{EAST}/blocks", 8) in actions
    assert "initialise databases" not in started(plan)
    assert f"start standbys: Rejoin {WEST}/blocks, Rejoin {EAST}/sessions" in said(plan)


def test_provision_only_starts_what_an_unfinished_operation_holds() -> None:
    held = frozenset({BLOCKS})
    plan = plan_provision(topology(), {BLOCKS: (f"{WEST}/blocks", 7)}, held)
    about_blocks = [
        action for step in plan.steps for action in step.actions if "/blocks" in describe(action)
    ]
    assert [describe(action) for action in about_blocks] == [
        f"Start {WEST}/blocks",
        f"Start {EAST}/blocks",
    ]
    assert not any(getattr(action, "must_answer", True) for action in about_blocks)
