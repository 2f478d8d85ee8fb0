"""What the sources of a plan tell of its links, and that nothing is believed that disagrees."""

from collections.abc import Mapping

import pytest
from terraform_support import Thing, reading, thing

from caisson.terraform.configuration import configuration
from caisson.terraform.hcl.configuration import project
from caisson.terraform.hcl.links import SourceLinks
from caisson.terraform.hcl.native import parse
from caisson.terraform.hcl.references import references
from caisson.terraform.hcl.syntax import Body, Expression
from caisson.terraform.model import UNKNOWN, Certainty, Link

OPEN = Link(certainty=Certainty.OPEN)
VPCS = """
resource "aws_vpc" "a" {}
resource "aws_vpc" "b" {}
resource "aws_security_group" "a" {}
resource "aws_security_group" "b" {}
locals { which = aws_vpc.a.id }
"""
HERE = (
    thing("aws_vpc.a", id=UNKNOWN),
    thing("aws_vpc.b", id=UNKNOWN),
    thing("aws_security_group.a", id=UNKNOWN),
    thing("aws_security_group.b", id=UNKNOWN),
)


def beside(
    text: str, *things: Thing, planned: str | None = None, **variables: object
) -> SourceLinks:
    """The links of a plan of `things` that was made from `planned`, with `text` beside it."""
    instances = reading(*things).instances
    plan = {
        "variables": {name: {"value": value} for name, value in variables.items()},
        "configuration": {"root_module": _configuration(text if planned is None else planned)},
    }
    whole = project({"main.tf": text.encode()})
    return SourceLinks(whole, instances, configuration("plan.json", plan))


def _configuration(text: str) -> dict[str, object]:
    """What a plan tells of a configuration: no locals, no dynamic blocks."""
    body = parse("main.tf", text.encode())
    assert isinstance(body, Body)
    return {
        "resources": [
            {"address": ".".join(each.labels), "expressions": _expressions(each.body)}
            | _repeat(each.body)
            for each in body.of("resource")
        ],
        "variables": {each.labels[0]: {} for each in body.of("variable")},
    }


def _expressions(body: Body) -> dict[str, object]:
    found: dict[str, object] = {
        name: _told(each.expression)
        for name, each in body.attributes.items()
        if name not in ("count", "for_each")
    }
    for block in body.blocks:
        if block.type != "dynamic":
            found.setdefault(block.type, []).append(_expressions(block.body))  # type: ignore[attr-defined]
    return found


def _repeat(body: Body) -> Mapping[str, object]:
    return {
        f"{name}_expression": _told(body.attributes[name].expression)
        for name in ("count", "for_each")
        if name in body.attributes
    }


def _told(expression: Expression) -> dict[str, object]:
    return {"references": sorted(references((expression,)))}


def asked(text: str, *things: Thing, planned: str | None = None) -> Link:
    whole = VPCS + f'resource "aws_thing" "x" {{\n{text}\n}}\n'
    then = None if planned is None else VPCS + f'resource "aws_thing" "x" {{\n{planned}\n}}\n'
    made = things or (thing("aws_thing.x", to=UNKNOWN),)
    return beside(whole, *HERE, *made, planned=then).link("aws_thing.x", ("to",), ("aws_vpc",))


def test_locals_are_followed() -> None:
    assert asked("to = local.which") == Link(("aws_vpc.a",))


def test_text_that_refers_to_other_things_than_the_plan_is_not_believed() -> None:
    assert asked("to = aws_vpc.a.id", planned="to = aws_vpc.b.id") == OPEN
    assert asked("to = aws_vpc.a.id", planned="") == OPEN
    assert asked("to = local.which\n  size = aws_vpc.b.id", planned="to = local.which") == OPEN


def test_text_that_the_planned_values_contradict_is_not_believed() -> None:
    text = 'to = aws_vpc.a.id\n  size = "large"'
    assert asked(text, thing("aws_thing.x", to=UNKNOWN, size="large")).only == "aws_vpc.a"
    assert asked(text, thing("aws_thing.x", to=UNKNOWN, size="small")) == OPEN
    known = thing("aws_thing.x", to="vpc-1", size="large")
    assert asked('to = aws_vpc.a.id\n  size = "small"', known) == OPEN


