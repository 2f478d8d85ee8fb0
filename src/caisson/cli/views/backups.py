"""The backups of each store, and the last restore of each that was checked."""

import time
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.views.windows import restorable
from caisson.cli.views.words import paragraph
from caisson.ledger.wording import duration

_KIB = 1024
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def show_backups(console: Console, document: dict[str, Any]) -> None:
    """Each store with its restore points, newest first."""
    if not document["backups"]:
        console.print("nothing is declared to be backed up: write `backup:` on a store")
    for each in document["backups"]:
        _show_store(console, each)


def _show_store(console: Console, store: dict[str, Any]) -> None:
    head = Text.assemble((store["replica_set"], "bold"), (f"  in {store['region']}", "dim"))
    paragraph(console, head, indent=0)
    if store["why_not"]:
        paragraph(console, Text(store["why_not"], "bold red"), indent=2)
    if store["unlocked"]:
        paragraph(console, Text(store["unlocked"], "yellow"), indent=2)
    for point in reversed(store["points"]):
        paragraph(console, _point(point), indent=2, lead="  ")
    if not store["points"] and not store["why_not"]:
        paragraph(console, _none(store["gone"]), indent=2, lead="  ")
    for line in restorable(store):
        paragraph(console, line, indent=2, lead="  ")
    paragraph(console, _restored(store["restored"]), indent=2, lead="  ")


def _none(gone: str | None) -> Text:
    if gone is None:
        return Text("no backup yet", "yellow")
    return Text(f"gone: {gone} was here, and no backup is left", "bold red")


def _point(point: dict[str, Any]) -> Text:
    when = datetime.fromtimestamp(point["stopped_at"]).astimezone()
    age = duration(max(0.0, time.time() - point["stopped_at"]))
    took = duration(point["stopped_at"] - point["started_at"])
    stored = "" if point["stored_bytes"] is None else f"stored {size(point['stored_bytes'])}, "
    return Text.assemble(
        f"{when:%Y-%m-%d %H:%M:%S}  {point['kind']:<4}  {size(point['size_bytes']):>9}",
        (f"  {stored}took {took}, {age} ago", "dim"),
    )


def _restored(evidence: dict[str, Any] | None) -> Text:
    if evidence is None:
        return Text("never restored and asked: `caisson restore` shows whether it can be", "yellow")
    age = duration(max(0.0, time.time() - evidence["at"]))
    seconds = evidence["figures"]["restore_s"]
    if seconds is None:
        return Text(f"could not be restored {age} ago: {evidence['drill']}", "bold red")
    rpo_s = evidence["figures"].get("rpo_s")
    lacked = "" if rpo_s is None else f"; it lacked at most the last {duration(rpo_s)}"
    return Text(f"restored and checked {age} ago, in {duration(seconds)}{lacked}", "green")


def size(count: float) -> str:
    """`1.4 GiB`, in the largest unit of which there is at least one."""
    for unit in _UNITS:
        if count < _KIB or unit == _UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= _KIB
    raise AssertionError("unreachable")
