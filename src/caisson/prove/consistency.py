"""Consistency: two environments are the same in what matters, but for what may differ.

It compares what resources mean (their rules, encryption, backups, zones, engines), not their text.
Resources are matched by their address without the words that tell the environments apart.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from caisson.estate.model import Same
from caisson.estate.patterns import matches, names, root_of
from caisson.prove.answers import cut
from caisson.prove.certificate import Listed
from caisson.prove.judgement import judged, matches_nothing
from caisson.prove.likeness import likeness, words_of
from caisson.prove.model import Fact, Verdict
from caisson.prove.sides import Side, side, undecided
from caisson.prove.traits import Traits, traits
from caisson.prove.world import World
from caisson.topology.diff import Change, Difference, between
from caisson.topology.model import Source
from caisson.topology.resources import Question

PRESENCE = "presence"


@dataclass(frozen=True, slots=True)
class _Difference:
    """One aspect in which two things alike differ; a value of None cannot be told.

    `ids` are those of the two things, None where there is none on that side.
    """

    like: str
    aspect: str
    ids: tuple[str | None, str | None]
    values: tuple[str | None, str | None]
    source: Source

    @property
    def sure(self) -> bool:
        return None not in self.values


def decide(promise: Same, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return one verdict on the pair."""
    if world.topology.components:
        return (_declared(promise, source, world),)
    one, other = (side(world, name) for name in promise.same)
    for each in (one, other):
        if not each.resources:
            text = f"nothing that was read is of {each.name}"
            remedy = f"say in the promise file what tells {each.name}, or take the promise back"
            return (matches_nothing(promise.name, _subject(promise), source, text, remedy),)
    return (_compared(promise, source, world, one, other),)


def _subject(promise: Same) -> str:
    return " and ".join(promise.same)


def _compared(promise: Same, source: Source, world: World, one: Side, other: Side) -> Verdict:
    words = words_of([*promise.same, *_only_roots(one, other)])
    told = [_by_likeness(world, each, words) for each in (one, other)]
    pairs = _pairs(list(told[0]), list(told[1]), words)
    found = [
        each
        for like, ids in pairs
        for each in _differences(like, ids, told)
        if not _excepted(promise, each, world)
    ]
    against = [each for each in found if each.sure]
    gaps = world.gaps[Question.CONSISTENCY].facts((*one.resources, *other.resources))
    return judged(
        promise.name,
        _subject(promise),
        source,
        why=_matched(pairs, promise),
        against=cut([_fact(promise, each) for each in against]),
        open_questions=(
            *cut([_fact(promise, each) for each in found if not each.sure]),
            *undecided(world, one, other),
            *gaps,
        ),
        remedy=_remedy(against),
        certificate=_certificate(against, pairs),
    )


def _only_roots(*sides: Side) -> Iterator[str]:
    """Yield the name of the one root that all of a side is of, which then tells the side."""
    for each in sides:
        roots = {root_of(name)[0] for name in each.resources}
        if len(roots) == 1:
            yield from roots - {""}


def _by_likeness(world: World, one: Side, words: frozenset[str]) -> dict[str, Traits]:
    """Return the traits of what has any, by id."""

    def like(name: str) -> str:
        return likeness(name, words)

    found = traits(world, one, like)
    return {name: found[name] for name in one.resources if name in found}


_Pair = tuple[str, tuple[str | None, str | None]]


def _pairs(first: Sequence[str], second: Sequence[str], words: frozenset[str]) -> list[_Pair]:
    """Return what is alike, each with its id on both sides: by address, then without keys."""
    by_address, left, right = _matching(first, second, lambda name: likeness(name, words))
    bare, left, right = _matching(
        left, right, lambda name: likeness(name, words, with_keys=False), only=True
    )
    alone: list[_Pair] = [(likeness(name, words), (name, None)) for name in left]
    alone += [(likeness(name, words), (None, name)) for name in right]
    return [*by_address, *bare, *alone]


def _matching(
    first: Sequence[str],
    second: Sequence[str],
    like: Callable[[str], str],
    *,
    only: bool = False,
) -> tuple[list[_Pair], list[str], list[str]]:
    """Return the pairs and what is left over; with `only`, what is alone of its like."""
    here, there = _grouped(first, like), _grouped(second, like)
    pairs: list[_Pair] = []
    for name, found in here.items():
        others = there.get(name, [])
        if only and (len(found), len(others)) != (1, 1):
            continue
        pairs += [(name, pair) for pair in zip(found, others, strict=False)]
    taken = {each for _, pair in pairs for each in pair}
    return pairs, [n for n in first if n not in taken], [n for n in second if n not in taken]


