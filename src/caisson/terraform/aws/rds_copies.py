"""RDS and Aurora: snapshots, their copies and exports, and backups kept in another region."""

from dataclasses import replace

from caisson.terraform.aws import aurora, rds
from caisson.terraform.aws.at_rest import AtRest, by_key
from caisson.terraform.aws.clusters import encryption
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.presence import given
from caisson.terraform.aws.snapshots import Snapshots, snapshots
from caisson.terraform.aws.stores import COPIES, DAY_S, unread
from caisson.terraform.aws.written import number
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Movement, Rest, Way

KEPT_ELSEWHERE = "aws_db_instance_automated_backups_replication"
EXPORT = "aws_rds_export_task"
INTEGRATION = "aws_rds_integration"
SNAPSHOTS = (
    Snapshots("aws_db_snapshot", "db_instance_identifier", (rds.INSTANCE,)),
    Snapshots("aws_db_cluster_snapshot", "db_cluster_identifier", (aurora.CLUSTER,)),
    Snapshots(
        "aws_db_snapshot_copy", "source_db_snapshot_identifier", ("aws_db_snapshot",), Way.COPY
    ),
    Snapshots(
        "aws_rds_cluster_snapshot_copy",
        "source_db_cluster_snapshot_identifier",
        ("aws_db_cluster_snapshot",),
        Way.COPY,
    ),
)
TYPES = frozenset({KEPT_ELSEWHERE, EXPORT, INTEGRATION, *(each.type for each in SNAPSHOTS)})


def read(reading: Reading) -> Fragment:
    return joined(
        [
            *(snapshots(reading, each, _of_source, "rds") for each in SNAPSHOTS),
            *(_kept_elsewhere(each) for each in reading.of(KEPT_ELSEWHERE)),
            *(_export(each) for each in reading.of(EXPORT)),
            *(_integration(each) for each in reading.of(INTEGRATION)),
        ]
    )


def _of_source(block: Block) -> AtRest:
    """Return how a database, a cluster or a snapshot of either is encrypted."""
    match block.instance.type:
        case rds.INSTANCE:
            return rds.encryption(block)
        case aurora.CLUSTER:
            return encryption(aurora.FAMILY, block)
        case kind:
            words = next(each for each in SNAPSHOTS if each.type == kind)
            only = given(block, words.names_source, *words.sources).only
            known = only is not None and only in block.reading.instances
            return _of_source(block.reading.at(only)) if known and only else AtRest(None)


def _kept_elsewhere(block: Block) -> Fragment:
    """Return the automated backups that are sent to the region of this resource.

    AWS sends them on as they are made, and says nothing that bounds how late.
    """
    sources = given(block, "source_db_instance_arn", rds.INSTANCE)
    source = block.reading.at(sources.to[0]) if sources.only in sources.to else None
    by_source = rds.encryption(source).encrypted if source is not None else None
    keys = by_key(block, "kms_key_id", without=by_source)
    system = rds.store_of(source).system if source is not None else "rds"
    there = keys.on(
        replace(
            holding(block, Rest.BACKUP, system),
            public=False,
            multi_zone=True,
            encrypted_in_transit=True,
        )
    )
    kept = number(block, "retention_period", 7.0)
    movements = tuple(
        Movement(
            Way.BACKUP,
            each,
            there.id,
            block.source,
            kept_s=None if kept is None else kept * DAY_S,
            point_in_time=True,
            via="replication of automated backups",
            sure=sources.sure,
        )
        for each in sources.every
    )
    untold = Fragment() if movements else unread(block, _untold(block), *COPIES)
    return joined([Fragment(holdings=(there,), movements=movements), keys.gaps(block), untold])


def _untold(block: Block) -> str:
    return f"what {block.address} moves from where to where cannot be told"


def _export(block: Block) -> Fragment:
    """Return the export of a snapshot into a bucket."""
    sources = given(block, "source_arn", *(each.type for each in SNAPSHOTS), aurora.CLUSTER)
    targets = given(block, "s3_bucket_name", "aws_s3_bucket")
    return _passed(block, sources.every, targets.every, sure=sources.sure and targets.sure)


def _integration(block: Block) -> Fragment:
    """Return a zero-ETL integration: what is written is soon in the data warehouse too."""
    sources = given(block, "source_arn", rds.INSTANCE, aurora.CLUSTER)
    targets = given(block, "target_arn", "aws_redshift_cluster", "aws_redshiftserverless_namespace")
    return _passed(block, sources.every, targets.every, sure=sources.sure and targets.sure)


def _passed(
    block: Block, sources: tuple[str, ...], targets: tuple[str, ...], *, sure: bool
) -> Fragment:
    if not sources or not targets:
        return unread(block, _untold(block), *COPIES, about=(*sources, *targets))
    return Fragment(
        movements=tuple(
            Movement(Way.EXPORT, source, target, block.source, via=block.address, sure=sure)
            for source in sources
            for target in targets
        )
    )
