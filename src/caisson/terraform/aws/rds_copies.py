"""RDS and Aurora: snapshots, their copies and exports, and backups kept in another region."""

from dataclasses import replace

from caisson.terraform.aws import aurora, rds
from caisson.terraform.aws.at_rest import AtRest, by_key
from caisson.terraform.aws.carried import carried
from caisson.terraform.aws.clusters import encryption
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.snapshots import Snapshots, snapshots
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import number, told
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Rest, Way

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
    sent = carried(
        block,
        Way.BACKUP,
        sources,
        Link((there.id,)),
        types=(rds.INSTANCE,),
        via="replication of automated backups",
        kept_days=number(block, "retention_period", 7.0),
        timed=told(block, "retention_period"),
        point_in_time=True,
    )
    return joined([Fragment(holdings=(there,)), keys.gaps(block), sent])


def _export(block: Block) -> Fragment:
    """Return the export of a snapshot into a bucket."""
    types = (*(each.type for each in SNAPSHOTS), aurora.CLUSTER)
    sources = given(block, "source_arn", *types)
    targets = given(block, "s3_bucket_name", "aws_s3_bucket")
    return carried(block, Way.EXPORT, sources, targets, types=types)


def _integration(block: Block) -> Fragment:
    """Return a zero-ETL integration: what is written is soon in the data warehouse too."""
    types = (rds.INSTANCE, aurora.CLUSTER)
    sources = given(block, "source_arn", *types)
    targets = given(block, "target_arn", "aws_redshift_cluster", "aws_redshiftserverless_namespace")
    return carried(block, Way.EXPORT, sources, targets, types=types)
