"""The edge leads every tenant to its own jurisdiction, and keeps nothing of any."""

import re
from pathlib import Path
from typing import Any

import pytest
from writing_support import ESTATE, read_back, rendered

from caisson.topology.resources import Rest
from rendered_roots import Written, written

TENANTS = "tenants: {acme: {home: us}, globex: {home: us}, muster: {home: eu}}\n"
TWO_PUBLIC = ESTATE.replace("    port: 9000\n", "    port: 9000\n    public: https\n") + TENANTS
EDGE, STAGING = "production/edge", "staging/edge"


def root(folder: Path, path: str = EDGE, text: str = ESTATE + TENANTS) -> Written:
    return written(rendered(folder, text))[path]


def only(found: Written, kind: str) -> Any:
    (each,) = found.section("resource")[kind].values()
    return each


def test_every_tenant_is_led_to_its_home(tmp_path: Path) -> None:
    for path, homes in (
        (EDGE, {"acme": "us", "globex": "us", "muster": "eu"}),
        (STAGING, {"acme": "us", "globex": "us"}),
    ):
        found = root(tmp_path, path)
        pairs = only(found, "aws_cloudfrontkeyvaluestore_keys_exclusive")["resource_key_value_pair"]
        assert {each["key"]: each["value"] for each in pairs} == homes
        origins = only(found, "aws_cloudfront_distribution")["origin"]
        assert {each["origin_id"] for each in origins} == set(homes.values())
        domain = "shop.example" if path == EDGE else "staging.shop.example"
        for each in origins:
            assert each["domain_name"] == f"origin-{each['origin_id']}.{domain}"
            assert each["custom_origin_config"]["origin_protocol_policy"] == "https-only"


def test_an_area_is_found_at_its_home_and_else_at_its_standby(tmp_path: Path) -> None:
    found = root(tmp_path).section("resource")
    records = {
        name: (each["name"], each.get("failover_routing_policy"))
        for name, each in found["aws_route53_record"].items()
        if each["name"].startswith("origin-")
    }
    assert records == {
        "us_west": ("origin-us.shop.example", {"type": "PRIMARY"}),
        "us_east": ("origin-us.shop.example", {"type": "SECONDARY"}),
        "eu_central": ("origin-eu.shop.example", None),
    }
    checks = found["aws_route53_health_check"]
    assert {each["resource_path"] for each in checks.values()} == {"/ready"}
    assert found["aws_route53_record"]["us_east"]["health_check_id"] == (
        "${aws_route53_health_check.us_east.id}"
    )


def test_nothing_of_anybody_stays_at_the_edge(tmp_path: Path) -> None:
    rendering = rendered(tmp_path, ESTATE + TENANTS)
    assert [
        each for each in read_back(rendering, EDGE).holdings if each.rest is Rest.DELIVERY
    ] == []
    found = written(rendering)[EDGE]
    logged = only(found, "aws_cloudwatch_log_delivery")["record_fields"]
    about_somebody = ("c-ip", "uri", "cookie", "referer", "agent", "forwarded", "host", "asn")
    assert [each for each in logged if any(word in each.lower() for word in about_somebody)] == []
    wall = only(found, "aws_wafv2_web_acl")
    seen = [wall["visibility_config"], *(each["visibility_config"] for each in wall["rule"])]
    assert not any(each["sampled_requests_enabled"] for each in seen)


def test_what_attackers_send_is_turned_away_and_logged_at_home(tmp_path: Path) -> None:
    found = written(rendered(tmp_path))["production/us/services"].section("resource")
    assert set(found["aws_wafv2_web_acl_association"]) == {"us_west", "us_east"}
    for name, wall in found["aws_wafv2_web_acl"].items():
        rules = {each["name"]: each for each in wall["rule"]}
        assert {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"} < set(rules)
        sender = rules["TooMany"]["statement"]["rate_based_statement"]
        assert sender["aggregate_key_type"] == "FORWARDED_IP"
        log = found["aws_wafv2_web_acl_logging_configuration"][name]
        hidden = {each["single_header"]["name"] for each in log["redacted_fields"]}
        assert hidden == {"authorization", "cookie"}


def test_every_public_service_but_the_first_has_a_name_of_its_own(tmp_path: Path) -> None:
    found = root(tmp_path, text=TWO_PUBLIC)
    names = {"shop.example", "mailer.shop.example"}
    assert set(only(found, "aws_cloudfront_distribution")["aliases"]) == names
    records = found.section("resource")["aws_route53_record"].values()
    assert names < {each["name"] for each in records}
    certificate = only(found, "aws_acm_certificate")
    assert {certificate["domain_name"], *certificate["subject_alternative_names"]} == names
    behind = root(tmp_path, "production/us/services", TWO_PUBLIC).section("resource")
    rule = behind["aws_lb_listener_rule"]["us_west_mailer"]
    assert rule["condition"]["host_header"]["values"] == ["mailer.shop.example"]
    assert rule["action"]["target_group_arn"] == "${aws_lb_target_group.us_west_mailer.arn}"
    first = behind["aws_lb_listener"]["us_west"]["default_action"]
    assert first["target_group_arn"] == "${aws_lb_target_group.us_west_web.arn}"


def test_an_estate_without_users_has_no_door(tmp_path: Path) -> None:
    roots = written(rendered(tmp_path, ESTATE.replace("    public: https\n", "")))
    assert "resource" not in roots[EDGE].document
    assert "aws_route53_zone" not in roots["production/base"].section("resource")
    assert "aws_lb" not in roots["production/us/services"].section("resource")


@pytest.mark.parametrize("estate", ["w", "e" * 40])
def test_names_are_neither_too_short_nor_too_long(tmp_path: Path, estate: str) -> None:
    environment = "production-of-a-very-long-name-indeed"
    text = ESTATE.replace("estate: shop", f"estate: {estate}").replace("production", environment)
    roots = written(
        rendered(tmp_path, text.replace("aws+{account}@shop.example", "a+{account}@b.co"))
    )
    edge = roots[f"{environment}/edge"].section("resource")
    for kind in ("aws_cloudwatch_log_delivery_source", "aws_cloudwatch_log_delivery_destination"):
        assert all(len(each["name"]) <= 60 for each in edge[kind].values())
    (key,) = roots["staging/base"].section("resource")["aws_route53_key_signing_key"].values()
    assert re.fullmatch(r"[A-Za-z0-9_]{3,128}", key["name"])
