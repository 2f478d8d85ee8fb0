"""Flows and credentials: how requests can pass, from the internet down to the stores.

A service reaches a store where its role may, and where the network lets it: through a proxy when
one stands before the store.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from caisson.terraform.recognition import rights
from caisson.terraform.recognition.things import COMPONENT, Thing
from caisson.terraform.recognition.ways import Ways
from caisson.topology.model import Credential, Flow, FlowKind, Kind, ReplicaSet, Role
from caisson.topology.network import Network
from caisson.topology.passes.flows import INTERNET

_RECORD = "aws_route53_record"


@dataclass(frozen=True, slots=True)
class Opened:
    """A service may open a store; `access` is what it may do there."""

    service: Thing
    store: Thing
    access: str

    @property
    def credential(self) -> Credential:
        own = self.service.component
        jurisdiction = own.jurisdiction or ""
        store = self.store.component.name
        return Credential(own.environment, jurisdiction, own.name, store, self.access, own.source)


def opened(things: Sequence[Thing], ways: Ways) -> tuple[Opened, ...]:
    """Return which service may open which store, place by place."""
    services = [each for each in things if each.component.kind is Kind.SERVICE]
    stores = [each for each in things if each.component.kind is Kind.STORE]
    found: list[Opened] = []
    for service in services:
        given = rights.rights(service.block)
        for store in stores:
            proxies = _proxies(store)
            access = rights.access(given, store, proxies)
            if access is not None and _reaches(service, store, proxies, ways):
                found.append(Opened(service, store, access))
    return tuple(found)


def _proxies(store: Thing) -> tuple[str, ...]:
    """Return what stands before a store, in its own place."""
    here = store.block.resource
    return tuple(
        each.address
        for each in store.block.reading.of("aws_db_proxy")
        if each.resource.tags.get(COMPONENT) == store.component.name
        and (each.resource.environment, each.resource.region) == (here.environment, here.region)
    )


def _reaches(service: Thing, store: Thing, proxies: tuple[str, ...], ways: Ways) -> bool:
    if store.component.system == "files":
        return True  # over the internet, or an endpoint: its policies alone decide
    direct = ways.may_open(service.resource, store.resource)
    return direct or any(
        ways.may_open(service.resource, each) and ways.may_open(each, store.resource)
        for each in proxies
    )


def credentials(found: Sequence[Opened]) -> tuple[Credential, ...]:
    """Return one credential for each service and store of a jurisdiction, with the most it may."""
    every: dict[str, Credential] = {}
    for each in found:
        one = each.credential
        if every.get(one.id, one).access != rights.WRITE or one.id not in every:
            every[one.id] = one
    return tuple(every.values())


def flows(
    things: Sequence[Thing],
    found: Sequence[Opened],
    sets: Sequence[ReplicaSet],
    network: Network,
    ways: Ways,
) -> tuple[Flow, ...]:
    return (
        *_to_edges(things),
        *_to_balancers(things, ways),
        *_to_services(things, network, ways),
        *(_request(e.service, e.store, e.credential.id) for e in found),
        *_replication(things, sets),
    )


def _to_edges(things: Sequence[Thing]) -> Iterator[Flow]:
    for each in _of(things, Kind.EDGE):
        own = each.component
        yield Flow(FlowKind.REQUEST, INTERNET, own.id, None, own.source)


def _to_balancers(things: Sequence[Thing], ways: Ways) -> Iterator[Flow]:
    balancers = {each.resource: each for each in _of(things, Kind.PROXY)}
    by_name = {
        name: each
        for each in balancers.values()
        if isinstance(name := each.block.text("dns_name"), str)
    }
    for edge in _of(things, Kind.EDGE):
        origins = {each.text("domain_name") for each in edge.block.blocks("origin")}
        for record in edge.block.reading.of(_RECORD):
            alias = record.block("alias")
            if record.text("name") in origins and alias is not None:
                named = balancers.get(alias.link("name", "aws_lb").only or "")
                # Once it is made, a plan has the name that it got.
                target = named or by_name.get(str(alias.text("name")))
                if target is not None and ways.is_entered(target.resource):
                    yield _request(edge, target, None)


def _to_services(things: Sequence[Thing], network: Network, ways: Ways) -> Iterator[Flow]:
    balancers = {each.resource: each for each in _of(things, Kind.PROXY)}
    services = {each.resource: each for each in _of(things, Kind.SERVICE)}
    sent = dict.fromkeys((each.owner, each.target) for each in network.forwards if each.sure)
    for owner, target in sent:
        if owner in balancers and target in services and ways.may_open(owner, target):
            yield _request(balancers[owner], services[target], None)


def _request(source: Thing, target: Thing, credential: str | None) -> Flow:
    one, other = source.component, target.component
    return Flow(FlowKind.REQUEST, one.id, other.id, credential, other.source)


def _replication(things: Sequence[Thing], sets: Sequence[ReplicaSet]) -> Iterator[Flow]:
    sources = {
        e.component.id: e.component.source for e in things if e.component.role is Role.STANDBY
    }
    for each in sets:
        for standby in each.standbys:
            yield Flow(FlowKind.REPLICATION, each.primary, standby, None, sources[standby])


def _of(things: Sequence[Thing], kind: Kind) -> list[Thing]:
    return [each for each in things if each.component.kind is kind]
