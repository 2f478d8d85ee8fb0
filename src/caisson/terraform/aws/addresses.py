"""The addresses of VPCs: what is written, and what stands for those that AWS assigns later."""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from caisson.terraform.aws.kinds import VPC, VPCS
from caisson.terraform.aws.naming import Names
from caisson.terraform.model import Certainty, Mode
from caisson.terraform.reading import Block

IPV4_ASSOCIATION = "aws_vpc_ipv4_cidr_block_association"
IPV6_ASSOCIATION = "aws_vpc_ipv6_cidr_block_association"

# Of the addresses that a pool will give it is only known that most pools are private.
POOLED = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
DEFAULT_VPC_CIDR = "172.31.0.0/16"  # of every default VPC, by AWS's documentation
# AWS assigns an IPv6 /56 when the VPC is made. Until then each VPC has one of its own from the
# newer documentation prefix (RFC 9637), which lies among public addresses and is nobody's.
STAND_IN = int(ipaddress.IPv6Address("3fff::"))
ASSIGNED_BITS = 56


@dataclass(frozen=True, slots=True)
class Addresses:
    """`certain` is False when some are not known, or when it cannot be told whose they are.

    `unsure` are those that this is so for, and those that stand for what AWS assigns later.
    """

    cidrs: tuple[str, ...]
    certain: bool = True
    unsure: tuple[str, ...] = ()


class AddressBook:
    """The addresses of each VPC that was read."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._given: dict[str, list[Block]] = {}
        self._doubtful: dict[str, list[Block]] = {}
        self._loose: list[Block] = []
        for each in names.reading.of(IPV4_ASSOCIATION, IPV6_ASSOCIATION):
            self._note(each)
        every = (each for mode in Mode for each in names.reading.of(*VPCS, mode=mode))
        self._places = {each.address: place for place, each in enumerate(every)}

    def _note(self, association: Block) -> None:
        link = self._names.one(association, "vpc_id", VPC)
        if link.only is not None:
            self._given.setdefault(link.only, []).append(association)
            return
        for each in link.every:
            self._doubtful.setdefault(each, []).append(association)
        if link.certainty is Certainty.OPEN:
            self._loose.append(association)

    def of(self, vpc: str) -> Addresses:
        """Return the addresses of a VPC, none when it was not read."""
        if vpc not in self._places:
            return Addresses((), certain=False)
        block = self._names.reading.at(vpc)
        doubtful = [*self._doubtful.get(vpc, ()), *self._loose]
        surely = self._found(block, self._given.get(vpc, ()))
        found = dict.fromkeys((*surely, *self._found(block, doubtful)))
        sure = {*surely} - {None, self._stand_in(vpc)}
        known = tuple(each for each in found if each is not None)
        cidrs = known if None not in found else (*known, *POOLED)
        return Addresses(
            cidrs,
            certain=None not in found and not doubtful,
            unsure=tuple(each for each in cidrs if each not in sure),
        )

    def _found(self, block: Block, associations: Sequence[Block]) -> tuple[str | None, ...]:
        return (*self._ipv4(block, associations), *self._ipv6(block, associations))

    def ipv6(self, vpc: str) -> tuple[str, ...]:
        return tuple(each for each in self.of(vpc).cidrs if ":" in each)

    def _ipv4(self, block: Block, associations: Sequence[Block]) -> Iterator[str | None]:
        """Yield CIDRs, None for one that is known only after apply."""
        if block.instance.type == "aws_default_vpc":
            yield _told(block, "cidr_block") or DEFAULT_VPC_CIDR
        else:
            yield _told(block, "cidr_block")
        for each in block.blocks("cidr_block_associations"):  # what a data source finds
            yield _told(each, "cidr_block")
        for each in associations:
            if each.instance.type == IPV4_ASSOCIATION:
                yield _told(each, "cidr_block")

    def _ipv6(self, block: Block, associations: Sequence[Block]) -> Iterator[str]:
        asked = block.written("ipv6_cidr_block") or block.written("ipv6_ipam_pool_id")
        if asked or block.flag("assign_generated_ipv6_cidr_block", default=False) is not False:
            yield _told(block, "ipv6_cidr_block") or self._stand_in(block.address)
        for each in associations:
            if each.instance.type == IPV6_ASSOCIATION:
                yield _told(each, "ipv6_cidr_block") or self._stand_in(block.address)

    def _stand_in(self, vpc: str) -> str:
        address = STAND_IN + (self._places[vpc] << (128 - ASSIGNED_BITS))
        return f"{ipaddress.IPv6Address(address)}/{ASSIGNED_BITS}"


def _told(block: Block, name: str) -> str | None:
    value = block.text(name)
    return value if isinstance(value, str) else None
