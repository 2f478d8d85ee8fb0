"""Resources and holdings: each component as a thing, and what comes to rest in each store."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.topology.declaration import Declaration
from caisson.topology.model import Component, Kind, Role, Topology
from caisson.topology.resources import Holding, Resource, Rest

BACKUP = "backup"
_RESTS = {
    "postgres": Rest.STORE,
    "redis": Rest.STORE,
    "memcached": Rest.CACHE,
    "opensearch": Rest.SEARCH,
    "files": Rest.FILES,
}


def resources(declared: Declaration, so_far: Topology) -> Topology:
    """Add one resource for each component; its type is its system."""
    del declared
    return replace(so_far, resources=tuple(_resource(each) for each in so_far.components))


def _resource(component: Component) -> Resource:
    return Resource(
        id=component.id,
        type=component.system,
        name=component.name,
        account=None,
        region=component.region,
        source=component.source,
        environment=component.environment,
        jurisdiction=component.jurisdiction,
    )


def holdings(declared: Declaration, so_far: Topology) -> Topology:
    """Add what rests in each store, and the backups of those that are backed up."""
    return replace(
        so_far,
        holdings=tuple(
            holding
            for component in so_far.components
            if component.kind is Kind.STORE
            for holding in _of_store(declared, component)
        ),
    )


def _of_store(declared: Declaration, component: Component) -> Iterator[Holding]:
    store = declared.estate.stores[component.name]
    standby = component.role is Role.STANDBY
    here = Holding(
        id=component.id,
        resource=component.id,
        rest=Rest.REPLICA if standby else _RESTS[component.system],
        system=component.system,
        region=component.region,
        account=None,
        source=component.source,
        jurisdiction=component.jurisdiction,
        environment=component.environment,
        rebuildable=bool(store.rebuildable),
        durable=component.system != "memcached",
    )
    yield here
    if store.backup is not None and not standby:
        # Nobody declares where backups are kept.
        yield replace(
            here,
            id=backup_of(component.id),
            rest=Rest.BACKUP,
            region=None,
            jurisdiction=None,
            source=declared.sources.at("stores", component.name, "backup"),
        )


def backup_of(store: str) -> str:
    """Return the id of the backups of a store's component."""
    return f"{store}/{BACKUP}"
