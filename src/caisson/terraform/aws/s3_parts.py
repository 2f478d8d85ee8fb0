"""The resources that together say what one S3 bucket is."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.aws.attached import Attached, attached
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.resource_policies import OnResources, on_resources
from caisson.terraform.model import Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.truth import any_of

BUCKET = "aws_s3_bucket"
ACL = "aws_s3_bucket_acl"
BLOCK = "aws_s3_bucket_public_access_block"
ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
INVENTORY = "aws_s3_bucket_inventory"
ANALYTICS = "aws_s3_bucket_analytics_configuration"
LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"
LOCK = "aws_s3_bucket_object_lock_configuration"
LOGGING = "aws_s3_bucket_logging"
NOTIFICATION = "aws_s3_bucket_notification"
OWNERSHIP = "aws_s3_bucket_ownership_controls"
POLICY = "aws_s3_bucket_policy"
REPLICATION = "aws_s3_bucket_replication_configuration"
VERSIONING = "aws_s3_bucket_versioning"
OBJECTS = ("aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy")

PARTS = (ACL, BLOCK, ENCRYPTION, LIFECYCLE, LOCK, OWNERSHIP, VERSIONING, *OBJECTS)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Every part by type and by the bucket it is of."""

    reading: Reading
    parts: dict[str, Attached]
    policies: OnResources

    def of(self, bucket: Block, part: str) -> tuple[Block, ...]:
        """Return the parts that are surely of this bucket."""
        return self.parts[part].to(bucket.address)

    def perhaps(self, bucket: Block, part: str) -> tuple[Block, ...]:
        return self.parts[part].perhaps_to(bucket.address)

    def all_of(self, bucket: Block, part: str) -> tuple[tuple[Block, bool], ...]:
        return self.parts[part].all_to(bucket.address)

    def objects(self, bucket: Block) -> Iterator[tuple[Block, bool]]:
        for each in OBJECTS:
            yield from self.all_of(bucket, each)


def buckets(reading: Reading) -> Buckets:
    return Buckets(
        reading,
        {each: attached(reading.of(each), "bucket", BUCKET) for each in PARTS},
        on_resources(reading, POLICY, "bucket", BUCKET),
    )


def versioned(bucket: Block, parts: Buckets) -> bool | None:
    return any_of(_versionings(bucket, parts))


def _versionings(bucket: Block, parts: Buckets) -> Iterator[bool | None]:
    for inline in bucket.blocks("versioning"):
        yield inline.flag("enabled", default=False) if inline.written("enabled") else False
    if hidden(bucket, "versioning"):
        yield None
    for block, sure in parts.all_of(bucket, VERSIONING):
        if hidden(block, "versioning_configuration"):
            yield None
        for each in block.blocks("versioning_configuration"):
            status = each.text("status")
            enabled = None if isinstance(status, Unknown) else status == "Enabled"
            yield enabled if sure or enabled is False else None
