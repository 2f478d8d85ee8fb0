"""Keys: one for each class of data of a jurisdiction, the same in both of its regions.

A key is never copied to another jurisdiction. It opens for AWS's services that keep data, on
behalf of those whose own policies let them; nobody of the account deciphers with it directly.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.documents import Condition, Statement, document, equal, policy
from caisson.terraform.writing.aws.own_keys import (
    ADMINISTRATION,
    DAYS_BEFORE_DELETION,
    THIS_KEY,
)
from caisson.terraform.writing.blueprint import INTERNAL, Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute

_FILE = "keys"
# Beyond what the administration of every key is: this one has replicas, and is rotated by hand too.
_ADMINISTRATION = tuple(
    sorted(
        (
            *ADMINISTRATION,
            "kms:ListKeyRotations",
            "kms:ReplicateKey",
            "kms:RotateKeyOnDemand",
            "kms:UpdatePrimaryRegion",
        )
    )
)
_USE = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
# The services that use a key on behalf of who calls them, as KMS calls them in `kms:ViaService`.
_THROUGH = ("backup", "ecr", "elasticache", "es", "rds", "s3", "secretsmanager", "ssm")


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for data in plan.data_classes():
        for place in area.places:
            key = _key(area, place, data, plan)
            yield _policy(place, data)
            yield key
            yield _alias(place, data, key, plan)
            about = f"The key of {data} data in {place.site}."
            yield Output(handles.key_arn(place, data), attribute(key, "arn"), about)


def _key(area: Area, place: Place, data: str, plan: Blueprint) -> Block:
    """Return the key in its home, and what stands for it where the standby is."""
    body: dict[str, Value] = {
        "description": f"Encrypts {data} data of {area.environment} in {area.jurisdiction}.",
        "deletion_window_in_days": DAYS_BEFORE_DELETION,
        "policy": policy(_policy(place, data)),
        "tags": {"Name": plan.name(area, data), "DataClass": data},
    }
    if place == area.home:
        more: dict[str, Value] = {"multi_region": True, "enable_key_rotation": True}
        return Block(_FILE, "aws_kms_key", _name(place, data), place.label, {**more, **body})
    primary = attribute(_key(area, area.home, data, plan), "arn")
    replica: dict[str, Value] = {"primary_key_arn": primary, **body}
    return Block(_FILE, "aws_kms_replica_key", _name(place, data), place.label, replica)


def _alias(place: Place, data: str, key: Block, plan: Blueprint) -> Block:
    body: dict[str, Value] = {
        "name": f"alias/{plan.name(place, data)}",
        "target_key_id": attribute(key, "key_id"),
    }
    return Block(_FILE, "aws_kms_alias", _name(place, data), place.label, body)


def _policy(place: Place, data: str) -> Block:
    account = {"AWS": (f"arn:aws:iam::{place.account}:root",)}
    through = equal("kms:ViaService", *(f"{each}.{place.aws}.amazonaws.com" for each in _THROUGH))
    for_service = Condition("Bool", "kms:GrantIsForAWSResource", ("true",))
    made = document(
        _FILE,
        _name(place, data),
        place.label,
        _allow("AdministerAsTheAccountSays", _ADMINISTRATION, account),
        _allow("UseThroughWhatKeepsData", _USE, account, through),
        _allow("LetWhatKeepsDataGoOn", ("kms:CreateGrant",), account, through, for_service),
        *((_logs(place),) if data == INTERNAL else ()),
    )
    return replace(made, comment='The resource "*" of a key\'s policy is this key and no other.')


def _logs(place: Place) -> Statement:
    """Return what CloudWatch needs, which encrypts log groups in its own name."""
    service = {"Service": (f"logs.{place.aws}.amazonaws.com",)}
    groups = f"arn:aws:logs:{place.aws}:{place.account}:log-group:*"
    of_groups = Condition("ArnLike", "kms:EncryptionContext:aws:logs:arn", (groups,))
    return _allow("EncryptLogGroups", (*_USE, "kms:DescribeKey"), service, of_groups)


def _allow(
    sid: str, actions: Sequence[str], who: Mapping[str, Sequence[str]], *conditions: Condition
) -> Statement:
    return Statement(sid, actions, THIS_KEY, principals=who, conditions=conditions)


def _name(place: Place, data: str) -> str:
    return label(place.region, data)
