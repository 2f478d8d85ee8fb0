"""Verdicts for people: what was read, what is broken, what would settle the rest, and the board.

What says the same of several subjects is said once. `why` shows the whole of every derivation,
what holds included.
"""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from caisson.cli.checked import Checked, Report
from caisson.cli.views.certificates import packets
from caisson.cli.views.changed import show_changes
from caisson.cli.views.folding import Group, about_each, folded, hidden, settled, telling, told_once
from caisson.cli.views.head import nothing_promised, show_example, show_head
from caisson.cli.views.places import near, shortened
from caisson.cli.views.words import STYLES, WIDEST_WORD, marked, paragraph, summary
from caisson.ledger.wording import sentence
from caisson.prove.changes import worst
from caisson.prove.model import Decision, Fact, Verdict
from caisson.topology.model import Source

_LEAD = WIDEST_WORD + 4
_SUBJECTS, _FACTS = 2, 4
_MOST_SUBJECTS, _MOST_GROUPS, _MOST_FACTS, _MOST_OPEN = 8, 12, 6, 2
_MOST_CHAIN = 14
_EVERYTHING = 1_000_000
# How a claim about connections is told, and the packet that shows it.
_CLAIM, _PACKET = " can open ", "a packet of "


def show_report(console: Console, report: Report, *, why: bool = False) -> None:
    show_head(console, report)
    for one in report.checked:
        _Shown(console, report, one, why=why).show(alone=len(report.checked) == 1)
    show_changes(console, report)
    _show_accepted(console, report)
    if any(one.defaults for one in report.checked):
        show_example(console)
    _show_board(console, report)


class _Shown:
    """Shows what was found in one estate."""

    def __init__(self, console: Console, report: Report, one: Checked, *, why: bool) -> None:
        self._console = console
        self._one = one
        self._why = why
        self._verdicts = [v for v in one.verdicts if report.acceptance(one, v) is None]

    def show(self, *, alone: bool) -> None:
        if not alone and self._verdicts:
            text = Text.assemble("estate ", (self._one.name, "bold"))
            paragraph(self._console, text, indent=0)
            self._console.print()
        self._show_broken()
        self._show_unknown()
        if self._why:
            self._show_holds()

    def _of(self, decision: Decision) -> Iterator[tuple[str, list[Verdict]]]:
        for promise in self._one.promises:
            said = [v for v in self._verdicts if v.promise == promise.name]
            if found := [v for v in said if v.decision is decision]:
                yield promise.name, found

    def _show_broken(self) -> None:
        for name, found in self._of(Decision.BROKEN):
            self._show_name(name, Decision.BROKEN)
            groups = folded(found)
            for number, group in enumerate(groups[: self._most(_MOST_GROUPS)]):
                if number:
                    self._console.print()
                self._show_group(group)
            if more := sum(len(g.verdicts) for g in groups[self._most(_MOST_GROUPS) :]):
                self._dim(f"and {more} more, which --why shows", _SUBJECTS)
            self._console.print()

    def _show_name(self, name: str, decision: Decision) -> None:
        promise = self._one.promise(name)
        source = next(v.source for v in self._one.verdicts if v.promise == name)
        place = None if self._one.defaults else source
        head = Text.assemble((name, "bold"), self._place(place))
        paragraph(self._console, head, indent=_LEAD, lead=marked(decision))
        self._dim(sentence(promise), _LEAD)

    def _show_group(self, group: Group) -> None:
        before = Text()
        for verdict in group.verdicts[: self._most(_MOST_SUBJECTS)]:
            facts = verdict.counterexample if len(group.verdicts) > 1 else ()
            place = self._place(facts[0].source if facts else None)
            text = Text.assemble((verdict.subject, "bold"), place if place != before else "")
            paragraph(self._console, text, indent=_SUBJECTS)
            before = place
        if (more := len(group.verdicts) - self._most(_MOST_SUBJECTS)) > 0:
            self._dim(f"and {more} more", _SUBJECTS)
        self._show_why(group)
        self._show_against(group)
        if group.remedy:
            lead = Text.assemble(" " * _FACTS, ("→ ", STYLES[group.verdicts[0].decision]))
            remedy = Text(shortened(group.remedy, self._one))
            paragraph(self._console, remedy, indent=_FACTS + 2, lead=lead)

    def _show_against(self, group: Group) -> None:
        """Show what breaks a promise: of several packets that pass, the way of the first."""
        first = group.verdicts[0]
        facts = _alike(group, first.counterexample)
        lines = packets(first.certificate) if len(group.verdicts) == 1 else ()
        shown = list(_claims(facts)) if lines and not self._why else list(enumerate(facts))
        most = self._most(_MOST_CHAIN if lines else _MOST_FACTS)
        style = STYLES[Decision.BROKEN]
        for number, fact in shown[:most]:
            if number == 1 and lines and _PACKET in fact.text:
                continue
            if lines and _CLAIM not in fact.text:
                self._show_fact(fact, Text("·", "dim"))
            else:
                self._show_fact(fact, Text("✗", style), "red")
            if lines and number == 0:
                self._show_fact(Fact(lines[0]), Text("·", "dim"), "bold")
        self._show_rest(hidden(facts, 0) - len(shown[:most]))

    def _show_why(self, group: Group) -> None:
        facts = _alike(group, group.verdicts[0].why)
        most = self._most(_MOST_FACTS)
        for fact in facts[:most]:
            self._show_fact(fact, Text("·", "dim"))
        self._show_rest(hidden(facts, most))

    def _show_rest(self, more: int) -> None:
        if more:
            self._dim(f"and {more} more facts, which --why shows", _FACTS + 2)

    def _show_fact(self, fact: Fact, mark: Text, style: str = "") -> None:
        text = Text.assemble((fact.text, style), self._place(fact.source))
        lead = Text.assemble(" " * _FACTS, mark)
        paragraph(self._console, text, indent=_FACTS + 2, lead=lead)

    def _show_unknown(self) -> None:
        """Show what cannot be told, by what would settle it: one step often settles much."""
        unknown = [verdict for _, found in self._of(Decision.UNKNOWN) for verdict in found]
        if not unknown:
            return
        many = len(unknown) > 1
        count = f"{len(unknown)} answer{'s' if many else ''}, and "
        what = f"what would settle {'them' if many else 'it'}"
        text = Text.assemble((count, "dim"), (what, "bold"))
        paragraph(self._console, text, indent=_LEAD, lead=marked(Decision.UNKNOWN))
        for remedy, found in settled(unknown):
            lead = Text.assemble(" " * _SUBJECTS, ("→ ", STYLES[Decision.UNKNOWN]))
            paragraph(self._console, Text(shortened(remedy, self._one)), indent=_FACTS, lead=lead)
            for verdict, names in told_once(found):
                text = Text.assemble((", ".join(names), "bold"), f"  {verdict.subject}")
                paragraph(self._console, text, indent=_FACTS + 2, lead=" " * _FACTS)
                self._show_open(verdict)
        self._console.print()

    def _show_open(self, verdict: Verdict) -> None:
        facts, more = telling(verdict, self._most(_MOST_OPEN))
        for fact in verdict.why if self._why else facts:
            text = Text.assemble(fact.text, self._place(fact.source))
            lead = Text.assemble(" " * (_FACTS + 2), ("·", "dim"))
            paragraph(self._console, text, indent=_FACTS + 4, lead=lead)
        if more:
            self._dim(f"and {more} more", _FACTS + 4)

    def _show_holds(self) -> None:
        for name, found in self._of(Decision.HOLDS):
            self._show_name(name, Decision.HOLDS)
            for verdict in found:
                self._show_group(Group((verdict,), ""))
            self._console.print()

    def _most(self, count: int) -> int:
        return _EVERYTHING if self._why else count

    def _dim(self, text: str, indent: int) -> None:
        paragraph(self._console, Text(text, "dim"), indent=indent, lead=" " * indent)

    def _place(self, source: Source | None) -> Text:
        told = near(source, self._one)
        return Text(f"  {told}" if told else "", "dim")


