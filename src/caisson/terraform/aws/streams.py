"""Kinesis and Firehose: streams, and where they are delivered."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import NO_KEYS, keys_named
from caisson.terraform.aws.moving import moving, unseen
from caisson.terraform.aws.resource_policies import OnResources, on_resources
from caisson.terraform.aws.written import flag, text
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Rest, Use, Way

STREAM = "aws_kinesis_stream"
FIREHOSE = "aws_kinesis_firehose_delivery_stream"
TYPES = frozenset({STREAM, FIREHOSE, "aws_kinesis_resource_policy"})

# Attributes that name where a delivery goes, wherever they stand in the block of a destination.
_DESTINATIONS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("bucket_arn", ("aws_s3_bucket",)),
    ("domain_arn", ("aws_opensearch_domain", "aws_elasticsearch_domain")),
    ("cluster_endpoint", ("aws_opensearch_domain", "aws_elasticsearch_domain")),
    ("collection_endpoint", ("aws_opensearchserverless_collection",)),
    ("cluster_jdbcurl", ("aws_redshift_cluster", "aws_redshiftserverless_workgroup")),
    ("catalog_arn", ("aws_glue_catalog_database",)),
    ("url", ()),
    ("hec_endpoint", ()),
    ("account_url", ()),
)
_SOURCES = (
    ("kinesis_source_configuration", "kinesis_stream_arn", STREAM),
    ("msk_source_configuration", "msk_cluster_arn", "aws_msk_cluster"),
)
_CONFIGURATIONS = tuple(name for name, _, _ in _SOURCES)
_ENDS = (
    "elasticsearch_configuration",
    "extended_s3_configuration",
    "http_endpoint_configuration",
    "iceberg_configuration",
    "opensearch_configuration",
    "opensearchserverless_configuration",
    "redshift_configuration",
    "snowflake_configuration",
    "splunk_configuration",
)


def read(reading: Reading) -> Fragment:
    policies = on_resources(reading, "aws_kinesis_resource_policy", "resource_arn", STREAM)
    streams = list(reading.of(STREAM))
    return joined(
        [
            *(_stream(each, policies) for each in streams),
            *(_firehose(each) for each in reading.of(FIREHOSE)),
            Fragment(policies=tuple(policies.policies(streams))),
        ]
    )


def _stream(block: Block, policies: OnResources) -> Fragment:
    kind = text(block, "encryption_type", "NONE")
    encrypted = None if kind is None else kind == "KMS"
    keys = keys_named(block, "kms_key_id") if encrypted is not False else NO_KEYS
    found = replace(
        holding(block, Rest.STREAM, "kinesis"),
        encrypted=encrypted,
        keys=keys.ids,
        encrypted_in_transit=True,  # answered over TLS only
        public=policies.public(block),
        multi_zone=True,
        deletion_protected=False,
    )
    return Fragment(holdings=(found,), gaps=keys.gaps(block))


def _firehose(block: Block) -> Fragment:
    settings = block.block("server_side_encryption")
    keys = keys_named(settings, "key_arn") if settings else NO_KEYS
    found = replace(
        holding(block, Rest.STREAM, "firehose"),
        encrypted=_encrypted(block),
        keys=keys.ids,
        encrypted_in_transit=True,
        public=False,
        multi_zone=True,
        deletion_protected=False,
    )
    kept = Fragment(holdings=(found,), gaps=keys.gaps(block), uses=tuple(_keys_of_copies(block)))
    return joined([kept, *_fed(block), *_delivered(block)])


def _encrypted(block: Block) -> bool | None:
    """Return whether it is by a setting; what comes from another stream stays there till then."""
    if any(block.blocks(name) for name, _, _ in _SOURCES):
        return True
    if any(hidden(block, name) for name in ("server_side_encryption", *_CONFIGURATIONS)):
        return None
    return flag(block.block("server_side_encryption"), "enabled", default=False)


def _fed(block: Block) -> Iterator[Fragment]:
    here = Link((block.address,))
    for name, attribute, kind in _SOURCES:
        for source in block.blocks(name):
            link = source.link(attribute, kind)
            yield moving(source, link, here, Way.EXPORT, via=f"read by {block.address}")
        if hidden(block, name):
            link = replace(block.link(name, kind), certainty=Certainty.OPEN)
            via = f"read by {block.address}"
            yield moving(block, link, here, Way.EXPORT, via=via, on=None)


def _delivered(block: Block) -> Iterator[Fragment]:
    here = Link((block.address,))
    via = f"delivery by {block.address}"
    for name in _ENDS:
        yield unseen(block, name, here, Way.EXPORT, "aws_s3_bucket", via=via)
    for each in _all_blocks(block):
        for attribute, types in _DESTINATIONS:
            if each.written(attribute):
                target = each.link(attribute, *types)
                yield moving(each, here, target, Way.EXPORT, via=via)
        for name in ("s3_configuration", "s3_backup_configuration"):
            yield unseen(each, name, here, Way.EXPORT, "aws_s3_bucket", via=via)


def _keys_of_copies(block: Block) -> Iterator[Use]:
    for each in _all_blocks(block):
        for bucket in each.link("bucket_arn", "aws_s3_bucket").to:
            for key in keys_named(each, "kms_key_arn").ids:
                yield Use(bucket, key, f"key for what {block.address} delivers", each.source)


def _all_blocks(block: Block) -> Iterator[Block]:
    """Yield the blocks in `block`, however deep."""
    for name in block.values:
        for each in block.blocks(name):
            yield each
            yield from _all_blocks(each)
