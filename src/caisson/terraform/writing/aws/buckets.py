"""Buckets that only their account uses: states, logs. Nothing of tenants is in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from caisson.terraform.writing.aws.bucket_parts import Closed
from caisson.terraform.writing.aws.documents import Condition, Statement
from caisson.terraform.writing.aws.logs import RETENTION_DAYS
from caisson.terraform.writing.blueprint import INTERNAL
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.references import attribute

# When reading what is old may cost a little more, and when nobody asks for it any more.
_DAYS_NEAR, _DAYS_KEPT = 90, 2 * RETENTION_DAYS


@dataclass(frozen=True, slots=True)
class Private:
    """A bucket `called` so; `locked`: what is in it can be locked against deletion.

    Without a `key` it has that of S3, for what can be written under no other.
    """

    file: str
    name: str
    provider: str
    called: str
    key: Block | None
    locked: bool = False


def bucket_of(private: Private) -> Block:
    return Block(
        private.file,
        "aws_s3_bucket",
        private.name,
        private.provider,
        {
            "bucket": private.called,
            "object_lock_enabled": True if private.locked else None,
            "tags": {"Name": private.called, "DataClass": INTERNAL},
        },
    )


def bucket(
    private: Private, rules: Sequence[Mapping[str, Value]], *allowed: Statement
) -> Iterator[Block]:
    """Yield the bucket with all that makes it private, its versions and their end by `rules`.

    `allowed` are the services of AWS that write to it; without them its account alone does.
    """
    closed = Closed(bucket_of(private))
    yield closed.bucket
    yield from closed.closing()
    yield closed.versioning()
    yield closed.encrypted(None if private.key is None else attribute(private.key, "arn"))
    yield closed.lifecycle(*rules)
    yield from closed.policy(*allowed)


def arns(private: Private) -> tuple[str, str]:
    """Return what a policy names: the bucket, and everything in it."""
    arn = attribute(bucket_of(private), "arn")
    return arn, f"{arn}/*"


def only_account(private: Private, account: str) -> Statement:
    """Return the statement that lets nobody in who is not of the account."""
    foreign = Condition("StringNotEquals", "aws:PrincipalAccount", (account,))
    return Closed(bucket_of(private)).denied("OnlyThisAccount", ("s3:*",), foreign)


def ageing() -> dict[str, Value]:
    """Return the rule by which what is kept for later inquiries ages and goes."""
    return {
        "id": "ageing",
        "transition": {"days": _DAYS_NEAR, "storage_class": "GLACIER_IR"},
        "expiration": {"days": _DAYS_KEPT},
        "noncurrent_version_expiration": {"noncurrent_days": RETENTION_DAYS},
    }
