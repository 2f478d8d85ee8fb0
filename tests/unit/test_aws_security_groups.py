"""Security groups: every way of writing a rule, what is there by default, what is not known."""

import pytest
from terraform_support import Thing, among, besides, outside, reading, ref, thing, unknown

from caisson.terraform.aws import security_groups
from caisson.terraform.aws.prefix_lists import PUBLIC
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import ALL_PORTS, ANYWHERE, Ports, Protocol, Rule, SecurityGroup

MAIN = thing("aws_vpc.main", cidr_block="10.0.0.0/16")
HTTPS = {"from_port": 443, "to_port": 443, "protocol": "tcp"}
A = "aws_security_group.a"


def read(*things: Thing) -> Fragment:
    return security_groups.read(reading(MAIN, *things))


def groups(*things: Thing) -> dict[str, SecurityGroup]:
    found = read(*things).network.groups
    assert len({each.id for each in found}) == len(found)
    return {each.id: each for each in found}


def group(name: str = "a", **attributes: object) -> Thing:
    both = {"ingress": UNKNOWN, "egress": UNKNOWN} | attributes
    return thing(f"aws_security_group.{name}", vpc_id=ref("aws_vpc.main"), **both)


def inline(**attributes: object) -> Rule:
    """Read the one rule of a group that has this ingress block."""
    (rule,) = groups(group(ingress=[HTTPS | attributes]), group("b"))[A].ingress
    return rule


def new_rule(**attributes: object) -> Rule:
    made = thing(
        "aws_vpc_security_group_ingress_rule.r",
        security_group_id=ref(A),
        **({"ip_protocol": "tcp", "from_port": 443, "to_port": 443} | attributes),
    )
    (rule,) = groups(group(), group("b"), made)[A].ingress
    return rule


def test_a_group_without_egress_blocks_permits_none() -> None:
    found = groups(group())[A]
    assert (found.ingress, found.egress, found.described) == ((), (), True)


def test_rules_that_are_known_only_after_apply_may_permit_everything() -> None:
    (rule,) = groups(group(egress=unknown()))[A].egress
    assert (rule.cidrs, rule.protocol, rule.sure) == (ANYWHERE, Protocol.ANY, False)


def test_an_inline_rule_is_named_by_its_place() -> None:
    rule = inline(cidr_blocks=["10.0.0.0/8"], ipv6_cidr_blocks=["fd00::/8"], self=False)
    assert rule.id == f"{A} ingress[0]"
    assert (rule.cidrs, rule.groups, rule.sure) == (("10.0.0.0/8", "fd00::/8"), (), True)
    assert (rule.protocol, rule.ports) == (Protocol.TCP, Ports(443, 443))


def test_self_is_the_group_itself() -> None:
    assert inline(self=True).groups == (A,)


def test_what_is_beside_a_known_group_may_be_anybody() -> None:
    sure, perhaps = groups(
        group(ingress=[HTTPS | {"security_groups": besides("aws_security_group.b")}]), group("b")
    )[A].ingress
    assert (sure.groups, sure.cidrs, sure.sure) == (("aws_security_group.b",), (), True)
    assert (perhaps.groups, perhaps.cidrs, perhaps.sure) == ((), ANYWHERE, False)


@pytest.mark.parametrize(
    ("attributes", "cidrs"),
    [
        ({"cidr_blocks": unknown()}, ("0.0.0.0/0",)),
        ({"ipv6_cidr_blocks": unknown()}, ("::/0",)),
        ({"prefix_list_ids": ["pl-1"]}, ANYWHERE),
        ({"security_groups": unknown()}, ANYWHERE),
    ],
)
def test_unknown_peers_are_the_widest_and_not_sure(
    attributes: dict[str, object], cidrs: tuple[str, ...]
) -> None:
    rule = inline(**attributes)
    assert (rule.cidrs, rule.sure) == (cidrs, False)


def test_a_known_address_beside_an_unknown_one_stays_sure() -> None:
    found = groups(group(ingress=[HTTPS | {"cidr_blocks": ["10.0.0.0/8", ref("aws_eip.x")]}]))
    assert {(each.cidrs, each.sure) for each in found[A].ingress} == {
        (("10.0.0.0/8",), True),
        (("0.0.0.0/0",), False),
    }


