"""DynamoDB: tables, their replicas in other regions, streams and exports."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from caisson.terraform.aws.at_rest import AtRest, by_key
from caisson.terraform.aws.attached import Attached, attached
from caisson.terraform.aws.carried import carried, instances_of
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.openness import public as opens
from caisson.terraform.aws.owned_policies import owned_policy
from caisson.terraform.aws.policies import document_of
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.stores import (
    COPIES,
    POINT_IN_TIME_LAG_S,
    backed_up,
    moved_to,
    unread,
    uses,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, number, text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Movement, Rest, Way
from caisson.topology.truth import any_of

TABLE = "aws_dynamodb_table"
REPLICA = "aws_dynamodb_table_replica"
GLOBAL = "aws_dynamodb_global_table"
TO_KINESIS = "aws_dynamodb_kinesis_streaming_destination"
EXPORT = "aws_dynamodb_table_export"
POLICY = "aws_dynamodb_resource_policy"
TYPES = frozenset(
    {
        TABLE,
        REPLICA,
        GLOBAL,
        TO_KINESIS,
        EXPORT,
        POLICY,
        "aws_dynamodb_contributor_insights",
        "aws_dynamodb_table_item",
        "aws_dynamodb_tag",
    }
)
KEPT_DAYS = 35.0  # point-in-time recovery, unless told


def read(reading: Reading) -> Fragment:
    policies = attached(reading.of(POLICY), "resource_arn", TABLE)
    return joined(
        [
            *(_table(each, policies) for each in reading.of(TABLE)),
            *(_replica(each) for each in reading.of(REPLICA)),
            *(_global(each) for each in reading.of(GLOBAL)),
            *(_passed(each, "table_name", "stream_arn") for each in reading.of(TO_KINESIS)),
            *(_passed(each, "table_arn", "s3_bucket") for each in reading.of(EXPORT)),
            *(
                owned_policy(each, "policy", "resource_arn", (TABLE,))
                for each in reading.of(POLICY)
            ),
        ]
    )


def store_of(block: Block) -> Holding:
    """Return what a table holds, without who may use it.

    "All your data in DynamoDB is encrypted in transit", and at rest with a key of AWS's own
    unless told; and it is in three zones (DynamoDB developer guide, "Data protection").
    """
    return replace(
        holding(block, Rest.STORE, "dynamodb"),
        encrypted=True,
        encrypted_in_transit=True,
        public=False,
        multi_zone=True,
        deletion_protected=flag(block, "deletion_protection_enabled", default=False),
    )


def _table(block: Block, policies: Attached) -> Fragment:
    at_rest = _at_rest(block)
    store = replace(at_rest.on(store_of(block)), public=_public(block, policies))
    recovery = block.block("point_in_time_recovery")
    enabled = flag(recovery, "enabled", default=False)
    if recovery is None and not unset(block, "point_in_time_recovery"):
        enabled = False if block.known("point_in_time_recovery") else None
    return joined(
        [
            Fragment(holdings=(store,)),
            at_rest.gaps(block),
            _recoverable(block, store, enabled, number(recovery, "recovery_period_in_days", 35.0)),
            _replicas(block, store),
            _stream(block, store),
            *_origin(block),
        ]
    )


def _at_rest(block: Block) -> AtRest:
    if unset(block, "server_side_encryption"):
        return AtRest(encrypted=True)
    said = block.block("server_side_encryption")
    if said is None or flag(said, "enabled", default=False) is False:
        return AtRest(encrypted=True)
    return by_key(said, "kms_key_arn", without=True)


def _public(block: Block, policies: Attached) -> bool | None:
    return any_of(
        opens(document_of(each, "policy")) if sure else None
        for each, sure in policies.all_to(block.address)
    )


def _recoverable(
    block: Block, store: Holding, enabled: bool | None, kept_days: float | None
) -> Fragment:
    """Return the continuous backups of a table or a replica.

    They outlive the table: a backup that nobody can delete is made of it as it goes.
    """
    return backed_up(
        block,
        store,
        0.0 if enabled is False else kept_days if enabled else None,
        lag_most_s=POINT_IN_TIME_LAG_S,
        point_in_time=True,
        survives_store=True,
        via="point-in-time recovery",
    )


def _replicas(block: Block, store: Holding) -> Fragment:
    found = [_replica_in(block, store, each, n) for n, each in enumerate(block.blocks("replica"))]
    if hidden(block, "replica"):
        what = f"in which regions {block.address} has replicas cannot be told"
        found.append(unread(block, what, *COPIES))
    return joined(found)


def _replica_in(block: Block, store: Holding, replica: Block, index: int) -> Fragment:
    region = text(replica, "region_name")
    at_rest = by_key(replica, "kms_key_arn", without=True)
    there = at_rest.on(
        replace(
            moved_to(store, block, region),
            id=f"{block.address}/replica/{region or index}",
            deletion_protected=None,
        )
    )
    recovery = flag(replica, "point_in_time_recovery", default=False)
    return joined(
        [
            Fragment(holdings=(there,), movements=_between(block, (store.id, there.id))),
            at_rest.gaps(block),
            _recoverable(block, there, recovery, KEPT_DAYS),
        ]
    )


def _between(block: Block, ids: Sequence[str], *, sure: bool = True) -> tuple[Movement, ...]:
    """Return the replication of a global table: each takes writes and sends them to the others.

    "Usually within a second" is no bound.
    """
    return tuple(
        Movement(
            Way.REPLICATION,
            one,
            other,
            block.source,
            via=f"global table {block.address}",
            sure=sure,
        )
        for one in ids
        for other in ids
        if one != other
    )


def _replica(block: Block) -> Fragment:
    """Return a replica that is a resource of its own, in the region of its provider."""
    tables = given(block, "global_table_arn", TABLE)
    at_rest = by_key(block, "kms_key_arn", without=True)
    there = at_rest.on(store_of(block))
    movements = [_between(block, (each, there.id), sure=tables.sure) for each in tables.every]
    lost = [_untold(block)] if not tables.every or tables.certainty is Certainty.OPEN else []
    recovery = flag(block, "point_in_time_recovery", default=False)
    return joined(
        [
            Fragment(holdings=(there,), movements=tuple(one for each in movements for one in each)),
            at_rest.gaps(block),
            _recoverable(block, there, recovery, KEPT_DAYS),
            *lost,
        ]
    )


def _untold(block: Block) -> Fragment:
    what = f"what {block.address} is a copy of cannot be told"
    return unread(block, what, *COPIES, about=instances_of(block.reading, (TABLE,)))


def _global(block: Block) -> Fragment:
    """Return a global table of 2017: tables of one name, each made in its own region."""
    tables = given(block, "name", TABLE)
    at = {block.reading.resources[each].region: each for each in tables.to}
    regions = [text(each, "region_name") for each in block.blocks("replica")]
    ids = []
    missing = []
    for region in regions:
        if region in at:
            ids.append(at[region])
        else:
            there = replace(
                moved_to(store_of(block), block, region), id=f"{block.address}/{region}"
            )
            missing.append(there)
            ids.append(there.id)
    movements = _between(block, ids, sure=tables.sure)
    return Fragment(holdings=tuple(missing), movements=movements)


def _stream(block: Block, store: Holding) -> Fragment:
    """Return the stream of changes, which is kept for a day."""
    enabled = flag(block, "stream_enabled", default=False)
    if enabled is False:
        return NO_FRAGMENT
    there = replace(store, id=f"{block.address}/stream", rest=Rest.STREAM, deletion_protected=False)
    there = replace(there, sure=enabled is True)
    moved = Movement(
        Way.MESSAGE, store.id, there.id, block.source, via="stream", sure=enabled is True
    )
    return Fragment(holdings=(there,), movements=(moved,))


def _origin(block: Block) -> Iterable[Fragment]:
    for name in ("restore_source_name", "restore_source_table_arn"):
        yield uses(block, given(block, name, TABLE), "restored from")
    for each in block.blocks("import_table"):
        for bucket in each.blocks("s3_bucket_source"):
            yield uses(block, given(bucket, "bucket", "aws_s3_bucket"), "imported from")


def _passed(block: Block, source: str, target: str) -> Fragment:
    """Return what goes from a table into a stream or a bucket."""
    tables = given(block, source, TABLE)
    targets = given(block, target, "aws_kinesis_stream", "aws_s3_bucket")
    return carried(block, Way.EXPORT, tables, targets, types=(TABLE,))
