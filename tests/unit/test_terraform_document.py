"""What a file of Terraform's is taken for, what is refused and why, and where things are."""

import json
from pathlib import Path
from typing import Any

import pytest
from plan_builder import AWS, plan, planned, written

from caisson.estate.mistakes import EstateErrors
from caisson.estate.sources import Source
from caisson.terraform import document
from caisson.terraform.configuration import Configuration, configuration
from caisson.terraform.document import Kind, parse
from caisson.terraform.instances import Listed, Text, present
from caisson.terraform.instances import planned as planned_instances
from caisson.terraform.model import UNKNOWN, Instance
from caisson.terraform.providers import Place, places
from caisson.terraform.read import read
from caisson.topology.resources import Understanding

REFERENCES = Path(__file__).parents[1] / "plans" / "references"
WHOLE = (REFERENCES / "plan.json").read_bytes()


def refused(content: bytes) -> tuple[str, str]:
    """What is wrong, and what to do."""
    with pytest.raises(EstateErrors) as raised:
        read("plan.json", content)
    (mistake,) = raised.value.mistakes
    assert mistake.remedy
    return f"{mistake.source.line}:{mistake.source.column}", mistake.what


def changed(**changes: Any) -> bytes:
    """The plan with other values; `...` takes a key out."""
    whole = {**json.loads(WHOLE), **changes}
    return json.dumps({k: v for k, v in whole.items() if v is not ...}).encode()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (WHOLE, Kind.PLAN),
        (b'{"format_version": "1.0", "values": {}}', Kind.STATE),
        (b'{"version": 4, "terraform_version": "1.9.0", "resources": []}', Kind.RAW_STATE),
        (b'{"resource": {"aws_vpc": {"a": {}}}, "//": "by hand"}', Kind.CONFIGURATION),
        (b"\xef\xbb\xbf" + WHOLE, Kind.PLAN),
    ],
)
def test_what_a_file_is(content: bytes, kind: Kind) -> None:
    assert parse("a.json", content).kind is kind


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"PK\x03\x04....", "as `terraform plan -out` writes it"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"hello", "not JSON"),
        (b"[]", "this is a list"),
        (b"null", "this is nothing"),
        (b"3", "this is a single int"),
        (b'{"a": NaN}', "NaN is not a number of JSON"),
        (b'{"a": 1, "a": 2}', "the key `a` is written twice"),
        (b"{}", "there is no `format_version`"),
        (b'{"Resources": {}}', "CloudFormation"),
        (b'{"check_type": "terraform_plan"}', "checkov"),
        (b'{"@level":"info"}\n{"@level":"info"}', "the log of `terraform plan -json`"),
        (b'{"format_version": "1.0", "provider_schemas": {}}', "description of its providers"),
        (b'{"format_version": "1.0"}', "neither a plan nor a state"),
        (b'{"version": 3, "terraform_version": "0.11"}', "another format than version 4"),
        (changed(format_version="2.0"), "format_version: 2.0 is not read"),
        (changed(format_version="0.2"), "format_version: 0.2 is not read"),
        (changed(format_version="10.1"), "format_version: 10.1 is not read"),
        (changed(format_version=1.2), "format_version: not a version"),
        (changed(errored=True), "planning ended with errors"),
        (changed(planned_values=...), "planned_values: missing"),
        (changed(configuration=...), "configuration: missing"),
        (changed(planned_values=[]), "planned_values: a list where an object belongs"),
        (changed(resource_changes={}), "resource_changes: not a list"),
        (changed(resource_changes=[{"address": "a.b"}]), "resource_changes[0].change"),
        (changed(variables=[]), "variables: not an object"),
        (changed(deferred_changes=[{}]), "deferred_changes[0]"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested deeper than 200 levels"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "nested deeper than 200 levels"),
    ],
)
def test_what_is_refused(content: bytes, what: str) -> None:
    assert what in refused(content)[1]


def test_a_file_that_was_cut_off_says_where_it_ends() -> None:
    text = json.dumps(json.loads(WHOLE), indent=1).encode()
    place, what = refused(text[: text.index(b'"configuration"')])
    assert "not JSON, or not whole" in what
    assert int(place.split(":")[0]) > 100


