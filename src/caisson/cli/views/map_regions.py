"""The map's places as documents: accounts, their regions, the networks and lanes in them."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from caisson.cli.views.map_places import Atlas, Place
from caisson.cli.views.map_things import label
from caisson.topology.network import Subnet, Target

_Json = dict[str, Any]

_INDEX = re.compile(r"\[[^\]]*\]$")


@dataclass(slots=True)
class _Region:
    """What is in one region, as it is gathered."""

    networks: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)  # of any network
    jurisdictions: set[str] = field(default_factory=set)
    resources: int = 0
    folded: Counter[str] = field(default_factory=Counter)


def accounts(atlas: Atlas) -> list[_Json]:
    """Return the accounts with their regions; those that cannot be told come last."""
    inside: dict[str, list[str]] = defaultdict(list)
    regions: dict[Place, _Region] = defaultdict(_Region)
    for thing, place in atlas.things.items():
        vpc = atlas.vpc_of(thing)
        (inside[vpc] if vpc else regions[place].outside).append(thing)
    for vpc, place in atlas.vpc_places.items():
        regions[place].networks.append(vpc)
    _count(atlas, regions)
    lanes = _Lanes(atlas, inside)
    places = sorted(regions, key=lambda each: (each.region in (None, "global"), str(each.region)))
    return [
        {
            "name": account,
            "regions": [
                _region(place, regions[place], lanes)
                for place in places
                if place.account == account
            ],
        }
        for account in sorted({each.account for each in places}, key=lambda n: (n is None, str(n)))
    ]


def _count(atlas: Atlas, regions: dict[Place, _Region]) -> None:
    """Count what is in each region, and what of it does not stand there by itself."""
    gateways = (each.id for found in atlas.gateways.values() for each in found)
    shown = {*atlas.things, *atlas.vpcs, *atlas.subnets, *gateways}
    for each in atlas.topology.resources:
        region = regions[atlas.place(each.id)]
        region.resources += 1
        region.jurisdictions.update([each.jurisdiction] if each.jurisdiction else [])
        if each.id not in shown:
            region.folded[each.type] += 1


def _region(place: Place, region: _Region, lanes: "_Lanes") -> _Json:
    return {
        "name": place.region,
        "jurisdictions": sorted(region.jurisdictions),
        "resources": region.resources,
        "networks": [lanes.network(each) for each in region.networks],
        "things": region.outside,
        "folded": dict(region.folded.most_common()),
    }


class _Lanes:
    """Networks as lanes of subnets that hold the same things."""

    def __init__(self, atlas: Atlas, inside: Mapping[str, Sequence[str]]) -> None:
        self._atlas = atlas
        self._inside = inside
        self._tables = {each.id: each for each in atlas.topology.network.route_tables}
        self._subnets: dict[str, list[Subnet]] = defaultdict(list)
        for each in atlas.topology.network.subnets:
            self._subnets[each.vpc].append(each)

    def network(self, name: str) -> _Json:
        vpc = self._atlas.vpcs[name]
        return {
            "id": name,
            "name": self._called(name),
            "cidrs": list(vpc.cidrs),
            "described": vpc.described,
            "gateways": [
                {"id": each.id, "kind": each.kind.value, "name": self._named(each.id)}
                for each in self._atlas.gateways.get(name, ())
            ],
            "lanes": [*self._lanes(name)],
        }

    def _called(self, vpc: str) -> str:
        """Return a VPC's name; one that is no resource is not called by its account or region."""
        place = self._atlas.vpc_places[vpc]
        said = [each for each in vpc.split("/") if each not in (place.account, place.region)]
        return self._named(vpc if vpc in self._atlas.resources else "/".join(said))

    def _lanes(self, vpc: str) -> Iterator[_Json]:
        """Yield those with things, public ones first, then those that are only counted."""
        of_subnets: dict[frozenset[str], list[str]] = defaultdict(list)
        for thing in self._inside.get(vpc, ()):
            of_subnets[self._atlas.subnets_of[thing]].append(thing)
        full = [
            self._lane([self._atlas.subnets[each] for each in sorted(subnets)], things)
            for subnets, things in sorted(of_subnets.items(), key=lambda each: sorted(each[0]))
        ]
        yield from sorted(full, key=lambda lane: lane["public"] is not True)
        taken = frozenset().union(*of_subnets)
        empty: dict[str, list[Subnet]] = defaultdict(list)
        for subnet in self._subnets[vpc]:
            if subnet.id not in taken:
                empty[_INDEX.sub("", subnet.id)].append(subnet)
        for alike in empty.values():
            yield self._lane(alike, [])

    def _lane(self, subnets: Sequence[Subnet], things: list[str]) -> _Json:
        opened = {self._is_public(each) for each in subnets}
        names = {_INDEX.sub("", each.id) for each in subnets}
        first = subnets[0].id if len(subnets) == 1 else names.pop() if len(names) == 1 else ""
        return {
            "name": self._named(first) if len(subnets) == 1 else first.rpartition(".")[2],
            "subnets": len(subnets),
            "zones": sorted({each.zone for each in subnets if each.zone}),
            "cidrs": [cidr for each in subnets[:6] for cidr in each.cidrs],
            "public": opened.pop() if len(opened) == 1 else None,
            "things": things,
        }

    def _is_public(self, subnet: Subnet) -> bool | None:
        """Tell whether its routes lead to the internet, None when that cannot be told."""
        tables = [self._tables.get(each) for each in subnet.route_tables]
        routes = [route for table in tables if table for route in table.routes]
        if None in tables or any(route.target is Target.UNKNOWN for route in routes):
            return None
        outward = [route for route in routes if route.target is Target.INTERNET]
        if not outward:
            return False
        return True if len(tables) == 1 and any(route.sure for route in outward) else None

    def _named(self, name: str) -> str:
        return label(name, self._atlas.resources.get(name))
