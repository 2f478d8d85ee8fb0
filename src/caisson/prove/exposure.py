"""Exposure: what everybody can read, and what the internet can open a connection to."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial

from caisson.estate.model import OpenToInternet, Public
from caisson.prove.answers import Answer, Asked, answered, verdicts
from caisson.prove.certificate import INTERNET, Passed
from caisson.prove.crowd import public
from caisson.prove.hidden import may_be_public, may_hide_ways
from caisson.prove.judgement import matches_nothing
from caisson.prove.model import Fact, Verdict
from caisson.prove.network.ports import NO_CONNECTION, Connections, PortSet
from caisson.prove.network.trace import Trace
from caisson.prove.packets import tracer
from caisson.prove.subjects import ANYTHING, STORES
from caisson.prove.ways import Entry, minus
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.network import Ports, Protocol
from caisson.topology.resources import Holding, Question

# Finding one takes about a millisecond, and nobody looks at more.
_MOST_PACKETS = 100

_PUBLIC = Asked(
    "public",
    wanted=False,
    well="is not public",
    bad="can be read by everybody",
    unknown="can be read by everybody",
    remedy="take public access away from",
)


def decide_public(promise: Public, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return a verdict for each public store, for what cannot be told, and for the rest."""
    allowed, missing = world.subjects.holdings(promise.public)
    free = {each.id for each in allowed}
    asked = [each for each in world.topology.holdings if each.id not in free]
    hiding = world.gaps[Question.EXPOSURE].those(may_be_public(world))
    gaps = hiding.beside(part for each in (*asked, *allowed) for part in (each.resource, each.id))
    if not asked and not gaps:
        return (_nothing(promise, source),)
    answers = [_public(world, each) for each in asked]
    return (
        *verdicts(
            promise.name,
            source,
            answers,
            everything=f"{STORES} beside {' and '.join(promise.public)}" if free else STORES,
            gaps=gaps,
        ),
        *_unmatched(promise, source, missing),
    )


def _nothing(promise: Public, source: Source) -> Verdict:
    return matches_nothing(
        promise.name, STORES, source, "nothing that keeps data was read", "check what keeps data"
    )


def _unmatched(promise: Public, source: Source, missing: tuple[str, ...]) -> Iterator[Verdict]:
    for each in missing:
        yield matches_nothing(
            promise.name,
            each,
            source,
            f"`{each}` may be public, and names nothing that keeps data",
            f"take `{each}` out of the promise, or write what is meant",
        )


def _public(world: World, holding: Holding) -> Answer:
    parts = (holding.resource, holding.id)
    gaps = world.gaps[Question.EXPOSURE].near(parts)
    type_ = world.type_of(holding.resource)
    if holding.public and holding.resource in world.ways.interfaces:
        return _addressed(world, holding, type_, gaps)
    settings = world.gaps[Question.EXPOSURE].settings(type_, parts)
    said = answered(_PUBLIC, holding, type_, gaps, settings)
    if not said.against:
        return said
    return replace(said, against=(*said.against, *_opening(world, holding)))


def _opening(world: World, holding: Holding) -> Iterator[Fact]:
    """Say where to look: which policies say who may do what with it."""
    for policy in world.topology.policies:
        if policy.attached_to == holding.resource and policy.kind == "resource":
            yield Fact(f"{policy.id} says who may do what with it", policy.source)


def _addressed(world: World, holding: Holding, type_: str, gaps: tuple[Fact, ...]) -> Answer:
    """Answer for what has a public address: it is public when the internet can open it."""
    opened = world.ways.opened.get(holding.resource, NO_CONNECTION)
    address = Fact(f"{holding.id} has a public address", holding.source)
    said = Answer(
        holding.id, type_, why=(address,), looked_up=((holding.id, "public", str(holding.public)),)
    )
    rules = tuple(letting_in(world, holding.resource, opened.may))
    if opened.must and holding.sure:
        text = f"the internet can open {opened.must} at {holding.resource}"
        remedy = f"take the public address away from {holding.resource}, or close its rules"
        return replace(said, against=(Fact(text, holding.source), *rules), remedy=remedy)
    if opened:
        text = f"whether the internet can open {opened.may} at {holding.resource} cannot be told"
        return replace(said, open=(Fact(text, holding.source), *rules, *gaps))
    closed = Fact(f"nothing on its way lets the internet into {holding.resource}", holding.source)
    return replace(said, why=(address, closed), open=gaps)


