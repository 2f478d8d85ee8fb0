"""What a supervisor owns, written down for a sweep after the worst has happened.

Only the standard library is imported: the supervisor starts with this.
"""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from caisson.targets.local import procfs
from caisson.targets.local.owned import Body


class Record:
    """The file that names every process owned; replaced by renaming, so it is always whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot = procfs.boot_id()
        self._own = self._entry("supervisor", os.getpid())
        self._written = ""

    @staticmethod
    def _entry(name: str, pid: int, ticks: int | None = None) -> dict[str, Any]:
        if ticks is None and (process := procfs.read(pid)):
            ticks = process.ticks
        return {"id": name, "pid": pid, "started_at": ticks}

    def write(self, bodies: Iterable[tuple[str, Body]]) -> None:
        """Replace the file, atomically, unless nothing has changed."""
        owned = [self._entry(name, body.pid, body.ticks) for name, body in bodies]
        text = json.dumps(
            {"boot_id": self._boot, "supervisor": self._own, "processes": owned}, indent=1
        )
        if text != self._written:
            fresh = self._path.with_suffix(".new")
            try:
                fresh.write_text(text)
                fresh.replace(self._path)
            except OSError as error:  # a full disk is no reason to end an estate
                sys.stderr.write(f"supervisor: {error}\n")
                return
            self._written = text

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
