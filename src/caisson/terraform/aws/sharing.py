"""Resource Access Manager: what is shared with other accounts, which are not seen here."""

from collections.abc import Iterator

from caisson.terraform.aws.naming import together
from caisson.terraform.aws.presence import gap
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Gap, Question

_RESOURCE = "aws_ram_resource_association"
# A share is of nothing and with nobody until something is associated with it.
TYPES = frozenset(
    {
        _RESOURCE,
        "aws_ram_principal_association",
        "aws_ram_resource_share",
        "aws_ram_resource_share_accepter",
        "aws_ram_sharing_with_organization",
    }
)
_CONCERNED = frozenset(
    {Question.ISOLATION, Question.REACHABILITY, Question.EXPOSURE, Question.ACCESS}
)
_GATEWAY = "aws_ec2_transit_gateway"
_VPC = ("aws_vpc", "aws_default_vpc")


def read(reading: Reading) -> Fragment:
    return Fragment(gaps=tuple(map(_gap, reading.of(_RESOURCE))))


def _gap(block: Block) -> Gap:
    shared = block.link("resource_arn")
    every = together([shared, *_around(block.reading, shared)])
    about = every.every if every.certainty is not Certainty.OPEN else ()
    whom = ", ".join(shared.every) or "something known after apply"
    return gap(block, f"{whom} is shared with accounts that are not seen", _CONCERNED, *about)


def _around(reading: Reading, shared: Link) -> Iterator[Link]:
    """Yield the VPCs into which what is shared leads, or in which it lies."""
    for attachment in reading.of(f"{_GATEWAY}_vpc_attachment"):
        if set(attachment.link("transit_gateway_id", _GATEWAY).to) & set(shared.to):
            yield attachment.link("vpc_id", *_VPC)
    for each in shared.to:
        if reading.instances[each].type == "aws_subnet":
            yield reading.at(each).link("vpc_id", *_VPC)
