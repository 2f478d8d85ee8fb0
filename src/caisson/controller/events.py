"""What happened, in sentences: for the console, for the log, and for whoever waits."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_KEPT = 200


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is seconds since the epoch; `level` is info, warning or error."""

    at: float
    level: str
    text: str


class Events:
    """Thread-safe. `tell` is called with each event, by the thread that adds it."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._latest: deque[Event] = deque(maxlen=_KEPT)

    def add(self, level: str, text: str) -> None:
        event = Event(time.time(), level, text)
        with self._lock:
            self._latest.append(event)
        self._tell(event)

    def latest(self) -> tuple[Event, ...]:
        """Oldest first."""
        with self._lock:
            return tuple(self._latest)
