"""What a route leads to, by which of its attributes somebody wrote."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.aws.kinds import (
    EGRESS_GATEWAY,
    ENDPOINT,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    NETWORK_INTERFACE,
    PEERING,
    PRIVATE_GATEWAY,
    TRANSIT,
    Kind,
)
from caisson.terraform.aws.naming import Names
from caisson.terraform.model import Certainty
from caisson.terraform.reading import Block
from caisson.topology.network import Target


@dataclass(frozen=True, slots=True)
class Leads:
    """One target of a route. `sure` is False when it is one of several, or cannot be told."""

    target: Target
    via: str | None
    sure: bool = True


CARRIER = "aws_ec2_carrier_gateway"
GATEWAY = Kind(
    (*INTERNET_GATEWAY.types, *PRIVATE_GATEWAY.types, *ENDPOINT.types, CARRIER),
    same={**INTERNET_GATEWAY.same, **PRIVATE_GATEWAY.same},
)
# `gateway_id` may name several kinds; an instance or an endpoint passes on what it likes.
BY_TYPE = {
    "aws_internet_gateway": Target.INTERNET,
    CARRIER: Target.INTERNET,
    "aws_vpn_gateway": Target.PRIVATE,
    "aws_vpc_endpoint": Target.INTERFACE,
}
BY_PREFIX = {
    "igw": Target.INTERNET,
    "cagw": Target.INTERNET,
    "vgw": Target.PRIVATE,
    "vpce": Target.INTERFACE,
    "local": Target.LOCAL,
}
ATTRIBUTES = {
    "gateway_id": (GATEWAY, Target.UNKNOWN),
    "nat_gateway_id": (NAT_GATEWAY, Target.NAT),
    "egress_only_gateway_id": (EGRESS_GATEWAY, Target.EGRESS_ONLY),
    "transit_gateway_id": (TRANSIT, Target.TRANSIT),
    "vpc_peering_connection_id": (PEERING, Target.PEERING),
    "vpc_endpoint_id": (ENDPOINT, Target.INTERFACE),
    "network_interface_id": (NETWORK_INTERFACE, Target.INTERFACE),
    "instance_id": (Kind(("aws_instance",)), Target.INTERFACE),
    "carrier_gateway_id": (Kind((CARRIER,)), Target.INTERNET),
    "local_gateway_id": (Kind(("aws_ec2_local_gateway",)), Target.PRIVATE),
    "core_network_arn": (Kind(("aws_networkmanager_core_network",)), Target.UNKNOWN),
}


def leads(names: Names, block: Block) -> tuple[Leads, ...]:
    """Return all that a route leads to, or may lead to."""
    found = tuple(
        each
        for name in ATTRIBUTES
        if block.written(name) and block.value(name) != ""
        for each in _of(names, block, name)
    )
    if len(found) == 1:
        return found
    nothing = (Leads(Target.UNKNOWN, None),)
    return tuple(Leads(each.target, each.via, sure=False) for each in found or nothing)


def _of(names: Names, block: Block, name: str) -> Iterator[Leads]:
    """Yield what one attribute names."""
    kind, usual = ATTRIBUTES[name]
    link = names.one(block, name, kind)
    for each in link.every:
        yield Leads(_target(names, each) or usual, each, link.sure)
    if link.certainty is Certainty.OPEN:
        yield Leads(usual, None, sure=False)


def _target(names: Names, gateway: str) -> Target | None:
    """Return what kind of thing it is, None when neither its type nor its id tells it."""
    instance = names.reading.instances.get(gateway)
    if instance is not None:
        return BY_TYPE.get(instance.type)
    return BY_PREFIX.get(gateway.split("-", 1)[0])
