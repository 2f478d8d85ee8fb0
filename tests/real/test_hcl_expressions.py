"""Expressions have the values that Terraform gives them."""

import json
from pathlib import Path

import pytest

from caisson.terraform.hcl.configuration import project
from caisson.terraform.hcl.scope import Instances
from caisson.terraform.hcl.unplanned import Unplanned
from caisson.terraform.hcl.values import plain
from terraform_runs import offline

ESTATE = Path(__file__).parents[1] / "estates" / "terraform" / "expressions"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What Terraform says."""
    terraform = offline(ESTATE, tmp_path_factory.mktemp("expressions"))
    terraform.run("plan", "-input=false", "-no-color", "-out=planned")
    outputs = json.loads(terraform.run("show", "-json", "planned"))["planned_values"]["outputs"]
    return {name: each.get("value") for name, each in outputs.items()}


def test_every_expression_has_terraforms_value(told: dict[str, object]) -> None:
    whole = project({"main.tf": (ESTATE / "main.tf").read_bytes()})
    root = Instances(whole, Unplanned({})).at("")
    assert root is not None
    own = {name: plain(root.output(name)) for name in root.module.outputs}
    assert len(own) > 120
    assert own == told
