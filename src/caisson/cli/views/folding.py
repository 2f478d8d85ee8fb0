"""Verdicts that say the same of several subjects, told once."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from caisson.prove.model import Fact, Verdict

_PLACE = re.compile(r" ?\([^()\s]+:\d+\)|(,? first)? at \S+:\d+$")


@dataclass(frozen=True, slots=True)
class Group:
    """Verdicts of one promise with one reason.

    `counterexample`, `why` and `remedy` are said of all of them: of several, the subject is
    called by `EACH`.
    """

    verdicts: tuple[Verdict, ...]
    remedy: str


EACH = "each of them"
_PART = re.compile(rf"{EACH}/([\w/-]+)")


def folded(verdicts: Iterable[Verdict]) -> tuple[Group, ...]:
    """Return the verdicts in groups, in the order in which each group begins."""
    found: dict[object, list[Verdict]] = {}
    for each in verdicts:
        found.setdefault(_reason(each), []).append(each)
    return tuple(_group(each) for each in found.values())


def _group(verdicts: list[Verdict]) -> Group:
    first = verdicts[0]
    remedy = first.remedy or ""
    return Group(tuple(verdicts), about_each(first, remedy) if len(verdicts) > 1 else remedy)


def _reason(verdict: Verdict) -> object:
    """Return what is said, without the name of the subject and without places."""
    facts = (*verdict.why, *verdict.counterexample)
    said = tuple(dict.fromkeys(about_each(verdict, fact.text) for fact in facts))
    return verdict.promise, verdict.decision, said, settles(verdict)


def settles(verdict: Verdict) -> str:
    """Return the remedy as it is for all that is like the subject."""
    return about_each(verdict, verdict.remedy or "")


def about_each(verdict: Verdict, text: str) -> str:
    """Return a sentence about the verdict's subject as one about several."""
    for name in _names(verdict.subject):
        text = text.replace(name, EACH)
    return _PLACE.sub("", _PART.sub(rf"\1 of {EACH}", text))


def _names(subject: str) -> Iterator[str]:
    """Yield the subject, and the resource that it is a part of."""
    yield subject
    depth = 0
    for position, letter in enumerate(subject):
        depth += (letter == "[") - (letter == "]")
        if letter == "/" and not depth:
            yield subject[:position]
            return


# What looks like an address of Terraform: `module.db["a"].aws_db_instance.this[0]/endpoint`.
_ADDRESS = re.compile(r"(?<![\w.])(?:module\.|(?:data\.)?[a-z0-9]+_[a-z0-9_]+\.)[^\s,;:]+")
_MORE = re.compile(r"and so for (\d+) more")


def settled(verdicts: Iterable[Verdict]) -> Iterator[tuple[str, list[Verdict]]]:
    """Yield what would settle verdicts, and which: first what settles most."""
    found: dict[str, list[Verdict]] = {}
    for each in verdicts:
        found.setdefault(_ADDRESS.sub(EACH, settles(each)), []).append(each)
    for remedy, alike in sorted(found.items(), key=lambda pair: -len(pair[1])):
        yield (alike[0].remedy or remedy) if len(alike) == 1 else remedy, alike


def told_once(verdicts: Iterable[Verdict]) -> Iterator[tuple[Verdict, list[str]]]:
    """Yield the verdicts, and the promises of all that say the same of the same subject."""
    found: dict[object, tuple[Verdict, list[str]]] = {}
    for each in verdicts:
        key = each.subject, each.open or each.why
        found.setdefault(key, (each, []))[1].append(each.promise)
    yield from found.values()


def hidden(facts: Sequence[Fact], shown: int) -> int:
    """Return how many facts are not shown, those that were cut off before included."""
    rest = facts[shown:]
    if not rest:
        return 0
    cut = _MORE.fullmatch(rest[-1].text)
    return len(rest) - 1 + int(cut[1]) if cut else len(rest)


def telling(verdict: Verdict, most: int) -> tuple[Sequence[Fact], int]:
    """Return the facts that keep a verdict open, and how many others there are of them."""
    facts = verdict.open or verdict.why
    return facts[:most], hidden(facts, most)
