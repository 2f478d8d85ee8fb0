"""S3: what a bucket is, put together from the many resources that say it."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import KeysNamed, keys_named, together
from caisson.terraform.aws.policies import policy
from caisson.terraform.aws.s3_access import public
from caisson.terraform.aws.s3_copies import copies
from caisson.terraform.aws.s3_parts import (
    ANALYTICS,
    BUCKET,
    ENCRYPTION,
    INVENTORY,
    LIFECYCLE,
    LOCK,
    LOGGING,
    NOTIFICATION,
    PARTS,
    POLICY,
    REPLICATION,
    Buckets,
    buckets,
    versioned,
)
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Policy, Rest
from caisson.topology.truth import any_of

_DIRECTORY = "aws_s3_directory_bucket"
_INLINE_ENCRYPTION = "server_side_encryption_configuration"
# (type, attribute of the document, attribute of what it is attached to)
_OTHER_POLICIES = (
    ("aws_s3_access_point", "policy", "bucket"),
    ("aws_s3control_access_point_policy", "policy", "access_point_arn"),
)
# Storage in one zone only: lost with it.
_ONE_ZONE = frozenset({"ONEZONE_IA", "EXPRESS_ONEZONE", "REDUCED_REDUNDANCY"})

TYPES = frozenset(
    {
        BUCKET,
        *PARTS,
        ANALYTICS,
        INVENTORY,
        LOGGING,
        NOTIFICATION,
        POLICY,
        REPLICATION,
        _DIRECTORY,
        "aws_s3_account_public_access_block",
        *(each for each, _, _ in _OTHER_POLICIES),
    }
)


def read(reading: Reading) -> Fragment:
    parts = reading.once(buckets)
    every = list(reading.of(BUCKET))
    return joined(
        [
            *(_bucket(each, parts) for each in every),
            Fragment(
                holdings=tuple(map(_directory, reading.of(_DIRECTORY))),
                policies=tuple(_other_policies(reading)),
            ),
            copies(reading, every, parts),
        ]
    )


def _bucket(block: Block, parts: Buckets) -> Fragment:
    keys = _keys(block, parts)
    found = replace(
        holding(block, Rest.FILES, "s3"),
        encrypted=True,  # every new object, by the service's own key, since January 2023
        keys=keys.ids,
        # By itself S3 answers HTTP without TLS too.
        encrypted_in_transit=parts.policies.only_encrypted(block, contents=True),
        public=public(block, parts),
        multi_zone=_multi_zone(block, parts),
        deletion_protected=_protected(block, parts),
        versioned=versioned(block, parts),
    )
    policies = tuple(parts.policies.policies([block]))
    return Fragment(holdings=(found,), policies=policies, gaps=keys.gaps(block))


def _directory(block: Block) -> Holding:
    """Return a directory bucket: in one zone, and never public."""
    return replace(
        holding(block, Rest.FILES, "s3"),
        encrypted=True,
        encrypted_in_transit=True,
        public=False,
        multi_zone=False,
        deletion_protected=False,
        versioned=False,
    )


def _keys(bucket: Block, parts: Buckets) -> KeysNamed:
    beside = [
        _default_keys(each) if sure else _default_keys(each).unsure
        for each, sure in parts.all_of(bucket, ENCRYPTION)
    ]
    inline = [_default_keys(each) for each in bucket.blocks(_INLINE_ENCRYPTION)]
    objects = [keys_named(each, "kms_key_id") for each, is_sure in parts.objects(bucket) if is_sure]
    told = KeysNamed(told=not hidden(bucket, _INLINE_ENCRYPTION))
    return together([*beside, *inline, *objects, told])


def _default_keys(configuration: Block) -> KeysNamed:
    rules = configuration.blocks("rule")
    named = [
        keys_named(each, "kms_master_key_id")
        for rule in rules
        for each in rule.blocks("apply_server_side_encryption_by_default")
    ]
    unseen = hidden(configuration, "rule") or any(
        hidden(each, "apply_server_side_encryption_by_default") for each in rules
    )
    return together([*named, KeysNamed(told=not unseen)])


def _multi_zone(bucket: Block, parts: Buckets) -> bool | None:
    """Return whether all of it is in several zones: lifecycle rules move parts of it into one."""
    rules = [
        (rule, sure and rule.text("status") == "Enabled")
        for block, sure in parts.all_of(bucket, LIFECYCLE)
        for rule in block.blocks("rule")
        if rule.text("status") != "Disabled"
    ]
    rules += [(each, True) for each in bucket.blocks("lifecycle_rule") if each.value("enabled")]
    if any(hidden(each, "rule") for each, _ in parts.all_of(bucket, LIFECYCLE)) or hidden(
        bucket, "lifecycle_rule"
    ):
        return None
    moved = any_of(
        to_one if sure or to_one is False else None
        for rule, sure in rules
        for to_one in _moves(rule)
    )
    return {True: False, False: True, None: None}[moved]


def _moves(rule: Block) -> Iterator[bool | None]:
    for name in ("transition", "noncurrent_version_transition"):
        if hidden(rule, name):
            yield None
        for each in rule.blocks(name):
            kind = each.text("storage_class")
            yield None if isinstance(kind, Unknown) else kind in _ONE_ZONE


def _protected(bucket: Block, parts: Buckets) -> bool | None:
    """Return whether what is written stays for a time whatever anybody does."""
    return any_of(_locks(bucket, parts))


def _locks(bucket: Block, parts: Buckets) -> Iterator[bool | None]:
    for block, sure in parts.all_of(bucket, LOCK):
        yield True if sure and _retains(block) else None
    if hidden(bucket, "object_lock_configuration"):
        yield None
    for inline in bucket.blocks("object_lock_configuration"):
        yield True if _retains(inline) else None
    # Enabled without a default: each object may have a retention of its own.
    if bucket.written("object_lock_enabled") and bucket.value("object_lock_enabled") is not False:
        yield None


def _retains(lock: Block) -> bool:
    return any(rule.blocks("default_retention") for rule in lock.blocks("rule"))


def _other_policies(reading: Reading) -> Iterator[Policy]:
    for kind, attribute, on in _OTHER_POLICIES:
        for block in reading.of(kind):
            if block.written(attribute):
                for each in block.link(on).every:
                    yield policy(block, attribute, each, "resource")
