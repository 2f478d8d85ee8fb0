"""pgBackRest's files and commands, what it says, and the WAL that an archive lacks."""

import json
import shlex

import pytest

from caisson.systems.pgbackrest import files
from caisson.systems.pgbackrest.answers import AnswerError, read_info, read_listing
from caisson.systems.pgbackrest.files import (
    BeforeTransaction,
    Commands,
    Folders,
    Kind,
    Member,
    Options,
    Target,
    ToPosition,
    ToTime,
    Whole,
)
from caisson.systems.pgbackrest.problems import Trouble, explain
from caisson.systems.pgbackrest.repository import Access, RepositoryRefused, repository_of
from caisson.systems.pgbackrest.verification import Fault, read_verify, unseen
from caisson.systems.pgbackrest.waiting import Pressure, Queue, pressure
from caisson.systems.pgbackrest.wal import Paths, Segment, Span, holes

MEGABYTE = 1 << 20
LABEL = "20261123-222413F"
COMMANDS = Commands("/bin/pgbackrest", "/conf/a b.conf", "blocks")
MEMBER = Member("/data/blocks", "/run/s", 5433)


def conf(written: str, access: Access | None = None, **options: float) -> dict[str, dict[str, str]]:
    text = files.pgbackrest_conf(
        "blocks",
        [MEMBER],
        repository_of(written),
        Folders("/own", "/shared"),
        Options(**{"keep_s": 35 * 86_400, **options}),  # type: ignore[arg-type]
        key="the key",
        access=access,
    )
    sections: dict[str, dict[str, str]] = {}
    for line in filter(None, text.splitlines()):
        if line.startswith("["):
            sections[line[1:-1]] = here = {}
        else:
            name, value = line.split("=", 1)
            here[name] = value
    return sections


# -- files and commands --------------------------------------------------------------------------


def test_the_file_says_where_and_how_and_for_how_long() -> None:
    sections = conf("/backups/us=1", keep_s=1.5 * 86_400, waiting_bytes=7)
    shared = sections["global"]
    assert (shared["repo1-type"], shared["repo1-path"]) == ("posix", "/backups/us=1")
    assert (shared["repo1-cipher-type"], shared["repo1-cipher-pass"]) == ("aes-256-cbc", "the key")
    assert (shared["repo1-retention-full-type"], shared["repo1-retention-full"]) == ("time", "2")
    assert sections["global:archive-push"]["archive-push-queue-max"] == "7"
    assert {sections[f"global:archive-{way}"]["archive-async"] for way in ("push", "get")} == {"n"}
    assert sections["blocks"] == {
        "pg1-path": "/data/blocks",
        "pg1-socket-path": "/run/s",
        "pg1-port": "5433",
        "pg1-user": "caisson_backup",
    }


@pytest.mark.parametrize(
    ("written", "access", "expected"),
    [
        (
            "s3://shop/caisson/us?region=eu-west-1&endpoint=127.0.0.1:9000&style=path",
            Access("id", "secret"),
            {
                "type": "s3",
                "path": "/caisson/us",
                "s3-bucket": "shop",
                "s3-region": "eu-west-1",
                "s3-endpoint": "127.0.0.1",
                "storage-port": "9000",
                "s3-uri-style": "path",
                "s3-key-type": "shared",
                "s3-key": "id",
                "s3-key-secret": "secret",
            },
        ),
        (
            "gs://shop",
            None,
            {"type": "gcs", "path": "/", "gcs-bucket": "shop", "gcs-key-type": "auto"},
        ),
        (
            "azure://shop/us?account=ours&ca=/ca.pem",
            Access(secret="k"),
            {
                "type": "azure",
                "path": "/us",
                "azure-container": "shop",
                "azure-account": "ours",
                "storage-ca-file": "/ca.pem",
                "azure-key-type": "shared",
                "azure-key": "k",
            },
        ),
    ],
)
def test_a_bucket_is_written_as_a_url(
    written: str, access: Access | None, expected: dict[str, str]
) -> None:
    shared = conf(written, access)["global"]
    assert {
        name.removeprefix("repo1-"): value
        for name, value in shared.items()
        if name.startswith("repo1-") and not name.startswith(("repo1-c", "repo1-b", "repo1-r"))
    } == expected


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("backups", "write an absolute folder"),
        ("ftp://host/path", "write an absolute folder"),
        ("s3://bucket/path?endpoint=e", "region: append"),
        ("s3://bucket?region=r&endpoint=e&key=secret", "takes no 'key'"),
        ("azure://box", "needs the storage account"),
        ("/a\nrepo1-type=s3", "no line break"),
    ],
)
def test_a_place_that_is_none_is_refused(written: str, said: str) -> None:
    with pytest.raises(RepositoryRefused, match=said):
        repository_of(written)


