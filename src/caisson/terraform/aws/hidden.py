"""Nested blocks that are known only after apply, as those that a `dynamic` block makes."""

from caisson.terraform.reading import Block

# The provider reads these back where nobody wrote them, so that they are unknown as well.
_READ_BACK = frozenset(
    {
        ("aws_backup_selection", "condition"),
        ("aws_iam_role", "inline_policy"),
        ("aws_s3_bucket", "cors_rule"),
        ("aws_s3_bucket", "grant"),
        ("aws_s3_bucket", "lifecycle_rule"),
        ("aws_s3_bucket", "logging"),
        ("aws_s3_bucket", "object_lock_configuration"),
        ("aws_s3_bucket", "replication_configuration"),
        ("aws_s3_bucket", "server_side_encryption_configuration"),
        ("aws_s3_bucket", "versioning"),
        ("aws_s3_bucket", "website"),
        ("aws_secretsmanager_secret", "replica"),
    }
)


def hidden(block: Block, name: str) -> bool:
    """Return whether there may be blocks `name` in `block` that cannot be seen.

    A plan's configuration does not have what a `dynamic` block makes, so that only a block that
    the provider never makes by itself is known to be somebody's.
    """
    if block.known(name):
        return False
    by_provider = not block.path and (block.instance.type, name) in _READ_BACK
    return block.written(name) if by_provider else True
