"""DMS: what copies data from one store into another."""

from collections.abc import Iterable
from dataclasses import replace

from caisson.terraform.aws.at_rest import by_key
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.presence import given
from caisson.terraform.aws.seats import seated, subnets_of_group
from caisson.terraform.aws.stores import COPIES, unread, uses
from caisson.terraform.aws.written import flag
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Movement, Rest, Way

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
    names = Names(reading)
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
    reading = block.reading
    ends = [
        given(block, name, *ENDPOINTS) for name in ("source_endpoint_arn", "target_endpoint_arn")
    ]
    sources, targets = (
        [link for each in end.to for link in _behind(reading, each)] for end in ends
    )
    sure = all(each.sure for each in (*ends, *sources, *targets))
    movements = tuple(_between(block, sources, targets, sure=sure))
    if movements:
        return Fragment(movements=movements)
    about = [one for each in (*ends, *sources, *targets) for one in each.every]
    what = f"what {block.address} copies to where cannot be told"
    return unread(block, what, *COPIES, about=about)


def _between(
    block: Block, sources: Iterable[Link], targets: Iterable[Link], *, sure: bool
) -> Iterable[Movement]:
    ends = [one for each in targets for one in each.every]
    for source in (one for each in sources for one in each.every):
        for target in ends:
            yield Movement(Way.EXPORT, source, target, block.source, via=block.address, sure=sure)


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
