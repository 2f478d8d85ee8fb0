"""What is said by restic, and by Redis of its files, as values."""

import json

import pytest

from caisson.systems.redis.rdb import Position, Rdb, RdbError, lacking, read_check
from caisson.systems.restic.answers import (
    AnswerError,
    Snapshot,
    Stamp,
    expired,
    read_backup,
    read_snapshots,
)
from caisson.systems.restic.commands import Commands
from caisson.systems.restic.problems import Trouble, explain

SESSIONS = "production/us/sessions"
STAMP = Stamp(SESSIONS, 1_790_000_000.25, 1_790_000_001.5, 187, "cb40:546")
CHECKED = """\
[offset 0] Checking RDB file dump.rdb
[offset 27] AUX FIELD redis-ver = '7.0.15'
[offset 136] AUX FIELD repl-id = 'a926d978'
[offset 151] AUX FIELD repl-offset = '88'
[offset 198] Checksum OK
[offset 198] \\o/ RDB looks OK! \\o/
[info] 3 keys read
"""


def listed(*stamps: Stamp, **more: object) -> str:
    return json.dumps([{"id": "ea808ed5f77b", "tags": s.tags(), **more} for s in stamps])


def test_what_is_known_of_a_backup_is_read_from_its_tags() -> None:
    (found,) = read_snapshots(listed(STAMP), SESSIONS)
    assert (found.label, found.stamp) == ("ea808ed5", STAMP)


def test_backups_of_others_are_passed_over_and_order_is_by_time() -> None:
    later = Stamp(SESSIONS, STAMP.begun_at + 9, STAMP.whole_at + 9, 1, "x:1")
    other = Stamp("production/us/carts", 1.0, 2.0, 1, "x:1")
    output = [*json.loads(listed(later, other, STAMP)), {"id": "by-hand", "tags": None}]
    found = read_snapshots(json.dumps(output), SESSIONS)
    assert [each.stamp for each in found] == [STAMP, later]


@pytest.mark.parametrize("output", ["", "[", '{"id": 1}', '["ea808ed5"]'])
def test_what_is_no_list_of_backups_is_not_taken_for_none(output: str) -> None:
    with pytest.raises(AnswerError):
        read_snapshots(output, SESSIONS)


def test_the_backup_that_was_made_is_told_and_nothing_else_is_taken_for_it() -> None:
    summary = '{"message_type":"summary","snapshot_id":"ea808ed5"}'
    assert read_backup(f'warning\n{{"message_type":"status"}}\n{summary}\n') == "ea808ed5"
    with pytest.raises(AnswerError):
        read_backup('{"message_type":"status"}')


def test_what_is_older_than_is_kept_goes_but_never_the_newest() -> None:
    every = tuple(
        Snapshot(str(n), Stamp(SESSIONS, n * 100.0, n * 100.0 + 1, 1, "x:1")) for n in range(4)
    )
    assert expired(every, now=302.0, keep_s=200.0) == ("0", "1")
    assert expired(every, now=9_999.0, keep_s=200.0) == ("0", "1", "2")
    assert expired((), now=1.0, keep_s=0.0) == ()


def test_no_place_and_no_key_stands_in_a_command() -> None:
    commands = Commands("/bin/restic", "s3:https://host/bucket/us", "/private/key")
    said = commands.environment()
    typed = (*commands.init(), *commands.back_up("f", "h", STAMP.tags()), *commands.check())
    assert not {word for word in typed if "bucket" in word or "/private" in word}
    assert said["RESTIC_REPOSITORY"] == "s3:https://host/bucket/us"
    assert said["RESTIC_PASSWORD_FILE"] == "/private/key"


@pytest.mark.parametrize(
    ("code", "output", "trouble"),
    [
        (1, "Fatal: wrong password or no key found", Trouble.KEY),
        (12, '{"message_type":"exit_error","code":12}', Trouble.KEY),
        (1, "Fatal: unable to open config file: stat /r/config: no such file", Trouble.NONE),
        (10, "Fatal: something new", Trouble.NONE),
        (1, "unable to create lock in backend: repository is already locked by PID", Trouble.BUSY),
        (1, "Fatal: open /r/keys: permission denied", Trouble.REFUSED),
        (1, "Fatal: unable to save snapshot: write /r/x: no space left on device", Trouble.FULL),
        (1, 'invalid id "dead": no matching ID found for prefix "dead"', Trouble.NO_BACKUP),
        (-9, "anything", Trouble.ENDED),
        (1, "", Trouble.UNKNOWN),
    ],
)
def test_each_failure_is_named(code: int, output: str, trouble: Trouble) -> None:
    problem = explain(code, output)
    assert problem.trouble is trouble
    assert str(problem).count("\n") == 0


def test_the_line_that_names_the_cause_is_shown_and_not_the_one_that_counts() -> None:
    said = (
        "ignoring error for /dump.rdb: ciphertext verification failed\nFatal: There were 1 errors"
    )
    problem = explain(1, said)
    assert problem.trouble is Trouble.DAMAGED
    assert problem.message == "ignoring error for /dump.rdb: ciphertext verification failed [1]"


def test_a_whole_file_says_where_in_the_stream_of_writes_it_ends() -> None:
    assert read_check(0, CHECKED) == Rdb(3, Position("a926d978", 88))
    with pytest.raises(RdbError, match="RDB CRC error"):
        read_check(1, "[offset 198] RDB CRC error\n[info] 3 keys read\n")
    with pytest.raises(RdbError):
        read_check(0, "")


@pytest.mark.parametrize(
    ("asked", "there", "why"),
    [
        (None, Position("a", 0), None),
        (Position("a", 88), Position("a", 88), None),
        (Position("a", 89), Position("a", 88), "it ends at 88, before 89"),
        (Position("b", 1), Position("a", 88), "another server became the primary"),
        (Position("a", 1), None, "another server became the primary"),
    ],
)
def test_a_file_that_was_begun_before_it_was_asked_for_is_no_backup(
    asked: Position | None, there: Position | None, why: str | None
) -> None:
    said = lacking(asked, Rdb(1, there))
    assert (said is None) if why is None else (said is not None and why in said)
