"""Where everything stands on the map: what is a thing of its own, and what is found at another.

A *thing* is what a person looks for on a map: what keeps data, what runs or lets connections
in, a key, a transit gateway. A rule, a route table or a part of a thing is found at the network
or the thing that it belongs to, its *anchor*.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from caisson.topology.model import Topology
from caisson.topology.network import Gateway, Subnet, Vpc
from caisson.topology.resources import Holding, Key, Resource

INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class Place:
    """An account's region; of a declared estate, an environment's. None: it cannot be told."""

    account: str | None = None
    region: str | None = None


NOWHERE = Place()


class Atlas:
    """The places of one topology; nothing is worked out before it is asked for."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.resources = {each.id: each for each in topology.resources}
        self.components = {each.id: each for each in topology.components}
        self.vpcs: Mapping[str, Vpc] = {each.id: each for each in topology.network.vpcs}
        self.subnets: Mapping[str, Subnet] = {each.id: each for each in topology.network.subnets}
        self._holding = {each.id: each for each in topology.holdings}
        self._keys: Mapping[str, Key] = {each.id: each for each in topology.keys}

    def base(self, name: str) -> str:
        """Return the resource that `name` is or is a part of; itself when there is none."""
        if name in self._holding:
            return self._holding[name].resource
        found = name
        while found not in self.resources and "/" in found:
            found = found.rpartition("/")[0]
        return found if found in self.resources else name

    @cached_property
    def holdings(self) -> Mapping[str, tuple[Holding, ...]]:
        """Return what each resource keeps, itself first."""
        found: dict[str, list[Holding]] = defaultdict(list)
        for each in self.topology.holdings:
            found[each.resource].append(each)
        return {
            resource: tuple(sorted(kept, key=lambda each: each.id != resource))
            for resource, kept in found.items()
        }

    @cached_property
    def things(self) -> Mapping[str, Place]:
        """Return all things and their places, in the order of their ids."""
        found = {*self._keeping(), *self._passing(), *self.components}
        return {each: self.place(each) for each in sorted(found - self.vpcs.keys())}

    def _keeping(self) -> Iterator[str]:
        yield from self.holdings
        yield from (each.id for each in self.topology.keys)
        for movement in self.topology.movements:
            yield from (self.base(movement.source), self.base(movement.target))

    def _passing(self) -> Iterator[str]:
        network = self.topology.network
        yield from (self.base(each.owner) for each in network.interfaces)
        yield from (self.base(each.owner) for each in network.listeners)
        for forward in network.forwards:
            yield from (self.base(forward.owner), self.base(forward.target))
        yield from (each.gateway for each in network.transit_tables)
        yield from (each.gateway for each in network.transit_attachments)

    def place(self, name: str) -> Place:
        """Return where a resource, a component or the owner of holdings is."""
        if component := self.components.get(name):
            return Place(component.environment, component.region)
        if resource := self.resources.get(name) or self._keys.get(name):
            return Place(self._owner(resource), resource.region)
        kept = self.holdings.get(name, ())
        return Place(kept[0].account, kept[0].region) if kept else NOWHERE

    def _owner(self, resource: Resource | Key) -> str | None:
        return resource.environment if self.components else resource.account

    @cached_property
    def subnets_of(self) -> Mapping[str, frozenset[str]]:
        """Return the subnets in which a thing is or may be; things outside of them are left out."""
        found: dict[str, set[str]] = defaultdict(set)
        for card in self.topology.network.interfaces:
            found[self.base(card.owner)].update(
                each for each in card.subnets if each in self.subnets
            )
        return {thing: frozenset(subnets) for thing, subnets in found.items() if subnets}

    def vpc_of(self, thing: str) -> str | None:
        """Return the one VPC in which a thing is, None when it is in none or in one of several."""
        found = {self.subnets[each].vpc for each in self.subnets_of.get(thing, ())}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def vpc_places(self) -> Mapping[str, Place]:
        """Return where each VPC is: as its resource says, or as what is in it."""
        inside = {vpc: place for thing, place in self.things.items() if (vpc := self.vpc_of(thing))}
        return {
            each: self.place(base) if base in self.resources else inside.get(each, NOWHERE)
            for each in self.vpcs
            for base in (self.base(each),)
        }

    @cached_property
    def gateways(self) -> Mapping[str, tuple[Gateway, ...]]:
        """Return the gateways of each VPC; a NAT gateway belongs to that of its subnet."""
        found: dict[str, list[Gateway]] = defaultdict(list)
        for each in self.topology.network.gateways:
            subnet = self.subnets.get(each.place)
            found[subnet.vpc if subnet else each.place].append(each)
        return {vpc: tuple(each) for vpc, each in found.items()}

    def anchor(self, name: str) -> str | None:
        """Return the thing, gateway or network at which `name` stands on the map, if it does."""
        for each in (name, self.base(name)):
            if each in self.things:
                return each
            if found := self._anchors.get(each):
                return found
        return None

    @cached_property
    def _anchors(self) -> Mapping[str, str]:
        network = self.topology.network
        found = {each.id: each.vpc for each in network.route_tables}
        found |= {each.id: each.vpc for each in network.acls}
        found |= {each.id: each.vpc for each in network.subnets}
        for group in network.groups:
            vpc = group.vpc or ""
            found |= dict.fromkeys(
                (group.id, *(r.id for r in (*group.ingress, *group.egress))), vpc
            )
        found = {each: vpc for each, vpc in found.items() if vpc in self.vpcs}
        found |= {each.id: each.id for kept in self.gateways.values() for each in kept}
        return found | {each: each for each in self.vpcs} | {INTERNET: INTERNET}
