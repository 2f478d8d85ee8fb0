"""The checker that all rendered blocks go through finds what is wrong with a block."""

from typing import Any

import pytest

import provider_schema

SUBNET = {"provider": "aws.us", "vpc_id": "${aws_vpc.main.id}", "cidr_block": "10.0.0.0/24"}
GROUP = {"name": "web", "port": 80, "protocol": "HTTP", "vpc_id": "${aws_vpc.main.id}"}
BUCKET = {"bucket": "${aws_s3_bucket.logs.id}"}
RULE = {"id": "old", "status": "Enabled", "expiration": {"days": 7}}
PROXY = {"name": "p", "engine_family": "POSTGRESQL", "role_arn": "r", "vpc_subnet_ids": ["a"]}
INSTANCE = {"identifier": "blocks", "instance_class": "db.r6g.large"}


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [
        ("resource", "aws_subnet", SUBNET),
        ("resource", "aws_subnet", {**SUBNET, "//": "why", "timeouts": {"create": "5m"}}),
        ("resource", "aws_lb_target_group", {**GROUP, "health_check": {"path": "/ready"}}),
        ("resource", "aws_s3_bucket_lifecycle_configuration", {**BUCKET, "rule": [RULE, RULE]}),
        ("resource", "aws_db_proxy", {**PROXY, "auth": [{"iam_auth": "REQUIRED"}]}),
        ("resource", "aws_db_instance", {**INSTANCE, "password_wo": "${ephemeral.x.y.z}"}),
        ("data", "aws_iam_role", {"name": "somebody"}),
        ("ephemeral", "aws_secretsmanager_random_password", {"password_length": 32}),
    ],
)
def test_what_terraform_takes_is_taken(form: str, kind: str, body: dict[str, Any]) -> None:
    assert list(provider_schema.aws().problems(form, kind, body)) == []


@pytest.mark.parametrize(
    ("form", "kind", "body", "wrong"),
    [
        ("resource", "aws_subnett", SUBNET, "there is no resource `aws_subnett`"),
        ("data", "aws_db_proxy_target", {}, "there is no data `aws_db_proxy_target`"),
        (
            "resource",
            "aws_subnet",
            {**SUBNET, "cidr_blocks": "10.0.0.0/24"},
            "cidr_blocks: there is no such attribute or block",
        ),
        ("resource", "aws_subnet", {"cidr_block": "10.0.0.0/24"}, "vpc_id: is required"),
        ("resource", "aws_subnet", {**SUBNET, "vpc_id": None}, "vpc_id: is required"),
        ("resource", "aws_subnet", {**SUBNET, "arn": "arn:x"}, "arn: only the provider says it"),
        ("resource", "aws_subnet", {**SUBNET, "tags": ["a"]}, "tags: must be a map"),
        (
            "resource",
            "aws_subnet",
            {**SUBNET, "tags": {"Name": {"a": "b"}}},
            "tags.Name: must be a string",
        ),
        (
            "resource",
            "aws_subnet",
            {**SUBNET, "map_public_ip_on_launch": "no"},
            "map_public_ip_on_launch: must be a bool",
        ),
        ("resource", "aws_lb_target_group", {**GROUP, "port": True}, "port: must be a number"),
        (
            "resource",
            "aws_lb_target_group",
            {**GROUP, "health_check": [{"path": "/"}, {"path": "/ready"}]},
            "health_check: there can be 1 at most",
        ),
        (
            "resource",
            "aws_lb_target_group",
            {**GROUP, "health_check": {"route": "/"}},
            "health_check.route: there is no such attribute or block",
        ),
        (
            "resource",
            "aws_lb_target_group",
            {**GROUP, "health_check": "/ready"},
            "health_check: must be an object",
        ),
        (
            "resource",
            "aws_db_proxy",
            {**PROXY, "auth": {"iam_auth": "REQUIRED"}, "vpc_subnet_ids": "a"},
            "vpc_subnet_ids: must be a set",
        ),
        ("resource", "aws_db_proxy", PROXY, "auth: a block is required"),
        (
            "resource",
            "aws_s3_bucket",
            {"bucket": "logs", "acl": "private"},
            "acl: is deprecated",
        ),
        (
            "resource",
            "aws_network_acl",
            {"vpc_id": "vpc-1", "ingress": [{"action": "allow", "from_port": 0}]},
            "ingress.cidr_block: is required",
        ),
    ],
)
def test_what_is_wrong_is_found(form: str, kind: str, body: dict[str, Any], wrong: str) -> None:
    assert wrong in list(provider_schema.aws().problems(form, kind, body))
