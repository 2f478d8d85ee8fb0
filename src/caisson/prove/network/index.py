"""The network by name: who is where, and what is tied to what."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from caisson.estate.sources import Source
from caisson.prove.network.addresses import Codes, Span
from caisson.topology.network import (
    ALL_PORTS,
    ANYWHERE,
    Acl,
    AclEntry,
    Gateway,
    Interface,
    Network,
    Peering,
    Protocol,
    RouteTable,
    SecurityGroup,
    Subnet,
    Target,
    TransitAttachment,
    TransitTable,
    Vpc,
)

_NOWHERE = Source("", 0)
NO_ACL = "no ACL"  # where there is no subnet
_ALL_PASS = tuple(
    AclEntry(number, True, Protocol.ANY, ALL_PORTS, cidr, _NOWHERE)
    for number, cidr in enumerate(ANYWHERE, 1)
)
_NO_ACL = Acl(NO_ACL, "", _ALL_PASS, _ALL_PASS, _NOWHERE)


class Index:
    """What a network names, found by its id. `codes` are those of all its addresses."""

    def __init__(self, network: Network, codes: Codes | None = None) -> None:
        self.network = network
        self.edges: dict[str, NDArray[np.int64]] = {}  # of VPCs, as far as they were asked for
        self.codes = codes or Codes(_ipv6_cidrs(network))
        self.vpcs: dict[str, Vpc] = {each.id: each for each in network.vpcs}
        self.subnets: dict[str, Subnet] = {each.id: each for each in network.subnets}
        self.subnets_of: dict[str, list[Subnet]] = defaultdict(list)
        for subnet in network.subnets:
            self.subnets_of[subnet.vpc].append(subnet)
        self.tables: dict[str, RouteTable] = {each.id: each for each in network.route_tables}
        self.acls: dict[str, Acl] = {each.id: each for each in (*network.acls, _NO_ACL)}
        self.gateways: dict[str, Gateway] = {each.id: each for each in network.gateways}
        self.peerings: dict[str, Peering] = {each.id: each for each in network.peerings}
        self._peerings: dict[str, list[Peering]] = defaultdict(list)
        for peering in network.peerings:
            for vpc_id in peering.vpcs:
                self._peerings[vpc_id].append(peering)
        self.groups: dict[str, SecurityGroup] = {each.id: each for each in network.groups}
        self.transit_tables: dict[str, TransitTable] = {
            each.id: each for each in network.transit_tables
        }
        self.attachments: dict[str, TransitAttachment] = {
            each.id: each for each in network.transit_attachments
        }
        self.attached: dict[tuple[str, str], list[TransitAttachment]] = defaultdict(list)
        self.attachments_of: dict[str, list[TransitAttachment]] = defaultdict(list)
        self.transit_tables_of: dict[str, list[TransitTable]] = defaultdict(list)
        for table in network.transit_tables:
            self.transit_tables_of[table.gateway].append(table)
        for each in network.transit_attachments:
            self.attachments_of[each.gateway].append(each)
            self.attached[each.gateway, each.peer].append(each)
        self.transit_gateways = {each.gateway for each in network.transit_attachments} | {
            each.gateway for each in network.transit_tables
        }
        self.interfaces: dict[str, list[Interface]] = defaultdict(list)
        for interface in network.interfaces:
            for vpc in {self.subnet(each, interface).vpc for each in interface.subnets or ("",)}:
                self.interfaces[vpc].append(interface)

    def vpc(self, vpc_id: str) -> Vpc:
        """Return the VPC; what was not read is not described and may have any address."""
        return self.vpcs.get(vpc_id) or Vpc(vpc_id, (), _NOWHERE, described=False)

    def subnet(self, subnet_id: str, interface: Interface) -> Subnet:
        """Return a subnet of an interface; one that was not read lies where its groups are."""
        if subnet := self.subnets.get(subnet_id):
            return subnet
        vpc = next(
            (
                group.vpc
                for each in interface.groups
                if (group := self.groups.get(each.group)) and group.vpc
            ),
            f"the VPC of {subnet_id or interface.owner}",
        )
        return Subnet(subnet_id, vpc, (), (), (), interface.source, sure=False)

    @cached_property
    def own_spans(self) -> list[Span]:
        """Where the addresses of all VPCs are that were read."""
        cidrs = (cidr for each in self.network.vpcs for cidr in each.cidrs)
        return [span for each in cidrs if (span := self.codes.span(each))]

    def is_placed(self, vpc_id: str) -> bool:
        """Whether the VPC is one that something names, and not a stand-in for an unknown one."""
        return not vpc_id.startswith("the VPC of ")

    def peered(self, first: str, second: str, sure: bool) -> bool:
        """Whether a peering joins two VPCs; `sure`: certainly."""
        return any(_joins(each, first, second, sure) for each in self._peerings.get(first, ()))

    def partners(self, vpc_id: str) -> set[str]:
        """Return the VPCs that a peering may join to this one."""
        peerings = self._peerings.get(vpc_id, ())
        return {other for each in peerings for other in each.vpcs} - {vpc_id}

    def may_join(self, peering: str, first: str, second: str) -> tuple[bool, bool]:
        """Return whether a peering may, and must, join two VPCs. One not read may join any."""
        if (known := self.peerings.get(peering)) is None:
            return True, False
        return _joins(known, first, second, False), _joins(known, first, second, True)

    def is_attached(self, gateway: str | None, kind: Target, vpc_id: str) -> tuple[bool, bool]:
        """Return whether an internet gateway may, and must, be that of a VPC."""
        known = self.gateways.get(gateway or "")
        if known is None:
            return True, False
        fits = known.kind is kind and known.place == vpc_id
        return fits, fits and known.sure


def _joins(peering: Peering, first: str, second: str, sure: bool) -> bool:
    if set(peering.vpcs) != {first, second}:
        return False
    return (peering.active is True and peering.sure) if sure else peering.active is not False


def _ipv6_cidrs(network: Network) -> Iterator[str]:
    """Yield every CIDR with a colon; the IPv4 ones are their own codes."""
    written: list[tuple[str, ...]] = []
    written += [each.cidrs for each in network.vpcs]
    written += [each.cidrs for each in network.subnets]
    written += [each.addresses for each in network.interfaces]
    written += [rule.cidrs for each in network.groups for rule in (*each.ingress, *each.egress)]
    for cidrs in written:
        for cidr in cidrs:
            if ":" in cidr:
                yield cidr
    yield from (entry.cidr for each in network.acls for entry in (*each.ingress, *each.egress))
    yield from (route.destination for each in network.route_tables for route in each.routes)
    yield from (route.destination for each in network.transit_tables for route in each.routes)
