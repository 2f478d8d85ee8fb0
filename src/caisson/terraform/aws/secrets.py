"""Secrets Manager and Parameter Store: where secrets are kept, and copied to."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws import written
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import keys_named
from caisson.terraform.aws.presence import gap
from caisson.terraform.aws.resource_policies import OnResources, on_resources
from caisson.terraform.aws.stores import moved_to
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Movement, Question, Rest, Use, Way

SECRET = "aws_secretsmanager_secret"  # noqa: S105
PARAMETER = "aws_ssm_parameter"
_POLICY = "aws_secretsmanager_secret_policy"
_ROTATION = "aws_secretsmanager_secret_rotation"

TYPES = frozenset({SECRET, PARAMETER, _POLICY, _ROTATION, f"{SECRET}_version"})
_COPIES = frozenset({Question.RESIDENCY, Question.RECOVERABILITY})


def read(reading: Reading) -> Fragment:
    policies = on_resources(reading, _POLICY, "secret_arn", SECRET)
    secrets = list(reading.of(SECRET))
    return joined(
        [
            *(_secret(each, policies) for each in secrets),
            *(_parameter(each) for each in reading.of(PARAMETER)),
            Fragment(policies=tuple(policies.policies(secrets)), uses=tuple(_rotations(reading))),
        ]
    )


def _kept(block: Block, system: str, key: str) -> Fragment:
    """Return a secret where it is: regional, answered over TLS only, always encrypted."""
    keys = keys_named(block, key)
    found = replace(
        holding(block, Rest.SECRET, system),
        encrypted=True,
        keys=keys.ids,
        encrypted_in_transit=True,
        public=False,
        multi_zone=True,
        deletion_protected=False,
    )
    return Fragment(holdings=(found,), gaps=keys.gaps(block))


def _secret(block: Block, policies: OnResources) -> Fragment:
    kept = _kept(block, "secrets manager", "kms_key_id")
    (first,) = kept.holdings
    # Within the window, 30 days unless told otherwise, a deleted secret can be had back; but
    # whoever may delete it may delete it without a window.
    window = written.number(block, "recovery_window_in_days", 30)
    found = replace(
        first,
        public=policies.public(block),
        deletion_protected=False if window == 0 else None,
        versioned=True,
    )
    copies = (_replica(block, found, each) for each in block.blocks("replica"))
    return joined([Fragment(holdings=(found,), gaps=kept.gaps), *copies, _perhaps_copied(block)])


def _replica(block: Block, secret: Holding, replica: Block) -> Fragment:
    name = replica.text("region")
    region = name if isinstance(name, str) else None
    keys = keys_named(replica, "kms_key_id")
    there = replace(
        moved_to(secret, block, region), id=f"{secret.id}/{region or 'replica'}", keys=keys.ids
    )
    via = f"replica of the secret in {region or 'a region known after apply'}"
    moved = Movement(Way.REPLICATION, secret.id, there.id, block.source, via=via)
    return Fragment(holdings=(there,), movements=(moved,), gaps=keys.gaps(block))


def _perhaps_copied(block: Block) -> Fragment:
    if not hidden(block, "replica"):
        return NO_FRAGMENT
    what = f"where {block.address} is replicated is known only after apply"
    return Fragment(gaps=(gap(block, what, _COPIES, block.address),))


def _parameter(block: Block) -> Fragment:
    """Return a parameter that is a secret, or may be one; others are settings."""
    kind = block.text("type")
    if not isinstance(kind, Unknown) and kind != "SecureString":
        return NO_FRAGMENT
    kept = _kept(block, "parameter store", "key_id")
    sure = isinstance(kind, str)
    return replace(kept, holdings=tuple(replace(each, sure=sure) for each in kept.holdings))


def _rotations(reading: Reading) -> Iterator[Use]:
    for block in reading.of(_ROTATION):
        secret = block.link("secret_id", SECRET)
        program = block.link("rotation_lambda_arn", "aws_lambda_function")
        for one in secret.to:
            for other in program.every:
                sure = secret.sure and program.sure
                yield Use(one, other, "rotation", block.source, sure)
