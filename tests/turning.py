"""For a promise that holds on a topology, other topologies on which it must not.

Each kind of promise has its ways to be broken, and each of them a weaker form that leaves it open:
the same thing, not sure. They are made in the topology itself, so that they fit any estate.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace

from caisson.estate.model import (
    Encrypted,
    Isolation,
    Lose,
    OpenToInternet,
    Promise,
    Public,
    Reach,
    Residency,
    Same,
)
from caisson.prove.certificate import Closed, Listed
from caisson.prove.model import Decision, Verdict
from caisson.prove.sides import side
from caisson.prove.world import World
from caisson.topology.model import Source, Topology
from caisson.topology.network import ALL_PORTS, Forward, Ports
from caisson.topology.resources import EVERY_QUESTION, Gap, Holding, Movement, Resource, Rest, Way

HERE = Source("turned.tf", 1)
STRANGER = "aws_turned.stranger"
FAR = "aws_turned.far"
BROKEN, UNKNOWN = Decision.BROKEN, Decision.UNKNOWN
HOLDING_FIELDS = frozenset(each.name for each in fields(Holding))


@dataclass(frozen=True)
class Turn:
    """A topology on which the promise must have this decision, and what was done to it."""

    what: str
    topology: Topology
    decision: Decision


def turns(promise: Promise, verdict: Verdict, world: World) -> Iterator[Turn]:
    """Yield ways to turn a verdict that holds; every kind of promise has some."""
    yield Turn("something is not understood", _not_understood(world.topology), UNKNOWN)
    yield from TABLE.get(type(promise), _none)(promise, verdict, world)


def _none(promise: Promise, verdict: Verdict, world: World) -> Iterator[Turn]:
    del promise, verdict, world
    yield from ()


def _not_understood(topology: Topology) -> Topology:
    gap = Gap("a thing is not understood", STRANGER, "aws_turned", EVERY_QUESTION, HERE)
    return replace(topology, gaps=(*topology.gaps, gap))


def _with(topology: Topology, name: str, **changes: object) -> Topology:
    holdings = tuple(
        replace(each, **changes) if each.id == name else each  # type: ignore[arg-type]
        for each in topology.holdings
    )
    return replace(topology, holdings=holdings)


def _facts(verdict: Verdict) -> Iterator[tuple[str, str, str]]:
    if isinstance(verdict.certificate, Listed):
        yield from verdict.certificate.facts


def _flipped(promise: Promise, verdict: Verdict, world: World) -> Iterator[Turn]:
    """Yield the opposite of each yes and no that the verdict was decided on."""
    del promise
    for name, field, value in _facts(verdict):
        listener = field.removeprefix("listener ").removesuffix(" encrypted")
        if name in world.holdings and field in HOLDING_FIELDS and value in ("True", "False"):
            if field == "public" and world.holdings[name].resource in world.ways.interfaces:
                continue  # whether it is open is for the network to say
            turned = value != "True"
            # What may not be there breaks nothing.
            opposite = BROKEN if world.holdings[name].sure else UNKNOWN
            for other, decision in ((turned, opposite), (None, UNKNOWN)):
                changed = _with(world.topology, name, **{field: other})
                yield Turn(f"{name} {field} {other}", changed, decision)
        elif field.endswith(" encrypted"):
            yield from _in_the_clear(world.topology, name, listener)


def _in_the_clear(topology: Topology, owner: str, ports: str) -> Iterator[Turn]:
    for other, decision in ((False, BROKEN), (None, UNKNOWN)):
        listeners = tuple(
            replace(each, encrypted=other, redirects=False)
            if each.owner == owner and str(each.ports.low) == ports.split("-", maxsplit=1)[0]
            else each
            for each in topology.network.listeners
        )
        network = replace(topology.network, listeners=listeners)
        what = f"{owner} on {ports} encrypted {other}"
        yield Turn(what, replace(topology, network=network), decision)


def _forwarded(world: World, target: str, owner: str, decision: Decision) -> Turn:
    forward = Forward(
        owner,
        ALL_PORTS,
        target,
        Ports(22, 22),
        HERE,
        from_internet=True,
        sure=decision is BROKEN,
    )
    network = replace(world.topology.network, forwards=(*world.topology.network.forwards, forward))
    what = f"the internet comes to {target}, {decision}"
    return Turn(what, replace(world.topology, network=network), decision)


def _let_in(promise: OpenToInternet, verdict: Verdict, world: World) -> Iterator[Turn]:
    del promise
    for name, _, _ in _facts(verdict):
        if name in world.ways.interfaces:
            yield _forwarded(world, name, STRANGER, BROKEN)
            yield _forwarded(world, name, STRANGER, UNKNOWN)


def _opened(promise: Reach, verdict: Verdict, world: World) -> Iterator[Turn]:
    """Let somebody in whom nobody promised: a copy of one who may come."""
    del verdict
    for name in world.subjects.named(promise.from_).resources:
        for card in world.ways.interfaces.get(name, ()):
            for sure, decision in ((True, BROKEN), (False, UNKNOWN)):
                other = replace(card, owner=STRANGER, addresses=(), sure=sure)
                network = world.topology.network
                changed = replace(network, interfaces=(*network.interfaces, other))
                yield Turn(
                    f"a stranger beside {name}, {decision}",
                    replace(_named(world.topology, STRANGER), network=changed),
                    decision,
                )


def _named(topology: Topology, name: str) -> Topology:
    known = Resource(name, "aws_turned", name, None, None, HERE)
    return replace(topology, resources=(*topology.resources, known))


def _moved(world: World, source: str, *, sure: bool) -> Topology:
    """Move data of a holding to the other end of the world."""
    far = replace(
        world.holdings[source],
        id=FAR,
        resource=FAR,
        region="ap-southeast-2",
        jurisdiction="au",
        environment=None,
    )
    movement = Movement(Way.REPLICATION, source, FAR, HERE, via="turned", sure=sure)
    topology = _named(world.topology, FAR)
    return replace(
        topology,
        holdings=(*topology.holdings, far),
        movements=(*topology.movements, movement),
    )


def _elsewhere(promise: Residency, verdict: Verdict, world: World) -> Iterator[Turn]:
    del promise
    if not isinstance(verdict.certificate, Closed):
        return
    for name in verdict.certificate.origins:
        surely = BROKEN if world.holdings[name].sure else UNKNOWN
        yield Turn(f"{name} is replicated far away", _moved(world, name, sure=True), surely)
        yield Turn(f"{name} may be replicated", _moved(world, name, sure=False), UNKNOWN)
    targets = {each.target for each in world.topology.movements}
    for name, _ in verdict.certificate.reached:
        if name in targets and name in world.holdings and name not in verdict.certificate.origins:
            changed = _with(world.topology, name, region=None, jurisdiction=None)
            yield Turn(f"{name} is in no known place", changed, UNKNOWN)


def _lost(promise: Lose, verdict: Verdict, world: World) -> Iterator[Turn]:
    """Take all copies of a store away, and what lets it live on by itself."""
    looked_up = {name for name, _, _ in _facts(verdict)}
    for holding in world.subjects.holdings(promise.of)[0]:
        name = holding.id
        made_of_others = holding.rest in (Rest.BACKUP, Rest.REPLICA)
        if name not in looked_up or made_of_others or holding.rebuildable:
            continue
        bare = replace(
            _with(world.topology, name, multi_zone=False, versioned=False),
            movements=tuple(
                each for each in world.topology.movements if name not in (each.source, each.target)
            ),
        )
        yield Turn(f"{name} has no copy", bare, BROKEN)
        yield Turn(f"{name} may have a copy", _not_understood(bare), UNKNOWN)


def _shared(promise: Isolation, verdict: Verdict, world: World) -> Iterator[Turn]:
    del verdict
    one, other = (side(world, name) for name in promise.isolate)
    for mine, yours in ((one, other), (other, one)):
        for here in mine.holdings.values():
            for there in list(yours.holdings.values())[:1]:
                for sure, decision in ((True, BROKEN), (False, UNKNOWN)):
                    movement = Movement(Way.EXPORT, here.id, there.id, HERE, sure=sure)
                    movements = (*world.topology.movements, movement)
                    yield Turn(
                        f"data of {here.id} goes to {there.id}, {decision}",
                        replace(world.topology, movements=movements),
                        decision,
                    )
            key = f"key-of-{yours.name}"
            both = world.topology
            for each in (here, *list(yours.holdings.values())[:1]):
                both = _with(both, each.id, keys=(key,))
            yield Turn(f"{here.id} has a key of both", both, BROKEN)


def _differing(promise: Same, verdict: Verdict, world: World) -> Iterator[Turn]:
    del verdict
    for each in side(world, promise.same[0]).holdings.values():
        for field in ("encrypted", "public"):
            value = getattr(each, field)
            if value is not None:
                changed = _with(world.topology, each.id, **{field: not value})
                yield Turn(f"{each.id} {field} differs", changed, BROKEN)
                changed = _with(world.topology, each.id, **{field: None})
                yield Turn(f"{each.id} {field} is not told", changed, UNKNOWN)


TABLE: Mapping[type, Callable[..., Iterator[Turn]]] = {
    Encrypted: _flipped,
    Public: _flipped,
    OpenToInternet: _let_in,
    Reach: _opened,
    Lose: _lost,
    Residency: _elsewhere,
    Isolation: _shared,
    Same: _differing,
}
