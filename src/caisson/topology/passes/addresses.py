"""Addresses on this machine: 127.B.S.C, where B.S counts sites and C counts their components."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from caisson.topology.declaration import Declaration
from caisson.topology.errors import AddressesExhaustedError
from caisson.topology.model import Address, Component, Topology

_SITES_PER_BLOCK = 250
_LAST_BLOCK = 255
_COMPONENTS_PER_SITE = 254  # a last octet of 0 or 255 reads as a network or a broadcast

# The usual ports of the systems, which every component can have to itself.
PORTS = {
    "postgres": 5432,
    "redis": 6379,
    "memcached": 11211,
    "opensearch": 9200,
    "files": 9000,
    "service": 8000,
    "haproxy": 8080,
}


def addresses(declared: Declaration, so_far: Topology) -> Topology:
    """Give every component its address; a new component changes addresses of its own site only."""
    places = {site.id: index for index, site in enumerate(so_far.sites)}
    by_site = groupby(so_far.components, lambda component: component.site)
    return replace(
        so_far,
        components=tuple(
            component
            for site, members in by_site
            for component in _addressed(_network(declared.block, places[site]), site, members)
        ),
    )


def _network(block: int, site_index: int) -> str:
    second = block + site_index // _SITES_PER_BLOCK
    if not 0 <= second <= _LAST_BLOCK:
        raise AddressesExhaustedError(
            f"site number {site_index + 1} would need the address 127.{second}.x.x; "
            f"start at a block between 0 and {_LAST_BLOCK} that leaves room for all sites"
        )
    return f"127.{second}.{site_index % _SITES_PER_BLOCK + 1}"


def _addressed(network: str, site: str, members: Iterable[Component]) -> Iterator[Component]:
    for last, component in enumerate(members, start=1):
        if last > _COMPONENTS_PER_SITE:
            raise AddressesExhaustedError(
                f"{site} has more than {_COMPONENTS_PER_SITE} components, as many as one site "
                "has addresses on this machine; declare fewer stores and services"
            )
        yield replace(component, address=Address(f"{network}.{last}", PORTS[component.system]))
