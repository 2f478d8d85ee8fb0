"""Where packets of one VPC begin and end: points, and the slots that they are alternatives of.

A *point* is one concrete address in one subnet with one route table and one ACL. A *slot* is one
presence of an interface: when its address, subnet, table or ACL is one of several, the slot has
one point for each, and addresses that no rule tells apart share a point. What may happen happens
at one of a slot's points; what must happen happens at all of them. Interfaces that differ in
nothing but their owner share their slots.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, product

import numpy as np

from caisson.prove.network.addresses import CODE_END, IPV6_BASE, WILD, is_ipv6
from caisson.prove.network.index import Index
from caisson.prove.network.ports import EVERYTHING, PortSet
from caisson.prove.network.routing import acl_key
from caisson.prove.network.rules import UNFILTERED, UNKNOWN, Flags, Numbers
from caisson.topology.network import Interface, Membership, Ports, Protocol, Subnet

# With more addresses to tell apart than this, a slot's address counts as any whatever.
_MOST_ADDRESSES = 512


@dataclass(frozen=True, slots=True)
class Place:
    """A subnet with one route table and one ACL, by id; None where it is not known which."""

    subnet: str
    table: str | None
    acl: str | None


@dataclass(frozen=True, slots=True)
class Slot:
    """What the points of a slot have in common, and whose it is."""

    groups: tuple[Membership, ...]
    groups_known: bool
    filtered: bool
    public: bool | None
    listens: PortSet
    ipv6: bool | None  # None where it may be any address
    sure: bool

    def rows(self, numbered: Mapping[str, int], *, sure: bool) -> list[int]:
        """Return the rows of the groups that it may be in, or is surely in."""
        if not self.filtered:
            return [UNFILTERED]
        rows = [numbered[each.group] for each in self.groups if each.sure or not sure]
        return rows if sure or self.groups_known else [*rows, UNKNOWN]


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a VPC by rising code; the `wild` last ones may have any address.

    `last` is the code behind those that are not told apart from `code`. A place stands for all
    that are `alike`, itself included: those whose ACLs let the same pass.
    """

    code: Numbers
    last: Numbers
    place: Numbers
    slot: Numbers
    family: Numbers  # 4, 6, or 0 where it may be either
    wild: int
    places: tuple[Place, ...]
    alike: tuple[tuple[Place, ...], ...]
    slots: tuple[Slot, ...]
    owners: tuple[tuple[str, ...], ...]  # of each slot
    listens: tuple[PortSet, ...]
    listening: Numbers  # the number in `listens` of each point
    divided: bool  # some slot's addresses were told apart by the cuts

    def __len__(self) -> int:
        return len(self.code)

    def where(self, chosen: Flags) -> "Points":
        """Return the points chosen; places and slots keep their numbers."""
        return replace(
            self,
            code=self.code[chosen],
            last=self.last[chosen],
            place=self.place[chosen],
            slot=self.slot[chosen],
            family=self.family[chosen],
            listening=self.listening[chosen],
            wild=int((self.code[chosen] == WILD).sum()),
        )

    @property
    def known(self) -> int:
        return len(self.code) - self.wild

    def are_cut(self, edges: Numbers) -> bool:
        """Whether one of the sorted edges tells apart what is one point."""
        after = np.searchsorted(edges, self.code[: self.known], side="right")
        following = np.append(edges, CODE_END)[after]
        return bool((following < self.last[: self.known]).any())


_FAMILIES = {False: 4, True: 6, None: 0}
_Range = tuple[int, int]
_Alternative = tuple[Place, int, int]  # first code, and the one behind the last


def points_of(vpc: str, index: Index, cuts: Callable[[], Numbers]) -> Points:
    """Lay out the interfaces of a VPC; `cuts` gives the codes at which some rule begins or ends."""
    layout = _Layout(vpc, index, cuts)
    for interface in index.interfaces.get(vpc, ()):
        layout.add(interface)
    return layout.points()