def _grouped(found: Sequence[str], like: Callable[[str], str]) -> Mapping[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for each in found:
        groups[like(each)].append(each)
    return groups


def _differences(
    like: str, ids: tuple[str | None, str | None], told: Sequence[Mapping[str, Traits]]
) -> Iterator[_Difference]:
    first, second = ({} if name is None else told[i][name] for i, name in enumerate(ids))
    if None in ids:
        _, source = next(iter((first or second).values()))
        here = ("there", "missing") if first else ("missing", "there")
        yield _Difference(like, PRESENCE, ids, here, source)
        return
    for aspect in dict.fromkeys((*first, *second)):
        _, source = second.get(aspect) or first[aspect]
        values = (
            first[aspect][0] if aspect in first else "none",
            second[aspect][0] if aspect in second else "none",
        )
        if values[0] != values[1] or None in values:
            yield _Difference(like, aspect, ids, values, source)


def _excepted(promise: Same, found: _Difference, world: World) -> bool:
    addresses = [found.like, *(each for each in found.ids if each)]
    types = [world.type_of(each) for each in found.ids if each]
    return any(
        matches(found.aspect, each)
        or matches(found.aspect.partition("/")[0], each)
        or any(names(address, each) for address in addresses)
        or any(matches(type_, each) for type_ in types)
        for each in promise.except_
    )


def _fact(promise: Same, found: _Difference) -> Fact:
    one, other = promise.same
    values = [value or "not to be told" for value in found.values]
    name = found.ids[0] or found.ids[1]
    text = f"{name}, {found.aspect}: {values[0]} in {one}, {values[1]} in {other}"
    return Fact(text, found.source)


def _matched(pairs: Sequence[_Pair], promise: Same) -> Iterator[Fact]:
    both = [ids for _, ids in pairs if None not in ids]
    if both:
        one, other = both[0]
        yield Fact(
            f"{len(both)} resources of {promise.same[0]} were compared with those of "
            f"{promise.same[1]} that have the same address but for the environment, "
            f"such as {one} with {other}"
        )


def _remedy(against: Sequence[_Difference]) -> str:
    if not against:
        return "check the state after apply, which tells what a plan leaves open"
    first = against[0]
    return (
        "make them alike, or write under `except` what may differ: an address such as "
        f"`{first.like}`, or an aspect such as `{first.aspect.partition('/')[0]}`"
    )


def _certificate(against: Sequence[_Difference], pairs: Sequence[_Pair]) -> Listed:
    if not against:
        return Listed(tuple((one, "like", other) for _, (one, other) in pairs if one and other))
    return Listed(
        tuple(
            (name, each.aspect, str(value))
            for each in against
            for name, value in zip(each.ids, each.values, strict=True)
            if name is not None
        )
    )


def _declared(promise: Same, source: Source, world: World) -> Verdict:
    """Compare two environments of a declared estate, by what they are resolved to."""
    one, other = promise.same
    changes = [
        left
        for each in between(world.topology, one, other)
        if each.kind != "tenant" and (left := _unexcepted(promise, each)) is not None
    ]
    return judged(
        promise.name,
        _subject(promise),
        source,
        why=(Fact(f"what {one} and {other} are resolved to was compared", source),),
        against=cut([Fact(_change(each, promise), source) for each in changes]),
        remedy="declare them alike, or write under `except` what may differ: a component such as "
        "`us-west/blocks`, or a fact of one",
    )


def _unexcepted(promise: Same, change: Change) -> Change | None:
    """Return the change without the facts that may differ; None when nothing is left of it."""

    def may_differ(word: str) -> bool:
        return any(names(word, each) for each in promise.except_)

    facts = tuple(fact for fact in change.facts if not may_differ(fact.name))
    nothing_left = change.difference is Difference.CHANGED and not facts
    if nothing_left or may_differ(change.id) or may_differ(change.kind):
        return None
    return replace(change, facts=facts)


def _change(change: Change, promise: Same) -> str:
    match change.difference:
        case Difference.ADDED:
            return f"{change.kind} {change.id} is missing in {promise.same[0]}"
        case Difference.REMOVED:
            return f"{change.kind} {change.id} is missing in {promise.same[1]}"
        case Difference.CHANGED:
            facts = ", ".join(f"{f.name} {f.before} and {f.after}" for f in change.facts)
            return f"{change.kind} {change.id} differs: {facts}"
