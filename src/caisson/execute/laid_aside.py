"""Data that lies beside a member's own, in the same folder of its region: `NAME@UNDER`.

It was set aside, or was restored and has not been adopted yet. A small file inside says what it
is; it goes when the data becomes the member's.
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from caisson.systems.postgres import timelines
from caisson.targets.local.layout import write_private

_FACTS = "caisson.beside"
_MARK = "@"


@dataclass(frozen=True, slots=True)
class Facts:
    """`at` is when it was laid there, in seconds since 1970.

    `taken` is the newest timeline that the archive may have, whoever wrote it.
    """

    at: float
    taken: int = 1


@dataclass(frozen=True, slots=True)
class Beside:
    """`data` is the member's own folder; everything here is done while its server is stopped."""

    data: Path

    def under(self, name: str) -> Path:
        return self.data.with_name(f"{self.data.name}{_MARK}{name}")

    def names(self) -> Iterator[str]:
        """Under which data lies beside, oldest name first."""
        for each in sorted(self.data.parent.glob(f"{self.data.name}{_MARK}*")):
            yield each.name.split(_MARK, 1)[1]

    def move(self, source: Path, target: Path) -> None:
        """Rename a folder of data; a target that is there holds no data."""
        if target.exists():
            shutil.rmtree(target)
        source.rename(target)

    def fill_in(self, folder: Path, histories: Iterable[str]) -> None:
        """Lay histories of timelines into data, from what lies beside it; else empty ones."""
        places = [self.under(name) for name in self.names()]
        for history in histories:
            wanted = folder / "pg_wal" / history
            there = (place / "pg_wal" / history for place in places)
            if not wanted.exists():
                found = next((each for each in there if each.exists()), None)
                write_private(wanted, found.read_text("utf-8") if found else "")

    def delete(self, name: str) -> None:
        """For good."""
        shutil.rmtree(self.under(name))

    def clear(self) -> None:
        """Take away a folder that holds settings and no data, as a start without any leaves."""
        if self.data.exists() and not holds_data(self.data):
            shutil.rmtree(self.data)


def holds_data(folder: Path) -> bool:
    return (folder / "global" / "pg_control").exists()


def facts_of(folder: Path) -> Facts:
    """What was written about data beside; 0 for what nobody wrote about."""
    try:
        return Facts(**json.loads((folder / _FACTS).read_text("utf-8")))
    except FileNotFoundError:
        return Facts(0.0)


def write_facts(folder: Path, facts: Facts) -> None:
    write_private(folder / _FACTS, json.dumps(asdict(facts)))


def forget_facts(folder: Path) -> None:
    (folder / _FACTS).unlink(missing_ok=True)


def timeline_of(folder: Path) -> int:
    """The timeline that a data folder is on."""
    wal = folder / "pg_wal"
    return timelines.newest(each.name for each in wal.iterdir()) if wal.exists() else 1


def nothing_to_archive(folder: Path) -> None:
    """Count all WAL of a copy as archived: what it wrote itself belongs to no archive."""
    status = folder / "pg_wal" / "archive_status"
    status.mkdir(mode=0o700, exist_ok=True)
    for each in (folder / "pg_wal").iterdir():
        if each.is_file():
            (status / f"{each.name}.ready").unlink(missing_ok=True)
            (status / f"{each.name}.done").touch(mode=0o600)
