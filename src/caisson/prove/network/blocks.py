"""Every connection from one VPC to another, or within one: the two forms of it, side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from caisson.prove.network.acls import Border, acl_edges, hold_back
from caisson.prove.network.index import Index
from caisson.prove.network.painting import Atoms, Bits, all_bits, paint
from caisson.prove.network.parts import Part, View, edges_of
from caisson.prove.network.ports import Connections, PortSet
from caisson.prove.network.routing import Delivery, Router, Sender
from caisson.prove.network.rows import Row
from caisson.prove.network.rules import Direction, Flags, Grants, Numbers


@dataclass(frozen=True, slots=True)
class Block:
    """What slots of one part can open at slots of another, where there is anything.

    Entries are sorted by source slot, then by target slot. `may` and `must` are (words, entries).
    """

    source: Numbers
    target: Numbers
    may: Bits
    must: Bits
    atoms: Atoms

    def find(self, source: int, target: int) -> int | None:
        """Return the entry of two slots."""
        low, high = np.searchsorted(self.source, (source, source + 1))
        place = int(low + np.searchsorted(self.target[low:high], target))
        return place if place < high and self.target[place] == target else None

    def ports(self, entry: int, *, sure: bool) -> PortSet:
        return self.atoms.ports((self.must if sure else self.may)[:, entry])

    @property
    def by_source(self) -> Mapping[int, Connections]:
        """All that a slot can open somewhere, by slot."""
        return self._together(self.source)

    @property
    def by_target(self) -> Mapping[int, Connections]:
        """All that somebody can open at a slot, by slot."""
        return self._together(self.target)

    def _together(self, slots: Numbers) -> Mapping[int, Connections]:
        order = np.argsort(slots, kind="stable")
        found, begin = np.unique(slots[order], return_index=True)
        if not len(found):
            return {}
        both = np.stack([self.may, self.must])[:, :, order]
        rows = np.bitwise_or.reduceat(both, begin, axis=2).transpose(2, 0, 1)
        # Many slots are open alike.
        alike: dict[bytes, Connections] = {}
        for row in rows:
            if (key := row.tobytes()) not in alike:
                alike[key] = Connections(*map(self.atoms.ports, row))
        return {slot: alike[row.tobytes()] for slot, row in zip(found.tolist(), rows, strict=True)}

    @property
    def size_bytes(self) -> int:
        must = 0 if self.must is self.may else self.must.nbytes
        return self.source.nbytes + self.target.nbytes + self.may.nbytes + must


@dataclass(frozen=True, slots=True)
class Facing:
    """A part with its points as another part tells them apart.

    `led` says for each place of the other how packets from there are delivered to these points.
    """

    part: Part
    led: list[Delivery]


def facing(index: Index, part: Part, other: Part) -> Facing:
    """Return a part as seen from another one, which may be the same part."""
    seen = part.told_apart(edges_of(other.vpc, index))
    router = Router(index, seen.vpc, seen.points.code, seen.points.wild)
    return Facing(seen, [router.by(each.table, Sender(other.vpc)) for each in other.points.places])


def block(index: Index, source: Facing, target: Facing) -> Block:
    """Decide every pair of slots of two parts that face each other."""
    return block_by(index, source.part, target.part, target.led, source.led)


def block_by(
    index: Index, source: Part, target: Part, there: list[Delivery], back: list[Delivery]
) -> Block:
    """Decide every pair, given how each place of one part leads to the points of the other."""
    return _Pair(index, source, target).block(there, back)


@dataclass(frozen=True, slots=True)
class _Permissions:
    """The rules of one end that concern somebody at the other end."""

    addresses: tuple[Grants, Numbers, Numbers]
    groups: tuple[Grants, Numbers, Numbers]
    strangers: tuple[Grants, Numbers]  # rules that refer to groups, and who may be in those

    def edges(self) -> Iterator[Numbers]:
        for grants in (self.addresses[0], self.groups[0], self.strangers[0]):
            yield grants.first
            yield grants.last


class _Pair:
    def __init__(self, index: Index, source: Part, target: Part) -> None:
        self._index, self._source, self._target = index, source, target
        self._source_row = Row(source.points.code, source.points.wild)
        self._target_row = Row(target.points.code, target.points.wild)
        same = source.vpc == target.vpc
        self._referable = same or index.peered(source.vpc, target.vpc, sure=True)

    def block(self, there: list[Delivery], back: list[Delivery]) -> Block:
        source, target = self._source.points, self._target.points
        atoms, widest = self._points(there, back, sure=False)
        if not widest.any():
            nobody = np.zeros((atoms.words, 0), np.uint64)
            return Block(np.zeros(0, np.int64), np.zeros(0, np.int64), nobody, nobody, atoms)
        ends = _Slots.of(source.slot), _Slots.of(target.slot)
        may = _by_slot(np.bitwise_or, widest, *ends)
        slots = ends[0].numbers, ends[1].numbers
        # Where nothing may be, nothing must be.
        doubts = (
            _doubts(self._source, back, everywhere=not self._referable)[slots[0]]
            & may.any(axis=(0, 2)),
            _doubts(self._target, there, everywhere=not self._referable)[slots[1]]
            & may.any(axis=(0, 1)),
        )
        # At each single point there is but one form of what is not in doubt.
        single = (len(slots[0]), len(slots[1])) == (len(source), len(target))
        must = may if single else _by_slot(np.bitwise_and, widest, *ends)
        if any(each.any() for each in doubts):
            must = must.copy()
            self._narrow(must, there, back, atoms, slots, doubts)
        return _sparse(may, must, atoms, slots)

    def _narrow(
        self,
        must: Bits,
        there: list[Delivery],
        back: list[Delivery],
        atoms: Atoms,
        slots: tuple[Numbers, Numbers],
        doubts: tuple[Flags, Flags],
    ) -> None:
        """Write what must be, in the rows and columns of slots that are in doubt."""
        source, target = self._source.points.slot, self._target.points.slot
        rows = np.isin(source, slots[0][doubts[0]])
        if rows.any():
            some = _Pair(self._index, self._source.where(rows), self._target)
            homeward = [each.where(rows) for each in back]
            found = some._points(there, homeward, sure=True, atoms=atoms)[1]
            ends = _Slots.of(source[rows]), _Slots.of(target)
            must[:, doubts[0]] = _by_slot(np.bitwise_and, found, *ends)
        columns = np.isin(target, slots[1][doubts[1]])
        if columns.any() and not rows.all():
            some = _Pair(self._index, self._source, self._target.where(columns))
            onward = [each.where(columns) for each in there]
            found = some._points(onward, back, sure=True, atoms=atoms)[1]
            ends = _Slots.of(source), _Slots.of(target[columns])
            must[:, :, doubts[1]] = _by_slot(np.bitwise_and, found, *ends)

    def _points(
        self, there: list[Delivery], back: list[Delivery], *, sure: bool, atoms: Atoms | None = None
    ) -> tuple[Atoms, Bits]:
        """Return what points can open, (words, source points, target points)."""
        source, target = self._source.view(sure=sure), self._target.view(sure=sure)
        egress = self._permissions(self._source.rules.egress, target, self._target_row, sure)
        ingress = self._permissions(self._target.rules.ingress, source, self._source_row, sure)
        atoms = atoms or self._atoms(egress, ingress)
        allowed = _entered(ingress, atoms, self._target, target, self._source_row, source)
        bits = np.ascontiguousarray(allowed.transpose(0, 2, 1))
        bits &= _entered(egress, atoms, self._source, source, self._target_row, target)
        bits &= _listening(self._target, atoms)[:, None, :]
        bits &= all_bits(self._arriving(there, back, source, target, sure))
        self._filter(bits, atoms, sure=sure)
        return atoms, bits

    def _permissions(
        self, direction: Direction, others: View, row: Row, sure: bool
    ) -> _Permissions:
        addresses, groups = direction.addresses, direction.groups
        if sure:
            addresses = addresses.where(addresses.sure)
            groups = groups.where(groups.sure & self._referable)
        begin = np.searchsorted(others.members.group, groups.low, side="left")
        end = np.searchsorted(others.members.group, groups.low, side="right")
        there = np.flatnonzero(begin < end)
        return _Permissions(
            row.effective(addresses),
            (groups.where(there), begin[there], end[there]),
            (
                groups if len(others.strangers) else groups.where(np.zeros(0, np.int64)),
                others.strangers,
            ),
        )

    def _atoms(self, *permissions: _Permissions) -> Atoms:
        acls = {
            self._index.acls.get(place.acl or "")
            for part in (self._source, self._target)
            for place in part.points.places
        }
        listens = (
            edge for each in self._target.points.listens for one in each.ranges for edge in one
        )
        edges = [edge for each in permissions for edge in each.edges()]
        return Atoms.of(*edges, acl_edges(acls), listens)

    def _arriving(
        self, there: list[Delivery], back: list[Delivery], source: View, target: View, sure: bool
    ) -> Flags:
        """Tell for each pair of points whether routes lead there and back."""
        ends = self._source.points, self._target.points
        onward = _stack(there, len(ends[1]), sure)[ends[0].place]
        homeward = _stack(back, len(ends[0]), sure)[ends[1].place].T
        arriving = onward & homeward
        if self._source.vpc == self._target.vpc:
            arriving |= self._same_subnet()[np.ix_(ends[0].place, ends[1].place)]
        arriving &= _same_family(ends[0].family, ends[1].family)
        return arriving & source.passing[:, None] & target.passing[None, :]

    def _same_subnet(self) -> Flags:
        one = [each.subnet for each in self._source.points.places]
        other = [each.subnet for each in self._target.points.places]
        return np.array([[each == another for another in other] for each in one], np.bool_)

    def _filter(self, bits: Bits, atoms: Atoms, *, sure: bool) -> None:
        """Take away what the ACLs refuse, but inside of one subnet."""
        borders = (
            _border(self._source, self._target_row, "egress", self._index),
            _border(self._target, self._source_row, "ingress", self._index),
        )
        if not any(each.hinders for each in borders):
            return
        if self._source.vpc != self._target.vpc:
            hold_back(bits, *borders, atoms, sure=sure)
            return
        before = bits.copy()
        hold_back(bits, *borders, atoms, sure=sure)
        place = self._source.points.place, self._target.points.place
        np.copyto(bits, before, where=self._same_subnet()[np.ix_(*place)])


def _doubts(part: Part, led: list[Delivery], *, everywhere: bool) -> Flags:
    """Tell for which slots what must be may be less than what may be.

    `led` says how packets are delivered to the points of the part.
    """
    points = part.points
    if everywhere:
        return np.ones(len(points.slots), np.bool_)
    doubts = part.doubtful.copy()
    for each in led:
        doubts[points.slot[each.may != each.must]] = True
    return doubts


def _border(part: Part, row: Row, asked: str, index: Index) -> Border:
    ids = list(dict.fromkeys(each.acl for each in part.points.places))
    numbers = np.array([ids.index(each.acl) for each in part.points.places], np.int64)
    return Border(ids, numbers[part.points.place], row, asked, index)


def _entered(
    permissions: _Permissions, atoms: Atoms, part: Part, view: View, row: Row, others: View
) -> Bits:
    """Return what the groups of a part permit, (words, its points, the others' points)."""
    shape = part.rules.count + 1, len(row.code)
    grants, begin, end = permissions.addresses
    board = paint(shape, grants.group, begin, end, atoms.bits(grants.first, grants.last))
    grants, begin, end = permissions.groups
    bits = atoms.bits(grants.first, grants.last)
    if len(grants):
        board |= paint(shape, grants.group, begin, end, bits, others.members.point)
    grants, strangers = permissions.strangers
    if len(grants):
        bits = atoms.bits(grants.first, grants.last)
        zero = np.zeros(len(grants), np.int64)
        board |= paint(shape, grants.group, zero, zero + len(strangers), bits, strangers)
    found = np.take(board, view.rows[:, 0], axis=1)
    for column in range(1, view.rows.shape[1]):
        found |= np.take(board, view.rows[:, column], axis=1)
    return found


def _listening(part: Part, atoms: Atoms) -> Bits:
    """Return the bits on which the points of a part listen, (words, points)."""
    bits = np.stack([atoms.set_bits(each) for each in part.points.listens], axis=1)
    return bits[:, part.points.listening]


def _stack(deliveries: list[Delivery], count: int, sure: bool) -> Flags:
    rows = [each.must if sure else each.may for each in deliveries]
    return np.stack(rows) if rows else np.zeros((1, count), np.bool_)


def _same_family(one: Numbers, other: Numbers) -> Flags:
    """Tell which pairs speak the same IP; 0 speaks both."""
    same: Flags = (one[:, None] == other) | (one[:, None] == 0) | (other == 0)
    return same


@dataclass(frozen=True, slots=True)
class _Slots:
    """Slots by rising number, each with its first point; most have no other.

    `several` are those that have, by their place among `numbers`, with all of their points.
    """

    numbers: Numbers
    first: Numbers
    several: list[tuple[int, Numbers]]

    @classmethod
    def of(cls, slot: Numbers) -> "_Slots":
        """Arrange points, of which each has the number of its slot."""
        order = np.argsort(slot, kind="stable")
        numbers, begin = np.unique(slot[order], return_index=True)
        end = np.append(begin[1:], len(order))
        several = np.flatnonzero(end - begin > 1).tolist()
        return cls(
            numbers, order[begin], [(each, order[begin[each] : end[each]]) for each in several]
        )


def _by_slot(combine: np.ufunc, bits: Bits, source: _Slots, target: _Slots) -> Bits:
    """Combine the points of each slot; afterwards slots are rows and columns."""
    for axis, slots in ((1, source), (2, target)):
        found = np.take(bits, slots.first, axis=axis)
        for slot, points in slots.several:
            alternatives = np.take(bits, points, axis=axis)
            found[(slice(None),) * axis + (slot,)] = combine.reduce(alternatives, axis=axis)
        bits = found
    return bits


def _sparse(may: Bits, must: Bits, atoms: Atoms, slots: tuple[Numbers, Numbers]) -> Block:
    source, target = np.nonzero(may.any(axis=0))
    widest = may[:, source, target]
    narrowest = widest if must is may else must[:, source, target]
    return Block(slots[0][source], slots[1][target], widest, narrowest, atoms)
