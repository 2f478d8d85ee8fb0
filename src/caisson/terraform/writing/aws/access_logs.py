"""The bucket of a place that S3 writes into who asked for which file."""

from collections.abc import Iterator, Sequence

from caisson.terraform.writing.aws.bucket_parts import Closed, old_versions
from caisson.terraform.writing.aws.documents import Condition, Statement, equal
from caisson.terraform.writing.aws.logs import RETENTION_DAYS
from caisson.terraform.writing.blueprint import INTERNAL, Blueprint, Place
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import label

_WORDS = ("access", "logs")
_OLD_DAYS = 30


def bucket(file: str, place: Place, plan: Blueprint) -> Block:
    body: dict[str, Value] = {
        "bucket": plan.name(place, *_WORDS, place.account),
        "tags": {"Name": plan.name(place, *_WORDS), "DataClass": INTERNAL},
    }
    return Block(file, "aws_s3_bucket", label(place.region, *_WORDS), place.label, body)


def logged(file: str, place: Place, plan: Blueprint, sources: Sequence[str]) -> Iterator[Block]:
    """Yield the bucket for the logs of `sources`, which are the ARNs of buckets."""
    made = bucket(file, place, plan)
    yield made
    closed = Closed(made)
    yield from closed.closing()
    yield _encrypted(closed)
    yield closed.versioning()
    ended: dict[str, Value] = {"id": "old-logs", "expiration": {"days": RETENTION_DAYS}}
    yield closed.lifecycle(ended, old_versions(_OLD_DAYS))
    write = Statement(
        "WriteLogs",
        ("s3:PutObject",),
        (f"{closed.arn}/*",),
        principals={"Service": ("logging.s3.amazonaws.com",)},
        conditions=(
            equal("aws:SourceAccount", place.account),
            Condition("ArnEquals", "aws:SourceArn", tuple(sources)),
        ),
    )
    yield from closed.policy(write)


def _encrypted(closed: Closed) -> Block:
    default: dict[str, Value] = {
        "rule": {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    }
    comment = "S3 writes its access logs only to a bucket without a key of KMS."
    kind = "aws_s3_bucket_server_side_encryption_configuration"
    return closed.part(kind, default, comment)