def decide_open(promise: OpenToInternet, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return a verdict for each thing that is open on other ports, and for the rest."""
    asked = world.subjects.named(promise.of)
    excepted = world.subjects.named(promise.except_)
    facing = _facing(world, asked.resources, excepted.resources, others=ANYTHING in promise.of)
    answers = _answers(promise, world, facing)
    gaps = _gaps(promise, world, facing)
    named = " and ".join(promise.of)
    unmatched = [each for each in (*asked.missing, *excepted.missing) if each != STORES]
    if not answers and not gaps:
        return (_nobody(promise, source, named),)
    return (
        *verdicts(
            promise.name,
            source,
            answers,
            everything=f"{named} beside {' and '.join(promise.except_)}"
            if promise.except_
            else named,
            gaps=gaps,
        ),
        *(_nobody(promise, source, each) for each in unmatched),
    )


def _nobody(promise: OpenToInternet, source: Source, named: str) -> Verdict:
    text = f"nothing that has a network address was read for {named}"
    return matches_nothing(
        promise.name, named, source, text, "write the address of something in a network"
    )


def _facing(
    world: World, asked: Iterable[str], excepted: Collection[str], *, others: bool
) -> tuple[str, ...]:
    """Return the members of the network that are asked for, be they parts of resources.

    `others` are those that belong to nothing that was read.
    """
    found = [part for each in asked if each not in excepted for part in _members(world, each)]
    return (*found, *(world.parts_of.get(None, ()) if others else ()))


def _members(world: World, resource: str) -> tuple[str, ...]:
    parts = world.parts_of.get(resource, ())
    return parts if resource in parts or resource not in world.ways.entries else (*parts, resource)


def _gaps(promise: OpenToInternet, world: World, facing: Collection[str]) -> tuple[Fact, ...]:
    gaps = world.network_gaps
    if ANYTHING not in promise.of:
        gaps = gaps.those(may_hide_ways(world))
    if {STORES, ANYTHING} & set(promise.of):
        return gaps.beside(part for each in facing for part in _parts(world, each))
    named = world.subjects.named(promise.of).resources
    return gaps.facts(each for each in named if each not in facing)


def _answers(promise: OpenToInternet, world: World, facing: Collection[str]) -> tuple[Answer, ...]:
    """Answer for each; of many that are open, the first are shown with a packet."""
    subjects = frozenset(facing)
    trace = tracer(world)
    found: list[Answer] = []
    packets = 0
    for each in facing:
        said = _open(promise, world, each, subjects, trace if packets < _MOST_PACKETS else None)
        packets += said.certificate is not None
        found.append(said)
    return tuple(found)


def _open(
    promise: OpenToInternet,
    world: World,
    resource: str,
    subjects: Collection[str],
    trace: Trace | None,
) -> Answer:
    source = world.source_of(resource)
    said = partial(
        Answer,
        resource,
        world.type_of(resource),
        world.resource_of(resource) or resource,
        looked_up=_looked_up(world, resource),
    )
    allowed = _allowed(tuple(promise.ports), listens=_listens(world, resource))
    # What comes by way of another subject is that one's matter: it is asked for itself.
    entries = [
        (entry, minus(entry.ports, allowed))
        for entry in world.ways.entries.get(resource, ())
        if not entry.by or entry.by[0].owner not in subjects
    ]
    against = [
        fact for entry, left in entries if left.must for fact in _came_in(world, entry, left)
    ]
    perhaps = [fact for entry, left in entries if left for fact in _came_in(world, entry, left)]
    if against:
        first, left = next((entry, left) for entry, left in entries if left.must)
        return said(
            against=tuple(dict.fromkeys(against)),
            remedy=_remedy(world, resource, first),
            certificate=_packet(world, first, left.must, trace) if trace else None,
        )
    gaps = world.network_gaps.near(_parts(world, resource))
    beside = " beside what is allowed" if promise.ports else ""
    well = Fact(f"the internet can open nothing at {resource}{beside}", source)
    why = () if perhaps else (well, *_named(world, resource, allowed))
    return said(why=why, open=tuple(dict.fromkeys((*perhaps, *gaps))))


def _packet(world: World, entry: Entry, ports: PortSet, trace: Trace) -> Passed | None:
    """Return a packet of the internet that comes in; None where it comes by no interface."""
    entered = entry.by[0].owner if entry.by else entry.resource
    if entered not in world.ways.interfaces:
        return None
    packet = trace.witness(INTERNET, entered, ports, sure=True)
    return Passed((packet,)) if packet else None


def _named(world: World, resource: str, allowed: PortSet) -> Iterator[Fact]:
    """Say who is let in by name, which is not the internet."""
    ports = world.ways.named(resource) - allowed
    for fact in letting_in(world, resource, ports):
        yield Fact(f"{fact.text}, and nobody else of the internet", fact.source)


def _remedy(world: World, resource: str, entry: Entry) -> str:
    if not entry.by and resource in world.ways.interfaces:
        return f"close the rules that let the internet into {resource}, or allow these ports"
    if not entry.by:
        return f"make {resource} private, or allow these ports"
    return f"close {entry.by[0].owner} to the internet, or forward no more from it to {resource}"


@lru_cache  # for each resource it is asked again
def _allowed(ports: tuple[tuple[int, int], ...], *, listens: bool) -> PortSet:
    """Return the ports, and what has none: an answer to a ping opens no connection.

    With `listens`, it is known which ports something listens on, and it listens to no other
    protocol either.
    """
    ranges = [Ports(low, high) for low, high in ports]
    tcp, udp = (PortSet.from_ports(each, ranges) for each in (Protocol.TCP, Protocol.UDP))
    allowed = tcp | udp | PortSet.from_ports(Protocol.ICMP)
    return allowed | PortSet.from_ports(Protocol.OTHER) if listens else allowed


def _listens(world: World, resource: str) -> bool:
    cards = world.ways.interfaces.get(resource, ())
    return all(each.listens is not None for each in cards)


def _parts(world: World, resource: str) -> tuple[str, ...]:
    """Return the resource, and what its packets meet next to it."""
    cards = world.ways.interfaces.get(resource, ())
    groups = [one.group for each in cards for one in each.groups]
    return (resource, *groups, *(subnet for each in cards for subnet in each.subnets))


def _looked_up(world: World, resource: str) -> tuple[tuple[str, str, str], ...]:
    opened = world.ways.opened.get(resource, NO_CONNECTION)
    return ((resource, "open to internet", str(opened.may)),)


def _came_in(world: World, entry: Entry, left: Connections) -> Iterator[Fact]:
    """Say how the internet comes in: directly, or through what forwards."""
    verb, ports = ("can", left.must) if left.must else ("may be able to", left.may)
    first = entry.by[0].owner if entry.by else entry.resource
    yield Fact(f"the internet {verb} open {ports} at {first}", world.source_of(first))
    yield from letting_in(world, first, ports)
    for each in entry.by:
        yield Fact(f"{each.owner} forwards what arrives to {each.target}", each.source)


def letting_in(world: World, resource: str, ports: PortSet) -> Iterator[Fact]:
    """Name the rules of a resource's own groups that let addresses of the internet in."""
    for card in world.ways.interfaces.get(resource, ()) if ports else ():
        for membership in card.groups:
            group = world.groups.get(membership.group)
            for rule in group.ingress if group else ():
                here = PortSet.from_ports(rule.protocol, (rule.ports,)) & ports
                wide = [each for each in rule.cidrs if public(each)]
                if here and wide:
                    text = f"{rule.id} lets {' and '.join(wide[:3])} in on {here}"
                    yield Fact(text, rule.source)
