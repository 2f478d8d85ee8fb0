"""Addresses as numbers that keep their order, so that a CIDR is a slice of sorted addresses.

An IPv4 address is itself. An IPv6 address does not fit into 64 bits: its code is its place among
all the IPv6 bounds that were ever written in this network, which keeps order and borders alike.
"""

import ipaddress
from bisect import bisect_left
from collections.abc import Iterable, Iterator

IPV4_END = 1 << 32
IPV6_BASE = 1 << 33
CODE_END = 1 << 62
WILD = CODE_END + 1  # the code of a point whose address may be any

_IPV4_PARTS = 4

# What the internet routes; the rest is private, local, shared, documentation or multicast.
_PUBLIC_IPV6 = "2000::/3"
_NOT_PUBLIC_IPV4 = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
)

Span = tuple[int, int, int]  # first code, code behind the last, length of the prefix


class UnknownAddressError(KeyError):
    """An IPv6 bound that was not among those that the codes were made of."""


def _ipv4(text: str) -> int:
    parts = text.split(".")
    if len(parts) != _IPV4_PARTS:
        raise ValueError(text)
    value = 0
    for part in parts:
        if not (part.isascii() and part.isdigit() and int(part) <= 255):  # noqa: PLR2004
            raise ValueError(text)
        value = value << 8 | int(part)
    return value


def _bounds(cidr: str) -> tuple[int, int, int]:
    """Return the first address, the one behind the last, and the prefix's length.

    Raises `ValueError` for what is no CIDR. An address alone is a CIDR of one.
    """
    address, _, length = cidr.partition("/")
    is_ipv6 = ":" in address
    size = 128 if is_ipv6 else 32
    bits = int(length) if length else size
    if not 0 <= bits <= size:
        raise ValueError(cidr)
    value = int(ipaddress.IPv6Address(address)) if is_ipv6 else _ipv4(address)
    first = value >> (size - bits) << (size - bits)
    return first, first + (1 << (size - bits)), bits


class Codes:
    """Codes of the addresses of one network. `cidrs` must have every IPv6 CIDR that is used."""

    def __init__(self, cidrs: Iterable[str]) -> None:
        bounds: set[int] = set()
        for cidr in (*cidrs, _PUBLIC_IPV6, "::/0"):
            if ":" in cidr:
                try:
                    bounds.update(_bounds(cidr)[:2])
                except ValueError:
                    continue  # `span` tells of it
        self._ipv6 = sorted(bounds)
        self._spans: dict[str, Span | None] = {}

    def span(self, cidr: str) -> Span | None:
        """Return where a CIDR lies, None when it is none."""
        if cidr not in self._spans:
            self._spans[cidr] = self._span(cidr)
        return self._spans[cidr]

    def _span(self, cidr: str) -> Span | None:
        try:
            low, high, bits = _bounds(cidr)
        except ValueError:
            return None
        if ":" in cidr:
            return self._ipv6_code(low), self._ipv6_code(high), bits
        return low, high, bits

    def _ipv6_code(self, value: int) -> int:
        place = bisect_left(self._ipv6, value)
        if place == len(self._ipv6) or self._ipv6[place] != value:
            raise UnknownAddressError(str(ipaddress.IPv6Address(min(value, (1 << 128) - 1))))
        return IPV6_BASE + place

    def text(self, code: int) -> str:
        """Return the address of a code; of an IPv6 code the lowest address that it stands for."""
        return str(self._address(code))

    def cidrs(self, low: int, high: int) -> Iterator[str]:
        """Write the addresses from `low` to before `high`, of one family, as CIDRs."""
        first = self._address(low)
        if isinstance(first, ipaddress.IPv4Address):
            last4 = ipaddress.IPv4Address(high - 1)
            yield from map(str, ipaddress.summarize_address_range(first, last4))
        else:
            last6 = ipaddress.IPv6Address(self._ipv6[high - IPV6_BASE] - 1)
            yield from map(str, ipaddress.summarize_address_range(first, last6))

    def public(self) -> list[tuple[int, int]]:
        """Return the ranges of codes that the internet routes, in order."""
        ranges: list[tuple[int, int]] = []
        start = 0
        for cidr in _NOT_PUBLIC_IPV4:
            low, high, _ = _bounds(cidr)
            if start < low:
                ranges.append((start, low))
            start = high
        six = self.span(_PUBLIC_IPV6)
        return [*ranges, six[:2]] if six else ranges

    def _address(self, code: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        if code < IPV6_BASE:
            return ipaddress.IPv4Address(code)
        return ipaddress.IPv6Address(self._ipv6[code - IPV6_BASE])


def is_ipv6(code: int) -> bool:
    """Whether the code is an IPv6 address's."""
    return IPV6_BASE <= code < CODE_END
