"""What `adopt` would do, when it refuses, and from what is restored after a switch."""

import pytest

from caisson.estate.sources import Source
from caisson.plan.adopt import Candidate, plan_adopt
from caisson.plan.backup import plan_backup
from caisson.plan.document import from_document, to_document
from caisson.plan.lineage import Turn
from caisson.plan.model import (
    BackUp,
    BeginTimeline,
    ClaimGeneration,
    CopyShard,
    Detach,
    Discard,
    DropShard,
    Exchange,
    Fence,
    Grant,
    LayBeside,
    MemberState,
    Plan,
    PutBack,
    Refusal,
    Rejoin,
    ReplicaSetState,
    RestoreBeside,
    SetAside,
)
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.plan.restore import plan_restore
from caisson.plan.shards import ShardTarget, plan_restore_shard, plan_swap_shard
from caisson.plan.transactions import Transaction
from caisson.topology.model import ReplicaSet

BLOCKS = "production/us/blocks"
WEST, EAST = "production/us-west/blocks", "production/us-east/blocks"
NOON = 1_790_000_000.0
COPY = Candidate("copy", "us-west", runs=True)
ASIDE = Candidate("aside-1", "us-west", lies=(WEST, EAST))


def declared(replication: str = "async") -> ReplicaSet:
    return ReplicaSet(
        *("production", "us", "blocks", "postgres", replication, 2, None, WEST, (EAST,)),
        Source("estate.yaml", 1),
    )


def state(holder: str = WEST, *, east_answers: bool = True) -> ReplicaSetState:
    members = (MemberState(WEST, True, "primary"), MemberState(EAST, east_answers, "standby"))
    return ReplicaSetState(BLOCKS, WEST, 3, members, holder)


def actions(plan: Plan | Refusal) -> list[object]:
    assert isinstance(plan, Plan), plan
    return [action for step in plan.steps for action in step.actions]


def reasons(plan: Plan | Refusal) -> str:
    assert isinstance(plan, Refusal), plan
    return " ".join(plan.reasons)


def test_the_primary_is_fenced_before_other_data_takes_its_place() -> None:
    plan = plan_adopt(declared("sync"), state(), COPY, "aside-2")
    done = actions(plan)
    order = [
        LayBeside(BLOCKS, WEST, "copy"),
        ClaimGeneration(BLOCKS, WEST, 4),
        Fence(BLOCKS, WEST),
        Exchange(BLOCKS, WEST, "copy", "aside-2"),
        BeginTimeline(BLOCKS, WEST),
        Detach(BLOCKS, WEST, EAST),
        Grant(BLOCKS, WEST, 4),
        Rejoin(BLOCKS, EAST, WEST),
    ]
    assert [each for each in done if each in order] == order
    assert SetAside(BLOCKS, EAST, "aside-2") in done
    assert isinstance(plan, Plan)
    assert from_document(to_document(plan)) == plan


def test_what_fails_before_the_right_to_write_is_granted_is_put_back() -> None:
    plan = plan_adopt(declared(), state(), COPY, "aside-2")
    assert isinstance(plan, Plan)
    assert isinstance(plan.steps[plan.no_return].actions[0], Grant)
    undone = [action for step in plan.undo for action in step.actions]
    assert undone[:3] == [
        PutBack(BLOCKS, WEST, "aside-2", "copy"),
        PutBack(BLOCKS, EAST, "aside-2", None),
        BeginTimeline(BLOCKS, WEST),
    ]
    assert Grant(BLOCKS, WEST, 5) in undone


def test_what_was_set_aside_together_comes_back_together() -> None:
    plan = plan_adopt(declared(), state(), ASIDE, "aside-2")
    exchanged = [each for each in actions(plan) if isinstance(each, Exchange)]
    assert {each.member for each in exchanged} == {WEST, EAST}
    assert not [each for each in actions(plan) if isinstance(each, LayBeside | SetAside)]


def test_a_standby_that_is_silent_is_not_waited_for() -> None:
    plan = plan_adopt(declared(), state(east_answers=False), COPY, "aside-2")
    assert not [each for each in actions(plan) if isinstance(each, Rejoin)]


@pytest.mark.parametrize(
    ("candidate", "says"),
    [
        (
            Candidate("copy", "us-east", runs=True),
            f"`caisson restore {BLOCKS} --keep --in us-west`",
        ),
        (Candidate("aside-1", "us-east"), "bring that to us-east first"),
        (Candidate("copy", "us-west", why_not="it does not answer"), "copy: it does not answer"),
    ],
)
def test_a_candidate_that_will_not_do_is_refused(candidate: Candidate, says: str) -> None:
    assert says in reasons(plan_adopt(declared(), state(), candidate, "aside-2"))


