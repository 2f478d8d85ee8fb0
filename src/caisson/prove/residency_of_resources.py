"""Residency where stores are resources: whatever data moves to lies in the promised place.

Data is followed from the stores at home, over every movement, until it leaves:

    stores at home ─▶ replicas, backups and their copies, logs, messages, exports, caches, edges
          └─▶ programs that use them, or are at home ─▶ what these write (perhaps: nobody says
              what is in it)

A delivery network keeps copies at edges in every jurisdiction, so data that it delivers leaves.
What keeps nothing is passed through, which is named and not judged.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from caisson.estate.model import Residency
from caisson.prove.answers import cut
from caisson.prove.certificate import Chain, Closed
from caisson.prove.gaps import settled_by
from caisson.prove.judgement import judged, matches_nothing
from caisson.prove.model import Fact, Verdict
from caisson.prove.subjects import ANYTHING, STORES
from caisson.prove.whereabouts import whereabouts
from caisson.prove.world import World
from caisson.topology.following import Closure, follow
from caisson.topology.model import Source
from caisson.topology.network import Forward
from caisson.topology.resources import Holding, Movement, Question, Rest, Use, Way

# What programs write.
_HOMES = frozenset(
    {
        Rest.STORE,
        Rest.SEARCH,
        Rest.FILES,
        Rest.QUEUE,
        Rest.STREAM,
        Rest.DISK,
        Rest.CACHE,
        Rest.LOG,
    }
)


# What is made of something else, and found by following that when it was read.
_COPIES = frozenset({Rest.REPLICA, Rest.BACKUP})


@dataclass(frozen=True)
class _Search:
    """What is followed: from `origins`, for as long as it stays where it was promised to."""

    promise: Residency
    world: World
    origins: tuple[Holding, ...]
    excepted: tuple[Holding, ...] = ()

    @cached_property
    def _lies(self) -> dict[str, bool | None]:
        return {}

    def lies(self, name: str) -> bool | None:
        """Return whether `name` is where the data was promised to stay."""
        if name not in self._lies:
            self._lies[name] = self._looked_up(name)
        return self._lies[name]

    def _looked_up(self, name: str) -> bool | None:
        place = whereabouts(self.world, name)
        if place.everywhere and name in self.world.holdings:
            return False
        return None if place.jurisdiction is None else place.jurisdiction == self.promise.stays_in

    def keeps(self, name: str) -> bool:
        """Return whether data comes to rest there: a program that was read only passes it on."""
        return name in self.world.holdings or name not in self.world.subjects.resources

    def _goes_on(self, name: str) -> bool:
        return self.lies(name) is not False or not self.keeps(name)

    @cached_property
    def surely(self) -> Closure:
        tenants = self.promise.tenants
        origins = (
            each.id
            for each in self.origins
            # Of what is perhaps elsewhere, the data is perhaps somebody else's.
            if each.sure and _at_home(self.world, each, tenants) is not None
        )
        return follow(origins, self._certain, self._goes_on)

    @cached_property
    def perhaps(self) -> Closure:
        origins = (*(each.id for each in self.origins), *self._programs())
        return follow(origins, self._possible, self._goes_on)

    def _programs(self) -> Iterator[str]:
        """Yield the programs at home that write something: nobody says whose data is in it."""
        for name in self.world.movements_from:
            here = whereabouts(self.world, name).jurisdiction
            if name not in self.world.holdings and here == self.promise.tenants:
                yield name

    def _certain(self, name: str) -> Iterator[Movement]:
        for each in self.world.movements_from.get(name, ()):
            target = self.world.holdings.get(each.target)
            # What a program writes into its log need not be what it works on.
            told = each.way is not Way.LOG or name in self.world.holdings
            if each.sure and told and (target is None or target.sure):
                yield each

    def _possible(self, name: str) -> Iterator[Movement]:
        yield from self.world.movements_from.get(name, ())
        holding = self.world.holdings.get(name)
        resource = holding.resource if holding else name
        if resource != name:
            for each in self.world.movements_from.get(resource, ()):
                yield _moved(name, each.target, each.via, each.declared)
        for use in self._uses.get(name, ()):
            yield _moved(name, use.user, f"{use.user} uses it: {use.why}", use.source)
        if holding is None:
            yield from self._written_by(name)

    def _written_by(self, program: str) -> Iterator[Movement]:
        """Yield where a program that uses data may put it, and whom it may hand it to.

        Its own disks, all else that it uses, its parts' logs, and what asks it for answers.
        """
        for kept in self.world.subjects.holdings_of.get(program, ()):
            yield _moved(program, kept.id, f"it is what {program} keeps", kept.source)
        for use in self.world.uses_by.get(program, ()):
            held = self.world.subjects.holdings_of.get(use.used, ())
            for each in (one for one in held if one.rest in _HOMES):
                yield _moved(program, each.id, f"{program} uses it too: {use.why}", use.source)
            for onward in self.world.movements_from.get(use.used, ()) if not held else ():
                yield _moved(program, onward.target, onward.via, onward.declared)
        for forward in self._forwards.get(program, ()):
            yield _moved(program, forward.owner, f"{forward.owner} asks for it", forward.source)

    @cached_property
    def _uses(self) -> Mapping[str, tuple[Use, ...]]:
        """Return the uses of each holding, be it named or its resource, and of each program."""
        found: dict[str, list[Use]] = defaultdict(list)
        for use in self.world.topology.uses:
            here = self.world.subjects.holdings_of.get(use.used, ())
            for name in dict.fromkeys((use.used, *(each.id for each in here))):
                found[name].append(use)
        return {name: tuple(uses) for name, uses in found.items()}

    @cached_property
    def _forwards(self) -> Mapping[str, tuple[Forward, ...]]:
        """Return what forwards requests to each program."""
        found: dict[str, list[Forward]] = defaultdict(list)
        for each in self.world.topology.network.forwards:
            for name in dict.fromkeys((each.target, self.world.resource_of(each.target))):
                found[name or each.target].append(each)
        return {name: tuple(forwards) for name, forwards in found.items()}


def _moved(source: str, target: str, via: str, declared: Source) -> Movement:
    return Movement(Way.EXPORT, source, target, declared, via=via, sure=False)


def decide(promise: Residency, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return one verdict for each thing outside that data goes to, and one for all the rest."""
    origins, missing = _origins(promise, world)
    excepted, nowhere = world.subjects.holdings(promise.except_)
    free = {each.id for each in excepted}
    search = _Search(
        promise, world, tuple(each for each in origins if each.id not in free), excepted
    )
    unmatched = (
        *(_nothing(promise, source, each) for each in missing),
        *(_excepts_nothing(promise, source, each) for each in nowhere),
    )
    gaps = _gaps(search)
    if not search.origins and not gaps:
        return unmatched or (_nothing(promise, source, f"{STORES} beside what is excepted"),)
    broken = tuple(_broken(search, source))
    return (*broken, _rest(search, source, gaps, bool(broken)), *unmatched)


