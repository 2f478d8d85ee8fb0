"""Certificates of what the engine decided: one packet that passes, or what refuses them all."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise, product

import numpy as np

from caisson.prove.certificate import ANYTHING, INTERNET, Hop, Packet, Refusal
from caisson.prove.network.addresses import IPV4_END, WILD, Span, is_ipv6
from caisson.prove.network.checks import Check, Checks, End, leads_by
from caisson.prove.network.cover import Met, cover
from caisson.prove.network.outside import outside_ranges
from caisson.prove.network.parts import Part, spans_of
from caisson.prove.network.points import Place, Slot
from caisson.prove.network.ports import EVERYTHING, RANGES, Connections, PortSet, at
from caisson.prove.network.reach import Reach
from caisson.prove.network.rules import Numbers
from caisson.topology.network import Ports, Protocol, Rule

# Of an address range, the one shown: the cloud keeps the first four of a subnet for itself.
_KEPT_ADDRESSES = 4
_EXAMPLES = (0xC6336407, 0x08080808)  # 198.51.100.7 (RFC 5737), else 8.8.8.8


class Trace:
    """Asks a `Reach` again about single pairs; either end may be `internet`."""

    def __init__(self, reach: Reach) -> None:
        self._reach, self._index = reach, reach.index
        self._edges_of: dict[tuple[str | None, Place | None, Slot | None], Numbers] = {}

    def witness(
        self, source: str, target: str, ports: PortSet = EVERYTHING, *, sure: bool
    ) -> Packet | None:
        """Return a packet that passes on one of `ports`, surely or perhaps; None when none does."""
        found = self.connections(source, target)
        ports &= found.must if sure else found.may
        for one, other in self._pairs(source, target) if ports else ():
            if sure and not all(each.slot is None or each.slot.sure for each in (one, other)):
                continue
            checks = Checks(self._index, one, other, sure=sure)
            if passed := checks.passed & ports:
                return self._packet(checks, one, other, passed)
        return None

    def connections(self, source: str, target: str) -> Connections:
        """Return what `source` can open at `target`; one of them may be `internet`."""
        if source == INTERNET:
            return self._reach.from_internet(target)
        if target == INTERNET:
            return self._reach.to_internet(source)
        return self._reach.between(source, target)

    def refusals(
        self, source: str, target: str, ports: PortSet = EVERYTHING
    ) -> tuple[Refusal, ...]:
        """Return refusals that together cover all of `ports`.

        Raises `ValueError` when something may pass.
        """
        met = [
            Met(one, other, Checks(self._index, one, other, sure=False).all)
            for one, other in self._pairs(source, target)
        ]
        return tuple(cover(met, ports, self._index.codes))

    def closed(self, target: str, ports: PortSet) -> tuple[tuple[Refusal, ...], set[str]]:
        """Return the refusals of everything that the groups of `target` never let in.

        With them come those that they may let in on one of `ports`, whatever else refuses them.
        """
        ends = list(self._ends(target))
        slots = dict.fromkeys(end.slot for end in ends if end.slot)
        admitted = {owner for slot in slots for owner in self._admitted(slot, ports)}
        groups = dict.fromkeys(each.group for end in ends if end.slot for each in end.slot.groups)
        hops = tuple(Hop("ingress", each) for each in groups) or (Hop("ingress", target),)
        if admitted >= set(self._reach.owners):
            return (), admitted
        besides = tuple(sorted(admitted))
        refusals = (
            Refusal(ANYTHING, target, protocol, some, hops, besides=besides)
            for protocol, some in ports.parts()
        )
        return tuple(refusals), admitted

    def _admitted(self, slot: Slot, ports: PortSet) -> Iterator[str]:
        """Yield the owners that the groups of one slot may let in."""
        groups = [self._index.groups.get(each.group) for each in slot.groups]
        if not (slot.filtered and slot.groups_known) or not all(g and g.described for g in groups):
            yield from self._reach.owners
            return
        rules = [
            rule
            for group in groups
            for rule in (group.ingress if group else ())
            if PortSet.from_ports(rule.protocol, (rule.ports,)) & ports
        ]
        yield from self._members[None]
        for name in {each for rule in rules for each in rule.groups}:
            yield from self._members.get(name, ())
        for part in self._reach.parts.values():
            chosen = np.zeros(len(part.points), np.bool_)
            for rule in rules:
                self._choose(chosen, rule, part)
            for number in np.unique(part.points.slot[chosen]).tolist():
                yield from part.points.owners[number]

    @cached_property
    def _members(self) -> Mapping[str | None, Collection[str]]:
        """Who may be in each group, as far as the groups are known; None has all others."""
        found: dict[str | None, dict[str, None]] = {None: {}}
        for part in self._reach.parts.values():
            for slot, owners in zip(part.points.slots, part.points.owners, strict=True):
                names = [each.group for each in slot.groups] if slot.groups_known else [None]
                for name in names:
                    found.setdefault(name, {}).update(dict.fromkeys(owners))
        return found

    def _choose(self, chosen: np.ndarray, rule: Rule, part: Part) -> None:
        points = part.points
        for cidr in rule.cidrs:
            span = self._index.codes.span(cidr)
            chosen[points.known :] = True
            if span is None:
                chosen[:] = True
            else:
                chosen |= (points.code < span[1]) & (points.last > span[0])

    def _pairs(self, source: str, target: str) -> Iterator[tuple[End, End]]:
        """Yield all pairs of ends, each as far as the rules around the others tell it apart.

        An end is cut alike for all others, so that what is said of a piece is true of any pair.
        """
        ones = [] if source == INTERNET else list(self._ends(source))
        others = [] if target == INTERNET else list(self._ends(target))
        if source == INTERNET:
            yield from product(self._outside(others), others)
        elif target == INTERNET:
            yield from product(ones, self._outside(ones))
        else:
            yield from product(self._told_apart(ones, others), self._told_apart(others, ones))

    def _ends(self, owner: str) -> Iterator[End]:
        """Yield where something is: addresses side by side in one place as one end."""
        for vpc, slot in self._reach.homes(owner):
            points = self._reach.parts[vpc].points
            mine = np.flatnonzero(points.slot == slot)
            for number in np.unique(points.place[mine]).tolist():
                here = mine[points.place[mine] == number]
                for place in points.alike[number]:
                    for low, high in _joined(points.code[here], points.last[here]):
                        yield End(owner, low, high, vpc, place, points.slots[slot])

    def _told_apart(self, ends: Iterable[End], by: Iterable[End]) -> Iterator[End]:
        edges = self._edges(by)
        for end in ends:
            if end.code == WILD:
                yield end
                continue
            first, last = np.searchsorted(edges, (end.code + 1, end.last))
            for low, high in pairwise((end.code, *edges[first:last].tolist(), end.last)):
                yield replace(end, code=low, last=high)

    def _outside(self, ends: Sequence[End]) -> Iterator[End]:
        """Yield the internet's addresses, as far as they are told apart."""
        spans = [span for end in ends for span in self._spans(end)]
        for low, high in outside_ranges("", self._index, spans):
            yield End(INTERNET, low, high)

    def _edges(self, ends: Iterable[End]) -> Numbers:
        """Return the codes at which something around one of the ends begins to speak of others."""
        found = [np.zeros(0, np.int64)]
        for key, end in {(each.vpc, each.place, each.slot): each for each in ends}.items():
            if key not in self._edges_of:
                edges = {edge for span in self._spans(end) for edge in span[:2]}
                self._edges_of[key] = np.array(sorted(edges), np.int64)
            found.append(self._edges_of[key])
        return np.unique(np.concatenate(found))

    def _spans(self, end: End) -> Iterator[Span]:
        groups = [each.group for each in end.slot.groups] if end.slot else []
        acl = end.place.acl if end.place else None
        return spans_of(end.vpc or "", self._index, groups, [acl or ""])

    def _packet(self, checks: Checks, one: End, other: End, passed: PortSet) -> Packet:
        place = passed.ranges[0][0]
        protocol, port = at(place)
        _, answer = at(checks.answer_port(RANGES[protocol]))
        return Packet(
            one.owner,
            self._address(one),
            answer,
            other.owner,
            self._address(other, but=self._address(one)),
            protocol,
            port,
            tuple(self._hops(checks, one, other, protocol, port)),
        )

    def _address(self, end: End, but: str = "") -> str:
        """Write one address of an end, if it can another than `but`; empty where it may be any."""
        if end.code == WILD:
            return ""
        if is_ipv6(end.code) or end.last > IPV4_END:
            return self._index.codes.text(end.code)
        if end.slot is None:
            good = (each for each in _EXAMPLES if end.code <= each < end.last)
            return self._index.codes.text(next(good, end.code))
        usual = (end.code + each for each in (_KEPT_ADDRESSES, _KEPT_ADDRESSES + 1, 0))
        inside = [self._index.codes.text(each) for each in usual if each < end.last]
        return next((each for each in inside if each != but), but)

    def _hops(
        self, checks: Checks, one: End, other: End, protocol: Protocol, port: int
    ) -> Iterator[Hop]:
        """Yield each check with the rule by which the packet got past it."""
        asked = PortSet.from_ports(protocol, (Ports(port, port),))
        for check in checks.all:
            back = check.kind in ("ingress", "acl in", "route back")
            own, far = (other, one) if back else (one, other)
            match check.kind:
                case "egress" | "ingress":
                    yield self._permitting(checks, check, own, far, asked)
                case "route" | "route back":
                    yield from self._routed(check, own, far)
                case "acl out" | "acl in":
                    yield self._allowing(checks, check, far, asked)
                case "address" if own.slot is None or far.slot is None:
                    yield check.by[0]
                case _:
                    pass

    def _permitting(self, checks: Checks, check: Check, own: End, far: End, asked: PortSet) -> Hop:
        for hop in check.by:
            group = self._index.groups.get(hop.id)
            for rule in getattr(group, check.kind, ()):
                ports = PortSet.from_ports(rule.protocol, (rule.ports,))
                if ports & asked and checks.permits(rule, own, far):
                    return Hop(check.kind, hop.id, rule.id)
        return check.by[0]

    def _routed(self, check: Check, own: End, far: End) -> Iterator[Hop]:
        destination, via = leads_by(self._index, own, far)
        yield Hop(check.kind, check.by[0].id, destination)
        if via and check.kind == "route":
            yield Hop("gateway", via)

    def _allowing(self, checks: Checks, check: Check, far: End, asked: PortSet) -> Hop:
        acl = self._index.acls.get(check.by[0].id)
        if acl is None:
            return check.by[0]
        way = "egress" if check.kind == "acl out" else "ingress"
        for entry in checks.deciding(acl, way, far):
            if PortSet.from_ports(entry.protocol, (entry.ports,)) & asked:
                return Hop(check.kind, acl.id, str(entry.number))
        return check.by[0]


def _joined(low: Numbers, high: Numbers) -> Iterator[tuple[int, int]]:
    """Join ranges that lie side by side; each is given by rising codes."""
    begin = np.flatnonzero(np.append(True, low[1:] != high[:-1]))
    end = np.append(begin[1:], len(low)) - 1
    yield from zip(low[begin].tolist(), high[end].tolist(), strict=True)
