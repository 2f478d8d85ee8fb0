"""What the doctor found: a line each, with what to type below each problem."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.views.words import paragraph
from caisson.targets.local.examination import Condition


def conditions_document(conditions: Sequence[Condition]) -> dict[str, Any]:
    """`caisson doctor --json`."""
    return {
        "ok": all(condition.well for condition in conditions),
        "conditions": [
            {
                "name": condition.name,
                "ok": condition.well,
                "found": condition.found,
                "remedy": condition.remedy,
            }
            for condition in conditions
        ],
    }


def show_conditions(console: Console, conditions: Sequence[Condition]) -> None:
    widest = max(len(condition.name) for condition in conditions)
    for condition in conditions:
        mark = ("✓ ", "green") if condition.well else ("✗ ", "bold red")
        lead = Text.assemble(mark, (condition.name, "" if condition.well else "bold"))
        paragraph(console, Text(condition.found), indent=widest + 4, lead=lead)
        if condition.remedy:
            # In one piece however long it is, so that it can be copied.
            arrow = Text.assemble(" " * (widest + 4), ("→ ", "bold red"), condition.remedy)
            console.print(arrow, soft_wrap=True)
    problems = sum(not condition.well for condition in conditions)
    said = "1 problem" if problems == 1 else f"{problems} problems"
    end = Text(said, "bold red") if problems else Text("all well", "green")
    console.print()
    console.print(end)
