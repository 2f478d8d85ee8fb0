"""Some roots are planned and others only written, as in the first apply: promises are as always.

A root is written until those that it needs were applied, then planned with ids that are not known
yet, then planned again with all that it has.
"""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from plan_builder import plan, planned, written

from caisson.estate import promise_files
from caisson.prove.check import prove_terraform
from caisson.prove.model import Decision
from caisson.terraform.read import part, part_of_configuration, read_together
from caisson.terraform.roots import Part
from caisson.topology.places import Places

PROMISES = """
jurisdictions: {eu: [eu-west-1]}
promises:
  - {name: home, tenants: eu, data stays in: eu, stores: [stores]}
  - {name: only-web, reach: app:aws_db_instance.main, from: [app:aws_ecs_service.web]}
"""
HOLDS = {"home": Decision.HOLDS, "only-web": Decision.HOLDS}
BASE = """
terraform {
  backend "s3" {
    bucket = "states"
    key    = "ROOT.tfstate"
  }
}
provider "aws" { region = "eu-west-1" }
"""
NETWORK = """
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "app" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_security_group" "db" { vpc_id = aws_vpc.main.id }
resource "aws_security_group" "web" { vpc_id = aws_vpc.main.id }
resource "aws_vpc_security_group_ingress_rule" "db" {
  security_group_id            = aws_security_group.db.id
  referenced_security_group_id = aws_security_group.web.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
resource "aws_vpc_security_group_egress_rule" "web" {
  security_group_id            = aws_security_group.web.id
  referenced_security_group_id = aws_security_group.db.id
  ip_protocol                  = "-1"
}
output "subnet_id" { value = aws_subnet.app.id }
output "db_id" { value = aws_security_group.db.id }
output "web_id" { value = aws_security_group.web.id }
"""
IMAGES = """
resource "aws_ecr_repository" "web" { name = "web" }
output "url" { value = aws_ecr_repository.web.repository_url }
"""
READS = """
data "terraform_remote_state" "ROOT" {
  backend = "s3"
  config  = { bucket = "states", key = "ROOT.tfstate" }
}
"""
APP = """
resource "aws_db_subnet_group" "main" { subnet_ids = [OF.network.outputs.subnet_id] }
resource "aws_db_instance" "main" {
  identifier             = "main"
  port                   = 5432
  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [OF.network.outputs.db_id]
}
resource "aws_ecs_task_definition" "web" {
  family                = "web"
  network_mode          = "awsvpc"
  container_definitions = "[{\\"name\\": \\"web\\", \\"image\\": \\"${OF.images.outputs.url}:1\\"}]"
}
resource "aws_ecs_service" "web" {
  name            = "web"
  launch_type     = "FARGATE"
  task_definition = aws_ecs_task_definition.web.arn
  network_configuration {
    subnets         = [OF.network.outputs.subnet_id]
    security_groups = [OF.network.outputs.web_id]
  }
}
""".replace("OF.", "data.terraform_remote_state.")
INTRUDER = """
resource "aws_instance" "intruder" {
  subnet_id              = data.terraform_remote_state.network.outputs.subnet_id
  vpc_security_group_ids = [data.terraform_remote_state.network.outputs.web_id]
}
"""
NAMES = {
    "aws_vpc.main": "vpc-0123456789abcdef0",
    "aws_subnet.app": "subnet-0123456789abcdef0",
    "aws_security_group.db": "sg-0123456789abcdef0",
    "aws_security_group.web": "sg-0123456789abcdef1",
    "aws_vpc_security_group_ingress_rule.db": "sgr-0123456789abcdef0",
    "aws_vpc_security_group_egress_rule.web": "sgr-0123456789abcdef1",
    "aws_vpc_security_group_ingress_rule.wide": "sgr-0123456789abcdef2",
    "aws_vpc_security_group_egress_rule.wide": "sgr-0123456789abcdef3",
    "aws_ecr_repository.web": "web",
}
URL = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web"
Values = Mapping[str, Mapping[str, Any]]
# What is known before an apply; a text with a dot is what is taken from there.
IN_NETWORK: Values = {
    "aws_vpc.main": {"cidr_block": "10.0.0.0/16"},
    "aws_subnet.app": {"vpc_id": "aws_vpc.main", "cidr_block": "10.0.1.0/24"},
    "aws_security_group.db": {"vpc_id": "aws_vpc.main"},
    "aws_security_group.web": {"vpc_id": "aws_vpc.main"},
    "aws_vpc_security_group_ingress_rule.db": {
        "security_group_id": "aws_security_group.db",
        "referenced_security_group_id": "aws_security_group.web",
        "ip_protocol": "tcp",
        "from_port": 5432,
        "to_port": 5432,
    },
    "aws_vpc_security_group_egress_rule.web": {
        "security_group_id": "aws_security_group.web",
        "referenced_security_group_id": "aws_security_group.db",
        "ip_protocol": "-1",
    },
}
REPOSITORY: Values = {"aws_ecr_repository.web": {"name": "web"}}
IMAGES_OUTPUTS = {"url": "aws_ecr_repository.web.repository_url"}
STAGES = ("written", "planned", "planned again")
BETWEEN = tuple(itertools.product(STAGES, STAGES))


