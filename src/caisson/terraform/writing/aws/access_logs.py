"""The bucket of a place that S3 writes into who asked for which file."""

from collections.abc import Iterator, Sequence

from caisson.terraform.writing.aws.buckets import Private, ageing, arns, bucket, bucket_of
from caisson.terraform.writing.aws.documents import Condition, Statement, equal
from caisson.terraform.writing.blueprint import Blueprint, Place
from caisson.terraform.writing.model import Block
from caisson.terraform.writing.names import label

_WORDS = ("access", "logs")


def target(file: str, place: Place, plan: Blueprint) -> Block:
    """Return the bucket that other buckets name as that of their logs."""
    return bucket_of(_private(file, place, plan))


def logged(file: str, place: Place, plan: Blueprint, sources: Sequence[str]) -> Iterator[Block]:
    """Yield the bucket for the logs of `sources`, which are the ARNs of buckets."""
    private = _private(file, place, plan)
    _, everything = arns(private)
    write = Statement(
        "WriteLogs",
        ("s3:PutObject",),
        (everything,),
        principals={"Service": ("logging.s3.amazonaws.com",)},
        conditions=(
            equal("aws:SourceAccount", place.account),
            Condition("ArnEquals", "aws:SourceArn", tuple(sources)),
        ),
    )
    yield from bucket(private, [ageing()], write)


def _private(file: str, place: Place, plan: Blueprint) -> Private:
    """Return the bucket, without a key of KMS: S3 writes its access logs to no other."""
    called = plan.name(place, *_WORDS, place.account)
    return Private(file, label(place.region, *_WORDS), place.label, called, None)
