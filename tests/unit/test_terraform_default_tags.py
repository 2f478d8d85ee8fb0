"""The tags that a provider gives to all it makes are tags of the things, planned or not."""

import json
from typing import Any

import pytest
from plan_builder import AWS, plan, planned

from caisson.estate.promises import PromiseFile
from caisson.terraform.read import read, read_configuration
from caisson.topology.places import Places
from caisson.topology.resources import Resource

NATIVE = """
variable "environment" { default = "production" }
data "aws_caller_identity" "me" {}
provider "aws" {
  region = "eu-central-1"
  default_tags {
    tags = { Environment = var.environment, Team = data.aws_caller_identity.me.account_id }
  }
}
provider "aws" {
  alias  = "plain"
  region = "eu-central-1"
}
"""
AS_JSON = {
    "provider": {
        "aws": [
            {"region": "eu-central-1", "default_tags": {"tags": {"Environment": "production"}}},
            {"alias": "plain", "region": "eu-central-1"},
        ]
    }
}


def things(resources: str, provider: str | dict[str, Any] = NATIVE) -> dict[str, Resource]:
    native = provider if isinstance(provider, str) else ""
    files = {"main.tf": f"{native}\n{resources}".encode()}
    if not isinstance(provider, str):
        files["providers.tf.json"] = json.dumps(provider).encode()
    return {each.id: each for each in read_configuration("root", files).resources}


@pytest.mark.parametrize("provider", [NATIVE, AS_JSON], ids=["native", "json"])
def test_a_configuration_has_the_tags_of_its_provider(provider: str | dict[str, Any]) -> None:
    found = things('resource "aws_vpc" "v" { tags = { Name = "here" } }', provider)
    assert found["aws_vpc.v"].tags == {"Environment": "production", "Name": "here"}
    assert found["aws_vpc.v"].environment == "production"


def test_what_a_resource_says_itself_goes_before() -> None:
    found = things('resource "aws_vpc" "v" { tags = { Environment = "staging" } }')
    assert found["aws_vpc.v"].environment == "staging"


def test_what_takes_no_tags_has_none() -> None:
    found = things('resource "aws_route" "r" {}')
    assert (found["aws_route.r"].tags, found["aws_route.r"].environment) == ({}, None)


def test_another_provider_gives_none() -> None:
    found = things('resource "aws_vpc" "v" { provider = aws.plain }')
    assert found["aws_vpc.v"].tags == {}


def test_tags_that_nobody_can_tell_may_be_any() -> None:
    found = things('resource "aws_vpc" "v" { tags = data.aws_caller_identity.me.tags }')
    assert found["aws_vpc.v"].environment is None


def test_environments_are_told_by_them() -> None:
    told = {"environments": {"live": {"tags": {"environment": ["production"]}}}, "promises": []}
    places = Places.of(PromiseFile.model_validate(told))
    files = {"main.tf": f'{NATIVE}\nresource "aws_vpc" "v" {{}}'.encode()}
    (vpc,) = read_configuration("root", files, places).resources
    assert vpc.environment == "live"


def test_a_plan_whose_tags_are_partly_unknown_has_them_too() -> None:
    default = [{"tags": {"constant_value": {"Environment": "production"}}}]
    provider = {"name": "aws", "full_name": AWS, "expressions": {"default_tags": default}}
    content = json.loads(plan([planned("aws_vpc.v", tags={"Name": ...}, tags_all=...)], []))
    content["configuration"]["provider_config"]["aws"] = provider
    written = {
        "address": "aws_vpc.v",
        "mode": "managed",
        "type": "aws_vpc",
        "name": "v",
        "provider_config_key": "aws",
        "expressions": {"tags": {"references": ["aws_vpc.other.id", "aws_vpc.other"]}},
    }
    content["configuration"]["root_module"]["resources"] = [written]
    (vpc,) = read("plan.json", json.dumps(content).encode()).resources
    assert vpc.tags == {"Environment": "production"}


def test_an_account_is_told_by_the_role_of_a_provider_in_json() -> None:
    role = {"role_arn": "arn:aws:iam::123456789012:role/terraform"}
    provider = {"provider": {"aws": {"region": "eu-central-1", "assume_role": role}}}
    found = things('resource "aws_vpc" "v" {}', provider)
    assert found["aws_vpc.v"].account == "123456789012"
