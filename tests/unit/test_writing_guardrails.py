"""The guardrails: what is refused to whom, asked as AWS would ask, and within its limits."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from writing_support import ESTATE, planned, rendered

from aws_estates import estates, rendering_of
from caisson.estate.model import Estate
from caisson.terraform.writing.aws import guardrails
from caisson.terraform.writing.aws.documents import length
from caisson.terraform.writing.model import Block, Rendering

ADMINISTRATOR = "arn:aws:iam::333333333333:role/OrganizationAccountAccessRole"
BREAK_GLASS = "arn:aws:iam::333333333333:role/break-glass"
ROLE = "arn:aws:iam::333333333333:role/shop-production-us-west-web-task"
ROOT = "arn:aws:iam::333333333333:root"
ONLY_EU = ESTATE.replace("jurisdictions: [us], ", "jurisdictions: [eu], ")


@dataclass(frozen=True)
class Request:
    action: str
    region: str = "us-west-2"
    principal: str = ROLE
    more: Mapping[str, str] = field(default_factory=dict)

    def value(self, key: str) -> str | None:
        own = {"aws:RequestedRegion": self.region, "aws:PrincipalArn": self.principal}
        return (own | dict(self.more)).get(key)


def refused(rendering: Rendering, environment: str, request: Request) -> bool:
    """Return whether a guardrail around the account of an environment refuses the request."""
    unit = f"organizational_unit.workloads_{environment}."
    return any(
        _hits(statement, request)
        for statement in _statements(rendering, unit, "organization.roots[0]")
    )


def _statements(rendering: Rendering, *targets: str) -> Iterator[Mapping[str, Any]]:
    blocks = {each.address: each for each in _organization(rendering)}
    for each in blocks.values():
        target = str(each.body.get("target_id", ""))
        if each.type.endswith("policy_attachment") and any(name in target for name in targets):
            yield from blocks[f"data.aws_iam_policy_document.{each.name}"].body["statement"]


def _organization(rendering: Rendering) -> tuple[Block, ...]:
    return next(each.blocks for each in rendering.roots if each.path == "organization")


def _hits(statement: Mapping[str, Any], request: Request) -> bool:
    assert statement["effect"] == "Deny"
    named = statement.get("actions") or statement["not_actions"]
    among = any(fnmatchcase(request.action, each) for each in named)
    return among is ("actions" in statement) and all(
        _met(each, request.value(each["variable"])) for each in statement.get("condition", ())
    )


def _met(condition: Mapping[str, Any], value: str | None) -> bool:
    test = condition["test"]
    if value is None:
        return "Not" in test
    if test == "NumericLessThan":
        return float(value) < float(condition["values"][0])
    assert test in {"StringEquals", "StringNotEquals", "ArnLike", "ArnNotLike"}
    return any(fnmatchcase(value, each) for each in condition["values"]) is ("Not" not in test)


@pytest.mark.parametrize(
    ("environment", "region", "out"),
    [
        ("production", "us-west-2", False),
        ("production", "us-east-2", False),
        ("production", "us-east-1", False),  # where the states of us lie
        ("production", "eu-central-1", False),
        ("production", "eu-north-1", False),  # where the states of eu lie
        ("production", "eu-west-1", True),
        ("production", "ap-southeast-2", True),
        ("staging", "us-west-2", False),
        ("staging", "eu-central-1", True),
        ("staging", "eu-north-1", True),
    ],
)
def test_an_account_uses_only_regions_of_its_jurisdictions(
    tmp_path: Path, environment: str, region: str, out: bool
) -> None:
    request = Request("rds:CreateDBInstance", region)
    assert refused(rendered(tmp_path), environment, request) is out


def test_a_role_of_a_jurisdiction_does_not_go_into_another(tmp_path: Path) -> None:
    rendering = rendered(tmp_path)
    for own, other, jurisdiction in (
        ("eu-central-1", "us-west-2", "eu"),
        ("us-west-2", "eu-central-1", "us"),
    ):
        tag = {"aws:PrincipalTag/Jurisdiction": jurisdiction}
        assert not refused(rendering, "production", Request("s3:GetObject", own, more=tag))
        assert refused(rendering, "production", Request("s3:GetObject", other, more=tag))
        assert not refused(rendering, "production", Request("sts:AssumeRole", other, more=tag))


def test_the_region_of_global_services_is_open_for_them_alone(tmp_path: Path) -> None:
    rendering = rendered(tmp_path, ONLY_EU)
    for action in ("cloudfront:CreateDistribution", "iam:CreateRole", "acm:RequestCertificate"):
        assert not refused(rendering, "staging", Request(action, "us-east-1"))
    for action in ("s3:CreateBucket", "ec2:RunInstances", "rds:CreateDBInstance"):
        assert refused(rendering, "staging", Request(action, "us-east-1"))


@pytest.mark.parametrize(
    "action",
    [
        "backup:DeleteRecoveryPoint",
        "cloudtrail:DeleteTrail",
        "cloudtrail:StopLogging",
        "config:StopConfigurationRecorder",
        "guardduty:DeleteDetector",
        "kms:DisableKey",
        "kms:ScheduleKeyDeletion",
        "s3:BypassGovernanceRetention",
    ],
)
def test_only_the_emergency_stops_what_watches_or_keeps(tmp_path: Path, action: str) -> None:
    rendering = rendered(tmp_path)
    for principal in (ROLE, ADMINISTRATOR, ROOT):
        assert refused(rendering, "production", Request(action, principal=principal))
    assert not refused(rendering, "production", Request(action, principal=BREAK_GLASS))


@pytest.mark.parametrize(
    "action",
    [
        "ec2:DeleteFlowLogs",
        "ec2:DisableEbsEncryptionByDefault",
        "iam:DeleteRolePermissionsBoundary",
        "logs:DeleteLogGroup",
        "s3:PutAccountPublicAccessBlock",
    ],
)
def test_the_base_of_an_account_is_its_administrators(tmp_path: Path, action: str) -> None:
    rendering = rendered(tmp_path)
    assert refused(rendering, "production", Request(action))
    assert not refused(rendering, "production", Request(action, principal=ADMINISTRATOR))


def test_nobody_leaves_and_nobody_is_root(tmp_path: Path) -> None:
    rendering = rendered(tmp_path)
    leave = "organizations:LeaveOrganization"
    assert refused(rendering, "production", Request(leave, principal=BREAK_GLASS))
    assert refused(rendering, "production", Request("s3:ListBucket", principal=ROOT))
    assert not refused(rendering, "production", Request("s3:ListBucket"))


def test_a_machine_gives_its_role_by_imdsv2_alone(tmp_path: Path) -> None:
    rendering = rendered(tmp_path)
    for tokens, out in (("required", False), ("optional", True)):
        run = Request("ec2:RunInstances", more={"ec2:MetadataHttpTokens": tokens})
        assert refused(rendering, "production", run) is out
    for delivery, out in (("2.0", False), ("1.0", True)):
        read = Request("s3:GetObject", more={"ec2:RoleDelivery": delivery})
        assert refused(rendering, "production", read) is out


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=25)
@given(estate=estates())
def test_guardrails_are_within_the_limits_of_aws(estate: Estate) -> None:
    _within_limits(rendering_of(estate))


def test_many_jurisdictions_need_several_policies(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    names = [f"area-{'x' * 25}-{number}" for number in range(30)]
    crowded = replace(
        plan,
        areas=tuple(replace(plan.areas[0], jurisdiction=each) for each in names),
        aws=plan.aws.model_copy(update={"states": dict.fromkeys(names, "us-east-1")}),
    )
    found = list(guardrails.of_environment("production", crowded))
    assert 1 < len(found) <= guardrails.MOST_POLICIES
    assert len({each.name for each in found}) == len(found)
    assert max(length(*each.statements) for each in found) <= guardrails.MOST_CHARACTERS
    kept_in = [one.sid for each in found for one in each.statements if one.sid.startswith("Stay")]
    assert len(kept_in) == len(names)


def _within_limits(rendering: Rendering) -> None:
    attached = Counter(
        str(each.body["target_id"])
        for each in _organization(rendering)
        if each.type == "aws_organizations_policy_attachment"
    )
    assert max(attached.values()) <= guardrails.MOST_POLICIES
    for each in _organization(rendering):
        if each.type == "aws_iam_policy_document" and each.file == "guardrails":
            statements = [_as_iam_has_it(one) for one in each.body["statement"]]
            whole = {"Version": "2012-10-17", "Statement": statements}
            assert len(json.dumps(whole, separators=(",", ":"))) <= guardrails.MOST_CHARACTERS
            sids = [one["Sid"] for one in statements]
            assert len(sids) == len(set(sids))


def _as_iam_has_it(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement in the form in which AWS counts it."""
    conditions: dict[str, dict[str, Any]] = {}
    for each in statement.get("condition", ()):
        conditions.setdefault(each["test"], {})[each["variable"]] = each["values"]
    names = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource"}
    lists = {name: statement[key] for key, name in names.items() if key in statement}
    return {
        "Sid": statement["sid"],
        "Effect": statement["effect"],
        **lists,
        "Condition": conditions,
    }
