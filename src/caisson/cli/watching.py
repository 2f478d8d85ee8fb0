"""Shows what the controller does while something else goes on: its steps and its events."""

import threading
from contextlib import suppress

from caisson.cli.client import Client, ControllerGone
from caisson.cli.views.progress import Progress

_EVERY_S = 0.2


class Watching:
    """A thread between `with` and its end; only what is new is shown."""

    def __init__(self, client: Client, progress: Progress) -> None:
        self._client = client
        self._progress = progress
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watching", daemon=True)

    def __enter__(self) -> None:
        with suppress(ControllerGone):
            self._progress.skip(self._client.snapshot())
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_S):
            with suppress(ControllerGone):
                self._progress.snapshot(self._client.snapshot())
