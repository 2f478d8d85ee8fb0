"""Finding things in a topology without walking it each time."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from caisson.topology.model import Component, ReplicaSet, Tenant, Topology


@dataclass(frozen=True, slots=True)
class Index:
    """The lookups of one topology; make it once with `Index.of` and hand it on.

    Every key is an id as in `caisson.topology.model`. A component that is in no replica set
    is not in `replica_set_of`; a site without components is in `components_of`, with none.
    """

    component: Mapping[str, Component]
    components_of: Mapping[str, tuple[Component, ...]]
    replica_set: Mapping[str, ReplicaSet]
    replica_set_of: Mapping[str, ReplicaSet]
    tenants: Mapping[tuple[str, str], tuple[Tenant, ...]]

    @classmethod
    def of(cls, topology: Topology) -> "Index":
        """Index `topology` in one walk over each of its parts."""
        return cls(
            component={each.id: each for each in topology.components},
            components_of=_components_of(topology),
            replica_set={each.id: each for each in topology.replica_sets},
            replica_set_of={
                member: each for each in topology.replica_sets for member in each.members
            },
            tenants=_tenants(topology),
        )

    def tenants_of(self, environment: str, jurisdiction: str) -> tuple[Tenant, ...]:
        """Return the tenants at home in `jurisdiction`; none when it has none or is not there."""
        return self.tenants.get((environment, jurisdiction), ())


def _components_of(topology: Topology) -> dict[str, tuple[Component, ...]]:
    found: dict[str, list[Component]] = {site.id: [] for site in topology.sites}
    for component in topology.components:
        found[component.site].append(component)
    return {site: tuple(members) for site, members in found.items()}


def _tenants(topology: Topology) -> dict[tuple[str, str], tuple[Tenant, ...]]:
    found: dict[tuple[str, str], list[Tenant]] = defaultdict(list)
    for tenant in topology.tenants:
        found[tenant.environment, tenant.jurisdiction].append(tenant)
    return {place: tuple(tenants) for place, tenants in found.items()}