class _Layout:
    def __init__(self, vpc: str, index: Index, cuts: Callable[[], Numbers]) -> None:
        self._vpc, self._index, self._get_cuts = vpc, index, cuts
        self._places: dict[Place, int] = {}
        self._slots: dict[tuple[Slot, tuple[_Alternative, ...]], list[str]] = defaultdict(list)
        self._around: dict[str, tuple[Place, ...]] = {}
        self._alike: dict[Place, tuple[Place, ...]] = {}
        self._spans: dict[str, list[_Range]] = {}
        self._cuts: Numbers | None = None

    def add(self, interface: Interface) -> None:
        common = Slot(
            tuple(dict.fromkeys(interface.groups)),
            interface.groups_known,
            interface.filtered,
            interface.public,
            _listening(interface.listens),
            ipv6=False,
            sure=interface.sure,
        )
        subnets = [self._index.subnet(each, interface) for each in interface.subnets or ("",)]
        choices = [[each] for each in subnets] if interface.all_subnets else [subnets]
        for choice in choices:
            for slot, alternatives in self._presences(interface, common, choice):
                owners = self._slots[slot, alternatives]
                if interface.owner not in owners:
                    owners.append(interface.owner)

    def _presences(
        self, interface: Interface, common: Slot, subnets: list[Subnet]
    ) -> Iterator[tuple[Slot, tuple[_Alternative, ...]]]:
        """Yield the slots of an interface that is in one of `subnets`, those of this VPC only."""
        here = [each for each in subnets if each.vpc == self._vpc]
        sure = common.sure and len(here) == len(subnets) and all(each.sure for each in here)
        slot = common if sure == common.sure else replace(common, sure=sure)
        ranges = {each.id: self._ranges(each) for each in here}
        addresses = [
            span[0] for each in interface.addresses if (span := self._index.codes.span(each))
        ]
        if not all(ranges.values()) and not addresses:
            yield replace(slot, ipv6=None, sure=False), self._anywhere(here)
            return
        lows = (*addresses, *(low for some in ranges.values() for low, _ in some))
        for ipv6 in sorted({is_ipv6(low) for low in lows}):
            yield from self._of_family(slot, ipv6, addresses, here, ranges)

    def _of_family(
        self,
        slot: Slot,
        ipv6: bool,
        addresses: list[int],
        subnets: list[Subnet],
        ranges: dict[str, list[_Range]],
    ) -> Iterator[tuple[Slot, tuple[_Alternative, ...]]]:
        """Yield a slot for each known address, or one for the addresses that it may have."""
        mine = {
            key: [each for each in some if is_ipv6(each[0]) == ipv6] for key, some in ranges.items()
        }
        known = False
        for address in addresses:
            if is_ipv6(address) != ipv6:
                continue
            around = [
                each for each in subnets if not ranges[each.id] or _holds(mine[each.id], address)
            ]
            if around:
                known = True
                found = (place for each in around for place in self._at(each))
                alone = tuple((place, address, address + 1) for place in found)
                yield slot if slot.ipv6 is ipv6 else replace(slot, ipv6=ipv6), alone
        if known or not any(mine.values()):
            return
        sure = slot.sure and all(mine.values()) and self._is_certain(ipv6, addresses, ranges)
        alternatives = tuple(self._alternatives(subnets, mine))
        if len(alternatives) > _MOST_ADDRESSES:
            yield replace(slot, ipv6=ipv6, sure=False), self._anywhere(subnets)
        else:
            yield replace(slot, ipv6=ipv6, sure=sure), alternatives

    def _anywhere(self, subnets: list[Subnet]) -> tuple[_Alternative, ...]:
        return tuple((place, WILD, WILD) for each in subnets for place in self._at(each))

    @staticmethod
    def _is_certain(ipv6: bool, addresses: list[int], ranges: dict[str, list[_Range]]) -> bool:
        """Whether it has some address of this family: of two families, it may have one only."""
        families = {is_ipv6(low) for some in ranges.values() for low, _ in some}
        return len(families) == 1 or (not ipv6 and not addresses)

    def _alternatives(
        self, subnets: list[Subnet], ranges: dict[str, list[_Range]]
    ) -> Iterator[_Alternative]:
        if self._cuts is None:
            self._cuts = self._get_cuts()
        cuts = self._cuts
        for subnet in subnets:
            for low, high in ranges[subnet.id]:
                begin = int(np.searchsorted(cuts, low, side="right"))
                end = int(np.searchsorted(cuts, high, side="left"))
                inside = [low, *cuts[begin:end].tolist(), high][: _MOST_ADDRESSES + 2]
                for place, (first, last) in product(self._at(subnet), pairwise(inside)):
                    yield place, first, last

    def _at(self, subnet: Subnet) -> tuple[Place, ...]:
        """Return the places that a subnet may be: for each route table, and ACLs not alike."""
        if subnet.id not in self._around:
            six = any(is_ipv6(low) for low, _ in self._ranges(subnet) or [(IPV6_BASE, 0)])
            tables = [each if each in self._index.tables else None for each in subnet.route_tables]
            acls = [each if each in self._index.acls else None for each in subnet.acls]
            alike: dict[Hashable, list[Place]] = defaultdict(list)
            for table, acl in product(dict.fromkeys(tables or [None]), acls or [None]):
                what = acl_key(self._index.acls.get(acl or ""), six=six)
                alike[table, what].append(Place(subnet.id, table, acl))
            self._alike |= {some[0]: tuple(some) for some in alike.values()}
            self._around[subnet.id] = tuple(some[0] for some in alike.values())
        return self._around[subnet.id]

    def _ranges(self, subnet: Subnet) -> list[_Range]:
        """Return the codes of a subnet; when not known those of its VPC; empty when any."""
        if subnet.id in self._spans:
            return self._spans[subnet.id]
        vpc = self._index.vpc(subnet.vpc)
        cidrs = subnet.cidrs or (vpc.cidrs if vpc.described else ())
        spans = [self._index.codes.span(each) for each in cidrs]
        found = [] if None in spans else [each[:2] for each in spans if each]
        self._spans[subnet.id] = found
        return found

    def points(self) -> Points:
        rows = sorted(
            (code, last, self._places.setdefault(place, len(self._places)), number)
            for number, (_, alternatives) in enumerate(self._slots)
            for place, code, last in alternatives
        )
        code, last, place, slot = np.array(rows, dtype=np.int64).reshape(-1, 4).T.copy()
        return Points(
            code,
            last,
            place,
            slot,
            self._families()[slot],
            int((code == WILD).sum()),
            tuple(self._places),
            tuple(self._alike[each] for each in self._places),
            tuple(each for each, _ in self._slots),
            tuple(tuple(owners) for owners in self._slots.values()),
            *self._listens(slot),
            self._cuts is not None,
        )

    def _listens(self, slot: Numbers) -> tuple[tuple[PortSet, ...], Numbers]:
        kinds: dict[PortSet, int] = {}
        numbers = [kinds.setdefault(each.listens, len(kinds)) for each, _ in self._slots]
        return tuple(kinds), np.array(numbers, np.int64)[slot]

    def _families(self) -> Numbers:
        return np.array([_FAMILIES[each.ipv6] for each, _ in self._slots], dtype=np.int64)


def _holds(ranges: Iterable[_Range], address: int) -> bool:
    return any(low <= address < high for low, high in ranges)


@lru_cache  # few things listen on ports of their own
def _listening(ports: tuple[Ports, ...] | None) -> PortSet:
    if ports is None:
        return EVERYTHING
    return (
        PortSet.from_ports(Protocol.ICMP)
        | PortSet.from_ports(Protocol.OTHER)
        | PortSet.of(
            each
            for protocol in (Protocol.TCP, Protocol.UDP)
            for each in PortSet.from_ports(protocol, ports).ranges
        )
    )
