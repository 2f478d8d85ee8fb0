"""DocumentDB: clusters that speak MongoDB's protocol."""

from dataclasses import replace

from caisson.terraform.aws.at_rest import by_key
from caisson.terraform.aws.clusters import Family, encryption, read_family
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.parameters import setting
from caisson.terraform.aws.rds import secret_key
from caisson.terraform.aws.seats import ports, seated, subnets
from caisson.terraform.aws.snapshots import Snapshots, snapshots
from caisson.terraform.aws.stores import DAY_S, backed_up
from caisson.terraform.aws.written import number
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Rest

SYSTEM = "documentdb"
PORT = 27017
CLUSTER = "aws_docdb_cluster"
ELASTIC = "aws_docdbelastic_cluster"
SNAPSHOT = "aws_docdb_cluster_snapshot"
TYPES = frozenset(
    {
        CLUSTER,
        ELASTIC,
        SNAPSHOT,
        "aws_docdb_cluster_instance",
        "aws_docdb_cluster_parameter_group",
        "aws_docdb_event_subscription",
        "aws_docdb_global_cluster",
        "aws_docdb_subnet_group",
    }
)


def _in_transit(block: Block) -> bool | None:
    # `tls` is enabled unless it is disabled (DocumentDB developer guide, "Encrypting data in
    # transit"); its other values name versions and so switch it on.
    found = setting(
        block, "db_cluster_parameter_group_name", "aws_docdb_cluster_parameter_group", "tls"
    )
    if found.told and found.value is not None:
        return found.value != "disabled"
    return found.switched(default=True)


FAMILY = Family(
    cluster=CLUSTER,
    instance="aws_docdb_cluster_instance",
    global_cluster="aws_docdb_global_cluster",
    snapshots=(SNAPSHOT,),
    subnet_group=("db_subnet_group_name", "aws_docdb_subnet_group"),
    key="kms_key_id",
    logs="enabled_cloudwatch_logs_exports",
    log_group="/aws/docdb/{cluster}/{kind}",
    system=lambda _: SYSTEM,
    port=lambda _: PORT,
    in_transit=_in_transit,
)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        [
            read_family(FAMILY, reading),
            *(secret_key(each) for each in reading.of(CLUSTER)),
            *(_elastic(names, each) for each in reading.of(ELASTIC)),
            snapshots(
                reading,
                Snapshots(SNAPSHOT, "db_cluster_identifier", (CLUSTER,)),
                lambda block: encryption(FAMILY, block),
                SYSTEM,
            ),
        ]
    )


def _elastic(names: Names, block: Block) -> Fragment:
    """Return a sharded cluster: always encrypted, in several zones, snapshots once a day."""
    keys = by_key(block, "kms_key_id", without=True)
    store = keys.on(
        replace(
            holding(block, Rest.STORE, SYSTEM),
            encrypted_in_transit=True,
            public=False,
            multi_zone=True,
            deletion_protected=False,
        )
    )
    seat = seated(
        names,
        block,
        subnets(names, block, "subnet_ids"),
        "vpc_security_group_ids",
        public=False,
        listens=ports(PORT),
    )
    kept = number(block, "backup_retention_period", 1.0)
    backups = backed_up(block, store, kept, lag_most_s=DAY_S, every_s=DAY_S, point_in_time=False)
    return joined([Fragment(holdings=(store,)), keys.gaps(block), seat, backups])
