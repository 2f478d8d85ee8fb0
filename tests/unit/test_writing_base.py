"""The written base of an account: settings for every region, and a boundary wide enough."""

import json
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from writing_support import ESTATE, planned, rendered

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.model import Block, Form, Output, Rendering, Root

BACKED_UP = ESTATE.replace(
    "orders:   {system: postgres}",
    "orders:   {system: postgres, backup: {every: 1d, keep: 35d, locked: 30d}}",
).replace("data: personal}", "data: personal, backup: {every: 1d, wal: true, keep: 35d}}")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_CHARACTERS = 6144
IN_EVERY_REGION = (
    "aws_config_configuration_recorder",
    "aws_config_configuration_recorder_status",
    "aws_config_delivery_channel",
    "aws_ebs_encryption_by_default",
    "aws_ebs_snapshot_block_public_access",
    "aws_ec2_instance_metadata_defaults",
)


def _root(rendering: Rendering, path: str) -> Root:
    return next(each for each in rendering.roots if each.path == path)


def _statements(block: Block) -> list[dict[str, list[str]]]:
    return json.loads(json.dumps(block.body["statement"]))


def test_every_region_is_set_up_once(tmp_path: Path) -> None:
    for environment in ("production", "staging"):
        root = _root(rendered(tmp_path), f"{environment}/base")
        region_of = {each.alias: each.region for each in root.providers}
        for kind in IN_EVERY_REGION:
            found = Counter(region_of[each.provider] for each in root.blocks if each.type == kind)
            assert found == dict.fromkeys(region_of.values(), 1), kind


def test_what_is_in_no_region_is_recorded_once(tmp_path: Path) -> None:
    root = _root(rendered(tmp_path), "production/base")
    groups = [
        each.body["recording_group"]
        for each in root.blocks
        if each.type == "aws_config_configuration_recorder"
    ]
    everywhere = [
        each for each in json.loads(json.dumps(groups)) if each["include_global_resource_types"]
    ]
    assert len(everywhere) == 1


def test_records_stay_in_their_jurisdiction(tmp_path: Path) -> None:
    rendering = rendered(tmp_path)
    base, security = _root(rendering, "production/base"), _root(rendering, "security")
    regions = {each.alias: each.region for each in security.providers}
    lies = {
        each.body["bucket"]: regions[each.provider]
        for each in security.blocks
        if each.type == "aws_s3_bucket"
    }
    found = {
        each.provider: lies[each.body["s3_bucket_name"]]
        for each in base.blocks
        if each.type == "aws_config_delivery_channel"
    }
    assert found["us_west"] == found["us_east"] == found["state_us"] == "us-east-1"
    assert found["eu_central"] == found["state_eu"] == "eu-north-1"


# Records of us-east-1, where AWS keeps its global services, and in which the estate has nothing.
GLOBAL_NAMED = """
estate: shop
jurisdictions:
  jp: {home: osaka}
  us: {home: us-west}
regions:
  osaka:    {jurisdiction: jp, aws: ap-northeast-3}
  us-west:  {jurisdiction: us, aws: us-west-2}
  us-south: {jurisdiction: us, aws: us-west-1}
  us-east:  {jurisdiction: us, aws: us-east-1}
stores:
  orders: {system: postgres}
services:
  web: {run: [web], image: "shop/web:1.0.0", uses: {orders: write}}
environments:
  production: {}
  staging: {jurisdictions: [jp]}
aws:
  accounts: {management: "111111111111", security: "222222222222",
             production: "333333333333", staging: "444444444444"}
  owner: platform@shop.example
  email: aws+{account}@shop.example
  domain: shop.example
  states: {us: us-east-2}
"""
GLOBAL_UNNAMED = GLOBAL_NAMED.replace("  us-east:  {jurisdiction: us, aws: us-east-1}\n", "")
NOTHING_IN_US = (
    GLOBAL_UNNAMED.replace("us: {home: us-west}", "eu: {home: eu-west}")
    .replace(
        "  us-west:  {jurisdiction: us, aws: us-west-2}",
        "  eu-west: {jurisdiction: eu, aws: eu-west-1}",
    )
    .replace("  us-south: {jurisdiction: us, aws: us-west-1}\n", "")
    .replace("states: {us: us-east-2}", "states: {eu: eu-north-1}")
    .replace("jurisdictions: [jp]", "jurisdictions: [eu]")
)


