"""One VPC made ready for counting: its points, its rules, and who is in which group."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from caisson.prove.network.addresses import Span
from caisson.prove.network.index import Index
from caisson.prove.network.painting import Atoms, Bits
from caisson.prove.network.points import Points, points_of
from caisson.prove.network.ports import is_whole, places
from caisson.prove.network.routing import lets_all_pass
from caisson.prove.network.rules import (
    UNKNOWN,
    Direction,
    Flags,
    Grants,
    Numbering,
    Numbers,
    Rules,
    rules_of,
)
from caisson.topology.network import Acl, AclEntry


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in which security group: sorted numbers of groups, and a point for each."""

    group: Numbers
    point: Numbers

    @classmethod
    def of(cls, points: Points, numbers: Numbering, *, sure: bool) -> "Members":
        groups = [
            [numbers.of(each.group) for each in slot.groups if each.sure or not sure]
            for slot in points.slots
        ]
        pairs = [
            (group, point)
            for point, slot in enumerate(points.slot.tolist())
            for group in groups[slot]
        ]
        group, point = np.array(sorted(pairs), np.int64).reshape(-1, 2).T.copy()
        return cls(group, point)


@dataclass(frozen=True, slots=True)
class View:
    """A part in its widest form, or in its narrowest."""

    sure: bool
    rows: Numbers  # (points, most groups of a point): rows of `Rules`, `Rules.count` for none
    members: Members
    strangers: Numbers  # points that may be members of any group
    passing: Flags  # points that count at all


@dataclass(frozen=True, slots=True)
class Part:
    """A VPC. `is_certain`: its widest form is its narrowest."""

    vpc: str
    rules: Rules
    points: Points
    widest: View
    narrowest: View
    is_certain: bool

    def only(self, slots: Flags, index: Index, numbers: Numbering) -> "Part":
        """Return the part without the points of other slots; the slots keep their numbers."""
        points = self.points.where(slots[self.points.slot])
        return _made(self.vpc, self.rules, points, index, numbers)

    def view(self, *, sure: bool) -> View:
        return self.narrowest if sure else self.widest


def part_of(vpc: str, index: Index, numbers: Numbering, cuts: Callable[[], Numbers]) -> Part:
    """Make a VPC ready; `cuts` gives the codes at which a rule that may matter begins or ends."""
    points = points_of(vpc, index, cuts)
    rules = rules_of((each.group for slot in points.slots for each in slot.groups), index, numbers)
    return _made(vpc, rules, points, index, numbers)


def nobodys_part(name: str, points: Points, index: Index, numbers: Numbering) -> Part:
    """Return a part for points outside of every VPC, in no group."""
    return _made(name, rules_of((), index, numbers), points, index, numbers)


def _made(vpc: str, rules: Rules, points: Points, index: Index, numbers: Numbering) -> Part:
    return Part(
        vpc,
        rules,
        points,
        _view(points, rules, numbers, sure=False),
        _view(points, rules, numbers, sure=True),
        _is_certain(points, rules, index),
    )


def _view(points: Points, rules: Rules, numbers: Numbering, *, sure: bool) -> View:
    rows = [slot.rows(rules.rows, sure=sure) for slot in points.slots]
    width = max(map(len, rows), default=0) or 1
    padded = np.full((len(rows) or 1, width), rules.count, np.int64)
    for number, each in enumerate(rows):
        padded[number, : len(each)] = each
    may_be_anywhere = [not sure and not each.groups_known for each in points.slots]
    passing = [each.sure or not sure for each in points.slots]
    return View(
        sure,
        padded[points.slot],
        Members.of(points, numbers, sure=sure),
        np.flatnonzero(np.array(may_be_anywhere, np.bool_)[points.slot]),
        np.array(passing, np.bool_)[points.slot],
    )


def _is_certain(points: Points, rules: Rules, index: Index) -> bool:
    slots = all(
        each.sure and each.groups_known and all(group.sure for group in each.groups)
        for each in points.slots
    )
    acls = (index.acls.get(each.acl or "") for each in points.places)
    return slots and all(map(_is_sure, (rules.egress, rules.ingress))) and all(map(_is_told, acls))


def _is_sure(direction: Direction) -> bool:
    known = direction.addresses.group != UNKNOWN
    return bool(direction.addresses.sure[known].all() and direction.groups.sure.all())


