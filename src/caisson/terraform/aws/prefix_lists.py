"""Prefix lists, written out as CIDRs."""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from caisson.terraform.fragment import NO_FRAGMENT, Fragment
from caisson.terraform.model import Certainty, Link, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import ANYWHERE

ENTRY = "aws_ec2_managed_prefix_list_entry"
LISTS = ("aws_ec2_managed_prefix_list", "aws_prefix_list")
TYPES = frozenset({"aws_ec2_managed_prefix_list", ENTRY})
# An endpoint names the list of its service, `aws_vpc_endpoint.s3.prefix_list_id`.
KINDS = (*LISTS, "aws_vpc_endpoint")
AWS_NAME = "com.amazonaws."

_NOT_PUBLIC = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
)


def _public() -> Iterator[str]:
    """Yield the CIDRs of all addresses that somebody on the internet may have."""
    after = 0
    for each in map(ipaddress.IPv4Network, _NOT_PUBLIC):
        first = int(each.network_address)
        if after < first:
            yield from map(
                str,
                ipaddress.summarize_address_range(
                    ipaddress.IPv4Address(after), ipaddress.IPv4Address(first - 1)
                ),
            )
        after = int(each.broadcast_address) + 1
    yield "2000::/3"


# AWS keeps the lists of its services and changes them; they hold public addresses only.
PUBLIC = tuple(_public())


@dataclass(frozen=True, slots=True)
class Written:
    """CIDRs that are surely in a list, and those that are or may be: the widest form."""

    sure: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()


def read(reading: Reading) -> Fragment:  # noqa: ARG001  lists mean what rules and routes make of them
    return NO_FRAGMENT


class PrefixLists:
    """The lists of one reading, by the address of a resource or data source."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._entries: dict[str, list[tuple[Block, bool]]] = {}
        self._loose: list[Block] = []
        for each in reading.of(ENTRY):
            link = each.link("prefix_list_id", *LISTS)
            for one in link.every:
                self._entries.setdefault(one, []).append((each, len(link.every) == 1))
            if link.certainty is Certainty.OPEN:
                self._loose.append(each)

    def written(self, link: Link) -> Written:
        """Return what the lists that an attribute names have in them."""
        found = joined([self._list(each) for each in link.every])
        if link.certainty is Certainty.OPEN:
            return Written(perhaps=ANYWHERE)
        return found if link.sure else Written(perhaps=(*found.sure, *found.perhaps))

    def _list(self, name: str) -> Written:
        instance = self._reading.instances.get(name)
        if instance is None:
            return Written(perhaps=ANYWHERE)
        block = self._reading.at(name)
        if instance.type == "aws_vpc_endpoint":
            return _of_aws(block.texts("cidr_blocks").values)
        if instance.mode is Mode.DATA:
            return _found(block)
        return self._managed(block)

    def _managed(self, block: Block) -> Written:
        if not block.known("entry") and block.written("entry"):
            return Written(perhaps=ANYWHERE)
        entries = [(each, True) for each in block.blocks("entry")]
        entries += self._entries.get(block.address, ())
        entries += [(each, False) for each in self._loose]
        return joined([_entry(each, sure=sure) for each, sure in entries])


def _entry(block: Block, *, sure: bool) -> Written:
    cidr = block.text("cidr")
    if not isinstance(cidr, str):
        return Written(perhaps=ANYWHERE)
    return Written(sure=(cidr,)) if sure else Written(perhaps=(cidr,))


def _found(block: Block) -> Written:
    """A list that a data source finds; what it has today when that is known."""
    cidrs = block.texts("cidr_blocks").values or tuple(
        cidr for each in block.blocks("entries") if isinstance(cidr := each.text("cidr"), str)
    )
    name = block.text("name")
    if isinstance(name, str) and name.startswith(AWS_NAME):
        return _of_aws(cidrs)
    return Written(sure=cidrs) if cidrs else Written(perhaps=ANYWHERE)


def _of_aws(cidrs: tuple[str, ...]) -> Written:
    return Written(sure=cidrs) if cidrs else Written(perhaps=PUBLIC)


def joined(lists: Iterable[Written]) -> Written:
    every = tuple(lists)
    return Written(
        tuple(dict.fromkeys(one for each in every for one in each.sure)),
        tuple(dict.fromkeys(one for each in every for one in each.perhaps)),
    )
