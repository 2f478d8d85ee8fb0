"""What stands in networks and is not modelled: how far at most each matters, and to what.

Where packets can get into one of these, a route says so, and that route may lead anywhere. So
none of them opens a way that is not seen; what they leave open is said of what they name.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.aws.kinds import VPC, Kind
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.unread import PATHS
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Gap, Question


@dataclass(frozen=True, slots=True)
class Reach:
    """`names`: the attributes that name all it can matter to; none for what may be anything."""

    what: str
    names: tuple[tuple[str, Kind], ...] = ()
    questions: frozenset[Question] = PATHS


REACHES = {
    "aws_networkfirewall_firewall": Reach("what {} refuses is not understood", (("vpc_id", VPC),)),
    "aws_networkmanager_vpc_attachment": Reach(
        "where the core network of {} leads is not understood", (("vpc_arn", VPC),)
    ),
    "aws_vpc_block_public_access_options": Reach("{} may close internet gateways"),
    "aws_networkfirewall_logging_configuration": Reach(
        "where {} writes logs is not understood",
        (("firewall_arn", Kind(("aws_networkfirewall_firewall",))),),
        frozenset({Question.RESIDENCY, Question.ISOLATION}),
    ),
}
# They tell the things above what to do, and are nothing by themselves.
PARTS = (
    "aws_networkfirewall_firewall_policy",
    "aws_networkfirewall_resource_policy",
    "aws_networkfirewall_rule_group",
    "aws_networkfirewall_tls_inspection_configuration",
    "aws_networkmanager_attachment_accepter",
    "aws_networkmanager_core_network",
    "aws_networkmanager_core_network_policy_attachment",
    "aws_networkmanager_global_network",
    "aws_networkmanager_transit_gateway_registration",
    "aws_vpc_block_public_access_exclusion",
)
TYPES = frozenset({*REACHES, *PARTS})


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return Fragment(
        gaps=tuple(gap for what, reach in REACHES.items() for gap in _gaps(names, what, reach))
    )


def _gaps(names: Names, what: str, reach: Reach) -> Iterator[Gap]:
    for each in names.reading.of(what):
        if each.text("internet_gateway_block_mode") == "off":
            continue
        about = _about(names, each, reach)
        sentence = reach.what.format(each.address)
        yield Gap(sentence, each.address, what, reach.questions, each.source, about)


def _about(names: Names, block: Block, reach: Reach) -> tuple[str, ...]:
    links = [names.link(block, name, kind) for name, kind in reach.names]
    named = tuple(one for each in links for one in each.every)
    if not named or any(each.certainty is Certainty.OPEN for each in links):
        return ()
    return (block.address, *named)