def test_postgres_archives_through_a_shell_that_expands_percent() -> None:
    settings = files.archiving(
        "/bin/pgbackrest", "/a b/50%.conf", "blocks", environment={"LD": "/x y"}, wal_s=60.9
    )
    command = settings["archive_command"]
    assert shlex.split(command.replace("%%", "%").replace("%p", "pg_wal/1")) == [
        *("env", "LD=/x y", "/bin/pgbackrest", "--config=/a b/50%.conf", "--stanza=blocks"),
        *("archive-push", "pg_wal/1"),
    ]
    assert (settings["archive_mode"], settings["archive_timeout"]) == ("on", "58s")
    forever = files.archiving("/bin/pgbackrest", "/conf", "blocks", environment={}, wal_s=None)
    assert (forever["archive_mode"], forever["archive_timeout"]) == ("on", "0s")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (ToTime("2026-11-23 12:00:00+00"), {"--type=time", "--target=2026-11-23 12:00:00+00"}),
        (ToTime("then", LABEL), {"--type=time", "--target=then", f"--set={LABEL}"}),
        (
            BeforeTransaction(7, LABEL),
            {"--type=xid", "--target=7", "--target-exclusive", f"--set={LABEL}"},
        ),
        (ToPosition("0/1"), {"--type=lsn", "--target=0/1"}),
        (Whole(), set()),
        (Whole(LABEL), {f"--set={LABEL}"}),
    ],
)
def test_a_restore_never_archives(target: Target, expected: set[str]) -> None:
    argv = set(COMMANDS.restore(target, "get 'it'", timeline="3"))
    always = {"--archive-mode=off", "--target-timeline=3"}
    assert expected | always <= argv
    assert "--recovery-option=restore_command=get ''it''" in argv
    assert ("--target-action=promote" in argv) == (not isinstance(target, Whole))


def test_no_command_holds_the_key() -> None:
    commands = (
        *(COMMANDS.stanza_create(), COMMANDS.check(), COMMANDS.backup(Kind.INCR)),
        *(COMMANDS.info(), COMMANDS.listing(), COMMANDS.verify(), COMMANDS.expire()),
        *(COMMANDS.archive_get("1", "2"), COMMANDS.archive_push("1"), COMMANDS.history("15-1", 2)),
    )
    assert not any("cipher" in word for argv in commands for word in argv)
    assert COMMANDS.history("15-1", 2)[-1] == "archive/blocks/15-1/00000002.history"
    assert "--backup-standby" in COMMANDS.backup(Kind.FULL, from_standby=True)


# -- answers -------------------------------------------------------------------------------------


def told(**changed: object) -> str:
    backup = {
        "archive": {"start": "00000001000000000000000B", "stop": "00000001000000000000000C"},
        "error": False,
        "info": {"delta": 3, "repository": {"delta": 2, "size": 2}, "size": 9},
        "label": LABEL,
        "lsn": {"start": "0/B00028", "stop": "1/100"},
        "reference": None,
        "timestamp": {"start": 100, "stop": 105},
        "type": "full",
    }
    stanza = {
        "name": "blocks",
        "backup": [backup],
        "db": [{"system-id": 77, "version": "15"}],
        "repo": [{"status": {"code": 0, "message": "ok"}}],
        "status": {"code": 0, "lock": {"backup": {"held": True}}, "message": "ok"},
    }
    return json.dumps([stanza | changed])


def test_info_is_read_as_values() -> None:
    stanza = read_info(told(), "blocks")
    (backup,) = stanza.backups
    assert (stanza.busy, stanza.problem, stanza.system_ids) == (True, "", (77,))
    assert (backup.label, backup.kind, backup.timeline) == (LABEL, Kind.FULL, 1)
    assert (backup.start_lsn, backup.stop_lsn) == (0xB00028, (1 << 32) + 0x100)
    assert (backup.size_bytes, backup.stored_bytes, backup.needs) == (9, 2, ())
    assert backup.span(MEGABYTE) == Span(1, 0xB, 0xC)
    assert (stanza.before(105.9), stanza.before(106)) == (None, backup)