def text(root: str, body: str, *reads: str) -> dict[str, bytes]:
    whole = "".join([BASE.replace("ROOT", root), *(READS.replace("ROOT", e) for e in reads), body])
    return {"main.tf": whole.encode()}


def plan_of(things: Values, outputs: Mapping[str, str], *, applied: bool) -> bytes:
    """Return the plan of a root whose outputs are attributes of its things."""
    rows = [planned(address, **_row(address, each, applied)) for address, each in things.items()]
    asked = [written(address, **_expressions(each)) for address, each in things.items()]
    content = json.loads(plan(rows, asked))
    known = {f"{r['address']}.{k}": v for r in rows for k, v in r["values"].items()}
    content["planned_values"]["outputs"] = {
        name: {"sensitive": False, **({"value": known[word]} if word in known else {})}
        for name, word in outputs.items()
    }
    content["output_changes"] = {name: {"after_unknown": not applied} for name in outputs}
    root = content["configuration"]["root_module"]
    root["outputs"] = {
        name: {"expression": {"references": [word, word.rpartition(".")[0]]}}
        for name, word in outputs.items()
    }
    provider = content["configuration"]["provider_config"]["aws"]
    provider["expressions"] = {"region": {"constant_value": "eu-west-1"}}
    return json.dumps(content).encode()


def _row(address: str, values: Mapping[str, Any], applied: bool) -> dict[str, Any]:
    taken = {
        name: NAMES.get(each, each) if applied else _later(each) for name, each in values.items()
    }
    own = {"id": NAMES[address] if applied else ...}
    if "ecr" in address:
        own["repository_url"] = URL if applied else ...
    return {**own, **taken}


def _later(value: object) -> object:
    return ... if value in NAMES else value


def _expressions(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: [f"{each}.id", each] if each in NAMES else each for k, each in values.items()}


def network(stage: str, more: Values = IN_NETWORK, body: str = NETWORK) -> Part:
    outputs = {
        "subnet_id": "aws_subnet.app.id",
        "db_id": "aws_security_group.db.id",
        "web_id": "aws_security_group.web.id",
    }
    return _part("network", stage, text("network", body), more, outputs)


def images(stage: str) -> Part:
    return _part("images", stage, text("images", IMAGES), REPOSITORY, IMAGES_OUTPUTS)


def _part(
    root: str, stage: str, files: dict[str, bytes], things: Values, outputs: Mapping[str, str]
) -> Part:
    if stage == "written":
        return part_of_configuration(root, files)
    return part("plan.json", plan_of(things, outputs, applied=stage == "planned again"), files)


def app(body: str = APP) -> Part:
    return part_of_configuration("app", text("app", body, "network", "images"))


