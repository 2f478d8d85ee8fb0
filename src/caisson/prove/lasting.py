"""Which stores a promise about lasting data speaks of, and what is not understood of them."""

from dataclasses import dataclass
from functools import cached_property

from caisson.prove.gaps import Gaps
from caisson.prove.model import Fact
from caisson.prove.subjects import ANYTHING, STORES
from caisson.prove.world import World
from caisson.topology.resources import Holding, Question, Rest, Understanding

# What nobody can make again: caches, queues and logs are asked for when they are named.
LASTING = frozenset({Rest.STORE, Rest.SEARCH, Rest.FILES})
_MADE_OF_OTHERS = frozenset({Rest.BACKUP, Rest.REPLICA, Rest.DELIVERY})


@dataclass(frozen=True)
class Lasting:
    """The stores that the subjects `of` name in `world`."""

    world: World
    of: tuple[str, ...]

    @cached_property
    def _found(self) -> dict[str, tuple[Holding, ...]]:
        return {subject: self._meant(subject) for subject in self.of}

    def _meant(self, subject: str) -> tuple[Holding, ...]:
        """Return what is meant: of what is named, that which lasts, or if nothing does, all."""
        named, _ = self.world.subjects.holdings([subject], LASTING)
        first_hand = [each for each in named if each.rest not in _MADE_OF_OTHERS]
        if subject == ANYTHING:
            return tuple(first_hand)
        lasts = [each for each in named if _lasts(each) or each.id == subject]
        return tuple(lasts if lasts or subject == STORES else first_hand)

    @cached_property
    def stores(self) -> tuple[Holding, ...]:
        return tuple({each.id: each for found in self._found.values() for each in found}.values())

    @property
    def missing(self) -> tuple[str, ...]:
        """The subjects that name nothing of the kind."""
        return tuple(subject for subject, found in self._found.items() if not found)

    @property
    def gaps(self) -> tuple[Fact, ...]:
        """What leaves open whether these are all the stores."""
        if {STORES, ANYTHING} & set(self.of):
            parts = (part for each in self.stores for part in (each.id, each.resource))
            return self.unread.beside(parts)
        return self.unread.facts(self.world.subjects.named(self.of).resources)

    @cached_property
    def _modelled(self) -> frozenset[str]:
        return frozenset(
            each.type
            for each in self.world.topology.counts
            if each.understanding is Understanding.MODELLED
        )

    @cached_property
    def unread(self) -> Gaps:
        """What may be a store itself: of what is modelled, it is known whether it is one."""
        gaps = self.world.gaps[Question.RECOVERABILITY]
        return gaps.those(lambda gap: gap.type not in self._modelled)

    @cached_property
    def adding(self) -> Gaps:
        """What may make another copy: a copy is always a matter of residency too."""
        gaps = self.world.gaps[Question.RECOVERABILITY]
        return gaps.those(lambda gap: Question.RESIDENCY in gap.questions)

    @cached_property
    def undoing(self) -> Gaps:
        """What may keep a copy from being used, such as a key that is not told."""
        gaps = self.world.gaps[Question.RECOVERABILITY]
        return gaps.those(
            lambda gap: gap.type not in self._modelled or Question.RESIDENCY not in gap.questions
        )


def _lasts(holding: Holding) -> bool:
    return holding.rest in LASTING and holding.durable
