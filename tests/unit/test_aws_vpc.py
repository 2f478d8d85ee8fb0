"""VPCs and subnets: addresses, tables and lists by default, and what was made elsewhere."""

import pytest
from terraform_support import Named, Thing, among, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import routes, subnets, vpc
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import Subnet, Target, Vpc

TABLE = "aws_route_table.t"
MAIN = thing("aws_vpc.main", cidr_block="10.0.0.0/16")
PEER = thing("aws_vpc.peer", cidr_block="10.1.0.0/16")


def subnet(name: str, number: int = 1, of: str = "aws_vpc.main") -> Thing:
    return thing(f"aws_subnet.{name}", vpc_id=ref(of), cidr_block=f"10.0.{number}.0/24")


def table(name: str) -> Thing:
    return thing(f"aws_route_table.{name}", vpc_id=ref("aws_vpc.main"), route=UNKNOWN)


def association(name: str, to: Named, of: Named) -> Thing:
    return thing(f"aws_route_table_association.{name}", subnet_id=to, route_table_id=of)


def read_subnets(*things: Thing) -> dict[str, Subnet]:
    return {each.id: each for each in subnets.read(reading(*things)).network.subnets}


def read_vpcs(*things: Thing) -> dict[str, Vpc]:
    return {each.id: each for each in vpc.read(reading(*things)).network.vpcs}


def test_all_cidrs_of_a_vpc_are_read() -> None:
    found = read_vpcs(
        MAIN,
        PEER,
        thing(
            "aws_vpc_ipv4_cidr_block_association.more",
            vpc_id=ref("aws_vpc.main"),
            cidr_block="100.64.0.0/16",
        ),
    )
    assert found["aws_vpc.main"].cidrs == ("10.0.0.0/16", "100.64.0.0/16")
    assert found["aws_vpc.peer"].cidrs == ("10.1.0.0/16",)


def test_an_ipv6_range_that_is_not_assigned_yet_is_public_and_the_vpc_s_own() -> None:
    found = read_vpcs(
        thing("aws_vpc.a", cidr_block="10.0.0.0/16", assign_generated_ipv6_cidr_block=True),
        thing("aws_vpc.b", cidr_block="10.0.0.0/16", assign_generated_ipv6_cidr_block=True),
        thing("aws_vpc.none", cidr_block="10.0.0.0/16", ipv6_cidr_block=UNKNOWN),
    )
    assert len({*found["aws_vpc.a"].cidrs, *found["aws_vpc.b"].cidrs}) == 3
    assert found["aws_vpc.none"].cidrs == ("10.0.0.0/16",)


def test_an_ipv4_range_from_a_pool_is_any_private_one_and_a_gap_for_everything() -> None:
    fragment = vpc.read(reading(thing("aws_vpc.a", cidr_block=UNKNOWN, ipv4_ipam_pool_id="p")))
    assert "10.0.0.0/8" in fragment.network.vpcs[0].cidrs
    assert [each.about for each in fragment.gaps] == [()]


def test_addresses_that_are_not_known_or_perhaps_another_s_are_unsure() -> None:
    more = "aws_vpc_ipv4_cidr_block_association"
    of_a = {"vpc_id": ref("aws_vpc.a")}
    found = read_vpcs(
        thing("aws_vpc.a", cidr_block="10.0.0.0/16", assign_generated_ipv6_cidr_block=True),
        thing("aws_vpc.b", cidr_block="10.1.0.0/16"),
        thing("aws_vpc.c", cidr_block=UNKNOWN),
        thing("data.aws_vpc.d", id="vpc-d", cidr_block=UNKNOWN),
        thing(f"{more}.sure", **of_a, cidr_block="100.64.0.0/16"),
        thing(f"{more}.of_one", vpc_id=among("aws_vpc.a", "aws_vpc.b"), cidr_block="100.65.0.0/16"),
    )
    assert found["aws_vpc.a"].unsure == ("3fff::/56", "100.65.0.0/16")
    assert found["aws_vpc.b"].unsure == ("100.65.0.0/16",)
    assert found["aws_vpc.c"].unsure == found["aws_vpc.c"].cidrs != ()
    assert found["data.aws_vpc.d"].unsure == found["data.aws_vpc.d"].cidrs != ()


def test_a_vpc_that_is_only_named_is_not_described() -> None:
    found = read_vpcs(
        MAIN,
        thing("data.aws_vpc.found", id="vpc-1", cidr_block="10.9.0.0/16"),
        thing("aws_subnet.a", vpc_id="vpc-1", cidr_block="10.9.1.0/24"),
        thing("aws_subnet.b", vpc_id="vpc-2", cidr_block="10.8.1.0/24"),
    )
    assert {each.id: each.described for each in found.values()} == {
        "aws_vpc.main": True,
        "data.aws_vpc.found": False,
        "vpc-2": False,
    }
    assert found["data.aws_vpc.found"].cidrs == ("10.9.0.0/16",)


