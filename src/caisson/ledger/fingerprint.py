"""The fingerprint of what a measurement depends on: it changes when the evidence must go stale."""

import hashlib
from collections.abc import Iterator

from caisson.state.json_text import Json, to_text
from caisson.topology.model import Component, ReplicaSet, Topology


def fingerprint(topology: Topology, subject: str) -> str:
    """Fingerprint what surrounds a site or replica set: its jurisdiction in its environment.

    Addresses and lines of the estate are left out: neither a different block of local
    addresses nor a comment changes what was measured. A subject that is not there has a
    fingerprint too, that of nothing.
    """
    environment = subject.partition("/")[0]
    jurisdictions = {s.jurisdiction for s in topology.sites if s.id == subject}
    jurisdictions |= {r.jurisdiction for r in topology.replica_sets if r.id == subject}
    parts: list[Json] = []
    if jurisdictions:
        parts = sorted(_parts(topology, environment, jurisdictions | {None}), key=to_text)
    return hashlib.sha256(to_text(parts).encode()).hexdigest()


def _parts(topology: Topology, environment: str, jurisdictions: set[str | None]) -> Iterator[Json]:
    near = [
        component
        for component in topology.components
        if component.environment == environment and component.jurisdiction in jurisdictions
    ]
    yield from (_component(component) for component in near)
    for replica_set in topology.replica_sets:
        if replica_set.environment == environment and replica_set.jurisdiction in jurisdictions:
            yield _replica_set(replica_set)
    names = {component.id for component in near}
    for flow in topology.flows:
        if flow.target in names and flow.source in names | {"internet"}:
            yield ["flow", flow.kind.value, flow.source, flow.target]


def _component(component: Component) -> Json:
    return ["component", component.id, component.kind.value, component.system, component.role.value]


def _replica_set(replica_set: ReplicaSet) -> Json:
    return [
        "replica set",
        replica_set.id,
        replica_set.system,
        replica_set.replication,
        replica_set.shards,
        replica_set.schema,
        replica_set.primary,
        *replica_set.standbys,
    ]