def test_a_file_that_is_too_large_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "SIZE_LIMIT", 1 << 20)
    assert refused(b" " * ((1 << 20) + 1))[1] == "larger than 1 MiB"


ROW = {"address": "aws_vpc.a", "mode": "managed", "type": "aws_vpc", "name": "a"}


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ([], "planned_values.root_module.resources[0]: not an object"),
        ({}, "planned_values.root_module.resources[0].mode"),
        ({**ROW, "mode": []}, "resources[0].mode"),
        (ROW, "resources[0].provider_name: missing"),
        ({**ROW, "provider_name": AWS, "type": 3}, "resources[0].type"),
        ({**ROW, "provider_name": AWS, "values": []}, "resources[0].values: not an object"),
        ({**ROW, "provider_name": AWS, "index": 1.5}, "resources[0].index"),
        ({**ROW, "provider_name": AWS, "index": True}, "resources[0].index"),
    ],
)
def test_a_resource_in_another_form_is_named_by_its_path(row: Any, what: str) -> None:
    assert what in refused(changed(planned_values={"root_module": {"resources": [row]}}))[1]


@pytest.mark.parametrize(
    ("module", "what"),
    [
        ([], "configuration.root_module: not an object"),
        ({"resources": {}}, "configuration.root_module.resources: not a list"),
        ({"resources": [{}]}, "configuration.root_module.resources[0].address"),
        ({"module_calls": {"a": 1}}, "configuration.root_module.module_calls.a: not an object"),
        ({"outputs": {"a": 1}}, "configuration.root_module.outputs.a: not an object"),
    ],
)
def test_a_configuration_in_another_form_is_named_by_its_path(module: Any, what: str) -> None:
    assert what in refused(changed(configuration={"root_module": module}))[1]


def test_no_secret_gets_into_the_topology() -> None:
    """It is in a variable, in attributes, in outputs, and in what the plan says of changes."""
    assert b"a-secret-nobody-may-see" in WHOLE
    assert "a-secret-nobody-may-see" not in repr(read("plan.json", WHOLE))


def listed(content: bytes, text: Text = Text()) -> Listed:  # noqa: B008  it is frozen
    whole = parse("plan.json", content)
    if whole.kind is not Kind.PLAN:
        return present(whole)
    return planned_instances(whole, configuration("plan.json", whole.content), text)


def by_address(content: bytes, text: Text = Text()) -> dict[str, Instance]:  # noqa: B008
    return {each.address: each for each in listed(content, text).instances}


def test_unknown_and_sensitive_values_are_unknown_at_any_depth() -> None:
    thing = planned("aws_thing.a", name="a", id=..., block=[{"x": 1, "y": ...}], listed=[..., "b"])
    thing["sensitive_values"] = {"name": True, "map": {"inner": True}}
    thing["values"]["map"] = {"inner": "secret", "outer": 1}
    values = by_address(plan([thing], []))["aws_thing.a"].values
    assert values == {
        "name": UNKNOWN,
        "id": UNKNOWN,
        "block": [{"x": 1, "y": UNKNOWN}],
        "listed": [UNKNOWN, "b"],
        "map": {"inner": UNKNOWN, "outer": 1},
    }


def test_marks_of_another_form_hide_the_whole_value() -> None:
    thing = planned("aws_thing.a", name="plain", block=[{"x": 1}])
    thing["sensitive_values"] = {"name": {"x": True}, "block": {"x": True}}
    values = by_address(plan([thing], []))["aws_thing.a"].values
    assert values == {"name": UNKNOWN, "block": UNKNOWN}


def test_what_is_marked_as_a_whole_hides_everything() -> None:
    thing = planned("aws_thing.a", name="plain")
    thing["sensitive_values"] = True
    assert by_address(plan([thing], []))["aws_thing.a"].values == {"name": UNKNOWN}


