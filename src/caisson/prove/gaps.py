"""What was not understood, and which answers it leaves open.

A gap leaves an answer open when it has to do with the question, and is either confined to
nothing, or to something that the answer is about or depends on.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from caisson.prove.model import Fact
from caisson.topology.model import Topology
from caisson.topology.resources import EVERY_QUESTION, Gap, Question


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

    def __bool__(self) -> bool:
        return bool(self.anywhere or self.confined)

    def those(self, wanted: Callable[[Gap], bool]) -> "Gaps":
        """Return the gaps that are `wanted`, as gaps of their own."""
        confined = {name: tuple(filter(wanted, found)) for name, found in self.confined.items()}
        return Gaps(
            tuple(filter(wanted, self.anywhere)),
            {name: found for name, found in confined.items() if found},
        )

    def near(self, subjects: Iterable[str]) -> tuple[Fact, ...]:
        """Say what is confined to `subjects` among others: one fact for each type of gap."""
        return tuple(_facts(self._confined_to(subjects)))

    def settings(self, type_: str, subjects: Iterable[str]) -> tuple[Fact, ...]:
        """Say what nobody has heard of and, by its name, may be a setting of such `subjects`.

        What sets something of `aws_s3_bucket` is called `aws_s3_bucket_...`.
        """
        return tuple(
            _facts(
                [
                    gap
                    for gap in (*self.anywhere, *self._confined_to(subjects))
                    if gap.type.startswith(f"{type_}_") and gap.questions == EVERY_QUESTION
                ]
            )
        )

    def beside(self, subjects: Iterable[str]) -> tuple[Fact, ...]:
        """Say what is confined to nothing, or to something that is none of `subjects`."""
        near = self._confined_to(subjects)
        others = self._confined_to(self.confined)
        return tuple(_facts([*self.anywhere, *(gap for gap in others if gap not in near)]))

    def facts(self, subjects: Iterable[str]) -> tuple[Fact, ...]:
        """Say all that may concern `subjects`."""
        return tuple(_facts([*self.anywhere, *self._confined_to(subjects)]))

    def _confined_to(self, subjects: Iterable[str]) -> dict[Gap, None]:
        return dict.fromkeys(gap for name in subjects for gap in self.confined.get(name, ()))


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
    after = "check the state after apply"
    first = next((each.source for each in gaps if each.source), None)
    return f"{after}, or write what is not told, first at {first}" if first else after
