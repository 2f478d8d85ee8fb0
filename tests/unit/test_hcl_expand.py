"""A configuration without a plan becomes the instances and links that its text tells."""

import json

import pytest

from caisson.estate.mistakes import EstateErrors
from caisson.terraform.hcl.expand import Expanded, expand
from caisson.terraform.model import NOTHING, UNKNOWN, Certainty, Instance, Link

THINGS = """
resource "aws_vpc" "one" {}
resource "aws_vpc" "two" { cidr_block = "10.0.0.0/16" }
resource "aws_kms_key" "key" {}
resource "aws_eks_cluster" "eks" {}
resource "aws_subnet" "count" {
  count  = 3
  vpc_id = aws_vpc.one.id
}
resource "aws_subnet" "each" {
  for_each = { a = 1, b = 2 }
  vpc_id   = aws_vpc.two.id
}
data "aws_vpc" "found" { id = aws_vpc.one.id }
data "aws_subnets" "some" {}
variable "untold" {}
variable "secret" {
  default   = "subnet-1"
  sensitive = true
}
variable "typed" {
  type    = object({ a = optional(string), b = optional(number, 7), set = set(string) })
  default = { set = ["y", "x"] }
}
locals {
  circle = [local.circle]
  subnets = concat(aws_subnet.count[*].id, values(aws_subnet.each)[*].id)
  table  = { for at, one in aws_subnet.count : "k${at}" => { id = one.id } }
}
"""
COUNT = tuple(f"aws_subnet.count[{at}]" for at in range(3))
EACH = ('aws_subnet.each["a"]', 'aws_subnet.each["b"]')


def made(text: str, **files: str) -> Expanded:
    more = {name.replace("__", "/") + ".tf": each.encode() for name, each in files.items()}
    return expand({"main.tf": text.encode(), **more})


def at(expanded: Expanded, address: str) -> Instance:
    return next(each for each in expanded.instances if each.address == address)


def link(expression: str, *types: str) -> Link:
    expanded = made(f'{THINGS}\nresource "aws_thing" "x" {{\n  to = {expression}\n}}\n')
    return expanded.links.link("aws_thing.x", ("to",), types)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("aws_subnet.count[1].id", COUNT[1:2]),
        ("aws_subnet.count[*].arn", COUNT),
        ("aws_subnet.count.*.id[2]", COUNT[2:]),
        ("element(aws_subnet.count[*].id, 4)", COUNT[1:2]),
        ('aws_subnet.each["b"].id', EACH[1:]),
        ("values(aws_subnet.each)[*].id", EACH),
        ('[for k, v in aws_subnet.each : v.id if k != "a"]', EACH[1:]),
        ("local.subnets[3]", EACH[:1]),
        ('local.table["k2"].id', COUNT[2:]),
        ('lookup(local.table, "k9", { id = aws_subnet.count[0].id }).id', COUNT[:1]),
        ("slice(local.subnets, 1, 3)", COUNT[1:]),
        ("flatten([[aws_subnet.count[0].id], [], aws_subnet.count[2].id])", COUNT[::2]),
        ('compact(["", aws_subnet.count[0].id])', COUNT[:1]),
        ('coalesce(null, "", aws_subnet.count[0].id, var.untold)', COUNT[:1]),
        ("coalescelist([], aws_subnet.count[*].id)", COUNT),
        ("try(aws_subnet.count[7].id, aws_subnet.count[0].id)", COUNT[:1]),
        ("try(aws_subnet.count[0].id, var.untold)", COUNT[:1]),
        ("can(aws_subnet.count[7].id) ? var.untold : aws_subnet.count[0].id", COUNT[:1]),
        ("one(aws_subnet.count[*].id == null ? [] : [aws_subnet.count[0].id])", COUNT[:1]),
        ('zipmap(["a", "b", "c"], aws_subnet.count[*].id)["b"]', COUNT[1:2]),
        ("merge({ a = var.untold }, { a = aws_subnet.count[0].id }).a", COUNT[:1]),
        ("reverse(aws_subnet.count[*].id)[0]", COUNT[2:]),
        ('split(",", join(",", aws_subnet.count[*].id))[1]', COUNT[1:2]),
        ('join("", slice(aws_subnet.count[*].id, 0, 1))', COUNT[:1]),
        ('join(",", aws_subnet.count[*].id)', COUNT),
        ('"${aws_subnet.count[0].id},${aws_subnet.count[2].id}"', COUNT[::2]),
        ('"${aws_subnet.count[0].id}"', COUNT[:1]),
        ("tolist(toset([aws_subnet.count[0].id]))[0]", COUNT[:1]),
        ("toset(aws_subnet.count[*].id)", COUNT),
        ("distinct(concat(aws_subnet.count[*].id, [aws_subnet.count[0].id]))", COUNT),
        ("{ for s in [aws_subnet.count[0]] : s.id => s.arn }[aws_subnet.count[0].id]", COUNT[:1]),
        ('aws_subnet.count[0].id != "" ? aws_subnet.count[0].id : var.untold', COUNT[:1]),
        ('[for g in setproduct(["x"], aws_subnet.count[*].id) : g[1]]', COUNT),
    ],
)
def test_what_is_moved_about_is_still_known(expression: str, expected: tuple[str, ...]) -> None:
    assert link(expression, "aws_subnet") == Link(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("var.untold ? aws_subnet.count[0].id : aws_subnet.count[1].id", COUNT[:2]),
        ("aws_subnet.count[var.untold].id", COUNT),
        ("[for s in aws_subnet.count : s.id if s.owner_id == var.untold]", COUNT),
        ("element(sort(aws_subnet.count[*].id), 0)", COUNT),
        ("var.untold ? aws_subnet.count[*].id : [aws_subnet.count[0].id]", COUNT),
        ('coalesce(var.untold ? aws_subnet.count[0].id : aws_subnet.count[1].id, "x")', COUNT[:2]),
    ],
)
def test_one_of_several_is_told_as_such(expression: str, expected: tuple[str, ...]) -> None:
    assert link(expression, "aws_subnet") == Link(expected, certainty=Certainty.AMONG)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # an attribute of a thing is there, one of a block in it need not be, nor what is not told
        (
            "try(aws_eks_cluster.eks.vpc_config[0].cluster_security_group_id, aws_vpc.one.id)",
            ("aws_eks_cluster.eks", "aws_vpc.one"),
        ),
        ("can(var.untold) ? aws_vpc.one.id : aws_vpc.two.id", ("aws_vpc.one", "aws_vpc.two")),
        # a name may turn out to be empty, an id may not
        ("coalesce(aws_kms_key.key.key_id, aws_vpc.one.id)", ("aws_kms_key.key", "aws_vpc.one")),
    ],
)
def test_what_may_have_no_value_is_one_of_several(
    expression: str, expected: tuple[str, ...]
) -> None:
    assert link(expression) == Link(expected, certainty=Certainty.AMONG)


