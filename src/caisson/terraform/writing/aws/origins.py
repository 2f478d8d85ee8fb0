"""The names at which the edge finds an area: the home while it is ready, else the standby."""

from collections.abc import Iterator

from caisson.terraform.writing.aws import balancers, handles
from caisson.terraform.writing.aws.alarms import Watch, global_alarm
from caisson.terraform.writing.aws.aliases import GLOBAL
from caisson.terraform.writing.aws.domains import has_edge
from caisson.terraform.writing.aws.served import public
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.references import attribute, remote

_FILE = "origins"
_HTTPS = 443
# Three questions within half a minute from each of AWS's regions that ask: most must fail.
_EVERY_S, _FAILURES = 10, 3


def write(environment: str, plan: Blueprint) -> Iterator[Part]:
    if not has_edge(environment, plan):
        return
    for area in plan.of_environment(environment):
        for place in area.places:
            yield _check(area, place, plan)
            yield _record(area, place, plan)
            yield _alarm(area, place, plan)


def _record(area: Area, place: Place, plan: Blueprint) -> Block:
    role = "PRIMARY" if place == area.home else "SECONDARY"
    several: dict[str, Value] = {
        "set_identifier": place.region,
        "failover_routing_policy": {"type": role},
        "health_check_id": attribute(_check(area, place, plan), "id"),
    }
    body: dict[str, Value] = {
        "zone_id": remote(handles.BASE, handles.zone_id()),
        "name": balancers.origin(area, plan),
        "type": "A",
        "alias": {**_balancer(area, place), "evaluate_target_health": True},
        **({} if area.standby is None else several),
    }
    return Block(_FILE, "aws_route53_record", place.label, GLOBAL, body)


def _balancer(area: Area, place: Place) -> dict[str, Value]:
    services = handles.of_area(area, handles.SERVICES)
    return {
        "name": remote(services, handles.balancer_domain(place)),
        "zone_id": remote(services, handles.balancer_zone(place)),
    }


def _check(area: Area, place: Place, plan: Blueprint) -> Block:
    """Return what asks from outside whether the first public service of a place is ready."""
    first = public(area, place, plan)[0]
    body: dict[str, Value] = {
        "type": "HTTPS",
        "fqdn": _balancer(area, place)["name"],
        "port": _HTTPS,
        "resource_path": first.service.ready,
        "enable_sni": True,
        "request_interval": _EVERY_S,
        "failure_threshold": _FAILURES,
        "tags": {"Name": plan.name(place, first.name, limit=255), "Component": first.name},
    }
    return Block(_FILE, "aws_route53_health_check", place.label, GLOBAL, body)


def _alarm(area: Area, place: Place, plan: Blueprint) -> Block:
    watch = Watch(
        "AWS/Route53",
        "HealthCheckStatus",
        {"HealthCheckId": attribute(_check(area, place, plan), "id")},
        limit=1,
        above=False,
        statistic="Minimum",
        minutes=1,
        times=1,
        missing="breaching",
    )
    about = f"{place.site} does not answer from outside, or is not ready."
    name = f"{place.region}-ready"
    return global_alarm(place.environment, plan, _FILE, "edge", name, watch, about)