def test_a_data_source_that_finds_a_vpc_of_ours_is_that_vpc() -> None:
    found = read_subnets(
        thing("aws_vpc.main", cidr_block="10.0.0.0/16", id="vpc-1"),
        thing("data.aws_vpc.again", id="vpc-1"),
        subnet("a", of="data.aws_vpc.again"),
    )
    assert found["aws_subnet.a"].vpc == "aws_vpc.main"


def test_a_subnet_has_the_vpc_s_own_table_and_list_unless_something_says_otherwise() -> None:
    found = read_subnets(
        MAIN,
        subnet("plain"),
        subnet("public", 2),
        table("public"),
        association("public", ref("aws_subnet.public"), ref("aws_route_table.public")),
        thing(
            "aws_network_acl.public",
            vpc_id=ref("aws_vpc.main"),
            subnet_ids=[ref("aws_subnet.public")],
        ),
    )
    assert found["aws_subnet.plain"].route_tables == ("aws_vpc.main/main",)
    assert found["aws_subnet.plain"].acls == ("aws_vpc.main/default-acl",)
    assert found["aws_subnet.public"].route_tables == ("aws_route_table.public",)
    assert found["aws_subnet.public"].acls == ("aws_network_acl.public",)


def test_a_resource_that_takes_over_the_vpc_s_own_is_what_subnets_have() -> None:
    found = read_subnets(
        MAIN,
        subnet("plain"),
        thing("aws_default_route_table.own", default_route_table_id=ref("aws_vpc.main")),
        thing("aws_default_network_acl.own", default_network_acl_id=ref("aws_vpc.main")),
    )
    assert found["aws_subnet.plain"].route_tables == ("aws_default_route_table.own",)
    assert found["aws_subnet.plain"].acls == ("aws_default_network_acl.own",)


def test_another_table_can_be_made_the_main_one() -> None:
    found = read_subnets(
        MAIN,
        subnet("plain"),
        table("new"),
        thing("aws_default_route_table.own", default_route_table_id=ref("aws_vpc.main")),
        thing(
            "aws_main_route_table_association.new",
            vpc_id=ref("aws_vpc.main"),
            route_table_id=ref("aws_route_table.new"),
        ),
    )
    assert found["aws_subnet.plain"].route_tables == ("aws_route_table.new",)


def test_an_association_of_one_of_several_subnets_may_be_of_each() -> None:
    found = read_subnets(
        MAIN,
        subnet("a"),
        subnet("b", 2),
        table("t"),
        association("one", among("aws_subnet.a", "aws_subnet.b"), ref("aws_route_table.t")),
    )
    for each in found.values():
        assert set(each.route_tables) == {"aws_route_table.t", "aws_vpc.main/main"}


def test_as_many_associations_as_subnets_leave_none_with_the_main_table() -> None:
    either = among("aws_subnet.a", "aws_subnet.b")
    found = read_subnets(
        MAIN,
        subnet("a"),
        subnet("b", 2),
        table("t"),
        table("u"),
        association("one", either, ref("aws_route_table.t")),
        association("two", either, ref("aws_route_table.u")),
    )
    for each in found.values():
        assert set(each.route_tables) == {"aws_route_table.t", "aws_route_table.u"}


def test_an_association_of_an_unknown_subnet_may_be_of_any_that_has_none() -> None:
    found = read_subnets(
        MAIN,
        subnet("sure"),
        subnet("other", 2),
        table("t"),
        table("u"),
        association("sure", ref("aws_subnet.sure"), ref("aws_route_table.t")),
        association("loose", unknown(), ref("aws_route_table.u")),
    )
    assert found["aws_subnet.sure"].route_tables == ("aws_route_table.t",)
    assert set(found["aws_subnet.other"].route_tables) == {
        "aws_route_table.u",
        "aws_vpc.main/main",
    }


def test_a_subnet_of_a_vpc_that_cannot_be_told_is_a_gap_for_everything() -> None:
    fragment = subnets.read(
        reading(MAIN, PEER, thing("aws_subnet.a", vpc_id=among("aws_vpc.main", "aws_vpc.peer")))
    )
    assert fragment.network.subnets[0].vpc not in ("aws_vpc.main", "aws_vpc.peer")
    assert [each.about for each in fragment.gaps] == [()]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"cidr_block": "10.0.1.0/24"}, ("10.0.1.0/24",)),
        ({"cidr_block": UNKNOWN}, ()),
        (
            {"cidr_block": "10.0.1.0/24", "ipv6_cidr_block": "2600:1f14::/64"},
            ("10.0.1.0/24", "2600:1f14::/64"),
        ),
        ({"cidr_block": "10.0.1.0/24", "ipv6_cidr_block": unknown()}, ("10.0.1.0/24", "3fff::/56")),
        ({"ipv6_native": True, "ipv6_cidr_block": "2600:1f14::/64"}, ("2600:1f14::/64",)),
    ],
)
def test_the_addresses_of_a_subnet(
    attributes: dict[str, object], expected: tuple[str, ...]
) -> None:
    ours = thing("aws_vpc.main", cidr_block="10.0.0.0/16", assign_generated_ipv6_cidr_block=True)
    made = Thing("aws_subnet.a", {"vpc_id": ref("aws_vpc.main")} | attributes, None, None)
    found = read_subnets(ours, made)
    assert found["aws_subnet.a"].cidrs == expected


