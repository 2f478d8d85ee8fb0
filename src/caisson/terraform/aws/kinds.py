"""What the attributes of AWS networks can name, and what stands for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

MAIN = "main"
DEFAULT = "default"
DEFAULT_GROUP = "default-group"
DEFAULT_ACL = "default-acl"
CLUSTER_GROUP = "cluster-group"
DEFAULT_SUBNETS = "subnets"

VPCS = ("aws_vpc", "aws_default_vpc")


@dataclass(frozen=True)
class Kind:
    """What an attribute names.

    `types` are the thing itself. `parts` belong to another thing and have no resource of their
    own: naming `aws_vpc.main` where a group is meant is naming its default group, whose id is
    the VPC's, a slash and the part. `same` only stand for it: the attribute says for what.
    """

    types: tuple[str, ...]
    parts: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def itself(self) -> tuple[str, ...]:
        return (*self.types, *self.parts)

    @cached_property
    def every(self) -> tuple[str, ...]:
        return (*self.types, *self.parts, *self.same)


VPC = Kind(
    VPCS,
    same={
        "aws_vpc_ipv4_cidr_block_association": "vpc_id",
        "aws_vpc_ipv6_cidr_block_association": "vpc_id",
        "aws_subnet": "vpc_id",
        "aws_security_group": "vpc_id",
        "aws_route_table": "vpc_id",
        "aws_internet_gateway": "vpc_id",
        "aws_vpc_endpoint": "vpc_id",
        "aws_ec2_transit_gateway_vpc_attachment": "vpc_id",
    },
)
SUBNET = Kind(
    ("aws_subnet", "aws_default_subnet"),
    same={
        "aws_route_table_association": "subnet_id",
        "aws_nat_gateway": "subnet_id",
        "aws_network_interface": "subnet_id",
        "aws_instance": "subnet_id",
    },
)
GROUP = Kind(
    ("aws_security_group", "aws_default_security_group"),
    parts=dict.fromkeys(VPCS, DEFAULT_GROUP) | {"aws_eks_cluster": CLUSTER_GROUP},
    same={
        "aws_security_group_rule": "security_group_id",
        "aws_vpc_security_group_ingress_rule": "security_group_id",
        "aws_vpc_security_group_egress_rule": "security_group_id",
    },
)
TABLE = Kind(
    ("aws_route_table", "aws_default_route_table"),
    parts=dict.fromkeys(VPCS, MAIN),
    same={
        "aws_route_table_association": "route_table_id",
        "aws_main_route_table_association": "route_table_id",
        "aws_route": "route_table_id",
    },
)
ACL = Kind(
    ("aws_network_acl", "aws_default_network_acl"),
    parts=dict.fromkeys(VPCS, DEFAULT_ACL),
    same={"aws_network_acl_association": "network_acl_id"},
)
INTERNET_GATEWAY = Kind(
    ("aws_internet_gateway",), same={"aws_internet_gateway_attachment": "internet_gateway_id"}
)
NAT_GATEWAY = Kind(("aws_nat_gateway",))
EGRESS_GATEWAY = Kind(("aws_egress_only_internet_gateway",))
PRIVATE_GATEWAY = Kind(
    ("aws_vpn_gateway",),
    same={
        "aws_vpn_gateway_attachment": "vpn_gateway_id",
        "aws_vpn_connection": "vpn_gateway_id",
        "aws_vpn_gateway_route_propagation": "vpn_gateway_id",
    },
)
PEERING = Kind(
    ("aws_vpc_peering_connection",),
    same={
        "aws_vpc_peering_connection_accepter": "vpc_peering_connection_id",
        "aws_vpc_peering_connection_options": "vpc_peering_connection_id",
    },
)
TRANSIT = Kind(
    ("aws_ec2_transit_gateway",),
    same={
        "aws_ec2_transit_gateway_vpc_attachment": "transit_gateway_id",
        "aws_ec2_transit_gateway_route_table": "transit_gateway_id",
    },
)
ATTACHMENT = Kind(
    (
        "aws_ec2_transit_gateway_vpc_attachment",
        "aws_ec2_transit_gateway_peering_attachment",
        "aws_ec2_transit_gateway_connect",
        "aws_ec2_transit_gateway_attachment",
        "aws_ec2_transit_gateway_vpn_attachment",
        "aws_ec2_transit_gateway_dx_gateway_attachment",
        "aws_vpn_connection",
        "aws_dx_gateway_association",
    ),
    same={
        "aws_ec2_transit_gateway_vpc_attachment_accepter": "transit_gateway_attachment_id",
        "aws_ec2_transit_gateway_peering_attachment_accepter": "transit_gateway_attachment_id",
    },
)
TRANSIT_TABLE = Kind(
    ("aws_ec2_transit_gateway_route_table",),
    parts={"aws_ec2_transit_gateway": DEFAULT},
    same={"aws_ec2_transit_gateway_route_table_association": "transit_gateway_route_table_id"},
)
NETWORK_INTERFACE = Kind(("aws_network_interface",))
ENDPOINT = Kind(("aws_vpc_endpoint",))
# the attributes of a VPC that name its parts, by the part
PART_ATTRIBUTES = {
    "default_security_group_id": DEFAULT_GROUP,
    "default_network_acl_id": DEFAULT_ACL,
    "default_route_table_id": MAIN,
    "main_route_table_id": MAIN,
}
# What AWS lets be named only in its own region, and who names a VPC of their own region only.
REGIONAL = (SUBNET, GROUP, TABLE, ACL, INTERNET_GATEWAY, NAT_GATEWAY, EGRESS_GATEWAY)
OF_ONE_VPC = (
    "aws_subnet",
    "aws_route_table",
    "aws_security_group",
    "aws_network_acl",
    "aws_internet_gateway",
    "aws_egress_only_internet_gateway",
    "aws_vpc_endpoint",
    "aws_ec2_transit_gateway_vpc_attachment",
)