@pytest.mark.parametrize(
    ("written", "protocol", "ports", "sure"),
    [
        ({"protocol": "-1", "from_port": 0, "to_port": 0}, Protocol.ANY, ALL_PORTS, True),
        ({"protocol": "all", "from_port": 0, "to_port": 0}, Protocol.ANY, ALL_PORTS, True),
        ({"protocol": "17", "from_port": 53, "to_port": 53}, Protocol.UDP, Ports(53, 53), True),
        ({"protocol": "icmp", "from_port": -1, "to_port": -1}, Protocol.ICMP, ALL_PORTS, True),
        ({"protocol": "icmp", "from_port": 8, "to_port": 0}, Protocol.ICMP, Ports(8, 8), True),
        ({"protocol": "50", "from_port": 0, "to_port": 0}, Protocol.OTHER, ALL_PORTS, True),
        ({"protocol": UNKNOWN}, Protocol.ANY, ALL_PORTS, False),
        ({"from_port": UNKNOWN}, Protocol.TCP, ALL_PORTS, False),
    ],
)
def test_protocols_and_ports(
    written: dict[str, object], protocol: Protocol, ports: Ports, sure: bool
) -> None:
    rule = inline(cidr_blocks=["0.0.0.0/0"], **written)
    assert (rule.protocol, rule.ports, rule.sure) == (protocol, ports, sure)


@pytest.mark.parametrize(
    ("attributes", "cidrs", "named"),
    [
        ({"cidr_ipv4": "10.0.0.0/8"}, ("10.0.0.0/8",), ()),
        ({"cidr_ipv6": "fd00::/8"}, ("fd00::/8",), ()),
        (
            {"referenced_security_group_id": ref("aws_security_group.b")},
            (),
            ("aws_security_group.b",),
        ),
        ({"referenced_security_group_id": outside("222222222222/sg-9")}, (), ("sg-9",)),
    ],
)
def test_the_newer_rules(
    attributes: dict[str, object], cidrs: tuple[str, ...], named: tuple[str, ...]
) -> None:
    rule = new_rule(**attributes)
    assert (rule.cidrs, rule.groups, rule.sure) == (cidrs, named, True)


def test_a_newer_rule_without_ports_is_of_all() -> None:
    rule = new_rule(ip_protocol="-1", from_port=None, to_port=None, cidr_ipv4="0.0.0.0/0")
    assert (rule.protocol, rule.ports, rule.sure) == (Protocol.ANY, ALL_PORTS, True)


def test_the_older_rules_say_their_direction() -> None:
    found = groups(
        group(),
        group("b"),
        thing(
            "aws_security_group_rule.out",
            type="egress",
            security_group_id=ref(A),
            source_security_group_id=ref("aws_security_group.b"),
            cidr_blocks=None,
            self=False,
            **HTTPS,
        ),
        thing(
            "aws_security_group_rule.own",
            type="ingress",
            security_group_id=ref(A),
            source_security_group_id=UNKNOWN,
            self=True,
            **HTTPS,
        ),
    )[A]
    assert [(each.id, each.groups) for each in found.egress] == [
        ("aws_security_group_rule.out", ("aws_security_group.b",))
    ]
    assert [(each.id, each.groups, each.cidrs, each.sure) for each in found.ingress] == [
        ("aws_security_group_rule.own", (A,), (), True)
    ]


def test_a_rule_of_one_of_two_groups_may_be_in_each() -> None:
    made = thing(
        "aws_vpc_security_group_ingress_rule.r",
        security_group_id=among(A, "aws_security_group.b"),
        ip_protocol="-1",
        cidr_ipv4="0.0.0.0/0",
    )
    found = groups(group(), group("b"), made)
    assert [each.sure for one in (A, "aws_security_group.b") for each in found[one].ingress] == [
        False,
        False,
    ]


def test_a_rule_of_a_group_that_cannot_be_told_is_a_gap_for_everything() -> None:
    made = thing(
        "aws_vpc_security_group_ingress_rule.r",
        security_group_id=unknown(),
        ip_protocol="-1",
        cidr_ipv4="0.0.0.0/0",
    )
    assert [each.about for each in read(group(), made).gaps] == [()]


def test_a_vpc_s_own_group_lets_members_reach_each_other_and_everything_outside() -> None:
    found = groups()["aws_vpc.main/default-group"]
    assert [(each.groups, each.cidrs) for each in found.ingress] == [((found.id,), ())]
    assert [each.cidrs for each in found.egress] == [ANYWHERE]
    assert found.described


