"""ElastiCache: Redis, Valkey and Memcached.

All of them keep their data in memory and replicate without waiting, so none of them is durable;
what their snapshots keep is a holding of its own.
"""

from dataclasses import replace

from caisson.terraform.aws.at_rest import AtRest, by_flag, by_key
from caisson.terraform.aws.carried import logs_delivered
from caisson.terraform.aws.global_clusters import Membership, replicated
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.seats import port, ports, seated, subnets, subnets_of_group
from caisson.terraform.aws.stores import (
    DAY_S,
    HOUR_S,
    backed_up,
    uses,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, number, text, told, window_s
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Rest
from caisson.topology.truth import all_of

CLUSTER = "aws_elasticache_cluster"
GROUP = "aws_elasticache_replication_group"
SERVERLESS = "aws_elasticache_serverless_cache"
SUBNET_GROUP = "aws_elasticache_subnet_group"
GLOBAL = Membership(
    GROUP,
    "aws_elasticache_global_replication_group",
    "global_replication_group_id",
    "primary_replication_group_id",
)
TYPES = frozenset(
    {
        CLUSTER,
        GROUP,
        SERVERLESS,
        SUBNET_GROUP,
        GLOBAL.global_cluster,
        "aws_elasticache_parameter_group",
        "aws_elasticache_reserved_cache_node",
        "aws_elasticache_user",
        "aws_elasticache_user_group",
        "aws_elasticache_user_group_association",
    }
)
LOG_TARGETS = ("aws_cloudwatch_log_group", "aws_kinesis_firehose_delivery_stream")
MEMCACHED = "memcached"
# CreateCacheCluster, `Port`.
PORTS = {MEMCACHED: 11211, "redis": 6379, "valkey": 6379}
# Serverless caches read from replicas at the second.
SERVERLESS_PORTS = {MEMCACHED: (11211, 11212), "redis": (6379, 6380), "valkey": (6379, 6380)}


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    primaries = {
        each.target: each.source for each in replicated(reading, GLOBAL).movements if each.sure
    }
    return joined(
        [
            *(_cluster(names, each) for each in reading.of(CLUSTER)),
            *(_group(names, each, primaries.get(each.address)) for each in reading.of(GROUP)),
            *(_serverless(names, each) for each in reading.of(SERVERLESS)),
            replicated(reading, GLOBAL),
        ]
    )


def _cluster(names: Names, block: Block) -> Fragment:
    if given(block, "replication_group_id", GROUP).only is not None:
        return NO_FRAGMENT  # a member, of which the replication group says everything
    engine = text(block, "engine", "redis")
    store = replace(
        holding(block, Rest.CACHE, engine or "elasticache"),
        # A single cache cluster has no encryption at rest ("At-rest encryption in ElastiCache").
        encrypted=False if engine is not None else None,
        encrypted_in_transit=flag(block, "transit_encryption_enabled", default=False),
        public=False,
        multi_zone=False,
        deletion_protected=False,
        durable=False,
    )
    return joined([Fragment(holdings=(store,)), _seat(names, block, engine), _kept(block, store)])


def _seat(names: Names, block: Block, engine: str | None) -> Fragment:
    return seated(
        names,
        block,
        subnets_of_group(names, block, "subnet_group_name", SUBNET_GROUP),
        "security_group_ids",
        public=False,
        listens=port(number(block, "port", PORTS.get(engine or ""))),
        all_subnets=False,
    )


def _kept(block: Block, store: Holding) -> Fragment:
    """Return the daily snapshots, the logs and what it was filled from."""
    snapshots = backed_up(
        block,
        store,
        number(block, "snapshot_retention_limit", 0.0),
        # Once a day at some moment of the window, which is an hour unless told.
        lag_most_s=DAY_S + window_s(block, "snapshot_window", HOUR_S),
        timed=told(block, "snapshot_window"),
        every_s=DAY_S,
        point_in_time=False,
        survives_store=False,
    )
    logs = [
        logs_delivered(block, given(each, "destination", *LOG_TARGETS), "log delivery")
        for each in block.blocks("log_delivery_configuration")
    ]
    filled = uses(block, given(block, "snapshot_arns", "aws_s3_object"), "filled from")
    return joined([snapshots, *logs, filled])


def _group(names: Names, block: Block, primary: str | None) -> Fragment:
    """Return a replication group; a secondary of a global one is as its primary is."""
    model = block.reading.at(primary) if primary in block.reading.instances and primary else block
    engine = text(model, "engine", "redis")
    at_rest = _at_rest(block, model, engine)
    store = at_rest.on(
        replace(
            holding(
                block, Rest.CACHE if primary is None else Rest.REPLICA, engine or "elasticache"
            ),
            encrypted_in_transit=_in_transit(model, engine),
            public=False,
            multi_zone=_multi_zone(block),
            deletion_protected=False,
            durable=False,
        )
    )
    return joined(
        [
            Fragment(holdings=(store,)),
            at_rest.gaps(block),
            _seat(names, block, engine),
            _kept(block, store),
        ]
    )


def _at_rest(block: Block, model: Block, engine: str | None) -> AtRest:
    """Return the encryption at rest: off unless told for Redis, on for Valkey.

    (Terraform AWS provider, `at_rest_encryption_enabled`.)
    """
    default = {"redis": False, "valkey": True}.get(engine or "")
    flagged = flag(model, "at_rest_encryption_enabled", default=default)
    return by_flag(block, "kms_key_id", flagged=flagged)


def _in_transit(block: Block, engine: str | None) -> bool | None:
    default = {"redis": False, "valkey": None}.get(engine or "")
    enabled = flag(block, "transit_encryption_enabled", default=default)
    mode = text(block, "transit_encryption_mode", "required")
    # "preferred" takes connections in the clear as well.
    return all_of((enabled, None if mode is None else mode != "preferred"))


def _multi_zone(block: Block) -> bool | None:
    """Return whether a zone may be lost: replicas take over, but may lack the newest writes."""
    spread = flag(block, "multi_az_enabled", default=False)
    takes_over = flag(block, "automatic_failover_enabled", default=False)
    return False if all_of((spread, takes_over)) is False else None


def _serverless(names: Names, block: Block) -> Fragment:
    """Return a serverless cache: always encrypted both ways, always in several zones."""
    engine = text(block, "engine")
    keys = by_key(block, "kms_key_id", without=True)
    store = keys.on(
        replace(
            holding(block, Rest.CACHE, engine or "elasticache"),
            encrypted_in_transit=True,
            public=False,
            multi_zone=None,
            deletion_protected=False,
            durable=False,
        )
    )
    listens = SERVERLESS_PORTS.get(engine or "")
    seat = seated(
        names,
        block,
        subnets(names, block, "subnet_ids"),
        "security_group_ids",
        public=False,
        listens=ports(*listens) if listens else None,
    )
    kept = number(block, "snapshot_retention_limit", 0.0)
    backups = backed_up(
        block, store, kept, lag_most_s=DAY_S + HOUR_S, every_s=DAY_S, point_in_time=False
    )
    return joined([Fragment(holdings=(store,)), keys.gaps(block), seat, backups])