def test_data_sources_come_from_the_state_before_too() -> None:
    content = json.loads(plan([planned("aws_vpc.a", id=...)], []))
    row = planned("data.aws_vpc.found", id="vpc-1")
    gone = planned("aws_vpc.deleted", id="vpc-2")
    rows = [{k: v for k, v in each.items() if k != "unknown"} for each in (row, gone)]
    content["prior_state"] = {"values": {"root_module": {"resources": rows}}}
    assert list(by_address(json.dumps(content).encode())) == ["aws_vpc.a", "data.aws_vpc.found"]


def test_a_deposed_object_does_not_tell_what_is_unknown() -> None:
    content = json.loads(plan([planned("aws_vpc.a", id=..., cidr_block="10.0.0.0/16")], []))
    deposed = {"address": "aws_vpc.a", "deposed": "0a1b", "change": {"after_unknown": {}}}
    content["resource_changes"].append(deposed)
    assert by_address(json.dumps(content).encode())["aws_vpc.a"].values["id"] is UNKNOWN


def test_lines_of_the_text_are_where_resources_are() -> None:
    instances = by_address(WHOLE, Text({"aws_vpc.main": Source("main.tf", 55)}))
    assert instances["aws_vpc.main"].source == Source("main.tf", 55)
    assert instances["aws_subnet.counted[0]"].source == Source("plan.json", 1)


def test_each_provider_configuration_has_its_region_and_like_ones_one_account() -> None:
    instances = by_address(WHOLE)
    vpc, bucket = instances["aws_vpc.main"], instances["aws_s3_bucket.main"]
    topic = instances['module.part["p"].aws_sns_topic.there']
    assert (vpc.region, bucket.region, topic.region) == ("eu-west-1", "us-east-1", "us-east-1")
    assert vpc.account == bucket.account == topic.account == "aws"


def provider(alias: str = "", **expressions: Any) -> dict[str, Any]:
    told = {k: v if isinstance(v, (dict, list)) else constant(v) for k, v in expressions.items()}
    return {"name": "aws", "alias": alias, "full_name": AWS, "expressions": told}


def constant(value: Any) -> dict[str, Any]:
    return {"constant_value": value}


def role(account: str) -> list[Any]:
    return [{"role_arn": constant(f"arn:aws:iam::{account}:role/deployer")}]


ONE, OTHER = "111122223333", "444455556666"


@pytest.mark.parametrize(
    ("providers", "told"),
    [
        (
            {"aws": provider(region="eu-west-1"), "aws.b": provider("b", region="us-east-1")},
            {"aws": Place("aws", "eu-west-1"), "aws.b": Place("aws", "us-east-1")},
        ),
        (
            {"aws": provider(profile="staging"), "aws.b": provider("b", profile="production")},
            {"aws": Place("profile staging"), "aws.b": Place("profile production")},
        ),
        (
            {"aws": provider(), "aws.b": provider("b", assume_role=role(OTHER))},
            {"aws": Place("aws"), "aws.b": Place(OTHER)},
        ),
        (
            {"aws": provider(allowed_account_ids={"constant_value": [ONE]})},
            {"aws": Place(ONE)},
        ),
        (
            {"aws": provider(allowed_account_ids={"constant_value": [ONE, OTHER]})},
            {"aws": Place("aws")},
        ),
        (
            {"aws": provider(region={"references": ["var.region"]})},
            {"aws": Place("aws", "eu-west-3")},
        ),
        (
            {"aws": provider(region={"references": ["var.none", "var.region"]})},
            {"aws": Place("aws")},
        ),
        ({"aws": provider(region={"references": ["local.region"]})}, {"aws": Place("aws")}),
        ({"aws": provider(region="not a region")}, {"aws": Place("aws")}),
        ({"aws": provider(access_key="AKIA1"), "aws.b": provider("b", access_key="AKIA2")},
         {"aws": Place("aws"), "aws.b": Place("aws.b")}),
    ],
)  # fmt: skip
def test_where_a_provider_works(providers: dict[str, Any], told: dict[str, Place]) -> None:
    variables = {"region": {"default": "eu-west-3"}}
    plain = {
        "configuration": {"provider_config": providers, "root_module": {"variables": variables}},
        "variables": {"region": {"value": "eu-west-3"}},
    }
    assert places(configuration("plan.json", plain)) == told


