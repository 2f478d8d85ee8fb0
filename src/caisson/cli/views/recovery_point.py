"""What became of each store of a recovery point, and what does not match between them."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.views.words import paragraph
from caisson.ledger.wording import duration

_STYLES = {"done": "green", "incomplete": "yellow", "failed": "bold red"}
_ASK = 2  # the step of a restore in which the questions are asked
_START = 1


def show_recovery_point(console: Console, document: dict[str, Any]) -> None:
    """Each store with the moment it is of, what it lacks, and how it has answered."""
    head = Text.assemble((document["subject"], "bold"), f" as of {_moment(document['moment'])}")
    paragraph(console, head, indent=0)
    for store in document["stores"]:
        _show_store(console, store)
    show_others(console, document)
    said = f"{document['state']} after {duration(document['restore_s'])}"
    paragraph(console, Text(said, _STYLES[document["state"]]), indent=0)


def show_others(console: Console, document: dict[str, Any]) -> None:
    """The stores that are in no backup."""
    for each in document["rebuilt"]:
        origin = f" from {each['from']}" if each["from"] else ""
        text = f"{each['store']}  begins empty and is filled again{origin}: it is rebuildable"
        paragraph(console, Text(text), indent=2, lead="· ")
    for each in document["left_out"]:
        text = f"{each}  is neither backed up nor rebuildable: nothing of it comes back"
        paragraph(console, Text(text, "yellow"), indent=2, lead="! ")


def _show_store(console: Console, store: dict[str, Any]) -> None:
    done = store["state"] == "done"
    lead, style = ("✓ ", "") if done else ("✗ ", "bold red")
    said = Text.assemble((store["replica_set"], style or "bold"), f"  {_matches(store)}")
    paragraph(console, said, indent=2, lead=lead)
    if not done:
        paragraph(console, Text(store["why"] or store["state"], style), indent=4, lead="  ")
        return
    steps = store["operation"]["steps"]
    asked = "nobody can tell whether it is any good: it has no questions"
    if store["questions"]:
        asked = steps[_ASK]["detail"]
    for text in (asked, steps[_START]["detail"]):
        paragraph(console, Text(text, "dim"), indent=4, lead="  ")


def _matches(store: dict[str, Any]) -> str:
    if store["lacks_s"] == 0.0:
        return "of that moment exactly"
    when = _moment(store["restored_to"])
    lacks = duration(store["lacks_s"])
    return f"its backup of {when}: what was written in the last {lacks} may be lacking"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="milliseconds")
