"""Verdicts as Markdown, for a comment on a pull request."""

import html
from collections.abc import Iterator, Sequence

from caisson.cli.views.verdicts import Checked
from caisson.cli.views.words import WORDS, summary
from caisson.prove.model import Decision, Fact, Verdict

_MARKS = {Decision.HOLDS: "✅", Decision.BROKEN: "❌", Decision.UNKNOWN: "❔"}


def verdicts_table(checked: Sequence[Checked]) -> str:
    """Return a heading, a table of verdicts, and the derivations of what does not hold."""
    verdicts = [verdict for one in checked for verdict in one.verdicts]
    if not verdicts:
        return "### Promises\n\nNothing is promised."
    lines = [
        f"### Promises: {summary([verdict.decision for verdict in verdicts]).plain}",
        "",
        "| | promise | subject | what to do |",
        "| --- | --- | --- | --- |",
        *(_row(verdict) for verdict in verdicts),
        *(line for verdict in verdicts for line in _derivation(verdict)),
    ]
    return "\n".join(lines)


def _row(verdict: Verdict) -> str:
    decision = f"{_MARKS[verdict.decision]} {WORDS[verdict.decision]}"
    against = [_cell(fact.text) for fact in verdict.counterexample]
    remedy = [_cell(verdict.remedy)] if verdict.remedy else []
    cells = (decision, verdict.promise, f"`{verdict.subject}`", "<br>".join(against + remedy))
    return f"| {' | '.join(cells)} |"


def _derivation(verdict: Verdict) -> Iterator[str]:
    if verdict.decision is Decision.HOLDS:
        return
    title = f"{verdict.promise}, {verdict.subject}: {WORDS[verdict.decision]}"
    yield from ("", f"<details><summary>{_escaped(title)}</summary>", "")
    for mark, facts in (("", verdict.why), ("❌ ", verdict.counterexample)):
        yield from (f"- {mark}{_fact(fact)}" for fact in facts)
    yield from ("", "</details>")


def _fact(fact: Fact) -> str:
    return f"{_escaped(fact.text)} (`{fact.source}`)" if fact.source else _escaped(fact.text)


def _cell(text: str) -> str:
    return _escaped(text).replace("|", r"\|")


def _escaped(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False)