def test_things_tell_the_region_and_account_that_their_provider_does_not() -> None:
    arn = f"arn:aws:sns:eu-north-1:{ONE}:t"
    told = [written("aws_sns_topic.t"), written("aws_sns_topic.new")]
    new = planned("aws_sns_topic.new", arn=...)
    instances = by_address(plan([planned("aws_sns_topic.t", arn=arn), new], told))
    assert (instances["aws_sns_topic.new"].account, instances["aws_sns_topic.new"].region) == (
        ONE,
        "eu-north-1",
    )


def test_things_that_contradict_each_other_tell_nothing() -> None:
    arns = [f"arn:aws:sns:eu-north-1:{ONE}:t", f"arn:aws:sns:eu-west-1:{OTHER}:t"]
    things = [planned(f"aws_sns_topic.t{at}", arn=arn) for at, arn in enumerate(arns)]
    told = [written("aws_sns_topic.t0"), written("aws_sns_topic.t1")]
    found = by_address(plan(things, told))["aws_sns_topic.t0"]
    assert (found.account, found.region) == ("aws", None)


def test_a_local_of_the_text_tells_a_region_that_nothing_else_does() -> None:
    content = json.loads(plan([planned("aws_vpc.a", id=...)], [written("aws_vpc.a")]))
    aws = content["configuration"]["provider_config"]["aws"]
    aws["expressions"] = {"region": {"references": ["local.region"]}}
    text = Text(local=lambda path, name: "eu-south-1" if (path, name) == ((), "region") else None)
    assert by_address(json.dumps(content).encode(), text)["aws_vpc.a"].region == "eu-south-1"


RAW_STATE = {
    "version": 4,
    "terraform_version": "1.9.0",
    "resources": [
        {
            "module": 'module.db["main"]',
            "mode": "managed",
            "type": "aws_db_instance",
            "name": "main",
            "provider": f'provider["{AWS}"].west',
            "instances": [
                {
                    "index_key": 0,
                    "attributes": {
                        "id": "db-1",
                        "arn": f"arn:aws:rds:us-west-2:{ONE}:db:main",
                        "password": "a-secret-nobody-may-see",
                        "username": "also-marked",
                    },
                    "sensitive_attributes": [[{"type": "get_attr", "value": "username"}]],
                },
                {"index_key": 0, "deposed": "0a1b", "attributes": {"id": "old"}},
            ],
        },
        {
            "mode": "managed",
            "type": "aws_route",
            "name": "main",
            "provider": f'provider["{AWS}"].west',
            "instances": [{"index_key": "x", "attributes": {"id": "r-1"}}],
        },
    ],
}


def test_a_state_file_is_read_and_its_secrets_are_not() -> None:
    found = by_address(json.dumps(RAW_STATE).encode())
    database = found['module.db["main"].aws_db_instance.main[0]']
    assert (database.account, database.region) == (ONE, "us-west-2")
    assert database.values["password"] is database.values["username"] is UNKNOWN
    route = found['aws_route.main["x"]']  # of the same provider configuration
    assert (route.account, route.region, route.provider) == (ONE, "us-west-2", AWS)


@pytest.mark.parametrize(
    ("resources", "what"),
    [
        ({}, "resources: not a list"),
        ([1], "resources[0]: not an object"),
        ([{"provider": AWS, "instances": 1}], "resources[0].instances: not a list"),
        ([{"provider": AWS, "instances": [{}]}], "resources[0].instances[0]: mode"),
    ],
)
def test_a_state_file_in_another_form_is_refused(resources: Any, what: str) -> None:
    assert what in refused(json.dumps({**RAW_STATE, "resources": resources}).encode())[1]


