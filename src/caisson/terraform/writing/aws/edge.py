"""CloudFront: one door for all tenants of an environment, each led to its own jurisdiction.

    /t/TENANT/… ─▶ function ─▶ origin-us.DOMAIN ─▶ home, or standby while the home is not ready
                          └──▶ origin-eu.DOMAIN ─▶ …

Nothing is kept here: no answer is cached, and no samples are taken. A request passes through the
location nearest to who sent it, and what is logged of it is about nobody: no address, no path, no
header. Who did what is logged where the balancer is, in the jurisdiction of the tenant. What the
edge does know, everywhere, is the names of tenants and their jurisdictions.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import balancers, edge_logs, firewall, handles
from caisson.terraform.writing.aws.alarms import Watch, global_alarm
from caisson.terraform.writing.aws.aliases import GLOBAL
from caisson.terraform.writing.aws.certificates import Certificate, certificate, given
from caisson.terraform.writing.aws.domains import has_edge
from caisson.terraform.writing.aws.edge_function import function, homes
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute, remote

_FILE = _NAME = "edge"
# Policies that AWS manages, by the ids that they have in every account: CachingDisabled, and
# AllViewer, by which every header, cookie and question goes to the origin.
_NO_CACHE = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_EVERYTHING = "216adef6-5c7f-47e4-b989-5492eafa07d3"
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
# Locations in North America and Europe, where the jurisdictions of most estates are.
_NEAR = ("us-", "eu-", "ca-")
_TWO_YEARS_S = 63_072_000
_ERRORS_PERCENT = 5
_HTTPS, _HTTP = 443, 80


def write(environment: str, plan: Blueprint) -> Iterator[Part]:
    if not has_edge(environment, plan):
        return
    yield from homes(environment, plan)
    yield function(environment, plan)
    yield from certificate(_certificate(environment, plan))
    yield firewall.at_edge(environment, GLOBAL, plan)
    yield _headers(environment, plan)
    made = distribution(environment, plan)
    yield made
    yield from edge_logs.write(environment, made, plan)
    yield from _names(environment, made, plan)
    yield _errors(environment, made, plan)


def distribution(environment: str, plan: Blueprint) -> Block:
    areas = plan.of_environment(environment)
    called = physical(plan.estate.estate, environment, _NAME)
    body: dict[str, Value] = {
        "enabled": True,
        "comment": called,
        "aliases": list(_domains(environment, plan)),
        "http_version": "http2and3",
        "is_ipv6_enabled": True,
        "price_class": _price_class(areas),
        "web_acl_id": attribute(firewall.at_edge(environment, GLOBAL, plan), "arn"),
        "origin": [_origin(each, plan) for each in areas],
        "default_cache_behavior": _behaviour(environment, plan),
        "restrictions": {"geo_restriction": {"restriction_type": "none"}},
        "viewer_certificate": {
            "acm_certificate_arn": attribute(
                given(_certificate(environment, plan)), "certificate_arn"
            ),
            "minimum_protocol_version": "TLSv1.2_2021",
            "ssl_support_method": "sni-only",
        },
        "tags": {"Name": called},
    }
    return Block(_FILE, "aws_cloudfront_distribution", _NAME, GLOBAL, body)


def _origin(area: Area, plan: Blueprint) -> dict[str, Value]:
    return {
        "origin_id": area.jurisdiction,
        "domain_name": balancers.origin(area, plan),
        "custom_origin_config": {
            "http_port": _HTTP,
            "https_port": _HTTPS,
            "origin_protocol_policy": "https-only",
            "origin_ssl_protocols": ["TLSv1.2"],
        },
    }


def _behaviour(environment: str, plan: Blueprint) -> dict[str, Value]:
    return {
        # The function chooses for every request; this is for none.
        "target_origin_id": plan.of_environment(environment)[0].jurisdiction,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": list(_METHODS),
        "cached_methods": ["GET", "HEAD"],
        "compress": True,
        "cache_policy_id": _NO_CACHE,
        "origin_request_policy_id": _EVERYTHING,
        "response_headers_policy_id": attribute(_headers(environment, plan), "id"),
        "function_association": {
            "event_type": "viewer-request",
            "function_arn": attribute(function(environment, plan), "arn"),
        },
    }


def _headers(environment: str, plan: Blueprint) -> Block:
    """Return what browsers are told of every answer, unless the service itself says it."""
    security: dict[str, Value] = {
        "strict_transport_security": {
            "access_control_max_age_sec": _TWO_YEARS_S,
            "include_subdomains": True,
            "preload": True,
            "override": True,
        },
        "content_type_options": {"override": True},
        "frame_options": {"frame_option": "SAMEORIGIN", "override": False},
        "referrer_policy": {
            "referrer_policy": "strict-origin-when-cross-origin",
            "override": False,
        },
    }
    body: dict[str, Value] = {
        "name": physical(plan.estate.estate, environment, _NAME),
        "comment": "Only by TLS, in nobody else's frame, and as what it says it is.",
        "security_headers_config": security,
    }
    return Block(_FILE, "aws_cloudfront_response_headers_policy", _NAME, GLOBAL, body)


def _price_class(areas: tuple[Area, ...]) -> str:
    near = all(area.home.aws.startswith(_NEAR) for area in areas)
    return "PriceClass_100" if near else "PriceClass_All"


def _domains(environment: str, plan: Blueprint) -> tuple[str, ...]:
    """Return the names that users call: the domain, and one for each public service but the first.

    That one has every other name.
    """
    public = [name for name, each in plan.estate.services.items() if each.public]
    domain = plan.domain(environment)
    return (domain, *(f"{name}.{domain}" for name in public[1:]))


def _certificate(environment: str, plan: Blueprint) -> Certificate:
    return Certificate(_FILE, _NAME, GLOBAL, _domains(environment, plan))


def _names(environment: str, made: Block, plan: Blueprint) -> Iterator[Block]:
    """Yield the records of the names that users call, for both families of addresses."""
    for domain in _domains(environment, plan):
        for kind in ("A", "AAAA"):
            body: dict[str, Value] = {
                "zone_id": remote(handles.BASE, handles.zone_id()),
                "name": domain,
                "type": kind,
                "alias": {
                    "name": attribute(made, "domain_name"),
                    "zone_id": attribute(made, "hosted_zone_id"),
                    "evaluate_target_health": False,
                },
            }
            name = label(domain.replace(".", "_"), kind.lower())
            yield Block("names", "aws_route53_record", name, GLOBAL, body)


def _errors(environment: str, made: Block, plan: Blueprint) -> Block:
    watch = Watch(
        "AWS/CloudFront",
        "5xxErrorRate",
        {"DistributionId": attribute(made, "id"), "Region": "Global"},
        _ERRORS_PERCENT,
        minutes=1,
        missing="notBreaching",
    )
    about = f"More than {_ERRORS_PERCENT} in 100 requests to {plan.domain(environment)} fail."
    return global_alarm(environment, plan, _FILE, _NAME, "errors", watch, about)
