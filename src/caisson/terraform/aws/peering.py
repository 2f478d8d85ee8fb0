"""VPC peering connections, and whether somebody has accepted them.

One of which an end cannot be told is left out: a route to it may then lead to any VPC.
"""

from collections.abc import Iterator

from caisson.terraform.aws.kinds import PEERING, VPC
from caisson.terraform.aws.naming import Names
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Mode, Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Network, Peering

ACCEPTER = "aws_vpc_peering_connection_accepter"
TYPES = frozenset({"aws_vpc_peering_connection", *PEERING.same})
# Of a status not among these nothing comes any more: rejected, failed, expired, deleted.
WAITING = frozenset({"pending-acceptance", "provisioning", "initiating-request"})


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    accepted = _accepted(names)
    found: dict[str, Peering] = {}
    for block in _blocks(reading):
        for each in _peering(names, block, accepted):
            found.setdefault(each.id, each)
    return Fragment(network=Network(peerings=tuple(found.values())))


def _blocks(reading: Reading) -> Iterator[Block]:
    """Yield what tells both ends: a connection, one that was found, one that is accepted here."""
    for mode in Mode:
        yield from reading.of("aws_vpc_peering_connection", mode=mode)
    yield from reading.of(ACCEPTER)


def _accepted(names: Names) -> dict[str, bool | None]:
    """Return the connections that an accepter names, with whether it surely says yes."""
    found: dict[str, bool | None] = {}
    for each in names.reading.of(ACCEPTER):
        link = names.one(each, "vpc_peering_connection_id", PEERING)
        says_yes = link.sure and bool(each.flag("auto_accept", default=False))
        for one in link.every:
            found[one] = says_yes or found.get(one)
    return found


def _peering(names: Names, block: Block, accepted: dict[str, bool | None]) -> Iterator[Peering]:
    requester = names.one(block, "vpc_id", VPC).only
    accepter = names.one(block, "peer_vpc_id", VPC).only
    one = names.of_instance(block.address, PEERING).only
    if requester and accepter and one:
        active = True if accepted.get(one) else _active(block)
        yield Peering(one, (requester, accepter), block.source, active)


def _active(block: Block) -> bool | None:
    """Return whether it joins the VPCs; None while it waits for somebody who was not read."""
    status = block.text("accept_status") or block.text("status")
    if status == "active" or block.flag("auto_accept", default=False):
        return True
    return None if status is None or isinstance(status, Unknown) or status in WAITING else False
