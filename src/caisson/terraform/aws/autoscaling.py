"""Groups of machines that are made and taken away as they are needed."""

from functools import partial

from caisson.terraform.aws.disks import disks_of
from caisson.terraform.aws.kinds import SUBNET
from caisson.terraform.aws.machines import (
    template_groups,
    template_needs,
    template_of,
    template_public,
)
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.presence import gap, present, unset
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Gap, Question

GROUP_TYPE = "aws_autoscaling_group"
# The tie to a load balancer is read with the load balancers.
TYPES = frozenset(
    {GROUP_TYPE, "aws_autoscaling_attachment", "aws_autoscaling_traffic_source_attachment"}
)
QUESTIONS = frozenset(
    {Question.REACHABILITY, Question.ISOLATION, Question.EXPOSURE, Question.ENCRYPTION}
)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(_group(names, each) for each in reading.of(GROUP_TYPE))


def _group(names: Names, block: Block) -> Fragment:
    template, _ = template_of(block)
    return joined(
        (
            seat(names, block),
            disks_of(block, template=template, lasting=False),
            template_needs(block, template),
        )
    )


def seat(names: Names, block: Block, owner: str | None = None) -> Fragment:
    """Return where the machines of a group are, as the interface of `owner`."""
    template, sure = template_of(block)
    subnets = _subnets(names, block)
    groups = template_groups(names, template)
    if not sure:
        groups = together([groups, Link(certainty=Certainty.OPEN)])
    public = partial(template_public, names.reading, template, sure=sure)
    found = present(names, block, subnets, groups, public=public, owner=owner)
    return joined((found, Fragment(gaps=() if sure else (_untold(block, owner),))))


def _subnets(names: Names, block: Block) -> Link:
    if not unset(block, "vpc_zone_identifier"):
        return names.link(block, "vpc_zone_identifier", SUBNET)
    return Link((names.default_subnets(block),))


def _untold(block: Block, owner: str | None) -> Gap:
    what = f"which launch template {block.address} starts machines from cannot be told"
    return gap(block, what, QUESTIONS, owner or block.address)
