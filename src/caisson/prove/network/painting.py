"""Port sets as bits: one bit for each atom, a run of places that no rule in sight divides."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caisson.prove.network.ports import ANSWERS, BORDERS, EVERYTHING, QUESTIONS, PortSet
from caisson.prove.network.rules import Numbers

Bits = NDArray[np.uint64]

_WORD = 64
_BELOW = np.array([(1 << each) - 1 for each in range(_WORD)] + [2**_WORD - 1], dtype=np.uint64)
_ONES = np.uint64(2**_WORD - 1)
# Elements painted at once; more would only take memory.
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Atoms:
    """Atom i has the places from `cuts[i]` to before `cuts[i + 1]`. Bits come in words first."""

    cuts: Numbers

    @classmethod
    def of(cls, *edges: Iterable[int] | Numbers) -> "Atoms":
        return cls(np.unique(np.concatenate([np.array([*BORDERS]), *map(_numbers, edges)])))

    @property
    def words(self) -> int:
        return -(-(len(self.cuts) - 1) // _WORD)

    def bits(self, first: Numbers, last: Numbers) -> Bits:
        """Return the bits of the places from `first` to before `last`, as (words, rows)."""
        begin = np.searchsorted(self.cuts, first)
        end = np.searchsorted(self.cuts, last)
        found = np.empty((self.words, len(begin)), np.uint64)
        for word in range(self.words):
            low = np.minimum(np.maximum(begin - word * _WORD, 0), _WORD)
            high = np.minimum(np.maximum(end - word * _WORD, 0), _WORD)
            found[word] = _BELOW[high] & ~_BELOW[low]
        return found

    def set_bits(self, ports: PortSet) -> Bits:
        """Return the bits of a set whose edges are cuts."""
        edges = np.array(ports.ranges, np.int64).reshape(-1, 2)
        found: Bits = np.bitwise_or.reduce(self.bits(edges[:, 0], edges[:, 1]), axis=1)
        return found

    def ports(self, bits: Bits) -> PortSet:
        """Return the places of one row of bits, (words,)."""
        flags = np.unpackbits(
            np.ascontiguousarray(bits).astype("<u8").view(np.uint8), bitorder="little"
        )
        there = np.flatnonzero(flags)
        return PortSet.of(
            zip(self.cuts[there].tolist(), self.cuts[there + 1].tolist(), strict=True)
        )

    def all_or_nothing(self, count: int, *, everything: bool) -> Bits:
        """Return (words, count) with all bits set, or none."""
        every = self.set_bits(EVERYTHING) if everything else np.zeros(self.words, np.uint64)
        return np.repeat(every[:, None], count, axis=1)

    def answers(self) -> list[tuple[Bits, Bits]]:
        """Return for each protocol the bits of its questions and of where answers may go."""
        edges = np.array([*QUESTIONS, *ANSWERS], np.int64)
        found = self.bits(edges[:, 0], edges[:, 1])
        count = len(QUESTIONS)
        return [(found[:, each], found[:, count + each]) for each in range(count)]


def paint(
    shape: tuple[int, int],
    rows: Numbers,
    begin: Numbers,
    end: Numbers,
    bits: Bits,
    through: Numbers | None = None,
) -> Bits:
    """Return (words, *shape) with `bits` set in `rows`, from column `begin` to before `end`.

    `through` gives the columns meant when `begin` and `end` count in another row of columns.
    """
    height, width = shape
    words = bits.shape[0]
    board = np.zeros((words, height * width), np.uint64)
    if through is None:
        whole = (begin == 0) & (end == width)
        if whole.any():
            across = np.zeros((words, height), np.uint64)
            for word in range(words):
                np.bitwise_or.at(across[word], rows[whole], bits[word, whole])
            board |= np.repeat(across, width, axis=1)
            rows, begin, end, bits = rows[~whole], begin[~whole], end[~whole], bits[:, ~whole]
    for part in _chunks(end - begin):
        _dot(board, width, rows[part], begin[part], end[part], bits[:, part], through)
    return board.reshape(words, height, width)


def _chunks(lengths: Numbers) -> Iterable[slice]:
    if not len(lengths):
        return
    total = np.cumsum(lengths)
    start = 0
    while start < len(lengths):
        before = int(total[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + _CHUNK, side="right")))
        yield slice(start, stop)
        start = stop


def _dot(
    board: Bits,
    width: int,
    rows: Numbers,
    begin: Numbers,
    end: Numbers,
    bits: Bits,
    through: Numbers | None,
) -> None:
    lengths = end - begin
    each = np.repeat(np.arange(len(lengths)), lengths)
    offset = np.arange(len(each)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    columns = begin[each] + offset
    if through is not None:
        columns = through[columns]
    places = rows[each] * width + columns
    for word in range(len(board)):
        np.bitwise_or.at(board[word], places, bits[word, each])


def all_bits(flags: NDArray[np.bool_]) -> Bits:
    """Return all ones where a flag is set."""
    return np.where(flags, _ONES, np.uint64(0))


def _numbers(values: Iterable[int] | Numbers) -> Numbers:
    return values if isinstance(values, np.ndarray) else np.array([*values], np.int64)
