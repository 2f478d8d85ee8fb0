"""Where Terraform keeps its own state is a thing that can be lost."""

import json

import pytest

from caisson.estate.promises import LoseRegion
from caisson.estate.sources import Source
from caisson.prove.recoverability_of_resources import decide_region
from caisson.prove.world import World
from caisson.terraform.hcl.kept_state import asked_state
from caisson.terraform.read import part_of_configuration, read_configuration, read_together
from caisson.topology.model import Topology
from caisson.topology.resources import TOOL_STATE, Resource

S3 = 'backend "s3" {\n  bucket = "tofu"\n  region = "eu-west-1"\n  }'
PROMISE = LoseRegion.model_validate(
    {"name": "region", "when": "region lost", "rpo": "1d", "rto": "1h"}
)


def files(backend: str) -> dict[str, bytes]:
    return {"main.tf": f'terraform {{\n  {backend}\n}}\nresource "aws_vpc" "v" {{}}\n'.encode()}


def states(topology: Topology) -> list[Resource]:
    return [each for each in topology.resources if each.type == TOOL_STATE]


@pytest.mark.parametrize(
    ("backend", "name", "region", "jurisdiction"),
    [
        (S3, "s3 tofu", "eu-west-1", "eu"),
        ('backend "s3" {\n  key = "only"\n  }', "s3", None, None),
        ('backend "local" {\n  path = "x.tfstate"\n  }', "local x.tfstate", None, None),
    ],
)
def test_a_backend_is_a_thing_in_its_place(
    backend: str, name: str, region: str | None, jurisdiction: str | None
) -> None:
    (found,) = states(read_configuration("root", files(backend)))
    assert (found.name, found.region, found.jurisdiction) == (name, region, jurisdiction)
    assert found.source == Source("main.tf", 2, 3)


def test_a_backend_in_json_is_one_too() -> None:
    backend = {"s3": {"bucket": "tofu", "key": "a", "region": "eu-west-1"}}
    content = json.dumps({"terraform": {"required_version": ">= 1", "backend": backend}}, indent=1)
    (found,) = states(read_configuration("root", {"main.tf.json": content.encode()}))
    assert (found.name, found.region) == ("s3 tofu", "eu-west-1")
    assert found.source == Source("main.tf.json", 5)


def test_the_cloud_is_a_place_as_well() -> None:
    cloud = 'cloud {\n  organization = "shop"\n  workspaces {\n  name = "net"\n  }\n  }'
    (found,) = states(read_configuration("root", files(cloud)))
    assert (found.name, found.region) == ("cloud", None)


@pytest.mark.parametrize(
    ("backend", "kind", "config"),
    [
        (
            'backend "s3" {\n bucket = "b"\n key = "k"\n region = "eu-west-1"\n }',
            "s3",
            {"bucket": "b", "key": "k", "region": "eu-west-2"},
        ),
        ('backend "gcs" {\n bucket = "b"\n }', "gcs", {"bucket": "b"}),
        (
            'cloud {\n organization = "o"\n workspaces {\n name = "w"\n }\n }',
            "remote",
            {"organization": "o", "workspaces": {"name": "w"}},
        ),
        (
            'backend "remote" {\n organization = "o"\n workspaces {\n name = "w"\n }\n }',
            "remote",
            {"organization": "o", "workspaces": [{"name": "w"}]},
        ),
        ('backend "local" {\n path = "../x/a.tfstate"\n }', "local", {"path": "a.tfstate"}),
    ],
)
def test_who_reads_a_state_says_the_same(backend: str, kind: str, config: object) -> None:
    state = part_of_configuration("root", files(backend), "e/here").state
    assert state is not None
    assert state.id is not None
    assert asked_state({"backend": kind, "config": config}, "e/x") == state.id


@pytest.mark.parametrize(
    "backend",
    [
        'backend "s3" {\n bucket = "b"\n }',
        'backend "s3" {\n bucket = "b"\n key = var.key\n }',
        'backend "remote" {\n organization = "o"\n workspaces {\n prefix = "w"\n }\n }',
        'backend "consul" {\n path = "b"\n }',
    ],
)
def test_which_state_it_is_may_be_open(backend: str) -> None:
    state = part_of_configuration("root", files(backend)).state
    assert state is not None
    assert state.id is None


def test_without_a_backend_nothing_is_said() -> None:
    topology = read_configuration("root", files(""))
    assert states(topology) == []
    *_, service = decide_region(PROMISE, Source("p.yaml", 1), World(topology))
    assert "where Terraform's own state lies is not told" in [fact.text for fact in service.why]


def test_its_loss_with_a_region_is_said() -> None:
    topology = read_configuration("root", files(S3))
    *_, service = decide_region(PROMISE, Source("p.yaml", 1), World(topology))
    assert service.why[0].text == "the state of Terraform (s3 tofu) is lost with eu-west-1"


def test_several_roots_have_a_state_each() -> None:
    parts = {name: part_of_configuration(name, files(S3)) for name in ("one", "two")}
    ids = [each.id for each in states(read_together("both", parts))]
    assert ids == ["one:terraform.backend", "two:terraform.backend"]
