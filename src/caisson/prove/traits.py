"""What matters of a resource, as values that two environments can be compared by.

A trait is the value of one aspect; None where it cannot be told. Names and addresses of an
environment's own do not show in the values: its networks are `own`, its things are named by
their likeness.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from caisson.prove.sides import Side
from caisson.prove.subjects import SERVING
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.network import (
    ANYWHERE,
    Acl,
    AclEntry,
    Interface,
    Listener,
    Ports,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Vpc,
)
from caisson.topology.resources import UNTOLD_SYSTEMS, Holding, Movement, Question, Rest

Value = str | None  # None: it cannot be told
Traits = dict[str, tuple[Value, Source]]

_YES_OR_NO: tuple[tuple[str, str, frozenset[Rest]], ...] = (
    ("encryption at rest", "encrypted", frozenset(Rest)),
    ("encryption in transit", "encrypted_in_transit", SERVING),
    ("public", "public", frozenset(Rest)),
    (
        "multi zone",
        "multi_zone",
        frozenset({Rest.STORE, Rest.CACHE, Rest.SEARCH, Rest.FILES, Rest.QUEUE, Rest.STREAM}),
    ),
    ("deletion protection", "deletion_protected", frozenset({Rest.STORE})),
    ("versioning", "versioned", frozenset({Rest.FILES, Rest.STATE})),
)
# The shortest prefix of a block that AWS gives a VPC, by version of IP: nothing wider lies in one.
_WIDEST = {4: 16, 6: 44}


@dataclass(frozen=True, slots=True)
class _View:
    """An environment as seen from inside: how ids and addresses are written."""

    world: World
    side: Side
    like: Callable[[str], str]
    own: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    later: frozenset[int]  # versions of IP in which it has, or may have, more than `own`

    def cidr(self, text: str) -> Value:
        if text in ANYWHERE:
            return "anywhere"
        network = _network(text)
        if network is None:
            return text
        if any(_inside(network, each) for each in self.own):
            return f"own /{network.prefixlen}"
        fits = network.prefixlen >= _WIDEST[network.version]
        return None if fits and network.version in self.later else text


def traits(world: World, side: Side, like: Callable[[str], str]) -> Mapping[str, Traits]:
    """Return the traits of each resource of a side; `like` writes an id without its environment."""
    vpcs = [each for each in world.topology.network.vpcs if each.id in side]
    own = tuple(one for vpc in vpcs for each in _surely(vpc) if (one := _network(each)))
    later = frozenset(version for vpc in vpcs for version in _later(vpc))
    view = _View(world, side, like, own, later)
    found: dict[str, Traits] = defaultdict(dict)
    for name, aspect, value, source in (*_of_holdings(view), *_of_network(view)):
        found[name][aspect] = (value, source)
    return found


def _surely(vpc: Vpc) -> Iterator[str]:
    return (each for each in vpc.cidrs if each not in vpc.unsure)


def _later(vpc: Vpc) -> Iterator[int]:
    """Yield the versions of IP in which not all addresses of a VPC are known."""
    if not vpc.cidrs:
        yield from _WIDEST
    yield from (one.version for each in vpc.unsure if (one := _network(each)))


_Told = tuple[str, str, Value, Source]


def _of_holdings(view: _View) -> Iterator[_Told]:
    for each in view.side.holdings.values():
        part = each.id.removeprefix(each.resource)
        yield each.resource, f"engine{part}", _engine(each), each.source
        for aspect, field, rests in _YES_OR_NO:
            if each.rest in rests:
                value = getattr(each, field) if each.sure else None
                text = None if value is None else "yes" if value else "no"
                yield each.resource, f"{aspect}{part}", text, each.source
        if each.encrypted is not False:
            yield each.resource, f"key{part}", _key(view, each), each.source
        yield from _movements(view, each, part)


def _engine(holding: Holding) -> Value:
    # What a snapshot is of is told by the store itself.
    untold = holding.system in UNTOLD_SYSTEMS and holding.rest is not Rest.BACKUP
    return None if untold else f"{holding.system} {holding.rest}"


def _key(view: _View, holding: Holding) -> Value:
    # Which key it is matters to isolation, so that one which is not told is a gap there.
    untold = view.world.gaps[Question.ISOLATION].near((holding.id, holding.resource))
    if not holding.encrypted or not holding.sure or (untold and not holding.keys):
        return None
    return "own key" if holding.keys else "the cloud's key"


def _movements(view: _View, holding: Holding, part: str) -> Iterator[_Told]:
    by_way: dict[str, list[Movement]] = defaultdict(list)
    for each in view.world.movements_from.get(holding.id, ()):
        by_way[each.way].append(each)
    for way, movements in by_way.items():
        told = [each.sure and each.timed for each in movements]
        said = [
            _movement(view, holding, each) if sure else None
            for each, sure in zip(movements, told, strict=True)
        ]
        yield holding.resource, f"{way}{part}", _joined(said), movements[0].declared


def _movement(view: _View, holding: Holding, movement: Movement) -> str:
    target = view.world.holdings.get(movement.target)
    where = "elsewhere" if target is None else "in the same region"
    if target is not None and target.region != holding.region:
        where = "in another region"
    lag = "unbounded" if movement.lag_most_s is None else f"at most {movement.lag_most_s:g} s"
    kept = "" if movement.kept_s is None else f", kept {movement.kept_s / 86400:g} d"
    moment = ", to any moment" if movement.point_in_time else ""
    return f"{where}, lag {lag}{kept}{moment}"


def _of_network(view: _View) -> Iterator[_Told]:
    network = view.world.topology.network
    for group in network.groups:
        if group.id in view.side:
            yield from _group(view, group)
    for acl in network.acls:
        if acl.id in view.side:
            yield from _acl(view, acl)
    for table in network.route_tables:
        if table.id in view.side:
            yield table.id, "routes", _routes(view, table), table.source
    for gateway in network.gateways:
        if gateway.id in view.side:
            yield gateway.id, "gateway", gateway.kind if gateway.sure else None, gateway.source
    yield from _of_owners(view, network.interfaces, network.listeners)


def _group(view: _View, group: SecurityGroup) -> Iterator[_Told]:
    for direction, rules in (("in", group.ingress), ("out", group.egress)):
        value = _joined(_rule(view, each) for each in rules) if group.described else None
        yield group.id, f"network rules {direction}", value, group.source


def _rule(view: _View, rule: Rule) -> Value:
    peers = [view.cidr(each) for each in rule.cidrs]
    peers += [view.like(each) for each in rule.groups]
    if not rule.sure or None in peers:
        return None
    return f"{rule.protocol} {ports(rule.ports)} {' and '.join(sorted(filter(None, peers)))}"


def _acl(view: _View, acl: Acl) -> Iterator[_Told]:
    for direction, entries in (("in", acl.ingress), ("out", acl.egress)):
        value = _joined(_entry(view, each) for each in entries) if acl.described else None
        yield acl.id, f"network rules {direction}", value, acl.source


def _entry(view: _View, entry: AclEntry) -> Value:
    peer = view.cidr(entry.cidr)
    if peer is None or not entry.sure:
        return None
    verb = "allow" if entry.allow else "refuse"
    return f"{entry.number} {verb} {entry.protocol} {ports(entry.ports)} {peer}"


def _routes(view: _View, table: RouteTable) -> Value:
    return _joined(_route(view, each) for each in table.routes)


def _route(view: _View, route: Route) -> Value:
    destination = view.cidr(route.destination)
    return f"{destination} to {route.target}" if destination and route.sure else None


def _of_owners(
    view: _View, interfaces: Iterable[Interface], listeners: Iterable[Listener]
) -> Iterator[_Told]:
    listening: dict[str, list[Listener]] = defaultdict(list)
    for listener in listeners:
        if listener.owner in view.side:
            listening[listener.owner].append(listener)
    for owner, found in listening.items():
        yield owner, "listeners", _joined(map(_listener, found)), found[0].source
    present: dict[str, list[Interface]] = defaultdict(list)
    for each in interfaces:
        if each.owner in view.side:
            present[each.owner].append(each)
    for owner, cards in present.items():
        yield owner, "public address", _joined(map(_public, cards)), cards[0].source
        groups = _joined(_groups(view, each) for each in cards)
        yield owner, "groups", groups, cards[0].source


def _listener(listener: Listener) -> Value:
    if not listener.sure:
        return None
    if listener.redirects:
        return f"{ports(listener.ports)} only sends on"
    if listener.encrypted is None:
        return None
    return f"{ports(listener.ports)} {'with TLS' if listener.encrypted else 'in the clear'}"


def _public(interface: Interface) -> Value:
    if interface.public is None or not interface.sure:
        return None
    return "yes" if interface.public else "no"


def _groups(view: _View, interface: Interface) -> Value:
    if not interface.groups_known or not interface.sure:
        return None
    return _joined(view.like(each.group) if each.sure else None for each in interface.groups)


def _joined(values: Iterable[Value]) -> Value:
    """Return the values as one; None when one of them cannot be told."""
    every = list(values)
    if None in every:
        return None
    return "; ".join(sorted(filter(None, every))) or "none"


def ports(found: Ports) -> str:
    if (found.low, found.high) == (0, 65535):
        return "any port"
    return f"{found.low}" if found.low == found.high else f"{found.low}-{found.high}"


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _inside(
    inner: ipaddress.IPv4Network | ipaddress.IPv6Network,
    outer: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> bool:
    return (
        inner.version == outer.version
        and outer.network_address <= inner.network_address  # type: ignore[operator]
        and inner.broadcast_address <= outer.broadcast_address  # type: ignore[operator]
    )