@pytest.mark.parametrize(
    "expression",
    [
        "(var.untold ? aws_subnet.count[0] : null).id",
        "try((var.untold ? aws_subnet.count[0] : null).id, aws_subnet.count[1].id)",
        "tolist(toset(aws_subnet.count[*].id))[1]",
        "var.untold",
        "var.secret",
        "local.circle",
        "timestamp()",
        "data.aws_subnets.some.ids",
        "data.aws_subnets.some.ids[0]",
        "module.absent.subnet_id",
        "var.untold ? aws_subnet.count[0].id : null",
        "try(data.aws_subnets.some.ids[0], aws_subnet.count[0].id)",
        '"${aws_subnet.count[0].id}-x"',
        "[for s in data.aws_subnets.some.ids : s][0]",
        "one([for s in aws_subnet.count : s.id if s.owner_id == var.untold])",
        "try([for s in [aws_subnet.count[0]] : s.id if var.untold][0], aws_subnet.count[1].id)",
        "aws_subnet.count[0].owner_id",
    ],
)
def test_what_may_be_anything_is_open(expression: str) -> None:
    assert link(expression, "aws_subnet").certainty is Certainty.OPEN


def test_a_sensitive_value_is_in_no_answer() -> None:
    expanded = made(
        THINGS
        + 'resource "aws_db_instance" "x" {\n  password = "hunter2"\n  subnet = var.secret\n}\n'
    )
    values = at(expanded, "aws_db_instance.x").values
    assert values["password"] is UNKNOWN
    assert values["subnet"] is UNKNOWN
    told = expanded.links.link("aws_db_instance.x", ("password",), ())
    assert told == Link(certainty=Certainty.OPEN)


