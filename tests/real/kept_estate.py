"""A small estate whose one store is backed up, for the tests of backups and restores.

Somebody writes into it all the time, and remembers what was acknowledged when.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from estate_support import EstateHere, until

from caisson.cli.client import ControllerGone

BLOCKS = "production/us/blocks"
PRIMARY = "production/us-west/blocks"
SLACK_S = 120.0

Session = psycopg.Connection[tuple[Any, ...]]


def owner(estate: EstateHere, address: str | None = None) -> Session:
    """The superuser's session with the primary, or with a copy that was kept."""
    host, port = (address or estate.components()[PRIMARY]["address"]).split(":")
    return psycopg.connect(
        host=host,
        port=int(port),
        user="caisson",
        password=estate.secrets()[f"{BLOCKS}/owner"],
        dbname="blocks",
        autocommit=True,
        connect_timeout=5,
    )


def written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


@dataclass
class Writes:
    """Writes one row after another; when each was begun, and when it was acknowledged.

    One of which nobody knows what became of it is written again, so no number is left out.
    """

    estate: EstateHere
    every_s: float = 0.005
    begun: dict[int, float] = field(default_factory=dict)
    acknowledged: dict[int, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def go_on(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        reached = len(self.acknowledged)
        until("something is written", lambda: len(self.acknowledged) > reached)

    def rest(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            try:
                with owner(self.estate) as session:
                    self._write(session)
            except (psycopg.Error, ControllerGone, KeyError) as error:
                self.errors.append(str(error))

    def _write(self, session: Session) -> None:
        while not self._stop.wait(self.every_s):
            number = len(self.acknowledged)
            self.begun.setdefault(number, time.time())
            session.execute(
                "INSERT INTO shard_0.notes VALUES (%s) ON CONFLICT DO NOTHING", (number,)
            )
            self.acknowledged[number] = time.time()

    def wrong_at(self, moment: float, present: set[int]) -> list[int]:
        """What lacks although it was acknowledged by then, or is there although begun later."""
        lacking = [n for n, at in list(self.acknowledged.items()) if at <= moment]
        early = [n for n, at in list(self.begun.items()) if at > moment]
        return [n for n in lacking if n not in present] + [n for n in early if n in present]


@contextmanager
def writing(estate: EstateHere, every_s: float = 0.005) -> Iterator[Writes]:
    writes = Writes(estate, every_s)
    writes.go_on()
    try:
        yield writes
    finally:
        writes.rest()


def numbers_in_copy(estate: EstateHere, operation: dict[str, Any]) -> set[int]:
    """What a copy that was kept holds."""
    address = operation["steps"][1]["detail"].split(" at ")[1]
    with owner(estate, address) as session:
        return {int(row[0]) for row in session.execute("SELECT id FROM shard_0.notes")}
