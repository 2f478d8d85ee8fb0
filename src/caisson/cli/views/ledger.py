"""The ledger for people, and as JSON documents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.views.words import MARKS, STYLES, figures, paragraph
from caisson.ledger.chain import Altered, Entry, Intact, Kind
from caisson.ledger.evidence import evidence_from_json
from caisson.prove.model import Decision

_KIND_STYLES = {Kind.VERDICT: "cyan", Kind.EVIDENCE: "magenta", Kind.EVENT: "dim"}
_WIDEST_KIND = max(len(kind) for kind in Kind)


def entries_document(entries: Sequence[Entry]) -> dict[str, Any]:
    """`caisson ledger --json`."""
    return {"entries": [entry.to_json() for entry in entries]}


def verify_document(found: Intact | Altered) -> dict[str, Any]:
    """`caisson ledger verify --json`."""
    match found:
        case Intact():
            return {
                "intact": True,
                "entries": found.count,
                "head": found.head,
                "remembered": found.remembered,
            }
        case Altered():
            return {"intact": False, "first_altered": found.seq, "why": found.why}


def show_entries(console: Console, entries: Sequence[Entry]) -> None:
    if not entries:
        console.print("the ledger is empty: nothing was recorded yet")
        return
    widest = len(str(entries[-1].seq))
    for entry in entries:
        when = datetime.fromtimestamp(entry.at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        lead = Text.assemble(
            (f"{entry.seq:>{widest}}  {when}  ", "dim"),
            (f"{entry.kind:<{_WIDEST_KIND}}  ", _KIND_STYLES[entry.kind]),
        )
        paragraph(console, _what(entry), indent=lead.cell_len, lead=lead)


def show_proof(console: Console, found: Intact | Altered) -> None:
    """What `caisson ledger verify` found."""
    match found:
        case Intact():
            decision, said = Decision.HOLDS, f"intact: {_counted(found.count)}, head {found.head}"
            more = _remembered(found)
        case Altered():
            where = f"entry {found.seq}" if found.seq else "the ledger"
            decision, said = Decision.BROKEN, f"altered: the first is {where}"
            more = found.why
    paragraph(console, Text(said), indent=2, lead=Text(MARKS[decision], STYLES[decision]))
    paragraph(console, Text(more, "dim"), indent=2)


def _counted(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"


def _remembered(found: Intact) -> str:
    if found.remembered is None:
        return "no head is kept elsewhere, so entries missing at the end could not be noticed"
    return f"the head kept beside the database agrees, at entry {found.remembered}"


def _what(entry: Entry) -> Text:
    body = entry.body
    match entry.kind:
        case Kind.VERDICT:
            return Text(f"{body.get('promise')}: {body.get('subject')} {_said(body)}")
        case Kind.EVIDENCE:
            evidence = evidence_from_json(body)
            measured = f"{evidence.method} {evidence.subject}"
            return Text.assemble(measured, (f"  {figures(evidence.figures)}", "dim"))
        case Kind.EVENT:
            return Text(str(body.get("text")))


def _said(body: Any) -> str:
    verdict = body.get("verdict")
    return "cannot be told" if verdict == Decision.UNKNOWN.value else str(verdict)
