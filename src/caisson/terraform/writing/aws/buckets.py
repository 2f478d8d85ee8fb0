"""Buckets that only their account uses: states, logs. Nothing of tenants is in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.writing.aws.documents import Condition, Effect, Statement, document, policy
from caisson.terraform.writing.aws.logs import RETENTION_DAYS
from caisson.terraform.writing.blueprint import INTERNAL
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.references import attribute

# When reading what is old may cost a little more, and when nobody asks for it any more.
_DAYS_NEAR, _DAYS_KEPT = 90, 2 * RETENTION_DAYS
# What is left of an upload that was broken off.
_DAYS_OF_PARTS = 7


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


def bucket(private: Private, rules: list[Value], *allowed: Statement) -> Iterator[Block]:
    """Yield the bucket with all that makes it private, its versions and their end by `rules`.

    `allowed` are the services of AWS that write to it; without them its account alone does.
    """
    made = bucket_of(private)
    yield made
    yield _about(
        private,
        "aws_s3_bucket_public_access_block",
        {
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
    )
    owner: dict[str, Value] = {"rule": {"object_ownership": "BucketOwnerEnforced"}}
    yield _about(private, "aws_s3_bucket_ownership_controls", owner)
    versions: dict[str, Value] = {"versioning_configuration": {"status": "Enabled"}}
    yield _about(private, "aws_s3_bucket_versioning", versions)
    yield _about(private, "aws_s3_bucket_server_side_encryption_configuration", _encrypted(private))
    yield _about(private, "aws_s3_bucket_lifecycle_configuration", {"rule": [*rules, _parts()]})
    rights = document(private.file, private.name, private.provider, _tls(private), *allowed)
    yield rights
    yield _about(private, "aws_s3_bucket_policy", {"policy": policy(rights)})


def arns(private: Private) -> tuple[str, str]:
    """Return what a policy names: the bucket, and everything in it."""
    arn = attribute(bucket_of(private), "arn")
    return arn, f"{arn}/*"


def only_account(private: Private, account: str) -> Statement:
    """Return the statement that lets nobody in who is not of the account."""
    foreign = Condition("StringNotEquals", "aws:PrincipalAccount", (account,))
    return _denied(private, "OnlyThisAccount", foreign)


def ageing() -> dict[str, Value]:
    """Return the rule by which what is kept for later inquiries ages and goes."""
    return {
        "id": "ageing",
        "status": "Enabled",
        "filter": {},
        "transition": {"days": _DAYS_NEAR, "storage_class": "GLACIER_IR"},
        "expiration": {"days": _DAYS_KEPT},
        "noncurrent_version_expiration": {"noncurrent_days": RETENTION_DAYS},
    }


def _tls(private: Private) -> Statement:
    return _denied(private, "OnlyTls", Condition("Bool", "aws:SecureTransport", ("false",)))


def _denied(private: Private, sid: str, condition: Condition) -> Statement:
    return Statement(
        sid,
        ("s3:*",),
        arns(private),
        Effect.DENY,
        principals={"AWS": ("*",)},
        conditions=(condition,),
    )


def _encrypted(private: Private) -> dict[str, Value]:
    if private.key is None:
        default: dict[str, Value] = {"sse_algorithm": "AES256"}
        return {"rule": {"apply_server_side_encryption_by_default": default}}
    default = {"sse_algorithm": "aws:kms", "kms_master_key_id": attribute(private.key, "arn")}
    return {
        "rule": {"apply_server_side_encryption_by_default": default, "bucket_key_enabled": True}
    }


def _parts() -> dict[str, Value]:
    return {
        "id": "parts-of-broken-uploads",
        "status": "Enabled",
        "filter": {},
        "abort_incomplete_multipart_upload": {"days_after_initiation": _DAYS_OF_PARTS},
    }


def _about(private: Private, kind: str, body: dict[str, Value]) -> Block:
    whole = {"bucket": attribute(bucket_of(private), "id"), **body}
    return Block(private.file, kind, private.name, private.provider, whole)
