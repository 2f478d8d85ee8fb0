"""MemoryDB: Redis and Valkey that answer a write when a log in several zones has it."""

from dataclasses import replace

from caisson.terraform.aws.at_rest import AtRest, by_key
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.seats import port, seated, subnets_of_group
from caisson.terraform.aws.snapshots import Snapshots, snapshots
from caisson.terraform.aws.stores import (
    COPIES,
    DAY_S,
    HOUR_S,
    backed_up,
    unread,
    uses,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, number, text, told, window_s
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Movement, Rest, Way

CLUSTER = "aws_memorydb_cluster"
MULTI_REGION = "aws_memorydb_multi_region_cluster"
SNAPSHOT = "aws_memorydb_snapshot"
TYPES = frozenset(
    {
        CLUSTER,
        MULTI_REGION,
        SNAPSHOT,
        "aws_memorydb_acl",
        "aws_memorydb_parameter_group",
        "aws_memorydb_subnet_group",
        "aws_memorydb_user",
    }
)
PORT = 6379.0


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        [
            *(_cluster(names, each) for each in reading.of(CLUSTER)),
            _between_regions(reading),
            snapshots(
                reading, Snapshots(SNAPSHOT, "cluster_name", (CLUSTER,)), _at_rest, "memorydb"
            ),
        ]
    )


def _at_rest(block: Block) -> AtRest:
    # "Encryption at rest is always enabled" (MemoryDB developer guide, "At-rest encryption").
    return by_key(block, "kms_key_arn", without=True)


def _cluster(names: Names, block: Block) -> Fragment:
    keys = _at_rest(block)
    store = keys.on(
        replace(
            holding(block, Rest.STORE, text(block, "engine") or "memorydb"),
            encrypted_in_transit=flag(block, "tls_enabled", default=True),
            public=False,
            # "MemoryDB stores data durably across multiple Availability Zones".
            multi_zone=True,
            deletion_protected=False,
        )
    )
    seat = seated(
        names,
        block,
        subnets_of_group(names, block, "subnet_group_name", "aws_memorydb_subnet_group"),
        "security_group_ids",
        public=False,
        listens=port(number(block, "port", PORT)),
        all_subnets=False,
    )
    restored = uses(block, given(block, "snapshot_name", SNAPSHOT), "restored from")
    return joined(
        [Fragment(holdings=(store,)), keys.gaps(block), seat, _backups(block, store), restored]
    )


def _backups(block: Block, store: Holding) -> Fragment:
    return backed_up(
        block,
        store,
        number(block, "snapshot_retention_limit", 0.0),
        lag_most_s=DAY_S + window_s(block, "snapshot_window", HOUR_S),
        timed=told(block, "snapshot_window"),
        every_s=DAY_S,
        point_in_time=False,
    )


def _between_regions(reading: Reading) -> Fragment:
    """Return the replication of multi-region clusters, where each member takes writes."""
    members: dict[str, list[tuple[Block, bool]]] = {}
    gaps = []
    for each in reading.of(CLUSTER):
        link = given(each, "multi_region_cluster_name", MULTI_REGION)
        for name in link.every:
            members.setdefault(name, []).append((each, link.only is not None))
        if not unset(each, "multi_region_cluster_name") and (not link.to or not link.sure):
            what = f"{each.address} shares its data with a multi-region cluster that was not read"
            gaps.append(unread(each, what, *COPIES))
    movements = tuple(
        Movement(
            Way.REPLICATION,
            one.address,
            other.address,
            other.source,
            via=f"multi-region cluster {name}",
            sure=sure and also,
        )
        for name, every in members.items()
        for one, sure in every
        for other, also in every
        if one.address != other.address
    )
    return joined([Fragment(movements=movements), *gaps])
