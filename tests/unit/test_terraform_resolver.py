"""What attributes name, told from a plan alone: never wrongly, and exactly where it can be."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from plan_builder import plan, planned, written

from caisson.terraform import instances
from caisson.terraform.configuration import Configuration, configuration
from caisson.terraform.document import Kind, parse
from caisson.terraform.model import NOTHING, UNKNOWN, Certainty, Link
from caisson.terraform.resolver.links import Resolver

REFERENCES = Path(__file__).parents[1] / "plans" / "references" / "plan.json"
VPC, SUBNET, TABLE = ("aws_vpc",), ("aws_subnet",), ("aws_route_table",)
GROUP, BUCKET = ("aws_security_group",), ("aws_s3_bucket",)
EXACT, AMONG, OPEN = Certainty.EXACT, Certainty.AMONG, Certainty.OPEN


def resolver(content: bytes) -> Resolver:
    document = parse("plan.json", content)
    if document.kind is Kind.PLAN:
        told = configuration("plan.json", document.content)
        found = instances.planned(document, told)
    else:
        told, found = Configuration(), instances.present(document)
    return Resolver(told, found.modules, found.instances, found.collections)


@pytest.fixture(scope="module")
def references() -> Resolver:
    return resolver(REFERENCES.read_bytes())


COUNTED = tuple(f"aws_subnet.counted[{each}]" for each in range(3))
KEYED = tuple(f'aws_subnet.keyed["{each}"]' for each in "xy")
TABLES = tuple(f"aws_route_table.counted[{each}]" for each in range(3))
WEB, BALANCER = "aws_security_group.web", "aws_security_group.balancer"
TOLD: tuple[tuple[str, tuple[str | int, ...], tuple[str, ...], Link], ...] = (
    # one thing, by itself and through a local, which is then the only VPC there is
    ("aws_security_group.web", ("vpc_id",), VPC, Link(("aws_vpc.main",))),
    ("aws_subnet.counted[0]", ("vpc_id",), VPC, Link(("aws_vpc.main",))),
    ("aws_internet_gateway.main", ("vpc_id",), VPC, Link(("aws_vpc.main",))),
    # through an attribute of something else, and of each.value
    ("aws_lb_target_group.a", ("vpc_id",), VPC, Link(("aws_vpc.main",))),
    ('aws_route_table.keyed["y"]', ("vpc_id",), VPC, Link(("aws_vpc.main",))),
    # by the same key
    ('aws_route_table_association.keyed["x"]', ("subnet_id",), SUBNET, Link(KEYED[:1])),
    (
        'aws_route_table_association.keyed["y"]',
        ("route_table_id",),
        TABLE,
        Link(('aws_route_table.keyed["y"]',)),
    ),
    # by index: some instance, for all that a plan tells
    ("aws_route_table_association.straight[0]", ("subnet_id",), SUBNET, Link(COUNTED, (), AMONG)),
    ("aws_route_table_association.shifted[0]", ("subnet_id",), SUBNET, Link(COUNTED, (), AMONG)),
    ("aws_route_table_association.shifted[2]", ("route_table_id",), TABLE, Link(TABLES, (), AMONG)),
    # blocks: told apart by what is constant in them; merged ones by counting
    (
        "aws_ecs_service.main",
        ("load_balancer", 0, "target_group_arn"),
        ("aws_lb_target_group",),
        Link(("aws_lb_target_group.a",)),
    ),
    (
        "aws_ecs_service.main",
        ("load_balancer", 1, "target_group_arn"),
        ("aws_lb_target_group",),
        Link(("aws_lb_target_group.b",)),
    ),
    (
        "aws_route_table.counted[1]",
        ("route", 0, "gateway_id"),
        ("aws_internet_gateway",),
        Link(("aws_internet_gateway.main",)),
    ),
    # sets hide what is literal in them, but a lone reference is there
    ("aws_instance.literal", ("vpc_security_group_ids",), GROUP, Link((WEB,), (), OPEN, (WEB,))),
    ("aws_lb.all", ("security_groups",), GROUP, Link((BALANCER,), (), OPEN, (BALANCER,))),
    (
        "aws_instance.chosen",
        ("vpc_security_group_ids",),
        GROUP,
        Link((WEB,), ("sg-0123456789abcdef0",), OPEN),
    ),
    # and whether they were filtered
    ("aws_db_subnet_group.filtered", ("subnet_ids",), SUBNET, Link(COUNTED, (), OPEN)),
    ("aws_lb.all", ("subnets",), SUBNET, Link(COUNTED, (), OPEN)),
    # a condition that may have chosen null, which is then the cloud's own choice
    ("aws_instance.default", ("subnet_id",), SUBNET, Link(KEYED[:1], (), OPEN)),
    # outputs of modules, of which there are several
    (
        "aws_security_group_rule.between",
        ("source_security_group_id",),
        GROUP,
        Link(('module.part["q"].aws_security_group.own',)),
    ),
    (
        'aws_security_group_rule.each["p"]',
        ("security_group_id",),
        GROUP,
        Link(('module.part["p"].aws_security_group.own',)),
    ),
    # inputs of modules
    ('module.part["p"].aws_security_group.own', ("vpc_id",), VPC, Link(("aws_vpc.main",))),
    # names that are known, and what an unknown id is of
    ("aws_s3_bucket_versioning.main", ("bucket",), BUCKET, Link(("aws_s3_bucket.main",))),
    ("aws_s3_bucket_policy.main", ("bucket",), BUCKET, Link(("aws_s3_bucket.main",))),
    # the data source whose document it is
    (
        "aws_s3_bucket_policy.main",
        ("policy",),
        ("aws_iam_policy_document",),
        Link(("data.aws_iam_policy_document.main",)),
    ),
    # nothing
    ("aws_instance.literal", ("launch_template",), ("aws_launch_template",), NOTHING),
)


@pytest.mark.parametrize(("address", "path", "types", "link"), TOLD)
def test_what_a_plan_alone_tells(
    references: Resolver,
    address: str,
    path: tuple[str | int, ...],
    types: tuple[str, ...],
    link: Link,
) -> None:
    assert references.link(address, path, types) == link


def test_a_dynamic_block_may_name_anything_in_reach(references: Resolver) -> None:
    link = references.link(WEB, ("ingress", 0, "security_groups"), GROUP)
    assert link.certainty is OPEN
    assert BALANCER in link.to


def test_a_local_leads_to_some_of_what_is_in_reach(references: Resolver) -> None:
    """What the inputs of the module do not bring is not in reach."""
    address = 'module.part["p"].aws_network_interface.own[0]'
    link = references.link(address, ("subnet_id",), SUBNET)
    assert link.certainty is AMONG
    assert set(link.to) == set(COUNTED)


@pytest.mark.parametrize(
    ("address", "path", "is_written"),
    [
        ("aws_instance.literal", ("subnet_id",), True),
        ("aws_instance.literal", ("private_ip",), False),
        ("aws_instance.default", ("vpc_security_group_ids",), False),  # a variable that is null
        ("aws_instance.default", ("subnet_id",), True),  # it cannot be told
        ("aws_security_group.web", ("ingress", 0, "security_groups"), True),  # a dynamic block
        ("aws_lb.all", ("vpc_id",), False),
    ],
)
def test_whether_somebody_wrote_it(
    references: Resolver, address: str, path: tuple[str, ...], is_written: bool
) -> None:
    assert references.written(address, path) is is_written


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_variable_is_nothing_that_somebody_wrote(empty: object) -> None:
    group = planned("aws_autoscaling_group.g", load_balancers=...)
    told = [written("aws_autoscaling_group.g", load_balancers=["var.them"])]
    content = plan([group], told, declared={"them": {"default": empty}})
    assert not resolver(content).written("aws_autoscaling_group.g", ("load_balancers",))
    content = plan([group], told, declared={"them": {"default": ["lb"]}})
    assert resolver(content).written("aws_autoscaling_group.g", ("load_balancers",))


def test_what_somebody_refers_to_confines_what_it_can_do(references: Resolver) -> None:
    link = references.mentions("aws_route_table.counted[0]")
    assert link == Link(("aws_internet_gateway.main", "aws_vpc.main"))
    assert references.mentions("aws_instance.literal").certainty is OPEN  # through a local


def test_what_is_put_off_and_brought_into_a_module_leaves_its_locals_open() -> None:
    """Only the inputs of a module can bring something into it that it does not make."""

    def link(given: list[str]) -> Link:
        inner = [
            planned("module.m.aws_subnet.x", vpc_id=...),
            planned("module.m.aws_vpc.own", id=..., arn=...),
        ]
        root = [*VPCS, planned("data.aws_subnet.found", id=..., vpc_id=...)]
        told = json.loads(plan(root, [*WRITTEN_VPCS, written("data.aws_subnet.found", id="s")]))
        below = json.loads(plan(inner, []))
        rows = below["planned_values"]["root_module"]["resources"]
        module = {
            "resources": [written("aws_vpc.own"), written("aws_subnet.x", vpc_id=["local.vpc"])],
            "variables": {"given": {}},
        }
        told["planned_values"]["root_module"]["child_modules"] = [
            {"address": "module.m", "resources": rows}
        ]
        told["resource_changes"] += below["resource_changes"]
        told["configuration"]["root_module"]["module_calls"] = {
            "m": {"expressions": {"given": {"references": given}}, "module": module}
        }
        found = resolver(json.dumps(told).encode())
        return found.link("module.m.aws_subnet.x", ("vpc_id",), VPC)

    own = "module.m.aws_vpc.own"
    assert link(["aws_vpc.a.id", "aws_vpc.a"]) == Link((own, "aws_vpc.a"), (), AMONG)
    assert link(["var.name"]) == Link((own,))
    unread = ["data.aws_subnet.found.vpc_id", "data.aws_subnet.found"]
    assert link(unread).certainty is OPEN


def test_programs_are_told(references: Resolver) -> None:
    assert references.runs_programs("terraform_data.program")
    assert not references.runs_programs("aws_vpc.main")


VPCS = [
    planned("aws_vpc.a", id=..., arn=..., cidr_block="10.0.0.0/16"),
    planned("aws_vpc.b", id=..., arn=..., cidr_block="10.1.0.0/16"),
]
WRITTEN_VPCS = [
    written("aws_vpc.a", cidr_block="10.0.0.0/16"),
    written("aws_vpc.b", cidr_block="10.1.0.0/16"),
]
A, B = ["aws_vpc.a.id", "aws_vpc.a"], ["aws_vpc.b.id", "aws_vpc.b"]


def link_of(attribute: Any, **rest: Any) -> Link:
    """The VPC of a subnet whose `vpc_id` is that expression."""
    content = plan(
        [*VPCS, planned("aws_subnet.x", id=..., vpc_id=...)],
        [*WRITTEN_VPCS, written("aws_subnet.x", vpc_id=attribute)],
        **rest,
    )
    return resolver(content).link("aws_subnet.x", ("vpc_id",), VPC)


def test_one_of_two_references_is_meant() -> None:
    assert link_of([*A, *B]) == Link(("aws_vpc.a", "aws_vpc.b"), (), AMONG)
    assert link_of([*A, "var.known"]) == Link(("aws_vpc.a",))


def test_an_id_in_a_variable_may_be_meant_too() -> None:
    inputs = {"known": {"value": "vpc-0123456789abcdef0"}}
    assert link_of([*A, "var.known"], variables=inputs) == Link(
        ("aws_vpc.a",), ("vpc-0123456789abcdef0",), AMONG
    )


def test_a_secret_id_in_a_variable_is_not_told() -> None:
    link = link_of(
        [*A, "var.known"],
        variables={"known": {"value": "vpc-0123456789abcdef0"}},
        declared={"known": {"sensitive": True}},
    )
    assert link == Link(("aws_vpc.a",), (), OPEN)


def test_what_is_not_understood_may_be_anything() -> None:
    assert link_of(["something.new!", *A]).certainty is OPEN
    assert link_of(["aws_vpc.gone.id", "aws_vpc.gone"]).certainty is OPEN


@pytest.mark.parametrize("attribute", [["local.x"], ["self.id", "self"]])
def test_without_sources_there_is_more_than_one_possibility(attribute: list[str]) -> None:
    assert not link_of(attribute).sure


def test_a_data_source_that_is_read_later_may_find_what_is_not_ours() -> None:
    """It has the asked type, so that who asks can look at what it looks for."""
    content = plan(
        [*VPCS, planned("data.aws_vpc.found", id=...), planned("aws_subnet.x", id=..., vpc_id=...)],
        [
            *WRITTEN_VPCS,
            written("data.aws_vpc.found", tags=["aws_vpc.a"]),
            written("aws_subnet.x", vpc_id=["data.aws_vpc.found.id", "data.aws_vpc.found"]),
            written("aws_subnet.y", vpc_id=["local.vpc"]),
        ],
    )
    link = resolver(content).link("aws_subnet.x", ("vpc_id",), VPC)
    assert link == Link(("data.aws_vpc.found",))


def test_a_local_may_come_from_a_data_source_that_is_read_later() -> None:
    local = written("aws_subnet.x", vpc_id=["local.vpc"])
    subnet = planned("aws_subnet.x", id=..., vpc_id=...)
    path = ("vpc_id",)
    alone = resolver(plan([VPCS[0], subnet], [WRITTEN_VPCS[0], local]))
    assert alone.link("aws_subnet.x", path, VPC) == Link(("aws_vpc.a",))
    found = planned("data.aws_vpcs.found", id=..., ids=...)
    told = [WRITTEN_VPCS[0], local, written("data.aws_vpcs.found", tags=["aws_vpc.a"])]
    link = resolver(plan([VPCS[0], subnet, found], told)).link("aws_subnet.x", path, VPC)
    assert link == Link(("aws_vpc.a",), (), OPEN)


def test_what_a_provider_computes_may_be_anything_of_that_name() -> None:
    balancer = [planned("aws_lb.l", id=..., vpc_id=..., dns_name=..., arn_suffix=...)]
    told = [written("aws_lb.l", name="l")]

    def link(attribute: str) -> Link:
        refs = [f"aws_lb.l.{attribute}", "aws_lb.l"]
        target = planned("aws_lb_target_group.t", vpc_id=...)
        content = plan([*balancer, target], [*told, written("aws_lb_target_group.t", vpc_id=refs)])
        return resolver(content).link("aws_lb_target_group.t", ("vpc_id",), VPC)

    assert link("vpc_id") == Link(("aws_lb.l",), (), OPEN)
    assert link("arn_suffix") == Link(("aws_lb.l",))  # it has another type, but it is that


def test_a_set_of_another_thing_hides_its_literals_too() -> None:
    group = planned("aws_security_group.a", id=..., name=...)
    holder = planned("aws_elb.e", id=..., security_groups=...)
    rule = planned("aws_security_group_rule.r", security_group_id=...)
    content = plan(
        [group, holder, rule],
        [
            written("aws_security_group.a"),
            written("aws_elb.e", security_groups=["aws_security_group.a.id"]),
            written("aws_security_group_rule.r", security_group_id=["aws_elb.e.security_groups"]),
        ],
        many={"aws_elb": ("security_groups",)},
    )
    link = resolver(content).link("aws_security_group_rule.r", ("security_group_id",), GROUP)
    assert link == Link(("aws_security_group.a",), (), OPEN)


def test_keys_are_matched_only_where_both_have_the_same() -> None:
    def subnets(*keys: str) -> list[dict[str, Any]]:
        return [planned(f'aws_subnet.s["{key}"]', id=...) for key in keys]

    def link(*keys: str) -> Link:
        mine = [planned(f'aws_eip.x["{key}"]', subnet_id=...) for key in ("a", "b")]
        told = [
            written("aws_subnet.s"),
            written("aws_eip.x", subnet_id=["aws_subnet.s", "each.key"]),
        ]
        return resolver(plan([*subnets(*keys), *mine], told)).link(
            'aws_eip.x["a"]', ("subnet_id",), SUBNET
        )

    assert link("a", "b") == Link(('aws_subnet.s["a"]',))
    assert link("a", "b", "c").certainty is AMONG
    assert link("only") == Link(('aws_subnet.s["only"]',))


def test_a_key_beside_another_reference_chooses_nothing_for_certain() -> None:
    instances_ = [planned(f'aws_subnet.s["{key}"]', id=...) for key in "ab"]
    mine = [planned(f'aws_eip.x["{key}"]', subnet_id=...) for key in "ab"]
    refs = ["aws_subnet.s", "var.pairs", "each.key"]
    told = [written("aws_subnet.s"), written("aws_eip.x", subnet_id=refs)]
    found = resolver(plan([*instances_, *mine], told))
    assert found.link('aws_eip.x["a"]', ("subnet_id",), SUBNET).certainty is AMONG


def test_a_list_shows_its_length_so_that_a_whole_one_is_known() -> None:
    subnets = [planned(f"aws_subnet.s[{each}]", id=...) for each in range(2)]
    told = [written("aws_subnet.s"), written("aws_eip.x", subnets=["aws_subnet.s"])]

    def link(value: list[Any]) -> Link:
        content = plan([*subnets, planned("aws_eip.x", subnets=value)], told)
        return resolver(content).link("aws_eip.x", ("subnets",), SUBNET)

    both = ("aws_subnet.s[0]", "aws_subnet.s[1]")
    assert link([..., ...]) == Link(both)
    assert link([...]) == Link(both, (), AMONG)
    assert link([..., ..., "subnet-0123456789abcdef0"]) == Link(both, ("subnet-0123456789abcdef0",))


def test_static_blocks_beside_a_dynamic_one_are_not_taken_for_all() -> None:
    """Two routes are unknown and one is written, so another came from a dynamic block."""
    gateways = [planned("aws_internet_gateway.g", id=...)]
    refs = ["aws_internet_gateway.g.id", "aws_internet_gateway.g"]

    def link(*routes: dict[str, Any]) -> Link:
        content = plan(
            [*gateways, planned("aws_route_table.t", route=list(routes))],
            [written("aws_internet_gateway.g"), written("aws_route_table.t", route=refs)],
        )
        path = ("route", 0, "gateway_id")
        return resolver(content).link("aws_route_table.t", path, ("aws_internet_gateway",))

    one = {"cidr_block": "0.0.0.0/0", "gateway_id": ...}
    assert link(one) == Link(("aws_internet_gateway.g",))
    assert link(one, {"cidr_block": "10.0.0.0/8", "gateway_id": ...}).certainty is OPEN


def test_blocks_of_a_set_are_told_apart_by_their_constants() -> None:
    groups = [planned("aws_lb_target_group.a", arn=...), planned("aws_lb_target_group.b", arn=...)]

    def refs(name: str) -> list[str]:
        return [f"aws_lb_target_group.{name}.arn", f"aws_lb_target_group.{name}"]

    def block(name: str) -> dict[str, Any]:
        return {"port": name, "target_group_arn": ...}

    def link(*blocks: dict[str, Any]) -> Link:
        content = plan(
            [*groups, planned("aws_ecs_service.s", load_balancer=list(blocks))],
            [
                written("aws_lb_target_group.a"),
                written("aws_lb_target_group.b"),
                written(
                    "aws_ecs_service.s",
                    load_balancer=[
                        {"port": "a", "target_group_arn": refs("a")},
                        {"port": "b", "target_group_arn": refs("b")},
                    ],
                ),
            ],
        )
        path = ("load_balancer", 0, "target_group_arn")
        return resolver(content).link("aws_ecs_service.s", path, ("aws_lb_target_group",))

    assert link(block("b"), block("a")) == Link(("aws_lb_target_group.b",))
    assert link(block("c"), block("a")).certainty is AMONG
    assert link(block("b"), block("a"), block("c")).certainty is OPEN


STATE = {
    "format_version": "1.0",
    "values": {
        "root_module": {
            "resources": [
                {
                    "address": f"aws_vpc.{name}",
                    "mode": "managed",
                    "type": "aws_vpc",
                    "name": name,
                    "provider_name": "registry.terraform.io/hashicorp/aws",
                    "values": {
                        "id": f"vpc-0000000{name}",
                        "arn": f"arn:aws:ec2:{region}:111122223333:vpc/vpc-0000000{name}",
                    },
                }
                for name, region in (("a", "eu-west-1"), ("b", "us-east-1"))
            ]
        }
    },
}


def test_in_a_state_everything_is_looked_up() -> None:
    found = resolver(json.dumps(STATE).encode())
    assert found.named("vpc-0000000a", VPC) == ("aws_vpc.a",)
    assert found.named("vpc-0000000a", SUBNET) == ()
    assert found.named("arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0000000b", VPC) == ("aws_vpc.b",)
    assert found.link("aws_vpc.a", ("arn",), VPC) == Link(("aws_vpc.a",))


def named(values: Mapping[str, Any], text: str, type_: str = "aws_sqs_queue") -> tuple[str, ...]:
    content = plan([planned(f"{type_}.q", **values)], [written(f"{type_}.q")])
    return resolver(content).named(text, (type_,))


def test_an_arn_names_what_has_none_yet_by_its_name() -> None:
    values = {"name": "orders", "arn": ...}
    assert named(values, "arn:aws:sqs:eu-west-1:111122223333:orders") == ("aws_sqs_queue.q",)
    assert named(values, "arn:aws:sqs:eu-west-1:111122223333:others") == ()
    there = {**values, "region": "eu-west-1"}
    assert named(there, "arn:aws:sqs:eu-west-1:111122223333:orders") == ("aws_sqs_queue.q",)
    assert named(there, "arn:aws:sqs:us-east-1:111122223333:orders") == ()
    known = {"name": "orders", "arn": "arn:aws:sqs:eu-west-1:111122223333:orders"}
    assert named(known, "arn:aws:sqs:us-east-1:111122223333:orders") == ()


def test_an_arn_names_nothing_of_another_service() -> None:
    role = "arn:aws:iam::111122223333:role/main"
    cluster = {"cluster_identifier": "main", "arn": ...}
    assert named(cluster, role, "aws_redshift_cluster") == ()
    assert named({"name": "main", "arn": ...}, role, "aws_iam_role") == ("aws_iam_role.q",)
    table = "arn:aws:rds:eu-west-1:111122223333:cluster:main"
    known = {"cluster_identifier": "main", "arn": ...}
    assert named(known, table, "aws_docdb_cluster") == ("aws_docdb_cluster.q",)
    other = "arn:aws:wherever:eu-west-1:111122223333:main"  # a service that is not known
    assert named({"name": "main", "arn": ...}, other) == ("aws_sqs_queue.q",)


def test_a_name_means_a_thing_in_the_same_region() -> None:
    def group(name: str, region: str) -> dict[str, Any]:
        return planned(f"aws_db_subnet_group.{name}", name="main", region=region, id=...)

    users = [
        planned(f"aws_db_instance.{name}", db_subnet_group_name="main", region=region)
        for name, region in (("east", "us-east-1"), ("west", "eu-west-1"), ("else", "eu-west-2"))
    ]
    instances_ = [group("east", "us-east-1"), group("west", "eu-west-1"), *users]
    found = resolver(plan(instances_, [written(each["address"]) for each in instances_]))

    def link(name: str) -> Link:
        path = ("db_subnet_group_name",)
        return found.link(f"aws_db_instance.{name}", path, ("aws_db_subnet_group",))

    assert link("east") == Link(("aws_db_subnet_group.east",))
    assert link("west") == Link(("aws_db_subnet_group.west",))
    assert link("else") == Link(outside=("main",))


@pytest.mark.parametrize(
    ("type_", "user", "word"),
    [
        (
            "aws_elasticache_global_replication_group",
            "aws_elasticache_replication_group",
            "global_replication_group_id",
        ),
        ("aws_rds_global_cluster", "aws_rds_cluster", "global_cluster_identifier"),
    ],
)
def test_a_global_thing_has_its_name_in_every_region(type_: str, user: str, word: str) -> None:
    there = planned(f"{type_}.g", id="abcde-g", region="us-west-2", **{word: "abcde-g"})
    elsewhere = planned(f"{user}.x", region="us-east-2", **{word: "abcde-g"})
    every = [there, elsewhere]
    found = resolver(plan(every, [written(each["address"]) for each in every]))
    assert found.link(f"{user}.x", (word,), (type_,)) == Link((f"{type_}.g",))


def test_a_name_that_two_things_have_is_one_of_theirs() -> None:
    groups = [planned(f"aws_db_subnet_group.{each}", name="main", id=...) for each in "ab"]
    user = planned("aws_db_instance.x", db_subnet_group_name="main")
    found = resolver(plan([*groups, user], []))
    link = found.link("aws_db_instance.x", ("db_subnet_group_name",), ("aws_db_subnet_group",))
    assert link == Link(("aws_db_subnet_group.a", "aws_db_subnet_group.b"), (), AMONG)


def test_what_better_links_tell_exactly_goes_first() -> None:
    class Better:
        def link(self, address: str, path: Any, types: Any) -> Link:  # noqa: ARG002
            return Link(("aws_subnet.counted[1]",)) if address.endswith("[0]") else OPEN_LINK

        def named(self, text: str, types: Any) -> tuple[str, ...]:  # noqa: ARG002
            return ()

        def written(self, address: str, path: Any) -> bool:  # noqa: ARG002
            return True

    document = parse("plan.json", REFERENCES.read_bytes())
    told = configuration("plan.json", document.content)
    found = instances.planned(document, told)
    both = Resolver(told, found.modules, found.instances, found.collections, Better())
    name = "aws_route_table_association.straight"
    assert both.link(f"{name}[0]", ("subnet_id",), SUBNET) == Link(("aws_subnet.counted[1]",))
    assert both.link(f"{name}[1]", ("subnet_id",), SUBNET) == Link(COUNTED, (), AMONG)


OPEN_LINK = Link(certainty=OPEN)


def test_unknown_marks_reach_into_blocks_and_lists() -> None:
    document = parse("plan.json", REFERENCES.read_bytes())
    found = instances.planned(document, configuration("plan.json", document.content))
    values = {each.address: each.values for each in found.instances}
    assert values["aws_route_table.counted[0]"]["route"][0]["gateway_id"] is UNKNOWN  # type: ignore[index]
    assert values["aws_security_group.web"]["ingress"][0]["security_groups"] is UNKNOWN  # type: ignore[index]
    assert values["aws_instance.literal"]["user_data"] is UNKNOWN
