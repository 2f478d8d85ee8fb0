"""VPCs: public and private subnets in three zones, and the ways between them and the internet.

10.1.0.0/18    private: 3 of /20, and room for a fourth zone
10.1.64.0/18   public: 3 of /20, and room for a fourth
10.1.128.0/17  data: 3 of /19, and room for a fourth, divided in `data_tier`
"""

from collections.abc import Iterator
from ipaddress import IPv4Network

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Body, Output, Part
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute

_FILE = "network"
# How a /16 is divided: the first range, and how many bits each range of the tier has.
DATA_BITS = 19
_TIERS = {handles.PRIVATE: (0, 20), handles.PUBLIC: (4, 20), handles.ISOLATED: (8, DATA_BITS)}
_STEP = 20  # what the first numbers count


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        made = vpc(place, plan)
        yield made
        yield Output(handles.vpc_id(place), attribute(made, "id"), f"The VPC of {place.site}.")
        for tier in (handles.PRIVATE, handles.PUBLIC):
            yield from _tier(place, tier, plan)
        yield from _public_routes(place, plan)
        yield from _private_routes(place, plan)


def vpc(place: Place, plan: Blueprint) -> Block:
    return _block(
        place,
        "aws_vpc",
        place.label,
        {
            "cidr_block": str(place.network),
            "enable_dns_support": True,
            "enable_dns_hostnames": True,
            "tags": {"Name": plan.name(place)},
        },
    )


def ranges(place: Place, tier: str) -> tuple[IPv4Network, ...]:
    """Return the range of a tier in each zone."""
    first, bits = _TIERS[tier]
    begin = int(place.network.network_address) + first * (1 << (32 - _STEP))
    each = 1 << (32 - bits)
    return tuple(IPv4Network((begin + each * zone, bits)) for zone in range(len(place.zones)))


def span(place: Place, tier: str) -> IPv4Network:
    """Return the range of a tier in all zones, with what is kept free for a fourth."""
    first = ranges(place, tier)[0]
    return first.supernet(prefixlen_diff=2)


def subnets_of(place: Place, tier: str, plan: Blueprint) -> tuple[Block, ...]:
    """Return the public or the private subnets, one in each zone."""
    zones = zip(place.zones, ranges(place, tier), strict=True)
    return tuple(subnet(place, cidr, zone, plan, tier, zone[-1]) for zone, cidr in zones)


def subnet(place: Place, cidr: IPv4Network, zone: str, plan: Blueprint, *words: str) -> Block:
    """Return a subnet that is called by `words`, of which the first is its tier."""
    return _block(
        place,
        "aws_subnet",
        label(place.region, *words),
        {
            "vpc_id": attribute(vpc(place, plan), "id"),
            "availability_zone": zone,
            "cidr_block": str(cidr),
            "map_public_ip_on_launch": False,
            "tags": {"Name": plan.name(place, *words), "Tier": words[0]},
        },
    )


def private_tables(place: Place, plan: Blueprint) -> tuple[Block, ...]:
    """Return the route table of each private subnet; each zone has its own way out."""
    return tuple(table(place, plan, handles.PRIVATE, zone[-1]) for zone in place.zones)


def table(place: Place, plan: Blueprint, *words: str) -> Block:
    return _block(
        place,
        "aws_route_table",
        label(place.region, *words),
        {
            "vpc_id": attribute(vpc(place, plan), "id"),
            "tags": {"Name": plan.name(place, *words)},
        },
    )


def associated(place: Place, routes: Block, one: Block) -> Block:
    """Return that a subnet has these routes."""
    body: Body = {"route_table_id": attribute(routes, "id"), "subnet_id": attribute(one, "id")}
    return _block(place, "aws_route_table_association", one.name, body)


def route(place: Place, routes: Block, name: str, way: Body, to: str) -> Block:
    body = {"route_table_id": attribute(routes, "id"), "destination_cidr_block": to, **way}
    return _block(place, "aws_route", label(routes.name, name), body)


def _tier(place: Place, tier: str, plan: Blueprint) -> Iterator[Part]:
    subnets = subnets_of(place, tier, plan)
    yield from subnets
    yield Output(
        handles.subnet_ids(place, tier),
        [attribute(each, "id") for each in subnets],
        f"The {tier} subnets of {place.site}, one in each zone.",
    )


def _gateway(place: Place, plan: Blueprint) -> Block:
    body: Body = {
        "vpc_id": attribute(vpc(place, plan), "id"),
        "tags": {"Name": plan.name(place)},
    }
    return _block(place, "aws_internet_gateway", place.label, body)


def _public_routes(place: Place, plan: Blueprint) -> Iterator[Block]:
    gateway = _gateway(place, plan)
    yield gateway
    routes = table(place, plan, handles.PUBLIC)
    yield routes
    yield route(place, routes, "internet", {"gateway_id": attribute(gateway, "id")}, "0.0.0.0/0")
    for each in subnets_of(place, handles.PUBLIC, plan):
        yield associated(place, routes, each)


def _private_routes(place: Place, plan: Blueprint) -> Iterator[Block]:
    """Yield the ways out of the private subnets: a NAT gateway in each zone, or one for all."""
    used = subnets_of(place, handles.PUBLIC, plan)
    if plan.small(place.environment):
        used = used[:1]
    gateways = [_nat(place, each, plan) for each in used]
    for address, gateway in gateways:
        yield address
        yield gateway
    private = zip(
        private_tables(place, plan), subnets_of(place, handles.PRIVATE, plan), strict=True
    )
    for index, (routes, each) in enumerate(private):
        yield routes
        _, gateway = gateways[min(index, len(gateways) - 1)]
        way: Body = {"nat_gateway_id": attribute(gateway, "id")}
        yield route(place, routes, "internet", way, "0.0.0.0/0")
        yield associated(place, routes, each)


def _nat(place: Place, public: Block, plan: Blueprint) -> tuple[Block, Block]:
    zone = public.name[-1]
    name, tags = label(place.region, "nat", zone), {"Name": plan.name(place, "nat", zone)}
    address = _block(place, "aws_eip", name, {"domain": "vpc", "tags": tags})
    body: Body = {
        "allocation_id": attribute(address, "id"),
        "subnet_id": attribute(public, "id"),
        "tags": tags,
        # A NAT gateway can be made only where there is a way to the internet.
        "depends_on": [_gateway(place, plan).address],
    }
    return address, _block(place, "aws_nat_gateway", name, body)


def _block(place: Place, kind: str, name: str, body: Body) -> Block:
    return Block(_FILE, kind, name, place.label, body)