def _is_told(acl: Acl | None) -> bool:
    return (
        acl is not None
        and acl.described
        and all(entry_is_sure(entry) for entry in (*acl.ingress, *acl.egress))
    )


def entry_is_sure(entry: AclEntry) -> bool:
    return entry.sure and is_whole(entry.protocol, entry.ports)


@dataclass(frozen=True, slots=True)
class Row:
    """Sorted codes of those at the other end, of which the last `wild` ones may be any."""

    code: Numbers
    wild: int = 0

    @property
    def known(self) -> int:
        return len(self.code) - self.wild

    def slices(self, low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
        known = self.code[: self.known]
        return np.searchsorted(known, low), np.searchsorted(known, high)

    def effective(self, grants: Grants) -> tuple[Grants, Numbers, Numbers]:
        """Return the grants that concern somebody here, with the slices of whom."""
        begin, end = self.slices(grants.low, grants.high)
        there = np.flatnonzero(begin < end)
        found = grants.where(there), begin[there], end[there]
        if not self.wild:
            return found
        every = np.full(len(grants), self.known), np.full(len(grants), len(self.code))
        return (
            Grants(
                *(
                    np.concatenate([getattr(found[0], name), getattr(grants, name)])
                    for name in Grants.__slots__
                )
            ),
            np.concatenate([found[1], every[0]]),
            np.concatenate([found[2], every[1]]),
        )


def acl_edges(acls: Iterable[Acl | None]) -> Iterator[int]:
    """Yield the places at which an entry of an ACL begins or ends."""
    for acl in acls:
        for entry in (*acl.ingress, *acl.egress) if acl else ():
            yield from places(entry.protocol, entry.ports)


def is_open(acl: Acl | None, row: Row) -> bool:
    """Whether an ACL surely lets pass all between its subnet and those of the row."""
    six = bool(len(row.code)) and int(row.code[-1]) >= 1 << 32
    return lets_all_pass(acl, "0.0.0.0/0") and (not six or lets_all_pass(acl, "::/0"))


def acl_bits(
    acl: Acl | None,
    entries: Iterable[AclEntry],
    row: Row,
    atoms: Atoms,
    index: Index,
    *,
    sure: bool,
) -> Bits:
    """Return the bits that an ACL lets pass to or from each of the row, (words, row)."""
    if acl is None or not acl.described:
        return atoms.all_or_nothing(len(row.code), everything=not sure)
    board = atoms.all_or_nothing(len(row.code), everything=False)
    for entry in sorted(entries, key=lambda each: -each.number):
        certain = entry_is_sure(entry)
        span = index.codes.span(entry.cidr)
        if (certain and span is not None) or entry.allow is not sure:
            _decide(board, entry, span, row, atoms)
    return board


def _decide(board: Bits, entry: AclEntry, span: Span | None, row: Row, atoms: Atoms) -> None:
    """Let one entry decide, over those behind it."""
    first, last = places(entry.protocol, entry.ports)
    bits = atoms.bits(np.array([first]), np.array([last]))
    if span is None:
        begin, end = 0, row.known
    else:
        begin, end = (int(each[0]) for each in row.slices(np.array([span[0]]), np.array([span[1]])))
    if entry.allow:
        board[:, begin:end] |= bits
        board[:, row.known :] |= bits
    else:
        board[:, begin:end] &= ~bits


def cuts_of(vpc: str, index: Index) -> Iterator[Span]:
    """Yield the spans that the rules, ACLs and routes of a VPC tell apart."""
    span = index.codes.span
    yield from filter(None, map(span, (*index.vpc(vpc).cidrs, *_cidrs_in_rules(vpc, index))))
    for subnet in index.subnets_of.get(vpc, ()):
        for acl in filter(None, map(index.acls.get, subnet.acls)):
            entries = (*acl.ingress, *acl.egress)
            yield from filter(None, (span(entry.cidr) for entry in entries))
        for table in filter(None, map(index.tables.get, subnet.route_tables)):
            yield from filter(None, (span(route.destination) for route in table.routes))
    for transit in index.network.transit_tables:
        yield from filter(None, (span(route.destination) for route in transit.routes))


def _cidrs_in_rules(vpc: str, index: Index) -> Iterator[str]:
    groups = dict.fromkeys(
        each.group for one in index.interfaces.get(vpc, ()) for each in one.groups
    )
    for group in filter(None, map(index.groups.get, groups)):
        for rule in (*group.ingress, *group.egress):
            yield from rule.cidrs
