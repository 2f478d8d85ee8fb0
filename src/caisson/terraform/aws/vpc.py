"""VPCs, with the default VPC that every region of an account begins with."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.estate.sources import Source
from caisson.terraform.aws.addresses import (
    DEFAULT_VPC_CIDR,
    IPV4_ASSOCIATION,
    IPV6_ASSOCIATION,
    AddressBook,
)
from caisson.terraform.aws.kinds import VPC, VPCS
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.unread import gap
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Gateway, Network, Target, Vpc

TYPES = frozenset({*VPCS, IPV4_ASSOCIATION, IPV6_ASSOCIATION})
INTERNET_GATEWAY = "internet-gateway"

# What starts in the default VPC when nobody says where, and how one says it.
PLACED_BY = {
    "aws_instance": ("subnet_id", "network_interface", "launch_template"),
    "aws_spot_instance_request": ("subnet_id", "network_interface", "launch_template"),
    "aws_autoscaling_group": ("vpc_zone_identifier",),
    "aws_db_instance": ("db_subnet_group_name", "replicate_source_db"),
    "aws_rds_cluster": ("db_subnet_group_name",),
    "aws_docdb_cluster": ("db_subnet_group_name",),
    "aws_neptune_cluster": ("neptune_subnet_group_name",),
    "aws_elasticache_cluster": ("subnet_group_name", "replication_group_id"),
    "aws_elasticache_replication_group": ("subnet_group_name",),
    "aws_memorydb_cluster": ("subnet_group_name",),
    "aws_redshift_cluster": ("cluster_subnet_group_name",),
    "aws_elb": ("subnets",),
    "aws_default_subnet": (),
}


# By what a VPC that was made elsewhere is named.
NAMED_BY = {
    "aws_subnet": ("vpc_id",),
    "aws_route_table": ("vpc_id",),
    "aws_security_group": ("vpc_id",),
    "aws_network_acl": ("vpc_id",),
    "aws_internet_gateway": ("vpc_id",),
    "aws_vpc_endpoint": ("vpc_id",),
    "aws_vpn_gateway": ("vpc_id",),
    "aws_ec2_transit_gateway_vpc_attachment": ("vpc_id",),
    "aws_vpc_peering_connection": ("vpc_id", "peer_vpc_id"),
    "aws_default_security_group": ("vpc_id",),
    "aws_main_route_table_association": ("vpc_id",),
}


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    book = AddressBook(names)
    return joined(
        (
            *(_described(book, each) for each in reading.of("aws_vpc")),
            *(_default(book, vpc, source) for vpc, source in default_vpcs(names).items()),
            _undescribed(names, book),
        )
    )


def named_vpcs(names: Names) -> dict[str, tuple[Source, bool]]:
    """Return every VPC that is named, with whether its parts are as they are when it is made.

    Those of a default VPC are taken to be, although more may be in it.
    """
    return names.reading.once(_named_vpcs)


def _named_vpcs(reading: Reading) -> dict[str, tuple[Source, bool]]:
    names = Names.of(reading)
    found = {each.address: (each.source, True) for each in names.reading.of("aws_vpc")}
    for vpc, source in default_vpcs(names).items():
        found.setdefault(vpc, (source, True))
    for vpc, source in _elsewhere(names):
        found.setdefault(vpc, (source, False))
    return found


def _elsewhere(names: Names) -> Iterator[tuple[str, Source]]:
    for each in names.reading.of("aws_vpc", mode=Mode.DATA):
        yield from ((one, each.source) for one in names.of_instance(each.address, VPC).every)
        yield each.address, each.source
    for what, attributes in NAMED_BY.items():
        for each in names.reading.of(what):
            for attribute in attributes:
                for one in names.one(each, attribute, VPC).every:
                    yield one, each.source


def _described(book: AddressBook, block: Block) -> Fragment:
    addresses = book.of(block.address)
    told = gap(block, f"not all addresses of {block.address} are known before it is made")
    return Fragment(
        gaps=() if addresses.certain else (told,),
        network=Network(vpcs=(_vpc(book, block.address, block.source),)),
    )


def _vpc(book: AddressBook, vpc: str, source: Source, *, described: bool = True) -> Vpc:
    addresses = book.of(vpc)
    return Vpc(vpc, addresses.cidrs, source, described, addresses.unsure)


def _undescribed(names: Names, book: AddressBook) -> Fragment:
    """What was made elsewhere is there, but not all of it is told."""
    defaults = default_vpcs(names)
    return Fragment(
        network=Network(
            vpcs=tuple(
                _vpc(book, vpc, source, described=False)
                for vpc, (source, described) in named_vpcs(names).items()
                if not described and vpc not in defaults
            )
        )
    )


def default_vpcs(names: Names) -> dict[str, Source]:
    """Return the default VPCs that are named, or needed by something that names no subnet."""
    return names.reading.once(_default_vpcs)


def _default_vpcs(reading: Reading) -> dict[str, Source]:
    names = Names.of(reading)
    found: dict[str, Source] = {}
    for vpc, source in _defaults(names):
        found.setdefault(vpc, source)
    return found


def _defaults(names: Names) -> Iterator[tuple[str, Source]]:
    for each in names.reading.of("aws_default_vpc"):
        yield each.address, each.source
    for each in names.reading.of("aws_vpc", mode=Mode.DATA):
        if each.flag("default", default=False):
            yield names.of_instance(each.address, VPC).every[0], each.source
    for each in names.reading.of(*PLACED_BY):
        if not any(each.written(one) or each.blocks(one) for one in PLACED_BY[each.instance.type]):
            yield names.default_vpc(each), each.source


def _default(book: AddressBook, vpc: str, source: Source) -> Fragment:
    """A default VPC leads to the internet from the beginning.

    It was there before, so more may be in it than is written: it is not described.
    """
    gateway = f"{vpc}/{INTERNET_GATEWAY}"
    found = _vpc(book, vpc, source, described=False)
    return Fragment(
        network=Network(
            vpcs=(found if found.cidrs else replace(found, cidrs=(DEFAULT_VPC_CIDR,)),),
            gateways=(Gateway(gateway, Target.INTERNET, vpc, source),),
        )
    )
