"""The promises beside the rendered roots say of things on AWS what the estate's promises say."""

from typing import Any

import pytest
import yaml
from estate_in_one_place import DOCUMENT

from aws_estates import estate_of, rendering_of
from caisson.terraform.writing.promises import FILE
from caisson.terraform.writing.text import files

Json = dict[str, Any]
DATA, SERVICES = "production-us-data", "production-us-services"
BLOCKS = [f"{DATA}:aws_db_instance.{each}_blocks" for each in ("west", "east")]
SESSIONS = [
    f"{DATA}:aws_elasticache_replication_group.{each}_sessions" for each in ("west", "east")
]
CACHES = [f"{DATA}:aws_elasticache_cluster.{each}_cache" for each in ("west", "east")]
SEARCHES = [f"{DATA}:aws_opensearch_domain.{each}_search" for each in ("west", "east")]
UPLOADS = [f"{DATA}:aws_s3_bucket.{each}_uploads" for each in ("west", "east")]
STORES = {*BLOCKS, *SESSIONS, *CACHES, *SEARCHES, *UPLOADS}
WEB = {f"{SERVICES}:aws_ecs_service.{each}_web" for each in ("west", "east")}


def text(*promises: Json) -> str:
    """Return the file that is written for an estate with these promises."""
    return files(rendering_of(estate_of({**DOCUMENT, "promises": list(promises)})))[FILE]


def written(promise: Json) -> list[Json]:
    found: list[Json] = yaml.safe_load(text({"name": "p", **promise}))["promises"]
    return found


def test_environments_and_jurisdictions_are_told_by_tags_and_regions() -> None:
    found = yaml.safe_load(text())
    assert found == {
        "jurisdictions": {"us": ["us-east-2", "us-west-2"]},
        "environments": {"production": {"tags": {"Environment": "production"}}},
        "promises": [],
    }


def test_who_may_reach_a_store_is_promised_of_each_of_its_copies() -> None:
    found = written({"reach": "blocks", "from": ["web"]})
    assert [each["name"] for each in found] == ["p", "p-2"]
    assert [each["reach"] for each in found] == BLOCKS
    for each in found:
        assert set(each["from"]) >= WEB
        # What stands before a database opens it too, and what changes its passwords.
        assert {one.partition(":")[2].partition(".")[0] for one in set(each["from"]) - WEB} == {
            "aws_db_proxy",
            "aws_serverlessapplicationrepository_cloudformation_stack",
        }


def test_only_a_database_has_something_before_it() -> None:
    found = written({"reach": "cache", "from": ["web"]})
    assert [(each["reach"], set(each["from"])) for each in found] == [(c, WEB) for c in CACHES]


def test_who_reaches_files_is_said_to_be_for_policies() -> None:
    promised = text({"name": "p", "reach": "uploads", "from": ["web"]})
    assert yaml.safe_load(promised)["promises"] == []
    assert "  # p: who reaches files is for policies to say, not networks" in promised


def test_a_region_may_be_lost_without_what_can_be_made_again() -> None:
    promise = {"name": "p", "when": "region lost", "rpo": "5s", "rto": "60s"}
    (found,) = yaml.safe_load(text(promise))["promises"]
    assert (found["lose"], found["rpo"]) == ("region", "5s")
    assert found["of"] == [BLOCKS[0], SESSIONS[0], UPLOADS[0]]
    assert "# p: how soon service is back is measured, not proved" in text(promise)


@pytest.mark.parametrize(
    ("promise", "key", "things"),
    [
        ({"tenants": "us", "data stays in": "us"}, "stores", STORES),
        ({"tenants": "us", "data stays in": "us", "stores": ["blocks"]}, "stores", set(BLOCKS)),
        ({"encrypted": ["at rest"]}, "of", STORES),
        ({"encrypted": ["at rest"], "of": ["blocks", "cache"]}, "of", {*BLOCKS, *CACHES}),
        ({"lose": "zone", "rpo": "5s", "of": ["search", "uploads"]}, "of", {UPLOADS[0]}),
        ({"open to internet": [443], "of": ["web"]}, "of", WEB),
        ({"public": ["uploads"]}, "public", set(UPLOADS)),
    ],
)
def test_stores_and_services_are_the_things_that_they_are(
    promise: Json, key: str, things: set[str]
) -> None:
    (found,) = written(promise)
    assert set(found[key]) == things


def test_what_is_no_component_stays_as_it_is() -> None:
    (found,) = written({"open to internet": [443]})
    assert found == {"name": "p", "open to internet": [443]}


def test_lengths_of_time_have_their_units() -> None:
    (first, _) = written({"restore": "blocks", "within": "1h", "verified every": "35d"})
    assert first["restore"] == BLOCKS[0]
    assert (first["within"], first["verified every"]) == ("3600s", "3024000s")


def test_ports_are_ranges() -> None:
    (first, _) = written({"reach": "cache", "from": ["web"], "ports": ["443", "8000-8100"]})
    assert first["ports"] == [443, "8000-8100"]
