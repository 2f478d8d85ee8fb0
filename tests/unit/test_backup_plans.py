"""What `backup` and `restore` would do, and when they refuse."""

import pytest

from caisson.plan.backup import plan_backup
from caisson.plan.document import from_document, to_document
from caisson.plan.model import (
    Ask,
    BackUp,
    Discard,
    MemberState,
    Plan,
    PrepareRepository,
    Refusal,
    ReplicaSetState,
    RestoreBeside,
    StartBeside,
)
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.plan.restore import plan_restore

BLOCKS = "production/us/blocks"
PRIMARY = "production/us-west/blocks"
NOON = 1_790_000_000.0


def point(label: str, stopped_at: float, kind: str = "full") -> RestorePoint:
    return RestorePoint(label, kind, stopped_at - 60, stopped_at, 1000, 100)


def repository(*points: RestorePoint, why_not: str | None = None) -> RepositoryState:
    return RepositoryState(BLOCKS, "us-east", points, why_not)


def state(*, answers: bool = True) -> ReplicaSetState:
    return ReplicaSetState(BLOCKS, PRIMARY, 3, (MemberState(PRIMARY, answers, "primary"),))


def actions(plan: Plan | Refusal) -> list[object]:
    assert isinstance(plan, Plan), plan
    return [action for step in plan.steps for action in step.actions]


def reasons(plan: Plan | Refusal) -> str:
    assert isinstance(plan, Refusal), plan
    return " ".join(plan.reasons)


@pytest.mark.parametrize(
    ("points", "full", "kind"),
    [
        ((), False, "full"),
        ((point("one", NOON),), False, "incr"),
        ((point("one", NOON),), True, "full"),
    ],
)
def test_only_what_changed_is_copied_where_there_is_a_backup(
    points: tuple[RestorePoint, ...], full: bool, kind: str
) -> None:
    plan = plan_backup(BLOCKS, [state()], [repository(*points)], full=full)
    assert actions(plan) == [PrepareRepository(BLOCKS, PRIMARY), BackUp(BLOCKS, PRIMARY, kind)]


def test_no_backup_is_made_of_a_primary_that_is_silent_nor_into_what_cannot_be_read() -> None:
    refused = plan_backup(BLOCKS, [state(answers=False)], [repository(why_not="no such host")])
    assert f"its primary {PRIMARY} does not answer" in reasons(refused)
    assert "us-east: no such host" in reasons(refused)
    assert "declared to be backed up" in reasons(plan_backup(BLOCKS, [state()], []))


def test_a_copy_is_restored_beside_asked_and_discarded() -> None:
    there = repository(point("one", NOON), point("two", NOON + 3600, "incr"))
    plan = plan_restore(there, "copy", now=NOON + 9000, moment=NOON + 1.5)
    written = "2026-09-21 14:13:21.500000+00:00"
    discard = Discard(BLOCKS, "copy")
    assert actions(plan) == [
        RestoreBeside(BLOCKS, "copy", "one", written),
        StartBeside(BLOCKS, "copy"),
        Ask(BLOCKS, "copy"),
        discard,
    ]
    assert isinstance(plan, Plan)
    # Whichever of the first three fails, nothing of the copy stays.
    assert [step.actions for step in plan.undo] == [(discard,)]
    assert plan.no_return == 3
    assert from_document(to_document(plan)) == plan


def test_a_copy_that_is_kept_is_not_discarded() -> None:
    kept = actions(plan_restore(repository(point("one", NOON)), "copy", now=NOON, keep=True))
    assert kept[0] == RestoreBeside(BLOCKS, "copy", "one", None)
    assert Discard(BLOCKS, "copy") not in kept


def test_a_moment_before_the_oldest_backup_cannot_be_restored() -> None:
    there = repository(point("one", NOON), point("two", NOON + 3600, "incr"))
    early = reasons(plan_restore(there, "copy", now=NOON + 9000, moment=NOON + 0.5))
    assert "before 2026-09-21 14:13:21+00:00, when the oldest backup was whole" in early
    assert isinstance(plan_restore(there, "copy", now=NOON + 9000, moment=NOON + 1), Plan)
    late = plan_restore(there, "copy", now=NOON + 9000, moment=NOON + 9001)
    assert "2026-09-21 16:43:21+00:00 has not come yet" in reasons(late)
    assert "has no backup yet" in reasons(plan_restore(repository(), "copy", now=NOON))
    assert "no such host" in reasons(
        plan_restore(repository(why_not="no such host"), "copy", now=NOON)
    )


SESSIONS = "production/us/sessions"
HOME, AWAY = "production/us-west/sessions", "production/us-east/sessions"


def without_wal(*points: RestorePoint) -> RepositoryState:
    return RepositoryState(SESSIONS, "us-east", points, any_moment=False)


@pytest.mark.parametrize(
    ("standby", "source"),
    [
        (MemberState(AWAY, answers=True, role="standby"), AWAY),
        (MemberState(AWAY, answers=False, role="standby"), HOME),
        (MemberState(AWAY, answers=True, role="superseded"), HOME),
    ],
)
def test_without_wal_a_standby_is_copied_whole_where_one_follows(
    standby: MemberState, source: str
) -> None:
    members = (MemberState(HOME, answers=True, role="primary"), standby)
    state = ReplicaSetState(SESSIONS, HOME, 3, members)
    plan = plan_backup(SESSIONS, [state], [without_wal(point("one", NOON))])
    assert actions(plan) == [PrepareRepository(SESSIONS, source), BackUp(SESSIONS, source, "full")]


def test_without_wal_only_the_moments_of_the_backups_can_be_restored() -> None:
    one = RestorePoint("one", "full", NOON + 0.4, NOON + 0.6, 1000, None)
    two = RestorePoint("two", "full", NOON + 100.9, NOON + 101.2, 1000, None)
    there = without_wal(one, two)

    def at(moment: float | None) -> Plan | Refusal:
        return plan_restore(there, "copy", now=NOON + 9000, moment=moment)

    beside = [actions(at(moment))[0] for moment in (None, NOON, NOON + 100, NOON + 101.9)]
    assert beside == [
        RestoreBeside(SESSIONS, "copy", label, None) for label in ("two", "one", "two", "two")
    ]
    between = reasons(at(NOON + 50))
    assert "keeps no WAL" in between
    assert "are of 2026-09-21 14:13:20+00:00 and 2026-09-21 14:15:01+00:00" in between
    assert "are of 2026-09-21 14:13:20+00:00;" in reasons(at(NOON - 1)) + ";"
    assert "has not come yet" in reasons(at(NOON + 9001))
