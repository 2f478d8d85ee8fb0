"""How services run on AWS: their images, their copies, and what they are told."""

import json
from pathlib import Path
from typing import Any

import pytest
from writing_support import ESTATE, rendered

from caisson.estate.model import Task
from caisson.terraform.writing.aws.fargate import size
from rendered_roots import Written, written

US, STAGING = "production/us/services", "staging/us/services"
IMAGES = "production/us/images"


def root(folder: Path, text: str = ESTATE, path: str = US) -> Written:
    return written(rendered(folder, text))[path]


def resources(found: Written, kind: str) -> dict[str, Any]:
    return dict(found.section("resource")[kind])


def container(found: Written, name: str = "us_west_web") -> dict[str, Any]:
    task = resources(found, "aws_ecs_task_definition")[name]
    (only,) = json.loads(task["container_definitions"])
    return dict(only)


def pulled(found: Written) -> Any:
    document = found.section("data")["aws_iam_policy_document"]["us_west_web_execution"]
    return [each["resources"] for each in document["statement"] if each["sid"] == "PullItsImage"]


def test_an_image_of_our_own_is_pulled_where_it_runs(tmp_path: Path) -> None:
    found = root(tmp_path)
    told = "${data.terraform_remote_state.images.outputs."
    assert container(found)["image"] == f"{told}us_west_shop_web_repository_url}}:1.0.0"
    assert container(found, "us_east_web")["image"].startswith(f"{told}us_east_shop_web_")
    assert pulled(found) == [[f"{told}us_west_shop_web_repository_arn}}"]]


def test_images_are_copied_to_the_standby_and_nowhere_else(tmp_path: Path) -> None:
    found = root(tmp_path, path=IMAGES)
    (copied,) = resources(found, "aws_ecr_replication_configuration").values()
    assert copied["provider"] == "aws.us_west"
    assert copied["replication_configuration"]["rule"]["destination"]["region"] == "us-east-2"
    alone = root(tmp_path, path="production/eu/images")
    assert "aws_ecr_replication_configuration" not in alone.section("resource")


def test_what_tells_nothing_is_not_needed(tmp_path: Path) -> None:
    text = ESTATE.replace("image: shop/", "image: ghcr.io/shop/")
    roots = {each.path: each for each in rendered(tmp_path, text).roots}
    assert roots[IMAGES].parts == ()
    assert set(roots[US].needs) == {"base", "keys", "network", "data"}
    with_images = {each.path: each for each in rendered(tmp_path).roots}
    assert set(with_images[US].needs) == {"base", "keys", "network", "data", "images"}


@pytest.mark.parametrize(
    ("image", "repositories"),
    [
        ("ghcr.io/shop/web:1.0.0", []),
        ("localhost:5000/web:1", []),
        (
            "555555555555.dkr.ecr.us-west-2.amazonaws.com/shop/web:1.0.0",
            [["arn:aws:ecr:us-west-2:555555555555:repository/shop/web"]],
        ),
    ],
)
def test_an_image_of_another_registry_is_used_as_written(
    tmp_path: Path, image: str, repositories: list[list[str]]
) -> None:
    text = ESTATE.replace("shop/web:1.0.0", image)
    found = root(tmp_path, text)
    assert container(found)["image"] == image
    assert pulled(found) == repositories
    assert list(resources(root(tmp_path, text, IMAGES), "aws_ecr_repository")) == [
        "us_west_shop_mailer",
        "us_east_shop_mailer",
    ]


