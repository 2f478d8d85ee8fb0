"""Which resources can open connections to which, and what the internet can open."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from caisson.prove.crowd import open_to_crowd
from caisson.prove.network.blocks import Block
from caisson.prove.network.forwarding import forwarded
from caisson.prove.network.parts import Part
from caisson.prove.network.ports import NOTHING, Connections, PortSet
from caisson.prove.network.reach import Reach
from caisson.prove.network.rules import Numbers
from caisson.topology.model import Topology
from caisson.topology.network import Forward, Interface, Ports, Protocol

# Of more ways than these between two sides, the first are told, and how many more there are.
_MOST_WAYS = 12


@dataclass(frozen=True, slots=True)
class Way:
    """`source` may open `ports` at `target`; with `sure`, it certainly can."""

    source: str
    target: str
    ports: PortSet
    sure: bool


@dataclass(slots=True)
class Paths:
    """Ways that were found, sure ones apart: the first of them, and how many there are."""

    sure: list[Way] = field(default_factory=list)
    perhaps: list[Way] = field(default_factory=list)
    sure_count: int = 0
    perhaps_count: int = 0

    def add(self, ways: Iterator[Way], count: int, *, sure: bool) -> None:
        kept = self.sure if sure else self.perhaps
        kept.extend(islice(ways, max(0, _MOST_WAYS - len(kept))))
        if sure:
            self.sure_count += count
        else:
            self.perhaps_count += count

    def __or__(self, other: "Paths") -> "Paths":
        return Paths(
            [*self.sure, *other.sure],
            [*self.perhaps, *other.perhaps],
            self.sure_count + other.sure_count,
            self.perhaps_count + other.perhaps_count,
        )

    def __bool__(self) -> bool:
        return bool(self.sure_count or self.perhaps_count)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the internet can open at `resource`, directly or through what forwards.

    `by` are the forwards on the way, the first of them at what the internet opens. `ports` are
    those where the internet comes in: at the resource itself, or at the first forward.
    """

    resource: str
    ports: Connections
    by: tuple[Forward, ...] = ()


