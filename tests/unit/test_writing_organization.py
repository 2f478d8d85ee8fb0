"""The written organization: its accounts are adopted, watched in every region, and none is lost."""

import json
from pathlib import Path

import pytest
from writing_support import of_root, read_back, rendered

from caisson.terraform.writing.model import Block, Root
from caisson.topology.resources import Understanding

_UNIT = "aws_organizations_organizational_unit"
WATCHED = {"us-west-2", "us-east-2", "us-east-1", "eu-central-1", "eu-north-1"}


def _root(folder: Path, path: str) -> Root:
    return next(each for each in rendered(folder).roots if each.path == path)


def _of(root: Root, kind: str) -> list[Block]:
    return [each for each in root.blocks if each.type == kind and each.form.value == "resource"]


def _regions(root: Root, kind: str) -> list[str]:
    region = {each.alias: each.region for each in root.providers}
    return [region[each.provider] for each in _of(root, kind)]


def test_accounts_are_adopted_by_their_numbers(tmp_path: Path) -> None:
    text = of_root(rendered(tmp_path), "organization")["organization.tf.json"]
    adopted = {each["to"]: each["id"] for each in json.loads(text)["import"]}
    assert adopted == {
        "aws_organizations_organization.organization": (
            "${data.aws_organizations_organization.found.id}"
        ),
        "aws_organizations_account.security": "222222222222",
        "aws_organizations_account.production": "333333333333",
        "aws_organizations_account.staging": "444444444444",
    }


def test_no_account_is_closed_or_made_anew(tmp_path: Path) -> None:
    accounts = _of(_root(tmp_path, "organization"), "aws_organizations_account")
    for each in accounts:
        assert each.body["close_on_deletion"] is False
        lifecycle = json.loads(json.dumps(each.body["lifecycle"]))
        assert lifecycle["prevent_destroy"] is True
        assert {"email", "name", "role_name"} <= set(lifecycle["ignore_changes"])
    addresses = [each.body["email"] for each in accounts]
    assert addresses == [
        "aws+shop-security@shop.example",
        "aws+shop-production@shop.example",
        "aws+shop-staging@shop.example",
    ]


def test_each_environment_has_a_unit_and_guardrails_of_its_own(tmp_path: Path) -> None:
    root = _root(tmp_path, "organization")
    units = {f"${{{each.address}.id}}": each.body["name"] for each in _of(root, _UNIT)}
    accounts = _of(root, "aws_organizations_account")
    assert [units[str(each.body["parent_id"])] for each in accounts] == [
        "security",
        "production",
        "staging",
    ]
    guarded = {
        units.get(str(each.body["target_id"]), "everywhere")
        for each in _of(root, "aws_organizations_policy_attachment")
    }
    assert guarded == {"everywhere", "security", "production", "staging"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("organization", "aws_guardduty_organization_admin_account"),
        ("security", "aws_guardduty_detector"),
        ("security", "aws_guardduty_organization_configuration"),
        ("security", "aws_accessanalyzer_analyzer"),
        ("security", "aws_config_configuration_recorder"),
    ],
)
def test_every_region_is_watched_once(tmp_path: Path, path: str, kind: str) -> None:
    regions = _regions(_root(tmp_path, path), kind)
    assert set(regions) == WATCHED
    assert len(regions) == len(WATCHED)


def test_the_owner_hears_of_findings_and_emergencies_in_every_region(tmp_path: Path) -> None:
    root = _root(tmp_path, "security")
    blocks = {each.address: each for each in root.blocks}
    heard: dict[str, list[str]] = {}
    for target in _of(root, "aws_cloudwatch_event_target"):
        assert str(target.body["rule"]) == f"${{aws_cloudwatch_event_rule.{target.name}.name}}"
        assert str(target.body["arn"]) == f"${{aws_sns_topic.{target.provider}.arn}}"
        rule = blocks[f"aws_cloudwatch_event_rule.{target.name}"]
        source = json.loads(str(rule.body["event_pattern"]))["source"]
        heard.setdefault(target.provider, []).extend(source)
    assert set(heard) == {each.replace("-", "_") for each in WATCHED}
    assert all(each == ["aws.guardduty", "aws.sts"] for each in heard.values())


def test_the_trail_is_of_all_accounts_and_regions_and_can_be_checked(tmp_path: Path) -> None:
    (trail,) = _of(_root(tmp_path, "security"), "aws_cloudtrail")
    for name in (
        "enable_log_file_validation",
        "include_global_service_events",
        "is_multi_region_trail",
        "is_organization_trail",
    ):
        assert trail.body[name] is True
    assert "kms_key_id" in trail.body
    # What is done to objects is not in it: their names are the tenants'.
    assert not {"event_selector", "advanced_event_selector"} & trail.body.keys()


def test_the_archive_lets_in_the_one_trail_and_locks_what_it_brings(tmp_path: Path) -> None:
    root = _root(tmp_path, "security")
    (rights,) = (
        each for each in root.blocks if each.address == "data.aws_iam_policy_document.trail"
    )
    statements = {each["sid"]: each for each in json.loads(json.dumps(rights.body["statement"]))}
    deliver = statements["Deliver"]
    assert deliver["principals"] == [
        {"type": "Service", "identifiers": ["cloudtrail.amazonaws.com"]}
    ]
    values = {each["variable"]: each["values"] for each in deliver["condition"]}
    # The trail is the management account's, though the security account makes it.
    assert values["aws:SourceArn"] == ["arn:aws:cloudtrail:us-east-1:111111111111:trail/shop-trail"]
    (lock,) = _of(root, "aws_s3_bucket_object_lock_configuration")
    assert lock.name == "trail"
    (bucket,) = (each for each in _of(root, "aws_s3_bucket") if each.name == "trail")
    assert bucket.body["object_lock_enabled"] is True


@pytest.mark.parametrize("path", ["organization", "security", "production/base"])
def test_everything_that_is_written_is_understood(tmp_path: Path, path: str) -> None:
    counts = read_back(rendered(tmp_path), path).counts
    assert counts
    ignored = [each.type for each in counts if each.understanding is Understanding.IGNORED]
    assert ignored == []
