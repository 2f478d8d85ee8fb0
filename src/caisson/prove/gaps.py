"""What was not understood, and which answers it leaves open.

A gap leaves an answer open when it has to do with the question, and is either confined to
nothing, or to something that the answer is about or depends on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from caisson.prove.model import Fact
from caisson.topology.model import Topology
from caisson.topology.resources import Gap, Question


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps that have to do with one question; make it once with `of`."""

    anywhere: tuple[Gap, ...]
    confined: Mapping[str, tuple[Gap, ...]]  # by resource that the gap may concern

    @classmethod
    def of(cls, topology: Topology, *questions: Question) -> "Gaps":
        asked = frozenset(questions)
        found = [gap for gap in topology.gaps if gap.questions & asked]
        confined: dict[str, list[Gap]] = defaultdict(list)
        for gap in found:
            for name in gap.about:
                confined[name].append(gap)
        return cls(
            tuple(gap for gap in found if not gap.about),
            {name: tuple(gaps) for name, gaps in confined.items()},
        )

    def concerning(self, subjects: Collection[str]) -> tuple[Gap, ...]:
        """Return the gaps that may concern `subjects`, or what is confined to nothing."""
        near = dict.fromkeys(gap for name in subjects for gap in self.confined.get(name, ()))
        return (*self.anywhere, *near)

    def facts(self, subjects: Collection[str]) -> tuple[Fact, ...]:
        """Say what leaves the answer about `subjects` open: one fact for each type."""
        return tuple(_facts(self.concerning(subjects)))

    def every(self) -> tuple[Fact, ...]:
        """Say what leaves an answer about everything open."""
        near = dict.fromkeys(gap for gaps in self.confined.values() for gap in gaps)
        return tuple(_facts((*self.anywhere, *near)))


def _facts(gaps: Collection[Gap]) -> Iterator[Fact]:
    of_type: dict[str, list[Gap]] = defaultdict(list)
    for gap in gaps:
        of_type[gap.type].append(gap)
    for type_, found in of_type.items():
        first = found[0]
        resources = len({gap.resource for gap in found})
        more = f", and so for {resources - 1} more of {type_}" if resources > 1 else ""
        yield Fact(f"{first.what}{more}", first.source)


def settled_by(gaps: Collection[Fact]) -> str:
    """Say what would settle an answer that these gaps leave open."""
    first = gaps and next(iter(gaps)).source
    return (
        "check the state after apply, which tells what a plan leaves open, or say in the "
        f"configuration what is not told, first at {first}"
        if first
        else "check the state after apply, which tells what a plan leaves open"
    )
