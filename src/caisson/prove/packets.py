"""Packets and refusals in words: what a person reads of a certificate of the network."""

from collections.abc import Collection, Iterator

from caisson.prove.certificate import ANYTHING, INTERNET, Hop, Packet, Refusal
from caisson.prove.model import Fact
from caisson.prove.network.ports import PortSet
from caisson.prove.network.trace import Trace
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.network import (
    ALL_PORTS,
    AclEntry,
    Ports,
    Protocol,
    Route,
    Rule,
    SecurityGroup,
)

_REASONS = {
    "egress": "no rule of {id} lets it out",
    "ingress": "no rule of {id} lets it in",
    "route": "{id} has no route there",
    "route back": "{id} has no route back",
    "acl out": "{id} refuses it on its way out",
    "acl in": "{id} refuses it on its way in",
    "acl answer out": "{id} refuses the answer on its way out",
    "acl answer in": "{id} refuses the answer on its way in",
    "listens": "{id} does not listen there",
}
# How a packet gets past a check: when the rule is not known, and when it is.
_PASSES = {
    "egress": ("{id} lets it out", "{rule} lets it out, in {id}"),
    "ingress": ("{id} lets it in", "{rule} lets it in, in {id}"),
    "route": ("{id} leads there", "{id} leads there by its route {rule}"),
    "route back": ("{id} leads the answer back", "{id} leads the answer back by its route {rule}"),
    "gateway": ("by {id}", "by {id}"),
    "acl out": ("{id} lets it out", "entry {rule} of {id} lets it out"),
    "acl in": ("{id} lets it in", "entry {rule} of {id} lets it in"),
    "address": ("{id} has an address", "{id} has a public address"),
}


def tracer(world: World) -> Trace:
    return Trace(world.ways.reach)


def steps(world: World, packet: Packet) -> Iterator[Fact]:
    """Yield what a packet meets, first who sends it: each with the rule that lets it pass."""
    ends = [
        f"{name} ({address})" if address and name != INTERNET else address or name
        for name, address in (
            (packet.source, packet.source_address),
            (packet.target, packet.target_address),
        )
    ]
    ends[0] = f"the internet ({packet.source_address})" if packet.source == INTERNET else ends[0]
    ends[1] = f"the internet ({packet.target_address})" if packet.target == INTERNET else ends[1]
    port = f"{packet.protocol} {packet.port}" if _has_ports(packet.protocol) else packet.protocol
    yield Fact(f"a packet of {ends[0]} to {ends[1]}, {port}", world.source_of(packet.target))
    for hop in packet.hops:
        yield Fact(_passed(hop), source_of(world, hop))


def _has_ports(protocol: Protocol) -> bool:
    return protocol in (Protocol.TCP, Protocol.UDP)


def _passed(hop: Hop) -> str:
    """Say how a packet gets past one check; `rule` is left out where it is not told."""
    plain, by_rule = _PASSES[hop.kind]
    return (by_rule if hop.rule else plain).format(id=hop.id, rule=hop.rule)


def refused(world: World, refusal: Refusal) -> Fact:
    """Say what refuses, and whom."""
    who = {ANYTHING: "anything", INTERNET: "the internet"}.get(refusal.source, refusal.source)
    if refusal.besides:
        who = f"{who} but {_listed(refusal.besides)}"
    if refusal.source_cidr:
        who = f"{who} from {refusal.source_cidr}"
    where = f"{refusal.target} ({refusal.target_cidr})" if refusal.target_cidr else refusal.target
    ports = _ports(refusal.protocol, refusal.ports)
    reason = " and ".join(dict.fromkeys(_reason(each) for each in refusal.by))
    return Fact(f"{who} cannot open {ports} at {where}: {reason}", source_of(world, refusal.by[0]))


def _listed(names: Collection[str]) -> str:
    some = list(names)
    return ", ".join(some[:3]) + (f" and {len(some) - 3} more" if len(some) > 3 else "")  # noqa: PLR2004


def _ports(protocol: Protocol, ports: Ports) -> str:
    if protocol is Protocol.ANY and ports == ALL_PORTS:
        return "anything"
    return str(PortSet.from_ports(protocol, (ports,)))


def _reason(hop: Hop) -> str:
    if hop.kind == "address":
        return (
            f"{hop.id} has no public address"
            if hop.rule == "public"
            else f"{hop.rule} between it and {hop.id}"
        )
    return _REASONS[hop.kind].format(id=hop.id)


def source_of(world: World, hop: Hop) -> Source | None:
    """Return where the rule of a hop was written, or else the thing that has the rule."""
    found = _thing(world, hop)
    return found.source if found else world.source_of(hop.id)


def _thing(world: World, hop: Hop) -> Rule | AclEntry | Route | SecurityGroup | None:
    index = world.ways.reach.index
    match hop.kind:
        case "egress" | "ingress":
            group = index.groups.get(hop.id)
            rules: tuple[Rule, ...] = getattr(group, hop.kind, ())
            return next((each for each in rules if each.id == hop.rule), group)
        case "acl out" | "acl in":
            acl = index.acls.get(hop.id)
            way = "egress" if hop.kind == "acl out" else "ingress"
            entries: tuple[AclEntry, ...] = getattr(acl, way, ())
            return next((each for each in entries if str(each.number) == hop.rule), None)
        case "route" | "route back":
            table = index.tables.get(hop.id)
            routes = table.routes if table else ()
            return next((each for each in routes if each.destination == hop.rule), None)
        case _:
            return None


def doubts(world: World, packet: Packet) -> Iterator[Fact]:
    """Yield what keeps from telling whether a packet passes that may."""
    for hop in packet.hops:
        found = _thing(world, hop)
        if isinstance(found, SecurityGroup) and not found.described:
            yield Fact(f"the rules of {hop.id} were not read", found.source)
        elif found is not None and not getattr(found, "sure", True):
            name = hop.rule if hop.kind in ("egress", "ingress") else f"{hop.rule} of {hop.id}"
            yield Fact(f"what {name} permits is known only after apply", found.source)
        elif found is None and hop.kind in ("egress", "ingress", "acl out", "acl in", "route"):
            yield Fact(f"what {hop.id} permits was not read", world.source_of(hop.id))
    for owner in (packet.source, packet.target):
        for each in world.ways.interfaces.get(owner, ()):
            if not each.sure:
                yield Fact(f"whether {owner} is there is known only after apply", each.source)
            elif not each.groups_known or not all(one.sure for one in each.groups):
                yield Fact(
                    f"the security groups of {owner} are known only after apply", each.source
                )
