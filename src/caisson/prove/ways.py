"""Which resources can open connections to which, and what the internet can open."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from caisson.prove.crowd import open_to_crowd
from caisson.prove.network.ports import NOTHING, Connections, PortSet
from caisson.prove.network.reach import Reach
from caisson.topology.model import Topology
from caisson.topology.network import Forward, Interface, Protocol


@dataclass(frozen=True, slots=True)
class Way:
    """`source` may open `ports` at `target`; with `sure`, it certainly can."""

    source: str
    target: str
    ports: PortSet
    sure: bool


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
    def forwards(self) -> Mapping[str, tuple[Forward, ...]]:
        found: dict[str, list[Forward]] = defaultdict(list)
        for each in self.topology.network.forwards:
            found[each.owner].append(each)
        return {owner: tuple(each) for owner, each in found.items()}

    def paths_between(self, sources: Collection[str], targets: Collection[str]) -> Iterator[Way]:
        """Yield one way for each pair between which anything may pass."""
        for source_part, target_part, block in self.reach.pairs():
            ends = zip(block.source.tolist(), block.target.tolist(), strict=True)
            for entry, (start, end) in enumerate(ends):
                here = [o for o in source_part.points.owners[start] if o in sources]
                there = [o for o in target_part.points.owners[end] if o in targets]
                if here and there:
                    must = block.ports(entry, sure=True)
                    ports = must or block.ports(entry, sure=False)
                    yield from (
                        Way(source, target, ports, bool(must))
                        for source in here
                        for target in there
                    )

    @cached_property
    def _crowd(self) -> Reach:
        network = open_to_crowd(self.topology.network)
        return self.reach if network is self.topology.network else Reach.of(network)

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
            ports = entry.ports if entry.by else entry.ports & _tcp_and_udp(each)
            if ports and each.target not in passed and each.target != entry.resource:
                must = ports.must if each.sure and self._delivers(each) else NOTHING
                yield Entry(each.target, Connections(ports.may, must), (*entry.by, each))

    def _delivers(self, forward: Forward) -> bool:
        """Whether what is forwarded certainly arrives."""
        if forward.owner not in self.reach.owners or forward.target not in self.reach.owners:
            return True
        arriving = self.reach.between(forward.owner, forward.target).must
        return bool(arriving & PortSet.from_ports(Protocol.TCP, (forward.to_ports,)))


def _served(forward: Forward) -> Connections:
    ports = PortSet.from_ports(Protocol.TCP, (forward.ports,))
    return Connections(ports, ports if forward.sure else NOTHING)


def _tcp_and_udp(forward: Forward) -> PortSet:
    udp = PortSet.from_ports(Protocol.UDP, (forward.ports,))
    return PortSet.from_ports(Protocol.TCP, (forward.ports,)) | udp


def minus(connections: Connections, ports: PortSet) -> Connections:
    """Return what is left without `ports`."""
    return Connections(connections.may - ports, connections.must - ports)