def _alike(group: Group, facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts as they are said of every verdict of the group."""
    if len(group.verdicts) == 1:
        return list(facts)
    first = group.verdicts[0]
    return [Fact(text) for text in dict.fromkeys(about_each(first, f.text) for f in facts)]


def _claims(facts: Sequence[Fact]) -> Iterator[tuple[int, Fact]]:
    """Yield what is claimed, and of the first claim how it comes about."""
    claims = 0
    for number, fact in enumerate(facts):
        claims += _CLAIM in fact.text
        if claims <= 1 or _CLAIM in fact.text:
            yield number, fact


def _show_accepted(console: Console, report: Report) -> None:
    if report.weighed is None:
        return
    for one, verdict in report.findings():
        if each := report.acceptance(one, verdict):
            said = f"  {verdict.subject}: {each.reason} ({each.owner}, until {each.expires})"
            _line(console, "accepted", Text.assemble((verdict.promise, "bold"), said))
    for each in report.weighed.expired:
        said = f"  {each.subject}: until {each.expires}, it counts again ({each.source})"
        _line(console, "expired", Text.assemble((each.promise, "bold"), said), "bold red")
    for each in report.weighed.idle:
        said = f"  {each.subject}: matches nothing any more, take it out ({each.source})"
        _line(console, "idle", Text.assemble((each.promise, "bold"), said), "yellow")
    if report.accepted or report.weighed.expired or report.weighed.idle:
        console.print()


def _line(console: Console, word: str, text: Text, style: str = "dim") -> None:
    paragraph(console, text, indent=_LEAD, lead=Text(f"  {word}", style))


def _show_board(console: Console, report: Report) -> None:
    """Show a line for each promise, so that the end of a long derivation tells all of it."""
    if not any(one.verdicts for one in report.checked):
        console.print(nothing_promised(report))
        return
    widest = max(len(promise.name) for one in report.checked for promise in one.promises)
    decisions: list[Decision] = []
    for one in report.checked:
        for promise in one.promises:
            verdicts = [v for v in one.verdicts if v.promise == promise.name]
            counting = [v for v in verdicts if report.acceptance(one, v) is None]
            decision = worst(counting) or Decision.HOLDS
            decisions.append(decision)
            said = "  ".join(_told(one, promise.name, decision, verdicts, counting, report))
            line = Text.assemble(f"{promise.name:<{widest}}", (f"  {said}", "dim"))
            paragraph(console, line, indent=_LEAD, lead=marked(decision))
    console.print()
    paragraph(console, summary(decisions), indent=0)


def _told(
    one: Checked,
    name: str,
    decision: Decision,
    verdicts: Sequence[Verdict],
    counting: Sequence[Verdict],
    report: Report,
) -> Iterator[str]:
    if len(report.checked) > 1:
        yield one.name
    if accepted := len(verdicts) - len(counting):
        yield f"but for {accepted} accepted"
    if decision is Decision.HOLDS:
        yield sentence(one.promise(name))
    elif len(counting) > 1:
        of = sum(each.decision is decision for each in counting)
        yield f"{of} of {len(counting)} answers"