@pytest.mark.parametrize(("code", "problem"), [(1, ""), (2, ""), (99, "[CryptoError] \x01")])
def test_a_stanza_that_was_never_made_is_no_problem(code: int, problem: str) -> None:
    repo = [{"status": {"code": code, "message": problem}}]
    text = told(backup=[], db=[], repo=repo).replace("\\u0001", "\x01")
    assert read_info(text, "blocks").problem == problem
    assert read_info("[]", "blocks").backups == ()
    with pytest.raises(AnswerError, match="no JSON: 'ERROR"):
        read_info("ERROR: [037]: backup command requires option", "blocks")


def listed(*names: str) -> str:
    files_ = {f"15-1/0000000100000000/{name}-{'a' * 40}.zst": name for name in names}
    more = {"15-1": "", "15-1/00000002.history": "", "archive.info": "", "9-9": ""}
    facts = {"type": "file", "size": 1, "time": 2}
    return json.dumps(dict.fromkeys([*files_, *more], facts))


def test_a_listing_is_read_by_names() -> None:
    names = ("00000001000000000000000B", "000000020000000100000FFF", "000000030000000100000FFF")
    (archive,) = read_listing(listed(*names))
    assert [each.name for each in archive.segments] == list(names)
    assert archive.without_history == {3}
    assert archive.numbered(MEGABYTE) == {
        Segment(1, 0xB),
        Segment(2, 4096 + 4095),
        Segment(3, 4096 + 4095),
    }


# -- holes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("segment_bytes", [MEGABYTE, 16 * MEGABYTE, 1 << 30])
def test_a_segments_name_is_found_again(segment_bytes: int) -> None:
    for number in (0, 1, (1 << 32) // segment_bytes - 1, (1 << 32) // segment_bytes, 123_456):
        segment = Segment(2, number)
        assert Segment.of(segment.name(segment_bytes), segment_bytes) == segment
    assert Segment(1, 4096).name(MEGABYTE) == "000000010000000100000000"


def line(timeline: int, *numbers: int) -> set[Segment]:
    return {Segment(timeline, number) for number in numbers}


BACKUP = Span(1, 4, 5)


@pytest.mark.parametrize(
    ("there", "archived", "expected"),
    [
        (line(1, 3, 4, 5, 6, 7), 7, []),
        (line(1, 1, 4, 5, 6), 6, []),  # what is older than all backups is of no use
        (line(1, 4, 5, 8), 8, [Span(1, 6, 7)]),
        (line(1, 4, 6, 8), 8, [Span(1, 5, 5), Span(1, 7, 7)]),
        (line(1, 4, 5, 6), 9, [Span(1, 7, 9)]),
        (set(), 6, [Span(1, 4, 6)]),
        (line(1, 4, 5, 6) | line(2, 6, 7), 0, []),  # promoted within segment 6
        (line(1, 4, 5, 6) | line(2, 7, 8), 0, []),
        (line(1, 4, 5, 6, 7) | line(2, 6, 7), 0, []),  # the old primary went on for a while
        (line(1, 4, 5) | line(2, 7, 8), 0, [Span(1, 6, 6)]),
        (line(1, 4, 5, 6) | line(2, 6, 8), 0, [Span(2, 7, 7)]),
        (line(1, 4, 5) | line(2, 6) | line(3, 8), 0, [Span(2, 7, 7)]),
    ],
)
def test_what_an_archive_lacks_is_found(
    there: set[Segment], archived: int, expected: list[Span]
) -> None:
    known = [Segment(1, archived)] if archived else []
    assert list(holes(there, [BACKUP], known)) == expected


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (line(1, 4, 5, 6, 8), Segment(1, 6)),
        (line(1, 4, 6), None),
        (line(1, 4, 5, 6, 7) | line(2, 6, 7, 9), Segment(2, 7)),
        (line(1, 4, 5) | line(2, 6) | line(3, 6, 7), Segment(3, 7)),
        (line(1, 4, 5) | line(2, 8), Segment(1, 5)),
    ],
)
def test_a_restore_reaches_up_to_the_first_hole(
    there: set[Segment], expected: Segment | None
) -> None:
    assert Paths.among(there).end(BACKUP) == expected


# -- what is not looked for ----------------------------------------------------------------------

