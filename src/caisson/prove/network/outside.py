"""What lies outside of every VPC: the internet, and worlds behind gateways that were not read.

The outside is cut where the rules in sight are cut, and decided like a VPC whose every address
is a thing of its own, in no group and with no filter.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

import numpy as np

from caisson.prove.certificate import INTERNET
from caisson.prove.network.addresses import IPV6_BASE, Span
from caisson.prove.network.blocks import block_by
from caisson.prove.network.index import NO_ACL, Index
from caisson.prove.network.parts import Part, nobodys_part, spans_of
from caisson.prove.network.points import Place, Points, Slot
from caisson.prove.network.ports import EVERYTHING, Connections
from caisson.prove.network.routing import Delivery, Router, Sender, WorldRouter
from caisson.prove.network.rules import Flags, Numbering

# Pairs of an outside address and a point that are decided at once; more would only take memory.
_MOST_PAIRS = 1 << 22

_Range = tuple[int, int]


class Outside:
    """The internet (`world` None) or another world, as seen from one VPC."""

    def __init__(self, part: Part, index: Index, numbers: Numbering, world: str | None) -> None:
        self._inside, self._index, self._world = part, index, world
        self.ranges = outside_ranges(part.vpc, index, spans_of(part.vpc, index), world)
        self._outside = nobodys_part(world or INTERNET, _points(self.ranges), index, numbers)

    def inward(self) -> Mapping[int, Connections]:
        """Decide what can be opened from there, by slot."""
        found: dict[int, Connections] = {}
        for public, part in self._audiences(lambda each: each is not False or bool(self._world)):
            known = len(part.points)
            surely = public is True and self._world is None
            there = [Delivery.all(known, may=True, must=surely)]
            back = self._led(part, [True], answering=True)
            found |= block_by(self._index, self._outside, part, there, back).by_target
        return found

    def outward(self) -> Mapping[int, Connections]:
        """Decide what each slot can open there."""
        found: dict[int, Connections] = {}
        for public, part in self._audiences(lambda _: True):
            senders = {True: [True], False: [False], None: [True, False]}[public]
            there = self._led(part, senders, answering=False)
            back = [Delivery.all(len(part.points), may=True, must=self._world is None)]
            found |= block_by(self._index, part, self._outside, there, back).by_source
        return found

    def _audiences(
        self, wanted: Callable[[bool | None], bool]
    ) -> Iterator[tuple[bool | None, Part]]:
        """Yield the part in pieces that are equally public, and not too large."""
        slots = self._inside.points.slots
        for public in filter(wanted, (True, False, None)):
            chosen = np.array([each.public is public for each in slots], np.bool_)
            for piece in _pieces(chosen, self._inside.points, len(self.ranges)):
                yield public, self._inside.only(piece)

    def _led(self, part: Part, publics: list[bool], *, answering: bool) -> list[Delivery]:
        codes = self._outside.points.code
        router = (
            Router(self._index, None, codes)
            if self._world is None
            else WorldRouter(self._index, self._world, codes)
        )
        return [
            _both(router.by(place.table, Sender(part.vpc, each, answering)) for each in publics)
            for place in part.points.places
        ]


def _both(deliveries: Iterable[Delivery]) -> Delivery:
    """Return what may be in one case or the other, and must be in both."""
    some = list(deliveries)
    return Delivery(
        np.logical_or.reduce([each.may for each in some]),
        np.logical_and.reduce([each.must for each in some]),
    )


def _pieces(slots: Flags, points: Points, width: int) -> Iterator[Flags]:
    """Divide the slots chosen so that their points and `width` make no more than a board."""
    numbers = np.flatnonzero(slots & np.isin(np.arange(len(slots)), points.slot))
    sizes = np.bincount(points.slot, minlength=len(slots))[numbers]
    most = max(1, _MOST_PAIRS // max(width, 1))
    piece = (np.cumsum(sizes) - sizes) // most
    for each in np.unique(piece):
        chosen = np.zeros(len(slots), np.bool_)
        chosen[numbers[piece == each]] = True
        yield chosen


def outside_ranges(
    vpc: str, index: Index, spans: Iterable[Span], world: str | None = None
) -> list[_Range]:
    """Return the addresses outside of a VPC, cut where `spans` begin and end."""
    if world is None:
        reach = index.codes.public()
        inside = [each[:2] for each in index.own_spans]
    else:
        whole = index.codes.span("0.0.0.0/0"), index.codes.span("::/0")
        reach = [each[:2] for each in whole if each]
        inside = [span[:2] for each in index.vpc(vpc).cidrs if (span := index.codes.span(each))]
    cuts = sorted({edge for each in (*reach, *inside, *spans) for edge in each[:2]})
    reached, own = _covered(cuts, reach), _covered(cuts, inside)
    pieces = zip(pairwise(cuts), reached, own, strict=False)  # nothing begins at the last cut
    return [piece for piece, out, here in pieces if out and not here]


def _covered(cuts: list[int], ranges: Iterable[_Range]) -> list[bool]:
    """Tell of what begins at each cut whether it is in one of the ranges, which end at cuts."""
    found = [False] * len(cuts)
    for low, high in ranges:
        begin, end = bisect_left(cuts, low), bisect_left(cuts, high)
        found[begin:end] = [True] * (end - begin)
    return found


def _points(ranges: list[_Range]) -> Points:
    """Return a point and a slot for each range."""
    codes = np.array([low for low, _ in ranges], np.int64)
    numbers = np.arange(len(ranges))
    six = codes >= IPV6_BASE
    place = Place(INTERNET, None, NO_ACL)
    slots = tuple(Slot((), True, False, True, EVERYTHING, bool(each), sure=True) for each in six)
    return Points(
        code=codes,
        last=np.array([high for _, high in ranges], np.int64),
        place=np.zeros(len(ranges), np.int64),
        slot=numbers,
        family=np.where(six, 6, 4),
        wild=0,
        places=(place,),
        alike=((place,),),
        slots=slots,
        owners=tuple(() for _ in ranges),
        listens=(EVERYTHING,),
        listening=np.zeros(len(ranges), np.int64),
        divided=False,
    )
