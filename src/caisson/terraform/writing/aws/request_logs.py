"""Buckets for logs of requests, which balancers and the edge write by themselves."""

from collections.abc import Iterator

from caisson.terraform.writing.aws.buckets import Private, arns, bucket
from caisson.terraform.writing.aws.documents import Condition, Statement, equal
from caisson.terraform.writing.aws.logs import RETENTION_DAYS
from caisson.terraform.writing.model import Block, Value

_DAYS_OF_FORMER_VERSIONS = 30
_RULE: dict[str, Value] = {
    "id": "end-of-retention",
    "status": "Enabled",
    "filter": {},
    "expiration": {"days": RETENTION_DAYS},
    "noncurrent_version_expiration": {"noncurrent_days": _DAYS_OF_FORMER_VERSIONS},
}


def log_bucket(
    private: Private, account: str, writer: str, within: str, source: str
) -> Iterator[Block]:
    """Yield the bucket, in which the service `writer` of AWS puts logs below `within`.

    `source` is the ARN of whose logs they are, perhaps with a `*`, in the same account.
    """
    whole, _ = arns(private)
    own = Condition("ArnLike", "aws:SourceArn", (source,))
    put = Statement(
        "WriteLogs",
        ("s3:PutObject",),
        (f"{whole}/{within}/*",),
        principals={"Service": (f"{writer}.amazonaws.com",)},
        conditions=(equal("aws:SourceAccount", account), own),
    )
    yield from bucket(private, [_RULE], put)
