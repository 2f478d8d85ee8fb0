"""What a change does to each promise, for people."""

from rich.console import Console
from rich.text import Text

from caisson.cli.checked import Report
from caisson.cli.views.words import WIDEST_WORD, WORDS, paragraph
from caisson.prove.changes import Change, Direction
from caisson.prove.model import Decision

MARKS = {
    Direction.WORSE: "▼",
    Direction.BETTER: "▲",
    Direction.SAME: "=",
    Direction.NEW: "+",
    Direction.GONE: "-",
}
_STYLES = {Direction.WORSE: "bold red", Direction.BETTER: "green"}


def show_changes(console: Console, report: Report) -> None:
    if report.changes is None:
        return
    paragraph(console, Text(f"against {report.before}", "bold"), indent=0)
    for each in report.changes:
        lead = Text(f"{MARKS[each.direction]} {each.direction:<{WIDEST_WORD}}")
        lead.stylize(_STYLES.get(each.direction, "dim"))
        text = Text.assemble((each.promise, "bold"), f"  {told(each)}")
        paragraph(console, text, indent=WIDEST_WORD + 4, lead=lead)
    console.print()


def told(change: Change) -> str:
    """Say what became of a promise: `holds → broken: 2 more are broken, 1 was mended`."""
    before, after = _word(change.before), _word(change.after)
    parts = [f"{before} → {after}" if before != after else after]
    if change.direction is Direction.WORSE and change.after is Decision.BROKEN:
        parts.append(f"{len(change.worse)} newly broken")
    if change.mended:
        parts.append(f"{change.mended} mended")
    return ", ".join(parts)


def _word(decision: Decision | None) -> str:
    return WORDS[decision] if decision else "not promised"
