"""VPCs: three zones of public, private and data subnets, and the ways between them.

10.1.0.0/16   private 3 of /19, and room for a fourth zone
              public  3 of /20, and room for a fourth
              data    3 of /20, and room for a fourth: no way to or from the internet
"""

from collections.abc import Iterator
from ipaddress import IPv4Network

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute

_FILE = "network"
# How a /16 is divided: the first range, and how many bits each range of the tier has.
_TIERS = {handles.PRIVATE: (0, 19), handles.PUBLIC: (8, 20), handles.ISOLATED: (12, 20)}
_STEP = 20  # what the first numbers count


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        yield from _vpc(place, plan)
    if area.standby is not None:
        yield from _peering(area.home, area.standby, plan)


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
    """Return the range of each subnet of a tier, one for each zone."""
    first, bits = _TIERS[tier]
    begin = int(place.network.network_address) + first * (1 << (32 - _STEP))
    each = 1 << (32 - bits)
    return tuple(IPv4Network((begin + each * zone, bits)) for zone in range(len(place.zones)))


def span(place: Place, tier: str) -> IPv4Network:
    """Return the range that a tier's subnets lie in, with what is kept free for a fourth zone."""
    first = ranges(place, tier)[0]
    return first.supernet(prefixlen_diff=2)


def private_tables(place: Place, plan: Blueprint) -> tuple[Block, ...]:
    """Return the route table of each private subnet; each zone has its own way out."""
    return tuple(_table(place, plan, handles.PRIVATE, zone[-1]) for zone in place.zones)


def _vpc(place: Place, plan: Blueprint) -> Iterator[Part]:
    made = vpc(place, plan)
    yield made
    yield Output(handles.vpc_id(place), attribute(made, "id"), f"The VPC of {place.site}.")
    gateway = _block(
        place,
        "aws_internet_gateway",
        place.label,
        {"vpc_id": attribute(made, "id"), "tags": {"Name": plan.name(place)}},
    )
    yield gateway
    for tier in _TIERS:
        subnets = subnets_of(place, tier, plan)
        yield from subnets
        yield Output(
            handles.subnet_ids(place, tier),
            [attribute(each, "id") for each in subnets],
            f"The {tier} subnets of {place.site}, one in each zone.",
        )
    yield from _public_routes(place, gateway, plan)
    yield from _private_routes(place, gateway, plan)
    yield from _isolated_routes(place, plan)


def subnets_of(place: Place, tier: str, plan: Blueprint) -> tuple[Block, ...]:
    return tuple(
        _block(
            place,
            "aws_subnet",
            label(place.region, tier, zone[-1]),
            {
                "vpc_id": attribute(vpc(place, plan), "id"),
                "availability_zone": zone,
                "cidr_block": str(cidr),
                "map_public_ip_on_launch": False,
                "tags": {"Name": plan.name(place, tier, zone[-1]), "Tier": tier},
            },
        )
        for zone, cidr in zip(place.zones, ranges(place, tier), strict=True)
    )


def _table(place: Place, plan: Blueprint, *words: str) -> Block:
    return _block(
        place,
        "aws_route_table",
        label(place.region, *words),
        {
            "vpc_id": attribute(vpc(place, plan), "id"),
            "tags": {"Name": plan.name(place, *words)},
        },
    )


def _associated(place: Place, table: Block, subnet: Block) -> Block:
    body: dict[str, Value] = {
        "route_table_id": attribute(table, "id"),
        "subnet_id": attribute(subnet, "id"),
    }
    return _block(place, "aws_route_table_association", subnet.name, body)


def _route(place: Place, table: Block, name: str, target: dict[str, Value], to: str) -> Block:
    body = {"route_table_id": attribute(table, "id"), "destination_cidr_block": to, **target}
    return _block(place, "aws_route", label(table.name, name), body)


def _public_routes(place: Place, gateway: Block, plan: Blueprint) -> Iterator[Block]:
    table = _table(place, plan, handles.PUBLIC)
    yield table
    yield _route(place, table, "internet", {"gateway_id": attribute(gateway, "id")}, "0.0.0.0/0")
    for subnet in subnets_of(place, handles.PUBLIC, plan):
        yield _associated(place, table, subnet)


def _private_routes(place: Place, internet: Block, plan: Blueprint) -> Iterator[Block]:
    """Yield the ways out of the private subnets: a NAT gateway in each zone, or one for all."""
    public = subnets_of(place, handles.PUBLIC, plan)
    used = public[: _gateways(place, plan)]
    gateways = [_nat(place, subnet, internet, plan) for subnet in used]
    for address, gateway in gateways:
        yield address
        yield gateway
    tables = private_tables(place, plan)
    for index, subnet in enumerate(subnets_of(place, handles.PRIVATE, plan)):
        table = tables[index]
        yield table
        _, gateway = gateways[min(index, len(gateways) - 1)]
        target: dict[str, Value] = {"nat_gateway_id": attribute(gateway, "id")}
        yield _route(place, table, "internet", target, "0.0.0.0/0")
        yield _associated(place, table, subnet)


def _gateways(place: Place, plan: Blueprint) -> int:
    return 1 if plan.small(place.environment) else len(place.zones)


def _nat(place: Place, subnet: Block, internet: Block, plan: Blueprint) -> tuple[Block, Block]:
    zone = subnet.name[-1]
    tags = {"Name": plan.name(place, "nat", zone)}
    name = label(place.region, "nat", zone)
    address = _block(place, "aws_eip", name, {"domain": "vpc", "tags": tags})
    body: dict[str, Value] = {
        "allocation_id": attribute(address, "id"),
        "subnet_id": attribute(subnet, "id"),
        "tags": tags,
        # A NAT gateway can be made only where there is a way to the internet.
        "depends_on": [internet.address],
    }
    return address, _block(place, "aws_nat_gateway", name, body)


def _isolated_routes(place: Place, plan: Blueprint) -> Iterator[Block]:
    table = _table(place, plan, handles.ISOLATED)
    yield table
    for subnet in subnets_of(place, handles.ISOLATED, plan):
        yield _associated(place, table, subnet)


def _peering(home: Place, standby: Place, plan: Blueprint) -> Iterator[Block]:
    """Yield the way between the two regions of an area, by which stores replicate.

    A service reaches the primary wherever that is, so that private subnets have it too.
    """
    name = label(home.region, standby.region)
    tags: dict[str, Value] = {"Name": plan.name(home, "to", standby.region)}
    connection = _block(
        home,
        "aws_vpc_peering_connection",
        name,
        {
            "vpc_id": attribute(vpc(home, plan), "id"),
            "peer_vpc_id": attribute(vpc(standby, plan), "id"),
            "peer_region": standby.aws,
            "tags": tags,
        },
    )
    yield connection
    accepter = _block(
        standby,
        "aws_vpc_peering_connection_accepter",
        name,
        {
            "vpc_peering_connection_id": attribute(connection, "id"),
            "auto_accept": True,
            "tags": tags,
        },
    )
    yield accepter
    target: dict[str, Value] = {
        "vpc_peering_connection_id": attribute(accepter, "vpc_peering_connection_id")
    }
    for here, there in ((home, standby), (standby, home)):
        for table in (*private_tables(here, plan), _table(here, plan, handles.ISOLATED)):
            yield _route(here, table, there.label, target, str(there.network))


def _block(place: Place, kind: str, name: str, body: dict[str, Value]) -> Block:
    return Block(_FILE, kind, name, place.label, body)
