"""Cognito: a store of people who sign in."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.needs import need
from caisson.terraform.aws.presence import gap, given, unset
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Question, Rest

POOL = "aws_cognito_user_pool"
IDENTITIES = ("aws_cognito_identity_pool", "aws_cognito_identity_pool_roles_attachment")
TYPES = frozenset({POOL, *IDENTITIES})


def read(reading: Reading) -> Fragment:
    return joined(
        (
            *(_pool(each) for each in reading.of(POOL)),
            *(_identities(each) for each in reading.of(*IDENTITIES)),
        )
    )


def _pool(block: Block) -> Fragment:
    """Return the pool's people; AWS encrypts them always and keeps them in several zones.

    https://docs.aws.amazon.com/cognito/latest/developerguide/data-protection.html
    """
    protection = block.text("deletion_protection")
    people = replace(
        holding(block, Rest.STORE, "cognito"),
        encrypted=True,
        encrypted_in_transit=True,
        public=False,
        multi_zone=True,
        deletion_protected=False
        if unset(block, "deletion_protection")
        else protection == "ACTIVE"
        if isinstance(protection, str)
        else None,
    )
    return joined((Fragment(holdings=(people,)), *_triggers(block)))


def _triggers(block: Block) -> Iterator[Fragment]:
    for configuration in block.blocks("lambda_config"):
        for name in configuration.values:
            if name.endswith("_id") or not configuration.written(name):
                continue
            link = given(configuration, name, "aws_lambda_function")
            yield need(block, link, f"trigger {name}")


def _identities(block: Block) -> Fragment:
    what = f"whom {block.address} gives roles to is not read"
    return Fragment(gaps=(gap(block, what, frozenset({Question.ACCESS}), block.address),))
