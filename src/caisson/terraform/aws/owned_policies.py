"""Policies that are resources of their own and say whose they are."""

from collections.abc import Sequence

from caisson.terraform.aws.carried import instances_of
from caisson.terraform.aws.policies import policy
from caisson.terraform.aws.stores import unread
from caisson.terraform.aws.typed import given
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block
from caisson.topology.resources import Question


def owned_policy(block: Block, attribute: str, owner: str, types: Sequence[str]) -> Fragment:
    """Return the document in `attribute` as a policy of what `owner` names."""
    owners = given(block, owner, *types)
    found = tuple(policy(block, attribute, each, "resource") for each in owners.every)
    if owners.every and owners.sure:
        return Fragment(policies=found)
    what = f"whose policy {block.address} is cannot be told"
    about = instances_of(block.reading, types)
    lost = unread(block, what, Question.ACCESS, Question.EXPOSURE, about=about)
    return joined([Fragment(policies=found), lost])
