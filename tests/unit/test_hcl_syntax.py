"""The text of a configuration, native and JSON, becomes the same expressions."""

import json

import pytest

from caisson.estate.sources import Source
from caisson.terraform.hcl import json_syntax, native
from caisson.terraform.hcl.configuration import lines, project
from caisson.terraform.hcl.references import references
from caisson.terraform.hcl.syntax import (
    ITEM,
    Binary,
    Body,
    Call,
    Conditional,
    Expression,
    Get,
    Index,
    Literal,
    Mistake,
    Name,
    Opaque,
    Splat,
    Template,
)

A, B, C, D, E = map(Name, "abcde")


def read(text: str) -> Expression:
    body = native.parse("main.tf", f"x = {text}\n".encode())
    assert isinstance(body, Body), body
    return body.attributes["x"].expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the last condition of a chain is grouped first, whatever the parser's tree says
        ("a ? b : c ? d : e", Conditional(A, B, Conditional(C, D, E))),
        ("a ? b : (c ? d : e) ? a : b", Conditional(A, B, Conditional(Conditional(C, D, E), A, B))),
        ("a || b && c", Binary("||", A, Binary("&&", B, C))),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("(a).b[0]", Index(Get(A, "b"), Literal(0))),
        ("a.0.b", Get(Index(A, Literal(0)), "b")),
        ("a[*].b[0]", Splat(A, Index(Get(Name(ITEM), "b"), Literal(0)))),
        ("a.*.b[0]", Index(Splat(A, Get(Name(ITEM), "b")), Literal(0))),
        ("a[*].b[*].c", Splat(A, Splat(Get(Name(ITEM), "b"), Get(Name(ITEM), "c")))),
        ("f(a, b...)", Call("f", (A, B), expand=True)),
        ('"${a}"', A),
        ('"a ${b} c"', Template((Literal("a "), B, Literal(" c")))),
        (r'"\u00e9\n$${a}"', Literal("é\n${a}")),
        ("1.5e3", Literal(1500)),
        ("<<T\n  a ${b}\n\nc\nT", Template((Literal("  a "), B, Literal("\n\nc\n")))),
        ("<<-T\n    a\n      ${b}\n  T", Template((Literal("a\n  "), B, Literal("\n")))),
        ("a # b\n", A),
    ],
)
def test_native_expressions(text: str, expected: Expression) -> None:
    assert read(text) == expected


def test_directives_are_not_worked_out_but_what_they_name_is_known() -> None:
    found = read('"x-%{ if var.on }${aws_vpc.a.id}%{ endif }"')
    assert isinstance(found, Template)
    assert isinstance(found.parts[1], Opaque)
    assert {"var.on", "aws_vpc.a.id"} <= references((found,))


def test_a_file_that_does_not_parse_is_a_mistake_with_its_line() -> None:
    assert native.parse("main.tf", b'a = 1\nresource "aws_vpc" {{\n') == Mistake(
        Source("main.tf", 2), "the text is not valid here"
    )
    found = json_syntax.parse("main.tf.json", b'{\n"resource": }')
    assert isinstance(found, Mistake)
    assert found.source == Source("main.tf.json", 2)


@pytest.mark.parametrize("text", ["(" * 5000 + "1" + ")" * 5000, "[" * 5000 + "]" * 5000])
def test_text_nested_beyond_all_measure_is_not_worked_out(text: str) -> None:
    assert read(text) == Opaque()


def test_json_nested_beyond_all_measure_is_a_mistake() -> None:
    deep = b'{"locals": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    assert isinstance(json_syntax.parse("main.tf.json", deep), Mistake)


@pytest.mark.parametrize(
    ("text", "native_text"),
    [
        ("${a.b}", "a.b"),
        ('${a["x}"]}-${f({ c = "}" })}', '"${a["x}"]}-${f({ c = "}" })}"'),
        ("$${a}", r'"$${a}"'),
        ('${a ? "${b}" : c}', 'a ? "${b}" : c'),
        ("plain", '"plain"'),
        ("\\d", '"\\\\d"'),
    ],
)
def test_templates_in_json_are_native_expressions(text: str, native_text: str) -> None:
    assert json_syntax.template(text) == read(native_text)


