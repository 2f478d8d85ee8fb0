"""What the ACLs of subnets let pass: questions, and the answers to them."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from caisson.prove.network.addresses import Span
from caisson.prove.network.index import Index
from caisson.prove.network.painting import Atoms, Bits, all_bits
from caisson.prove.network.ports import is_whole, places
from caisson.prove.network.routing import lets_all_pass
from caisson.prove.network.rows import Row
from caisson.prove.network.rules import Flags, Numbers
from caisson.topology.network import Acl, AclEntry


class Border:
    """The ACLs of one end's subnets, seen with the row of addresses at the other end.

    `asked` is the direction of the question, `ingress` or `egress`; answers go the other way.
    `acl` gives for each point of this end the number of its ACL in `ids`.
    """

    def __init__(
        self, ids: Sequence[str | None], acl: Numbers, row: Row, asked: str, index: Index
    ) -> None:
        self._acls = [index.acls.get(each or "") for each in ids]
        self._row, self._index, self._asked = row, index, asked
        self.acl = acl

    @property
    def hinders(self) -> bool:
        return not all(is_open(each, self._row) for each in self._acls)

    def questions(self, atoms: Atoms, *, sure: bool) -> Bits:
        """Return the bits of questions that pass, (words, ACLs, row)."""
        return self._bits(self._asked, atoms, sure)

    def answers(self, atoms: Atoms, *, sure: bool) -> Bits:
        return self._bits("egress" if self._asked == "ingress" else "ingress", atoms, sure)

    def _bits(self, way: str, atoms: Atoms, sure: bool) -> Bits:
        return np.stack(
            [
                _acl_bits(acl, getattr(acl, way, ()), self._row, atoms, self._index, sure=sure)
                for acl in self._acls
            ],
            axis=1,
        )


def hold_back(bits: Bits, source: Border, target: Border, atoms: Atoms, *, sure: bool) -> None:
    """Take from (words, source points, target points) what ACLs refuse, or its answer."""
    if source.hinders:
        bits &= source.questions(atoms, sure=sure)[:, source.acl, :]
    if target.hinders:
        bits &= target.questions(atoms, sure=sure)[:, target.acl, :].transpose(0, 2, 1)
    if not (source.hinders or target.hinders):
        return
    near, far = source.answers(atoms, sure=sure), target.answers(atoms, sure=sure)
    for question, answer in atoms.answers():
        answered = _answered(near, far, answer[:, None, None], source.acl, target.acl)
        if not answered.all():
            bits &= ~(question[:, None, None] & ~all_bits(answered))


def _answered(near: Bits, far: Bits, answer: Bits, source: Numbers, target: Numbers) -> Flags:
    """Tell for each pair of points whether one answer passes both borders."""
    near, far = near & answer, far & answer
    if (near == answer).all():
        return np.asarray(np.bitwise_or.reduce(far, axis=0)[target].T != 0)
    if (far == answer).all():
        return np.asarray(np.bitwise_or.reduce(near, axis=0)[source] != 0)
    both = near[:, source, :] & far[:, target, :].transpose(0, 2, 1)
    return np.asarray(np.bitwise_or.reduce(both, axis=0) != 0)


def entry_is_sure(entry: AclEntry) -> bool:
    return entry.sure and is_whole(entry.protocol, entry.ports)


def acl_edges(acls: Iterable[Acl | None]) -> Iterator[int]:
    """Yield the places at which an entry of an ACL begins or ends."""
    for acl in acls:
        for entry in (*acl.ingress, *acl.egress) if acl else ():
            yield from places(entry.protocol, entry.ports)


def is_open(acl: Acl | None, row: Row) -> bool:
    """Whether an ACL surely lets pass all between its subnet and those of the row."""
    six = bool(len(row.code)) and int(row.code[-1]) >= 1 << 32
    return lets_all_pass(acl, "0.0.0.0/0") and (not six or lets_all_pass(acl, "::/0"))


def _acl_bits(
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
