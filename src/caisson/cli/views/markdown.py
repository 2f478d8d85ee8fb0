"""Verdicts as Markdown, for a comment on a pull request, and no longer than one may be."""

import html
from collections.abc import Iterable, Iterator, Sequence

from caisson.cli.checked import Checked, Report
from caisson.cli.views.certificates import packets
from caisson.cli.views.changed import MARKS as DIRECTIONS
from caisson.cli.views.changed import told
from caisson.cli.views.folding import Group, about_each, folded, hidden, settled, telling, told_once
from caisson.cli.views.head import covered, nothing_promised
from caisson.cli.views.places import near
from caisson.cli.views.words import WORDS, summary
from caisson.ledger.wording import sentence
from caisson.prove.changes import Change, worst
from caisson.prove.coverage import coverage
from caisson.prove.model import Decision, Fact, Verdict

MOST_LETTERS = 64_000  # GitHub takes 65,536

_MARKS = {Decision.HOLDS: "✅", Decision.BROKEN: "❌", Decision.UNKNOWN: "❔"}
_MOST_SUBJECTS, _MOST_FACTS, _MOST_WORSE, _MOST_ROWS, _LONGEST = 8, 12, 3, 120, 600


def report_comment(report: Report) -> str:
    """Return the promises as a table, then what a change did, and derivations folded away."""
    boards = [_board(report, one) for one in report.checked]
    decisions = [decision for board in boards for _, decision, _ in board]
    if not decisions:
        return f"### Promises\n\n{nothing_promised(report)}"
    head = [f"### Promises: {summary(decisions).plain}", "", *_read(report)]
    several = len(report.checked) > 1
    for one, board in zip(report.checked, boards, strict=True):
        head += ["", f"**{_escaped(one.name)}**"] if several else []
        head += ["", *_table(one, board)]
    head += [*_changes(report), ""]
    return _fitting("\n".join(head), list(_details(report)))


def _fitting(head: str, blocks: Sequence[str]) -> str:
    """Put as many blocks after the head as there is room for, and say how many were cut."""
    text = head if len(head) <= MOST_LETTERS else head[: MOST_LETTERS - 200] + "…\n"
    for number, block in enumerate(blocks):
        rest = len(blocks) - number
        if len(text) + len(block) > MOST_LETTERS - 200:
            return f"{text}\n_{rest} more were cut: `caisson check --format json` has them all._"
        text += f"\n{block}"
    return text


_Row = tuple[str, Decision, str]


def _board(report: Report, one: Checked) -> list[_Row]:
    """Return a promise, its decision without what is accepted, and how many answers have it."""
    rows = []
    for promise in one.promises:
        every = [each for each in one.verdicts if each.promise == promise.name]
        counting = [each for each in every if report.acceptance(one, each) is None]
        decision = worst(counting) or Decision.HOLDS
        of = sum(each.decision is decision for each in counting)
        parts = [f"{of} of {len(counting)} answers"] if decision is not Decision.HOLDS else []
        if len(counting) < len(every):
            parts.append(f"{len(every) - len(counting)} accepted")
        rows.append((promise.name, decision, ", ".join(parts)))
    return rows


def _read(report: Report) -> Iterator[str]:
    counted = coverage(one.topology for one in report.checked)
    names = ", ".join(f"`{_code(name)}`" for one in report.checked for name in _names(one))
    own = ", by Caisson's own default promises" if any(o.defaults for o in report.checked) else ""
    yield f"{_escaped(covered(counted))}: {names}{own}."


def _names(one: Checked) -> Sequence[str]:
    return one.documents or (one.name,)


def _table(one: Checked, board: Sequence[_Row]) -> Iterator[str]:
    yield "| | promise | says | |"
    yield "| --- | --- | --- | --- |"
    for name, decision, of in board[:_MOST_ROWS]:
        mark = f"{_MARKS[decision]} {WORDS[decision]}"
        yield _row(mark, name, _cell(sentence(one.promise(name))), of)
    if len(board) > _MOST_ROWS:
        yield _row("", f"and {len(board) - _MOST_ROWS} more", "", "")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _changes(report: Report) -> Iterator[str]:
    if report.changes is None:
        return
    yield from ("", f"#### What this change does, against `{_code(report.before)}`", "")
    yield from ("| | promise | | because |", "| --- | --- | --- | --- |")
    for each in report.changes[:_MOST_ROWS]:
        mark = f"{DIRECTIONS[each.direction]} {each.direction}"
        yield _row(mark, each.promise, told(each), "<br>".join(_because(each)))
    if len(report.changes) > _MOST_ROWS:
        yield _row("", f"and {len(report.changes) - _MOST_ROWS} more", "", "")
    yield from ("", "The exit code counts what is broken now, whatever was before.")