def test_a_resource_that_takes_over_a_vpc_s_own_group_replaces_all_its_rules() -> None:
    found = groups(
        thing(
            "aws_default_security_group.own",
            vpc_id=ref("aws_vpc.main"),
            ingress=[HTTPS | {"cidr_blocks": ["10.0.0.0/8"]}],
            egress=UNKNOWN,
        )
    )
    for name in ("aws_vpc.main/default-group", "aws_default_security_group.own"):
        assert [each.cidrs for each in found[name].ingress] == [("10.0.0.0/8",)]
        assert found[name].egress == ()


def test_rules_can_be_added_to_a_vpc_s_own_group() -> None:
    found = groups(
        thing(
            "aws_security_group_rule.r",
            type="ingress",
            security_group_id=ref("aws_vpc.main"),
            cidr_blocks=["0.0.0.0/0"],
            **HTTPS,
        )
    )["aws_vpc.main/default-group"]
    assert [each.cidrs for each in found.ingress] == [(), ("0.0.0.0/0",)]


def test_a_group_has_all_the_names_that_it_was_read_under() -> None:
    found = groups(
        thing(A, vpc_id=ref("aws_vpc.main"), id="sg-1", ingress=[], egress=[]),
        thing("data.aws_security_group.again", id="sg-1"),
        group("b", ingress=[HTTPS | {"security_groups": ["sg-1"]}]),
    )
    assert set(found["aws_security_group.b"].ingress[0].groups) == {
        A,
        "data.aws_security_group.again",
    }
    assert found["data.aws_security_group.again"].described


def test_a_group_that_is_found_later_may_be_any_of_ours() -> None:
    perhaps = groups(
        thing("data.aws_security_group.late", id=UNKNOWN, name="web"),
        group(ingress=[HTTPS | {"security_groups": [ref("data.aws_security_group.late")]}]),
    )[A].ingress
    assert any(set(ANYWHERE) <= set(each.cidrs) and not each.sure for each in perhaps)


def test_the_default_group_found_by_its_name_is_the_vpc_s_own() -> None:
    found = groups(
        thing(
            "data.aws_security_group.own", id=UNKNOWN, name="default", vpc_id=ref("aws_vpc.main")
        ),
        group(ingress=[HTTPS | {"security_groups": [ref("data.aws_security_group.own")]}]),
    )[A]
    assert "aws_vpc.main/default-group" in found.ingress[0].groups
    assert found.ingress[0].sure


def test_a_group_outside_is_not_described_and_keeps_the_rules_put_into_it() -> None:
    found = groups(
        thing(
            "aws_security_group_rule.r",
            type="ingress",
            security_group_id="sg-9",
            source_security_group_id="sg-8",
            **HTTPS,
        )
    )
    assert not found["sg-9"].described
    assert not found["sg-8"].described
    assert found["sg-9"].ingress[0].groups == ("sg-8",)


def test_a_prefix_list_is_written_out() -> None:
    found = groups(
        thing(
            "aws_ec2_managed_prefix_list.office",
            entry=[{"cidr": "192.0.2.0/24"}],
        ),
        thing(
            "aws_ec2_managed_prefix_list_entry.more",
            cidr="198.51.100.0/24",
            prefix_list_id=ref("aws_ec2_managed_prefix_list.office"),
        ),
        group(
            ingress=[HTTPS | {"prefix_list_ids": [ref("aws_ec2_managed_prefix_list.office")]}],
        ),
    )[A]
    assert found.ingress[0].cidrs == ("192.0.2.0/24", "198.51.100.0/24")
    assert found.ingress[0].sure


def test_a_list_of_aws_has_public_addresses_that_are_not_told() -> None:
    found = groups(
        thing("aws_vpc_endpoint.s3", vpc_id=ref("aws_vpc.main")),
        group(egress=[HTTPS | {"prefix_list_ids": [ref("aws_vpc_endpoint.s3")]}]),
    )[A]
    assert (found.egress[0].cidrs, found.egress[0].sure) == (PUBLIC, False)
    assert not any(each.startswith(("10.", "192.168.")) for each in PUBLIC)


def test_rules_can_be_added_to_the_group_of_a_kubernetes_cluster() -> None:
    found = groups(
        thing("aws_eks_cluster.c", vpc_config=[]),
        thing(
            "aws_security_group_rule.r",
            type="ingress",
            security_group_id=ref("aws_eks_cluster.c"),
            cidr_blocks=["0.0.0.0/0"],
            **HTTPS,
        ),
    )["aws_eks_cluster.c/cluster-group"]
    assert [each.cidrs for each in found.ingress] == [(), ("0.0.0.0/0",)]
