"""Small topologies by hand, for asking one question at a time."""

from caisson.estate.sources import Source
from caisson.topology.model import (
    Address,
    Component,
    Copy,
    Credential,
    Flow,
    FlowKind,
    Kind,
    ReplicaSet,
    Role,
    Site,
    Tenant,
)

_SYSTEMS = {Kind.SERVICE: "service", Kind.PROXY: "haproxy", Kind.EDGE: "haproxy"}


def at(line: int) -> Source:
    return Source("estate.yaml", line)


def component(
    id_: str, jurisdiction: str | None, kind: Kind = Kind.STORE, host: str | None = None
) -> Component:
    environment, region, name = id_.split("/")
    return Component(
        environment,
        region,
        jurisdiction,
        name,
        kind,
        _SYSTEMS.get(kind, "postgres"),
        Role.REPLICA,
        Address(host or id_, 1),
        at(1),
    )


def site(id_: str, jurisdiction: str | None) -> Site:
    environment, region = id_.split("/")
    return Site(environment, region, jurisdiction, at(2))


def replica_set(
    id_: str, primary: str, *standbys: str, replication: str = "async", system: str = "postgres"
) -> ReplicaSet:
    environment, jurisdiction, store = id_.split("/")
    return ReplicaSet(
        environment, jurisdiction, store, system, replication, 1, None, primary, standbys, at(3)
    )


def request(source: str, target: str, credential: str | None = None, line: int = 4) -> Flow:
    return Flow(FlowKind.REQUEST, source, target, credential, at(line))


def replication(source: str, target: str, line: int = 5) -> Flow:
    return Flow(FlowKind.REPLICATION, source, target, None, at(line))


def credential(id_: str, access: str = "write", line: int = 6) -> Credential:
    environment, jurisdiction, service, store = id_.split("/")
    return Credential(environment, jurisdiction, service, store, access, at(line))


def copy(tenants_of: str, component_id: str, jurisdiction: str | None, line: int = 7) -> Copy:
    environment, _, store = component_id.split("/")
    return Copy(
        store, environment, tenants_of, component_id, jurisdiction, "declared home", at(line)
    )


def tenant(name: str, environment: str, jurisdiction: str) -> Tenant:
    return Tenant(name, environment, jurisdiction, 0, at(8))
