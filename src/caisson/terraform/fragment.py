"""What one translator adds to the topology, and how the parts are put together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields

from caisson.terraform.reading import Reading
from caisson.topology.network import Network
from caisson.topology.resources import Gap, Holding, Key, Movement, Policy, Use


@dataclass(frozen=True, slots=True)
class Fragment:
    holdings: tuple[Holding, ...] = ()
    movements: tuple[Movement, ...] = ()
    keys: tuple[Key, ...] = ()
    policies: tuple[Policy, ...] = ()
    uses: tuple[Use, ...] = ()
    gaps: tuple[Gap, ...] = ()
    network: Network = field(default_factory=Network)


@dataclass(frozen=True, slots=True)
class Translator:
    """Reads the instances of `types`, and claims that it gives all of their meaning.

    What it cannot tell of one of them it says as a gap.
    """

    types: frozenset[str]
    read: Callable[[Reading], Fragment]


def joined(fragments: Iterable[Fragment]) -> Fragment:
    """Return all parts as one, in their order."""
    every = tuple(fragments)
    networks = [each.network for each in every]
    return Fragment(
        holdings=tuple(one for each in every for one in each.holdings),
        movements=tuple(one for each in every for one in each.movements),
        keys=tuple(one for each in every for one in each.keys),
        policies=tuple(one for each in every for one in each.policies),
        uses=tuple(one for each in every for one in each.uses),
        gaps=tuple(one for each in every for one in each.gaps),
        network=Network(
            **{
                part.name: tuple(one for each in networks for one in getattr(each, part.name))
                for part in fields(Network)
            }
        ),
    )