def test_of_several_vpcs_a_subnet_is_in_the_one_with_its_addresses() -> None:
    either = among("aws_vpc.main", "aws_vpc.peer")
    found = read_subnets(MAIN, PEER, thing("aws_subnet.a", vpc_id=either, cidr_block="10.1.7.0/24"))
    assert found["aws_subnet.a"].vpc == "aws_vpc.peer"


def test_of_several_vpcs_a_subnet_is_in_the_one_in_its_region() -> None:
    there = thing("aws_vpc.there", cidr_block="10.0.0.0/16", in_region="us-east-1")
    either = among("aws_vpc.main", "aws_vpc.there")
    found = read_subnets(
        MAIN, there, thing("aws_subnet.a", vpc_id=either, cidr_block="10.0.7.0/24")
    )
    assert found["aws_subnet.a"].vpc == "aws_vpc.main"


def test_a_subnet_that_a_data_source_finds_has_a_table_that_may_lead_anywhere() -> None:
    fragment = subnets.read(
        reading(thing("data.aws_subnet.a", id="subnet-1", vpc_id="vpc-1", cidr_block="10.0.1.0/24"))
    )
    (found,) = fragment.network.subnets
    (own,) = fragment.network.route_tables
    assert found.route_tables == (own.id,)
    assert {each.target for each in own.routes} == {Target.UNKNOWN}
    assert not fragment.network.acls[0].described


def test_what_names_no_subnet_is_in_the_default_vpc_which_leads_to_the_internet() -> None:
    things = reading(thing("aws_instance.a"))
    found = {each.id for each in vpc.read(things).network.gateways}
    (lying,) = subnets.read(things).network.subnets
    assert lying.id == "default-vpc/111111111111/eu-central-1/subnets"
    assert found == {"default-vpc/111111111111/eu-central-1/internet-gateway"}


def test_a_default_subnet_is_in_the_default_vpc_of_its_region() -> None:
    found = read_subnets(
        thing("aws_default_vpc.here"),
        thing("aws_default_vpc.there", in_region="us-east-1"),
        thing("aws_default_subnet.a", availability_zone="us-east-1a", in_region="us-east-1"),
    )
    assert found["aws_default_subnet.a"].vpc == "aws_default_vpc.there"
    assert found["aws_default_subnet.a"].route_tables == ("aws_default_vpc.there/main",)


def test_an_acl_of_several_subnets_is_each_one_s() -> None:
    found = read_subnets(
        MAIN,
        subnet("a"),
        subnet("b", 2),
        thing(
            "aws_network_acl.x",
            vpc_id=ref("aws_vpc.main"),
            subnet_ids=refs("aws_subnet.a", "aws_subnet.b"),
        ),
    )
    assert {each.acls for each in found.values()} == {("aws_network_acl.x",)}


def test_a_subnet_outside_does_not_disturb_ours() -> None:
    found = read_subnets(
        MAIN,
        subnet("a"),
        table("t"),
        association("x", outside("subnet-9"), ref("aws_route_table.t")),
    )
    assert found["aws_subnet.a"].route_tables == ("aws_vpc.main/main",)


def test_a_table_of_a_gateway_is_a_gap_in_its_vpc_and_no_subnet_s() -> None:
    edge = thing(
        "aws_route_table_association.edge",
        gateway_id=ref("aws_internet_gateway.x"),
        route_table_id=ref("aws_route_table.t"),
    )
    fragment = subnets.read(reading(MAIN, subnet("a"), table("t"), edge))
    assert fragment.network.subnets[0].route_tables == ("aws_vpc.main/main",)
    assert [each.about for each in fragment.gaps] == [
        ("aws_route_table_association.edge", "aws_vpc.main")
    ]


def test_a_table_of_a_subnet_whose_gateway_is_the_empty_text_of_a_state_is_no_gap() -> None:
    applied = thing(
        "aws_route_table_association.x",
        gateway_id="",
        subnet_id=ref("aws_subnet.a"),
        route_table_id=ref("aws_route_table.t"),
    )
    fragment = subnets.read(reading(MAIN, subnet("a"), table("t"), applied))
    assert fragment.gaps == ()


def test_a_data_source_of_a_subnet_of_ours_is_another_name_of_it() -> None:
    among_ours = among("aws_subnet.a", "aws_subnet.b")
    things = reading(
        MAIN,
        subnet("a"),
        subnet("b", 2),
        thing("data.aws_subnet.first", id=among_ours, vpc_id=UNKNOWN),
        thing("aws_route_table.t", vpc_id=ref("data.aws_subnet.first")),
    )
    fragment = subnets.read(things)
    assert {each.id for each in fragment.network.subnets} == {"aws_subnet.a", "aws_subnet.b"}
    assert fragment.gaps == ()
    (made,) = (each for each in routes.read(things).network.route_tables if each.id == TABLE)
    assert made.vpc == "aws_vpc.main"
