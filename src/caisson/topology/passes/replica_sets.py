"""Replica sets: the copies of each replicated store in each jurisdiction of an environment."""

from dataclasses import replace

from caisson.estate.model import Store
from caisson.topology.declaration import Declaration, Placement
from caisson.topology.model import ReplicaSet, Topology


def replica_sets(declared: Declaration, so_far: Topology) -> Topology:
    """Add one replica set per environment, jurisdiction and replicated store."""
    return replace(
        so_far,
        replica_sets=tuple(
            _replica_set(declared, placement, name, store)
            for placement in declared.placements()
            for name, store in declared.replicated_stores()
        ),
    )


def _replica_set(
    declared: Declaration, placement: Placement, name: str, store: Store
) -> ReplicaSet:
    primary, *standbys = (
        f"{placement.environment}/{region}/{name}" for region in placement.regions
    )
    return ReplicaSet(
        environment=placement.environment,
        jurisdiction=placement.jurisdiction,
        store=name,
        system=store.system,
        replication=store.replication,
        shards=store.shards,
        schema=store.schema_,
        primary=primary,
        standbys=tuple(standbys),
        source=declared.sources.at("stores", name),
        tenant=store.tenant,
    )
