"""Services have the rights that their `uses` need, whatever the estate, and no others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from writing_support import ESTATE, of_root, rendered

from aws_estates import estates, rendering_of
from caisson.estate.model import Estate, Service
from caisson.terraform.writing.model import Rendering
from rendered_roots import Written, written

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
US = "production/us/services"
# What every service may do: read where its stores are.
OWN = {"ssm:GetParameter", "kms:Decrypt"}
# The rights of who uses a store of this system, by the part of their names before the colon.
OF_SYSTEM = {
    "postgres": {"rds-db"},
    "redis": {"elasticache"},
    "opensearch": {"es"},
    "files": {"s3", "kms"},
    "memcached": set(),
}
WRITES = ("Put", "Delete", "Abort", "GenerateDataKey", "Patch")


def documents(root: Written, ending: str) -> Iterator[tuple[str, list[Any]]]:
    for _, kind, name, body in root.blocks():
        if kind == "aws_iam_policy_document" and name.endswith(ending):
            yield name, body["statement"]


def services_roots(rendering: Rendering) -> Iterator[Written]:
    for path, root in written(rendering).items():
        if path.endswith("/services"):
            yield root


def role_of(name: str, estate: Estate) -> tuple[str, Service]:
    """Return whose role it is, by the name of its document: `us_west_web_task`."""
    (found,) = (
        each
        for each in estate.services
        if any(name == f"{region}_{each}_task".replace("-", "_") for region in estate.regions)
    )
    return found, estate.services[found]


@settings(max_examples=25, suppress_health_check=SLOW)
@given(estate=estates())
def test_a_service_may_do_what_its_uses_need(estate: Estate) -> None:
    for root in services_roots(rendering_of(estate)):
        for name, statements in documents(root, "_task"):
            _, service = role_of(name, estate)
            used = {each: estate.stores[each].system for each in service.uses}
            actions = {each for one in statements for each in one["actions"]}
            services_of_aws = {each.partition(":")[0] for each in actions - OWN}
            allowed = set().union(*(OF_SYSTEM[each] for each in used.values()))
            assert services_of_aws <= allowed
            assert allowed - {"kms"} <= services_of_aws
            named = json.dumps([each["resources"] for each in statements])
            for store in estate.stores.keys() - service.uses.keys():
                assert f"_{store}_arn".replace("-", "_") not in named
                assert f"_{store}_user_arn".replace("-", "_") not in named


@settings(max_examples=25, suppress_health_check=SLOW)
@given(estate=estates())
def test_no_right_is_to_everything(estate: Estate) -> None:
    for root in services_roots(rendering_of(estate)):
        for name, statements in documents(root, ""):
            for each in statements:
                if each["effect"] == "Deny":
                    continue
                assert not any("*" in action for action in each["actions"]), name
                everything = "*" in each.get("resources", ())
                assert everything is (each["actions"] == ["ecr:GetAuthorizationToken"]), name


def rights(folder: Path, service: str, text: str = ESTATE) -> dict[str, Any]:
    roles = json.loads(of_root(rendered(folder, text), US)["roles.tf.json"])
    made = roles["data"]["aws_iam_policy_document"][f"us_west_{service}_task"]["statement"]
    return {each["sid"]: each for each in made}


def test_who_reads_cannot_write(tmp_path: Path) -> None:
    reader = ESTATE.replace("uploads: write", "uploads: read")
    found = rights(tmp_path, "web", reader)
    of_search_and_files = [each for each in found if "Search" in each or "Uploads" in each]
    assert len(of_search_and_files) == 2 * 5
    for sid in of_search_and_files:
        assert not [
            each for each in found[sid]["actions"] if each.partition(":")[2].startswith(WRITES)
        ]
    asked = found["AskSearchInUsWest"]
    assert asked["actions"] == ["es:ESHttpPost"]
    assert all(each.rpartition("/")[2].startswith("_") for each in asked["resources"])


def test_keys_open_only_through_the_store_that_they_are_for(tmp_path: Path) -> None:
    found = rights(tmp_path, "web")["UseKeyOfUploadsInUsEast"]
    assert found["resources"] == [
        "${data.terraform_remote_state.keys.outputs.us_east_personal_key_arn}"
    ]
    (through,) = found["condition"]
    assert through["variable"] == "kms:ViaService"
    assert through["values"] == ["s3.us-east-2.amazonaws.com"]


def test_any_member_of_a_store_may_become_the_primary(tmp_path: Path) -> None:
    web, mailer = rights(tmp_path, "web"), rights(tmp_path, "mailer")
    for region in ("UsWest", "UsEast"):
        assert web[f"SignInToOrdersIn{region}"]["actions"] == ["rds-db:connect"]
        assert mailer[f"SignInToSessionsIn{region}"]["actions"] == ["elasticache:Connect"]


def test_only_ecs_takes_a_role_and_none_goes_beyond_the_boundary(tmp_path: Path) -> None:
    made = json.loads(of_root(rendered(tmp_path), US)["roles.tf.json"])
    trust = made["data"]["aws_iam_policy_document"]["us_west_web_trust"]["statement"][0]
    assert trust["principals"] == [{"type": "Service", "identifiers": ["ecs-tasks.amazonaws.com"]}]
    told = {each["variable"]: each["values"] for each in trust["condition"]}
    assert told == {
        "aws:SourceAccount": ["333333333333"],
        "aws:SourceArn": ["arn:aws:ecs:us-west-2:333333333333:*"],
    }
    for role in made["resource"]["aws_iam_role"].values():
        assert role["permissions_boundary"].endswith("permissions_boundary_arn}")
        assert len(role["name"]) <= 64
