"""What every bucket has, whatever is in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caisson.terraform.writing.aws.documents import (
    Condition,
    Effect,
    Statement,
    document,
    policy,
)
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.references import attribute

_BLOCKED = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)
# What is left of an upload that was broken off.
_DAYS_OF_PARTS = 7


@dataclass(frozen=True, slots=True)
class Closed:
    """A bucket that is closed to everybody whom its policy or their own does not let in."""

    bucket: Block

    @property
    def arn(self) -> str:
        return attribute(self.bucket, "arn")

    def part(self, kind: str, body: dict[str, Value], comment: str = "") -> Block:
        """Return a block about the bucket, which is named like it."""
        made, whole = self.bucket, {"bucket": attribute(self.bucket, "id"), **body}
        return Block(
            made.file, kind, made.name, made.provider, whole, comment=comment, was=made.was
        )

    def closing(self) -> Iterator[Block]:
        """Yield what keeps it from ever being public, whatever is said elsewhere."""
        blocked: dict[str, Value] = dict.fromkeys(_BLOCKED, True)
        yield self.part("aws_s3_bucket_public_access_block", blocked)
        owned: dict[str, Value] = {"rule": {"object_ownership": "BucketOwnerEnforced"}}
        yield self.part("aws_s3_bucket_ownership_controls", owned)

    def policy(self, *statements: Statement) -> Iterator[Block]:
        """Yield its policy: that nothing goes without TLS, and `statements`."""
        made = self.bucket
        plain = Condition("Bool", "aws:SecureTransport", ("false",))
        rights = document(
            made.file,
            made.name,
            made.provider,
            self.denied("OnlyTls", ("s3:*",), plain),
            *statements,
        )
        yield rights
        yield self.part("aws_s3_bucket_policy", {"policy": policy(rights)})

    def denied(self, sid: str, actions: tuple[str, ...], *conditions: Condition) -> Statement:
        return Statement(
            sid,
            actions,
            (self.arn, f"{self.arn}/*"),
            Effect.DENY,
            principals={"AWS": ("*",)},
            conditions=conditions,
        )

    def encrypted(self, key_arn: str | None) -> Block:
        """Return with what its content is encrypted: a key, or that of S3 where none can be."""
        own: dict[str, Value] = {"sse_algorithm": "AES256"}
        keyed: dict[str, Value] = {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn}
        default = "apply_server_side_encryption_by_default"
        rule: dict[str, Value] = {default: own}
        if key_arn is not None:
            rule = {default: keyed, "bucket_key_enabled": True}
        return self.part("aws_s3_bucket_server_side_encryption_configuration", {"rule": rule})

    def versioning(self) -> Block:
        body: dict[str, Value] = {"versioning_configuration": {"status": "Enabled"}}
        return self.part("aws_s3_bucket_versioning", body)

    def lifecycle(self, *rules: Mapping[str, Value]) -> Block:
        """Return when what ends; what is left of broken uploads does in any case."""
        parts: dict[str, Value] = {
            "id": "parts-of-broken-uploads",
            "abort_incomplete_multipart_upload": {"days_after_initiation": _DAYS_OF_PARTS},
        }
        every: list[Value] = [
            {"id": each["id"], "status": "Enabled", "filter": {}, **each}
            for each in (*rules, parts)
        ]
        return self.part("aws_s3_bucket_lifecycle_configuration", {"rule": every})


def old_versions(days: int) -> dict[str, Value]:
    """Return the rule by which versions end so long after they were replaced or deleted."""
    return {
        "id": "old-versions",
        "noncurrent_version_expiration": {"noncurrent_days": days},
        "expiration": {"expired_object_delete_marker": True},
    }
