"""WAF: requests that only an attacker sends, and senders of too many, are turned away.

It stands twice. Before each balancer it has all rules and logs every request, in the jurisdiction
of those who sent it. At the edge it counts the senders' requests and knows the worst of them by
their addresses; there it keeps neither a log nor samples, since those would lie in the United
States, whoever the requests are from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from caisson.terraform.writing.aws.logs import group
from caisson.terraform.writing.blueprint import Blueprint, Place
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import physical
from caisson.terraform.writing.references import attribute

_FILE = "firewall"
_MINUTES_OF_RATE = 5
_PER_SENDER = 2000  # requests in that time: more than a person makes
_METRIC_LETTERS = 128
# What must not be written down: it would open the service to who reads the log.
_SECRET_HEADERS = ("authorization", "cookie")
_REPUTATION = "AWSManagedRulesAmazonIpReputationList"
_COMMON = "AWSManagedRulesCommonRuleSet"
_BAD_INPUTS = "AWSManagedRulesKnownBadInputsRuleSet"  # Log4j's among them
# Senders who hide behind others are counted, to see an attack by them: customers do so too.
_HIDDEN = "AWSManagedRulesAnonymousIpList"
_COUNTED = frozenset({_HIDDEN})


@dataclass(frozen=True, slots=True)
class Firewall:
    """A web ACL of `scope` REGIONAL or CLOUDFRONT, called so in the cloud.

    `sampled`: AWS keeps some requests for three hours, where the firewall is.
    """

    name: str
    provider: str
    called: str
    scope: str
    groups: Sequence[str]
    rate: dict[str, Value]
    sampled: bool


def before(place: Place, balancer: Block, plan: Blueprint) -> Iterator[Block]:
    """Yield the firewall before a balancer, and its log, which needs KEYS."""
    # The balancer sees CloudFront's addresses: who sent the request is told in a header. One
    # without it did not come by CloudFront, and was turned away before.
    forwarded: dict[str, Value] = {
        "aggregate_key_type": "FORWARDED_IP",
        "forwarded_ip_config": {
            "header_name": "X-Forwarded-For",
            "fallback_behavior": "NO_MATCH",
        },
    }
    wall = Firewall(
        place.label,
        place.label,
        plan.name(place),
        "REGIONAL",
        (_COMMON, _BAD_INPUTS),
        forwarded,
        sampled=True,
    )
    made = acl(wall)
    yield made
    body: dict[str, Value] = {
        "resource_arn": attribute(balancer, "arn"),
        "web_acl_arn": attribute(made, "arn"),
    }
    yield Block(_FILE, "aws_wafv2_web_acl_association", place.label, place.label, body)
    yield from _logged(place, made, plan)


def at_edge(environment: str, provider: str, plan: Blueprint) -> Block:
    """Return the firewall of an environment's edge."""
    called = physical(plan.estate.estate, environment, "edge")
    by_address: dict[str, Value] = {"aggregate_key_type": "IP"}
    groups = (_REPUTATION, _HIDDEN, _BAD_INPUTS)
    return acl(Firewall("edge", provider, called, "CLOUDFRONT", groups, by_address, sampled=False))


def acl(wall: Firewall) -> Block:
    body: dict[str, Value] = {
        "name": wall.called,
        "scope": wall.scope,
        "default_action": {"allow": {}},
        "rule": list(_rules(wall)),
        "visibility_config": _seen(wall, wall.called),
        "tags": {"Name": wall.called},
    }
    return Block(_FILE, "aws_wafv2_web_acl", wall.name, wall.provider, body)


def _rules(wall: Firewall) -> Iterator[Value]:
    rate: dict[str, Value] = {
        "limit": _PER_SENDER,
        "evaluation_window_sec": _MINUTES_OF_RATE * 60,
        **wall.rate,
    }
    yield {
        "name": "TooMany",
        "priority": 0,
        "action": {"block": {}},
        "statement": {"rate_based_statement": rate},
        "visibility_config": _seen(wall, "TooMany"),
    }
    for priority, name in enumerate(wall.groups, start=1):
        yield {
            "name": name,
            "priority": priority,
            "override_action": {"count" if name in _COUNTED else "none": {}},
            "statement": {"managed_rule_group_statement": _managed(name)},
            "visibility_config": _seen(wall, name),
        }


def _managed(name: str) -> dict[str, Value]:
    group: dict[str, Value] = {"vendor_name": "AWS", "name": name}
    if name != _COMMON:
        return group
    # A document of more than 8 KiB is none of an attacker's: it is counted, and let through.
    large: dict[str, Value] = {"name": "SizeRestrictions_BODY", "action_to_use": {"count": {}}}
    return {**group, "rule_action_override": large}


def _seen(wall: Firewall, name: str) -> dict[str, Value]:
    return {
        "cloudwatch_metrics_enabled": True,
        "metric_name": name[:_METRIC_LETTERS],
        "sampled_requests_enabled": wall.sampled,
    }


def _logged(place: Place, made: Block, plan: Blueprint) -> Iterator[Block]:
    path = f"aws-waf-logs-{plan.name(place)}"  # WAF takes no other beginning
    log = group(_FILE, place, place.label, path)
    yield log
    secret: list[Value] = [{"single_header": {"name": each}} for each in _SECRET_HEADERS]
    body: dict[str, Value] = {
        "resource_arn": attribute(made, "arn"),
        "log_destination_configs": [attribute(log, "arn")],
        "redacted_fields": secret,
    }
    kind = "aws_wafv2_web_acl_logging_configuration"
    yield Block(_FILE, kind, place.label, place.label, body)
