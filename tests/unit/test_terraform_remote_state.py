"""What a root reads out of another root's state is what that root says in its outputs."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plan_builder import plan, planned, written

from caisson.terraform.model import Certainty, Link
from caisson.terraform.read import part, part_of_configuration, read_together
from caisson.terraform.remote_states import seeing_each_other
from caisson.terraform.roots import Part, joined_reading
from caisson.terraform.topology import resource_of
from caisson.topology.model import Topology
from caisson.topology.places import Places

S3 = '{ bucket = "states", key = "network.tfstate", region = "eu-west-1" }'
READS = f'data "terraform_remote_state" "network" {{\n  backend = "s3"\n  config = {S3}\n}}\n'
OUTPUTS = "data.terraform_remote_state.network.outputs"
NETWORK = """
terraform {
  backend "s3" {
    bucket = "states"
    key    = "network.tfstate"
  }
}
resource "aws_vpc" "main" {}
resource "aws_subnet" "a" {
  count  = 3
  vpc_id = aws_vpc.main.id
}
resource "aws_security_group" "db" { vpc_id = aws_vpc.main.id }
output "vpc_id" { value = aws_vpc.main.id }
output "vpc" { value = aws_vpc.main }
output "subnet_ids" { value = aws_subnet.a[*].id }
output "by_name" { value = { db = aws_security_group.db.id } }
output "one_of" { value = var.which ? aws_subnet.a[0].id : aws_subnet.a[1].id }
output "domain" { value = "example.com" }
variable "which" {}
"""
SUBNETS = tuple(f"network:aws_subnet.a[{each}]" for each in range(3))


def configuration(text: str, folder: str = "") -> Part:
    return part_of_configuration("x", {"main.tf": text.encode()}, folder)


def link(parts: dict[str, Part], address: str, attribute: str, *types: str) -> Link:
    """Return what an attribute names among these roots."""
    places = Places()
    seen = seeing_each_other([replace(each, name=name) for name, each in parts.items()])
    reading, _ = joined_reading(seen, lambda each: resource_of(each, places), places)
    return reading.at(address).link(attribute, *types)


def asked(expression: str, attribute: str, *types: str, network: str = NETWORK) -> Link:
    app = f'{READS}resource "aws_db_subnet_group" "app" {{ {attribute} = {expression} }}'
    parts = {"app": configuration(app), "network": configuration(network)}
    return link(parts, "app:aws_db_subnet_group.app", attribute, *types)


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        (f"{OUTPUTS}.vpc_id", ("network:aws_vpc.main",)),
        (f"{OUTPUTS}.vpc.id", ("network:aws_vpc.main",)),
        (f"{OUTPUTS}.subnet_ids", SUBNETS),
        (f"{OUTPUTS}.subnet_ids[1]", SUBNETS[1:2]),
        (f"slice({OUTPUTS}.subnet_ids, 0, 2)", SUBNETS[:2]),
        (f"[for each in {OUTPUTS}.subnet_ids : each]", SUBNETS),
        (f'{OUTPUTS}["subnet_ids"]', SUBNETS),
        (f'{OUTPUTS}.by_name["db"]', ("network:aws_security_group.db",)),
        (f'try({OUTPUTS}.nothing, "sg-12345678")', ("sg-12345678",)),
    ],
)
def test_a_configuration_is_followed_into_another(expression: str, named: tuple[str, ...]) -> None:
    found = asked(expression, "subnet_ids")
    assert (found.every, found.certainty) == (named, Certainty.EXACT)


def test_an_output_that_is_one_of_several_stays_one_of_them() -> None:
    found = asked(f"{OUTPUTS}.one_of", "subnet_ids", "aws_subnet")
    assert (set(found.to), found.certainty) == (set(SUBNETS[:2]), Certainty.AMONG)


def test_an_output_that_is_not_there_is_open() -> None:
    assert asked(f"{OUTPUTS}.missing", "subnet_ids").certainty is Certainty.OPEN


@pytest.mark.parametrize(
    "network",
    [
        NETWORK.replace('"network.tfstate"', '"other.tfstate"'),
        NETWORK.replace('"network.tfstate"', "var.key"),
        NETWORK.replace('bucket = "states"', ""),
        NETWORK.replace('backend "s3"', 'backend "gcs"'),
    ],
    ids=["another key", "an unknown key", "no bucket", "another kind"],
)
def test_another_state_is_not_followed(network: str) -> None:
    found = asked(f"{OUTPUTS}.vpc_id", "subnet_ids", network=network)
    assert found == Link(certainty=Certainty.OPEN)


def test_a_state_of_another_workspace_is_not_followed() -> None:
    reads = READS.replace('"s3"\n', '"s3"\n  workspace = "other"\n')
    app = f'{reads}resource "aws_subnet" "app" {{ vpc_id = {OUTPUTS}.vpc_id }}'
    parts = {"app": configuration(app), "network": configuration(NETWORK)}
    assert link(parts, "app:aws_subnet.app", "vpc_id").certainty is Certainty.OPEN


def test_a_state_of_the_same_workspace_is() -> None:
    reads = READS.replace('"s3"\n', '"s3"\n  workspace = terraform.workspace\n')
    app = f'{reads}resource "aws_subnet" "app" {{ vpc_id = {OUTPUTS}.vpc_id }}'
    parts = {"app": configuration(app), "network": configuration(NETWORK)}
    assert link(parts, "app:aws_subnet.app", "vpc_id").only == "network:aws_vpc.main"


def test_two_roots_with_the_same_state_leave_it_open_which_it_is() -> None:
    app = f'{READS}resource "aws_subnet" "app" {{ vpc_id = {OUTPUTS}.vpc_id }}'
    parts = {
        "app": configuration(app),
        "network": configuration(NETWORK),
        "again": configuration(NETWORK),
    }
    found = link(parts, "app:aws_subnet.app", "vpc_id")
    assert set(found.to) == {"network:aws_vpc.main", "again:aws_vpc.main"}
    assert found.certainty is Certainty.OPEN


def test_plain_values_are_known_and_count() -> None:
    app = f"""{READS}
        resource "aws_route53_zone" "z" {{ name = {OUTPUTS}.domain }}
        resource "aws_nat_gateway" "n" {{
          count     = length({OUTPUTS}.subnet_ids)
          subnet_id = {OUTPUTS}.subnet_ids[count.index]
        }}"""
    seen = together(app=configuration(app), network=configuration(NETWORK))
    assert {each.id: each.name for each in seen.resources}[
        "app:aws_route53_zone.z"
    ] == "example.com"
    assert [each.id for each in seen.resources if each.type == "aws_nat_gateway"] == [
        f"app:aws_nat_gateway.n[{each}]" for each in range(3)
    ]
    assert "aws_nat_gateway" not in {each.type for each in seen.gaps}


def together(**parts: Part) -> Topology:
    return read_together("estate", parts)


def test_alone_it_is_open_how_many_there_are() -> None:
    app = f'{READS}resource "aws_nat_gateway" "n" {{ count = length({OUTPUTS}.subnet_ids) }}'
    gaps = together(app=configuration(app)).gaps
    assert [each.resource for each in gaps] == ["aws_nat_gateway.n"]


def test_what_goes_through_a_third_root_is_followed_to_the_first() -> None:
    middle = (
        'terraform {\n  backend "s3" {\n    bucket = "states"\n    key = "middle"\n  }\n}\n'
        f'{READS}output "vpc" {{ value = {OUTPUTS}.vpc_id }}'
    )
    reads = READS.replace('"network"', '"middle"').replace("network.tfstate", "middle")
    vpc = "data.terraform_remote_state.middle.outputs.vpc"
    app = f'{reads}resource "aws_subnet" "app" {{ vpc_id = {vpc} }}'
    parts = {
        "app": configuration(app),
        "middle": configuration(middle),
        "network": configuration(NETWORK),
    }
    assert link(parts, "app:aws_subnet.app", "vpc_id").only == "network:aws_vpc.main"


def test_roots_that_read_each_other_are_read() -> None:
    back = READS.replace('"network"', '"app"').replace("network.tfstate", "app.tfstate")
    network = f"{NETWORK}{back}"
    app = f"""terraform {{
      backend "s3" {{
        bucket = "states"
        key    = "app.tfstate"
      }}
    }}
    {READS}
    output "same" {{ value = {OUTPUTS}.circle }}
    resource "aws_subnet" "app" {{ vpc_id = {OUTPUTS}.vpc_id }}"""
    network += 'output "circle" { value = data.terraform_remote_state.app.outputs.same }'
    parts = {"app": configuration(app), "network": configuration(network)}
    assert link(parts, "app:aws_subnet.app", "vpc_id").only == "network:aws_vpc.main"


def test_a_local_state_is_told_by_its_path() -> None:
    reads = READS.replace('"s3"', '"local"').replace(S3, '{ path = "../net/terraform.tfstate" }')
    app = f'{reads}resource "aws_subnet" "app" {{ vpc_id = {OUTPUTS}.vpc_id }}'
    network = NETWORK[NETWORK.index("resource") :]
    parts = {"app": configuration(app, "e/app"), "network": configuration(network, "e/net")}
    assert link(parts, "app:aws_subnet.app", "vpc_id").only == "network:aws_vpc.main"


def test_roots_in_json_are_followed_too() -> None:
    state = {"bucket": "states", "key": "network.tfstate"}
    network: dict[str, Any] = {
        "terraform": {"backend": {"s3": state}},
        "resource": {"aws_vpc": {"main": {}}},
        "output": {"vpc_id": {"value": "${aws_vpc.main.id}"}},
    }
    app: dict[str, Any] = {
        "data": {"terraform_remote_state": {"network": {"backend": "s3", "config": state}}},
        "resource": {"aws_subnet": {"app": {"vpc_id": f"${{{OUTPUTS}.vpc_id}}"}}},
    }
    parts = {
        name: part_of_configuration(name, {"main.tf.json": json.dumps(each).encode()})
        for name, each in (("app", app), ("network", network))
    }
    assert link(parts, "app:aws_subnet.app", "vpc_id").only == "network:aws_vpc.main"


# Plans: what is read is unknown, or known and yet made by nobody that has an id.


def reading_plan(output: str, *, known: Any = ..., **values: Any) -> bytes:
    """Return the plan of a root that reads the network's state for one attribute."""
    config = {"bucket": "states", "key": "network.tfstate"}
    found = {"backend": "s3", "config": config, "outputs": known, "workspace": None}
    words = [f"{OUTPUTS}.{output}", OUTPUTS, "data.terraform_remote_state.network"]
    name = "data.terraform_remote_state.network"
    return plan(
        [planned(name, **found), planned("aws_db_subnet_group.app", **values)],
        [written(name), written("aws_db_subnet_group.app", **dict.fromkeys(values, words))],
    )


