"""Resources and holdings: each component as a thing, and what comes to rest in each store.

Repositories are things too, with the backups that rest in them, and so is Caisson's own state:
without the key that lies beside it no backup can be read.
"""

from collections.abc import Iterator
from dataclasses import replace

from caisson.estate.sources import Source
from caisson.topology.backups import STATE, STATE_TYPE, Repository
from caisson.topology.declaration import Declaration
from caisson.topology.model import Component, Kind, ReplicaSet, Role, Topology
from caisson.topology.resources import GLOBAL, Holding, Key, Resource, Rest

BACKUP = "backup"
_RESTS = {
    "postgres": Rest.STORE,
    "redis": Rest.STORE,
    "memcached": Rest.CACHE,
    "opensearch": Rest.SEARCH,
    "files": Rest.FILES,
}


def resources(declared: Declaration, so_far: Topology) -> Topology:
    """Add one resource for each component, whose type is its system, and those of backups."""
    return replace(
        so_far,
        resources=(
            *(_resource(each) for each in so_far.components),
            *(_of_repository(each) for each in so_far.repositories),
            *(_state(declared) for _ in so_far.repositories[:1]),
        ),
        keys=tuple(_key(each) for each in so_far.repositories),
    )


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


def _of_repository(repository: Repository) -> Resource:
    return Resource(
        id=repository.resource,
        type="repository",
        name=repository.id,
        account=None,
        region=repository.region,
        source=repository.source,
        environment=repository.environment,
        jurisdiction=repository.lies_in,
    )


def _state(declared: Declaration) -> Resource:
    return Resource(
        id=STATE,
        type=STATE_TYPE,
        name="the state of Caisson",
        account=None,
        region=GLOBAL,
        source=declared.sources.at("estate"),
    )


def _key(repository: Repository) -> Key:
    """Return the key of a repository; it lies beside the state of Caisson."""
    return Key(
        id=repository.key,
        account=None,
        region=GLOBAL,
        source=repository.source,
        environment=repository.environment,
    )


def holdings(declared: Declaration, so_far: Topology) -> Topology:
    """Add what rests in each store, and the backups of those that are backed up."""
    return replace(
        so_far,
        holdings=(
            *(_of_store(declared, each) for each in so_far.components if each.kind is Kind.STORE),
            *_backups(so_far),
        ),
    )


def _of_store(declared: Declaration, component: Component) -> Holding:
    standby = component.role is Role.STANDBY
    return Holding(
        id=component.id,
        resource=component.id,
        rest=Rest.REPLICA if standby else _RESTS[component.system],
        system=component.system,
        region=component.region,
        account=None,
        source=component.source,
        jurisdiction=component.jurisdiction,
        environment=component.environment,
        rebuildable=bool(declared.estate.stores[component.name].rebuildable),
        durable=component.system != "memcached",
    )


def _backups(so_far: Topology) -> Iterator[Holding]:
    sets = {each.id: each for each in so_far.replica_sets}
    places = {each.id: each for each in so_far.repositories}
    for each in so_far.backed_up:
        yield _in_repository(sets[each.id], places[each.repository], each.source)


def _in_repository(replica_set: ReplicaSet, repository: Repository, source: Source) -> Holding:
    return Holding(
        id=backup_of(replica_set.primary),
        resource=repository.resource,
        rest=Rest.BACKUP,
        system=replica_set.system,
        region=repository.region,
        account=None,
        source=source,
        jurisdiction=repository.lies_in,
        environment=repository.environment,
        encrypted=True,
        keys=(repository.key,),
    )


def backup_of(store: str) -> str:
    """Return the id of the backups of a store's component."""
    return f"{store}/{BACKUP}"


def store_of(holding: str) -> str:
    """Return the id of the component whose data, or whose backups, a holding has."""
    return holding.removesuffix(f"/{BACKUP}")