def _because(change: Change) -> Iterator[str]:
    for verdict in change.worse[:_MOST_WORSE]:
        facts = verdict.counterexample or verdict.why[-1:]
        said = [*packets(verdict.certificate)[:1], *(fact.text for fact in facts)]
        yield f"`{_code(verdict.subject)}`: {_cell(said[0]) if said else ''}"
    if (more := len(change.worse) - _MOST_WORSE) > 0:
        yield f"and {more} more"


def _details(report: Report) -> Iterator[str]:
    for one in report.checked:
        counting = [each for each in one.verdicts if report.acceptance(one, each) is None]
        for promise in one.promises:
            broken = [each for each in counting if _is(each, promise.name, Decision.BROKEN)]
            for group in folded(broken):
                yield "\n".join(_broken(one, group))
        unknown = [each for each in counting if each.decision is Decision.UNKNOWN]
        if unknown:
            yield "\n".join(_unknown(unknown))
    yield from _accepted(report)


def _is(verdict: Verdict, promise: str, decision: Decision) -> bool:
    return verdict.promise == promise and verdict.decision is decision


def _broken(one: Checked, group: Group) -> Iterator[str]:
    first, count = group.verdicts[0], len(group.verdicts)
    subject = f"{first.subject}" if count == 1 else f"{first.subject} and {count - 1} more"
    title = f"❌ {first.promise}: {subject}"
    yield f"<details><summary>{_escaped(title)}</summary>\n"
    if count > 1:
        yield from (f"- `{_code(each.subject)}`" for each in group.verdicts[:_MOST_SUBJECTS])
        yield from [f"- and {count - _MOST_SUBJECTS} more"] if count > _MOST_SUBJECTS else []
        yield ""
    yield from (f"- `{_code(each)}`" for each in (packets(first.certificate) if count == 1 else ()))
    yield from _facts(one, group, first.why, "")
    yield from _facts(one, group, first.counterexample, "❌ ")
    if group.remedy:
        yield f"\n**To do:** {_escaped(group.remedy)}"
    yield "\n</details>"


def _facts(one: Checked, group: Group, facts: Sequence[Fact], mark: str) -> Iterator[str]:
    alone = len(group.verdicts) == 1
    for fact in facts[:_MOST_FACTS]:
        text = fact.text if alone else about_each(group.verdicts[0], fact.text)
        place = near(fact.source, one) if alone else ""
        yield f"- {mark}{_escaped(text)}{f' (`{_code(place)}`)' if place else ''}"
    if more := hidden(facts, _MOST_FACTS):
        yield f"- and {more} more"


def _unknown(verdicts: Iterable[Verdict]) -> Iterator[str]:
    found = list(verdicts)
    count = f"{len(found)} answer{'s' if len(found) > 1 else ''}"
    title = f"❔ {count} that cannot be told, and what would settle them"
    yield f"<details><summary>{title}</summary>\n"
    for remedy, alike in settled(found):
        yield f"- {_escaped(remedy)}"
        for each, names in told_once(alike):
            facts, _ = telling(each, 1)
            why = f": {_escaped(facts[0].text)}" if facts else ""
            yield f"  - {', '.join(names)}, `{_code(each.subject)}`{why}"
    yield "\n</details>"


def _accepted(report: Report) -> Iterator[str]:
    if report.weighed is None:
        return
    lines = [
        f"- {each.promise}, `{_code(each.subject)}`: {_escaped(each.reason)} "
        f"({_escaped(each.owner)}, until {each.expires})"
        for each in report.weighed.accepted.values()
    ]
    for word, found in (
        ("ended, it counts again", report.weighed.expired),
        ("matches nothing any more", report.weighed.idle),
    ):
        lines += [f"- {e.promise}, `{_code(e.subject)}`: {word} ({e.source})" for e in found]
    if lines:
        title = f"{len(lines)} of the baseline"
        yield "\n".join([f"<details><summary>{title}</summary>\n", *lines, "\n</details>"])


def _cell(text: str) -> str:
    return _escaped(text).replace("|", r"\|")


def _code(text: str) -> str:
    """Return text for between backticks, in a table or out of it."""
    return _short(text).replace("`", "'").replace("|", r"\|")


def _escaped(text: str) -> str:
    """Return text of which nothing is markup, and nobody is called by name."""
    plain = html.escape(_short(text), quote=False).replace("@", "@\u200b")
    return "".join(f"\\{letter}" if letter in "`*[]" else letter for letter in plain)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