def test_what_is_not_understood_is_counted_and_is_a_gap() -> None:
    content = plan(
        [
            planned("aws_something.new", id=..., vpc_id=...),
            planned("aws_vpc.a", id=..., cidr_block="10.0.0.0/16"),
            planned("aws_something.open", id=..., vpc_id=...),
            {**planned("random_id.a", id=...), "provider_name": f"{AWS[:-3]}random"},
        ],
        [
            written("aws_something.new", vpc_id=["aws_vpc.a.id", "aws_vpc.a"]),
            written("aws_vpc.a", cidr_block="10.0.0.0/16"),
            written("aws_something.open", vpc_id=["local.anything"]),
            written("random_id.a"),
        ],
    )  # fmt: skip
    topology = read("plan.json", content)
    assert {each.type: (each.number, each.understanding) for each in topology.counts} == {
        "aws_something": (2, Understanding.IGNORED),
        "aws_vpc": (1, Understanding.MODELLED),
        "random_id": (1, Understanding.NEUTRAL),
    }
    about = {each.resource: each.about for each in topology.gaps if each.type == "aws_something"}
    assert about == {
        "aws_something.new": ("aws_something.new", "aws_vpc.a"),
        "aws_something.open": (),  # it may concern anything
    }


def test_programs_that_are_run_are_a_gap() -> None:
    (gap,) = (
        each for each in read("plan.json", WHOLE).gaps if each.resource == "terraform_data.program"
    )
    assert "runs programs" in gap.what
    assert set(gap.about) == {"terraform_data.program", "aws_instance.chosen"}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"complete": False}, "leaves out changes"),
        (
            {
                "complete": False,
                "deferred_changes": [{"resource_change": {"address": "aws_vpc.z"}}],
            },
            "aws_vpc.z is put off",
        ),
    ],
)
def test_what_terraform_has_not_planned_is_a_gap_about_anything(
    changes: dict[str, Any], what: str
) -> None:
    before = read("plan.json", WHOLE).gaps
    (gap,) = (each for each in read("plan.json", changed(**changes)).gaps if each not in before)
    assert what in gap.what
    assert gap.about == ()


def test_resources_have_names_tags_and_zones() -> None:
    content = plan(
        [
            planned("aws_instance.a", tags={"Name": "web"}, tags_all={"Name": "web", "team": "x"}),
            planned("aws_subnet.b", availability_zone="eu-west-1a", tags_all=..., tags={"k": "v"}),
            planned("aws_iam_role.c", name="deployer"),
        ],
        [written("aws_instance.a"), written("aws_subnet.b"), written("aws_iam_role.c")],
    )
    web, subnet, deployer = read("plan.json", content).resources
    assert (web.name, web.tags) == ("web", {"Name": "web", "team": "x"})
    assert (subnet.name, subnet.tags, subnet.zones) == ("b", {"k": "v"}, ("eu-west-1a",))
    assert (deployer.name, deployer.region) == ("deployer", "global")


def test_the_files_beside_a_plan_give_lines_and_certainty() -> None:
    files = {
        "main.tf": (REFERENCES / "main.tf").read_bytes(),
        "part/main.tf": (REFERENCES / "part" / "main.tf").read_bytes(),
    }
    beside = {each.id: each for each in read("plan.json", WHOLE, files).resources}
    text = files["main.tf"].decode().splitlines()
    line = beside["aws_vpc.main"].source.line
    assert text[line - 1] == 'resource "aws_vpc" "main" {'
    assert beside['module.part["p"].aws_sns_topic.there'].source.file == "part/main.tf"
    assert len(read("plan.json", WHOLE, files).gaps) < len(read("plan.json", WHOLE).gaps)


@pytest.mark.parametrize("file", ["main.tf.json", "/estates/shop/main.tf.json", "shop.json"])
def test_a_configuration_in_json_is_read_without_a_plan(file: str) -> None:
    content = b"""{
      "provider": {"aws": {"region": "eu-west-1"}},
      "resource": {
        "aws_vpc": {"a": {"cidr_block": "10.0.0.0/16"}},
        "aws_subnet": {"s": {"count": 2, "vpc_id": "${aws_vpc.a.id}"}}
      }
    }"""
    topology = read(file, content)
    assert [each.id for each in topology.resources] == [
        "aws_vpc.a",
        "aws_subnet.s[0]",
        "aws_subnet.s[1]",
    ]
    assert {each.vpc for each in topology.network.subnets} == {"aws_vpc.a"}
    assert topology.resources[0].source.line == 4


def test_an_empty_configuration_reads_nothing() -> None:
    assert configuration("plan.json", {"configuration": {}}) == Configuration()
