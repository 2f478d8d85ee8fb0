"""Flows: how requests come in from the internet down to the stores, and how stores replicate."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.topology.declaration import Declaration, Placement
from caisson.topology.model import (
    Component,
    Credential,
    Flow,
    FlowKind,
    Kind,
    ReplicaSet,
    Topology,
)

INTERNET = "internet"


def flows(declared: Declaration, so_far: Topology) -> Topology:
    """Add the flows in the order in which a request meets them, replication last."""
    return replace(
        so_far,
        flows=(
            *_to_edges(so_far),
            *_edges_to_proxies(declared, so_far),
            *_proxies_to_services(declared, so_far),
            *_services_to_stores(declared, so_far),
            *_replication(declared, so_far),
        ),
    )


def _to_edges(so_far: Topology) -> Iterator[Flow]:
    for edge in _of_kind(so_far, Kind.EDGE):
        yield Flow(FlowKind.REQUEST, INTERNET, edge.id, None, edge.source)


def _edges_to_proxies(declared: Declaration, so_far: Topology) -> Iterator[Flow]:
    edges = {edge.environment: edge.id for edge in _of_kind(so_far, Kind.EDGE)}
    public = declared.public_source()
    for proxy in _of_kind(so_far, Kind.PROXY):
        edge = edges[proxy.environment]
        yield Flow(FlowKind.REQUEST, edge, proxy.id, None, public)


def _proxies_to_services(declared: Declaration, so_far: Topology) -> Iterator[Flow]:
    proxies = {proxy.site: proxy.id for proxy in _of_kind(so_far, Kind.PROXY)}
    for service in _of_kind(so_far, Kind.SERVICE):
        if declared.estate.services[service.name].public:
            public = declared.sources.at("services", service.name, "public")
            yield Flow(FlowKind.REQUEST, proxies[service.site], service.id, None, public)


def _services_to_stores(declared: Declaration, so_far: Topology) -> Iterator[Flow]:
    sets = {each.id: each for each in so_far.replica_sets}
    placements = {(each.environment, each.jurisdiction): each for each in declared.placements()}
    for credential in so_far.credentials:
        placement = placements[credential.environment, credential.jurisdiction]
        store = f"{credential.environment}/{credential.jurisdiction}/{credential.store}"
        yield from _opened_with(credential, placement, sets.get(store))


def _opened_with(
    credential: Credential, placement: Placement, replica_set: ReplicaSet | None
) -> Iterator[Flow]:
    for region in placement.regions:
        site = f"{credential.environment}/{region}"
        # Any member may become the primary, so a service must be able to reach them all; what
        # is not replicated is used within the site.
        targets = replica_set.members if replica_set else (f"{site}/{credential.store}",)
        for target in targets:
            service = f"{site}/{credential.service}"
            yield Flow(FlowKind.REQUEST, service, target, credential.id, credential.source)


def _replication(declared: Declaration, so_far: Topology) -> Iterator[Flow]:
    for each in so_far.replica_sets:
        declared_at = declared.sources.at("jurisdictions", each.jurisdiction, "standby")
        for standby in each.standbys:
            yield Flow(FlowKind.REPLICATION, each.primary, standby, None, declared_at)


def _of_kind(so_far: Topology, kind: Kind) -> Iterator[Component]:
    return (component for component in so_far.components if component.kind is kind)
