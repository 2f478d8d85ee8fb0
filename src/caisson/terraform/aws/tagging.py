"""Tags that a resource gives to another one; they say whose it is, and choose what is backed up."""

from caisson.terraform.aws.presence import gap
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty, Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Gap, Question

# (type, attribute that names what is tagged)
_TAGS = (
    ("aws_ec2_tag", "resource_id"),
    ("aws_ecs_tag", "resource_arn"),
    ("aws_autoscaling_group_tag", "autoscaling_group_name"),
)
TYPES = frozenset(kind for kind, _ in _TAGS)
_CONCERNED = frozenset(
    {Question.ISOLATION, Question.RESIDENCY, Question.RECOVERABILITY, Question.CONSISTENCY}
)
# What people and cluster controllers read, and nothing that is asked here.
_IDLE = ("kubernetes.io/", "k8s.io/", "karpenter.sh/")


def read(reading: Reading) -> Fragment:
    found = (_gap(block, name) for kind, name in _TAGS for block in reading.of(kind))
    return Fragment(gaps=tuple(each for each in found if each is not None))


def _gap(block: Block, name: str) -> Gap | None:
    key = (block.block("tag") or block).text("key")
    if (
        not isinstance(key, Unknown)
        and key is not None
        and (key == "Name" or key.startswith(_IDLE))
    ):
        return None
    link = block.link(name)
    about = link.every if link.certainty is not Certainty.OPEN else ()
    whom = ", ".join(about) or "something known after apply"
    return gap(
        block, f"{block.address} tags {whom}, which is not taken into account", _CONCERNED, *about
    )
