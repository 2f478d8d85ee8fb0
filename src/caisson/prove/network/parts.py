"""One VPC made ready for counting: its points, its rules, and who is in which group."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from caisson.prove.network.acls import entry_is_sure
from caisson.prove.network.addresses import Span
from caisson.prove.network.index import Index
from caisson.prove.network.points import Points, Slot, points_of
from caisson.prove.network.rules import (
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

    def where(self, chosen: Flags) -> "Members":
        kept = chosen[self.point]
        return Members(self.group[kept], _renumbered(self.point[kept], chosen))


@dataclass(frozen=True, slots=True)
class View:
    """A part in its widest form, or in its narrowest."""

    sure: bool
    rows: Numbers  # (points, most groups of a point): rows of `Rules`, `Rules.count` for none
    members: Members
    strangers: Numbers  # points that may be members of any group
    passing: Flags  # points that count at all

    def where(self, chosen: Flags) -> "View":
        """Return the view of the points chosen."""
        return View(
            self.sure,
            self.rows[chosen],
            self.members.where(chosen),
            _renumbered(self.strangers[chosen[self.strangers]], chosen),
            self.passing[chosen],
        )


def _renumbered(points: Numbers, chosen: Flags) -> Numbers:
    return (np.cumsum(chosen) - 1)[points]


@dataclass(frozen=True, slots=True)
class Part:
    """A VPC. `doubtful` tells of each slot whether its narrowest form may not be its widest."""

    vpc: str
    rules: Rules
    points: Points
    widest: View
    narrowest: View
    doubtful: Flags

    def where(self, chosen: Flags) -> "Part":
        """Return the part with the points chosen only; slots keep their numbers."""
        return replace(
            self,
            points=self.points.where(chosen),
            widest=self.widest.where(chosen),
            narrowest=self.narrowest.where(chosen),
        )

    def only(self, slots: Flags) -> "Part":
        """Return the part without the points of other slots."""
        return self.where(slots[self.points.slot])

    def told_apart(self, edges: Numbers) -> "Part":
        """Return the part with one point for those that no edge in this row tells apart."""
        points = self.points
        if not points.divided:
            return self
        step = np.searchsorted(edges, points.code, side="right")
        key = (points.slot * len(points.places) + points.place) * (len(edges) + 1) + step
        chosen = np.zeros(len(points), np.bool_)
        chosen[np.unique(key, return_index=True)[1]] = True
        return self if chosen.all() else self.where(chosen)

    def ruled_by(self, index: Index, numbers: Numbering) -> "Part":
        """Return the part with the rules that its groups have in `index`, at the same points."""
        rules = rules_of(self.rules.rows, index, numbers)
        return replace(self, rules=rules, doubtful=_doubtful(self.points, rules, index))

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
    widest = _view(points, rules, numbers, sure=False)
    certain = all(map(_is_certain, points.slots))
    narrowest = replace(widest, sure=True) if certain else _view(points, rules, numbers, sure=True)
    return Part(vpc, rules, points, widest, narrowest, _doubtful(points, rules, index))


def _is_certain(slot: Slot) -> bool:
    return slot.sure and slot.groups_known and all(each.sure for each in slot.groups)


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


def _doubtful(points: Points, rules: Rules, index: Index) -> Flags:
    """Tell of each slot whether it, its groups, their rules or its ACL are not sure."""
    untold = {row for each in (rules.egress, rules.ingress) for row in each.unsure_rows()}
    doubtful = np.array(
        [
            not _is_certain(each) or not untold.isdisjoint(each.rows(rules.rows, sure=False))
            for each in points.slots
        ],
        np.bool_,
    )
    told = [_is_told(index.acls.get(each.acl or "")) for each in points.places]
    doubtful[points.slot[~np.array(told, np.bool_)[points.place]]] = True
    return doubtful


def _is_told(acl: Acl | None) -> bool:
    return (
        acl is not None
        and acl.described
        and all(entry_is_sure(entry) for entry in (*acl.ingress, *acl.egress))
    )


def edges_of(vpc: str, index: Index) -> Numbers:
    """Return the codes at which a rule, an ACL's entry or a route of a VPC begins or ends."""
    if vpc not in index.edges:
        edges = {edge for span in spans_of(vpc, index) for edge in span[:2]}
        index.edges[vpc] = np.array(sorted(edges), np.int64)
    return index.edges[vpc]


def spans_of(
    vpc: str,
    index: Index,
    groups: Iterable[str] | None = None,
    acls: Iterable[str] | None = None,
) -> Iterator[Span]:
    """Yield the spans that the rules, ACLs and routes of a VPC tell apart.

    `groups` and `acls` are those whose rules count; without them, all in use do.
    """
    if groups is None:
        cards = index.interfaces.get(vpc, ())
        groups = dict.fromkeys(each.group for one in cards for each in one.groups)
    subnets = index.subnets_of.get(vpc, ())
    if acls is None:
        acls = dict.fromkeys(each for subnet in subnets for each in subnet.acls)
    tables = dict.fromkeys(each for subnet in subnets for each in subnet.route_tables)
    cidrs = (
        *index.vpc(vpc).cidrs,
        *_cidrs_of_groups(groups, index),
        *_cidrs_of_acls(acls, index),
        *_destinations(tables, index),
    )
    yield from filter(None, map(index.codes.span, cidrs))


def _cidrs_of_groups(groups: Iterable[str], index: Index) -> Iterator[str]:
    for group in filter(None, map(index.groups.get, groups)):
        for rule in (*group.ingress, *group.egress):
            yield from rule.cidrs


def _cidrs_of_acls(acls: Iterable[str], index: Index) -> Iterator[str]:
    for acl in filter(None, map(index.acls.get, acls)):
        yield from (entry.cidr for entry in (*acl.ingress, *acl.egress))


def _destinations(tables: Iterable[str], index: Index) -> Iterator[str]:
    for table in filter(None, map(index.tables.get, tables)):
        yield from (route.destination for route in table.routes)
    for transit in index.network.transit_tables:
        yield from (route.destination for route in transit.routes)