def _nothing(promise: Residency, source: Source, named: str) -> Verdict:
    text = f"nothing that keeps data in {promise.tenants} was read for {named}"
    remedy = "write the address of a store, or the regions of the jurisdiction"
    return matches_nothing(promise.name, promise.tenants, source, text, remedy)


def _excepts_nothing(promise: Residency, source: Source, named: str) -> Verdict:
    text = f"`{named}` is excepted, and names nothing that keeps data"
    remedy = f"take `{named}` out of the promise, or write what is meant"
    return matches_nothing(promise.name, named, source, text, remedy)


def _origins(promise: Residency, world: World) -> tuple[tuple[Holding, ...], tuple[str, ...]]:
    """Return the stores whose data is meant, and the subjects that name none.

    The words for everything mean what is at home in the jurisdiction, or may be. What is named
    is meant wherever it is, when nothing of it is at home.
    """
    found: dict[str, Holding] = {}
    missing = []
    for subject in promise.stores:
        everything = subject in (STORES, ANYTHING)
        named, _ = world.subjects.holdings([subject], _HOMES | _COPIES)
        first = [each for each in named if _is_first(world, each)]
        kept = first if first or everything else list(named)
        home = [each for each in kept if _at_home(world, each, promise.tenants) is not False]
        meant = home if home or everything else kept
        found.update({each.id: each for each in meant})
        if not meant:
            missing.append(subject)
    return tuple(found.values()), tuple(missing)


def _is_first(world: World, holding: Holding) -> bool:
    """Return whether its data is not made of another holding's that was read."""
    if holding.rest in _COPIES:
        return all(
            each.source not in world.holdings for each in world.movements_to.get(holding.id, ())
        )
    return holding.rest in _HOMES