@pytest.mark.parametrize(
    ("expression", "types", "expected"),
    [
        # an attribute of a thing leads on to what was written there
        ("aws_subnet.count[0].vpc_id", ("aws_vpc",), "aws_vpc.one"),
        ("data.aws_vpc.found.id", ("aws_vpc",), "aws_vpc.one"),
        ("aws_vpc.two.default_security_group_id", ("aws_security_group",), "aws_vpc.two"),
        ("aws_subnet.count[0].id", ("aws_vpc",), "aws_subnet.count[0]"),
    ],
)
def test_attributes_are_followed(expression: str, types: tuple[str, ...], expected: str) -> None:
    assert link(expression, *types) == Link((expected,))


def test_ids_that_are_written_are_outside() -> None:
    assert link('["subnet-1", aws_subnet.count[0].id]') == Link(COUNT[:1], ("subnet-1",))
    assert link("null") == NOTHING


def test_variables_have_the_types_and_defaults_that_are_declared() -> None:
    expanded = made(THINGS + 'resource "aws_thing" "x" {\n  to = var.typed\n}\n')
    assert at(expanded, "aws_thing.x").values["to"] == {"a": None, "b": 7, "set": ["x", "y"]}


def test_values_are_given_by_files_later_ones_before_earlier() -> None:
    expanded = expand(
        {
            "main.tf": b'variable "n" {}\nvariable "m" { default = 1 }\n'
            b'resource "aws_thing" "x" {\n  to = [var.n, var.m]\n}\n',
            "terraform.tfvars": b"n = -1\nm = 2\n",
            "b.auto.tfvars.json": b'{"n": "z"}',
            "a.auto.tfvars": b'n = ["a"]\n',
            "sub/c.auto.tfvars": b"n = 9\n",
        }
    )
    assert at(expanded, "aws_thing.x").values["to"] == ["z", 2]


MODULES = {
    "inner__main": """
      terraform {
        required_providers { aws = { source = "hashicorp/aws" } }
      }
      variable "name" {}
      resource "aws_vpc" "this" { tags = { Name = var.name } }
      output "vpc_id" { value = aws_vpc.this.id }
    """,
    "outer__main": """
      variable "names" {}
      module "inner" {
        for_each = toset(var.names)
        source   = "../inner"
        name     = "${each.key}-${each.value}"
      }
      output "ids" { value = { for name, one in module.inner : name => one.vpc_id } }
    """,
}


def test_modules_are_followed_in_and_out() -> None:
    expanded = made(
        'provider "aws" {\n  alias  = "west"\n  region = var.region\n}\n'
        'variable "region" { default = "us-west-2" }\n'
        'module "a" {\n  count = 2\n  source = "./outer"\n  names = ["x", "y.z"]\n'
        "  providers = { aws = aws.west }\n}\n"
        'resource "aws_thing" "x" {\n  to = module.a[1].ids["y.z"]\n}\n',
        **MODULES,
    )
    address = 'module.a[1].module.inner["y.z"].aws_vpc.this'
    vpc = at(expanded, address)
    assert vpc.values["tags"] == {"Name": "y.z-y.z"}
    assert (vpc.region, vpc.provider) == ("us-west-2", "registry.terraform.io/hashicorp/aws")
    assert str(vpc.source) == "inner/main.tf:6"
    assert expanded.links.link("aws_thing.x", ("to",), ("aws_vpc",)) == Link((address,))
    assert not expanded.gaps
    assert len(expanded.instances) == 5


def test_nested_and_dynamic_blocks_become_values() -> None:
    expanded = made(
        THINGS
        + """
        resource "aws_thing" "x" {
          rule { to = aws_vpc.one.id }
          dynamic "rule" {
            for_each = [aws_vpc.two.id, "vpc-1"]
            iterator = it
            content {
              to   = it.value
              port = it.key
            }
          }
        }
        """
    )
    rules = at(expanded, "aws_thing.x").values["rule"]
    assert rules == [{"to": UNKNOWN}, {"to": UNKNOWN, "port": 0}, {"to": "vpc-1", "port": 1}]
    found = [expanded.links.link("aws_thing.x", ("rule", n, "to"), ("aws_vpc",)) for n in range(3)]
    assert found == [Link(("aws_vpc.one",)), Link(("aws_vpc.two",)), Link((), ("vpc-1",))]


def test_what_is_not_told_is_a_gap() -> None:
    expanded = made(
        'module "far" { source = "x/y/z" }\n'
        'variable "n" {}\n'
        'resource "aws_vpc" "some" { count = var.n }\n'
        'resource "aws_vpc" "many" { count = 1000000000 }\n'
        'resource "aws_vpc" "none" { count = 0 }\n'
    )
    assert {(each.resource, each.type) for each in expanded.gaps} == {
        ("module.far", "module"),
        ("aws_vpc.some", "aws_vpc"),
        ("aws_vpc.many", "aws_vpc"),
    }
    assert not expanded.instances
    assert all(not each.about for each in expanded.gaps)


