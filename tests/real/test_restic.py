"""A real repository of restic: ended in the middle, opened with another key, damaged."""

import os
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from caisson.systems.restic.answers import Stamp, read_backup, read_snapshots
from caisson.systems.restic.commands import Commands
from caisson.systems.restic.problems import Trouble, explain
from caisson.targets.local.binaries import find

STORE = "production/us/sessions"
STAMP = Stamp(STORE, 1_790_000_000.25, 1_790_000_001.5, 187, "cb40:546")
NAME = "a repository"
ROUNDS = int(os.environ.get("CAISSON_RESTIC_KILLS", "1"))


@dataclass(frozen=True)
class Repository:
    """A repository with one backup, and what an executor does with it."""

    folder: Path
    commands: Commands

    @property
    def place(self) -> Path:
        return self.folder / NAME

    def begin(self, argv: tuple[str, ...]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            argv,
            cwd=self.folder,
            env={**os.environ, **dict(find("restic").environment), **self.commands.environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, argv: tuple[str, ...]) -> tuple[int, str]:
        process = self.begin(argv)
        output, _ = process.communicate(timeout=60.0)
        return process.returncode, output

    def done(self, argv: tuple[str, ...]) -> str:
        code, output = self.run(argv)
        assert code == 0, output
        return output

    def trouble(self, argv: tuple[str, ...]) -> Trouble:
        code, output = self.run(argv)
        assert code != 0, output
        return explain(code, output).trouble

    def write(self, size_bytes: int) -> bytes:
        written = secrets.token_bytes(size_bytes)
        (self.folder / "dump.rdb").write_bytes(written)
        return written

    def back_up(self) -> str:
        return read_backup(self.done(self.backing_up()))

    def backing_up(self) -> tuple[str, ...]:
        return self.commands.back_up("dump.rdb", "caisson", STAMP.tags())

    def labels(self) -> list[str]:
        return [each.label for each in read_snapshots(self.done(self.commands.snapshots()), STORE)]

    def restored(self, label: str) -> bytes:
        target = self.folder / f"out-{label}"
        self.done(self.commands.restore(label, str(target)))
        return (target / "dump.rdb").read_bytes()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Made once: restic takes seconds for a key that is hard to guess."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "key").write_text(secrets.token_hex())
    commands = Commands(str(find("restic").path), str(folder / NAME), str(folder / "key"))
    made = Repository(folder, commands)
    made.done(commands.init())
    return made


@pytest.fixture
def repository(empty: Repository, tmp_path: Path) -> Repository:
    shutil.copytree(empty.place, tmp_path / NAME)
    return Repository(tmp_path, replace(empty.commands, repository=str(tmp_path / NAME)))


def test_a_backup_that_is_killed_leaves_a_valid_repository(repository: Repository) -> None:
    first = repository.write(100_000)
    expected = [whole := repository.back_up()]
    for _ in range(ROUNDS):
        repository.write(60_000_000)
        process = repository.begin(repository.backing_up())
        time.sleep(0.4 + secrets.randbelow(600) / 1000)
        process.kill()
        output, _ = process.communicate()
        expected += [read_backup(output)] if process.returncode == 0 else []
        assert set(repository.labels()) == set(expected)
    assert repository.restored(whole) == first
    # What was killed has left a lock, before which nothing old would go.
    repository.done(repository.commands.unlock())
    repository.done(repository.commands.forget(expected))
    repository.write(100_000)
    after = repository.back_up()
    assert repository.labels() == [after]
    repository.done(repository.commands.check())


def test_another_key_opens_nothing(repository: Repository) -> None:
    repository.write(1_000)
    label = repository.back_up()
    (repository.folder / "other").write_text("another key")
    commands = replace(repository.commands, key_file=str(repository.folder / "other"))
    stranger = replace(repository, commands=commands)
    assert stranger.trouble(commands.snapshots()) is Trouble.KEY
    assert stranger.trouble(commands.restore(label, str(repository.folder / "x"))) is Trouble.KEY
    assert repository.trouble(repository.commands.init()) is Trouble.UNKNOWN  # it is not made anew


def test_one_flipped_byte_is_found_by_the_check_and_never_restored(
    repository: Repository,
) -> None:
    repository.write(200_000)
    label = repository.back_up()
    repository.done(repository.commands.check())
    flip(max((repository.place / "data").rglob("*"), key=lambda each: each.stat().st_size))
    assert repository.trouble(repository.commands.check()) is Trouble.DAMAGED
    target = str(repository.folder / "out")
    assert repository.trouble(repository.commands.restore(label, target)) is Trouble.DAMAGED


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)


def test_what_is_not_there_is_told_apart(repository: Repository) -> None:
    commands = repository.commands
    assert repository.trouble(commands.restore("deadbeef", "/nowhere")) is Trouble.NO_BACKUP
    nowhere = replace(commands, repository=str(repository.folder / "nowhere"))
    assert replace(repository, commands=nowhere).trouble(nowhere.config()) is Trouble.NONE
