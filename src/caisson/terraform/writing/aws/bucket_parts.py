"""What every bucket has that tenants' files, or the logs about them, are in."""

from collections.abc import Iterator
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
        """Yield its policy: `statements`, and that nothing goes without TLS."""
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

    def versioning(self) -> Block:
        body: dict[str, Value] = {"versioning_configuration": {"status": "Enabled"}}
        return self.part("aws_s3_bucket_versioning", body)

    def lifecycle(self, *rules: dict[str, Value]) -> Block:
        """Return when what ends; what is left of broken uploads does in any case."""
        parts: dict[str, Value] = {
            "id": "parts-of-broken-uploads",
            "abort_incomplete_multipart_upload": {"days_after_initiation": _DAYS_OF_PARTS},
        }
        every: list[Value] = [
            {**each, "status": "Enabled", "filter": {}} for each in (*rules, parts)
        ]
        return self.part("aws_s3_bucket_lifecycle_configuration", {"rule": every})


def old_versions(days: int) -> dict[str, Value]:
    """Return the rule by which versions end so long after they were replaced or deleted."""
    return {
        "id": "old-versions",
        "noncurrent_version_expiration": {"noncurrent_days": days},
        "expiration": {"expired_object_delete_marker": True},
    }
