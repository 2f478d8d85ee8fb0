"""Reachability on a network: only who is promised to can open a connection to something."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from caisson.estate.model import Reach
from caisson.prove.answers import Answer, cut, verdicts
from caisson.prove.certificate import INTERNET, Blocked, Packet, Passed, Refusal
from caisson.prove.gaps import settled_by
from caisson.prove.judgement import matches_nothing
from caisson.prove.model import Decision, Fact, Verdict
from caisson.prove.network.forwarding import forwarded
from caisson.prove.network.ports import Connections, PortSet
from caisson.prove.network.trace import Trace
from caisson.prove.packets import doubts, refused, source_of, steps, tracer
from caisson.prove.subjects import ANYTHING, STORES
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.network import Forward, Ports, Protocol

_MOST_SHOWN = 3  # packets, of one subject
# Refusals are written for so many pairs of one subject; of more, only who else is let in.
_MOST_REFUSED = 200


@dataclass(frozen=True, slots=True)
class _Asked:
    """A promise with the network's names for what its subjects mean."""

    promise: Reach
    ports: PortSet
    targets: tuple[str, ...]
    allowed: frozenset[str]

    def is_asked(self, owner: str) -> bool:
        """Whether `owner` must not open a target: what is among the targets is not asked."""
        return owner not in self.allowed and owner not in self.targets


