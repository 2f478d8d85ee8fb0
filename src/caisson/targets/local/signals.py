"""Signals to processes, to groups and to everything below; and those of children that ended.

Only the standard library is imported: the supervisor starts with this.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator

from caisson.targets.local import procfs

SETTLE_S = 0.001  # between two looks at processes that were just signalled
_SETTLE_MOST_S = 0.1


def send(pid: int, number: int) -> None:
    """One that is gone, or has become another user's, must not keep the others waiting."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def send_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def send_each(processes: Iterable[procfs.Process], number: int) -> None:
    for process in processes:
        send(process.pid, number)


def reaped() -> Iterator[tuple[int, int]]:
    """Pid and exit code of every child that has ended."""
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0] != 0:
            yield found[0], os.waitstatus_to_exitcode(found[1])


def kill_all_below() -> None:
    """SIGKILL every descendant until none is left; orphans come to this subreaper meanwhile."""
    settle_s = SETTLE_S
    while procfs.children_of_self():
        send_each(_below(), signal.SIGKILL)
        time.sleep(settle_s)
        settle_s = min(2 * settle_s, _SETTLE_MOST_S)
        for _ in reaped():
            pass


def _below() -> list[procfs.Process]:
    own = os.getpid()
    return [it for it in procfs.trees([own], procfs.snapshot()) if it.pid != own]


def child_signals() -> int:
    """A descriptor that is readable after each SIGCHLD, so that none falls between two looks."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable


def empty(readable: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(readable, 4096):
            pass
