"""The rules of the security groups of one VPC, as columns of numbers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caisson.prove.network.addresses import CODE_END
from caisson.prove.network.index import Index
from caisson.prove.network.ports import END, is_whole, places
from caisson.topology.network import Rule

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Groups that are nobody's: of what has no filter, and of what may be in groups that are not known.
UNFILTERED, UNKNOWN = 0, 1
_PSEUDO = 2

_Row = tuple[int, int, int, int, int, bool]


@dataclass(frozen=True, slots=True)
class Grants:
    """Permissions, one per row: a group's row, to codes from `low` to before `high`, places.

    `known` is False where `low` stands for the number of a security group instead of a code.
    """

    group: Numbers
    low: Numbers
    high: Numbers
    first: Numbers  # of the places of ports
    last: Numbers  # behind the last place
    sure: Flags

    def __len__(self) -> int:
        return len(self.group)

    def where(self, chosen: NDArray[Any]) -> "Grants":
        """Return the rows chosen, by flags or by their numbers."""
        return Grants(
            self.group[chosen],
            self.low[chosen],
            self.high[chosen],
            self.first[chosen],
            self.last[chosen],
            self.sure[chosen],
        )

    @classmethod
    def of(cls, rows: Iterable[_Row]) -> "Grants":
        columns = np.array([*rows], dtype=np.int64).reshape(-1, 6).T.copy()
        group, low, high, first, last, sure = columns
        return cls(group, low, high, first, last, sure.astype(np.bool_))


@dataclass(frozen=True, slots=True)
class Direction:
    """All that the groups of a VPC permit in one direction: to addresses, and to groups."""

    addresses: Grants
    groups: Grants  # `low` is the number of the security group referred to

    def unsure_rows(self) -> set[int]:
        """Return the rows of the groups of which some rule is not sure."""
        each = (self.addresses, self.groups)
        return {row for one in each for row in one.group[~one.sure].tolist()}


@dataclass(frozen=True, slots=True)
class Rules:
    """The groups that interfaces of a VPC are in, by row, and what they permit."""

    rows: Mapping[str, int]
    count: int
    egress: Direction
    ingress: Direction


class Numbering:
    """Numbers of security groups by id; once given they stay, also in later networks."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, group: str) -> int:
        return self._numbers.setdefault(group, len(self._numbers))


def rules_of(groups: Iterable[str], index: Index, numbers: Numbering) -> Rules:
    """Collect the rules of `groups`."""
    rows = {group: row for row, group in enumerate(dict.fromkeys(groups), _PSEUDO)}
    directions = [_direction(rows, index, numbers, each) for each in ("egress", "ingress")]
    return Rules(rows, _PSEUDO + len(rows), *directions)


def _direction(
    rows: Mapping[str, int], index: Index, numbers: Numbering, direction: str
) -> Direction:
    addresses: list[_Row] = [_everything(UNFILTERED, sure=True), _everything(UNKNOWN, sure=False)]
    groups: list[_Row] = []
    for group, row in rows.items():
        known = index.groups.get(group)
        if known is None or not known.described:
            addresses.append(_everything(row, sure=False))
        if known is not None:
            for rule in getattr(known, direction):
                first, last = places(rule.protocol, rule.ports)
                sure = rule.sure and known.described and is_whole(rule.protocol, rule.ports)
                addresses += _to_addresses(row, rule, index, (first, last, sure))
                groups += [(row, numbers.of(each), 0, first, last, sure) for each in rule.groups]
    return Direction(Grants.of(addresses), Grants.of(groups))


def _everything(row: int, *, sure: bool) -> _Row:
    return (row, 0, CODE_END, 0, END, sure)


def _to_addresses(
    row: int, rule: Rule, index: Index, rest: tuple[int, int, bool]
) -> Iterator[_Row]:
    first, last, sure = rest
    for cidr in rule.cidrs:
        if (span := index.codes.span(cidr)) is not None:
            yield (row, span[0], span[1], first, last, sure)
        else:  # what cannot be read may be any address
            yield (row, 0, CODE_END, first, last, False)
