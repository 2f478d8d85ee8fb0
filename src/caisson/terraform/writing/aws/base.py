"""What holds in the whole account of an environment, before anything is in it."""

from collections.abc import Iterator

from caisson.terraform.writing.aws.aliases import GLOBAL, of_environment
from caisson.terraform.writing.blueprint import Blueprint
from caisson.terraform.writing.model import Block, Value

_FILE = "account"
# As CIS AWS Foundations 1.8 and 1.9 have it.
_PASSWORD_LENGTH = 14
_PASSWORDS_REMEMBERED = 24
_MOST_PASSWORD_DAYS = 90


def write(environment: str, plan: Blueprint) -> Iterator[Block]:
    """Yield settings of the account, and of each of the regions that the environment uses."""
    yield _no_public_buckets()
    yield _passwords()
    for alias in of_environment(environment, plan).values():
        yield from _disks(alias)
        yield _machines(alias)


def _no_public_buckets() -> Block:
    names = (
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    )
    body: dict[str, Value] = dict.fromkeys(names, True)
    return Block(_FILE, "aws_s3_account_public_access_block", "account", GLOBAL, body)


def _passwords() -> Block:
    body: dict[str, Value] = {
        "minimum_password_length": _PASSWORD_LENGTH,
        "password_reuse_prevention": _PASSWORDS_REMEMBERED,
        "require_lowercase_characters": True,
        "require_numbers": True,
        "require_symbols": True,
        "require_uppercase_characters": True,
        "allow_users_to_change_password": True,
        "max_password_age": _MOST_PASSWORD_DAYS,
    }
    comment = "People come by roles; should somebody make a user all the same, this holds for it."
    return Block(_FILE, "aws_iam_account_password_policy", "account", GLOBAL, body, comment=comment)


def _disks(alias: str) -> Iterator[Block]:
    """Yield that disks are encrypted without being asked, and their copies never are public."""
    yield Block(_FILE, "aws_ebs_encryption_by_default", alias, alias, {"enabled": True})
    body: dict[str, Value] = {"state": "block-all-sharing"}
    yield Block(_FILE, "aws_ebs_snapshot_block_public_access", alias, alias, body)


def _machines(alias: str) -> Block:
    """Return that a machine gives its credentials only to who asks by IMDSv2, from the machine."""
    body: dict[str, Value] = {"http_tokens": "required", "http_put_response_hop_limit": 1}
    return Block(_FILE, "aws_ec2_instance_metadata_defaults", alias, alias, body)