@pytest.mark.parametrize("count", [1, 3])
def test_text_with_other_instances_than_the_plan_is_not_believed(count: int) -> None:
    things = [thing(f"aws_thing.x[{at}]", to=UNKNOWN) for at in range(2)]

    def found(number: int) -> Link:
        text = f'resource "aws_thing" "x" {{\n  count = {number}\n  to = aws_vpc.a.id\n}}\n'
        links = beside(VPCS + text, *HERE, *things, planned=VPCS + text)
        return links.link("aws_thing.x[0]", ("to",), ("aws_vpc",))

    assert found(2).only == "aws_vpc.a"
    assert found(count) == OPEN


def test_a_splat_over_instances_that_the_plan_does_not_have_is_not_believed() -> None:
    text = (
        'resource "aws_vpc" "n" { count = 2 }\nresource "aws_thing" "x" { to = aws_vpc.n[*].id }\n'
    )
    both = [thing(f"aws_vpc.n[{at}]", id=UNKNOWN) for at in range(2)]
    x = thing("aws_thing.x", to=UNKNOWN)
    assert beside(text, *both, x).link("aws_thing.x", ("to",), ()).to == (
        "aws_vpc.n[0]",
        "aws_vpc.n[1]",
    )
    assert beside(text, both[0], x).link("aws_thing.x", ("to",), ()) == OPEN


def test_variables_have_the_values_of_the_plan() -> None:
    text = (
        VPCS
        + 'variable "on" {}\n'
        + 'resource "aws_thing" "x" { to = var.on ? aws_vpc.a.id : aws_vpc.b.id }\n'
    )
    links = beside(text, *HERE, thing("aws_thing.x", to=UNKNOWN), on=False)
    assert links.link("aws_thing.x", ("to",), ()).only == "aws_vpc.b"


def test_what_nobody_wrote_is_for_the_provider_to_choose() -> None:
    assert asked("") == OPEN
    assert asked("to = null") == OPEN
    links = beside(VPCS + 'resource "aws_thing" "x" {}\n', thing("aws_thing.x", to=UNKNOWN))
    assert not links.written("aws_thing.x", ("to",))
    links = beside(
        VPCS + 'resource "aws_thing" "x" { to = local.which }\n',
        *HERE,
        thing("aws_thing.x", to=UNKNOWN),
    )
    assert links.written("aws_thing.x", ("to",))


@pytest.mark.parametrize("empty", ["null", '""', "[]", "{}"])
def test_what_is_empty_is_taken_for_nothing(empty: str) -> None:
    text = VPCS + f'resource "aws_thing" "x" {{ to = {empty} }}\n'
    assert not beside(text, thing("aws_thing.x", to=UNKNOWN)).written("aws_thing.x", ("to",))


def test_a_secret_in_the_text_is_in_no_answer() -> None:
    assert asked('to = "hunter2"') == OPEN


GROUPS = """
resource "aws_thing" "x" {
  dynamic "rule" {
    for_each = [
      { port = 1, groups = [aws_security_group.a.id], open = null },
      { port = 2, groups = [aws_security_group.b.id], open = null },
      { port = 3, groups = null, open = ["0.0.0.0/0"] },
      { port = 3, groups = [aws_security_group.b.id], open = null },
    ]
    content {
      port   = rule.value.port
      groups = rule.value.groups
      open   = rule.value.open
    }
  }
}
"""


def rules(*planned: dict[str, object], text: str = GROUPS) -> list[Link]:
    links = beside(VPCS + text, *HERE, thing("aws_thing.x", rule=list(planned)))
    types = ("aws_security_group",)
    return [links.link("aws_thing.x", ("rule", at, "groups"), types) for at in range(len(planned))]


def rule(port: int, groups: object, *cidrs: str) -> dict[str, object]:
    return {"port": port, "groups": groups, "open": list(cidrs), "note": ""}


def test_the_members_of_a_set_of_blocks_are_found_by_what_is_known_of_them() -> None:
    found = rules(rule(3, [], "0.0.0.0/0"), rule(3, UNKNOWN), rule(2, UNKNOWN), rule(1, UNKNOWN))
    assert [each.to for each in found] == [
        (),
        ("aws_security_group.b",),
        ("aws_security_group.b",),
        ("aws_security_group.a",),
    ]
    assert all(each.sure for each in found)


