"""The writes ledger: each write that a drill's probe had acknowledged, a file for each run.

A file is private and has one line for each thing that happened, handed to the system at once: what
was written stays when the probe is killed, but for a last line that was not written whole.
"""

import json
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caisson.state.errors import WritesDamaged


@dataclass(frozen=True, slots=True)
class Write:
    """An acknowledged write; times are seconds since the epoch, by the probe's clock."""

    tenant: str
    page: str
    id: str
    begun_at: float
    acknowledged_at: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one run left.

    `lost` are the writes that were missing when the run counted. `doubtful`: something was
    broken and nobody counted afterwards, so a failover may have lost what was acknowledged.
    """

    name: str
    writes: tuple[Write, ...]
    lost: frozenset[str]
    doubtful: bool


class Run:
    """The file of a run under way. A file that cannot be written stops nobody: see `failure`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.failure: str | None = None
        self._descriptor: int | None = None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._descriptor = os.open(folder / f"{name}.jsonl", flags, 0o600)
        except OSError as error:
            self.failure = str(error)

    def acknowledged(self, write: Write) -> None:
        """Only what is in here by the end of the run is ever demanded of a restored copy."""
        fields = (write.tenant, write.page, write.id, write.begun_at, write.acknowledged_at)
        self._append("write", *fields)

    def struck(self) -> None:
        """Something is about to be broken: what was acknowledged before may be lost by it."""
        self._append("struck")

    def counted(self, lost: Collection[str]) -> None:
        """Everything acknowledged was looked for, and `lost` were missing."""
        self._append("counted", sorted(lost))

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _append(self, *line: Any) -> None:
        """Nothing follows a line that was not written whole."""
        if self._descriptor is None:
            return
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        try:
            written = os.write(self._descriptor, data)
        except OSError as error:
            self.failure, written = str(error), 0
        if written < len(data):
            self.failure = self.failure or "the disk is full"
            self.close()


def recorded(folder: Path) -> tuple[Recorded, ...]:
    """What all runs left, oldest first; raise WritesDamaged."""
    return tuple(_read(path) for path in sorted(folder.glob("*.jsonl")))


def drop_before(folder: Path, moment: float) -> None:
    """Take away the runs that ended before a moment, in seconds since the epoch."""
    for path in folder.glob("*.jsonl"):
        if path.stat().st_mtime < moment:
            path.unlink(missing_ok=True)


def _read(path: Path) -> Recorded:
    found = Recorded(path.stem, (), frozenset(), doubtful=False)
    whole = path.read_bytes().split(b"\n")[:-1]  # what follows the last end of a line is no line
    writes: list[Write] = []
    for number, line in enumerate(whole, 1):
        try:
            match json.loads(line):
                case ["write", str(), str(), str(), float(), float()] as fields:
                    writes.append(Write(*fields[1:]))
                case ["struck"]:
                    found = replace(found, doubtful=True)
                case ["counted", [*lost]]:
                    found = replace(found, doubtful=False, lost=frozenset(map(str, lost)))
                case _:
                    raise WritesDamaged(f"{path}, line {number}: not as a probe writes it")
        except ValueError as error:
            raise WritesDamaged(f"{path}, line {number}: {error}") from error
    return replace(found, writes=tuple(writes))
