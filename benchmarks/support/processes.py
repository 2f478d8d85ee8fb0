"""Processes that belong to a benchmark's folder, and their certain end.

Everything a benchmark starts has its working directory somewhere below the benchmark's
folder (a Postgres server and its children stand in their data directory). That makes
"everything in this place" a question to /proc, and one answer serves three needs: losing
a place, stopping, and cleaning up after a benchmark that was itself killed.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_TIMEOUT_S = 60.0


def below(folder: Path) -> list[int]:
    """Ids of the processes whose working directory is `folder` or below it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # Gone meanwhile, a zombie, or somebody else's: not ours in any case.
            with suppress(OSError):
                if (entry / "cwd").readlink().is_relative_to(folder):
                    found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def kill_below(folder: Path) -> None:
    """SIGKILL everything in `folder` at once, until nothing is left that could start more."""
    while pids := below(folder):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


class Guard:
    """Ends what lives in a folder when the benchmark ends, however it ends.

    The guard is a process that waits on a pipe from the benchmark. The kernel closes that
    pipe also when the benchmark is killed with SIGKILL, so there is one way of stopping.
    `before` is a command given the chance to end its own processes in order.
    """

    def __init__(self, folder: Path, before: tuple[str, ...] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder), *before],
            stdin=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the terminal must not reach it
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(STOP_TIMEOUT_S)


def main(folder: Path, before: list[str]) -> None:
    sys.stdin.read()
    if before:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                before,
                timeout=STOP_TIMEOUT_S / 2,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    kill_below(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
