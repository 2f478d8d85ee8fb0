"""What is wrong with a repository, what it means, and what is remembered although it is lost."""

from dataclasses import replace
from pathlib import Path

import pytest

from caisson.controller.events import Event, Events
from caisson.controller.remembered import Remembered
from caisson.controller.waiting import Changes, Waits
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.state.state import open_state
from caisson.systems.pgbackrest.answers import Backup, Stanza
from caisson.systems.pgbackrest.files import Kind
from caisson.systems.pgbackrest.looking import History, Look
from caisson.systems.pgbackrest.meaning import tell, unusable
from caisson.systems.pgbackrest.problems import Trouble
from caisson.systems.pgbackrest.verification import Checked, Fault, Verification, read_verify
from caisson.systems.pgbackrest.waiting import Pressure, Queue

MEGABYTE = 1 << 20
BLOCKS = "production/us/blocks"
FULL, DIFF, LATER = "20260101-000000F", "20260101-000000F_20260102-000000D", "20260103-000000F"


def backup(label: str, at: float, first: int, *needs: str) -> Backup:
    wal = (f"0000000200000000{first:08X}", f"0000000200000000{first + 1:08X}")
    return Backup(label, Kind.FULL, at - 1, at, 0, 0, *wal, 9, 9, False, needs)


BACKUPS = (backup(FULL, 100, 4), backup(DIFF, 200, 8, FULL))


@pytest.mark.parametrize(
    ("fault", "newest", "means"),
    [
        (Fault(f"{FULL}/pg_data/1", "file missing", FULL), True, f"from {FULL}, {DIFF}:"),
        (Fault(f"{DIFF}/pg_data/1", "file missing", DIFF), True, f"from {DIFF}:"),
        (Fault(LATER, "the whole backup is gone", LATER), True, f"from {LATER}:"),
        (Fault(f"{FULL}/backup.manifest", "unreadable", FULL, spared=True), False, "second copy"),
        (Fault("000000020000000000000007", "is not in the archive"), False, "that came next"),
        (Fault("000000020000000000000008", "is not in the archive"), True, "the next backup"),
        (
            Fault("000000020000000000000003", "to 000000020000000000000009 are not in the archive"),
            True,
            "the next backup",
        ),
        (
            Fault(f"15-1/0000000200000000/000000020000000000000007-{'a' * 40}.zst", "invalid"),
            False,
            "that came next",
        ),
        (Fault("15-1/00000003.history", "is not in the archive"), True, "before that timeline"),
        (Fault("15-1/00000002.history", "is not in the archive"), False, "before that timeline"),
        (Fault("repository", "No usable backup.info file"), True, "nothing can be restored"),
    ],
)
def test_a_fault_is_told_by_what_it_costs(fault: Fault, newest: bool, means: str) -> None:
    told = tell(fault, BACKUPS, MEGABYTE)
    assert (told.newest, means in told.means) == (newest, True), told


def test_what_no_restore_can_use_is_known_by_name() -> None:
    segment = "000000020000000000000007"
    faults = [
        Fault(f"{FULL}/pg_data/1", "file missing", FULL),
        Fault(f"{DIFF}/backup.manifest", "unreadable", DIFF, spared=True),
        Fault(f"15-1/0000000200000000/{segment}-{'a' * 40}.zst", "invalid checksum"),
        Fault("repository", "faulty"),
    ]
    assert unusable(faults) == (segment, FULL)


CHECKED = tuple(Checked(each.label, "valid", 9, 9) for each in BACKUPS)
LOOK = Look(
    info=Stanza("blocks", "", False, BACKUPS, (7,)),
    archives=(),
    verification=Verification(True, (), CHECKED),
    histories=(),
    segment_bytes=MEGABYTE,
    remembered=DIFF,
)


def said(look: Look) -> list[str]:
    """Without the WAL, of which there is none at all."""
    return [t.fault.subject for t in look.faults if "archive" not in t.fault.what]


def test_a_repository_of_some_days_ago_is_told_by_the_backup_that_it_lacks() -> None:
    assert said(LOOK) == []
    assert said(replace(LOOK, remembered=LATER)) == [LATER]
    unread = Stanza("blocks", "[CryptoError] unable to flush", False, (), ())
    assert said(replace(LOOK, info=unread)) == ["repository"]


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("1\t0/3000000\tno recovery target specified\n", True),
        ("1\t0/3000000\twhy\n\n2\t0/5000000\twhy\n", True),
        ("", False),
        (None, False),
        ("1\t0/3000000\twhy\n2\t0/50", False),
        ("2\t0/3000000\twhy\n1\t0/5000000\twhy\n", False),
        ("3\t0/3000000\twhy\n", False),
        ("1\t0/30\ufffd0000\twhy\n", False),
    ],
)
def test_bytes_of_a_history_are_checked(text: str | None, sound: bool) -> None:
    found = said(replace(LOOK, histories=(History("15-1", 3, text),)))
    assert found == ([] if sound else ["15-1/00000003.history"])


def test_that_there_were_backups_outlives_them_and_the_controller(tmp_path: Path) -> None:
    point = RestorePoint(FULL, "full", 1, 2, 3, 4)
    there = RepositoryState(BLOCKS, "us-east", (point,))
    empty = RepositoryState(BLOCKS, "us-east")
    state = open_state(tmp_path / "state.sqlite")
    remembered = Remembered(state.settings)
    assert remembered.seen(empty, "/here").gone is None
    assert not remembered.existed(BLOCKS)
    assert remembered.seen(there, "/here").gone is None
    remembered.damaged(BLOCKS, ("x",))
    state.close()
    state = open_state(tmp_path / "state.sqlite")
    remembered = Remembered(state.settings)
    assert remembered.seen(empty, "/here").gone == FULL
    assert remembered.seen(empty, "/elsewhere").gone is None
    unread = replace(empty, why_not="no such host")
    assert remembered.seen(unread, "/here") == unread
    assert (remembered.existed(BLOCKS), remembered.unusable(BLOCKS)) == (True, ("x",))
    state.close()


def test_each_change_of_what_waits_is_told_once() -> None:
    told: list[Event] = []
    over: list[str] = []
    changes = Changes(Events(told.append), over.append)
    queue = Queue(300 * MEGABYTE, 12.0, "", MEGABYTE)
    easy, warn, bound = (
        Waits(queue, each) for each in (Pressure.EASY, Pressure.WARN, Pressure.AT_BOUND)
    )
    for each in (easy, warn, warn, bound, bound, easy, easy):
        changes.tell(BLOCKS, each)
    assert [each.level for each in told] == ["warning", "error", "info"]
    assert "300 MiB of WAL wait, the oldest for 12 s; from 1024 MiB on" in told[0].text
    assert over == [BLOCKS]


def test_what_a_wrong_key_makes_of_a_file_may_look_like_a_setting() -> None:
    said = """\
P00 DETAIL: unable to flush
            HINT: is or was the repo encrypted?
P00 DETAIL: key/value found outside of section at line 1: \x17=\x1d
P00   INFO: stanza: blocks
            status: error
              No usable backup.info file
              No usable archive.info file
"""
    assert [each.what for each in read_verify(said).faults] == [Trouble.KEY]
