"""The other end, as a row of sorted addresses: which of the rules concern somebody there."""

from dataclasses import dataclass

import numpy as np

from caisson.prove.network.rules import Grants, Numbers


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
