"""What environment a resource is of, and what jurisdiction a region is in."""

import json
from pathlib import Path
from typing import Any

import botocore
import pytest

from caisson.estate.cloud_regions import JURISDICTION_OF
from caisson.estate.promises import PromiseFile
from caisson.topology.places import Places

ADDRESS, TYPE = "module.app.aws_instance.web[0]", "aws_instance"


def places(**written: Any) -> Places:
    return Places.of(PromiseFile.model_validate({"promises": []} | written))


def environment(
    told: Places,
    address: str = ADDRESS,
    account: str | None = "111111111111",
    region: str | None = "eu-west-1",
    **tags: str,
) -> str | None:
    return told.environment(address, account, region, tags, TYPE)


@pytest.mark.parametrize(
    "tag", ["Environment", "environment", "ENVIRONMENT", "env", "Env", "Stage"]
)
def test_without_a_word_the_usual_tags_tell(tag: str) -> None:
    assert environment(Places(), **{tag: "Production "}) == "production"
    assert environment(Places(), Owner="me") is None
    assert environment(Places(), **{tag: ""}) is None


def test_environment_goes_before_stage() -> None:
    assert environment(Places(), stage="blue", Environment="prod") == "prod"


@pytest.mark.parametrize(
    "told",
    [
        {"tags": {"environment": ["prod", "prd"]}},
        {"tags": {"Environment": "pr*"}},
        {"accounts": "111111111111"},
        {"accounts": ["1111*"]},
        {"regions": ["eu-*"]},
        {"addresses": ["module.app"]},
        {"addresses": ["module.app.aws_instance.web"]},
        {"addresses": ["*.web[0]"]},
        {"addresses": ["aws_instance"]},
    ],
)
def test_a_promise_file_tells_by_any_of_these(told: dict[str, Any]) -> None:
    found = places(environments={"production": told, "other": {"accounts": ["9"]}})
    assert environment(found, Environment="prd") == "production"


@pytest.mark.parametrize(
    "told",
    [
        {"tags": {"environment": "prod"}},
        {"tags": {"team": "*"}},
        {"accounts": "1111"},
        {"regions": ["us-*"]},
        {"addresses": ["module.a", "aws_instance.web", "module.app.aws_instance.we"]},
    ],
)
def test_what_does_not_match_is_of_none(told: dict[str, Any]) -> None:
    assert environment(places(environments={"production": told}), Environment="prd") is None


def test_unknown_places_match_nothing() -> None:
    told = places(environments={"production": {"accounts": ["*"], "regions": ["*"]}})
    assert environment(told, account=None, region=None) is None


def test_the_address_tells_more_than_tags_and_these_more_than_the_account() -> None:
    told = {
        "by-address": {"addresses": [ADDRESS]},
        "by-tag": {"tags": {"env": "x"}},
        "by-account": {"accounts": ["1*"]},
        "by-region": {"regions": ["eu-*"]},
    }
    for winner in list(told):
        assert environment(places(environments=told), env="x") == winner
        del told[winner]


def test_two_that_match_alike_are_both_candidates() -> None:
    told = places(environments={"a": {"addresses": ["*.web*"]}, "b": {"addresses": ["module.*"]}})
    assert environment(told) is None
    assert told.candidates(ADDRESS, None, None, {}, TYPE) == ("a", "b")


@pytest.mark.parametrize(
    ("region", "jurisdiction"),
    [
        ("eu-west-1", "eu"),
        ("eu-west-2", "uk"),
        ("eu-central-2", "ch"),
        ("us-gov-west-1", "us"),
        ("ca-central-1", "ca"),
        ("europe-west2", "uk"),
        ("europe-west6", "ch"),
        ("europe-west3", "eu"),
        ("uksouth", "uk"),
        ("norwayeast", "no"),
        ("westeurope", "eu"),
        ("global", None),
        ("eu-nowhere-9", None),
        (None, None),
    ],
)
def test_regions_are_where_the_law_says(region: str | None, jurisdiction: str | None) -> None:
    assert Places().jurisdiction(region) == jurisdiction


def test_a_promise_file_goes_before_the_table() -> None:
    told = places(jurisdictions={"eu": ["eu-*"], "uk": ["eu-west-2"], "here": "moon-*"})
    assert told.jurisdiction("eu-central-2") == "eu"
    assert told.jurisdiction("eu-west-2") == "uk"
    assert told.jurisdiction("moon-1") == "here"
    assert told.jurisdiction("us-east-1") == "us"


def test_patterns_that_disagree_tell_nothing() -> None:
    told = places(jurisdictions={"one": ["mars-*"], "two": ["*-1"]})
    assert told.jurisdiction("mars-1") is None


def test_every_region_of_aws_is_in_the_table() -> None:
    """Beside those of the secret partitions, which nobody plans into by accident."""
    file = Path(botocore.__file__).parent / "data" / "endpoints.json"
    partitions = json.loads(file.read_text())["partitions"]
    regions = {
        region
        for each in partitions
        if each["partition"] in ("aws", "aws-cn", "aws-us-gov", "aws-eusc")
        for region in each["regions"]
    }
    assert len(regions) > 30
    assert regions <= JURISDICTION_OF.keys()
