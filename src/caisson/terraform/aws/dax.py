"""DAX: caches in front of DynamoDB."""

from dataclasses import replace

from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.seats import ports, seated, subnets_of_group
from caisson.terraform.aws.stores import uses
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, number, text
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Rest

CLUSTER = "aws_dax_cluster"
TYPES = frozenset({CLUSTER, "aws_dax_parameter_group", "aws_dax_subnet_group"})
PLAIN, TLS = 8111, 9111


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(_cluster(names, each) for each in reading.of(CLUSTER))


def _cluster(names: Names, block: Block) -> Fragment:
    """Return a cluster: in the clear and unencrypted unless told (CreateCluster)."""
    said = block.block("server_side_encryption")
    kind = text(block, "cluster_endpoint_encryption_type", "NONE")
    members = number(block, "replication_factor", 1.0)
    store = replace(
        holding(block, Rest.CACHE, "dax"),
        encrypted=flag(said, "enabled", default=False),
        encrypted_in_transit=None if kind is None else kind == "TLS",
        public=False,
        multi_zone=False if members == 1 else None,
        deletion_protected=False,
        durable=False,
    )
    seat = seated(
        names,
        block,
        subnets_of_group(names, block, "subnet_group_name", "aws_dax_subnet_group"),
        "security_group_ids",
        public=False,
        listens={"NONE": ports(PLAIN), "TLS": ports(TLS)}.get(kind or "", ports(PLAIN, TLS)),
        all_subnets=False,
    )
    role = uses(block, given(block, "iam_role_arn", "aws_iam_role"), "role to read tables")
    return joined([Fragment(holdings=(store,)), seat, role])
