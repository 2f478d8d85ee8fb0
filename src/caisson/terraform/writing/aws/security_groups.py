"""Security groups: who may open a connection to what, and nothing besides.

Both ends permit a connection, and each names the other: by its group or, in the other region of
the area, where AWS knows no groups, by the ranges of its subnets. Nothing may open a connection
to the internet but a service whose image is there: what else they need has endpoints. The other
region of the area is not the internet, though packets go there from the same subnets.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from caisson.terraform.writing.aws import groups, handles, network, ports
from caisson.terraform.writing.aws.groups import Party
from caisson.terraform.writing.aws.openings import Opening, openings
from caisson.terraform.writing.aws.registries import beyond
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Body, Form, Output, Part, Value
from caisson.terraform.writing.names import label, renamed
from caisson.terraform.writing.references import attribute
from caisson.topology.model import Kind

_FILE = groups.FILE
_INGRESS, _EGRESS = "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"
_PERMISSION = ("security_group_id", "from_port", "cidr_ipv4", "referenced_security_group_id")
_INTERNET = "internet"
_CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"


@dataclass(frozen=True, slots=True)
class _Peer:
    """The other end of a rule: `told` is how AWS is told, the rest is for the rule's name.

    What is `foreign` is not of the estate, in which a store may be called the same.
    """

    told: Body
    names: tuple[str, ...]
    where: tuple[str, ...] = ()
    foreign: bool = False


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        yield _default(place, plan)
        yield from _groups(place, plan)
    for place in area.places:
        yield from _beyond(place, plan)
        yield from _to_registries(place, area, plan)
    yield from _once(rule for opening in openings(area, plan) for rule in _both_ends(opening))


def _once(rules: Iterable[Block]) -> Iterator[Block]:
    """Yield each permission once: AWS takes none that is there already under another name."""
    given: set[tuple[Value, ...]] = set()
    for each in rules:
        known = (each.type, *(each.body.get(name) for name in _PERMISSION))
        if known not in given:
            given.add(known)
            yield each


def _default(place: Place, plan: Blueprint) -> Block:
    body: Body = {
        "vpc_id": attribute(network.vpc(place, plan), "id"),
        "tags": {"Name": plan.name(place, "default")},
    }
    about = "Every VPC comes with this group. It has no rules: what is put into it reaches nothing."
    kind = "aws_default_security_group"
    return Block(_FILE, kind, place.label, place.label, body, comment=about)


def _groups(place: Place, plan: Blueprint) -> Iterator[Part]:
    for party in groups.parties(place, plan):
        group = groups.group(party, plan)
        yield group
        yield Output(
            handles.security_group_id(place, party.name),
            attribute(group, "id"),
            f"The security group of {party.name} in {place.site}.",
        )


def _both_ends(opening: Opening) -> Iterator[Block]:
    source, target = opening.source, opening.target
    if source.place == target.place:
        why = f"{source.name} opens {target.name}"
        yield _rule(_EGRESS, source, _group(target), opening.port, why)
        yield _rule(_INGRESS, target, _group(source), opening.port, why)
        return
    why = f"{source.name} opens {target.name} in {target.place.region}"
    for peer in _subnets(target, target.names):
        yield _rule(_EGRESS, source, peer, opening.port, why)
    # Which service it is that comes from another region, its own group has decided there.
    why = f"services in {source.place.region} open {target.name}"
    for peer in _subnets(source, (source.tier,)):
        yield _rule(_INGRESS, target, peer, opening.port, why)


def _group(party: Party) -> _Peer:
    told: Body = {"referenced_security_group_id": groups.group_id(party)}
    return _Peer(told, party.names)


def _subnets(party: Party, names: tuple[str, ...]) -> Iterator[_Peer]:
    for zone, cidr in zip(party.place.zones, party.ranges, strict=True):
        yield _Peer({"cidr_ipv4": str(cidr)}, names, (party.place.region, zone[-1]))


def _rule(kind: str, party: Party, peer: _Peer, port: int, why: str) -> Block:
    body: Body = {
        "security_group_id": groups.group_id(party),
        "description": why,
        "ip_protocol": "tcp",
        "from_port": port,
        "to_port": port,
        **peer.told,
    }
    word = "reaches" if peer.foreign else "from" if kind == _INGRESS else "to"
    where = ((each,) for each in peer.where)
    name, was = renamed((party.place.region,), party.names, (word,), peer.names, *where)
    return Block(_FILE, kind, name, party.place.label, body, was=was)


def _beyond(place: Place, plan: Blueprint) -> Iterator[Block]:
    """Yield what passes the border of the network: from CloudFront, and to S3."""
    if plan.components(place, Kind.PROXY):
        # CloudFront comes from wherever in the world its users are.
        addresses = _addresses(place, "cloudfront", _CLOUDFRONT)
        yield addresses
        peer, why = _known_by(addresses, "cloudfront"), "CloudFront opens the balancer"
        yield _rule(_INGRESS, groups.balancer(place), peer, ports.HTTPS, why)
    services = plan.components(place, Kind.SERVICE)
    if services:
        # S3 has files, and the layers of images. Its addresses are routed to its endpoint.
        addresses = _addresses(place, "s3", f"com.amazonaws.{place.aws}.s3")
        yield addresses
        for service in services:
            caller = groups.of_service(place, service, plan)
            peer, why = (
                replace(_known_by(addresses, "s3"), foreign=True),
                f"{service.name} opens S3",
            )
            yield _rule(_EGRESS, caller, peer, ports.HTTPS, why)


def _to_registries(place: Place, area: Area, plan: Blueprint) -> Iterator[Block]:
    """Yield what services need whose image is in no registry of AWS in their region."""
    registries = {
        service: registry
        for service in plan.components(place, Kind.SERVICE)
        if (registry := beyond(plan.service(service).image or "", place.aws)) is not None
    }
    if not registries:
        return
    peer = _Peer({"cidr_ipv4": "0.0.0.0/0"}, (_INTERNET,), foreign=True)
    for other in (each for each in area.places if each != place):
        addresses = _internet(place, other, plan)
        yield addresses
        peer = replace(_known_by(addresses, _INTERNET), foreign=True)
    for service, registry in registries.items():
        caller = groups.of_service(place, service, plan)
        why = f"{service.name} fetches its image from {registry}"
        about = "Nobody knows the registry's addresses. With the image in ECR this is not needed."
        yield replace(_rule(_EGRESS, caller, peer, ports.HTTPS, why), comment=about)


def _internet(place: Place, other: Place, plan: Blueprint) -> Block:
    """Return all addresses but those of the `other` region of the area, which peering leads to."""
    ranges = sorted(IPv4Network("0.0.0.0/0").address_exclude(other.network))
    called = plan.name(place, _INTERNET)
    body: Body = {
        "name": called,
        "address_family": "IPv4",
        "max_entries": len(ranges),
        "entry": [{"cidr": str(each)} for each in ranges],
        "tags": {"Name": called},
    }
    about = (
        f"Without {other.region}: its stores let in the private subnets of {place.region}, "
        "whose groups decide which service it is."
    )
    kind, name = "aws_ec2_managed_prefix_list", label(place.region, _INTERNET)
    return Block(_FILE, kind, name, place.label, body, comment=about)


def _addresses(place: Place, name: str, of_aws: str) -> Block:
    """Return the addresses of a service of AWS, as AWS keeps them up to date."""
    kind = "aws_ec2_managed_prefix_list"
    return Block(_FILE, kind, label(place.region, name), place.label, {"name": of_aws}, Form.DATA)


def _known_by(addresses: Block, name: str) -> _Peer:
    return _Peer({"prefix_list_id": attribute(addresses, "id")}, (name,))
