"""The ways out of a VPC: internet, egress-only and NAT gateways, VPN and Direct Connect."""

from collections.abc import Iterator

from caisson.terraform.aws.kinds import (
    EGRESS_GATEWAY,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    PRIVATE_GATEWAY,
    SUBNET,
    TRANSIT,
    VPC,
    Kind,
)
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty, Link, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Gateway, Network, Target
from caisson.topology.resources import Gap, Question

CARRIER = "aws_ec2_carrier_gateway"
VPN_GATEWAYS = ("aws_vpn_gateway", "aws_vpn_gateway_attachment")
VPN_CONNECTIONS = ("aws_vpn_connection", "aws_vpn_connection_route")
DIRECT_CONNECT = (
    "aws_dx_gateway_association",
    "aws_dx_hosted_private_virtual_interface",
    "aws_dx_hosted_private_virtual_interface_accepter",
    "aws_dx_hosted_transit_virtual_interface",
    "aws_dx_hosted_transit_virtual_interface_accepter",
    "aws_dx_private_virtual_interface",
    "aws_dx_transit_virtual_interface",
)
# These make a line, and lead nowhere before it is tied to a gateway.
DIRECT_CONNECT_PARTS = (
    "aws_dx_bgp_peer",
    "aws_dx_connection",
    "aws_dx_connection_association",
    "aws_dx_connection_confirmation",
    "aws_dx_gateway",
    "aws_dx_gateway_association_proposal",
    "aws_dx_hosted_connection",
    "aws_dx_lag",
    "aws_dx_macsec_key_association",
)
TYPES = frozenset(
    {
        *INTERNET_GATEWAY.every,
        *EGRESS_GATEWAY.types,
        *NAT_GATEWAY.types,
        *VPN_GATEWAYS,
        *VPN_CONNECTIONS,
        *DIRECT_CONNECT,
        *DIRECT_CONNECT_PARTS,
        CARRIER,
        "aws_customer_gateway",
        "aws_eip",
        "aws_eip_association",
    }
)
LINES = frozenset({Question.REACHABILITY, Question.ISOLATION})
# The end of a line that is in the cloud.
LINE_ENDS = {
    "vpn_gateway_id": PRIVATE_GATEWAY,
    "transit_gateway_id": TRANSIT,
    "associated_gateway_id": Kind((*PRIVATE_GATEWAY.types, *TRANSIT.types)),
}
GATEWAYS = (
    (INTERNET_GATEWAY, Target.INTERNET),
    (EGRESS_GATEWAY, Target.EGRESS_ONLY),
    (Kind((CARRIER,)), Target.INTERNET),
)


def read(reading: Reading) -> Fragment:
    """Return the gateways. One whose place cannot be told is left out: it may be anywhere."""
    names = Names.of(reading)
    gateways = [each for kind, target in GATEWAYS for each in _gateways(names, kind, target)]
    gateways += [one for each in _blocks(reading, NAT_GATEWAY) for one in _nat(names, each)]
    by_id = {each.id: each for each in reversed(gateways)}
    return Fragment(
        gaps=tuple(_lines(names)), network=Network(gateways=tuple(reversed(by_id.values())))
    )


def _blocks(reading: Reading, kind: Kind) -> Iterator[Block]:
    for mode in Mode:
        yield from reading.of(*kind.types, mode=mode)


def _gateways(names: Names, kind: Kind, target: Target) -> Iterator[Gateway]:
    for block in _blocks(names.reading, kind):
        place = together((_attached(names, block, kind), names.one(block, "vpc_id", VPC)))
        if place.only is not None:
            one = names.of_instance(block.address, kind).only or block.address
            yield Gateway(one, target, place.only, block.source)


def _attached(names: Names, block: Block, kind: Kind) -> Link:
    """Return the VPC to which a resource of its own, or what a data source finds, attaches it."""
    for each in block.blocks("attachments"):
        return names.one(each, "vpc_id", VPC)
    for what, attribute in kind.same.items():
        for each in names.reading.of(what):
            if block.address in (link := names.one(each, attribute, kind)).every:
                place = names.one(each, "vpc_id", VPC)
                return place if link.sure else Link(place.to, place.outside, Certainty.OPEN)
    return Link()


def _nat(names: Names, block: Block) -> Iterator[Gateway]:
    place = names.one(block, "subnet_id", SUBNET).only
    kind = block.text("connectivity_type")
    if place is not None:
        yield Gateway(
            id=names.of_instance(block.address, NAT_GATEWAY).only or block.address,
            kind=Target.NAT,
            place=place,
            source=block.source,
            public=kind != "private",
            sure=kind is None or isinstance(kind, str),
        )


def _lines(names: Names) -> Iterator[Gap]:
    """Yield that a line leads to a network that was not read, and from where."""
    for each in names.reading.of(*VPN_CONNECTIONS[:1], *DIRECT_CONNECT):
        ends = [
            one
            for attribute, kind in LINE_ENDS.items()
            if each.written(attribute)
            for one in names.link(each, attribute, kind).every
        ]
        places = [one for end in ends for one in _vpcs_of(names, end)]
        about = tuple(dict.fromkeys((each.address, *ends, *places)))
        what = f"what lies behind {each.address} was not read"
        yield Gap(what, each.address, each.instance.type, LINES, each.source, about)


def _vpcs_of(names: Names, gateway: str) -> tuple[str, ...]:
    """Return the VPCs that a VPN gateway serves."""
    found: list[str] = []
    if gateway in names.reading.instances:
        found += names.one(names.reading.at(gateway), "vpc_id", VPC).every
    for each in names.reading.of("aws_vpn_gateway_attachment"):
        if gateway in names.one(each, "vpn_gateway_id", PRIVATE_GATEWAY).every:
            found += names.one(each, "vpc_id", VPC).every
    return tuple(found)