SOUND = f"""\
P00 DETAIL: archiveId: 15-1, wal start: 00000001000000000000000B, wal stop: 00000001000000000000000C
P00 DETAIL: statistics: {{"http.client":{{"total":1}}}}
P00   INFO: stanza: blocks
            status: ok
              archiveId: 15-1, total WAL checked: 2, total valid WAL: 2
              backup: {LABEL}, status: valid, total files checked: 9, total valid files: 9
P00   INFO: verify command end: completed successfully
"""


def test_a_timeline_without_its_history_and_pages_that_were_damaged_are_faults() -> None:
    archives = read_listing(
        listed(
            *("00000001000000000000000B", "00000001000000000000000C"),
            *("00000002000000000000000D", "00000003000000000000000E"),
        )
    )
    stanza = read_info(told().replace('"error": false', '"error": true'), "blocks")
    verification = read_verify(SOUND)
    assert (verification.complete, verification.faults) == (True, ())
    assert [fault.subject for fault in unseen(verification, stanza, archives, MEGABYTE)] == [
        LABEL,
        "15-1/00000003.history",
    ]


def test_a_verification_that_was_cut_off_tells_nothing() -> None:
    cut = read_verify(SOUND.split("P00   INFO", maxsplit=1)[0])
    assert not cut.complete
    assert list(unseen(cut, read_info(told(), "blocks"), (), MEGABYTE)) == []


def test_an_error_in_unknown_words_is_a_fault() -> None:
    verification = read_verify(SOUND.replace("status: ok", "status: error"))
    assert [fault.subject for fault in verification.faults] == ["repository"]


def test_a_file_that_cannot_be_decrypted_is_named_with_its_backup() -> None:
    said = f"P01   INFO: invalid result {LABEL}/pg_data/base/1: [95] raised: unable to flush\n"
    assert read_verify(said + SOUND).faults == (
        Fault(
            f"{LABEL}/pg_data/base/1",
            "invalid result: [95] raised: unable to flush",
            LABEL,
        ),
    )


# -- trouble -------------------------------------------------------------------------------------

_LOAD = "unable to load info file '/r/backup/s/backup.info' or '/r/backup/s/backup.info.copy':\n"


@pytest.mark.parametrize(
    ("code", "output", "trouble"),
    [
        (64, "P00  ERROR: [064]: unable to write '/r/f': [28] No space left on device", "FULL"),
        (
            49,
            f"P00  ERROR: [049]: {_LOAD} HostConnectError: unable to get address for 'b': [-2] Name"
            "\n HINT: has a stanza-create been performed?",
            "REPOSITORY",
        ),
        (
            75,
            f"P00   WARN: repo1: [FormatError] {_LOAD} FormatError: key/value found outside of "
            "section at line 1: \x7f\nP00  ERROR: [075]: no backup set found to restore",
            "KEY",
        ),
        (
            29,
            f"P00  ERROR: [029]: {_LOAD} FormatError: missing '=' in key/value at line 10: db",
            "DAMAGED",
        ),
        (41, "P00  ERROR: [041]: unable to open '/r': [13] Permission denied", "REFUSED"),
        (
            75,
            "P00  ERROR: [075]: unable to find backup set with stop time less than 'x'",
            "NO_BACKUP",
        ),
        (82, "P00  ERROR: [082]: WAL segment 1 was not archived before the 1000ms", "ARCHIVE_LATE"),
        (68, "P00  ERROR: [068]: archive_command 'false' must contain pgbackrest", "NOT_ARCHIVING"),
        (56, "P00  ERROR: [056]: unable to find primary cluster - cannot proceed", "POSTGRES"),
        (45, "P00  ERROR: [045]: WAL file '1' already exists in the repo1 archive", "DUPLICATE"),
        (-9, "", "ENDED"),
        (25, "P00 ASSERT: [025]: something", "UNKNOWN"),
    ],
)
def test_trouble_is_told_by_its_cause(code: int, output: str, trouble: str) -> None:
    problem = explain(code, output)
    assert problem.trouble is Trouble[trouble]
    assert str(problem).isprintable()
    assert str(problem).startswith(Trouble[trouble])
    assert problem.remedy


def test_waiting_wal_is_told_long_before_the_bound() -> None:
    def at(waiting_bytes: int, oldest_s: float = 1.0) -> Pressure:
        return pressure(Queue(waiting_bytes, oldest_s, "", MEGABYTE), 100, wal_s=60)

    assert [at(25), at(26), at(99), at(100)] == ["easy", "warn", "warn", "at the bound"]
    assert at(1, 61) is Pressure.WARN
