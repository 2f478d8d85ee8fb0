"""Which moments can be restored: from the names of WAL, through holes, to what a plan says."""

import json
from dataclasses import replace
from typing import Any

import pytest

from caisson.controller.due import backup_is_due
from caisson.plan.backup import plan_backup
from caisson.plan.model import MemberState, Plan, Refusal, ReplicaSetState, RestoreBeside
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.plan.restore import plan_restore, written_moment
from caisson.plan.windows import Hole, Window, windows_document
from caisson.systems.pgbackrest.answers import Archive, Archived, Backup
from caisson.systems.pgbackrest.files import Kind
from caisson.systems.pgbackrest.wal import Paths, Segment, Span
from caisson.systems.pgbackrest.windows import segments_back_from, stretches
from caisson.systems.postgres.waldump import last_commit

MEGABYTE = 1 << 20
BLOCKS = "production/us/blocks"
PRIMARY = "production/us-west/blocks"
NOON = 1_790_000_000.0


def name(timeline: int, number: int) -> str:
    return Segment(timeline, number).name(MEGABYTE)


def backup(label: str, timeline: int, first: int, last: int, *needs: str) -> Backup:
    stopped = NOON + 100 * last
    wal = (name(timeline, first), name(timeline, last))
    return Backup(label, Kind.FULL, stopped - 9, stopped, 0, 0, *wal, 9, 9, False, needs)


def archive(*wal: tuple[int, int], histories: frozenset[int] = frozenset({2})) -> Archive:
    segments = tuple(Archived(name(*each), 1, NOON) for each in sorted(wal))
    return Archive("15-1", segments, histories)


def line(timeline: int, *numbers: int) -> tuple[tuple[int, int], ...]:
    return tuple((timeline, number) for number in numbers)


ONE, TWO = backup("one", 1, 4, 5), backup("two", 1, 8, 9)


@pytest.mark.parametrize(
    ("wal", "archived", "unusable", "expected"),
    [
        (line(1, *range(4, 12)), 11, (), [("one two", 11, None)]),
        (line(1, 4, 5, 6, 8, 9, 10), 10, (), [("one", 6, 7), ("two", 10, None)]),
        (line(1, 4, 5, 6, 7, 8, 9, 11), 11, (), [("one two", 9, 10)]),
        (line(1, *range(4, 10)), 10, (), [("one two", 9, 10)]),  # only Postgres knows of it
        (line(1, 4, 6, 7, 8, 9), 9, (), [("two", 9, None)]),  # one lacks its own WAL
        (line(1, 1, 2), 9, (), []),
        (line(1, *range(4, 12)), 11, (name(1, 10),), [("one two", 9, 10)]),
        (line(1, *range(4, 12)), 11, ("two",), [("one", 11, None)]),
    ],
)
def test_holes_part_the_wal_along_which_backups_are_restored(
    wal: tuple[tuple[int, int], ...],
    archived: int,
    unusable: tuple[str, ...],
    expected: list[tuple[str, int, int | None]],
) -> None:
    found = stretches([TWO, ONE], [archive(*wal)], MEGABYTE, name(1, archived), unusable)
    assert [(" ".join(b.label for b in s.backups), s.last, s.missing) for s in found] == [
        (labels, name(1, last), "" if missing is None else name(1, missing))
        for labels, last, missing in expected
    ]


def test_a_timeline_is_followed_only_by_its_history() -> None:
    wal = (*line(1, 4, 5, 6), *line(2, 6, 7))
    (along,) = stretches([ONE], [archive(*wal)], MEGABYTE)
    assert (along.last, along.missing) == (name(2, 7), "")
    (cut,) = stretches([ONE], [archive(*wal, histories=frozenset())], MEGABYTE, name(2, 7))
    assert (cut.last, cut.missing) == (name(1, 6), name(1, 7))
    assert cut.first == name(1, 4)
    assert list(segments_back_from(cut.last, cut.first, MEGABYTE)) == [
        name(1, 6),
        name(1, 5),
        name(1, 4),
    ]


def test_a_long_archive_is_followed_in_one_pass() -> None:
    paths = Paths.among({Segment(1, number) for number in range(20_000)})
    for first in (18_000, 9_000, 0):
        assert paths.end(Span(1, first, first + 1)) == Segment(1, 19_999)


def test_when_a_segment_ended_is_read_from_its_last_commits() -> None:
    text = (
        "2: lsn: 0/00A06678, prev 0/00A06638, desc: COMMIT 2026-09-21 14:13:19.5 UTC; inval msgs\n"
        "lsn: 0/00A07678, prev 0/00A06638, desc: ABORT 2026-09-21 14:13:20.000250 UTC\n"
        "pg_waldump: error: error in WAL record at 0/A067C8: invalid record length\n"
    )
    assert last_commit(text) == NOON + 0.00025
    assert last_commit("pg_waldump: error: could not find a valid record") is None


# -- what is planned -----------------------------------------------------------------------------