@pytest.mark.parametrize("name", ["main.tf", "main.tf.json", "inner/main.tf", "terraform.tfvars"])
def test_a_file_that_cannot_be_read_is_refused(name: str) -> None:
    files = {"main.tf": b'module "m" { source = "./inner" }\n', "inner/main.tf": b""}
    with pytest.raises(EstateErrors) as raised:
        expand({**files, name: b"{{{"})
    assert raised.value.mistakes[0].source.file == name


def test_a_module_in_itself_and_too_many_instances_end() -> None:
    inner = {"main": 'module "m" { source = "./" }\nresource "aws_vpc" "a" {}\n'}
    assert [each.type for each in made(inner["main"]).gaps] == ["module"]
    many = 'module "m" {\n  count  = 10000\n  source = "./inner"\n}\n'
    with pytest.raises(EstateErrors):
        made(many, inner__main='resource "aws_vpc" "a" { count = 10000 }\n')


def test_a_chain_of_locals_without_end_is_given_up() -> None:
    chain = "".join(f"  l{n} = [local.l{n + 1}, local.l{n + 1}]\n" for n in range(3000))
    expanded = made(f'locals {{\n{chain}}}\nresource "aws_thing" "x" {{\n  to = local.l0\n}}\n')
    assert expanded.links.link("aws_thing.x", ("to",), ()).certainty is Certainty.OPEN


def test_programs_and_mentions_are_told() -> None:
    expanded = made(
        THINGS
        + """
        resource "aws_thing" "x" {
          name = "x-${aws_vpc.one.id}"
          rule { to = aws_subnet.count[0].vpc_id }
          provisioner "local-exec" { command = "true" }
        }
        resource "aws_thing" "y" { name = var.untold }
        """
    )
    assert expanded.programs == {"aws_thing.x"}
    assert expanded.links.mentions("aws_thing.x") == Link(("aws_vpc.one",))
    assert expanded.links.mentions("aws_thing.y").certainty is Certainty.OPEN


def test_json_configuration_is_expanded_like_native() -> None:
    document = {
        "provider": {"aws": {"region": "eu-west-1"}},
        "locals": {"n": 2},
        "resource": {
            "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16"}},
            "aws_subnet": {"a": {"count": "${local.n}", "vpc_id": "${aws_vpc.main.id}"}},
            "aws_security_group": {
                "g": {"vpc_id": "${aws_vpc.main.id}", "ingress": [{"self": True, "from_port": 1}]}
            },
        },
    }
    expanded = expand({"main.tf.json": json.dumps(document).encode()})
    assert [each.address for each in expanded.instances] == [
        "aws_vpc.main",
        "aws_subnet.a[0]",
        "aws_subnet.a[1]",
        "aws_security_group.g",
    ]
    assert {each.region for each in expanded.instances} == {"eu-west-1"}
    assert at(expanded, "aws_security_group.g").values["ingress"] == [
        {"self": True, "from_port": 1}
    ]
    assert expanded.links.link("aws_subnet.a[1]", ("vpc_id",), ("aws_vpc",)).only == "aws_vpc.main"


@pytest.mark.parametrize(
    "doubled",
    [
        "[local.l{0}, local.l{0}]",
        "{{ a = local.l{0}, b = local.l{0} }}",
        "concat(local.l{0}, local.l{0})",
        'replace("xx", "x", "${{local.l{0}}}")',
        '"${{local.l{0}}}${{local.l{0}}}"',
    ],
)
def test_values_that_double_with_each_name_are_given_up(doubled: str) -> None:
    last = "[aws_vpc.a.id]" if "concat" in doubled else '"text"'
    chain = "".join(f"  l{at} = {doubled.format(at + 1)}\n" for at in range(40))
    expanded = made(
        f"locals {{\n{chain}  l40 = {last}\n}}\n"
        'resource "aws_vpc" "a" {}\n'
        'resource "aws_thing" "x" { to = local.l0 }\n'
    )
    assert at(expanded, "aws_thing.x").values["to"] is UNKNOWN
    assert expanded.links.link("aws_thing.x", ("to",), ()).certainty is Certainty.OPEN