def network_plan(**outputs: Any) -> bytes:
    """Return the plan of the network, whose outputs are `(after, unknown, references)`."""
    made = [planned("aws_vpc.main"), *(planned(f"aws_subnet.{each}") for each in "ab")]
    content = json.loads(
        plan(made, [written("aws_vpc.main"), *map(written, ("aws_subnet.a", "aws_subnet.b"))])
    )
    content["planned_values"]["outputs"] = {name: {"sensitive": False} for name in outputs}
    content["output_changes"] = {
        name: {"actions": ["create"], "after": after, "after_unknown": unknown}
        for name, (after, unknown, _) in outputs.items()
    }
    content["configuration"]["root_module"]["outputs"] = {
        name: {"expression": {"references": words}} for name, (*_, words) in outputs.items()
    }
    return json.dumps(content).encode()


BACKEND = {"main.tf": NETWORK.encode()}
VPC = (None, True, ["aws_vpc.main.id", "aws_vpc.main"])
BOTH = ["aws_subnet.a.id", "aws_subnet.a", "aws_subnet.b.id", "aws_subnet.b"]
LISTED = ([None, None], [True, True], BOTH)
SUBNETS_OF_PLAN = {"network:aws_subnet.a", "network:aws_subnet.b"}
EITHER = (None, True, BOTH)


