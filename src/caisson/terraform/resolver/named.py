"""What an expression may name, while it is being followed."""

from collections.abc import Iterable
from dataclasses import dataclass

from caisson.terraform.model import Certainty


@dataclass(frozen=True, slots=True)
class Named:
    """`to` are instances of the types that were asked for, `other` those of other types.

    EXACT: the expression refers to each of them by itself. AMONG: it refers to some of them.
    """

    to: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    certainty: Certainty = Certainty.EXACT

    @property
    def every(self) -> tuple[str, ...]:
        return (*self.to, *self.outside)


NONE = Named()
ANYTHING = Named(certainty=Certainty.OPEN)
_ORDER = {Certainty.EXACT: 0, Certainty.AMONG: 1, Certainty.OPEN: 2}


def together(every: Iterable[Named]) -> Named:
    """Return all of them, as certain as the least certain."""
    parts = [each for each in every if each is not NONE]
    if len(parts) <= 1:
        return parts[0] if parts else NONE
    return Named(
        tuple(dict.fromkeys(one for each in parts for one in each.to)),
        tuple(dict.fromkeys(one for each in parts for one in each.other)),
        tuple(dict.fromkeys(one for each in parts for one in each.outside)),
        worst(each.certainty for each in parts),
    )


def worst(certainties: Iterable[Certainty]) -> Certainty:
    return max(certainties, key=_ORDER.__getitem__, default=Certainty.EXACT)


def at_best(named: Named, certainty: Certainty) -> Named:
    """Return the same, not more certain than `certainty`."""
    least = worst((named.certainty, certainty))
    return Named(named.to, named.other, named.outside, least)
