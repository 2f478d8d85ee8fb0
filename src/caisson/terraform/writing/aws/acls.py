"""The network ACL of the data tier: a second lock, which no security group opens.

Packets come from and go to the private and data subnets of the area alone. Whatever routes and
peerings are added one day, no packet of the internet, of a public subnet or of another
environment gets to a store, or from one.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network

from caisson.terraform.writing.aws import data_tier, handles, network, ports
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Body, Part
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute
from caisson.topology.model import Kind

_FILE = "acls"
_TIERS = (handles.PRIVATE, handles.ISOLATED)
_TCP, _ICMP = "6", "1"
# An ACL knows no connections: answers go to any port that a client chose, and these are all
# that any does. Postgres, Redis and Memcached have ports among them.
_CHOSEN_BY_CLIENTS = (1024, 65535)
_FIRST, _STEP = 100, 10
# What passes, by a name for it: the other end, and the protocol and ports as AWS is told.
_Passing = tuple[str, IPv4Network, Body]


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        acl = _acl(place, plan)
        yield acl
        for egress in (False, True):
            yield from _rules(area, place, acl, plan, egress=egress)


def _acl(place: Place, plan: Blueprint) -> Block:
    subnets = data_tier.subnets(place, plan)
    return _block(
        place,
        "aws_network_acl",
        _name(place),
        {
            "vpc_id": attribute(network.vpc(place, plan), "id"),
            "subnet_ids": [attribute(each, "id") for each in subnets],
            "tags": {"Name": plan.name(place, handles.ISOLATED)},
        },
    )


def _rules(
    area: Area, place: Place, acl: Block, plan: Blueprint, *, egress: bool
) -> Iterator[Block]:
    number = _FIRST
    for what, peer, told in _passing(area, place, plan, egress=egress):
        yield _block(
            place,
            "aws_network_acl_rule",
            label(_name(place), "to" if egress else "from", what),
            {
                "network_acl_id": attribute(acl, "id"),
                "egress": egress,
                "rule_number": number,
                "rule_action": "allow",
                "cidr_block": str(peer),
                **told,
            },
        )
        number += _STEP


def _passing(area: Area, place: Place, plan: Blueprint, *, egress: bool) -> Iterator[_Passing]:
    stores = () if egress else plan.components(place, Kind.STORE)
    opened = sorted({port for each in stores if (port := ports.of_store(each)) is not None})
    for who, peer in _peers(area):
        yield label(who, "tcp"), peer, _tcp(*_CHOSEN_BY_CLIENTS)
        for port in opened:
            if port < _CHOSEN_BY_CLIENTS[0]:
                yield label(who, str(port)), peer, _tcp(port, port)
        # "Fragmentation needed": without it, packets too large for the way vanish silently.
        yield label(who, "icmp"), peer, {"protocol": _ICMP, "icmp_type": 3, "icmp_code": 4}


def _peers(area: Area) -> Iterator[tuple[str, IPv4Network]]:
    for place in area.places:
        for tier in _TIERS:
            yield label(place.region, tier), network.span(place, tier)


def _tcp(low: int, high: int) -> Body:
    return {"protocol": _TCP, "from_port": low, "to_port": high}


def _name(place: Place) -> str:
    return label(place.region, handles.ISOLATED)


def _block(place: Place, kind: str, name: str, body: Body) -> Block:
    return Block(_FILE, kind, name, place.label, body)
