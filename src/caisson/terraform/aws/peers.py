"""Whom the rule of a security group permits, in each of the three ways of writing one."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from caisson.terraform.aws.kinds import GROUP
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.prefix_lists import LISTS, PrefixLists
from caisson.terraform.model import Certainty
from caisson.terraform.reading import Block
from caisson.topology.network import ANYWHERE

IPV4, IPV6 = ANYWHERE
# Inline blocks and `aws_security_group_rule` on one side, the newer resources on the other.
CIDRS = {"cidr_blocks": IPV4, "ipv6_cidr_blocks": IPV6, "cidr_ipv4": IPV4, "cidr_ipv6": IPV6}
PREFIX_LISTS = ("prefix_list_ids", "prefix_list_id")
GROUPS = ("security_groups", "source_security_group_id", "referenced_security_group_id")


@dataclass(frozen=True, slots=True)
class Peers:
    cidrs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.cidrs or self.groups)


NOBODY = Peers()


@dataclass(frozen=True, slots=True)
class Permitted:
    """`perhaps` are those that a rule may permit besides, in the widest form."""

    surely: Peers
    perhaps: Peers


class PeerReader:
    """Reads the peers of rules; every group is written with all its names."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._lists = PrefixLists(names.reading)
        self._aliases = names.aliases(GROUP)

    def all_names(self, group: str) -> tuple[str, ...]:
        return self._aliases.get(group, (group,))

    def peers(self, block: Block, group: str) -> Permitted:
        """Return whom one rule of `group` permits."""
        parts = (
            *self._cidrs(block),
            *self._listed(block),
            *self._groups(block),
            *self._itself(block, group),
        )
        if len(parts) == 1:  # nearly all of them
            return parts[0]
        return Permitted(
            _together([each.surely for each in parts]), _together([each.perhaps for each in parts])
        )

    def _cidrs(self, block: Block) -> Iterator[Permitted]:
        for name, widest in CIDRS.items():
            if block.values.get(name) is None or not block.written(name):
                continue
            told = block.texts(name)
            yield Permitted(_peers(told.values), NOBODY if told.complete else _peers((widest,)))

    def _listed(self, block: Block) -> Iterator[Permitted]:
        for name in PREFIX_LISTS:
            if block.values.get(name) is not None and block.written(name):
                found = self._lists.written(block.link(name, *LISTS, "aws_vpc_endpoint"))
                yield Permitted(_peers(found.sure), _peers(found.perhaps))

    def _groups(self, block: Block) -> Iterator[Permitted]:
        for name in GROUPS:
            if block.values.get(name) is None:
                continue
            link = self._names.link(block, name, GROUP)
            certain = link.certain
            left = [each for each in link.every if each not in certain]
            # The members of a group that is not known may be anywhere.
            others = ANYWHERE if link.certainty is Certainty.OPEN else ()
            yield Permitted(_peers((), self._all(certain)), _peers(others, self._all(left)))

    def _all(self, groups: Iterable[str]) -> list[str]:
        return [one for each in groups for one in self.all_names(each)]

    def _itself(self, block: Block, group: str) -> Iterator[Permitted]:
        match block.flag("self", default=False):
            case True:
                yield Permitted(_peers((), self.all_names(group)), NOBODY)
            case None:
                yield Permitted(NOBODY, _peers((), self.all_names(group)))


def _together(parts: Sequence[Peers]) -> Peers:
    return _peers(
        [one for each in parts for one in each.cidrs],
        [one for each in parts for one in each.groups],
    )


def _peers(cidrs: Collection[str], groups: Collection[str] = ()) -> Peers:
    """Return each of them once."""
    if not cidrs and not groups:
        return NOBODY
    return Peers(tuple(dict.fromkeys(cidrs)), tuple(dict.fromkeys(groups)))
