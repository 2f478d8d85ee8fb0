"""What has a security group in a site: stores, the proxies before them, services, and parts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from caisson.terraform.writing.aws import data_tier, handles, network, ports
from caisson.terraform.writing.blueprint import Blueprint, Place
from caisson.terraform.writing.model import Block, Body
from caisson.terraform.writing.names import renamed
from caisson.terraform.writing.references import attribute
from caisson.topology.model import Component, Kind, Role

FILE = "security_groups"


@dataclass(frozen=True, slots=True)
class Party:
    """Who takes part in connections.

    `names` are all that it had, and last the one that it has. `tier` is that of the subnets it
    lies in, `component` whose it is. What belongs to a store lies in the store's own subnets, which
    `store` tells, by its first name.
    """

    place: Place
    names: tuple[str, ...]
    tier: str
    component: str | None = None
    store: str | None = None

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def ranges(self) -> tuple[IPv4Network, ...]:
        """Return the ranges of its subnets, one for each zone."""
        if self.store is None:
            return network.ranges(self.place, self.tier)
        return data_tier.ranges(self.place, self.store)


def parties(place: Place, plan: Blueprint) -> Iterator[Party]:
    if plan.components(place, Kind.PROXY):
        yield balancer(place)
    for service in plan.components(place, Kind.SERVICE):
        yield of_service(place, service, plan)
    yield endpoints(place)
    if any(rotates(each) for each in plan.components(place, Kind.STORE)):
        yield rotation(place)
    for store in plan.components(place, Kind.STORE):
        if has_proxy(store):
            yield of_proxy(place, store, plan)
        if ports.of_store(store) is not None:
            yield of_store(place, store, plan)


def balancer(place: Place) -> Party:
    return Party(place, (handles.BALANCER,), handles.PUBLIC)


def endpoints(place: Place) -> Party:
    """Return the interfaces of AWS's services."""
    return Party(place, (handles.ENDPOINTS,), handles.PRIVATE)


def rotation(place: Place) -> Party:
    """Return the function that changes the passwords of databases."""
    return Party(place, (handles.ROTATION,), handles.PRIVATE)


def rotates(store: Component) -> bool:
    """Return whether users of a store have passwords, and it is the one that takes writes."""
    return store.system == "postgres" and store.role is Role.PRIMARY


def of_service(place: Place, service: Component, plan: Blueprint) -> Party:
    names = plan.names_of_service(service.name)
    return Party(place, names, handles.PRIVATE, service.name)


def of_store(place: Place, store: Component, plan: Blueprint) -> Party:
    names = plan.names_of_store(store.name)
    return Party(place, names, handles.ISOLATED, store.name, names[0])


def of_proxy(place: Place, store: Component, plan: Blueprint) -> Party:
    behind = of_store(place, store, plan)
    return replace(behind, names=tuple(map(handles.proxy, behind.names)))


def has_proxy(store: Component) -> bool:
    return store.system == "postgres"


def group(party: Party, plan: Blueprint) -> Block:
    """Return the security group, without rules: those stand by themselves."""
    place = party.place
    # AWS cannot rename a group or its description, only replace it: it keeps its first name.
    first = party.names[0]
    own = {} if party.component is None else {"Component": party.component}
    body: Body = {
        "name": plan.name(place, first),
        "description": f"Connections from and to {first}.",
        "vpc_id": attribute(network.vpc(place, plan), "id"),
        "tags": {"Name": plan.name(place, party.name), **own},
    }
    return _block(party, body)


def group_id(party: Party) -> str:
    return attribute(_block(party, {}), "id")


def _block(party: Party, body: Body) -> Block:
    place = party.place
    name, was = renamed((place.region,), party.names)
    return Block(FILE, "aws_security_group", name, place.label, body, was=was)
