"""The data tier: subnets of each store, with no way to or from the internet.

In another region AWS knows nothing by its security group, but only by its addresses. So a store
has subnets of its own: to name them is to name that store and no other.

Where they are hangs on the store's first name alone, so that they stay where they are whatever
else is declared before it, after it, or no more.
"""

import hashlib
from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations

from caisson.estate.model import Estate
from caisson.terraform.writing.aws import handles, network, ports
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Output, Part
from caisson.terraform.writing.references import attribute
from caisson.topology.declaration import REPLICATED
from caisson.topology.model import Component, Kind

# 59 addresses in each zone: more than the largest proxies, caches and domains take.
_BITS = 26
_SLOTS = 1 << (_BITS - network.DATA_BITS)


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        yield table(place, plan)
        for subnet in subnets(place, plan):
            yield subnet
            yield network.associated(place, table(place, plan), subnet)
        for store in _stores(place, plan):
            found = _subnets_of(place, slot(plan.names_of_store(store.name)[0]), plan)
            yield Output(
                handles.store_subnet_ids(place, store.name),
                [attribute(each, "id") for each in found],
                f"The subnets of {store.name} in {place.site}, one in each zone.",
            )


def slot(first_name: str) -> int:
    """Return which of the small ranges of the tier a store has."""
    return int.from_bytes(hashlib.sha256(first_name.encode()).digest()[:4]) % _SLOTS


def ranges(place: Place, first_name: str) -> tuple[IPv4Network, ...]:
    """Return the range of each subnet of a store, one for each zone."""
    return _of_slot(place, slot(first_name))


def table(place: Place, plan: Blueprint) -> Block:
    """Return the routes of the tier: to the other region of the area, and nowhere else."""
    return network.table(place, plan, handles.ISOLATED)


def subnets(place: Place, plan: Blueprint) -> tuple[Block, ...]:
    used = dict.fromkeys(slot(plan.names_of_store(each.name)[0]) for each in _stores(place, plan))
    return tuple(subnet for each in used for subnet in _subnets_of(place, each, plan))


def together(estate: Estate) -> Iterator[tuple[str, str]]:
    """Yield two stores whose subnets are the same, where that opens one by the other's users."""
    if all(each.standby is None for each in estate.jurisdictions.values()):
        return
    for one, other in combinations(estate.stores, 2):
        first, second = estate.stores[one], estate.stores[other]
        if slot(first.was or one) != slot(second.was or other):
            continue
        alike = first.system == second.system and first.system in REPLICATED - {"files"}
        users, others = _users(estate, one), _users(estate, other)
        if alike and users and others and users != others:
            yield one, other


def _users(estate: Estate, store: str) -> set[str]:
    return {name for name, service in estate.services.items() if store in service.uses}


def _stores(place: Place, plan: Blueprint) -> tuple[Component, ...]:
    """Return the stores that are in the network."""
    stores = plan.components(place, Kind.STORE)
    return tuple(each for each in stores if ports.of_store(each) is not None)


def _of_slot(place: Place, number: int) -> tuple[IPv4Network, ...]:
    return tuple(
        IPv4Network((int(zone.network_address) + (number << (32 - _BITS)), _BITS))
        for zone in network.ranges(place, handles.ISOLATED)
    )


def _subnets_of(place: Place, number: int, plan: Blueprint) -> tuple[Block, ...]:
    zones = zip(place.zones, _of_slot(place, number), strict=True)
    words = handles.ISOLATED, str(number)
    return tuple(network.subnet(place, cidr, zone, plan, *words, zone[-1]) for zone, cidr in zones)
