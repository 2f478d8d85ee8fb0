"""What a service is told: where its stores are, as whom to open them, which tenants are its own.

One JSON file per service and site, replaced as a whole whenever a primary changes. It names
only stores and tenants of the site's own jurisdiction: what a service does not know, it
cannot leak.
"""

import json
from pathlib import Path
from typing import Any

from caisson.execute.world import World
from caisson.targets.local.layout import write_private
from caisson.topology.model import Address, Component, Credential, Kind


def publish(world: World, environment: str, jurisdiction: str) -> None:
    """Rewrite the connections of every service of a jurisdiction."""
    for component in world.topology.components:
        if (component.environment, component.jurisdiction) == (environment, jurisdiction):
            write(world, component)


def write(world: World, component: Component) -> None:
    """Rewrite the connections of one service; nothing for other kinds of components."""
    if component.kind is Kind.SERVICE:
        text = json.dumps(document(world, component), indent=1)
        write_private(path(world, component), text)


def path(world: World, component: Component) -> Path:
    return world.layout.conf(component.id) / "connections.json"


def document(world: World, service: Component) -> dict[str, Any]:
    credentials = [
        credential
        for credential in world.topology.credentials
        if credential.service == service.name
        and (credential.environment, credential.jurisdiction)
        == (service.environment, service.jurisdiction)
    ]
    stores = {c.store: _store(world, service, c) for c in credentials}
    known = {name: store for name, store in stores.items() if store is not None}
    return told(world, service.environment, service.region, service.jurisdiction, known)


def told(
    world: World,
    environment: str,
    region: str,
    jurisdiction: str | None,
    stores: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """What a service in a region reads when its stores are these, each as `entry` has it."""
    tenants = world.index.tenants_of(environment, jurisdiction or "")
    return {
        "environment": environment,
        "region": region,
        "jurisdiction": jurisdiction,
        "stores": stores,
        "tenants": {tenant.name: {"shard": tenant.shard} for tenant in tenants},
    }


def entry(
    credential: Credential,
    system: str,
    address: Address,
    password: str,
    *,
    generation: int,
    shards: int,
) -> dict[str, Any]:
    """One store of a service: where it is, and as whom to open it."""
    return {
        "system": system,
        "host": address.host,
        "port": address.port,
        "user": credential.service,
        "password": password,
        "generation": generation,
        "shards": shards,
        "database": credential.store,
    }


def _store(world: World, service: Component, credential: Credential) -> dict[str, Any] | None:
    member, generation, shards = _place(world, service, credential)
    if member is None:
        return None
    store = world.component(member)
    password = world.secrets.of(credential.id)
    return entry(
        credential, store.system, store.address, password, generation=generation, shards=shards
    )


def _place(world: World, service: Component, credential: Credential) -> tuple[str | None, int, int]:
    """The component that serves a store here, its generation and its logical shards."""
    replica_set = world.index.replica_set.get(
        f"{credential.environment}/{credential.jurisdiction}/{credential.store}"
    )
    if replica_set is None:
        return f"{service.site}/{credential.store}", 0, 1
    facts = world.directory.facts_of(replica_set.id)
    if facts is None or facts.primary is None:
        return None, 0, replica_set.shards
    return facts.primary, facts.generation, replica_set.shards