def decide(promise: Reach, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return a verdict for each thing that others can open, for what is unknown, and the rest."""
    named = world.subjects.named([promise.reach])
    allowed = world.subjects.named(promise.from_)
    asked = _Asked(
        promise,
        _ports(promise.ports),
        (INTERNET,) if named.internet else _members(world, named.resources),
        frozenset((*allowed.resources, *_members(world, allowed.resources)))
        | ({INTERNET} if allowed.internet else set()),
    )
    if not asked.targets:
        return (_nothing(promise, source, found=bool(named.resources)),)
    trace = tracer(world)
    answers = [
        _outward(world, trace, asked) if each == INTERNET else _into(world, trace, asked, each)
        for each in asked.targets
    ]
    gaps = _gaps(world, promise, asked.targets)
    found = verdicts(promise.name, source, answers, everything=promise.reach, gaps=gaps)
    missing = (_unmatched(promise, source, each) for each in allowed.missing if each != STORES)
    return (*(_certified(each, answers) for each in found), *missing)


def _nothing(promise: Reach, source: Source, *, found: bool) -> Verdict:
    text = (
        f"nothing of {promise.reach} is in a network: access to it is decided by policies"
        if found
        else f"`{promise.reach}` names nothing that was read"
    )
    remedy = "write the address of something in a network"
    return matches_nothing(promise.name, promise.reach, source, text, remedy)


def _unmatched(promise: Reach, source: Source, subject: str) -> Verdict:
    text = f"`{subject}` may open {promise.reach}, and names nothing that was read"
    remedy = f"take `{subject}` out of the promise, or write what is meant"
    return matches_nothing(promise.name, subject, source, text, remedy)


def _ports(ranges: Iterable[tuple[int, int]] | None) -> PortSet:
    """Return the ports that are asked about: all of TCP's and UDP's when none are named."""
    some = [Ports(low, high) for low, high in ranges or ((0, 65535),)]
    return PortSet.from_ports(Protocol.TCP, some) | PortSet.from_ports(Protocol.UDP, some)


def _members(world: World, resources: Iterable[str]) -> tuple[str, ...]:
    """Return what is in the network, or is forwarded to, of these resources."""
    forwarded = {each.target for each in world.topology.network.forwards}
    return tuple(
        part
        for each in resources
        for part in dict.fromkeys(
            (*world.parts_of.get(each, ()), *((each,) if each in forwarded else ()))
        )
    )


def _gaps(world: World, promise: Reach, targets: Collection[str]) -> tuple[Fact, ...]:
    if promise.reach in (STORES, ANYTHING):
        return world.network_gaps.beside(part for each in targets for part in _near(world, each))
    return ()


@dataclass(frozen=True, slots=True)
class _Opener:
    """Somebody who can open the target and is not promised to, in its own name or by forwarding."""

    name: str
    ports: Connections
    by: Forward | None = None


def _into(world: World, trace: Trace, asked: _Asked, target: str) -> Answer:
    """Answer for one target: who opens it that must not, surely or perhaps."""
    openers = list(_openers(world, asked, target))
    sure = [each for each in openers if each.ports.must]
    perhaps = [each for each in openers if not each.ports.must]
    said = Answer(target, world.type_of(target), world.resource_of(target) or target)
    if sure:
        shown = [_packet(trace, each, target, sure=True) for each in sure[:_MOST_SHOWN]]
        packets = tuple(each for each in shown if each)
        return replace(
            said,
            against=tuple(_broken(world, sure, shown, target)),
            remedy=_remedy(world, packets, sure[0], target),
            certificate=Passed(packets),
        )
    open_ = (
        *(fact for each in perhaps[:_MOST_SHOWN] for fact in _unsure(world, trace, each, target)),
        *(Fact(f"and so for {len(perhaps) - _MOST_SHOWN} more") for _ in perhaps[_MOST_SHOWN:][:1]),
        *_worlds(world, asked, target),
        *world.network_gaps.facts(_near(world, target)),
    )
    if open_:
        return replace(said, open=open_, remedy=settled_by(open_))
    refusals = tuple(_refusals(world, trace, asked, target))
    return replace(
        said,
        why=(*_promised(world, asked, target), *cut([refused(world, each) for each in refusals])),
        certificate=Blocked(refusals),
    )


def _openers(world: World, asked: _Asked, target: str) -> Iterator[_Opener]:
    """Yield who can open the target: the internet, others in the network, what forwards to it."""
    reach = world.ways.reach
    if target in reach.owners:
        found = {INTERNET: reach.from_internet(target), **reach.into(target)}
        for name, ports in found.items():
            opens = asked.is_asked(name) and name not in world.ways.silent
            if opens and (ports := ports & asked.ports):
                yield _Opener(name, ports)
    for each in world.topology.network.forwards:
        if each.target == target and asked.is_asked(each.owner):
            ports = forwarded(world.ways.reach, each, internet=False) & asked.ports
            if ports:
                yield _Opener(each.owner, ports, each)


def _packet(trace: Trace, opener: _Opener, target: str, *, sure: bool) -> Packet | None:
    """Return an opener's packet; None when it forwards without a network."""
    ports = opener.ports.must if sure else opener.ports.may
    return trace.witness(opener.name, target, ports, sure=sure)


def _broken(
    world: World, openers: Collection[_Opener], packets: Iterable[Packet | None], target: str
) -> Iterator[Fact]:
    for opener, packet in zip(openers, packets, strict=False):
        name = "the internet" if opener.name == INTERNET else opener.name
        text = f"{name} can open {opener.ports.must} at {target}"
        yield Fact(text, world.source_of(opener.name) or world.source_of(target))
        if opener.by:
            text = f"{opener.by.owner} forwards what arrives to {target}"
            yield Fact(text, opener.by.source)
            yield from _behind(world, opener.by)
        if packet:
            yield from steps(world, packet)
    if len(openers) > _MOST_SHOWN:
        others = [each.name for each in openers][_MOST_SHOWN:]
        yield from cut([Fact(f"{each} can open it too", world.source_of(each)) for each in others])


def _behind(world: World, forward: Forward) -> Iterator[Fact]:
    """Say when the internet comes in by what forwards."""
    ports = world.ways.opened.get(forward.owner)
    if ports:
        can = "can" if ports.must else "may be able to"
        text = f"the internet {can} open {ports.must or ports.may} at {forward.owner}"
        yield Fact(text, world.source_of(forward.owner))


def _remedy(world: World, packets: tuple[Packet, ...], opener: _Opener, target: str) -> str:
    """Name the rule that lets the first of them in."""
    if opener.by and not packets:
        return f"forward no more from {opener.by.owner} to {target}, or promise it to {opener.name}"
    hop = next((each for packet in packets for each in packet.hops if each.kind == "ingress"), None)
    if hop is None:
        return f"give {target} security groups that let only those in who are promised to"
    rule = f"{hop.rule} of {hop.id}" if hop.rule else hop.id
    where = source_of(world, hop)
    who = "the internet" if opener.name == INTERNET else opener.name
    return f"narrow {rule}{f' ({where})' if where else ''} so that it does not let {who} in"


def _unsure(world: World, trace: Trace, opener: _Opener, target: str) -> Iterator[Fact]:
    name = "the internet" if opener.name == INTERNET else opener.name
    text = f"{name} may be able to open {opener.ports.may} at {target}"
    yield Fact(text, world.source_of(opener.name) or world.source_of(target))
    if opener.by and not opener.by.sure:
        yield Fact(f"what {opener.name} forwards is known only after apply", opener.by.source)
    packet = _packet(trace, opener, target, sure=False)
    if packet:
        yield from dict.fromkeys(doubts(world, packet))


def _worlds(world: World, asked: _Asked, target: str) -> Iterator[Fact]:
    if target in world.ways.reach.owners:
        for name, ports in world.ways.reach.from_worlds(target).items():
            if (found := ports.may & asked.ports) and asked.is_asked(name):
                text = f"what lies behind {name} was not read, and may open {found} at {target}"
                yield Fact(text, world.source_of(name))


def _promised(world: World, asked: _Asked, target: str) -> Iterator[Fact]:
    """Say which of those who may open it can, and which of those that are not asked."""
    reach = world.ways.reach
    found = reach.into(target) if target in reach.owners else {}
    facts = [
        Fact(
            f"{name}{'' if name in asked.allowed else ', which is one of them itself,'} "
            f"{'can' if ports.must else 'may'} open {ports.may & asked.ports} at {target}"
        )
        for name, ports in found.items()
        if name != target and not asked.is_asked(name) and ports & asked.ports
    ]
    yield from cut([replace(each, source=world.source_of(target)) for each in facts])
    quiet = (
        name
        for name, ports in found.items()
        if name in world.ways.silent and asked.is_asked(name) and ports & asked.ports
    )
    yield from cut(
        [
            Fact(f"{each} would be let in, and opens no connections", world.source_of(each))
            for each in quiet
        ]
    )


def _refusals(world: World, trace: Trace, asked: _Asked, target: str) -> Iterator[Refusal]:
    """Yield refusals of all that is asked about."""
    if target not in world.ways.reach.owners:
        return
    if INTERNET not in asked.allowed:
        yield from trace.refusals(INTERNET, target, asked.ports)
    closed, admitted = trace.closed(target, asked.ports)
    yield from closed
    others = sorted(each for each in admitted - world.ways.silent if asked.is_asked(each))
    for each in others[:_MOST_REFUSED]:
        yield from trace.refusals(each, target, asked.ports)


def _outward(world: World, trace: Trace, asked: _Asked) -> Answer:
    """Answer for the internet as what is opened."""
    found = {
        each: world.ways.reach.to_internet(each) & asked.ports
        for each in world.ways.reach.owners
        if asked.is_asked(each)
    }
    sure = [_Opener(name, ports) for name, ports in found.items() if ports.must]
    perhaps = [_Opener(name, ports) for name, ports in found.items() if ports and not ports.must]
    said = Answer(INTERNET, INTERNET, INTERNET)
    if sure:
        shown = [_packet(trace, each, INTERNET, sure=True) for each in sure[:_MOST_SHOWN]]
        return replace(
            said,
            against=tuple(_broken(world, sure, shown, INTERNET)),
            remedy=f"take the way to the internet from {sure[0].name}: its route, or its rules",
            certificate=Passed(tuple(each for each in shown if each)),
        )
    open_ = (
        *(fact for each in perhaps[:_MOST_SHOWN] for fact in _unsure(world, trace, each, INTERNET)),
        *world.network_gaps.facts(found),
    )
    if open_:
        return replace(said, open=open_, remedy=settled_by(open_))
    refusals = tuple(
        each
        for name in list(found)[:_MOST_REFUSED]
        for each in trace.refusals(name, INTERNET, asked.ports)
    )
    return replace(
        said,
        why=cut([refused(world, each) for each in refusals]),
        certificate=Blocked(refusals),
    )


def _near(world: World, target: str) -> tuple[str, ...]:
    """Return the target and what decides about packets to it: a gap there leaves it open."""
    index = world.ways.reach.index
    found: dict[str, None] = dict.fromkeys((target, world.resource_of(target) or target))
    for card in world.ways.interfaces.get(target, ()):
        groups = [index.groups.get(each.group) for each in card.groups]
        found.update(dict.fromkeys(each.group for each in card.groups))
        rules = [rule for group in groups for rule in (group.ingress if group else ())]
        found.update(dict.fromkeys(name for rule in rules for name in rule.groups))
        by_address = any(rule.cidrs for rule in rules)
        for name in card.subnets:
            subnet = index.subnet(name, card)
            found.update(dict.fromkeys((name, subnet.vpc, *subnet.route_tables, *subnet.acls)))
            if by_address:
                joined = world.ways.joined(subnet.vpc)
                inside = (each.id for vpc in joined for each in index.subnets_of.get(vpc, ()))
                found.update(dict.fromkeys(inside))
    return tuple(found)


def _certified(verdict: Verdict, answers: Collection[Answer]) -> Verdict:
    """Give the verdict on all that holds the refusals of all of it."""
    if verdict.decision is not Decision.HOLDS:
        return verdict
    refusals = (
        refusal
        for each in answers
        if isinstance(each.certificate, Blocked) and not each.open and not each.against
        for refusal in each.certificate.refusals
    )
    return replace(verdict, certificate=Blocked(tuple(refusals)))
