"""The checks that one packet meets on its way, one by one: for showing what was decided.

The engine decides whole networks; this asks again about two points, and names the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from caisson.prove.certificate import Hop
from caisson.prove.network.acls import entry_is_sure
from caisson.prove.network.addresses import CODE_END, WILD, is_ipv6
from caisson.prove.network.index import Index
from caisson.prove.network.points import Place, Slot
from caisson.prove.network.ports import ANSWERS, EVERYTHING, NOTHING, QUESTIONS, PortSet, is_whole
from caisson.prove.network.routing import Delivery, Router, Sender
from caisson.topology.network import Acl, AclEntry, Rule, Target


@dataclass(frozen=True, slots=True)
class End:
    """A point. `vpc`, `place` and `slot` are None for an address of the internet.

    `last` is the code behind those that no rule tells apart from `code`.
    """

    owner: str
    code: int
    last: int
    vpc: str | None = None
    place: Place | None = None
    slot: Slot | None = None

    @property
    def public(self) -> bool | None:
        return self.slot.public if self.slot else True


@dataclass(frozen=True, slots=True)
class Check:
    """What one check lets pass, and the things that decide it."""

    kind: str
    by: tuple[Hop, ...]
    passed: PortSet


class Checks:
    """All checks between two ends, in the network's widest form or its narrowest."""

    def __init__(self, index: Index, source: End, target: End, *, sure: bool) -> None:
        self._index, self._source, self._target, self._sure = index, source, target, sure

    @cached_property
    def all(self) -> tuple[Check, ...]:
        return tuple(self._all())

    @property
    def passed(self) -> PortSet:
        found = EVERYTHING
        for each in self.all:
            found &= each.passed
        return found

    def _all(self) -> Iterator[Check]:
        source, target = self._source, self._target
        yield from self._addresses()
        yield from self._groups("egress", source, target)
        yield from self._routes("route", source, target)
        if not self._neighbours:
            yield from self._acl("acl out", source, target)
            yield from self._acl("acl in", target, source)
        yield from self._groups("ingress", target, source)
        if target.slot:
            yield Check("listens", (Hop("listens", target.owner),), target.slot.listens)
        yield from self._routes("route back", target, source)
        if not self._neighbours:
            yield from self._answers()

    @property
    def _neighbours(self) -> bool:
        ends = self._source.place, self._target.place
        return ends[0] is not None and ends[1] is not None and ends[0].subnet == ends[1].subnet

    def _addresses(self) -> Iterator[Check]:
        source, target = self._source, self._target
        if WILD not in (source.code, target.code):
            alike = is_ipv6(source.code) == is_ipv6(target.code)
            hop = Hop("address", target.owner, "IPv4 and IPv6 do not meet")
            yield Check("address", (hop,), EVERYTHING if alike else NOTHING)
        if source.slot is None:
            able = target.public is True or (target.public is None and not self._sure)
            hop = Hop("address", target.owner, "public")
            yield Check("address", (hop,), EVERYTHING if able else NOTHING)

    # Security groups

    def _groups(self, way: str, own: End, other: End) -> Iterator[Check]:
        slot = own.slot
        if slot is None or not slot.filtered or (not slot.groups_known and not self._sure):
            return
        groups = [each.group for each in slot.groups if each.sure or not self._sure]
        found = NOTHING
        for group in groups:
            found |= self.permitted(group, way, own, other)
        hops = tuple(Hop(way, each) for each in groups) or (Hop(way, own.owner),)
        yield Check(way, hops, found)

    def permitted(self, group: str, way: str, own: End, other: End) -> PortSet:
        """Return what one group permits to or from the other end."""
        known = self._index.groups.get(group)
        if known is None or not known.described:
            return NOTHING if self._sure else EVERYTHING
        found = NOTHING
        for rule in getattr(known, way):
            if self.permits(rule, own, other):
                found |= PortSet.from_ports(rule.protocol, (rule.ports,))
        return found

    def permits(self, rule: Rule, own: End, other: End) -> bool:
        """Whether a rule speaks of the other end."""
        if self._sure and not (rule.sure and is_whole(rule.protocol, rule.ports)):
            return False
        return any(self._covers(each, other) for each in rule.cidrs) or self._names(
            rule.groups, own, other
        )

    def _covers(self, cidr: str, end: End) -> bool:
        span = self._index.codes.span(cidr)
        if span is None or end.code == WILD:
            return not self._sure
        return span[0] <= end.code < span[1]

    def _names(self, groups: tuple[str, ...], own: End, other: End) -> bool:
        slot = other.slot
        if not groups or slot is None:
            return False
        if not self._sure:
            return not slot.groups_known or any(each.group in groups for each in slot.groups)
        referable = own.vpc == other.vpc or self._index.peered(
            own.vpc or "", other.vpc or "", sure=True
        )
        return referable and any(each.group in groups and each.sure for each in slot.groups)

    # Routes

    def _routes(self, kind: str, own: End, other: End) -> Iterator[Check]:
        if own.place is None or self._neighbours:
            return
        leads = self._leads(kind, own, other)
        yield Check(kind, (Hop(kind, own.place.table or own.place.subnet),), leads)

    def _leads(self, kind: str, own: End, other: End) -> PortSet:
        answering = kind == "route back" and other.vpc is None
        publics = {True: [True], False: [False], None: [True, False]}[own.public]
        if answering:
            publics = [True]
        codes = np.array([other.code if other.code < CODE_END else WILD], np.int64)
        router = Router(self._index, other.vpc, codes, int(other.code == WILD))
        table = own.place.table if own.place else None
        led: list[Delivery] = [
            router.by(table, Sender(own.vpc or "", each, answering)) for each in publics
        ]
        if self._sure:
            return EVERYTHING if all(each.must[0] for each in led) else NOTHING
        return EVERYTHING if any(each.may[0] for each in led) else NOTHING

    # ACLs

    def _acl(self, kind: str, own: End, other: End) -> Iterator[Check]:
        if own.place is not None:
            passed = self._through(own.place.acl, _way(kind), other)
            yield Check(kind, (Hop(kind, own.place.acl or own.place.subnet),), passed)

    def _through(self, acl_id: str | None, way: str, other: End) -> PortSet:
        acl = self._index.acls.get(acl_id or "")
        if acl is None or not acl.described:
            return NOTHING if self._sure else EVERYTHING
        found, left = NOTHING, EVERYTHING
        for entry in self.deciding(acl, way, other):
            ports = PortSet.from_ports(entry.protocol, (entry.ports,))
            found |= left & ports if entry.allow else NOTHING
            left -= ports
        return found

    def deciding(self, acl: Acl, way: str, other: End) -> Iterator[AclEntry]:
        """Yield the entries that speak of the other end, in the order in which they are tried."""
        for entry in sorted(getattr(acl, way), key=lambda each: each.number):
            span = self._index.codes.span(entry.cidr)
            certain = entry_is_sure(entry) and span is not None
            if not certain and entry.allow is self._sure:
                continue
            if other.code == WILD:
                if entry.allow and not self._sure:
                    yield entry
            elif span is None or span[0] <= other.code < span[1]:
                yield entry

    def _answers(self) -> Iterator[Check]:
        """Yield the check that some answer gets back: by the one ACL, the other, and both."""
        ways = [
            (kind, own.place.acl or own.place.subnet, self._through(own.place.acl, _way(kind), at))
            for kind, own, at in (
                ("acl answer out", self._target, self._source),
                ("acl answer in", self._source, self._target),
            )
            if own.place is not None
        ]
        for kind, name, through in ways:
            yield Check(kind, (Hop(kind, name),), _answerable(through))
        if len(ways) > 1:
            both = ways[0][2] & ways[1][2]
            hops = tuple(Hop(kind, name) for kind, name, _ in ways)
            yield Check("acl answer out", hops, _answerable(both))

    def answer_port(self, question: tuple[int, int]) -> int:
        """Return a place to which an answer to questions of this range can be sent."""
        through = PortSet((dict(zip(QUESTIONS, ANSWERS, strict=True))[question],))
        for kind, own, at in (
            ("acl answer out", self._target, self._source),
            ("acl answer in", self._source, self._target),
        ):
            if own.place is not None and not self._neighbours:
                through &= self._through(own.place.acl, _way(kind), at)
        # The range that most systems choose from, when it is free.
        usual = through & PortSet(((question[0] + 49152, question[1]),))
        return (usual or through).ranges[0][0]


def _way(kind: str) -> str:
    return "egress" if kind in ("acl out", "acl answer out") else "ingress"


def _answerable(through: PortSet) -> PortSet:
    """Return the questions that some answer to them gets through for."""
    return PortSet.of(
        question
        for question, answer in zip(QUESTIONS, ANSWERS, strict=True)
        if through & PortSet((answer,))
    )


def leads_by(index: Index, own: End, other: End) -> tuple[str, str | None]:
    """Return the destination of the route that decides, or `local`, and what it leads to."""
    table = index.tables.get(own.place.table or "") if own.place else None
    fitting = [
        (span[2], route)
        for route in (table.routes if table else ())
        if (span := index.codes.span(route.destination)) and span[0] <= other.code < span[1]
    ]
    local = max(
        (
            span[2]
            for cidr in index.vpc(own.vpc or "").cidrs
            if (span := index.codes.span(cidr)) and span[0] <= other.code < span[1]
        ),
        default=-1,
    )
    length, route = max(fitting, key=lambda each: each[0], default=(-1, None))
    if route is None or local > length:
        return "local", None
    return route.destination, None if route.target is Target.LOCAL else route.via
