"""A key of one thing in one region: of a bucket of states, of the alarms, of the log archive."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.writing.aws.documents import Condition, Statement, document, equal, policy
from caisson.terraform.writing.blueprint import INTERNAL
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute

# Who may delete a key waits that long, the most that AWS grants, and others can object.
DAYS_BEFORE_DELETION = 30
ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
_USE = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
_ENCRYPTS: dict[str, Value] = {"enable_key_rotation": True}
_SIGNS: dict[str, Value] = {
    "customer_master_key_spec": "ECC_NIST_P256",
    "key_usage": "SIGN_VERIFY",
}
# In the policy of a key, which AWS allows nothing narrower in: this key and no other.
THIS_KEY = ("*",)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """Where a key stands, whose it is, and how it is called in the cloud.

    `signs`: it signs and is never replaced, instead of encrypting.
    """

    file: str
    name: str
    provider: str
    account: str
    called: str
    about: str
    signs: bool = False


def key(own: OwnKey, *others: Statement) -> Iterator[Block]:
    """Yield the key with its policy and its alias; `others` are services that may use it."""
    made = key_of(own)
    yield document(own.file, _policy_name(own), own.provider, *_of_account(own.account), *others)
    yield made
    yield Block(
        own.file,
        "aws_kms_alias",
        own.name,
        own.provider,
        {"name": f"alias/{own.called}", "target_key_id": attribute(made, "key_id")},
    )


def key_of(own: OwnKey) -> Block:
    return Block(
        own.file,
        "aws_kms_key",
        own.name,
        own.provider,
        {
            "description": own.about,
            **(_SIGNS if own.signs else _ENCRYPTS),
            "deletion_window_in_days": DAYS_BEFORE_DELETION,
            "policy": policy(document(own.file, _policy_name(own), own.provider)),
            "tags": {"Name": own.called, "DataClass": INTERNAL},
        },
    )


def used_by(sid: str, service: str, *conditions: Condition) -> Statement:
    """Return the statement by which a service of AWS may encrypt with a key, and decrypt."""
    return Statement(
        sid,
        ("kms:Decrypt", "kms:GenerateDataKey*"),
        THIS_KEY,
        principals={"Service": (f"{service}.amazonaws.com",)},
        conditions=conditions,
    )


def _policy_name(own: OwnKey) -> str:
    return label(own.name, "key")


def _of_account(account: str) -> Iterator[Statement]:
    """Yield what leaves it to the account's own policies who may do what with the key."""
    principals = {"AWS": (f"arn:aws:iam::{account}:root",)}
    own = (equal("kms:CallerAccount", account),)
    yield Statement(
        "Administration", ADMINISTRATION, THIS_KEY, principals=principals, conditions=own
    )
    yield Statement("Use", _USE, THIS_KEY, principals=principals, conditions=own)