@pytest.mark.parametrize(
    ("output", "value", "told", "named", "certainty"),
    [
        ("vpc_id", ..., VPC, {"network:aws_vpc.main"}, Certainty.EXACT),
        ("ids", [..., ...], LISTED, SUBNETS_OF_PLAN, Certainty.EXACT),
        ("ids", [...], LISTED, SUBNETS_OF_PLAN, Certainty.AMONG),
        ("ids[0]", ..., LISTED, SUBNETS_OF_PLAN, Certainty.AMONG),
        ("one", ..., EITHER, SUBNETS_OF_PLAN, Certainty.OPEN),
    ],
)
def test_a_plan_is_followed_into_another(
    output: str, value: Any, told: Any, named: set[str], certainty: Certainty
) -> None:
    network = part("n.json", network_plan(**{output.partition("[")[0]: told}), BACKEND)
    app = part("app.json", reading_plan(output, subnet_ids=value))
    parts = {"app": app, "network": network}
    found = link(parts, "app:aws_db_subnet_group.app", "subnet_ids", "aws_subnet", "aws_vpc")
    assert (set(found.to), found.certainty) == (named, certainty)


def test_an_output_that_no_plan_tells_is_open() -> None:
    network = part("n.json", network_plan(vpc_id=VPC), BACKEND)
    app = part("app.json", reading_plan("missing", vpc_id=...))
    found = link(
        {"app": app, "network": network}, "app:aws_db_subnet_group.app", "vpc_id", "aws_vpc"
    )
    assert found == Link(certainty=Certainty.OPEN)


