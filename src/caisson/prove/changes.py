"""What a change does to promises: the verdicts before it beside those after it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from caisson.prove.acceptance import fingerprint
from caisson.prove.model import Decision, Verdict

_RANK = {Decision.HOLDS: 0, Decision.UNKNOWN: 1, Decision.BROKEN: 2}


class Direction(StrEnum):
    """What became of a promise. `worse` goes before `better` where both are true."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "same"
    NEW = "new"  # nobody asked for it before
    GONE = "gone"  # nobody asks for it any more


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one promise; a decision is the worst of the promise's verdicts.

    `worse` are the verdicts that were not there before and are no better than what was; `mended`
    counts the broken ones that are gone.
    """

    promise: str
    direction: Direction
    before: Decision | None
    after: Decision | None
    worse: tuple[Verdict, ...] = ()
    mended: int = 0


def worst(verdicts: Iterable[Verdict]) -> Decision | None:
    """Return the decision that a promise as a whole has; None without a verdict."""
    decisions = [each.decision for each in verdicts]
    return max(decisions, key=_RANK.__getitem__, default=None)


def changes(before: Collection[Verdict], after: Collection[Verdict]) -> tuple[Change, ...]:
    """Return what became of each promise: those of `after` in their order, then the rest."""
    old, new = _by_promise(before), _by_promise(after)
    names = dict.fromkeys((*new, *old))
    return tuple(_change(name, old.get(name, []), new.get(name, [])) for name in names)


def _by_promise(verdicts: Iterable[Verdict]) -> Mapping[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for each in verdicts:
        found.setdefault(each.promise, []).append(each)
    return found


def _change(promise: str, old: list[Verdict], new: list[Verdict]) -> Change:
    before, after = worst(old), worst(new)
    if before is None or after is None:
        direction = Direction.NEW if before is None else Direction.GONE
        worse = _at(new, Decision.BROKEN) if before is None else ()
        return Change(promise, direction, before, after, worse)
    known = {fingerprint(each) for each in old}
    here = {fingerprint(each) for each in new}
    broken = tuple(v for v in _at(new, Decision.BROKEN) if fingerprint(v) not in known)
    mended = sum(fingerprint(each) not in here for each in _at(old, Decision.BROKEN))
    if broken or _RANK[after] > _RANK[before]:
        worse = broken or tuple(v for v in _at(new, after) if fingerprint(v) not in known)
        return Change(promise, Direction.WORSE, before, after, worse, mended)
    is_better = mended or _RANK[after] < _RANK[before]
    return Change(
        promise, Direction.BETTER if is_better else Direction.SAME, before, after, (), mended
    )


def _at(verdicts: Iterable[Verdict], decision: Decision) -> tuple[Verdict, ...]:
    return tuple(each for each in verdicts if each.decision is decision)