def decided(tmp_path: Path, **parts: Part) -> dict[str, Decision]:
    file = tmp_path / "promises.yaml"
    file.write_text(PROMISES)
    promised = promise_files.read(file)
    seen = read_together("estate", parts, Places.of(promised.file))
    order = (Decision.HOLDS, Decision.UNKNOWN, Decision.BROKEN)
    found: dict[str, Decision] = {}
    for each in prove_terraform(promised, seen).verdicts:
        found[each.promise] = max(found.get(each.promise, order[0]), each.decision, key=order.index)
    return found


@pytest.mark.parametrize(("of_network", "of_images"), BETWEEN)
def test_what_holds_holds_at_every_step(tmp_path: Path, of_network: str, of_images: str) -> None:
    found = decided(tmp_path, network=network(of_network), images=images(of_images), app=app())
    assert found == HOLDS


@pytest.mark.parametrize(("of_network", "of_images"), BETWEEN)
def test_who_may_not_is_found_at_every_step(
    tmp_path: Path, of_network: str, of_images: str
) -> None:
    with_it = app(APP + INTRUDER)
    found = decided(tmp_path, network=network(of_network), images=images(of_images), app=with_it)
    assert found == {**HOLDS, "only-web": Decision.BROKEN}


# Lets everything of the network in at the database, and out of what has its group.
WIDE_TEXT = """
resource "aws_vpc_security_group_ingress_rule" "wide" {
  security_group_id = aws_security_group.db.id
  cidr_ipv4         = "10.0.0.0/16"
  ip_protocol       = "-1"
}
resource "aws_vpc_security_group_egress_rule" "wide" {
  security_group_id = aws_security_group.db.id
  cidr_ipv4         = "10.0.0.0/16"
  ip_protocol       = "-1"
}
"""
_WIDE = {
    "security_group_id": "aws_security_group.db",
    "cidr_ipv4": "10.0.0.0/16",
    "ip_protocol": "-1",
}
WIDE = {
    "aws_vpc_security_group_ingress_rule.wide": _WIDE,
    "aws_vpc_security_group_egress_rule.wide": _WIDE,
}
NEIGHBOUR = INTRUDER.replace("outputs.web_id", "outputs.db_id")


@pytest.mark.parametrize("stage", STAGES)
def test_a_group_that_is_opened_wide_is_found_at_every_step(tmp_path: Path, stage: str) -> None:
    rest = {"images": images("planned"), "app": app(APP + NEIGHBOUR)}
    assert decided(tmp_path, network=network(stage), **rest) == HOLDS
    wide = network(stage, {**IN_NETWORK, **WIDE}, NETWORK + WIDE_TEXT)
    assert decided(tmp_path, network=wide, **rest) == {**HOLDS, "only-web": Decision.BROKEN}


@pytest.mark.parametrize("stage", STAGES)
def test_a_network_that_nobody_keeps_stays_unknown(tmp_path: Path, stage: str) -> None:
    astray = text("app", APP, "network", "images")
    astray["main.tf"] = astray["main.tf"].replace(b'"network.tfstate"', b'"elsewhere.tfstate"')
    parts = {"network": network(stage), "images": images("planned")}
    found = decided(tmp_path, **parts, app=part_of_configuration("app", astray))
    assert found == {**HOLDS, "only-web": Decision.UNKNOWN}


@pytest.mark.parametrize(
    "output",
    [
        'output "url" { value = aws_ecr_repository.other.repository_url }',
        'output "url" { value = "${aws_ecr_repository.web.name}/${var.what}" }',
    ],
)
def test_a_text_that_is_not_the_plan_s_is_not_believed(tmp_path: Path, output: str) -> None:
    changed = IMAGES[: IMAGES.index("output")] + output
    files = text("images", changed + '\nresource "aws_ecr_repository" "other" { name = "other" }')
    asked = plan_of(REPOSITORY, IMAGES_OUTPUTS, applied=False)
    stale = part("plan.json", asked, files)
    found = decided(tmp_path, network=network("planned again"), images=stale, app=app())
    assert found == {**HOLDS, "home": Decision.UNKNOWN}
