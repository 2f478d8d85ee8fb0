"""One VPC made ready for counting: its points, its rules, and who is in which group."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from caisson.prove.network.acls import entry_is_sure
from caisson.prove.network.addresses import Span
from caisson.prove.network.index import Index
from caisson.prove.network.points import Points, points_of
from caisson.prove.network.rules import (
    UNKNOWN,
    Direction,
    Flags,
    Numbering,
    Numbers,
    Rules,
    rules_of,
)
from caisson.topology.network import Acl


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


def edges_of(vpc: str, index: Index) -> Numbers:
    """Return the codes at which a rule, an ACL's entry or a route of a VPC begins or ends."""
    edges = {edge for span in spans_of(vpc, index) for edge in span[:2]}
    return np.array(sorted(edges), np.int64)


def spans_of(vpc: str, index: Index) -> Iterator[Span]:
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
