"""Several roots of Terraform as one estate: what crosses is seen, and what is not told stays so."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plan_builder import plan, planned

from caisson.estate.patterns import names, root_of
from caisson.prove.likeness import likeness, words_of
from caisson.terraform.read import part, read, read_together
from caisson.terraform.roots import rooted_gaps
from caisson.topology.model import Source, Topology
from caisson.topology.resources import EVERY_QUESTION, Gap, Question, Understanding

SHOP = Path(__file__).parents[1] / "plans" / "shop" / "plan.json"
VPC, GROUP = "vpc-0123456789abcdef0", "sg-0123456789abcdef0"


def network(**more: Any) -> bytes:
    """Return the state of a root that made a VPC and a security group."""
    made = [
        planned("aws_vpc.main", id=VPC, cidr_block="10.0.0.0/16"),
        planned("aws_security_group.data", id=GROUP, vpc_id=VPC, ingress=[], egress=[]),
        *(planned(address, **values) for address, values in more.items()),
    ]
    return plan(made, [])


def together(**contents: bytes) -> Topology:
    parts = {name: part(f"{name}.json", content) for name, content in contents.items()}
    return read_together("estate", parts)


def test_what_one_root_makes_and_another_names_is_one_thing() -> None:
    rule = planned(
        "aws_security_group_rule.all",
        security_group_id=GROUP,
        type="ingress",
        protocol="tcp",
        from_port=5432,
        to_port=5432,
        cidr_blocks=["0.0.0.0/0"],
    )
    seen = together(network=network(), app=plan([rule], []))
    (group,) = [
        each for each in seen.network.groups if each.id == "network:aws_security_group.data"
    ]
    assert [(each.id, each.cidrs) for each in group.ingress] == [
        ("app:aws_security_group_rule.all", ("0.0.0.0/0",))
    ]


def test_a_data_source_is_what_the_other_root_makes() -> None:
    found = planned("data.aws_vpc.main", id=VPC)
    subnet = planned("aws_subnet.app", vpc_id=VPC, cidr_block="10.0.1.0/24")
    seen = together(network=network(), app=plan([found, subnet], []))
    (mine,) = [each for each in seen.network.subnets if each.id == "app:aws_subnet.app"]
    assert mine.vpc == "network:aws_vpc.main"


def test_a_role_that_a_data_source_finds_is_the_other_root_s() -> None:
    arn = "arn:aws:iam::123456789012:role/runner"
    role = planned("aws_iam_role.runner", arn=arn, name="runner", assume_role_policy="{}")
    found = planned("data.aws_iam_role.runner", arn=arn, name="runner")
    function = planned("aws_lambda_function.job", function_name="job", role=arn)
    seen = together(roles=plan([role], []), app=plan([found, function], []))
    used = {each.used for each in seen.uses if each.user == "app:aws_lambda_function.job"}
    assert "roles:aws_iam_role.runner" in used
    assert not any("data." in each for each in used)


def test_the_same_address_in_two_roots_is_two_things() -> None:
    first = plan([planned("aws_vpc.main", cidr_block="10.0.0.0/16")], [])
    second = plan([planned("aws_vpc.main", cidr_block="10.1.0.0/16")], [])
    seen = together(staging=first, production=second)
    assert {each.id for each in seen.resources} == {
        "staging:aws_vpc.main",
        "production:aws_vpc.main",
    }
    assert {each.id: each.cidrs for each in seen.network.vpcs} == {
        "staging:aws_vpc.main": ("10.0.0.0/16",),
        "production:aws_vpc.main": ("10.1.0.0/16",),
    }


def test_whether_two_roots_are_in_one_account_is_not_told() -> None:
    content = SHOP.read_bytes()
    alone = read("plan.json", content)
    assert {each.account for each in alone.resources} == {"aws"}
    seen = together(staging=content, production=content)
    assert {each.account for each in seen.resources} == {None}
    assert {each.account for each in seen.holdings} == {None}


def test_what_one_root_does_not_understand_is_a_gap_of_its_own_things() -> None:
    strange = planned("aws_strange_thing.a", id="strange-1")
    seen = together(network=network(), app=plan([strange], []))
    (gap,) = [each for each in seen.gaps if each.type == "aws_strange_thing"]
    assert gap.resource == "app:aws_strange_thing.a"
    assert Question.REACHABILITY in gap.questions
    assert not gap.about or all(root_of(each)[0] for each in gap.about)
    assert {c.type for c in seen.counts if c.understanding is Understanding.IGNORED} == {
        "aws_strange_thing"
    }


def test_what_a_root_told_of_its_things_is_told_of_them_among_roots() -> None:
    source = Source("app.json", 1)
    told = (
        Gap("a is put off", "aws_vpc.a", "", EVERY_QUESTION, source, ("aws_vpc.a",)),
        Gap("this leaves out changes", "app.json", "", EVERY_QUESTION, source),
    )
    read = replace(part("app.json", network()), name="app", gaps=told)
    about = [(each.resource, each.about) for each in rooted_gaps(read)]
    assert about == [("app:aws_vpc.a", ("app:aws_vpc.a",)), ("app.json", ())]


@pytest.mark.parametrize(
    ("address", "pattern", "named"),
    [
        ("app:module.db.aws_db_instance.this[0]", "module.db", True),
        ("app:module.db.aws_db_instance.this[0]", "app:module.db", True),
        ("app:module.db.aws_db_instance.this[0]", "app:*", True),
        ("app:module.db.aws_db_instance.this[0]", "net:*", False),
        ("app:module.db.aws_db_instance.this[0]", "module.d", False),
        ('module.a["x:y"].aws_vpc.b', 'module.a["x:y"]', True),
    ],
)
def test_a_pattern_names_things_in_every_root_or_in_one(
    address: str, pattern: str, named: bool
) -> None:
    assert names(address, pattern) is named


def test_a_colon_in_a_key_is_no_root() -> None:
    assert root_of('module.a["x:y"].aws_vpc.b') == ("", 'module.a["x:y"].aws_vpc.b')
    assert root_of("aws_vpc.a") == ("", "aws_vpc.a")


def test_roots_called_by_their_environments_are_alike() -> None:
    words = words_of(["staging", "production"])
    assert likeness("staging:module.db.aws_db_instance.a", words) == "module.db.aws_db_instance.a"
    assert likeness("net-prod:aws_vpc.a", words) == likeness("net-stg:aws_vpc.a", words)
    assert likeness("net-prod:aws_vpc.a", words) != likeness("app-stg:aws_vpc.a", words)


def test_the_document_of_a_part_is_checked_as_ever() -> None:
    with pytest.raises(Exception, match="neither a plan nor a state"):
        part("a.json", json.dumps({"format_version": "1.2"}).encode())
