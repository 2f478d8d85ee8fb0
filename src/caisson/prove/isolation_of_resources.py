"""What two environments share in a cloud: keys, secrets, stores and accounts, and their data."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from caisson.estate.model import Isolation
from caisson.prove.answers import cut
from caisson.prove.certificate import Certificate, Chain, Listed
from caisson.prove.findings import Findings
from caisson.prove.gaps import Gaps, settled_by
from caisson.prove.isolation_ties import ACCOUNT, Tie, excepted, is_right
from caisson.prove.model import Fact
from caisson.prove.sides import Side, undecided
from caisson.prove.world import World
from caisson.topology.resources import Holding, Question, Rest, Use


def findings(promise: Isolation, world: World, one: Side, other: Side) -> Findings:
    """Return what the two sides share, and what about that cannot be told."""
    ties = [
        tie
        for tie in chain(
            _uses(world, one, other),
            _uses(world, other, one),
            _shared_uses(world, one, other),
            _keys(one, other),
            _data(world, one, other),
            _data(world, other, one),
            _shared_targets(world, one, other),
            _accounts(one, other),
        )
        if not excepted(promise, world, tie.through)
    ]
    broken = [tie for tie in ties if tie.sure]
    gaps = Gaps.of(world.topology, Question.ISOLATION, Question.REACHABILITY)
    left_open = (
        *cut([tie.text for tie in ties if not tie.sure]),
        *undecided(world, one, other),
        *cut(gaps.facts((*one.resources, *other.resources, *one.holdings, *other.holdings))),
    )
    return Findings(
        why=() if ties else (_nothing_shared(one, other),),
        against=cut([tie.text for tie in broken]),
        open=left_open,
        remedy=_remedy(broken, one, other) or settled_by(left_open),
        certificate=_certificate(broken, one, other),
    )


def _nothing_shared(one: Side, other: Side) -> Fact:
    return Fact(
        f"the {len(one.resources)} resources of {one.name} and the {len(other.resources)} of "
        f"{other.name} share no key, secret, store or data",
        one.source,
    )


def _uses(world: World, one: Side, other: Side) -> Iterator[Tie]:
    for use in world.topology.uses:
        if use.user in one and use.used in other and use.used not in one:
            what = (
                " (what it may do there is not decided here)" if is_right(world, use.used) else ""
            )
            text = f"{use.user} of {one.name} uses {use.used} of {other.name}: {use.why}{what}"
            sure = use.sure and not what
            yield Tie(Fact(text, use.source), use.used, (use.user, use.used), sure)


def _shared_uses(world: World, one: Side, other: Side) -> Iterator[Tie]:
    """Find what belongs to neither and is used by both; images and names tie nobody."""
    users: dict[str, dict[str, Use]] = defaultdict(dict)
    for use in sorted(world.topology.uses, key=lambda each: not each.sure):
        if use.used not in one and use.used not in other and _ties(world, use.used):
            for each in (one, other):
                if use.user in each:
                    users[use.used].setdefault(each.name, use)
    for used, found in users.items():
        if len(found) > 1:
            first, second = found[one.name], found[other.name]
            text = f"{first.user} of {one.name} uses {used} ({first.why}), and so does "
            text += f"{second.user} of {other.name} ({second.why})"
            sure = first.sure and second.sure and not is_right(world, used)
            yield Tie(Fact(text, second.source), used, (first.user, used, second.user), sure)


def _ties(world: World, used: str) -> bool:
    known = used in world.keys or is_right(world, used)
    holdings = world.subjects.holdings_of.get(used, ())
    here = [world.holdings[used]] if used in world.holdings else holdings
    return known or any(each.rest is not Rest.IMAGE for each in here)


def _keys(one: Side, other: Side) -> Iterator[Tie]:
    here, there = _holders(one), _holders(other)
    for key in sorted(here.keys() & there.keys()):
        first, second = here[key], there[key]
        text = f"{first.id} of {one.name} and {second.id} of {other.name} are encrypted with {key}"
        ids = (first.id, key, second.id)
        yield Tie(Fact(text, second.source), key, ids, first.sure and second.sure)
    for mine, yours, held, others in ((one, other, here, there), (other, one, there, here)):
        for key, holder in held.items():
            if key in yours and key not in mine and key not in others:
                text = f"{holder.id} of {mine.name} is encrypted with {key} of {yours.name}"
                yield Tie(Fact(text, holder.source), key, (holder.id, key), holder.sure)


def _holders(side: Side) -> Mapping[str, Holding]:
    """Return one holding for each key of a side, a sure one where there is one."""
    return {
        key: each
        for each in sorted(side.holdings.values(), key=lambda each: each.sure)
        for key in each.keys
    }


def _data(world: World, one: Side, other: Side) -> Iterator[Tie]:
    for each in world.topology.movements:
        if each.source in one and each.target in other and each.target not in one:
            text = f"data of {each.source} of {one.name} comes to rest in {each.target} of "
            text += f"{other.name}, by {each.way}"
            yield Tie(Fact(text, each.declared), each.target, (each.source, each.target), each.sure)


def _shared_targets(world: World, one: Side, other: Side) -> Iterator[Tie]:
    into: dict[str, dict[str, tuple[str, bool]]] = defaultdict(dict)
    for each in world.topology.movements:
        for side in (one, other):
            if each.source in side and each.target not in one and each.target not in other:
                into[each.target].setdefault(side.name, (each.source, each.sure))
    for target, found in into.items():
        if len(found) > 1 and target in world.holdings:
            (first, sure), (second, also) = found[one.name], found[other.name]
            text = f"data of {first} of {one.name} and of {second} of {other.name} comes to rest "
            text += f"in {target}"
            fact = Fact(text, world.holdings[target].source)
            yield Tie(fact, target, (first, target, second), sure and also)


def _accounts(one: Side, other: Side) -> Iterator[Tie]:
    of_one, of_other = _by_account(one), _by_account(other)
    for account in sorted(of_one.keys() & of_other.keys()):
        first, second = of_one[account], of_other[account]
        text = f"{one.name} and {other.name} are in one account, {account}: {first} and {second}"
        source = other.resources[second].source
        yield Tie(Fact(text, source), ACCOUNT, (first, account, second))
    if not of_one or not of_other:
        text = f"the accounts of {one.name} and {other.name} cannot be told"
        yield Tie(Fact(text, one.source), ACCOUNT, (), sure=False)


def _by_account(side: Side) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for each in side.resources.values():
        if each.account is not None:
            found.setdefault(each.account, each.id)
    return found


def _remedy(broken: Collection[Tie], one: Side, other: Side) -> str:
    if not broken:
        return ""
    shared = ", ".join(dict.fromkeys(tie.through for tie in list(broken)[:3]))
    return f"give {one.name} and {other.name} their own instead of {shared}, or except it"


def _certificate(broken: Collection[Tie], one: Side, other: Side) -> Certificate:
    if broken:
        return Chain(next(iter(broken)).ids)
    return Listed(
        tuple(
            (each.id, "keys", " ".join(each.keys))
            for side in (one, other)
            for each in side.holdings.values()
        )
    )
