"""Balancers: where requests come into a region, from our edge, and go to copies of services.

Only CloudFront reaches a balancer, by the addresses that AWS lists, and Route 53 to ask for its
health. Another customer's CloudFront has the same addresses: a header that only ours sends would
tell the two apart, but its value would stand in the state of Terraform. So that way is open as
the edge is, and no further: the firewall stands here too, in the region of those whose requests
it sees and logs.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import firewall, handles, request_logs
from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.buckets import Private, bucket_of
from caisson.terraform.writing.aws.certificates import Certificate, certificate, given
from caisson.terraform.writing.aws.served import ServiceHere, public
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Body, Form, Output, Part, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute, remote

_FILE = "balancers"
_LETTERS = 32  # of the name of a balancer or a target group
_HTTPS = 443
# TLS 1.3, and 1.2 with forward secrecy, which is what CloudFront speaks to an origin.
_TLS = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
_ASKING = "com.amazonaws.{region}.route53-healthchecks"
_DRAIN_S = 30
_ERRORS = 10


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        services = public(area, place, plan)
        if services:
            yield from _logs(place, plan)
            yield from _health(place, plan)
            yield from certificate(_certificate(area, place, plan))
            yield balancer(place, plan)
            yield _listener(services[0])
            for here in services[1:]:
                yield _rule(here)
            for here in services:
                yield target_group(here)
                yield from _alarms(here)
            yield from firewall.before(place, balancer(place, plan), plan)
            yield from _told(place, plan)


def origin(area: Area, plan: Blueprint) -> str:
    """Return the name at which the edge reaches an area, whichever of its regions answers."""
    return origin_of(area.jurisdiction, plan.domain(area.environment))


def origin_of(jurisdiction: str, domain: str) -> str:
    return f"origin-{jurisdiction}.{domain}"


def balancer(place: Place, plan: Blueprint) -> Block:
    groups = [remote(handles.NETWORK, handles.security_group_id(place, handles.BALANCER))]
    body: dict[str, Value] = {
        "name": plan.name(place, limit=_LETTERS),
        "load_balancer_type": "application",
        "internal": False,
        "subnets": remote(handles.NETWORK, handles.subnet_ids(place, handles.PUBLIC)),
        "security_groups": [*groups, attribute(_askers(place, plan), "id")],
        "drop_invalid_header_fields": True,
        "desync_mitigation_mode": "strictest",
        "access_logs": {
            "bucket": attribute(bucket_of(_log_bucket(place, plan)), "id"),
            "enabled": True,
        },
        # AWS tries the bucket before it takes it, and so needs the bucket's policy.
        "depends_on": [f"aws_s3_bucket_policy.{_log_bucket(place, plan).name}"],
        "tags": {"Name": plan.name(place)},
    }
    return Block(_FILE, "aws_lb", place.label, place.label, body)


def target_group(here: ServiceHere) -> Block:
    """Return the copies of a service that answer at `ready`."""
    port = here.service.port
    body: dict[str, Value] = {
        # With the port in its name a group for another port can stand beside it, and replace it.
        "name": here.called(str(port), limit=_LETTERS),
        "vpc_id": remote(handles.NETWORK, handles.vpc_id(here.place)),
        "target_type": "ip",
        "port": port,
        "protocol": "HTTP",
        "deregistration_delay": str(_DRAIN_S),
        "health_check": {
            "path": here.service.ready,
            "matcher": "200",
            "interval": 10,
            "timeout": 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 2,
        },
        "lifecycle": {"create_before_destroy": True},
    }
    comment = "TLS ends at the balancer: a service of an estate speaks HTTP, in its own network."
    return here.block(_FILE, "aws_lb_target_group", body, comment=comment)


def sends_to(here: ServiceHere) -> str:
    """Return the address of what sends requests to a public service.

    The first of a place gets what is for no other.
    """
    return (_rule(here) if here.turn else _listener_of(here.place)).address


def _listener_of(place: Place, body: Body | None = None) -> Block:
    return Block(_FILE, "aws_lb_listener", place.label, place.label, body or {})


def _listener(here: ServiceHere) -> Block:
    place, plan = here.place, here.plan
    asked = _certificate(here.area, place, plan)
    body: dict[str, Value] = {
        "load_balancer_arn": attribute(balancer(place, plan), "arn"),
        "port": _HTTPS,
        "protocol": "HTTPS",
        "ssl_policy": _TLS,
        "certificate_arn": attribute(given(asked), "certificate_arn"),
        "default_action": _forward(here),
        "tags": {"Name": plan.name(place)},
    }
    return _listener_of(place, body)


def _rule(here: ServiceHere) -> Block:
    domain = f"{here.name}.{here.plan.domain(here.place.environment)}"
    body: dict[str, Value] = {
        "listener_arn": attribute(_listener_of(here.place), "arn"),
        "priority": here.turn,
        "condition": {"host_header": {"values": [domain]}},
        "action": _forward(here),
    }
    return here.block(_FILE, "aws_lb_listener_rule", body)


def _forward(here: ServiceHere) -> dict[str, Value]:
    return {"type": "forward", "target_group_arn": attribute(target_group(here), "arn")}


def _certificate(area: Area, place: Place, plan: Blueprint) -> Certificate:
    domains = (origin(area, plan),)
    home = Certificate(_FILE, area.home.label, area.home.label, domains)
    if place == area.home:
        return home
    return Certificate(_FILE, place.label, place.label, domains, like=home)


def _log_bucket(place: Place, plan: Blueprint) -> Private:
    called = physical(
        plan.estate.estate, place.environment, place.region, "requests", place.account
    )
    # A balancer can write under no key but that of S3.
    return Private(_FILE, label(place.region, "requests"), place.label, called, None)


def _logs(place: Place, plan: Blueprint) -> Iterator[Block]:
    source = f"arn:aws:elasticloadbalancing:{place.aws}:{place.account}:loadbalancer/*"
    yield from request_logs.log_bucket(
        _log_bucket(place, plan),
        place.account,
        "logdelivery.elasticloadbalancing",
        f"AWSLogs/{place.account}",
        source,
    )


def _health(place: Place, plan: Blueprint) -> Iterator[Block]:
    """Yield the group that lets Route 53 ask for the balancer's health, from all over the world.

    CloudFront's addresses alone fill a group nearly up to what AWS allows, so it is one of its own.
    """
    yield _asking(place)
    yield _askers(place, plan)
    body: dict[str, Value] = {
        "security_group_id": attribute(_askers(place, plan), "id"),
        "description": "Route 53 asks for the health of the balancer",
        "ip_protocol": "tcp",
        "from_port": _HTTPS,
        "to_port": _HTTPS,
        "prefix_list_id": attribute(_asking(place), "id"),
        "tags": {"Name": plan.name(place, "health")},
    }
    kind = "aws_vpc_security_group_ingress_rule"
    yield Block(_FILE, kind, label(place.region, "health"), place.label, body)


def _asking(place: Place) -> Block:
    kind, name = "aws_ec2_managed_prefix_list", label(place.region, "health")
    body: dict[str, Value] = {"name": _ASKING.format(region=place.aws)}
    return Block(_FILE, kind, name, place.label, body, Form.DATA)


def _askers(place: Place, plan: Blueprint) -> Block:
    body: dict[str, Value] = {
        "name": plan.name(place, "health"),
        "description": "Who may ask for the health of the balancer.",
        "vpc_id": remote(handles.NETWORK, handles.vpc_id(place)),
        "tags": {"Name": plan.name(place, "health")},
    }
    name = label(place.region, "health")
    return Block(_FILE, "aws_security_group", name, place.label, body)


def _told(place: Place, plan: Blueprint) -> Iterator[Output]:
    made = balancer(place, plan)
    yield Output(
        handles.balancer_domain(place),
        attribute(made, "dns_name"),
        f"Where the balancer of {place.site} is reached.",
    )
    yield Output(
        handles.balancer_zone(place),
        attribute(made, "zone_id"),
        f"The hosted zone that the name of the balancer of {place.site} is in.",
    )


def _alarms(here: ServiceHere) -> Iterator[Block]:
    of_balancer: dict[str, Value] = {
        "LoadBalancer": attribute(balancer(here.place, here.plan), "arn_suffix")
    }
    of_both = {**of_balancer, "TargetGroup": attribute(target_group(here), "arn_suffix")}
    errors = Watch(
        "AWS/ApplicationELB",
        "HTTPCode_Target_5XX_Count",
        of_both,
        _ERRORS,
        statistic="Sum",
        minutes=1,
        missing="notBreaching",
    )
    site = here.component.id
    yield here.alarm(_FILE, "errors", errors, f"{site} answers with errors of its own.")
    unhealthy = Watch(
        "AWS/ApplicationELB", "UnHealthyHostCount", of_both, 0, statistic="Maximum", minutes=1
    )
    yield here.alarm(_FILE, "unhealthy", unhealthy, f"A copy of {site} is not ready.")
