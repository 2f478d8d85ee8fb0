"""Backups by pgBackRest of a real Postgres: restored, damaged, interrupted, archived too slowly."""

import fcntl
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from backed_up_postgres import SEGMENT_BYTES, STANZA, BackedUp, Load, Server, backed_up

from caisson.systems.pgbackrest.answers import Stanza
from caisson.systems.pgbackrest.files import (
    BeforeTransaction,
    Commands,
    Kind,
    Member,
    Target,
    ToPosition,
    ToTime,
    Whole,
    warn_at_bytes,
)
from caisson.systems.pgbackrest.problems import Trouble, explain
from caisson.systems.pgbackrest.verification import Fault, Verification, unseen
from caisson.systems.pgbackrest.waiting import Pressure, pressure

FULL, DIFF = "full", "diff"


@dataclass(frozen=True)
class Story:
    """A store that was backed up in full and by difference, and was written to all the time.

    `kept` is a copy of the repository as it was then, for tests that damage it.
    """

    there: BackedUp
    server: Server
    before_disaster: set[int]
    moment: tuple[str, set[int]]
    disaster: int
    position: str
    everything: set[int]
    kept: Path

    @property
    def commands(self) -> Commands:
        return self.there.commands(self.server)

    @property
    def info(self) -> Stanza:
        return self.there.info(self.commands)

    def label(self, kind: str) -> str:
        return next(each.label for each in self.info.backups if each.kind == kind)


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with backed_up() as there:
        server = there.create("original")
        with Load(server, first=1) as load:
            load.wait_for_more(20)
            there.backup(server)
            time.sleep(1.1)  # of when a backup ended, whole seconds are kept
            load.wait_for_more(200)
            moment = load.moment()
            load.wait_for_more(200)
            there.backup(server, Kind.DIFF)
            load.wait_for_more(20)
        before = notes(server)
        with server.session() as session:
            ((xid,),) = session.script("BEGIN; DELETE FROM notes; SELECT pg_current_xact_id()")
            session.query("COMMIT")
            session.query("INSERT INTO notes VALUES (-1, 'after it')")
            ((position,),) = session.query("SELECT pg_current_wal_flush_lsn()")
            session.query("INSERT INTO notes VALUES (-2, 'after that')")
        there.archive_all(server)
        kept = there.root / "kept"
        shutil.copytree(there.repository, kept, symlinks=True)
        yield Story(there, server, before, moment, int(xid or 0), str(position), {-1, -2}, kept)


def notes(server: Server) -> set[int]:
    return {int(row[0] or 0) for row in server.ask("SELECT id FROM notes")}


def restore(story: Story, target: Target) -> tuple[set[int], dict[str, str]]:
    """What a copy holds, and its settings; it is gone afterwards."""
    archiving = story.there.archiving(story.commands)  # what must not be: it is the original's
    copy = story.there.restored("copy", target, archiving)
    try:
        copy.ask("SELECT pg_switch_wal()")
        copy.ask("CREATE TABLE of_the_copy ()")
        settings = copy.ask("SELECT name, setting FROM pg_settings")
        return notes(copy), {str(name): str(value) for name, value in settings}
    finally:
        story.there.discard(copy)


# -- restored ------------------------------------------------------------------------------------


def test_a_copy_holds_exactly_what_was_committed_before_a_moment(story: Story) -> None:
    moment, acknowledged = story.moment
    assert restore(story, ToTime(moment))[0] == acknowledged


def test_a_copy_ends_right_before_a_transaction(story: Story) -> None:
    target = BeforeTransaction(story.disaster, story.label(DIFF))
    assert restore(story, target)[0] == story.before_disaster


def test_a_copy_ends_at_a_position(story: Story) -> None:
    assert restore(story, ToPosition(story.position))[0] == {-1}


def test_a_copy_archives_nothing_and_waits_for_nobody(story: Story) -> None:
    story.server.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    story.server.ask("SELECT pg_reload_conf()")
    try:
        story.there.backup(story.server, Kind.INCR)
    finally:
        story.server.ask("ALTER SYSTEM RESET synchronous_standby_names")
        story.server.ask("SELECT pg_reload_conf()")
    held, settings = restore(story, Whole())
    assert held == story.everything
    assert (settings["archive_mode"], settings["synchronous_standby_names"]) == ("off", "")
    listed = story.there.listing(story.commands)
    assert {segment.name[:8] for archive in listed for segment in archive.segments} == {"00000001"}
    assert not any(archive.histories for archive in listed)


def test_a_backup_is_read_from_the_standby(story: Story) -> None:
    there = story.there
    standby = there.standby("standby", story.server)
    try:
        members = (there.member(story.server), there.member(standby))
        commands = there.conf("by-the-standby", *members)
        done = there.run(commands.backup(Kind.FULL, from_standby=True))
        assert done.code == 0, done.text
        assert "wait for replay on the standby" in done.text
        label = there.info(commands).backups[-1].label
    finally:
        there.discard(standby)
    assert restore(story, Whole(label))[0] == story.everything