def test_json_tells_labels_comments_and_lines() -> None:
    text = """{
      "//": "ours",
      "resource": {
        "aws_vpc": {
          "main": [{"//": "the only one", "cidr_block": "10.0.0.0/16"}]
        },
        "aws_subnet": {
          "a": {"vpc_id": "${aws_vpc.main.id}",
                "dynamic": {"x": {"for_each": [1], "content": {"y": "${x.value}"}}}}
        }
      }
    }"""
    whole = project({"main.tf.json": text.encode()})
    assert lines(whole) == {
        "aws_vpc.main": Source("main.tf.json", 5),
        "aws_subnet.a": Source("main.tf.json", 8),
    }
    root = whole.module()
    assert root is not None
    vpc, subnet = root.resources.values()
    assert set(vpc.body.attributes) == {"cidr_block"}
    assert subnet.body.attributes["vpc_id"].expression == Get(Get(Name("aws_vpc"), "main"), "id")
    (block,) = subnet.body.blocks
    assert (block.type, block.labels) == ("dynamic", ("x",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('aws_vpc.a["x"].id', {'aws_vpc.a["x"].id', 'aws_vpc.a["x"]', "aws_vpc.a"}),
        ("data.aws_ami.a.id", {"data.aws_ami.a.id", "data.aws_ami.a"}),
        # Terraform tells a resource without its key too, but not the module of an output
        ("module.a[0].out", {"module.a[0].out", "module.a[0]"}),
        ("module.a[0]", {"module.a[0]", "module.a"}),
        ("module.a.out.x", {"module.a.out.x", "module.a.out", "module.a"}),
        ("[for k, v in var.m : v.id if k != local.x]", {"var.m", "local.x"}),
        ("aws_vpc.a[*].id", {"aws_vpc.a"}),
        ("aws_vpc.a[count.index].id", {"aws_vpc.a", "count.index"}),
        ("each.value.id", {"each.value.id", "each.value"}),
    ],
)
def test_references_are_told_as_a_plan_tells_them(text: str, expected: set[str]) -> None:
    assert references((read(text),)) == expected


def test_an_override_replaces_attribute_by_attribute() -> None:
    whole = project(
        {
            "main.tf": b'resource "aws_vpc" "a" {\n  cidr_block = "1"\n  tags = {}\n}\n',
            "x_override.tf": b'resource "aws_vpc" "a" {\n  cidr_block = "2"\n}\n',
        }
    )
    root = whole.module()
    assert root is not None
    (vpc,) = root.resources.values()
    assert vpc.body.attributes["cidr_block"].expression == Literal("2")
    assert "tags" in vpc.body.attributes


def test_an_override_replaces_all_nested_blocks_of_a_kind() -> None:
    rule = "  {} {{\n    {}\n  }}\n"
    made = rule.format('dynamic "ingress"', "for_each = var.x\n    content {}")
    group = 'resource "aws_security_group" "a" {{\n{}}}\n'
    files = {
        "main.tf": group.format(made + rule.format("egress", "from_port = 1")),
        "override.tf": group.format(rule.format("ingress", "from_port = 2")),
    }
    root = project({name: each.encode() for name, each in files.items()}).module()
    assert root is not None
    (only,) = root.resources.values()
    assert [each.type for each in only.body.blocks] == ["egress", "ingress"]


def test_an_override_is_of_the_provider_with_its_alias_and_of_the_backend() -> None:
    region = 'provider "aws" {{\n  alias = "{0}"\n  region = "eu-{0}-1"\n}}\n'
    backend = 'terraform {{\n  backend "{}" {{}}\n}}\n'
    over = 'provider "aws" {\n  alias = "west"\n  max_retries = 2\n}\n'
    files = {
        "main.tf": backend.format("s3") + "".join(map(region.format, ("north", "west"))),
        "x_override.tf": backend.format("local") + over,
    }
    root = project({name: each.encode() for name, each in files.items()}).module()
    assert root is not None
    told = {name: sorted(each.body.attributes) for name, each in root.providers.items()}
    assert told == {
        "aws.north": ["alias", "region"],
        "aws.west": ["alias", "max_retries", "region"],
    }
    assert root.backend is not None
    assert root.backend.labels == ("local",)


def test_modules_lie_where_the_manifest_or_a_path_says() -> None:
    files = {
        "main.tf": b'module "near" {\n  source = "./near"\n}\nmodule "far" {\n  source = "x/y"\n}\n'
        b'module "gone" {\n  source = "x/z"\n}\n',
        "near/main.tf": b'resource "aws_vpc" "near" {}\n',
        ".terraform/modules/far/main.tf": b'resource "aws_vpc" "far" {}\n',
    }
    manifest = json.loads('{"Modules": [{"Key": "far", "Dir": ".terraform/modules/far"}]}')
    whole = project(files, manifest)
    assert set(lines(whole)) == {"module.near.aws_vpc.near", "module.far.aws_vpc.far"}
    assert whole.module(("gone",)) is None
