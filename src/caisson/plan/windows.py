"""The moments to which a replica set can be brought back, and those in between that are lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any


@dataclass(frozen=True, slots=True)
class Window:
    """Every moment from `since` to `until` can be restored; times are seconds since the epoch.

    `missing` is the WAL segment that lacks after it. While it is None, WAL goes on: what is
    newer can be restored as soon as it is archived.
    """

    since: float
    until: float
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Hole:
    """No moment after `since` and before `until` can be restored; None: until the next backup."""

    since: float
    until: float | None
    missing: str

    def holds(self, moment: float) -> bool:
        return self.since < moment and (self.until is None or moment < self.until)


def holes_between(windows: Sequence[Window]) -> Iterator[Hole]:
    """What lies between windows, which are the oldest first, and after the last."""
    for window, following in zip_longest(windows, windows[1:]):
        if window.missing is not None:
            until = following.since if following else None
            yield Hole(window.until, until, window.missing)


def windows_document(windows: Sequence[Window] | None) -> dict[str, Any]:
    """Windows and holes as JSON has them; None for what nobody could find out."""
    if windows is None:
        return {"windows": None, "holes": None, "newest_restorable": None}
    return {
        "windows": [
            {"from": each.since, "to": each.until, "missing": each.missing} for each in windows
        ],
        "holes": [
            {"from": each.since, "to": each.until, "missing": each.missing}
            for each in holes_between(windows)
        ],
        "newest_restorable": windows[-1].until if windows else None,
    }