def test_nothing_is_switched_while_its_state_is_unclear() -> None:
    split = plan_adopt(declared(), state(holder=EAST), COPY, "aside-2", why_no_archive="gone")
    assert "between two primaries" in reasons(split)
    assert "its archive cannot be read: gone" in reasons(split)


# -- lineage -----------------------------------------------------------------------------------

MINUTE = 60.0


def point(label: str, at: float, before: int | None = None) -> RestorePoint:
    return RestorePoint(label, "full", at - 5, at, 1000, 100, before)


def switched(*minutes: int, undone: bool = False) -> RepositoryState:
    """Backups at some minutes; adopted at 10, and with `undone` switched back at 20."""
    turns = [Turn(NOON + 10 * MINUTE, 2, "copy", "aside-1")]
    if undone:
        turns.append(Turn(NOON + 20 * MINUTE, 4, "aside-1", "aside-2"))
    points = tuple(point(f"at {each}", NOON + each * MINUTE) for each in minutes)
    return RepositoryState(BLOCKS, "us-east", points, turns=tuple(turns))


def restored(repository: RepositoryState, minute: float | None) -> tuple[str, str | None] | str:
    """From which backup, along which timeline; or why not."""
    moment = None if minute is None else NOON + minute * MINUTE
    plan = plan_restore(repository, "place", now=NOON + 60 * MINUTE, moment=moment)
    if isinstance(plan, Refusal):
        return " ".join(plan.reasons)
    action = plan.steps[0].actions[0]
    assert isinstance(action, RestoreBeside)
    return action.backup, action.timeline


def test_each_moment_is_restored_as_services_saw_it() -> None:
    there = switched(5, 15, 25, undone=True)
    assert restored(there, 9) == ("at 5", "2")  # before the copy was adopted
    assert restored(there, 19) == ("at 15", "4")  # of the copy, from its own backup
    assert restored(there, 22) == ("at 5", None)  # back: from where it was left, not from the copy
    assert restored(there, 30) == ("at 25", None)
    assert restored(there, None) == ("at 25", None)


def test_a_switch_needs_a_backup_of_its_own() -> None:
    there = switched(5)
    for minute in (12, None):
        assert "was switched to copy" in restored(there, minute)
        assert "no backup was made of it" in restored(there, minute)
    assert restored(there, 9) == ("at 5", "2")
    assert restored(switched(5, undone=True), None) == ("at 5", None)


@pytest.mark.parametrize(
    ("repository", "kind"),
    [(switched(5), "full"), (switched(5, 15), "incr"), (switched(5, 15, undone=True), "full")],
)
def test_the_first_backup_after_a_switch_copies_everything(
    repository: RepositoryState, kind: str
) -> None:
    assert actions(plan_backup(BLOCKS, [state()], [repository]))[-1] == BackUp(BLOCKS, WEST, kind)


# -- before a transaction ----------------------------------------------------------------------


def before(transaction: Transaction) -> Plan | Refusal:
    points = (point("one", NOON, 100), point("two", NOON + 60, 200), point("three", NOON + 120))
    repository = RepositoryState(BLOCKS, "us-east", points)
    return plan_restore(repository, "place", now=NOON + 600, before=transaction)


def test_a_transaction_is_restored_from_a_backup_that_had_certainly_ended() -> None:
    for number, label in ((100, "one"), (199, "one"), (200, "two"), (300, "two")):
        action = actions(before(Transaction(number, "committed")))[0]
        assert action == RestoreBeside(BLOCKS, "place", label, None, before=str(number))


@pytest.mark.parametrize(
    ("transaction", "says"),
    [
        (Transaction(99, "committed"), "write `--to` with a moment before it instead"),
        (Transaction(150, "to come"), "has not begun yet"),
        (Transaction(150, "in progress"), "has not ended yet"),
        (Transaction(150, "aborted"), "was rolled back and has changed nothing"),
    ],
)
def test_a_transaction_before_which_there_is_no_moment(transaction: Transaction, says: str) -> None:
    assert says in reasons(before(transaction))


# -- shards ------------------------------------------------------------------------------------


def test_of_one_shard_the_copy_is_discarded_and_what_was_half_done_is_dropped() -> None:
    target = ShardTarget(WEST, 1, "shard_1_restored_x")
    whole = plan_restore(RepositoryState(BLOCKS, "us-east", (point("one", NOON),)), "p", now=NOON)
    plan = plan_restore_shard(whole, "p", target)
    copy, discard = actions(plan)[-2:]
    assert copy == CopyShard(BLOCKS, WEST, "p", 1, "shard_1_restored_x")
    assert discard == Discard(BLOCKS, "p")
    assert isinstance(plan, Plan)
    assert plan.undo[0].actions == (DropShard(BLOCKS, WEST, "shard_1_restored_x"),)
    assert plan.steps[plan.no_return - 1].actions == (copy,)
    half = plan_swap_shard(BLOCKS, target, "shard_1_aside_x", compared=False)
    assert "was not compared" in reasons(half)
