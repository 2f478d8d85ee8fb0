"""Drills of restores: what was looked at on the restored copy, as one JSON document. Pure.

Nothing that runs is broken by them: what they lose on purpose is the drill's own.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from caisson.estate.model import Restore

RESTORE, DROP_TABLE, RANSOM = "restore", "drop-table", "ransom"
CORRUPT_BACKUP = "corrupt-backup"
RESTORE_FAULTS = (RESTORE, DROP_TABLE, CORRUPT_BACKUP, RANSOM)

_METHODS = {
    RESTORE: (
        "The newest that the repository has, and one moment drawn at random of all that it has"
        " without a hole, were restored into copies beside what runs.",
    ),
    DROP_TABLE: (
        "The drill made a table of its own, in the store's database, wrote into it row by row"
        " and dropped it. The store was restored to one second before, into a copy beside what"
        " runs, and every row compared with when it was begun and acknowledged.",
    ),
    CORRUPT_BACKUP: (
        "Copies of the repository were damaged, each in one way and at a place drawn at random,"
        " and verified as `caisson verify` does. The repository itself was not touched.",
    ),
    RANSOM: (
        "A copy beside what runs was given the right to write and robbed with the password of each"
        " service that uses the store: what a service must not do was tried, and all that could"
        " be deleted was. Then the same moment was restored again and its rows counted.",
        "Whoever runs programs as the user of the servers can delete a repository in a folder;"
        " this was not tried. A bucket with locked objects in another account withstands it.",
    ),
}
_ON_COPIES = (
    "Each copy was started where no service sees it, asked the store's questions, and discarded."
)
_REHEARSAL = (
    "Everything ran on this one machine: it is a rehearsal, its disks are not those of a cloud."
)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was looked at; `well` when it is as it should be."""

    what: str
    said: str
    well: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """A copy as it came to be; `restore_s` is None when it never answered as it should.

    `moment` is in seconds since the epoch, None for the newest; `copied_s` is the part of
    `restore_s` in which `size_bytes` were written. `asked`: every question of the store was.
    `rpo_s` is how old the oldest acknowledged write was that is missing, None if not measured.
    """

    operation: str
    moment: float | None
    restore_s: float | None
    size_bytes: int
    copied_s: float
    asked: bool = True
    rpo_s: float | None = None


@dataclass(frozen=True, slots=True)
class RestoreDrill:
    """A drill that has ended; times are seconds since the epoch."""

    id: str
    fault: str
    subject: str
    started_at: float
    ended_at: float
    restored: tuple[Restored, ...]
    found: tuple[Found, ...]
    steps: tuple[dict[str, Any], ...]


def report(drill: RestoreDrill, promises: Sequence[Restore]) -> dict[str, Any]:
    """What `--json` prints and the page draws."""
    return {
        "id": drill.id,
        "fault": drill.fault,
        "subject": drill.subject,
        "started_at": drill.started_at,
        "ended_at": drill.ended_at,
        "fidelity": "rehearsal",
        "found": [asdict(each) for each in drill.found],
        "well": all(each.well for each in drill.found),
        "steps": [_since(drill.started_at, step) for step in drill.steps],
        "verdicts": [],
        "method": [*_METHODS[drill.fault], _REHEARSAL],
        **(_of_restores(drill, promises) if drill.restored else {}),
    }


def _of_restores(drill: RestoreDrill, promises: Sequence[Restore]) -> dict[str, Any]:
    """Of several restores the slowest is the one that counts."""
    slowest = _slowest(drill.restored)
    return {
        "restore_s": slowest,
        "bytes_per_s": _throughput(drill.restored),
        "restored": [asdict(each) for each in drill.restored],
        "verdicts": [_verdict(promise, slowest, drill.restored) for promise in promises],
        "method": [*_METHODS[drill.fault], _ON_COPIES, _REHEARSAL],
    }


def _slowest(restored: Sequence[Restored]) -> float | None:
    seconds = [each.restore_s for each in restored]
    measured = [each for each in seconds if each is not None]
    return max(measured) if measured and len(measured) == len(seconds) else None


def _throughput(restored: Sequence[Restored]) -> float | None:
    """Bytes that restores wrote in a second, over all of them; None when none wrote any."""
    seconds = sum(each.copied_s for each in restored)
    size = sum(each.size_bytes for each in restored)
    return round(size / seconds) if seconds and size else None


def _since(began: float, step: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": step["name"],
        "at_s": round(step["started_at"] - began, 3),
        "seconds": round(step["ended_at"] - step["started_at"], 3),
        "detail": step["detail"],
    }


def _verdict(
    promise: Restore, restore_s: float | None, restored: Sequence[Restored]
) -> dict[str, Any]:
    """Whether this drill is within the promise; the board judges the promise itself."""
    if restore_s is None:
        return _told(promise, "broken", "not restored")
    said = f"restored after {_compared(restore_s, promise.within)}"
    if restore_s > promise.within:
        return _told(promise, "broken", said)
    if not any(each.asked for each in restored):
        return _told(promise, "unknown", said, "not every question was asked of a copy")
    if promise.rpo is None:
        return _told(promise, "holds", said)
    lacked = max((each.rpo_s for each in restored if each.rpo_s is not None), default=None)
    if lacked is None:
        return _told(promise, "unknown", said, "what the newest lacks was not measured")
    missing = f"data missing of {_compared(lacked, promise.rpo)}"
    return _told(promise, "holds" if lacked <= promise.rpo else "broken", said, missing)


def _told(promise: Restore, verdict: str, *why: str) -> dict[str, Any]:
    return {"promise": promise.name, "verdict": verdict, "why": list(why)}


def _compared(seconds: float, promised: float) -> str:
    sign = "≤" if seconds <= promised else "is more than"
    return f"{seconds:g} s {sign} {promised:g} s"
