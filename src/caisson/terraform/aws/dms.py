"""DMS: what copies data from one store into another."""

from dataclasses import replace

from caisson.terraform.aws.at_rest import by_key
from caisson.terraform.aws.carried import carried
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.seats import seated, subnets_of_group
from caisson.terraform.aws.stores import uses
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Rest, Way

ENDPOINTS = ("aws_dms_endpoint", "aws_dms_s3_endpoint")
TASKS = ("aws_dms_replication_task", "aws_dms_replication_config")
INSTANCE = "aws_dms_replication_instance"
TYPES = frozenset(
    {
        *ENDPOINTS,
        *TASKS,
        INSTANCE,
        "aws_dms_certificate",
        "aws_dms_event_subscription",
        "aws_dms_replication_subnet_group",
    }
)
SERVERS = (
    "aws_db_instance",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_docdb_cluster",
    "aws_neptune_cluster",
    "aws_redshift_cluster",
    "aws_elasticache_replication_group",
    "aws_instance",
)
# Where an endpoint names what it is the end of: the block, the attribute and the types.
NAMED = (
    ("s3_settings", "bucket_name", ("aws_s3_bucket",)),
    ("kinesis_settings", "stream_arn", ("aws_kinesis_stream",)),
    ("kafka_settings", "broker", ("aws_msk_cluster",)),
    ("redis_settings", "server_name", SERVERS),
    (
        "elasticsearch_settings",
        "endpoint_uri",
        ("aws_opensearch_domain", "aws_elasticsearch_domain"),
    ),
)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        [
            *(_endpoint(each) for each in reading.of(*ENDPOINTS)),
            *(_task(each) for each in reading.of(*TASKS)),
            *(_instance(names, each) for each in reading.of(INSTANCE)),
        ]
    )


def _endpoint(block: Block) -> Fragment:
    secret = given(block, "secrets_manager_arn", "aws_secretsmanager_secret")
    roles = [
        uses(block, given(block, name, "aws_iam_role"), "role")
        for name in ("service_access_role", "service_access_role_arn")
    ]
    return joined([uses(block, secret, "credentials of the database"), *roles])


def _behind(reading: Reading, endpoint: str) -> tuple[Link, ...]:
    """Return what an endpoint is the end of."""
    if endpoint not in reading.instances:
        return ()
    block = reading.at(endpoint)
    found = [given(block, "server_name", *SERVERS), given(block, "bucket_name", "aws_s3_bucket")]
    found += [
        given(each, attribute, *types)
        for name, attribute, types in NAMED
        for each in block.blocks(name)
    ]
    return tuple(each for each in found if each.every)


def _task(block: Block) -> Fragment:
    """Return what moves between the stores behind a task's two endpoints."""
    sources = _ends(block, "source_endpoint_arn")
    targets = _ends(block, "target_endpoint_arn")
    return carried(block, Way.EXPORT, sources, targets, types=SERVERS)


def _ends(block: Block, attribute: str) -> Link:
    endpoints = given(block, attribute, *ENDPOINTS)
    behind = [together(_behind(block.reading, each)) for each in endpoints.every]
    untold = not behind or not all(each.every for each in behind)
    certainty = Certainty.OPEN if untold else endpoints.certainty
    every = together([*behind, Link(certainty=certainty)])
    return every if endpoints.sure else replace(every, surely=())


def _instance(names: Names, block: Block) -> Fragment:
    """Return the machine through which data passes, with what it keeps of it on its disk."""
    at_rest = by_key(block, "kms_key_arn", without=True)
    # `publicly_accessible` is true unless told (CreateReplicationInstance).
    public = flag(block, "publicly_accessible", default=True)
    store = at_rest.on(
        replace(
            holding(block, Rest.DISK, "dms"),
            encrypted_in_transit=None,
            public=public,
            multi_zone=flag(block, "multi_az", default=False),
            rebuildable=True,
        )
    )
    seat = seated(
        names,
        block,
        subnets_of_group(
            names, block, "replication_subnet_group_id", "aws_dms_replication_subnet_group"
        ),
        "vpc_security_group_ids",
        public=public,
        listens=(),
        all_subnets=False,
    )
    return joined([Fragment(holdings=(store,)), at_rest.gaps(block), seat])