@dataclass(frozen=True)
class Ways:
    """The connections of one topology; they are worked out when first asked for."""

    topology: Topology

    @cached_property
    def reach(self) -> Reach:
        return Reach.of(self.topology.network)

    @cached_property
    def interfaces(self) -> Mapping[str, tuple[Interface, ...]]:
        found: dict[str, list[Interface]] = defaultdict(list)
        for each in self.topology.network.interfaces:
            found[each.owner].append(each)
        return {owner: tuple(each) for owner, each in found.items()}

    @cached_property
    def silent(self) -> frozenset[str]:
        """What opens no connections but those that its forwards tell of."""
        cards = self.interfaces.items()
        return frozenset(owner for owner, each in cards if not any(one.opens for one in each))

    @cached_property
    def forwards(self) -> Mapping[str, tuple[Forward, ...]]:
        found: dict[str, list[Forward]] = defaultdict(list)
        for each in self.topology.network.forwards:
            found[each.owner].append(each)
        return {owner: tuple(each) for owner, each in found.items()}

    def joined(self, vpc: str) -> tuple[str, ...]:
        """Return the networks that packets may come from: this one, its peers, and by transit."""
        others = self._on_transit if vpc in self._on_transit else {}
        return (vpc, *self._peers.get(vpc, ()), *others)

    @cached_property
    def _on_transit(self) -> Mapping[str, None]:
        return dict.fromkeys(each.peer for each in self.topology.network.transit_attachments)

    @cached_property
    def _peers(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for each in self.topology.network.peerings:
            one, other = each.vpcs
            found[one].append(other)
            found[other].append(one)
        return {vpc: tuple(others) for vpc, others in found.items()}

    def paths_between(self, sources: Collection[str], targets: Collection[str]) -> Paths:
        """Return the ways from any of `sources` to any of `targets`; some of them, and a count."""
        found = Paths()
        sources = frozenset(sources) - self.silent
        if not sources or not targets:
            return found
        starts, ends = self._slots(sources), self._slots(targets)
        near = self.reach.pairs(lambda one, other: bool(starts[one].any() and ends[other].any()))
        for source, target, block in near:
            pairs = starts[source.vpc][block.source] * ends[target.vpc][block.target]
            must = np.any(block.must != 0, axis=0)
            for chosen, sure in ((pairs * must, True), (pairs * ~must, False)):
                ways = (
                    way
                    for entry in np.flatnonzero(chosen).tolist()
                    for way in _ways(source, target, block, entry, sources, targets, sure=sure)
                )
                found.add(ways, int(chosen.sum()), sure=sure)
        return found

    def neighbours(self, inside: Collection[str], outside: Collection[str]) -> Mapping[str, str]:
        """Return what of `outside` may have a connection with `inside`, each with one of these."""
        found: dict[str, str] = {}
        if not inside or not outside:
            return found
        ours, theirs = self._slots(inside), self._slots(outside)
        near = self.reach.pairs(
            lambda one, other: bool(
                (ours[one].any() and theirs[other].any())
                or (theirs[one].any() and ours[other].any())
            )
        )
        for source, target, block in near:
            into = ours[source.vpc][block.source] * theirs[target.vpc][block.target] > 0
            _meet(found, (target, block.target), (source, block.source), into, inside)
            out = theirs[source.vpc][block.source] * ours[target.vpc][block.target] > 0
            _meet(found, (source, block.source), (target, block.target), out, inside)
        return {name: partner for name, partner in found.items() if name in outside}

    def _slots(self, owners: Collection[str]) -> Mapping[str, Numbers]:
        """Return for each VPC how many of `owners` have each of its slots."""
        return {
            vpc: np.array(
                [sum(each in owners for each in slot) for slot in part.points.owners], np.int64
            )
            for vpc, part in self.reach.parts.items()
        }

    @cached_property
    def _crowd(self) -> Reach:
        network = open_to_crowd(self.topology.network)
        return self.reach if network is self.topology.network else self.reach.narrowed(network)

    def named(self, resource: str) -> PortSet:
        """Return the ports that only some addresses of the internet can open."""
        if self._crowd is self.reach or resource not in self.reach.owners:
            return NOTHING
        return self.reach.from_internet(resource).may - self._crowd.from_internet(resource).may

    @cached_property
    def opened(self) -> Mapping[str, Connections]:
        """What the internet can open, by the resource whose address it opens."""
        crowd = self._crowd
        found = defaultdict(Connections, {each: crowd.from_internet(each) for each in crowd.owners})
        for each in self.topology.network.forwards:
            if each.from_internet:
                found[each.owner] |= _served(each)
        return {owner: ports for owner, ports in found.items() if ports}

    @cached_property
    def entries(self) -> Mapping[str, tuple[Entry, ...]]:
        """All ways from the internet into a resource, by resource, direct ones first."""
        found: dict[str, list[Entry]] = defaultdict(list)
        waiting = [Entry(owner, ports) for owner, ports in self.opened.items()]
        for entry in waiting:  # grows while it is walked
            found[entry.resource].append(entry)
            waiting.extend(self._onward(entry))
        return {resource: tuple(each) for resource, each in found.items()}

    def _onward(self, entry: Entry) -> Iterator[Entry]:
        passed = {each.owner for each in entry.by}
        for each in self.forwards.get(entry.resource, ()):
            ports = entry.ports if entry.by else entry.ports & _tcp_and_udp(each.ports)
            delivered = forwarded(self.reach, each, internet=True)
            if ports and delivered and each.target not in {*passed, entry.resource}:
                must = ports.must if each.sure and delivered.must else NOTHING
                yield Entry(each.target, Connections(ports.may, must), (*entry.by, each))


def _ways(
    source: Part,
    target: Part,
    block: Block,
    entry: int,
    sources: Collection[str],
    targets: Collection[str],
    *,
    sure: bool,
) -> Iterator[Way]:
    """Yield the ways of one entry, between all owners of its slots that were asked for."""
    ports = block.ports(entry, sure=sure)
    for here in source.points.owners[int(block.source[entry])]:
        for there in target.points.owners[int(block.target[entry])]:
            if here in sources and there in targets:
                yield Way(here, there, ports, sure)


def _meet(
    found: dict[str, str],
    strangers: tuple[Part, Numbers],
    partners: tuple[Part, Numbers],
    chosen: NDArray[np.bool_],
    inside: Collection[str],
) -> None:
    """Add the owners of the strangers' chosen slots, each with one partner that is `inside`."""
    slots, first = np.unique(strangers[1][chosen], return_index=True)
    for slot, partner in zip(slots.tolist(), partners[1][chosen][first].tolist(), strict=True):
        known = next(each for each in partners[0].points.owners[partner] if each in inside)
        for owner in strangers[0].points.owners[slot]:
            found.setdefault(owner, known)


def _served(forward: Forward) -> Connections:
    ports = PortSet.from_ports(Protocol.TCP, (forward.ports,))
    return Connections(ports, ports if forward.sure else NOTHING)


def _tcp_and_udp(ports: Ports) -> PortSet:
    udp = PortSet.from_ports(Protocol.UDP, (ports,))
    return PortSet.from_ports(Protocol.TCP, (ports,)) | udp


def minus(connections: Connections, ports: PortSet) -> Connections:
    """Return what is left without `ports`."""
    return Connections(connections.may - ports, connections.must - ports)
