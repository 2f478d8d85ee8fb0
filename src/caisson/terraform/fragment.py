"""What one translator adds to the topology, and how the parts are put together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from caisson.terraform.reading import Reading
from caisson.topology.network import Network
from caisson.topology.resources import Admission, Gap, Holding, Key, Movement, Policy, Use

_NO_NETWORK = Network()


@dataclass(frozen=True, slots=True)
class Fragment:
    holdings: tuple[Holding, ...] = ()
    movements: tuple[Movement, ...] = ()
    keys: tuple[Key, ...] = ()
    policies: tuple[Policy, ...] = ()
    admissions: tuple[Admission, ...] = ()
    uses: tuple[Use, ...] = ()
    gaps: tuple[Gap, ...] = ()
    network: Network = _NO_NETWORK


NO_FRAGMENT = Fragment()


@dataclass(frozen=True, slots=True)
class Translator:
    """Reads the instances of `types`, and claims that it gives all of their meaning.

    What it cannot tell of one of them it says as a gap.
    """

    types: frozenset[str]
    read: Callable[[Reading], Fragment]


def joined(fragments: Iterable[Fragment]) -> Fragment:
    """Return all parts as one, in their order."""
    every = [each for each in fragments if each is not NO_FRAGMENT]
    if len(every) < 2:  # noqa: PLR2004  of most things little is said
        return every[0] if every else NO_FRAGMENT
    return Fragment(
        holdings=tuple(one for each in every for one in each.holdings),
        movements=tuple(one for each in every for one in each.movements),
        keys=tuple(one for each in every for one in each.keys),
        policies=tuple(one for each in every for one in each.policies),
        admissions=tuple(one for each in every for one in each.admissions),
        uses=tuple(one for each in every for one in each.uses),
        gaps=tuple(one for each in every for one in each.gaps),
        network=_network([each.network for each in every if each.network is not _NO_NETWORK]),
    )


def _network(parts: Sequence[Network]) -> Network:
    if len(parts) < 2:  # noqa: PLR2004  of most things one part alone speaks of the network
        return parts[0] if parts else _NO_NETWORK
    return Network(
        **{
            name: tuple(one for each in parts for one in getattr(each, name))
            for name in Network.__slots__
        }
    )
