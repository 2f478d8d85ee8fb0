"""The promise board for people: each promise, what it rests on, how old that is."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from caisson.cli.views.words import STYLES, WIDEST_WORD, figures, marked, paragraph, summary
from caisson.ledger.board import EvidenceRow, PromiseRow
from caisson.ledger.evidence import Fidelity
from caisson.ledger.wording import duration
from caisson.prove.model import Decision

_INDENT = WIDEST_WORD + 4
_NEWEST = 5  # measurements shown of a promise


def show_board(console: Console, rows: Sequence[PromiseRow]) -> None:
    if not rows:
        console.print("nothing is promised: write `promises:` into the estate")
        return
    for row in rows:
        _show(console, row)
    paragraph(console, summary([row.verdict for row in rows]), indent=0)


def _show(console: Console, row: PromiseRow) -> None:
    head = Text.assemble((row.name, "bold"), (f"  {_basis(row)}", "dim"))
    paragraph(console, head, indent=_INDENT, lead=marked(row.verdict))
    paragraph(console, Text(row.sentence), indent=_INDENT)
    mark = Text(" " * _INDENT)
    for why in _reasons(row):
        lead = Text.assemble(mark, ("· ", STYLES[row.verdict]))
        paragraph(console, Text(why), indent=_INDENT + 2, lead=lead)
    for measured in row.evidence[:_NEWEST]:
        lead = Text.assemble(mark, ("↳ ", "dim"))
        paragraph(console, _measurement(measured), indent=_INDENT + 2, lead=lead)
    if (more := len(row.evidence) - _NEWEST) > 0:
        paragraph(console, Text(f"and {more} older", "dim"), indent=_INDENT + 2)
    console.print()


def _basis(row: PromiseRow) -> str:
    """How well founded the verdict is."""
    match row.fidelity:
        case None:
            return "what was measured is stale" if row.stale else "not shown yet"
        case Fidelity.PROOF:
            return "by proof"
        case Fidelity.REHEARSAL:
            return "by rehearsal on this machine"
        case Fidelity.CLOUD:
            return "by a drill in the cloud"
        case Fidelity.REAL:
            return "by a real event"


def _reasons(row: PromiseRow) -> tuple[str, ...]:
    """Why, except for a proof that holds: `caisson check` derives those at length."""
    if row.verdict is Decision.HOLDS and row.fidelity is Fidelity.PROOF:
        return ()
    return row.why


def _measurement(row: EvidenceRow) -> Text:
    evidence = row.evidence
    text = Text.assemble(
        f"{duration(row.age_s)} ago  {evidence.method} {evidence.subject}",
        (f"  {figures(evidence.figures)}", "dim"),
    )
    if row.stale_because:
        text.append(f"  stale: {row.stale_because}", "yellow")
    if row.unmeasured:
        text.append(f"  does not count: {row.unmeasured}", "yellow")
    for violation in row.violations:
        text.append(f"  {violation}", "dim" if row.stale else "red")
    return text
