"""The security account: who watches all accounts, and tells the owner what was found."""

import json
from collections.abc import Iterator, Mapping

from caisson.terraform.writing.aws import handles, topics
from caisson.terraform.writing.aws.aliases import region_alias, regions
from caisson.terraform.writing.blueprint import SECURITY, Blueprint
from caisson.terraform.writing.model import Block, Form, Import, Part, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute

_FILE = "detectors"
_FEATURES = ("LAMBDA_NETWORK_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS")
# GuardDuty counts from 0.1 to 10; what is below is for a quiet hour.
_SEVERITY = 4


def detectors(plan: Blueprint) -> Iterator[Part]:
    """Yield GuardDuty, in each region, for every account that is or comes."""
    for region in regions(plan):
        yield from _detector(region_alias(region))
        yield from _told(region, plan)


def analyzers(plan: Blueprint) -> Iterator[Block]:
    """Yield what finds things that can be reached from outside of the organization."""
    for region in regions(plan):
        called = physical(plan.estate.estate, SECURITY)
        yield Block(
            "analyzers",
            "aws_accessanalyzer_analyzer",
            region_alias(region),
            region_alias(region),
            {"analyzer_name": called, "type": "ORGANIZATION", "tags": {"Name": called}},
        )


def _detector(alias: str) -> Iterator[Part]:
    found = Block(_FILE, "aws_guardduty_detector", alias, alias, {}, Form.DATA)
    yield found
    made = _block(
        "aws_guardduty_detector",
        alias,
        {"enable": True, "finding_publishing_frequency": "FIFTEEN_MINUTES"},
        comment="AWS made it when the organization gave GuardDuty into the hands of this account.",
    )
    yield made
    yield Import(made, attribute(found, "id"))
    own: dict[str, Value] = {"detector_id": attribute(made, "id")}
    everybody = {**own, "auto_enable_organization_members": "ALL"}
    yield _block("aws_guardduty_organization_configuration", alias, everybody)
    for feature in _FEATURES:
        yield Block(
            _FILE,
            "aws_guardduty_organization_configuration_feature",
            label(alias, feature.lower()),
            alias,
            {**own, "name": feature, "auto_enable": "ALL"},
        )


def _told(region: str, plan: Blueprint) -> Iterator[Block]:
    """Yield by what the owner hears of findings in a region, and of emergencies."""
    findings = {
        "source": ["aws.guardduty"],
        "detail-type": ["GuardDuty Finding"],
        "detail": {"severity": [{"numeric": [">=", _SEVERITY]}]},
    }
    what = "What GuardDuty found and takes seriously."
    yield from _rule(region, topics.FINDINGS, what, findings, plan)
    taken = {
        "source": ["aws.sts"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventName": ["AssumeRole"],
            "requestParameters": {"roleArn": [{"suffix": f":role/{handles.BREAK_GLASS}"}]},
        },
    }
    what = "Somebody of this account took the role for emergencies."
    yield from _rule(region, handles.BREAK_GLASS, what, taken, plan)


def _rule(
    region: str, word: str, about: str, pattern: Mapping[str, object], plan: Blueprint
) -> Iterator[Block]:
    topic = topics.findings(region, plan)
    called = physical(plan.estate.estate, SECURITY, word)
    name = label(topic.provider, word)
    rule = Block(
        topics.FINDINGS,
        "aws_cloudwatch_event_rule",
        name,
        topic.provider,
        {
            "name": called,
            "description": about,
            "event_pattern": json.dumps(pattern),
            "tags": {"Name": called},
        },
    )
    yield rule
    body: dict[str, Value] = {
        "rule": attribute(rule, "name"),
        "arn": attribute(topic.block, "arn"),
    }
    yield Block(topics.FINDINGS, "aws_cloudwatch_event_target", name, topic.provider, body)


def _block(kind: str, alias: str, body: dict[str, Value], comment: str = "") -> Block:
    return Block(_FILE, kind, alias, alias, body, comment=comment)
