"""Neptune: graph databases."""

from dataclasses import replace

from caisson.terraform.aws.at_rest import by_key
from caisson.terraform.aws.clusters import Family, encryption, read_family
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.snapshots import Snapshots, snapshots
from caisson.terraform.aws.stores import unread
from caisson.terraform.aws.written import flag, number
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Question, Rest

SYSTEM = "neptune"
PORT = 8182
CLUSTER = "aws_neptune_cluster"
GRAPH = "aws_neptunegraph_graph"
SNAPSHOT = "aws_neptune_cluster_snapshot"
TYPES = frozenset(
    {
        CLUSTER,
        GRAPH,
        SNAPSHOT,
        "aws_neptune_cluster_endpoint",
        "aws_neptune_cluster_instance",
        "aws_neptune_cluster_parameter_group",
        "aws_neptune_event_subscription",
        "aws_neptune_global_cluster",
        "aws_neptune_parameter_group",
        "aws_neptune_subnet_group",
    }
)
FAMILY = Family(
    cluster=CLUSTER,
    instance="aws_neptune_cluster_instance",
    global_cluster="aws_neptune_global_cluster",
    snapshots=(SNAPSHOT,),
    subnet_group=("neptune_subnet_group_name", "aws_neptune_subnet_group"),
    key="kms_key_arn",
    logs="enable_cloudwatch_logs_exports",
    log_group="/aws/neptune/{cluster}/{kind}",
    system=lambda _: SYSTEM,
    port=lambda _: PORT,
    # "Neptune enforces SSL connections for all database instances and clusters" from engine
    # 1.0.4.0 on, and older ones cannot be made any more.
    in_transit=lambda _: True,
)


def read(reading: Reading) -> Fragment:
    return joined(
        [
            read_family(FAMILY, reading),
            *(_graph(each) for each in reading.of(GRAPH)),
            snapshots(
                reading,
                Snapshots(SNAPSHOT, "db_cluster_identifier", (CLUSTER,)),
                lambda block: encryption(FAMILY, block),
                SYSTEM,
            ),
        ]
    )


def _graph(block: Block) -> Fragment:
    """Return a Neptune Analytics graph: always encrypted, reached through the service's API.

    It keeps its data in memory; without a replica it is in one zone.
    """
    keys = by_key(block, "kms_key_identifier", without=True)
    replicas = number(block, "replica_count", 1.0)
    public = flag(block, "public_connectivity", default=False)
    store = keys.on(
        replace(
            holding(block, Rest.STORE, SYSTEM),
            encrypted_in_transit=True,
            public=public,
            multi_zone=None if replicas is None else replicas > 0,
            deletion_protected=flag(block, "deletion_protection", default=None),
        )
    )
    what = f"how {block.address} is reached inside of VPCs is not modelled"
    reach = unread(block, what, Question.REACHABILITY, Question.ISOLATION)
    return joined([Fragment(holdings=(store,)), keys.gaps(block), reach])
