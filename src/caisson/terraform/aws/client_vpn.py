"""Client VPN: whoever logs in speaks from an interface in our subnets."""

from collections.abc import Iterator

from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.presence import present
from caisson.terraform.aws.unread import gap
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading

ENDPOINT = "aws_ec2_client_vpn_endpoint"
ASSOCIATION = "aws_ec2_client_vpn_network_association"
# Whom the endpoint lets through to where: taken to be everybody, to wherever routes lead.
NARROWING = ("aws_ec2_client_vpn_authorization_rule", "aws_ec2_client_vpn_route")
TYPES = frozenset({ENDPOINT, ASSOCIATION, *NARROWING})


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(_endpoint(names, each) for each in reading.of(ENDPOINT))


def _endpoint(names: Names, block: Block) -> Fragment:
    subnets = together(_subnets(names, block))
    groups = names.link(block, "security_group_ids", GROUP)
    what = f"who logs in to {block.address} was not read"
    seen = Fragment(gaps=(gap(block, what, block.address),))
    if not subnets.every and subnets.sure:
        return seen
    return joined((seen, present(names, block, subnets, groups, public=False)))


def _subnets(names: Names, block: Block) -> Iterator[Link]:
    for each in names.reading.of(ASSOCIATION):
        link = each.link("client_vpn_endpoint_id", ENDPOINT)
        subnets = names.one(each, "subnet_id", SUBNET)
        if link.only == block.address:
            yield subnets
        elif block.address in link.every or link.certainty is Certainty.OPEN:
            yield Link(subnets.to, subnets.outside, Certainty.OPEN)
