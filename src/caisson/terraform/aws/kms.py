"""AWS KMS: keys, their replicas in other regions, and what they permit."""

from collections.abc import Iterator

from caisson.terraform.aws.keys import KEYS, keys_named
from caisson.terraform.aws.policies import policy
from caisson.terraform.aws.presence import gap
from caisson.terraform.fragment import Fragment
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Gap, Key, Policy, Question, Use

_PRIMARIES = ("aws_kms_key", "aws_kms_external_key")
_REPLICAS = ("aws_kms_replica_key", "aws_kms_replica_external_key")
_STORED_ELSEWHERE = frozenset({Question.RECOVERABILITY, Question.RESIDENCY})
TYPES = frozenset(
    {*KEYS, "aws_kms_alias", "aws_kms_grant", "aws_kms_key_policy", "aws_kms_ciphertext"}
)


def read(reading: Reading) -> Fragment:
    keys = list(reading.of(*KEYS))
    return Fragment(
        keys=tuple(map(_key, keys)),
        policies=(*_own_policies(keys), *_attached_policies(reading)),
        uses=tuple(_grants(reading)),
        gaps=tuple(gap for each in keys for gap in _gaps(each)),
    )


def _key(block: Block) -> Key:
    place = block.resource
    replica = block.instance.type in _REPLICAS
    return Key(
        id=block.address,
        account=place.account,
        region=place.region,
        source=block.source,
        environment=place.environment,
        jurisdiction=place.jurisdiction,
        multi_region=True if replica else _multi_region(block),
        replica_of=_primary(block) if replica else None,
        rotated=_rotated(block),
    )


def _multi_region(block: Block) -> bool | None:
    return block.flag("multi_region", default=False) if block.written("multi_region") else False


def _primary(block: Block) -> str | None:
    return next(iter(block.link("primary_key_arn", *_PRIMARIES).every), None)


def _rotated(block: Block) -> bool | None:
    """Return whether its material changes by itself; a replica has the rotation of its primary."""
    match block.instance.type:
        case "aws_kms_key":
            return block.flag("enable_key_rotation", default=False)
        case "aws_kms_replica_key":
            primary = block.link("primary_key_arn", *_PRIMARIES).only
            known = primary is not None and primary in block.reading.instances
            return _rotated(block.reading.at(primary)) if known and primary else None
        case _:
            return False  # imported material cannot be rotated by the service


def _own_policies(keys: list[Block]) -> Iterator[Policy]:
    for block in keys:
        if block.written("policy"):
            yield policy(block, "policy", block.address, "resource")


def _attached_policies(reading: Reading) -> Iterator[Policy]:
    for block in reading.of("aws_kms_key_policy"):
        for key in keys_named(block, "key_id").every:
            yield policy(block, "policy", key, "resource")


def _grants(reading: Reading) -> Iterator[Use]:
    for block in reading.of("aws_kms_grant"):
        named = keys_named(block, "key_id")
        grantee = block.link("grantee_principal", "aws_iam_role", "aws_iam_user")
        for user in grantee.to:
            for key in named.every:
                sure = grantee.sure and named.told and len(named.ids) == 1
                yield Use(user, key, f"grant {block.address}", block.source, sure)


def _gaps(block: Block) -> Iterator[Gap]:
    if block.instance.type == "aws_kms_key" and block.written("custom_key_store_id"):
        what = f"{block.address} lies in a key store of its own, which is not modelled"
        yield gap(block, what, _STORED_ELSEWHERE, block.address)
