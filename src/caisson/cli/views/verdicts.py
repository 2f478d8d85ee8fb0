"""Verdicts for people, and as the JSON document of the contract."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.views.words import STYLES, WIDEST_WORD, marked, paragraph, summary
from caisson.estate.model import Promise
from caisson.ledger.wording import sentence
from caisson.prove.coverage import Coverage, coverage
from caisson.prove.model import Decision, Fact, Verdict
from caisson.topology.model import Topology

_INDENT = 4
_FACTS = 6
_WORST_FIRST = (Decision.BROKEN, Decision.UNKNOWN, Decision.HOLDS)


@dataclass(frozen=True, slots=True)
class Checked:
    """An estate, or somebody's Terraform, with what was proved of it.

    `defaults`: nobody wrote these promises, they are Caisson's own.
    """

    name: str
    topology: Topology
    promises: tuple[Promise, ...]
    verdicts: tuple[Verdict, ...]
    defaults: bool = False

    def promise(self, name: str) -> Promise:
        return next(promise for promise in self.promises if promise.name == name)


def verdicts_document(checked: Sequence[Checked]) -> dict[str, Any]:
    """`caisson check --json`."""
    covered = coverage(one.topology for one in checked)
    return {
        "verdicts": [_verdict(one, verdict) for one in checked for verdict in one.verdicts],
        "coverage": {
            "resources": covered.resources,
            "understood": covered.understood,
            "ignored": dict(covered.ignored),
        },
    }


def _verdict(one: Checked, verdict: Verdict) -> dict[str, Any]:
    return {
        "estate": one.name,
        "promise": verdict.promise,
        "subject": verdict.subject,
        "verdict": verdict.decision.value,
        "why": [_fact(fact) for fact in verdict.why],
        "counterexample": [_fact(fact) for fact in verdict.counterexample],
        "source": str(verdict.source) if verdict.source else None,
        "remedy": verdict.remedy,
    }


def _fact(fact: Fact) -> dict[str, str | None]:
    return {"text": fact.text, "source": str(fact.source) if fact.source else None}


def show_verdicts(console: Console, checked: Sequence[Checked]) -> None:
    for one in checked:
        if len(checked) > 1:
            paragraph(console, Text.assemble("estate ", (one.name, "bold")), indent=0)
            console.print()
        _show_estate(console, one)
    _show_end(console, checked)


def _show_estate(console: Console, one: Checked) -> None:
    for name, group in groupby(one.verdicts, lambda verdict: verdict.promise):
        verdicts = list(group)
        head = Text.assemble((name, "bold"), _place(verdicts[0].source))
        paragraph(console, head, indent=0)
        paragraph(console, Text(sentence(one.promise(name)), "dim"), indent=0)
        for verdict in verdicts:
            _show_verdict(console, verdict)
        console.print()


def _show_verdict(console: Console, verdict: Verdict) -> None:
    lead = Text.assemble("  ", marked(verdict.decision), "  ")
    paragraph(console, Text(verdict.subject, "bold"), indent=WIDEST_WORD + 6, lead=lead)
    _show_facts(console, verdict.why, Text("·", "dim"))
    style = STYLES[verdict.decision]
    _show_facts(console, verdict.counterexample, Text("✗", style), style)
    if verdict.remedy:
        paragraph(console, Text(verdict.remedy), indent=_FACTS, lead=Text("    → ", style))


def _show_facts(console: Console, facts: Iterable[Fact], mark: Text, style: str = "") -> None:
    for fact in facts:
        text = Text.assemble((fact.text, style), _place(fact.source))
        paragraph(console, text, indent=_FACTS, lead=Text.assemble(" " * _INDENT, mark))


def _place(source: object) -> Text:
    return Text(f"  {source}" if source else "", "dim")


def _show_end(console: Console, checked: Sequence[Checked]) -> None:
    decisions: list[Decision] = [v.decision for one in checked for v in one.verdicts]
    if decisions:
        _show_overview(console, checked)
        paragraph(console, summary(decisions), indent=0)
    else:
        console.print("nothing is promised: write `promises:` into the estate")
    paragraph(console, Text(_covered(coverage(o.topology for o in checked)), "dim"), indent=0)


def _show_overview(console: Console, checked: Sequence[Checked]) -> None:
    """A line for each promise, so that the end of a long derivation tells all of it."""
    widest = max(len(verdict.promise) for one in checked for verdict in one.verdicts)
    for one in checked:
        for name, group in groupby(one.verdicts, lambda verdict: verdict.promise):
            decisions = [verdict.decision for verdict in group]
            estate = f"  {one.name}" if len(checked) > 1 else ""
            worst = next(decision for decision in _WORST_FIRST if decision in decisions)
            line = Text.assemble(f"{name:<{widest}}", (estate + _share(worst, decisions), "dim"))
            paragraph(console, line, indent=WIDEST_WORD + 4, lead=marked(worst))
    console.print()


def _share(decision: Decision, among: Sequence[Decision]) -> str:
    count = among.count(decision)
    return f"  {count} of {len(among)} subjects" if len(among) > 1 else ""


def _covered(covered: Coverage) -> str:
    understood = f"{covered.understood} of {covered.resources} components understood"
    ignored = ", ".join(f"{count} {system}" for system, count in covered.ignored.items())
    return f"{understood}; left out: {ignored}" if ignored else understood
