"""How much of a topology was understood: a proof says nothing about what was left out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from caisson.topology.model import Component, Kind, Topology
from caisson.topology.resources import Understanding

# Systems whose copies and flows the passes of `caisson.topology` work out.
UNDERSTOOD_STORES = frozenset({"postgres", "redis", "memcached", "opensearch", "files"})


@dataclass(frozen=True, slots=True)
class Coverage:
    """`ignored` counts what nothing was concluded from: by type, of a declared estate by system.

    `neutral` are those of `resources` that are known to matter to no question.
    """

    resources: int = 0
    ignored: Mapping[str, int] = field(default_factory=dict)
    neutral: int = 0

    @property
    def understood(self) -> int:
        return self.resources - sum(self.ignored.values())


def coverage(topologies: Iterable[Topology]) -> Coverage:
    """Count the components and the resources of all `topologies` together."""
    resources = neutral = 0
    ignored: Counter[str] = Counter()
    for topology in topologies:
        # What an estate declares is counted once, as the components that it is resolved to.
        resources += len(topology.components)
        ignored.update(each.system for each in topology.components if not _understood(each))
        for count in topology.counts if not topology.components else ():
            resources += count.number
            match count.understanding:
                case Understanding.IGNORED:
                    ignored[count.type] += count.number
                case Understanding.NEUTRAL:
                    neutral += count.number
                case Understanding.MODELLED:
                    pass
    return Coverage(resources, dict(sorted(ignored.items())), neutral)


def _understood(component: Component) -> bool:
    return component.kind is not Kind.STORE or component.system in UNDERSTOOD_STORES
