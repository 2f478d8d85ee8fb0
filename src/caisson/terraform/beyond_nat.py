"""Ways through NAT gateways into other networks, which are told and not followed.

What a route sends to a NAT gateway goes on by the routes of the gateway's own subnet, and arrives
with the gateway's address. To the internet that is followed. Where it leads on to another VPC,
those who decide there see an address that is not the sender's: that is a gap about that VPC.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property, lru_cache
from ipaddress import ip_network

from caisson.topology.network import Network, Route, RouteTable, Target
from caisson.topology.resources import Gap, Question

_QUESTIONS = frozenset({Question.REACHABILITY, Question.ISOLATION})
_ONWARD = frozenset(
    {Target.PEERING, Target.TRANSIT, Target.INTERFACE, Target.PRIVATE, Target.UNKNOWN}
)
_Span = tuple[int, int, int]  # version of IP, first address, last


def beyond_nat(network: Network) -> Iterator[Gap]:
    """Yield a gap for each route to a NAT gateway by which something may get into another VPC."""
    ways = _Ways(network)
    for table in network.route_tables:
        for route in table.routes:
            if route.target is Target.NAT and (led := ways.led(table, route)):
                via = route.via or "a NAT gateway"
                yield Gap(
                    f"{table.id} sends through {via}, which may lead on to {_named(led)}: what is "
                    "opened there from its address is not followed",
                    via,
                    "aws_nat_gateway",
                    _QUESTIONS,
                    route.source,
                    tuple(dict.fromkeys(one for vpc in led for one in ways.inside(vpc))),
                )


def _named(vpcs: list[str]) -> str:
    return vpcs[0] if len(vpcs) == 1 else f"{vpcs[0]} and {len(vpcs) - 1} more"


class _Ways:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._tables = {each.id: each for each in network.route_tables}
        self._subnets = {each.id: each for each in network.subnets}
        self._gateways = {each.id: each for each in network.gateways}
        self._peerings = {each.id: each for each in network.peerings}
        self._vpcs = {each.id: each for each in network.vpcs}

    def led(self, table: RouteTable, route: Route) -> list[str]:
        """Return the VPCs, without that of the table, that a route to a NAT may lead on to."""
        gateway = self._gateways.get(route.via or "")
        subnet = self._subnets.get(gateway.place) if gateway else None
        tables = [self._tables.get(each) for each in subnet.route_tables] if subnet else []
        found: set[str] = set()
        for behind in tables or [None]:
            if behind is None:
                found |= self._vpcs.keys()
            else:
                for onward in behind.routes:
                    if onward.target in _ONWARD and self._comes_by(table, route, onward):
                        found |= self._by(onward)
        return sorted(found & self._vpcs.keys() - {table.vpc})

    def inside(self, vpc: str) -> tuple[str, ...]:
        """Return a VPC and all that is in it."""
        return (vpc, *self._inside[vpc])

    @cached_property
    def _inside(self) -> dict[str, dict[str, None]]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for each in self._network.interfaces:
            for name in each.subnets:
                if name in self._subnets:
                    found[self._subnets[name].vpc][each.owner] = None
        return found

    def _by(self, onward: Route) -> set[str]:
        match onward.target:
            case Target.PEERING if onward.via in self._peerings:
                return set(self._peerings[onward.via].vpcs)
            case Target.TRANSIT:
                attached = self._network.transit_attachments
                peers = {each.peer for each in attached if each.gateway == onward.via}
                return peers if peers and peers <= self._vpcs.keys() else set(self._vpcs)
            case _:
                return set(self._vpcs)

    def _comes_by(self, table: RouteTable, route: Route, onward: Route) -> bool:
        """Whether packets of `table` to where `onward` leads take `route`, and no longer prefix."""
        first, second = _span(route.destination), _span(onward.destination)
        if first is None or second is None:
            return True
        if not (_covers(first, second) or _covers(second, first)):
            return False
        meant = second if _covers(first, second) else first
        local = (_span(each) for each in self._vpc_cidrs(table.vpc))
        others = (
            _span(each.destination)
            for each in table.routes
            if each.sure and each.target is not Target.NAT
        )
        return not any(
            each and _covers(each, meant) and each != first and _covers(first, each)
            for each in (*local, *others)
        )

    def _vpc_cidrs(self, vpc: str) -> tuple[str, ...]:
        return self._vpcs[vpc].cidrs if vpc in self._vpcs else ()


@lru_cache(maxsize=65536)
def _span(destination: str) -> _Span | None:
    try:
        found = ip_network(destination, strict=False)
    except ValueError:
        return None
    return found.version, int(found.network_address), int(found.broadcast_address)


def _covers(one: _Span, other: _Span) -> bool:
    return one[0] == other[0] and one[1] <= other[1] and other[2] <= one[2]
