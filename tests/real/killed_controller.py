"""A controller that is killed at given steps: `python killed_controller.py FOLDER KILLS`.

KILLS is JSON: environment → [verb, index of the step, moment]. An operation that this process
begins stops when it is there; once all of them are, the process sends itself SIGKILL. The
moments of a step: `before` it is performed, `performed` but not yet journaled as done, and
`after` that. Operations that are resumed are let through.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from caisson.controller.controller import Controller, Tell
from caisson.estate.loading import find, load
from caisson.state.errors import StateError
from caisson.state.journal import Journal
from caisson.state.state import open_state
from caisson.targets.local.layout import Layout

Kills = dict[str, tuple[str, int, str]]


class Killer:
    """Knows which operation is where, and who has arrived."""

    def __init__(self, state: Path, kills: Kills) -> None:
        self._state = state
        self._kills = kills
        self._old = self._unfinished()
        self._at: dict[str, int] = {}
        self._arrived: set[str] = set()
        self._lock = threading.Lock()

    def progress(self, operation: str, _: str, state: str) -> None:
        with self._lock:
            if state == "running":
                self._at[operation] = self._at.get(operation, -1) + 1
        moment = {"running": "before", "done": "after"}.get(state)
        if moment is not None:
            self.reached(operation, self._at[operation], moment)

    def reached(self, operation: str, index: int, moment: str) -> None:
        if operation in self._old or not self._kills:
            return
        with open_state(self._state, read_only=True) as state:
            record = state.journal.operation(operation)
        environment = record.subject.split("/")[0]
        if self._kills.get(environment) != (record.verb, index, moment):
            return
        with self._lock:
            self._arrived.add(environment)
            if len(self._arrived) == len(self._kills):
                os.kill(os.getpid(), signal.SIGKILL)
        threading.Event().wait()

    def _unfinished(self) -> set[str]:
        try:
            with open_state(self._state, read_only=True) as state:
                return {operation.id for operation in state.journal.unfinished()}
        except StateError:
            return set()


def main() -> None:
    folder, kills = sys.argv[1:]
    loaded = load(find(Path(folder)))
    wanted: Kills = {name: tuple(at) for name, at in json.loads(kills).items()}
    killer = Killer(Layout(loaded.root.resolve()).state, wanted)
    journaled = Journal.step_done

    def step_done(self: Journal, operation: str, index: int, *more: Any) -> None:
        killer.reached(operation, index, "performed")
        journaled(self, operation, index, *more)

    Journal.step_done = step_done  # type: ignore[method-assign]
    controller = Controller(loaded, None, Tell(killer.progress, print))
    signal.signal(signal.SIGTERM, lambda *_: controller.ask_to_stop())
    try:
        controller.start()
        controller.wait()
    finally:
        controller.stop()


if __name__ == "__main__":
    main()
