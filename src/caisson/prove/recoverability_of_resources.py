"""Recoverability where stores are resources: after a loss, a copy is left that is new enough.

    each store ─▶ its copies (survival.py) ─▶ one of them serves and is bounded: it holds
                                           ├▶ none can serve in time: it is broken
                                           └▶ one may: it cannot be told

For a region or an account there is one verdict on each that has stores, for a zone or the store
itself one on each store that is not well.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from caisson.estate.model import Lose, LoseRegion
from caisson.prove.answers import Answer, cut, verdicts
from caisson.prove.certificate import Listed
from caisson.prove.gaps import Gaps, settled_by
from caisson.prove.judgement import judged, matches_nothing, span
from caisson.prove.lasting import Lasting
from caisson.prove.model import Fact, Verdict
from caisson.prove.subjects import STORES
from caisson.prove.survival import Area, Copy, Loss
from caisson.prove.whereabouts import whereabouts
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.resources import GLOBAL, TOOL_STATE, Holding

_MOST_COPIES = 3


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a promise says of data."""

    promise: str
    area: Area
    rpo_s: float
    lasting: Lasting
    source: Source

    @property
    def world(self) -> World:
        return self.lasting.world

    @property
    def undoing(self) -> Gaps:
        """What may keep a copy from being used. Keys outlive the loss of a zone or a store."""
        outlived = self.area in (Area.ZONE, Area.STORE)
        return self.lasting.unread if outlived else self.lasting.undoing


