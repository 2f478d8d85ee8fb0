"""Which moments of a store can be restored, what lies between them, and what is not archived."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.text import Text

from caisson.cli.output import plural
from caisson.ledger.wording import duration

_MIB = 1 << 20


def restorable(store: dict[str, Any]) -> Iterator[Text]:
    """A line for each window and hole, oldest first; then the WAL that waits, and the verdict."""
    for window in store["windows"] or ():
        yield Text(f"any moment from {_when(window['from'])} to {_when(window['to'])}")
        yield from (_hole(each) for each in store["holes"] if each["from"] == window["to"])
    if store["newest_restorable"]:
        age = duration(max(0.0, time.time() - store["newest_restorable"]))
        yield Text(f"the newest that is archived is of {age} ago", "dim")
    if (waiting := store["waiting"]) and waiting["bytes"]:
        yield _waiting(waiting)
    if verified := store["verified"]:
        yield _verified(verified, store["replica_set"])


def _when(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment).astimezone():%Y-%m-%d %H:%M:%S}"


def _hole(hole: dict[str, Any]) -> Text:
    until = f"to {_when(hole['to'])}" if hole["to"] else "on, until the next backup"
    missing = f"WAL from {hole['missing']} on is missing"
    return Text(f"hole: none from {_when(hole['from'])} {until}: {missing}", "bold red")


def _waiting(waiting: dict[str, Any]) -> Text:
    share = f"{waiting['bytes'] / _MIB:.0f} of {waiting['bound_bytes'] / _MIB:.0f} MiB"
    oldest = duration(waiting["oldest_s"])
    style = {"easy": "dim", "warn": "yellow"}.get(waiting["pressure"], "bold red")
    return Text(f"WAL that waits to be archived: {share}, the oldest for {oldest}", style)


def _verified(verified: dict[str, Any], replica_set: str) -> Text:
    age = duration(max(0.0, time.time() - verified["at"]))
    if verified["faults"]:
        faults = plural(verified["faults"], "fault")
        return Text(f"{faults} {age} ago: `caisson verify {replica_set}`", "red")
    return Text(f"every file was read {age} ago, without a fault", "dim")
