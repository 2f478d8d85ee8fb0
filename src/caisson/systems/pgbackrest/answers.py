"""What pgBackRest says about a repository, as values. Pure.

Times are seconds since 1970, positions bytes of WAL.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from caisson.systems.pgbackrest.files import Kind
from caisson.systems.pgbackrest.wal import Segment, Span

_WAL = re.compile(r"(?P<archive>[^/]+)/[0-9A-F]{16}/(?P<name>[0-9A-F]{24})-[0-9a-f]{40}(\.\w+)?")
_HISTORY = re.compile(r"(?P<archive>[^/]+)/(?P<timeline>[0-9A-F]{8})\.history(\.\w+)?")
_NO_STANZA = (1, 2)  # the stanza was never made, or made and holds no backup: nothing is broken


class AnswerError(ValueError):
    """pgBackRest answered something else than was asked for; says what."""


@dataclass(frozen=True, slots=True)
class Backup:
    """`first_wal` to `last_wal` are needed to restore it at all; `needs` are the backups whose
    files it refers to.

    `size_bytes` is what a restore writes, `stored_bytes` what it added to the repository.
    `damaged_pages`: Postgres's checksums were wrong in what was copied. `notes` were made with
    `Commands.annotate`.
    """

    label: str
    kind: Kind
    started_at: float
    stopped_at: float
    start_lsn: int
    stop_lsn: int
    first_wal: str
    last_wal: str
    size_bytes: int
    stored_bytes: int
    damaged_pages: bool
    needs: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def timeline(self) -> int:
        return int(self.first_wal[:8], 16)

    def span(self, segment_bytes: int) -> Span:
        first = Segment.of(self.first_wal, segment_bytes)
        return Span(first.timeline, first.number, Segment.of(self.last_wal, segment_bytes).number)


@dataclass(frozen=True, slots=True)
class Stanza:
    """`problem` is empty when the repository could be read. `busy`: a backup runs, or an expire.

    `system_ids` are of the Postgres servers whose backups these are, the present one last, and
    `versions` are theirs.
    """

    name: str
    problem: str
    busy: bool
    backups: tuple[Backup, ...]
    system_ids: tuple[int, ...]
    versions: tuple[str, ...] = ()

    def before(self, moment: float) -> Backup | None:
        """The newest backup that had certainly ended by then: to restore this moment from.

        pgBackRest keeps whole seconds, and from a backup that ended later recovery fails.
        """
        ended = [backup for backup in self.backups if backup.stopped_at + 1 <= moment]
        return max(ended, key=lambda backup: backup.stopped_at, default=None)


@dataclass(frozen=True, slots=True)
class Archived:
    """A WAL segment in the repository, and when it came there."""

    name: str
    stored_bytes: int
    at: float


@dataclass(frozen=True, slots=True)
class Archive:
    """All WAL of one Postgres server (`15-1` is its first of version 15), by file names.

    `histories` are the timelines whose origin is on file: without one, no restore follows it.
    """

    id: str
    segments: tuple[Archived, ...]
    histories: frozenset[int]

    def numbered(self, segment_bytes: int) -> frozenset[Segment]:
        return frozenset(Segment.of(each.name, segment_bytes) for each in self.segments)

    @property
    def without_history(self) -> frozenset[int]:
        """Timelines that have WAL, but do not say where they begin."""
        timelines = {int(each.name[:8], 16) for each in self.segments}
        return frozenset(timelines - self.histories - {1})


def read_info(text: str, stanza: str) -> Stanza:
    """Read `info`; a stanza that was never made has no backups and no problem."""
    told = next((each for each in _json(text, list) if each["name"] == stanza), None)
    if told is None:
        return Stanza(stanza, "", False, (), ())
    return Stanza(
        name=stanza,
        problem=_problem(told),
        busy=bool(told["status"]["lock"]["backup"]["held"]),
        backups=tuple(_backup(each) for each in told["backup"]),
        system_ids=tuple(int(each["system-id"]) for each in told["db"]),
        versions=tuple(str(each["version"]) for each in told["db"]),
    )


def read_listing(text: str) -> tuple[Archive, ...]:
    """Read `listing`; what is neither WAL nor a timeline's history is left out."""
    files = _json(text, dict)
    segments: dict[str, list[Archived]] = {}
    histories: dict[str, set[int]] = {}
    for path, facts in files.items():
        if found := _WAL.fullmatch(path):
            each = Archived(found["name"], int(facts["size"]), float(facts["time"]))
            segments.setdefault(found["archive"], []).append(each)
        elif found := _HISTORY.fullmatch(path):
            histories.setdefault(found["archive"], set()).add(int(found["timeline"], 16))
    return tuple(
        Archive(
            archive,
            tuple(sorted(segments.get(archive, ()), key=lambda each: each.name)),
            frozenset(histories.get(archive, ())),
        )
        for archive in sorted({*segments, *histories}, key=_age)
    )


def _json(text: str, expected: type[Any]) -> Any:
    try:
        # A message about a file that is unreadable has its bytes as they are.
        answer = json.loads(text, strict=False)
    except ValueError as error:
        raise AnswerError(f"no JSON: {text.strip()[:200]!r}") from error
    if not isinstance(answer, expected):
        raise AnswerError(f"not what was asked for: {text.strip()[:200]!r}")
    return answer


def _problem(told: Mapping[str, Any]) -> str:
    return "\n".join(
        str(repository["status"]["message"])
        for repository in told["repo"]
        if repository["status"]["code"] not in (0, *_NO_STANZA)
    )


def _backup(told: Mapping[str, Any]) -> Backup:
    return Backup(
        label=told["label"],
        kind=Kind(told["type"]),
        started_at=float(told["timestamp"]["start"]),
        stopped_at=float(told["timestamp"]["stop"]),
        start_lsn=_position(told["lsn"]["start"]),
        stop_lsn=_position(told["lsn"]["stop"]),
        first_wal=told["archive"]["start"],
        last_wal=told["archive"]["stop"],
        size_bytes=int(told["info"]["size"]),
        stored_bytes=int(told["info"]["repository"]["delta"]),
        damaged_pages=bool(told["error"]),
        needs=tuple(told["reference"] or ()),
        notes=told.get("annotation") or {},
    )


def _position(lsn: str) -> int:
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def _age(archive: str) -> tuple[int, ...]:
    """The number after the dash counts the servers that the stanza has had."""
    return tuple(_numbers(archive))[::-1]


def _numbers(text: str) -> Iterator[int]:
    return (int(number) for number in re.findall(r"\d+", text))