HOUR = 3600.0
POINTS = tuple(
    RestorePoint(label, "full", at - 60, at, 1000, 100)
    for label, at in (("one", NOON), ("lost", NOON + 2 * HOUR), ("two", NOON + 3 * HOUR))
)
BEFORE = Window(NOON + 1, NOON + HOUR, "000000010000000000000007")
AFTER = Window(NOON + 3 * HOUR + 1, NOON + 4 * HOUR)
PARTED = RepositoryState(BLOCKS, "us-east", POINTS, windows=(BEFORE, AFTER))


def planned(repository: RepositoryState, moment: float | None = None) -> Plan | Refusal:
    return plan_restore(repository, "copy", now=NOON + 5 * HOUR, moment=moment)


def begun_from(plan: Plan | Refusal) -> str:
    assert isinstance(plan, Plan), plan
    (action,) = plan.steps[0].actions
    assert isinstance(action, RestoreBeside)
    return action.backup


@pytest.mark.parametrize("after_s", [HOUR + 1, 2 * HOUR + 5, 3 * HOUR])
def test_a_moment_in_a_hole_is_refused_with_the_nearest_on_both_sides(after_s: float) -> None:
    refused = planned(PARTED, NOON + after_s)
    assert isinstance(refused, Refusal)
    assert refused.reasons == (
        f"{written_moment(NOON + after_s)} is in a hole: WAL from 000000010000000000000007 on is"
        " missing; the nearest before it is 2026-09-21 15:13:20+00:00, and after it"
        " 2026-09-21 17:13:21+00:00",
    )


@pytest.mark.parametrize(
    ("after_s", "label"),
    [(1, "one"), (HOUR, "one"), (3 * HOUR + 1, "two"), (4.5 * HOUR, "two"), (None, "two")],
)
def test_a_moment_beside_a_hole_is_restored_from_its_own_side(
    after_s: float | None, label: str
) -> None:
    plan = planned(PARTED, None if after_s is None else NOON + after_s)
    assert begun_from(plan) == label
    assert isinstance(plan, Plan)
    assert (plan.steps[0].name, len(plan.blast_radius)) == ("restore beside", 1)


def test_a_restore_of_the_newest_that_ends_at_a_hole_says_so() -> None:
    short = replace(PARTED, windows=(BEFORE,))
    plan = planned(short)
    said = (
        "the newest that can be restored is 2026-09-21 15:13:20+00:00; WAL after it"
        " (000000010000000000000007) is missing"
    )
    assert isinstance(plan, Plan)
    assert begun_from(plan) == "one"
    assert plan.blast_radius[1] == said
    assert plan.steps[0].name == f"restore beside: {said}"
    refused = planned(short, NOON + 4 * HOUR)
    assert isinstance(refused, Refusal)
    assert "none after it before the next backup" in refused.reasons[0]


def test_a_backup_is_needed_where_new_wal_is_of_no_use() -> None:
    assert not PARTED.needs_backup
    assert replace(PARTED, windows=(BEFORE,)).needs_backup
    assert replace(PARTED, windows=()).needs_backup
    assert backup_is_due(replace(PARTED, windows=(BEFORE,)), every_s=1e9, now=NOON)
    assert not replace(PARTED, windows=None).needs_backup  # nobody has looked
    none = planned(replace(PARTED, windows=()))
    assert isinstance(none, Refusal)
    assert "none can be restored" in none.reasons[0]


def test_windows_and_holes_are_written_as_json() -> None:
    assert PARTED.holes == (Hole(NOON + HOUR, NOON + 3 * HOUR + 1, BEFORE.missing or ""),)
    document = json.loads(json.dumps(windows_document((BEFORE, replace(AFTER, missing="x")))))
    assert document["windows"][0] == {
        "from": NOON + 1,
        "to": NOON + HOUR,
        "missing": BEFORE.missing,
    }
    assert [(hole["from"], hole["to"]) for hole in document["holes"]] == [
        (NOON + HOUR, NOON + 3 * HOUR + 1),
        (NOON + 4 * HOUR, None),
    ]
    assert document["newest_restorable"] == NOON + 4 * HOUR
    assert windows_document(None)["windows"] is None


# -- what is gone --------------------------------------------------------------------------------


def backed_up(repository: RepositoryState, **how: Any) -> Plan | Refusal:
    state = ReplicaSetState(BLOCKS, PRIMARY, 3, (MemberState(PRIMARY, True, "primary"),))
    return plan_backup(BLOCKS, [state], [repository], **how)


def test_a_repository_that_is_gone_is_made_anew_only_by_that_word() -> None:
    gone = RepositoryState(BLOCKS, "us-east", gone="one")
    refused = backed_up(gone)
    assert isinstance(refused, Refusal)
    assert refused.reasons == (f"{BLOCKS}: its backups in us-east are gone, the newest was one",)
    assert refused.remedy.endswith(f"`caisson backup {BLOCKS} --new`")
    assert isinstance(backed_up(gone, anew=True), Plan)
    assert isinstance(backed_up(RepositoryState(BLOCKS, "us-east")), Plan)
    assert isinstance(backed_up(PARTED, anew=True), Refusal)
    restored = planned(gone)
    assert isinstance(restored, Refusal)
    assert "one was in us-east and is gone" in restored.reasons[0]
