"""A repository that is damaged at random: each damage is named, or a restore shows it harmless.

`CAISSON_CORRUPTIONS=100` tries so many, `CAISSON_SEED` others; what became of each is printed.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from backed_up_postgres import SEGMENT_BYTES, BackedUp, Server, backed_up

from caisson.systems.pgbackrest.answers import Archive
from caisson.systems.pgbackrest.files import Commands, Kind, Whole
from caisson.systems.pgbackrest.looking import History, Look, ended_early, first_segments
from caisson.systems.pgbackrest.meaning import Told
from caisson.systems.pgbackrest.problems import Trouble
from caisson.systems.pgbackrest.verification import Fault, read_verify
from caisson.systems.postgres.files import Upstream

COUNT = int(os.environ.get("CAISSON_CORRUPTIONS", "8"))
SEED = int(os.environ.get("CAISSON_SEED", "3"))

# What lies in a repository, by what a restore needs it for; each kind is damaged as often.
KINDS: dict[str, str] = {
    "files of a backup": "backup/*/2*/bundle/*",
    "a manifest": "backup/*/2*/backup.manifest*",
    "a list of backups or of archives": "*/*/*.info*",
    "WAL": "archive/*/*/*/*.zst",
    "a timeline's history": "archive/*/*/*.history",
    "what only people read": "*/*/**/*.backup",
}


@dataclass
class Story:
    """Two backups, WAL after them, a failover, and WAL after that; nothing runs any more.

    `kept` is the repository as it was; `archived` the last segment of which Postgres knows.
    """

    there: BackedUp
    server: Server
    kept: Path
    archived: str
    newest: str
    everything: list[tuple[str | None, ...]]
    became: list[str] = field(default_factory=list)

    def put_right(self) -> Path:
        shutil.rmtree(self.there.repository, ignore_errors=True)
        return Path(shutil.copytree(self.kept, self.there.repository, symlinks=True))

    def look(self, commands: Commands) -> tuple[Told, ...]:
        there = self.there
        archives = there.listing(commands)
        histories = []
        for archive in archives:
            for timeline in sorted(archive.histories):
                said = there.run(commands.history(archive.id, timeline))
                text = said.text if said.code == 0 else None
                histories.append(History(archive.id, timeline, text))
        ended = there.run(commands.verify())
        early = ended_early(ended.code, ended.text)
        look = Look(
            there.info(commands),
            archives,
            read_verify(ended.text),
            tuple(histories),
            SEGMENT_BYTES,
            self.archived,
            self.newest,
            early,
            tuple(self._unreadable(commands, archives)) if early else (),
        )
        assert look.verification.complete or early
        return look.faults

    def _unreadable(self, commands: Commands, archives: tuple[Archive, ...]) -> Iterator[Fault]:
        for name in first_segments(archives):
            got = self.there.run(commands.archive_get(name, str(self.there.root / name)))
            if got.code != 0:
                yield Fault(name, got.text)

    def restored(self) -> list[tuple[str | None, ...]]:
        copy = self.there.restored("copy", Whole(), {})
        try:
            return notes(copy)
        finally:
            self.there.discard(copy)


def notes(server: Server) -> list[tuple[str | None, ...]]:
    return server.ask("SELECT id, md5(body) FROM notes ORDER BY id")


def write(server: Server, first: int, count: int) -> None:
    server.ask(
        "INSERT INTO notes SELECT i, repeat(md5(i::text), 20)"
        f" FROM generate_series({first}, {first + count - 1}) i"
    )
    server.ask("SELECT pg_switch_wal()")


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with backed_up() as there:
        server = there.create("original")
        write(server, 1, 500)
        there.backup(server)
        write(server, 1000, 500)
        there.backup(server, Kind.DIFF)
        for first in (2000, 3000, 4000):
            write(server, first, 500)
        there.archive_all(server)
        survivor = promoted(there, server)
        for first in (5000, 6000):
            write(survivor, first, 500)
        there.archive_all(survivor)
        everything, archived = notes(survivor), there.queue(survivor).archived
        newest = there.info(there.commands(survivor)).backups[-1].label
        there.supervisor.stop(survivor.name, 5.0)
        kept = there.root / "kept"
        shutil.copytree(there.repository, kept, symlinks=True)
        yield Story(there, survivor, kept, archived, newest, everything)


def promoted(there: BackedUp, primary: Server) -> Server:
    """A standby that has taken over and archives on, on a timeline of its own."""
    standby = there.standby("survivor", primary)
    there.supervisor.stop(standby.name, 5.0)
    upstream = Upstream(primary.address, str(there.root / "replication.pgpass"))
    there.start(standby, there.archiving(there.commands(standby)), upstream)
    there.supervisor.stop(primary.name, 5.0)
    standby.ask("SELECT pg_promote()")
    return standby


# -- what is done to a file ----------------------------------------------------------------------


def flip(file: Path, draw: random.Random) -> None:
    content = bytearray(file.read_bytes())
    for at in draw.sample(range(len(content)), min(draw.randint(1, 8), len(content))):
        content[at] ^= draw.randint(1, 255)
    file.write_bytes(content)


def cut(file: Path, draw: random.Random) -> None:
    os.truncate(file, draw.randrange(file.stat().st_size))


def empty_a_stretch(file: Path, draw: random.Random) -> None:
    content = bytearray(file.read_bytes())
    first = draw.randrange(len(content))
    length = min(len(content) - first, 512)
    content[first : first + length] = bytes(length)
    file.write_bytes(content)


def delete(file: Path, draw: random.Random) -> None:
    del draw
    file.unlink()


def take_anothers_content(file: Path, draw: random.Random) -> None:
    own = file.read_bytes()
    kin = [each for each in sorted(file.parent.iterdir()) if each.is_file()]
    others = [each for each in kin if each.read_bytes() != own]
    file.write_bytes(draw.choice(others).read_bytes() if others else b"")


def delete_its_folder(file: Path, draw: random.Random) -> None:
    del draw
    shutil.rmtree(file.parent)


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (
    flip,
    flip,
    cut,
    empty_a_stretch,
    delete,
    take_anothers_content,
    delete_its_folder,
)


@pytest.mark.parametrize("number", range(COUNT))
def test_no_corruption_is_restored_silently(story: Story, number: int) -> None:
    draw = random.Random(SEED * 1_000_003 + number)  # noqa: S311 - any damage will do
    repository = story.put_right()
    kind = list(KINDS)[number % len(KINDS)]
    file = draw.choice([each for each in sorted(repository.glob(KINDS[kind])) if each.is_file()])
    damage = draw.choice(DAMAGES)
    damage(file, draw)
    what = f"{damage.__name__} {file.relative_to(repository)}"
    faults = story.look(story.there.commands(story.server))
    if faults:
        first = faults[0].fault
        print(f"named    {what}: {first.subject}: {first.what}")  # noqa: T201
        return
    assert story.restored() == story.everything, what
    print(f"harmless {what}")  # noqa: T201


def test_a_first_segment_at_which_pgbackrest_gives_up_is_named(story: Story) -> None:
    first = min(story.put_right().glob(KINDS["WAL"]))
    os.truncate(first, first.stat().st_size // 2)
    named, ended, *_ = story.look(story.there.commands(story.server))
    assert (named.fault.subject, named.newest) == (first.name[:24], False)
    assert "CryptoError" in named.fault.what
    assert ended.fault.what.startswith("verify ended before it had read everything")


def test_a_sound_repository_is_sound_and_one_without_its_key_is_not(story: Story) -> None:
    story.put_right()
    assert story.look(story.there.commands(story.server)) == ()
    other = story.there.conf("other", story.there.member(story.server), key="another key")
    faults = story.look(other)
    assert [told.fault.what for told in faults if told.newest][:1] == [Trouble.KEY]