def test_no_backup_is_taken_for_a_moment_before_all_of_them(story: Story) -> None:
    commands = story.there.conf("none", Member(str(story.there.root / "data" / "none")))
    ended = story.there.run(commands.restore(ToTime("2020-01-01 00:00:00+00"), "false"))
    assert explain(ended.code, ended.text).trouble is Trouble.NO_BACKUP
    assert story.info.before(0) is None
    latest = story.info.backups[-1]
    assert story.info.before(latest.stopped_at + 1) == latest


# -- damaged -------------------------------------------------------------------------------------


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for index in range(len(content) // 2, len(content) // 2 + 3):
        content[index] ^= 0xFF
    file.write_bytes(content)


def backup_folder(repository: Path, kind: str) -> Path:
    letter = {FULL: "F", DIFF: "D"}[kind]
    return next((repository / "backup" / STANZA).glob(f"20*{letter}"))


def segments(repository: Path) -> list[Path]:
    return sorted((repository / "archive" / STANZA).glob("*/*/*-*.zst"))


def largest(folder: Path) -> Path:
    return max(
        (file for file in folder.rglob("*") if file.is_file()), key=lambda f: f.stat().st_size
    )


def remove(*files: Path) -> None:
    for file in files:
        shutil.rmtree(file) if file.is_dir() else file.unlink()


def twice(segment: Path) -> None:
    name, sha1 = segment.stem.split("-")
    shutil.copy(segment, segment.with_name(f"{name}-{sha1[::-1]}.zst"))


def both(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / name, folder / f"{name}.copy"


# What is done to a repository, and what must be said of it: a subject, and words.
DAMAGES: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "bytes of a backup": (
        lambda r: flip(largest(backup_folder(r, FULL) / "bundle")),
        "F/pg_data/",
        "invalid checksum",
    ),
    "a bundle of a backup": (
        lambda r: remove(largest(backup_folder(r, FULL) / "bundle")),
        "F/pg_data/",
        "file missing",
    ),
    "a manifest, twice": (
        lambda r: remove(*both(backup_folder(r, DIFF), "backup.manifest")),
        "D",
        "its manifest is gone",
    ),
    "bytes of a manifest, twice": (
        lambda r: [flip(file) for file in both(backup_folder(r, DIFF), "backup.manifest")],
        "D",
        "manifest is unusable",
    ),
    "a manifest, once": (
        lambda r: remove(backup_folder(r, FULL) / "backup.manifest"),
        "F/backup.manifest",
        "unable to open missing file",
    ),
    "the folder of the newest backup": (
        lambda r: remove(backup_folder(r, DIFF)),
        "D",
        "the whole backup is gone",
    ),
    "backup.info, twice": (
        lambda r: remove(*both(r / "backup" / STANZA, "backup.info")),
        "repository",
        "No usable backup.info",
    ),
    "bytes of backup.info, once": (
        lambda r: flip(r / "backup" / STANZA / "backup.info"),
        "repository",
        "",
    ),
    "archive.info, twice": (
        lambda r: remove(*both(r / "archive" / STANZA, "archive.info")),
        "repository",
        "No usable archive.info",
    ),
    "bytes of a segment": (
        lambda r: flip(segments(r)[-2]),
        "15-1/0000000100000000/",
        "invalid",
    ),
    "a segment in the middle": (
        lambda r: remove(segments(r)[-2]),
        "00000001",
        "is not in the archive",
    ),
    "the newest segment": (
        lambda r: remove(segments(r)[-1]),
        "00000001",
        "is not in the archive",
    ),
    "all segments": (
        lambda r: remove(*segments(r)),
        "00000001",
        "are not in the archive",
    ),
    "a second file of a segment": (
        lambda r: twice(segments(r)[-2]),
        "15-1/00000001",
        "two different files",
    ),
}


@pytest.fixture
def damaged(story: Story) -> Iterator[Path]:
    repository = story.there.root / "damaged"
    shutil.copytree(story.kept, repository, symlinks=True)
    yield repository
    shutil.rmtree(repository)


def faults(story: Story, repository: Path) -> tuple[Verification, list[Fault]]:
    """All that is said of a repository by somebody who knows what was archived."""
    newest = segments(story.kept)[-1].name[:24]
    commands = story.there.conf("look", story.there.member(story.server), repository=repository)
    verification = story.there.verify(commands)
    said = unseen(
        verification,
        story.there.info(commands),
        story.there.listing(commands),
        SEGMENT_BYTES,
        newest,
    )
    return verification, [*verification.faults, *said]


def test_a_sound_repository_has_no_faults(story: Story, damaged: Path) -> None:
    verification, found = faults(story, damaged)
    assert (verification.complete, found, verification.invalid) == (True, [], ())
    assert {each.status for each in verification.backups} == {"valid"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_is_named(story: Story, damaged: Path, damage: str) -> None:
    do, subject, words = DAMAGES[damage]
    do(damaged)
    _, found = faults(story, damaged)
    assert any(subject in each.subject and words in each.what for each in found), found
    assert all(each.spared for each in found) == damage.endswith("once")


def test_flipped_bytes_anywhere_are_found(story: Story, damaged: Path) -> None:
    """Of all that a restore reads; `*.backup` and the history of manifests are for people."""
    chosen = random.Random(5)  # noqa: S311 - any choice will do
    read = [
        file
        for file in sorted(damaged.rglob("*"))
        if file.is_file() and file.suffix != ".backup" and "backup.history" not in file.parts
    ]
    for file in chosen.sample(read, 6):
        flip(file)
        assert faults(story, damaged)[1], file
        shutil.copy(story.kept / file.relative_to(damaged), file)


def test_a_wrong_key_is_called_by_its_name(story: Story, tmp_path: Path) -> None:
    wrong = story.there.conf("wrong", story.there.member(story.server), key="another key")
    verification = story.there.verify(wrong)
    assert [fault.what for fault in verification.faults] == [Trouble.KEY]
    assert story.there.info(wrong).problem
    restoring = (*wrong.restore(Whole(), "false"), f"--pg1-path={tmp_path}")
    for argv in (wrong.backup(Kind.FULL), restoring):
        ended = story.there.run(argv)
        problem = explain(ended.code, ended.text)
        assert (ended.code != 0, problem.trouble) == (True, Trouble.KEY)
        assert "another key" not in ended.text
    assert list(tmp_path.iterdir()) == []
    assert notes(story.server) == story.everything


# -- refused and interrupted ---------------------------------------------------------------------


def test_what_refuses_a_backup_is_named_and_the_server_is_not_touched(story: Story) -> None:
    there, member = story.there, story.there.member(story.server)
    never_made = there.conf("elsewhere", member, repository=there.root / "elsewhere")
    no_folder = there.conf("no-folder", member, repository=there.root / "owner" / "below a file")
    busy = there.conf("busy", member, lock="busy")
    with (there.root / "pgbackrest" / "busy" / f"{STANZA}-backup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = {
            commands.conf: there.run(commands.backup(Kind.FULL))
            for commands in (never_made, no_folder, busy)
        }
    assert [explain(each.code, each.text).trouble for each in said.values()] == [
        Trouble.STANZA,
        Trouble.REPOSITORY,
        Trouble.BUSY,
    ]
    assert there.info(never_made).backups == ()
    assert notes(story.server) == story.everything


def test_a_backup_that_is_killed_leaves_a_valid_repository_and_the_next_goes_on(
    story: Story,
) -> None:
    commands, before = story.commands, story.info.backups
    folder = story.there.repository / "backup" / STANZA
    known = set(folder.iterdir())
    running = subprocess.Popen(
        commands.backup(Kind.FULL),
        env=story.there.environ,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not any(any(new.glob("bundle/*")) for new in set(folder.iterdir()) - known):
        assert running.poll() is None
        assert time.monotonic() < deadline
    # With its workers, as a supervisor does; without it, they hold the lock for 20 s more.
    os.killpg(running.pid, signal.SIGKILL)
    code = running.wait()
    assert explain(code, "").trouble is Trouble.ENDED

    verification = story.there.verify(commands)
    assert verification.faults == ()
    assert [each.status for each in verification.backups][-1] == "in-progress"
    assert story.info.backups == before

    made = story.there.backup(story.server)
    assert [*before, made] == list(story.info.backups)
    assert story.there.run(commands.expire()).code == 0
    verification = story.there.verify(commands)
    assert (verification.faults, verification.invalid) == ((), ())


# -- archived too slowly -------------------------------------------------------------------------


def test_writes_go_on_while_the_archive_is_away_and_a_hole_is_a_hole() -> None:
    """At the bound pgBackRest drops what waits, and calls the repository sound afterwards."""
    bound = 4 * SEGMENT_BYTES
    with backed_up(waiting_bytes=bound) as there:
        server = there.create("original")
        first = there.backup(server)
        away = there.repository.with_name("away")
        there.repository.rename(away)
        seen = []
        for number in range(1, 60):
            server.ask(f"INSERT INTO notes VALUES ({number}, 'while it was away')")
            server.ask("SELECT pg_switch_wal()")
            queue = there.queue(server)
            if queue.archived > first.last_wal:
                break  # something was dropped: all that Postgres hears is that it was archived
            seen.append((queue.waiting_bytes, pressure(queue, bound, wal_s=60)))
            time.sleep(0.3)
        assert (SEGMENT_BYTES, Pressure.EASY) in seen
        assert [told for waiting, told in seen if waiting == warn_at_bytes(bound) * 2] != []
        assert all(
            told is Pressure.WARN
            for waiting, told in seen
            if warn_at_bytes(bound) < waiting < bound
        )
        assert len(notes(server)) == number

        away.rename(there.repository)
        second = there.backup(server, Kind.INCR)
        commands = there.commands(server)
        verification = there.verify(commands)
        assert (verification.complete, verification.faults) == (True, ())
        said = list(
            unseen(
                verification,
                there.info(commands),
                there.listing(commands),
                SEGMENT_BYTES,
                second.last_wal,
            )
        )
        assert len(said) == 1
        assert said[0].what.endswith("not in the archive")
        assert first.last_wal < said[0].subject < second.first_wal
        copy = there.restored("copy", Whole(), {})
        assert len(notes(copy)) == number
