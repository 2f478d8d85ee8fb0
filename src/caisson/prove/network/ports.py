"""All protocols and ports as one line of places, and sets of them.

The places are TCP's ports, then UDP's, then one for ICMP and one for whatever other protocol.
What is said of ICMP's types or of another protocol's number is not told apart here: a rule that
speaks of only some of them is not sure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from caisson.topology.network import ALL_PORTS, Ports, Protocol

PORTS = 1 << 16
_TCP, _UDP, _ICMP, _OTHER, END = 0, PORTS, 2 * PORTS, 2 * PORTS + 1, 2 * PORTS + 2
_EPHEMERAL = 1024
RANGES = {
    Protocol.TCP: (_TCP, _UDP),
    Protocol.UDP: (_UDP, _ICMP),
    Protocol.ICMP: (_ICMP, _OTHER),
    Protocol.OTHER: (_OTHER, END),
    Protocol.ANY: (0, END),
}
# Where an answer may be sent to, for each protocol.
ANSWERS = ((_EPHEMERAL, _UDP), (_UDP + _EPHEMERAL, _ICMP), (_ICMP, _OTHER), (_OTHER, END))
QUESTIONS = tuple(RANGES[each] for each in RANGES if each is not Protocol.ANY)
BORDERS = (0, _EPHEMERAL, _UDP, _UDP + _EPHEMERAL, _ICMP, _OTHER, END)


def places(protocol: Protocol, ports: Ports) -> tuple[int, int]:
    """Return the first place and the one behind the last."""
    low, high = RANGES[protocol]
    if protocol in (Protocol.TCP, Protocol.UDP):
        return low + ports.low, low + ports.high + 1
    return low, high


def is_whole(protocol: Protocol, ports: Ports) -> bool:
    """Whether the places say no more than what was meant."""
    return protocol is not Protocol.OTHER and (protocol is not Protocol.ICMP or ports == ALL_PORTS)


@dataclass(frozen=True, slots=True)
class PortSet:
    """Ranges of places, in order and apart from each other."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> "PortSet":
        """Join ranges that touch or overlap."""
        joined: list[tuple[int, int]] = []
        for low, high in sorted(each for each in ranges if each[0] < each[1]):
            if joined and low <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
            else:
                joined.append((low, high))
        return cls(tuple(joined))

    @classmethod
    def from_ports(cls, protocol: Protocol, ports: Iterable[Ports] = (ALL_PORTS,)) -> "PortSet":
        return cls.of(places(protocol, each) for each in ports)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def size(self) -> int:
        return sum(high - low for low, high in self.ranges)

    def __or__(self, other: "PortSet") -> "PortSet":
        if not (self.ranges and other.ranges):
            return self or other
        return PortSet.of((*self.ranges, *other.ranges))

    def __and__(self, other: "PortSet") -> "PortSet":
        return PortSet.of(
            (max(low, first), min(high, last))
            for low, high in self.ranges
            for first, last in other.ranges
        )

    def __sub__(self, other: "PortSet") -> "PortSet":
        if not (self.ranges and other.ranges):
            return self
        edges = [0, *(edge for one in other.ranges for edge in one), END]
        return self & PortSet.of(zip(edges[::2], edges[1::2], strict=True))

    def has(self, protocol: Protocol, port: int = 0) -> bool:
        place, _ = places(protocol, Ports(port, port))
        return any(low <= place < high for low, high in self.ranges)

    def ports(self, protocol: Protocol) -> tuple[Ports, ...]:
        """Return the ports of TCP or UDP; of another protocol all of them, or none."""
        low, high = RANGES[protocol]
        mine = self & PortSet(((low, high),))
        if protocol not in (Protocol.TCP, Protocol.UDP):
            return (ALL_PORTS,) if mine else ()
        return tuple(Ports(first - low, last - low - 1) for first, last in mine.ranges)

    def parts(self) -> Iterator[tuple[Protocol, Ports]]:
        """Yield what is in it, protocol by protocol."""
        for protocol in RANGES:
            if protocol is not Protocol.ANY:
                yield from ((protocol, each) for each in self.ports(protocol))

    def __str__(self) -> str:
        """Write `tcp 80, 443, 8000-8100, udp 53, icmp`, `everything` or `nothing`."""
        return _written(self)


@lru_cache(maxsize=1024)  # many things are open alike
def _written(found: PortSet) -> str:
    if found == EVERYTHING:
        return "everything"
    written: dict[Protocol, list[str]] = {}
    for protocol, ports in found.parts():
        written.setdefault(protocol, []).append(_range(protocol, ports))
    texts = (" ".join((key, ", ".join(each))).strip() for key, each in written.items())
    return ", ".join(texts) or "nothing"


def _range(protocol: Protocol, ports: Ports) -> str:
    if protocol not in (Protocol.TCP, Protocol.UDP):
        return ""
    if ports == ALL_PORTS:
        return "on every port"
    return str(ports.low) if ports.low == ports.high else f"{ports.low}-{ports.high}"


def at(place: int) -> tuple[Protocol, int]:
    """Return the protocol and the port of a place."""
    for protocol, (low, high) in RANGES.items():
        if low <= place < high:
            return protocol, place - low
    raise ValueError(place)


EVERYTHING = PortSet(((0, END),))
NOTHING = PortSet()


@dataclass(frozen=True, slots=True)
class Connections:
    """The ports that may be opened, and those of them that surely can be."""

    may: PortSet = NOTHING
    must: PortSet = NOTHING

    def __or__(self, other: "Connections") -> "Connections":
        return Connections(self.may | other.may, self.must | other.must)

    def __and__(self, ports: PortSet) -> "Connections":
        return Connections(self.may & ports, self.must & ports)

    def __bool__(self) -> bool:
        return bool(self.may)


NO_CONNECTION = Connections()
