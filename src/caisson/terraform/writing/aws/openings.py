"""Who opens connections to what: what flows in the topology, as it passes on AWS.

    internet ─▶ CloudFront ─▶ balancer ─▶ service ─▶ proxy ─▶ Postgres ◀─ rotation
                                             ├─────▶ Redis, Memcached, OpenSearch    │
                                             └─────▶ AWS's services, S3 among them ◀─┘

What replicates to another region does so over AWS's own network, and opens nothing here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caisson.terraform.writing.aws import groups, ports
from caisson.terraform.writing.aws.groups import Party
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.topology.model import Component, FlowKind, Kind


@dataclass(frozen=True, slots=True)
class Opening:
    """That `source` may open connections to `port` of `target`."""

    source: Party
    target: Party
    port: int


def openings(area: Area, plan: Blueprint) -> Iterator[Opening]:
    places = {each.site: each for each in area.places}
    inside = {each.id: each for each in plan.topology.components if each.site in places}
    for flow in plan.topology.flows:
        source, target = inside.get(flow.source), inside.get(flow.target)
        if flow.kind is FlowKind.REQUEST and source is not None and target is not None:
            yield from _for_requests(source, target, places, plan)
    for place in area.places:
        yield from _within(place, plan)


def _for_requests(
    source: Component, target: Component, places: Mapping[str, Place], plan: Blueprint
) -> Iterator[Opening]:
    here, there = places[source.site], places[target.site]
    if source.kind is Kind.PROXY:
        served = groups.of_service(there, target, plan)
        yield Opening(groups.balancer(here), served, plan.service(target).port)
        return
    port = ports.of_store(target)
    if port is not None:
        before = groups.of_proxy if groups.has_proxy(target) else groups.of_store
        yield Opening(groups.of_service(here, source, plan), before(there, target, plan), port)


def _within(place: Place, plan: Blueprint) -> Iterator[Opening]:
    """Yield what no flow tells: how a proxy opens its store, and services what AWS offers."""
    for store in plan.components(place, Kind.STORE):
        port = ports.of_store(store)
        if groups.has_proxy(store) and port is not None:
            proxy, behind = groups.of_proxy(place, store, plan), groups.of_store(place, store, plan)
            yield Opening(proxy, behind, port)
            if groups.rotates(store):
                yield Opening(groups.rotation(place), behind, port)
    if any(groups.rotates(each) for each in plan.components(place, Kind.STORE)):
        yield Opening(groups.rotation(place), groups.endpoints(place), ports.HTTPS)
    for service in plan.components(place, Kind.SERVICE):
        caller = groups.of_service(place, service, plan)
        yield Opening(caller, groups.endpoints(place), ports.HTTPS)
