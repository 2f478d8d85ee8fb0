"""What was found in a repository that was read whole."""

from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.output import plural
from caisson.cli.views.words import paragraph
from caisson.ledger.wording import duration


def show_verification(console: Console, document: dict[str, Any]) -> None:
    """Each fault with its file and what it means, or that there is none."""
    head = Text.assemble((document["replica_set"], "bold"), (f"  in {document['region']}", "dim"))
    paragraph(console, head, indent=0)
    for fault in document["faults"]:
        _show_fault(console, fault)
    paragraph(console, _sum(document), indent=2, lead="  ")


def _show_fault(console: Console, fault: dict[str, Any]) -> None:
    style = "yellow" if fault["spared"] else "bold red"
    what = Text.assemble((fault["subject"], style), f"  {fault['what']}")
    paragraph(console, what, indent=4, lead="  ")
    paragraph(console, Text(fault["means"], "dim"), indent=6, lead="    ")


def _sum(document: dict[str, Any]) -> Text:
    read = f"{plural(document['backups'], 'backup')}, {plural(document['segments'], 'WAL segment')}"
    took = f"read in {duration(document['seconds'])}"
    if document["sound"]:
        return Text.assemble(("no fault", "green"), f" in {read}, {took}")
    return Text.assemble((plural(len(document["faults"]), "fault"), "red"), f" in {read}, {took}")
