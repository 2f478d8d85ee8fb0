"""Components: what runs in each site. Addresses and the roles of stores are added later."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.estate.sources import Source
from caisson.topology.declaration import Declaration
from caisson.topology.model import Address, Component, Kind, Role, Site, Topology
from caisson.topology.passes.sites import EDGE

_UNADDRESSED = Address("", 0)
PROXY_SYSTEM = "haproxy"
_Part = tuple[str, Kind, str, Source]


def components(declared: Declaration, so_far: Topology) -> Topology:
    """Add the components of every site, in the order stores, services, proxy."""
    regional, edge = tuple(_regional(declared)), tuple(_edge(declared))
    return replace(
        so_far,
        components=tuple(
            _component(site, part)
            for site in so_far.sites
            for part in (edge if site.region == EDGE else regional)
        ),
    )


def _regional(declared: Declaration) -> Iterator[_Part]:
    for name, store in declared.estate.stores.items():
        yield name, Kind.STORE, store.system, declared.sources.at("stores", name)
    for name in declared.estate.services:
        yield name, Kind.SERVICE, "service", declared.sources.at("services", name)
    if declared.public_service():
        yield "proxy", Kind.PROXY, PROXY_SYSTEM, declared.public_source()


def _edge(declared: Declaration) -> Iterator[_Part]:
    if declared.public_service():
        yield EDGE, Kind.EDGE, PROXY_SYSTEM, declared.public_source()


def _component(site: Site, part: _Part) -> Component:
    name, kind, system, source = part
    return Component(
        environment=site.environment,
        region=site.region,
        jurisdiction=site.jurisdiction,
        name=name,
        kind=kind,
        system=system,
        role=Role.REPLICA,
        address=_UNADDRESSED,
        source=source,
    )