def test_a_plan_is_followed_into_a_configuration_and_the_other_way() -> None:
    app = part("app.json", reading_plan("vpc_id", vpc_id=...))
    parts = {"app": app, "network": configuration(NETWORK)}
    found = link(parts, "app:aws_db_subnet_group.app", "vpc_id", "aws_vpc")
    assert found.only == "network:aws_vpc.main"
    text = f'{READS}resource "aws_subnet" "app" {{ vpc_id = {OUTPUTS}.vpc_id }}'
    network = part("n.json", network_plan(vpc_id=VPC), BACKEND)
    parts = {"app": configuration(text), "network": network}
    assert link(parts, "app:aws_subnet.app", "vpc_id", "aws_vpc").only == "network:aws_vpc.main"


GROUP = """
resource "aws_db_subnet_group" "data" { subnet_ids = [aws_subnet.a.id, aws_subnet.b.id] }
resource "aws_subnet" "a" {}
resource "aws_subnet" "b" {}
output "group" { value = aws_db_subnet_group.data.subnet_ids }
"""


@pytest.mark.parametrize("output", ["aws_db_subnet_group.data", "aws_vpc.other"])
def test_the_text_beside_a_plan_says_what_an_unknown_output_is(output: str) -> None:
    """But where it names something else than the plan does, it is not believed."""
    subnets = ["aws_subnet.a", "aws_subnet.b"]
    ids = [word for each in subnets for word in (f"{each}.id", each)]
    content = json.loads(
        plan(
            [planned("aws_db_subnet_group.data", subnet_ids=...), *map(planned, subnets)],
            [written("aws_db_subnet_group.data", subnet_ids=ids), *map(written, subnets)],
        )
    )
    content["planned_values"]["outputs"] = {"group": {"sensitive": False}}
    words = [f"{output}.subnet_ids", output]
    outputs = {"group": {"expression": {"references": words}}}
    content["configuration"]["root_module"]["outputs"] = outputs
    files = {"main.tf": (NETWORK[: NETWORK.index("resource")] + GROUP).encode()}
    network = part("n.json", json.dumps(content).encode(), files)
    each = f"[for each in {OUTPUTS}.group : each]"
    app = configuration(f'{READS}resource "aws_lb" "app" {{ subnets = {each} }}')
    found = link({"app": app, "network": network}, "app:aws_lb.app", "subnets", "aws_subnet")
    believed = output == "aws_db_subnet_group.data"
    assert set(found.to) == ({f"network:{each}" for each in subnets} if believed else set())
    assert (found.certainty is Certainty.OPEN) is not believed


def test_a_plan_by_itself_tells_nothing_of_what_it_will_read() -> None:
    app = part("app.json", reading_plan("vpc_id", vpc_id=...))
    found = link({"app": app}, "app:aws_db_subnet_group.app", "vpc_id", "aws_vpc")
    assert found == Link(certainty=Certainty.OPEN)


# A real plan, of a network that nobody has applied yet, and a configuration that reads its state.

STATES = Path(__file__).parents[1] / "plans" / "states"


def real(*, planned_network: bool) -> dict[str, Part]:
    network = {"main.tf": (STATES / "network" / "main.tf").read_bytes()}
    app = {"main.tf": (STATES / "app" / "main.tf").read_bytes()}
    plan_json = (STATES / "network" / "plan.json").read_bytes()
    folder = "states/network"
    return {
        "app": part_of_configuration("app", app, "states/app"),
        "network": part("plan.json", plan_json, network, folder)
        if planned_network
        else part_of_configuration("network", network, folder),
    }


@pytest.mark.parametrize("planned_network", [True, False], ids=["planned", "written"])
@pytest.mark.parametrize(
    ("address", "attribute", "named"),
    [
        ("aws_security_group.app", "vpc_id", {"network:aws_vpc.main"}),
        (
            "aws_db_subnet_group.app",
            "subnet_ids",
            {f"network:aws_subnet.private[{each}]" for each in range(2)},
        ),
        ("aws_instance.app", "subnet_id", {"network:aws_subnet.private[0]"}),
    ],
)
def test_a_real_plan_tells_what_its_outputs_name(
    address: str, attribute: str, named: set[str], planned_network: bool
) -> None:
    found = link(real(planned_network=planned_network), f"app:{address}", attribute)
    assert (set(found.to), found.certainty) == (named, Certainty.EXACT)


@pytest.mark.parametrize("planned_network", [True, False], ids=["planned", "written"])
def test_a_real_plan_tells_plain_outputs_and_hides_secrets(planned_network: bool) -> None:
    parts = real(planned_network=planned_network)
    assert link(parts, "app:aws_kms_key.app", "description").certainty is Certainty.OPEN
    seen = {each.id: each.name for each in together(**parts).resources}
    assert seen["app:aws_route53_zone.app"] == "shop.example"