def test_attributes_that_double_with_each_resource_are_given_up() -> None:
    chain = "".join(
        f'resource "aws_thing" "r{at}" {{ to = [aws_thing.r{at + 1}.to, aws_thing.r{at + 1}.to]}}\n'
        for at in range(40)
    )
    expanded = made(f'{chain}resource "aws_thing" "r40" {{ to = ["text"] }}\n')
    assert at(expanded, "aws_thing.r39").values["to"] == [["text"], ["text"]]
    assert expanded.links.link("aws_thing.r0", ("to",), ()).certainty is Certainty.OPEN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('resource "aws_s3_bucket" "t" {}\nresource "aws_s3_bucket_policy" "x" {\n'
         "  bucket = aws_s3_bucket.t.id\n}\n", "aws_s3_bucket.t"),
        ('resource "aws_sns_topic" "t" {}\nresource "aws_sns_topic_policy" "x" {\n'
         "  arn = aws_sns_topic.t.arn\n}\n", "aws_sns_topic.t"),
        ('resource "aws_lambda_function" "t" {}\nresource "aws_cloudwatch_event_target" "x" {\n'
         "  arn = aws_lambda_function.t.arn\n}\n", "aws_cloudwatch_event_target.x"),
    ],
)  # fmt: skip
def test_a_part_that_has_the_id_of_the_whole_names_the_whole(text: str, expected: str) -> None:
    kind = text.split('"')[5]
    links = made(f'{text}resource "aws_thing" "y" {{\n  to = {kind}.x.id\n}}\n').links
    assert links.link("aws_thing.y", ("to",), ()) == Link((expected,))


@pytest.mark.parametrize(
    ("expression", "types", "named"),
    [
        (
            "data.aws_iam_policy_document.d.json",
            ("aws_iam_policy_document",),
            "data.aws_iam_policy_document.d",
        ),
        ('"${aws_cloudwatch_log_group.g.arn}:*"', (), "aws_cloudwatch_log_group.g"),
    ],
    ids=["the text of a document", "all streams of a log group"],
)
def test_what_is_named_in_another_way(expression: str, types: tuple[str, ...], named: str) -> None:
    expanded = made(f"""
        data "aws_iam_policy_document" "d" {{}}
        resource "aws_cloudwatch_log_group" "g" {{}}
        resource "aws_thing" "x" {{ to = {expression} }}""")
    assert expanded.links.link("aws_thing.x", ("to",), types) == Link((named,))


MOVED = """
resource "aws_secretsmanager_secret" "s" {}
resource "aws_kms_key" "k" {}
resource "aws_thing" "x" {
  to = replace(%s, %s)
}
"""


@pytest.mark.parametrize(
    ("arn", "words", "expected"),
    [
        ("aws_secretsmanager_secret.s.arn", '":us-west-2:", ":us-east-2:"', Certainty.AMONG),
        ("aws_secretsmanager_secret.s.arn", '"secret", "other"', Certainty.OPEN),
        ("aws_secretsmanager_secret.s.id", '":us-west-2:", ":us-east-2:"', Certainty.OPEN),
        # What has this ARN there is another key.
        ("aws_kms_key.k.arn", '":us-west-2:", ":us-east-2:"', Certainty.OPEN),
    ],
)
def test_the_copy_of_a_secret_in_another_region_is_perhaps_the_secret_and_nothing_else(
    arn: str, words: str, expected: Certainty
) -> None:
    found = made(MOVED % (arn, words)).links.link("aws_thing.x", ("to",), ())
    assert found == Link((arn.rpartition(".")[0],), certainty=expected)


def test_what_is_imported_has_its_id() -> None:
    text = """
resource "aws_vpc" "old" {}
resource "aws_vpc" "new" {}
import {
  to = aws_vpc.old
  id = "vpc-1"
}
import {
  to = aws_vpc.new
  id = aws_vpc.old.id
}
"""
    expanded = made(text)
    assert at(expanded, "aws_vpc.old").values["id"] == "vpc-1"
    assert at(expanded, "aws_vpc.new").values["id"] is UNKNOWN


def test_only_the_resource_s_own_meta_arguments_are_terraform_s() -> None:
    text = """
resource "aws_backup_plan" "x" {
  lifecycle { prevent_destroy = true }
  rule {
    lifecycle { delete_after = 14 }
  }
}
"""
    found = at(made(text), "aws_backup_plan.x")
    assert "lifecycle" not in found.values
    assert found.values["rule"] == [{"lifecycle": [{"delete_after": 14}]}]