@pytest.mark.parametrize(
    ("text", "path", "jurisdiction"),
    [
        (GLOBAL_NAMED, "security", "us"),
        (GLOBAL_NAMED, "production/base", "us"),
        (GLOBAL_NAMED, "staging/base", "us"),
        (GLOBAL_UNNAMED, "production/base", "us"),
        (NOTHING_IN_US, "production/base", "jp"),
        (NOTHING_IN_US, "staging/base", "eu"),
    ],
)
def test_records_of_the_global_region_go_to_whose_it_is_or_to_the_first_of_the_account(
    tmp_path: Path, text: str, path: str, jurisdiction: str
) -> None:
    root = _root(rendered(tmp_path, text), path)
    regions = {each.alias: each.region for each in root.providers}
    (kept_in,) = (
        each.body["s3_bucket_name"]
        for each in root.blocks
        if each.type == "aws_config_delivery_channel" and regions[each.provider] == "us-east-1"
    )
    assert kept_in == f"shop-{jurisdiction}-records-222222222222"


def test_alarms_of_every_place_have_a_topic_in_its_region(tmp_path: Path) -> None:
    plan, root = planned(tmp_path), _root(rendered(tmp_path), "production/base")
    outputs = {each.name: each.value for each in root.parts if isinstance(each, Output)}
    topics = {f"${{{each.address}.arn}}": each for each in root.blocks}
    for area in plan.of_environment("production"):
        for place in area.places:
            topic = topics[str(outputs[handles.alarm_topic_arn(place)])]
            assert (topic.type, topic.provider) == ("aws_sns_topic", place.label)
    assert topics[str(outputs[handles.global_alarm_topic_arn()])].provider == "global"


def test_a_topic_takes_alarms_of_its_own_region_alone(tmp_path: Path) -> None:
    root = _root(rendered(tmp_path), "production/base")
    (rights,) = (
        each
        for each in root.blocks
        if each.address == "data.aws_iam_policy_document.us_west" and each.file == "alarms"
    )
    (statement,) = json.loads(json.dumps(rights.body["statement"]))
    assert statement["principals"] == [
        {"type": "Service", "identifiers": ["cloudwatch.amazonaws.com"]}
    ]
    values = {each["variable"]: each["values"] for each in statement["condition"]}
    assert values == {
        "aws:SourceAccount": ["333333333333"],
        "aws:SourceArn": ["arn:aws:cloudwatch:us-west-2:333333333333:alarm:*"],
    }


def test_every_right_of_a_role_is_within_the_boundary(tmp_path: Path) -> None:
    rendering = rendered(tmp_path, BACKED_UP)
    base = _root(rendering, "production/base")
    (boundary,) = (each for each in _documents(base) if each.name == "boundary")
    within = [
        action
        for statement in _statements(boundary)
        if statement["effect"] == "Allow"
        for action in statement["actions"]
    ]
    bounded = [right for each in rendering.roots for right in _bounded_rights(each)]
    assert len(bounded) > 50
    assert {each for each in bounded if not any(fnmatchcase(each, one) for one in within)} == set()


def _bounded_rights(root: Root) -> Iterator[str]:
    """Yield the actions that the policies of roles with the boundary allow."""
    roles = {
        f"${{{each.address}.id}}"
        for each in root.blocks
        if each.type == "aws_iam_role" and "permissions_boundary" in each.body
    }
    documents = {f"${{{each.address}.json}}": each for each in _documents(root)}
    for each in root.blocks:
        if each.type == "aws_iam_role_policy" and each.body["role"] in roles:
            for statement in _statements(documents[str(each.body["policy"])]):
                yield from statement["actions"]


def _documents(root: Root) -> Iterator[Block]:
    for each in root.blocks:
        if each.form is Form.DATA and each.type == "aws_iam_policy_document":
            yield each


def test_only_the_emergency_is_beyond_the_boundary(tmp_path: Path) -> None:
    beyond = {
        (root.path, each.body["name"])
        for root in rendered(tmp_path, BACKED_UP).roots
        for each in root.blocks
        if each.type == "aws_iam_role"
        and "permissions_boundary" not in each.body
        and root.path.startswith("production/")
    }
    assert beyond == {("production/base", "break-glass")}


def test_the_boundary_is_short_enough_and_gives_no_rights_over_rights(tmp_path: Path) -> None:
    (boundary,) = (
        each
        for each in _documents(_root(rendered(tmp_path), "production/base"))
        if each.name == "boundary"
    )
    assert len(json.dumps(boundary.body, separators=(",", ":"))) <= MOST_CHARACTERS
    for statement in _statements(boundary):
        if statement["effect"] == "Allow":
            services = {each.partition(":")[0] for each in statement["actions"]}
            assert not services & {"iam", "organizations", "account", "sts"}
            assert not {each for each in statement["actions"] if each.endswith(":*")}
