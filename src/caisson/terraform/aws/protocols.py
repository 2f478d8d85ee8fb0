"""Protocols and ports, as rules of groups and network ACLs write them."""

from caisson.terraform.model import UNKNOWN
from caisson.terraform.reading import Block
from caisson.topology.network import ALL_PORTS, Ports, Protocol

NAMES = {
    "tcp": Protocol.TCP,
    "udp": Protocol.UDP,
    "icmp": Protocol.ICMP,
    "icmpv6": Protocol.ICMP,
    "all": Protocol.ANY,
    "-1": Protocol.ANY,
    "6": Protocol.TCP,
    "17": Protocol.UDP,
    "1": Protocol.ICMP,
    "58": Protocol.ICMP,
}
HIGHEST = 65535


def protocol_of(block: Block, name: str) -> tuple[Protocol, bool]:
    """Return the protocol, and whether it is known: any when it is not."""
    value = block.text(name)
    if not isinstance(value, str):
        return Protocol.ANY, False
    return NAMES.get(value.lower().removesuffix(".0"), Protocol.OTHER), True


def ports_of(block: Block, protocol: Protocol) -> tuple[Ports, bool]:
    """Return the ports (of ICMP the types), and whether they are known: all when they are not.

    `-1` stands for all of them, and so does a rule that gives none.
    """
    if protocol in (Protocol.ANY, Protocol.OTHER):
        return ALL_PORTS, True
    low, high = block.number("from_port"), block.number("to_port")
    if low is UNKNOWN or high is UNKNOWN:
        return ALL_PORTS, False
    if low is None or low < 0:
        return ALL_PORTS, True
    first = min(int(low), HIGHEST)
    if protocol is Protocol.ICMP:
        return Ports(first, first), True  # the type; `to_port` is its code
    return Ports(first, min(int(high if high is not None else low), HIGHEST)), True