def _at_home(world: World, holding: Holding, jurisdiction: str) -> bool | None:
    place = whereabouts(world, holding.id).jurisdiction
    return None if place is None else place == jurisdiction


def _gaps(search: _Search) -> tuple[Fact, ...]:
    """Return what is not understood and may be a store at home, or move data from one."""
    world = search.world
    gaps = world.gaps[Question.RESIDENCY]
    near = (part for name in search.perhaps.arrived for part in _parts(world, name))
    if not {STORES, ANYTHING} & set(search.promise.stores):
        return gaps.facts(near)
    others = (
        name
        for name in gaps.confined
        if whereabouts(world, name).jurisdiction in (None, search.promise.tenants)
    )
    return gaps.facts((*near, *others))


def _parts(world: World, name: str) -> tuple[str, ...]:
    holding = world.holdings.get(name)
    return (name, holding.resource) if holding else (name,)


# What was found


def _broken(search: _Search, source: Source) -> Iterator[Verdict]:
    """Yield a verdict for each thing outside that data certainly comes to rest in."""
    for name in search.surely.arrived:
        if search.lies(name) is False and search.keeps(name):
            chain = search.surely.chain(name)
            start = chain[0].source if chain else name
            yield judged(
                search.promise.name,
                name,
                source,
                why=(_rests(search, start),) if chain else (),
                against=(*_moves(chain), _rests(search, name)),
                remedy=_remedy(search, chain, name),
                certificate=Chain((start, *(each.target for each in chain))),
            )


def _remedy(search: _Search, chain: Collection[Movement], name: str) -> str:
    keep = f"keep {name} in {search.promise.stays_in}"
    return f"{keep}, or end what takes data there at {list(chain)[-1].declared}" if chain else keep


def _rest(search: _Search, source: Source, gaps: Collection[Fact], rest: bool) -> Verdict:
    inside = [name for name in search.perhaps.arrived if search.lies(name) and search.keeps(name)]
    promise = search.promise
    doubts = cut([fact for name in search.perhaps.arrived for fact in _doubts(search, name)])
    passed = [fact for name in search.perhaps.arrived for fact in _passed(search, name)]
    left_open = (*doubts, *cut(gaps))
    return judged(
        promise.name,
        f"everything else of {promise.tenants}" if rest else promise.tenants,
        source,
        why=(
            *cut([_rests(search, name) for name in inside]),
            *cut(passed),
            *cut([Fact(f"{each.id} is excepted", each.source) for each in search.excepted]),
        ),
        open_questions=left_open,
        remedy=settled_by(left_open),
        certificate=Closed(
            tuple(each.id for each in search.origins),
            tuple(
                (name, whereabouts(search.world, name).jurisdiction)
                for name in search.perhaps.arrived
            ),
        ),
    )


def _doubts(search: _Search, name: str) -> Iterator[Fact]:
    """Yield what may lie outside: its place is not told, or whether data goes there."""
    lies = search.lies(name)
    if lies or not search.keeps(name) or (lies is False and name in search.surely):
        return
    chain = search.perhaps.chain(name)
    yield from _moves(chain[-1:], doubtful=name not in search.surely)
    yield _rests(search, name)


def _passed(search: _Search, name: str) -> Iterator[Fact]:
    if search.lies(name) is False and not search.keeps(name):
        text = f"data passes through {name}, {_where(search, name)}, which keeps none of it"
        yield Fact(f"{text}; transit is not promised", search.world.source_of(name))


def _moves(chain: Collection[Movement], *, doubtful: bool = False) -> Iterator[Fact]:
    for each in chain:
        verb = "may come" if doubtful or not each.sure else "comes"
        how = f": {each.via}" if each.via else f", by {each.way}"
        yield Fact(f"data of {each.source} {verb} to rest in {each.target}{how}", each.declared)


def _rests(search: _Search, name: str) -> Fact:
    return Fact(f"{name} is {_where(search, name)}", search.world.source_of(name))


def _where(search: _Search, name: str) -> str:
    place = whereabouts(search.world, name)
    if place.everywhere:
        return "at edges in every jurisdiction"
    if place.jurisdiction is None:
        return f"in {place.region or 'a region that cannot be told'}, in no known jurisdiction"
    return f"in {place.region}, in {place.jurisdiction}"
