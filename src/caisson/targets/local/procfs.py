"""What /proc says about processes: who they are, who started them, whether they run.

A pid alone names a process only until it is used again; a pid with its start time
(`ticks`, clock ticks since boot, field 22 of /proc/pid/stat) names it for good, until the
machine boots again. Only the standard library is imported: the supervisor starts with this.
"""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_DEAD = frozenset("ZX")
_STOPPED = frozenset("Tt")
_UNINTERRUPTIBLE = "D"


@dataclass(frozen=True, slots=True)
class Process:
    """One line of /proc/pid/stat; `state` is the kernel's letter."""

    pid: int
    parent: int
    state: str
    ticks: int

    @property
    def dead(self) -> bool:
        """It has ended and waits to be reaped: no code of it will run."""
        return self.state in _DEAD

    @property
    def stopped(self) -> bool:
        return self.state in _STOPPED

    @property
    def waits(self) -> bool:
        """It waits inside the kernel and takes a signal before it runs code of its own again.

        So does the parent in a vfork, for as long as its child stands still.
        """
        return self.state == _UNINTERRUPTIBLE


def boot_id() -> str:
    return _BOOT_ID.read_text().strip()


def age_s(ticks: int) -> float:
    """Seconds since a process was started, by the start time that names it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def read(pid: int) -> Process | None:
    """The process with this pid now, or None."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  (called per pid of a scan)
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command stands in parentheses and may itself hold spaces and parentheses.
    fields = text[text.rindex(b")") + 2 :].split()
    return Process(pid, int(fields[1]), fields[0].decode(), int(fields[19]))


def snapshot() -> tuple[Process, ...]:
    """Every process of the machine that this user may see."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    return tuple(process for pid in pids if (process := read(pid)))


def trees(roots: Iterable[int], among: Iterable[Process]) -> tuple[Process, ...]:
    """The living processes of `roots` and all their descendants, parents before children."""
    by_pid: dict[int, Process] = {}
    children: dict[int, list[int]] = {}
    for process in among:
        by_pid[process.pid] = process
        children.setdefault(process.parent, []).append(process.pid)
    found: dict[int, Process] = {}
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid in by_pid and pid not in found:
            found[pid] = by_pid[pid]
            waiting.extend(children.get(pid, ()))
    return tuple(process for process in found.values() if not process.dead)


def children_of_self() -> frozenset[int]:
    """Direct children of this single-threaded process, the dead and unreaped included."""
    own = os.getpid()
    try:
        with open(f"/proc/{own}/task/{own}/children", "rb") as file:  # noqa: PTH123
            return frozenset(map(int, file.read().split()))
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return frozenset(process.pid for process in snapshot() if process.parent == own)
