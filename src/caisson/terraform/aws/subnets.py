"""Subnets: their addresses, the route table that each has, and the list at its border."""

import ipaddress
from collections.abc import Iterator

from caisson.terraform.aws.acls import acl_claims
from caisson.terraform.aws.addresses import AddressBook
from caisson.terraform.aws.assigned import assigned
from caisson.terraform.aws.kinds import DEFAULT_SUBNETS, SUBNET, TABLE
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.routes import table_claims
from caisson.terraform.aws.unread import gap, unread_acl, unread_table, unread_vpc
from caisson.terraform.aws.vpc import default_vpcs
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import UNKNOWN, Certainty, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Network, Subnet

TYPES = frozenset(
    {
        *SUBNET.types,
        "aws_route_table_association",
        "aws_main_route_table_association",
        "aws_network_acl_association",
    }
)
UNREAD_VPC = "vpc"
UNREAD_TABLE = "route-table"
UNREAD_ACL = "network-acl"


def read(reading: Reading) -> Fragment:
    return _Subnets(Names.of(reading)).fragment()


class _Subnets:
    """Those that were read, by address: resources, and what data sources find."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._book = AddressBook(names)
        modes = (names.reading.of(*SUBNET.types, mode=mode) for mode in Mode)
        every = (each for blocks in modes for each in blocks)
        self._blocks = {each.address: each for each in every if self._is_itself(each)}
        self._vpcs = {address: self._vpc(each) for address, each in self._blocks.items()}
        ids = tuple(self._blocks)
        self._tables = assigned(ids, table_claims(names), self._main)
        self._acls = assigned(ids, acl_claims(names), self._default_acl)

    def _vpc(self, block: Block) -> str:
        """Return the VPC, or what stands for it when it cannot be told.

        AWS makes a subnet only in addresses of its VPC, so of several it is in the one with them.
        """
        link = self._names.vpcs_of_subnet(block.address)
        if link.certainty is Certainty.OPEN:
            return f"{block.address}/{UNREAD_VPC}"
        if link.only is not None:
            return link.only
        fitting = [each for each in link.every if self._may_hold(each, block.text("cidr_block"))]
        return fitting[0] if len(fitting) == 1 else f"{block.address}/{UNREAD_VPC}"

    def _may_hold(self, vpc: str, cidr: object) -> bool:
        known, inner = self._book.of(vpc), _network(cidr)
        outer = [_network(each) for each in known.cidrs if ":" not in each]
        if not known.certain or inner is None or None in outer:
            return True
        return any(inner.subnet_of(each) for each in outer if each is not None)

    def _is_itself(self, block: Block) -> bool:
        """Whether it is a subnet by its own address; else it is but another name of some."""
        found = self._names.of_instance(block.address, SUBNET)
        return block.address in found.every or found.certainty is Certainty.OPEN

    def _is_ours(self, subnet: str) -> bool:
        return self._blocks[subnet].instance.mode is Mode.MANAGED

    def _main(self, subnet: str) -> tuple[str, ...]:
        if self._is_ours(subnet):
            return self._names.main_tables(self._vpcs[subnet])
        return (f"{subnet}/{UNREAD_TABLE}",)

    def _default_acl(self, subnet: str) -> tuple[str, ...]:
        if self._is_ours(subnet):
            return (self._names.default_acl(self._vpcs[subnet]),)
        return (f"{subnet}/{UNREAD_ACL}",)

    def fragment(self) -> Fragment:
        read_here = (self._read(each) for each in self._blocks.values())
        return joined((*read_here, *self._of_default_vpcs(), *_edges(self._names)))

    def _read(self, block: Block) -> Fragment:
        vpc = self._vpcs[block.address]
        zone = block.text("availability_zone")
        subnet = Subnet(
            id=block.address,
            vpc=vpc,
            cidrs=_cidrs(self._book, block, vpc),
            route_tables=self._tables[block.address],
            acls=self._acls[block.address],
            source=block.source,
            zone=zone if isinstance(zone, str) else None,
        )
        parts = [Fragment(network=Network(subnets=(subnet,)))]
        if vpc == f"{block.address}/{UNREAD_VPC}":
            parts.append(_placeless(block, vpc))
        if not self._is_ours(block.address):
            parts.append(_borders(block, vpc))
        return joined(parts)

    def _of_default_vpcs(self) -> Iterator[Fragment]:
        for vpc, source in default_vpcs(self._names).items():
            subnet = Subnet(
                id=f"{vpc}/{DEFAULT_SUBNETS}",
                vpc=vpc,
                cidrs=(),
                route_tables=self._names.main_tables(vpc),
                acls=(self._names.default_acl(vpc),),
                source=source,
            )
            yield Fragment(network=Network(subnets=(subnet,)))


def _edges(names: Names) -> Iterator[Fragment]:
    """Yield that a gateway sends what comes in by it elsewhere than to where it is addressed."""
    for each in names.reading.of("aws_route_table_association"):
        if not unset(each, "gateway_id"):
            tables = names.one(each, "route_table_id", TABLE)
            vpcs = [names.vpc_of_table(table) for table in tables.every]
            known = tables.certainty is not Certainty.OPEN and None not in vpcs
            about = (each.address, *(one for one in vpcs if one)) if known and vpcs else ()
            what = f"where {each.address} sends what comes in by its gateway is not understood"
            yield Fragment(gaps=(gap(each, what, *about),))


def _network(cidr: object) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(cidr, strict=False) if isinstance(cidr, str) else None
    except ValueError:
        return None


def _cidrs(book: AddressBook, block: Block, vpc: str) -> tuple[str, ...]:
    """Return the subnet's addresses; none when any of the VPC's may be among them."""
    found: list[str] = []
    if not block.flag("ipv6_native", default=False):
        ipv4 = block.text("cidr_block")
        if not isinstance(ipv4, str):
            return ()
        found.append(ipv4)
    ipv6 = block.text("ipv6_cidr_block")
    if isinstance(ipv6, str):
        found.append(ipv6)
    elif ipv6 is UNKNOWN and block.written("ipv6_cidr_block"):
        found += book.ipv6(vpc)
    return tuple(found)


def _placeless(block: Block, vpc: str) -> Fragment:
    return Fragment(
        gaps=(gap(block, f"the VPC of {block.address} cannot be told"),),
        network=Network(vpcs=(unread_vpc(vpc, block.source),)),
    )


def _borders(block: Block, vpc: str) -> Fragment:
    """Return the table and the list of a subnet that was made elsewhere."""
    table, acl = f"{block.address}/{UNREAD_TABLE}", f"{block.address}/{UNREAD_ACL}"
    return Fragment(
        network=Network(
            route_tables=(unread_table(table, vpc, block.source),),
            acls=(unread_acl(acl, vpc, block.source),),
        )
    )
