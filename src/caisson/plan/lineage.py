"""Lineage: from which backups a moment can be restored after a store was switched to other data.

A switch begins a *branch*. A moment belongs to the branch that services saw then. What a
restored copy wrote before it was adopted is in no archive, so a branch that began with a copy
is restored from its own backups; one that began with data that had been set aside goes on where
that data ended.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """A store was switched: `incoming` took the place of what lies as `aside` since.

    `at` (seconds since the epoch) is when the data set aside ended, `left` its timeline.
    """

    at: float
    left: int
    incoming: str
    aside: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Backups that ended after `since` and before `until`; None is the present."""

    since: float
    until: float | None

    def has(self, ended_at: float) -> bool:
        """Whether a backup ended in it."""
        return self.since < ended_at and (self.until is None or ended_at < self.until)


def branch_at(turns: tuple[Turn, ...], moment: float | None) -> int:
    """The branch that services saw at a moment, the present one for None; the first is 0."""
    return sum(1 for turn in turns if moment is None or turn.at <= moment)


def stretches(turns: tuple[Turn, ...], branch: int) -> tuple[Stretch, ...]:
    """When the backups were made from which a moment of the branch can be restored."""
    until = turns[branch].at if branch < len(turns) else None
    if branch == 0:
        return (Stretch(0.0, until),)
    began = turns[branch - 1]
    own = Stretch(began.at, until)
    for ended, turn in enumerate(turns[: branch - 1]):
        if turn.aside == began.incoming:
            return (*stretches(turns, ended), own)
    return (own,)


def timeline_of(turns: tuple[Turn, ...], branch: int) -> str | None:
    """The timeline that leads to the branch's end; None is the newest there is."""
    return str(turns[branch].left) if branch < len(turns) else None
