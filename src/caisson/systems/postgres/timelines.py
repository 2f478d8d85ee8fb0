"""Timelines of a data folder: which it has, and how it is made to begin one of its own. Pure.

A server that ends a recovery begins the timeline after the last one of which it finds the
history, and it looks for one number after the other. So a server that was stopped is started
with a recovery that replays nothing, beside histories of all timelines that somebody else may
have begun. A standby that once followed another of them asks for these histories too, all of
them, before it follows. The content of one that is not an ancestor is read by nobody.
"""

import re
from collections.abc import Iterable

RECOVERY_SIGNAL, STANDBY_SIGNAL = "recovery.signal", "standby.signal"
_HISTORY = re.compile(r"([0-9A-F]{8})\.history")


def history(timeline: int) -> str:
    """The name of the file that says where a timeline began; the first has none."""
    return f"{timeline:08X}.history"


def newest(names: Iterable[str]) -> int:
    """The timeline that a data folder is on, by the names of the files of its `pg_wal`."""
    return max((int(found[1], 16) for found in map(_HISTORY.fullmatch, names) if found), default=1)


def between(own: int, taken: int) -> tuple[str, ...]:
    """The histories that have to be there for a server on `own` to begin the one after `taken`."""
    return tuple(history(timeline) for timeline in range(own + 1, taken + 1))


def recovery(own: int) -> str:
    """Settings of a server on timeline `own` that is to end a recovery. All of its WAL is there."""
    return (
        "restore_command = 'exit 1'\n"
        f"recovery_target_timeline = '{own}'\n"
        "recovery_target_action = 'promote'\n"
    )