def decide(promise: Lose, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return verdicts by area, or for zones and stores by store; at least one."""
    lasting = Lasting(world, tuple(promise.of))
    return _decided(_Asked(promise.name, Area(promise.lose), promise.rpo, lasting, source))


def decide_region(promise: LoseRegion, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return verdicts by region; how long it takes until service is back is always open."""
    lasting = Lasting(world, (STORES,))
    asked = _Asked(promise.name, Area.REGION, promise.rpo, lasting, source)
    return (*_decided(asked), _service(promise, asked))


def _service(promise: LoseRegion, asked: _Asked) -> Verdict:
    time = f"how long it takes until service is back (promised {span(promise.rto)})"
    return judged(
        promise.name,
        "service",
        asked.source,
        why=(),
        open_questions=(
            *cut(tuple(_shared_fates(asked.world))),
            Fact(f"{time} is not decided by what is declared", asked.source),
        ),
        remedy="lose a region in a drill, and measure",
    )


def _shared_fates(world: World) -> Iterator[Fact]:
    """Name what is needed in one region and lost with another, Terraform's own state too."""
    for use in world.topology.uses:
        here, there = whereabouts(world, use.user).region, whereabouts(world, use.used).region
        if None not in (here, there) and here != there and GLOBAL not in (here, there):
            text = f"{use.user} in {here} needs {use.used} ({use.why}), which is lost with {there}"
            yield Fact(text, use.source)
    states = [each for each in world.topology.resources if each.type == TOOL_STATE]
    for each in states:
        lies = f"is lost with {each.region}" if each.region else "lies where nobody says"
        yield Fact(f"the state of Terraform ({each.name}) {lies}", each.source)
    if not states:
        yield Fact("where Terraform's own state lies is not told")


def _decided(asked: _Asked) -> tuple[Verdict, ...]:
    gaps = asked.lasting.gaps
    unmatched = tuple(_nothing(asked, each) for each in asked.lasting.missing)
    if not asked.lasting.stores and not gaps:
        return unmatched
    answers = [_answer(asked, each) for each in asked.lasting.stores]
    if asked.area in (Area.REGION, Area.ACCOUNT):
        return (*_by_area(asked, answers, gaps), *unmatched)
    everything = " and ".join(asked.lasting.of)
    found = verdicts(asked.promise, asked.source, answers, everything=everything, gaps=gaps)
    return (*found, *unmatched)


def _nothing(asked: _Asked, named: str) -> Verdict:
    text = f"nothing that keeps data for good was read for {named}"
    remedy = "write the address, type or pattern of something that keeps data"
    return matches_nothing(asked.promise, named, asked.source, text, remedy)


# One store


def _answer(asked: _Asked, store: Holding) -> Answer:
    said = Answer(
        store.id,
        asked.world.type_of(store.resource),
        store.resource,
        looked_up=((store.id, "region", str(store.region)),),
    )
    if store.rebuildable:
        text = f"{store.id} can be made again from elsewhere: its loss loses no data"
        return replace(said, why=(Fact(text, store.source),))
    loss = Loss(asked.world, asked.area, store)
    copies = loss.copies()
    said = replace(said, looked_up=_looked_up(asked, store, copies))
    near = _near(asked, store, copies)
    best = copies[0]
    if best.serves and best.most_s <= asked.rpo_s:
        gaps = asked.undoing.near(near)
        return replace(said, why=(_kept(store, best),), open=gaps, remedy=settled_by(gaps))
    possible = [each for each in copies if _may_do(each, asked.rpo_s)]
    gaps = asked.lasting.adding.facts(near)
    followed = tuple(_followed(loss))
    if possible or gaps or followed or not store.sure:
        text = f"whether {store.id} outlives the loss of {loss.name} cannot be told"
        doubts = [fact for each in possible for fact in _doubts(each, asked.rpo_s)]
        told = tuple(dict.fromkeys((*doubts, *followed, *gaps))) or (Fact(text, store.source),)
        return replace(said, open=told, remedy=_settles(store, possible, gaps))
    return replace(
        said, against=tuple(_lost(asked, loss, copies)), remedy=_remedy(asked.area, store)
    )


def _followed(loss: Loss) -> Iterator[Fact]:
    """Say what the store follows and is not lost; that it has data of its own is not told."""
    for each in loss.followed():
        follows = "follows" if each.sure else "may follow"
        text = (
            f"{loss.store.id} {follows} {each.source}, which is not lost with it; whether it has "
        )
        yield Fact(f"{text}data of its own cannot be told", each.declared)


def _may_do(copy: Copy, rpo_s: float) -> bool:
    return copy.serves is not False and copy.least_s <= rpo_s


def _near(asked: _Asked, store: Holding, copies: Sequence[Copy]) -> tuple[str, ...]:
    """Return the ids of a store and of its copies, and of what they belong to."""
    parts: dict[str, None] = dict.fromkeys((store.id, store.resource))
    for each in copies:
        holding = asked.world.holdings.get(each.holding)
        parts.update(dict.fromkeys((each.holding, *((holding.resource,) if holding else ()))))
    return tuple(parts)


def _looked_up(
    asked: _Asked, store: Holding, copies: Sequence[Copy]
) -> tuple[tuple[str, str, str], ...]:
    field = {Area.ZONE: "multi_zone", Area.STORE: "versioned"}.get(asked.area, asked.area)
    names = dict.fromkeys((store.id, *(each.holding for each in copies)))
    known = (asked.world.holdings.get(name) for name in names)
    return tuple((each.id, str(field), str(getattr(each, field))) for each in known if each)


def _kept(store: Holding, copy: Copy) -> Fact:
    if not copy.path:
        return Fact(f"{store.id} lives on with all that was written", store.source)
    how = " and ".join(_step(each.way, each.target, each.via) for each in copy.path)
    behind = "nothing is lost" if copy.most_s == 0 else f"at most {span(copy.most_s)} is lost"
    return Fact(f"{store.id} is left in {copy.holding}, {behind}: {how}", copy.path[-1].declared)


def _step(way: str, target: str, via: str) -> str:
    return f"{way} to {target}" + (f" by {via}" if via else "")


def _doubts(copy: Copy, rpo_s: float) -> Iterator[Fact]:
    yield from copy.doubts
    if copy.most_s > rpo_s:
        how = " and ".join(_step(each.way, each.target, each.via) for each in copy.path)
        unsure = [each for each in copy.path if not each.sure]
        behind = f"nothing bounds how old {copy.holding} is"
        if unsure:
            behind = f"whether {copy.holding} is kept up cannot be told"
        elif copy.most_s < inf:
            behind = f"{copy.holding} is up to {span(copy.most_s)} old"
        yield Fact(f"{behind} (promised {span(rpo_s)}): {how}", copy.path[-1].declared)


def _lost(asked: _Asked, loss: Loss, copies: Sequence[Copy]) -> Iterator[Fact]:
    """Say that nothing is left, and why each copy that there is does not serve."""
    store = loss.store
    others = [each for each in copies if each.path]
    match asked.area:
        case Area.STORE:
            text = f"what is deleted from {store.id} or overwritten there is lost"
        case Area.ZONE:
            text = f"what {store.id} keeps in one zone alone is lost with that zone"
        case _:
            text = f"{store.id} is lost with {loss.name}"
    beside = ", and no copy of it was read" if not others else ", and no copy of it serves"
    yield Fact(text + beside, store.source)
    for each in others[:_MOST_COPIES]:
        yield from each.doubts
        if not each.doubts and each.least_s > asked.rpo_s:
            old = f"{each.holding} is up to {span(each.least_s)} old"
            promised = f"promised {span(asked.rpo_s)}"
            yield Fact(f"{old} ({promised}): {each.path[-1].via}", each.path[-1].declared)


def _settles(store: Holding, possible: Sequence[Copy], gaps: Collection[Fact]) -> str:
    if gaps or not possible:
        return settled_by(gaps)
    if possible[0].serves and not possible[0].path:
        return settled_by(())
    return f"measure how old the copies of {store.id} are, or {settled_by(())}"


def _remedy(area: Area, store: Holding) -> str:
    match area:
        case Area.ZONE:
            return f"spread {store.resource} over several zones, or back it up often enough"
        case Area.REGION:
            return f"copy {store.resource} or its backups into another region, keys included"
        case Area.ACCOUNT:
            return f"copy the backups of {store.resource} into a vault of another account"
        case Area.STORE:
            kept = "protect it from deletion, or keep what is made of it when it is deleted"
            return f"back {store.resource} up often enough, and {kept}"


# Areas


def _by_area(asked: _Asked, answers: Sequence[Answer], gaps: tuple[Fact, ...]) -> Iterator[Verdict]:
    by_name: dict[str, list[Answer]] = {}
    for store, answer in zip(asked.lasting.stores, answers, strict=True):
        by_name.setdefault(Loss(asked.world, asked.area, store).name, []).append(answer)
    for name, found in by_name.items():
        yield _of_area(asked, name, found)
    if gaps:
        yield judged(
            asked.promise,
            "everything else",
            asked.source,
            why=(),
            open_questions=cut(gaps),
            remedy=settled_by(gaps),
        )


def _of_area(asked: _Asked, name: str, answers: Sequence[Answer]) -> Verdict:
    worst = min(answers, key=lambda each: (not each.against, not each.open))
    return judged(
        asked.promise,
        name,
        asked.source,
        why=cut([fact for each in answers for fact in each.why]),
        against=cut([fact for each in answers for fact in each.against]),
        open_questions=cut([fact for each in answers for fact in each.open]),
        remedy=worst.remedy,
        certificate=Listed(tuple(fact for each in answers for fact in each.looked_up)),
    )