def test_a_copy_has_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    found = root(tmp_path)
    copy = container(found)
    assert copy["readonlyRootFilesystem"]
    assert not copy["privileged"]
    assert copy["user"].partition(":")[0] not in ("", "0", "root")
    assert copy["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    service = resources(found, "aws_ecs_service")["us_west_web"]
    assert service["network_configuration"]["assign_public_ip"] is False
    assert service["deployment_circuit_breaker"] == {"enable": True, "rollback": True}
    # Nothing that needs to be kept from readers of the task is in it.
    told = {each["name"] for each in copy["environment"]}
    assert all(each.startswith("CAISSON_") for each in told)
    assert "secrets" not in copy


def test_small_runs_half_as_many_copies(tmp_path: Path) -> None:
    text = ESTATE.replace("port: 9000", "scale: {least: 1, most: 7}")
    for path, name, bounds in (
        (US, "us_west_web", (2, 10)),
        (STAGING, "us_west_web", (1, 5)),
        (US, "us_west_mailer", (1, 7)),
        (STAGING, "us_west_mailer", (1, 3)),
    ):
        found = root(tmp_path, text, path)
        scaled = resources(found, "aws_appautoscaling_target")[name]
        assert (scaled["min_capacity"], scaled["max_capacity"]) == bounds
        assert resources(found, "aws_ecs_service")[name]["desired_count"] == bounds[0]


def test_only_what_users_reach_is_behind_the_balancer(tmp_path: Path) -> None:
    found = root(tmp_path)
    services = resources(found, "aws_ecs_service")
    assert services["us_west_web"]["depends_on"] == ["aws_lb_listener.us_west"]
    assert "load_balancer" not in services["us_west_mailer"]
    policies = resources(found, "aws_appautoscaling_policy")
    assert {each for each in policies if each.endswith("_requests")} == {
        "us_west_web_requests",
        "us_east_web_requests",
    }


def test_a_service_is_told_of_its_own_stores_and_tenants_alone(tmp_path: Path) -> None:
    text = ESTATE + "tenants: {acme: {home: us}, muster: {home: eu}}\n"
    parameter = resources(root(tmp_path, text), "aws_ssm_parameter")["us_east_web"]
    assert parameter["name"] == "/caisson/shop/production/us-east/web"
    told = json.loads(parameter["value"])
    assert (told["region"], told["jurisdiction"]) == ("us-east", "us")
    assert set(told["tenants"]) == {"acme"}
    assert set(told["stores"]) == {"orders", "cache", "search", "uploads"}
    orders = told["stores"]["orders"]
    assert orders["database"] == "orders"
    assert orders["user"].endswith("us_east_web_orders_user_name}")
    assert "password" not in parameter["value"]


def test_a_rename_of_a_service_keeps_what_runs(tmp_path: Path) -> None:
    before = root(tmp_path)
    after = root(tmp_path, ESTATE.replace("  mailer:\n", "  post:\n    was: mailer\n"))
    for kind, name in (
        ("aws_ecs_service", "name"),
        ("aws_cloudwatch_log_group", "name"),
        ("aws_iam_role", "name"),
        ("aws_ssm_parameter", "name"),
    ):
        names = [each[name] for each in resources(before, kind).values()]
        assert [each[name] for each in resources(after, kind).values()] == names
        moved = {each["from"]: each["to"] for each in after.section("moved")}
        gone = resources(before, kind).keys() - resources(after, kind).keys()
        assert {f"{kind}.{each}" for each in gone} <= moved.keys()


def test_of_two_renames_every_step_is_told(tmp_path: Path) -> None:
    """Terraform refuses two moves to one address, and follows one after the other."""
    text = (
        ESTATE.replace("  web:\n", "  front:\n    was: web\n")
        .replace("orders:   {system: postgres}", "sales: {system: postgres, was: orders}")
        .replace("orders: write", "sales: write")
        .replace("from: orders", "from: sales")
    )
    moved = root(tmp_path, text, "production/us/data").section("moved")
    names = [
        tuple(step[end].partition(".")[2] for end in ("from", "to"))
        for step in moved
        if step["to"].startswith("aws_secretsmanager_secret.us_west_")
        and not step["to"].endswith("administrator")
    ]
    assert names == [
        ("us_west_orders_web", "us_west_orders_front"),
        ("us_west_orders_front", "us_west_sales_web"),
        ("us_west_sales_web", "us_west_sales_front"),
    ]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((1, 1), (256, 512)),
        ((256, 2048), (256, 2048)),
        ((256, 2049), (512, 3072)),
        ((1025, 1), (2048, 4096)),
        ((16384, 122880), (16384, 122880)),
    ],
)
def test_a_task_gets_the_smallest_size_that_is_enough(
    asked: tuple[int, int], given: tuple[int, int]
) -> None:
    found = size(Task(cpu=asked[0], memory=asked[1]))
    assert (found.cpu, found.memory) == given


def test_no_task_is_larger_than_the_largest() -> None:
    with pytest.raises(LookupError, match="16385"):
        size(Task(cpu=16385, memory=1))
