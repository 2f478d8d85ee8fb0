"""Tenants: in every environment that has their jurisdiction, each on its logical shard."""

from dataclasses import replace
from hashlib import sha256

from caisson.topology.declaration import Declaration
from caisson.topology.model import Tenant, Topology


def tenants(declared: Declaration, so_far: Topology) -> Topology:
    """Add each tenant of each environment."""
    shards = _shards(declared)
    return replace(
        so_far,
        tenants=tuple(
            Tenant(
                name=name,
                environment=placement.environment,
                jurisdiction=placement.jurisdiction,
                shard=shard_of(name, shards),
                source=declared.sources.at("tenants", name),
            )
            for placement in declared.placements()
            for name, tenant in declared.estate.tenants.items()
            if tenant.home == placement.jurisdiction
        ),
    )


def shard_of(tenant: str, shards: int) -> int:
    """Return the 0-based logical shard of a tenant, the same on every machine and for ever.

    It is the first 64 bits of the name's SHA-256, read big-endian, modulo the shard count.
    """
    return int.from_bytes(sha256(tenant.encode()).digest()[:8]) % shards


def _shards(declared: Declaration) -> int:
    stores = declared.estate.stores.values()
    return next((store.shards for store in stores if store.system == "postgres"), 1)