def test_blocks_that_nothing_tells_apart_are_taken_in_any_order_when_all_are_there() -> None:
    text = "".join(
        f"  rule {{\n    port = 1\n    groups = [aws_security_group.{name}.id]\n  }}\n"
        for name in "ab"
    )
    text = f'resource "aws_thing" "x" {{\n{text}}}\n'
    assert [each.to for each in rules(rule(1, UNKNOWN), rule(1, UNKNOWN), text=text)] == [
        ("aws_security_group.a",),
        ("aws_security_group.b",),
    ]
    (alone,) = rules(rule(1, UNKNOWN), text=text)
    assert (set(alone.to), alone.certainty) == (
        {"aws_security_group.a", "aws_security_group.b"},
        Certainty.AMONG,
    )


def test_blocks_of_which_the_number_is_not_told_are_not_guessed() -> None:
    text = GROUPS.replace("for_each = [", "for_each = aws_vpc.a.owner_id != null ? [] : [")
    other = "  rule {\n    port = 1\n    groups = [aws_security_group.b.id]\n  }\n}\n"
    text = text.rstrip().removesuffix("}") + other
    assert rules(rule(1, UNKNOWN), text=text) == [OPEN]


def test_a_name_that_two_things_have_is_the_one_that_was_written() -> None:
    text = """
    resource "aws_db_subnet_group" "a" { name = "main" }
    resource "aws_db_subnet_group" "b" { name = "main" }
    resource "aws_thing" "x" { to = [aws_db_subnet_group.b.name, aws_db_subnet_group.b.id] }
    """
    groups = [thing(f"aws_db_subnet_group.{each}", name="main", id=UNKNOWN) for each in "ab"]
    links = beside(text, *groups, thing("aws_thing.x", to=["main", UNKNOWN]))
    assert links.link("aws_thing.x", ("to",), ("aws_db_subnet_group",)) == Link(
        ("aws_db_subnet_group.b",)
    )


def test_groups_that_name_each_other_are_no_circle() -> None:
    text = "".join(
        f'resource "aws_security_group" "{one}" {{\n  ingress {{\n'
        f"    security_groups = [aws_security_group.{other}.id]\n  }}\n}}\n"
        for one, other in ("ab", "ba")
    )
    things = [
        thing(f"aws_security_group.{each}", id=UNKNOWN, ingress=[{"security_groups": UNKNOWN}])
        for each in "ab"
    ]
    links = beside(text, *things)
    path = ("ingress", 0, "security_groups")
    assert links.link("aws_security_group.a", path, ()).only == "aws_security_group.b"
    assert links.link("aws_security_group.b", path, ()).only == "aws_security_group.a"


def test_a_file_that_does_not_parse_only_means_that_no_answer_comes_from_it() -> None:
    broken = project({"main.tf": b"resource {{{", "other.tf": VPCS.encode()})
    instances = reading(*HERE, thing("aws_thing.x", to=UNKNOWN)).instances
    links = SourceLinks(broken, instances, configuration("plan.json", {"configuration": {}}))
    assert links.link("aws_thing.x", ("to",), ()) == OPEN


NAMED_BUCKETS = """
resource "aws_pet" "p" {}
locals { name = "copy-${aws_pet.p.id}" }
resource "aws_s3_bucket" "a" { bucket = local.name }
resource "aws_s3_bucket" "b" { bucket = "copy-${aws_pet.p.arn}" }
resource "aws_thing" "x" {
  to    = "arn:aws:s3:::copy-${aws_pet.p.id}"
  name  = local.name
  other = "arn:aws:s3:::copy-${aws_pet.p.id}-2"
  china = "arn:aws-cn:s3:::copy-${aws_pet.p.id}"
  point = "arn:aws:s3:eu-west-1:123456789012:copy-${aws_pet.p.id}"
}
"""


@pytest.mark.parametrize(
    ("attribute", "only"),
    [
        ("to", "aws_s3_bucket.a"),
        ("name", "aws_s3_bucket.a"),
        ("china", "aws_s3_bucket.a"),
        ("other", None),
        ("point", None),
    ],
)
def test_a_bucket_is_found_by_a_name_of_the_same_parts(attribute: str, only: str | None) -> None:
    here = (
        thing("aws_pet.p", id=UNKNOWN, arn=UNKNOWN),
        thing("aws_s3_bucket.a", id=UNKNOWN, bucket=UNKNOWN),
        thing("aws_s3_bucket.b", id=UNKNOWN, bucket=UNKNOWN),
        thing("aws_thing.x", **{attribute: UNKNOWN}),
    )
    links = beside(NAMED_BUCKETS, *here)
    assert links.link("aws_thing.x", (attribute,), ("aws_s3_bucket",)).only == only
    assert links.link("aws_thing.x", (attribute,), ("aws_sqs_queue",)).only is None
