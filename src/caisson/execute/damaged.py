"""Damaged copies of a repository, to see what a verification makes of them.

The repository itself is not touched: a copy shares its files by hard links, and a file that is
damaged is replaced.
"""

import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from caisson.execute.backups import PostgresBackups
from caisson.execute.postgres import PostgresMembers
from caisson.execute.repositories import Repositories
from caisson.systems.pgbackrest import files
from caisson.systems.pgbackrest.answers import Backup
from caisson.systems.pgbackrest.waiting import Queue
from caisson.topology import backups

_WAL_NAME = 24
_WRONG_KEY = "this is not the key"


@dataclass(frozen=True, slots=True)
class CopyOfRepository(Repositories):
    """What `Repositories` is for one copy, which is the folder `repository` in `at`."""

    at: Path
    key: str | None = None

    @property
    def folder(self) -> Path:
        return self.at / "repository"

    def of_member(self, member: str) -> files.Commands:
        replica_set = self.world.index.replica_set_of[member]
        return self._configured(replica_set, self.at, files.Member(str(self.at / "no-data")))

    def _folder(self, repository: backups.Repository) -> Path:
        del repository
        return self.folder

    def _key(self, repository: backups.Repository) -> str:
        return self.key or self.world.secrets.of(repository.key)


class AsOf(PostgresBackups):
    """What a copy has, joined with how WAL waited when it was made."""

    def __init__(self, copy: CopyOfRepository, postgres: PostgresMembers, queue: Queue) -> None:
        super().__init__(copy, postgres)
        self._queue = queue

    def queue(self, replica_set: str) -> Queue | None:
        del replica_set
        return self._queue


def copy_tree(source: Path, target: Path) -> None:
    """Copy a repository by hard links where that is possible."""
    shutil.copytree(source, target, copy_function=_link, symlinks=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another filesystem, or one that has no links
        shutil.copy2(source, target)


Damage = Callable[[CopyOfRepository, str, Backup, random.Random], str]


def damages() -> Sequence[tuple[str, Damage]]:
    """What is done to copies, by what a person calls it; each returns what it was done to.

    It is given the copy, the stanza's name and the newest backup, which has to be whole.
    """
    return (
        ("a byte of a backup is flipped", _flip_backup),
        ("a file of a backup is cut short", _cut_backup),
        ("a backup's list of files is gone", _take_manifest),
        ("a byte of the WAL is flipped", _flip_wal),
        ("a WAL segment is gone", _take_wal),
        ("the newest WAL is gone", _take_newest_wal),
    )


def wrong_key(copy: CopyOfRepository) -> CopyOfRepository:
    """The same copy for somebody who has another key."""
    return CopyOfRepository(copy.world, copy.at, _WRONG_KEY)


def _flip_backup(copy: CopyOfRepository, stanza: str, newest: Backup, draw: random.Random) -> str:
    return _flip(draw.choice(_files_of(copy, stanza, newest)), draw, copy)


def _cut_backup(copy: CopyOfRepository, stanza: str, newest: Backup, draw: random.Random) -> str:
    file = draw.choice(_files_of(copy, stanza, newest))
    return _replace(file, file.read_bytes()[:-1], copy)


def _take_manifest(copy: CopyOfRepository, stanza: str, newest: Backup, _: random.Random) -> str:
    folder = copy.folder / "backup" / stanza / newest.label
    for file in folder.glob("backup.manifest*"):
        file.unlink()
    return str(folder.relative_to(copy.folder))


def _flip_wal(copy: CopyOfRepository, stanza: str, newest: Backup, draw: random.Random) -> str:
    return _flip(draw.choice(_wal_of(copy, stanza, newest)), draw, copy)


def _take_wal(copy: CopyOfRepository, stanza: str, newest: Backup, draw: random.Random) -> str:
    return _take(draw.choice(_wal_of(copy, stanza, newest)), copy)


def _take_newest_wal(copy: CopyOfRepository, stanza: str, newest: Backup, _: random.Random) -> str:
    return _take(_wal_of(copy, stanza, newest)[-1], copy)


def _files_of(copy: CopyOfRepository, stanza: str, newest: Backup) -> list[Path]:
    """The files of the backup's own that have something in them."""
    folder = copy.folder / "backup" / stanza / newest.label
    found = (each for each in sorted(folder.rglob("*")) if each.is_file() and each.stat().st_size)
    return [each for each in found if not each.name.startswith("backup.manifest")]


def _wal_of(copy: CopyOfRepository, stanza: str, newest: Backup) -> list[Path]:
    """The WAL from which the backup, and what came after it, is restored; the oldest first."""
    found = (copy.folder / "archive" / stanza).glob("*/*/*-*")
    wal = [each for each in found if each.name[:_WAL_NAME] >= newest.first_wal]
    return sorted(wal, key=lambda each: each.name)


def _flip(file: Path, draw: random.Random, copy: CopyOfRepository) -> str:
    content = bytearray(file.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return _replace(file, bytes(content), copy)


def _take(file: Path, copy: CopyOfRepository) -> str:
    file.unlink()
    return str(file.relative_to(copy.folder))


def _replace(file: Path, content: bytes, copy: CopyOfRepository) -> str:
    """The file is another from here on, and the repository's own stays as it is."""
    file.unlink()
    file.write_bytes(content)
    return str(file.relative_to(copy.folder))
