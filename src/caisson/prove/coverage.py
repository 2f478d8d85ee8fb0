"""How much of a topology was understood: a proof says nothing about what was left out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from caisson.topology.model import Component, Kind, Topology

# Systems whose copies and flows the passes of `caisson.topology` work out.
UNDERSTOOD_STORES = frozenset({"postgres", "redis", "memcached", "opensearch", "files"})


@dataclass(frozen=True, slots=True)
class Coverage:
    """`ignored` counts the components that nothing was concluded from, by system."""

    resources: int = 0
    ignored: Mapping[str, int] = field(default_factory=dict)

    @property
    def understood(self) -> int:
        return self.resources - sum(self.ignored.values())


def coverage(topologies: Iterable[Topology]) -> Coverage:
    """Count the components of all `topologies` together."""
    components = [component for topology in topologies for component in topology.components]
    ignored = Counter(each.system for each in components if not _understood(each))
    return Coverage(len(components), dict(sorted(ignored.items())))


def _understood(component: Component) -> bool:
    return component.kind is not Kind.STORE or component.system in UNDERSTOOD_STORES
