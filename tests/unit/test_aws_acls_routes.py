"""Network ACLs, route tables, gateways and peerings."""

import pytest
from terraform_support import Named, Thing, among, outside, reading, ref, thing, unknown

from caisson.terraform.aws import acls, gateways, peering, routes
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import (
    ALL_PORTS,
    ANYWHERE,
    Acl,
    AclEntry,
    Gateway,
    Peering,
    Ports,
    Protocol,
    Route,
    RouteTable,
    Target,
)

MAIN = thing("aws_vpc.main", cidr_block="10.0.0.0/16")
PEER = thing("aws_vpc.peer", cidr_block="10.1.0.0/16")
T = "aws_route_table.t"
EVERYWHERE = "0.0.0.0/0"


def tables(*things: Thing) -> dict[str, RouteTable]:
    found = routes.read(reading(MAIN, *things)).network.route_tables
    assert len({each.id for each in found}) == len(found)
    return {each.id: each for each in found}


def inline(**attributes: object) -> tuple[Route, ...]:
    """Read the routes of a table with this one route block; what is not set is empty text."""
    empty = dict.fromkeys(("gateway_id", "nat_gateway_id", "ipv6_cidr_block"), "")
    block = empty | {"cidr_block": EVERYWHERE} | attributes
    return tables(thing(T, vpc_id=ref("aws_vpc.main"), route=[block], propagating_vgws=UNKNOWN))[
        T
    ].routes


def lists(*things: Thing) -> dict[str, Acl]:
    return {each.id: each for each in acls.read(reading(MAIN, *things)).network.acls}


def entry(**attributes: object) -> tuple[AclEntry, ...]:
    rule = {"rule_no": 100, "action": "allow", "protocol": "tcp", "from_port": 443, "to_port": 443}
    block = rule | {"cidr_block": EVERYWHERE} | attributes
    made = thing("aws_network_acl.x", vpc_id=ref("aws_vpc.main"), ingress=[block], egress=UNKNOWN)
    return lists(made)["aws_network_acl.x"].ingress


@pytest.mark.parametrize(
    ("attribute", "named", "target"),
    [
        ("gateway_id", "aws_internet_gateway.x", Target.INTERNET),
        ("gateway_id", "aws_vpn_gateway.x", Target.PRIVATE),
        ("nat_gateway_id", "aws_nat_gateway.x", Target.NAT),
        ("egress_only_gateway_id", "aws_egress_only_internet_gateway.x", Target.EGRESS_ONLY),
        ("transit_gateway_id", "aws_ec2_transit_gateway.x", Target.TRANSIT),
        ("vpc_peering_connection_id", "aws_vpc_peering_connection.x", Target.PEERING),
        ("network_interface_id", "aws_network_interface.x", Target.INTERFACE),
        ("vpc_endpoint_id", "aws_vpc_endpoint.x", Target.INTERFACE),
    ],
)
def test_what_a_route_leads_to(attribute: str, named: str, target: Target) -> None:
    written = {"network_interface_id": UNKNOWN, attribute: ref(named)}
    made = thing(
        "aws_route.r", route_table_id=ref(T), destination_cidr_block="10.9.0.0/16", **written
    )
    (found,) = tables(thing(named), thing(T, vpc_id=ref("aws_vpc.main")), made)[T].routes
    assert (found.destination, found.target, found.via, found.sure) == (
        "10.9.0.0/16",
        target,
        named,
        True,
    )


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        (outside("igw-1"), [(Target.INTERNET, "igw-1", True)]),
        (outside("vgw-1"), [(Target.PRIVATE, "vgw-1", True)]),
        (outside("local"), []),
        (unknown(), [(Target.UNKNOWN, None, False)]),
    ],
)
def test_gateways_by_their_ids(
    gateway: Named, expected: list[tuple[Target, str | None, bool]]
) -> None:
    found = inline(gateway_id=gateway)
    assert [(each.target, each.via, each.sure) for each in found] == expected


def test_one_of_several_gateways_is_each_of_them_perhaps() -> None:
    nats = ("aws_nat_gateway.a", "aws_nat_gateway.b")
    route = {"cidr_block": EVERYWHERE, "nat_gateway_id": among(*nats)}
    found = tables(*map(thing, nats), thing(T, vpc_id=ref("aws_vpc.main"), route=[route]))
    assert {(each.via, each.sure) for each in found[T].routes} == {
        (nats[0], False),
        (nats[1], False),
    }


@pytest.mark.parametrize(
    ("attributes", "destination"),
    [
        ({"cidr_block": unknown()}, EVERYWHERE),
        ({"cidr_block": "", "ipv6_cidr_block": unknown()}, "::/0"),
    ],
)
def test_an_unknown_destination_may_be_any(attributes: dict[str, object], destination: str) -> None:
    (found,) = inline(gateway_id=outside("igw-1"), **attributes)
    assert (found.destination, found.sure) == (destination, False)


def test_a_prefix_list_gives_a_route_for_each_of_its_entries() -> None:
    office = "aws_ec2_managed_prefix_list.office"
    found = tables(
        thing(office, entry=[{"cidr": "192.0.2.0/24"}, {"cidr": "198.51.100.0/24"}]),
        thing(
            T,
            vpc_id=ref("aws_vpc.main"),
            route=[{"destination_prefix_list_id": ref(office), "gateway_id": "igw-1"}],
        ),
    )[T].routes
    assert [(each.destination, each.sure) for each in found] == [
        ("192.0.2.0/24", True),
        ("198.51.100.0/24", True),
    ]


def test_routes_that_are_known_only_after_apply_may_lead_anywhere() -> None:
    found = tables(thing(T, vpc_id=ref("aws_vpc.main"), route=unknown()))[T].routes
    assert {(each.destination, each.target, each.sure) for each in found} == {
        (each, Target.UNKNOWN, False) for each in ANYWHERE
    }


def test_what_a_vpn_gateway_tells_a_table_may_be_anything() -> None:
    found = tables(
        thing("aws_vpn_gateway.v"),
        thing(T, vpc_id=ref("aws_vpc.main")),
        thing(
            "aws_vpn_gateway_route_propagation.p",
            route_table_id=ref(T),
            vpn_gateway_id=ref("aws_vpn_gateway.v"),
        ),
    )[T].routes
    assert {(each.destination, each.target, each.via, each.sure) for each in found} == {
        (each, Target.PRIVATE, "aws_vpn_gateway.v", False) for each in ANYWHERE
    }


def test_the_table_a_vpc_is_made_with_has_no_routes_but_those_put_into_it() -> None:
    assert tables()["aws_vpc.main/main"].routes == ()
    (found,) = tables(
        thing(
            "aws_route.r",
            route_table_id=ref("aws_vpc.main"),
            destination_cidr_block=EVERYWHERE,
            gateway_id="igw-1",
        )
    )["aws_vpc.main/main"].routes
    assert found.target is Target.INTERNET


def test_a_resource_that_takes_over_the_table_a_vpc_is_made_with_is_that_table() -> None:
    found = tables(
        thing(
            "aws_default_route_table.own",
            default_route_table_id=ref("aws_vpc.main"),
            route=[{"cidr_block": EVERYWHERE, "gateway_id": "igw-1"}],
        ),
        thing(
            "aws_route.r",
            route_table_id=ref("aws_vpc.main"),
            destination_cidr_block="10.9.0.0/16",
            transit_gateway_id="tgw-1",
        ),
    )
    assert set(found) == {"aws_default_route_table.own"}
    assert found["aws_default_route_table.own"].vpc == "aws_vpc.main"
    assert len(found["aws_default_route_table.own"].routes) == 2


def test_the_main_table_of_a_vpc_made_elsewhere_may_lead_anywhere() -> None:
    found = tables(thing("aws_subnet.a", vpc_id="vpc-1", cidr_block="10.5.0.0/24"))
    assert {each.target for each in found["vpc-1/main"].routes} == {Target.UNKNOWN}


def test_a_route_of_a_table_that_cannot_be_told_is_a_gap_for_everything() -> None:
    made = thing(
        "aws_route.r",
        route_table_id=unknown(),
        destination_cidr_block=EVERYWHERE,
        gateway_id="igw-1",
    )
    assert [each.about for each in routes.read(reading(MAIN, made)).gaps] == [()]


def test_an_internet_gateway_made_elsewhere_is_that_of_the_table_s_vpc() -> None:
    route = {"cidr_block": EVERYWHERE, "gateway_id": "igw-1"}
    found = routes.read(reading(MAIN, thing(T, vpc_id=ref("aws_vpc.main"), route=[route])))
    assert [(each.id, each.place) for each in found.network.gateways] == [("igw-1", "aws_vpc.main")]


def test_an_endpoint_of_a_service_of_aws_is_no_way_to_anybody() -> None:
    found = tables(
        thing(T, vpc_id=ref("aws_vpc.main")),
        thing("aws_vpc_endpoint.s3", vpc_id=ref("aws_vpc.main"), route_table_ids=[ref(T)]),
    )
    assert found[T].routes == ()


def read_gateways(*things: Thing) -> dict[str, Gateway]:
    return {each.id: each for each in gateways.read(reading(MAIN, PEER, *things)).network.gateways}


def test_where_gateways_are() -> None:
    found = read_gateways(
        thing("aws_internet_gateway.own", vpc_id=ref("aws_vpc.main")),
        thing("aws_internet_gateway.attached", vpc_id=UNKNOWN),
        thing(
            "aws_internet_gateway_attachment.x",
            internet_gateway_id=ref("aws_internet_gateway.attached"),
            vpc_id=ref("aws_vpc.peer"),
        ),
        thing("aws_egress_only_internet_gateway.e", vpc_id=ref("aws_vpc.main")),
        thing("aws_subnet.a", vpc_id=ref("aws_vpc.main")),
        thing("aws_nat_gateway.n", subnet_id=ref("aws_subnet.a"), connectivity_type="public"),
        thing("aws_nat_gateway.p", subnet_id=ref("aws_subnet.a"), connectivity_type="private"),
    )
    assert {each.id: (each.kind, each.place, each.public) for each in found.values()} == {
        "aws_internet_gateway.own": (Target.INTERNET, "aws_vpc.main", True),
        "aws_internet_gateway.attached": (Target.INTERNET, "aws_vpc.peer", True),
        "aws_egress_only_internet_gateway.e": (Target.EGRESS_ONLY, "aws_vpc.main", True),
        "aws_nat_gateway.n": (Target.NAT, "aws_subnet.a", True),
        "aws_nat_gateway.p": (Target.NAT, "aws_subnet.a", False),
    }


def test_a_gateway_of_one_of_two_vpcs_is_left_out_so_that_it_may_be_anywhere() -> None:
    made = thing("aws_internet_gateway.x", vpc_id=among("aws_vpc.main", "aws_vpc.peer"))
    assert read_gateways(made) == {}


def test_what_lies_behind_a_vpn_was_not_read() -> None:
    fragment = gateways.read(
        reading(
            MAIN,
            thing("aws_vpn_gateway.v", vpc_id=ref("aws_vpc.main")),
            thing("aws_vpn_connection.c", vpn_gateway_id=ref("aws_vpn_gateway.v")),
        )
    )
    (gap,) = fragment.gaps
    assert set(gap.about) == {"aws_vpn_connection.c", "aws_vpn_gateway.v", "aws_vpc.main"}


def peerings(*things: Thing) -> dict[str, Peering]:
    return {each.id: each for each in peering.read(reading(MAIN, PEER, *things)).network.peerings}


def connection(**attributes: object) -> Thing:
    ends = {"vpc_id": ref("aws_vpc.main"), "peer_vpc_id": ref("aws_vpc.peer")}
    return thing("aws_vpc_peering_connection.p", **(ends | attributes))


def accepter(*, says_yes: bool) -> Thing:
    return thing(
        "aws_vpc_peering_connection_accepter.a",
        vpc_peering_connection_id=ref("aws_vpc_peering_connection.p"),
        auto_accept=says_yes,
    )


@pytest.mark.parametrize(
    ("things", "active"),
    [
        ([connection(auto_accept=True)], True),
        ([connection()], None),
        ([connection(accept_status=UNKNOWN)], None),
        ([connection(), accepter(says_yes=True)], True),
        ([connection(), accepter(says_yes=False)], None),
        ([connection(accept_status="active")], True),
        ([connection(accept_status="rejected")], False),
    ],
)
def test_whether_a_peering_is_accepted(things: list[Thing], active: bool | None) -> None:
    (found,) = peerings(*things).values()
    assert (found.vpcs, found.active) == (("aws_vpc.main", "aws_vpc.peer"), active)


def test_a_route_by_the_accepting_end_is_by_the_same_peering() -> None:
    found = tables(
        PEER,
        connection(),
        accepter(says_yes=True),
        thing(
            T,
            vpc_id=ref("aws_vpc.peer"),
            route=[
                {
                    "cidr_block": "10.0.0.0/16",
                    "vpc_peering_connection_id": ref("aws_vpc_peering_connection_accepter.a"),
                }
            ],
        ),
    )[T].routes
    assert [each.via for each in found] == ["aws_vpc_peering_connection.p"]


def test_a_peering_of_a_vpc_that_cannot_be_told_is_left_out() -> None:
    assert peerings(connection(peer_vpc_id=unknown())) == {}


def test_the_list_a_vpc_is_made_with_lets_everything_pass() -> None:
    found = lists()["aws_vpc.main/default-acl"]
    for entries in (found.ingress, found.egress):
        assert {(each.cidr, each.allow, each.protocol, each.sure) for each in entries} == {
            (each, True, Protocol.ANY, True) for each in ANYWHERE
        }


def test_a_resource_that_takes_over_that_list_replaces_what_is_in_it() -> None:
    found = lists(thing("aws_default_network_acl.own", default_network_acl_id=ref("aws_vpc.main")))
    assert set(found) == {"aws_default_network_acl.own"}
    assert found["aws_default_network_acl.own"].vpc == "aws_vpc.main"
    assert found["aws_default_network_acl.own"].ingress == ()


def test_an_entry() -> None:
    assert [
        (each.number, each.allow, each.protocol, each.ports, each.cidr, each.sure)
        for each in entry(action="deny")
    ] == [(100, False, Protocol.TCP, Ports(443, 443), EVERYWHERE, True)]


@pytest.mark.parametrize(
    "attributes",
    [
        {"action": UNKNOWN},
        {"rule_no": UNKNOWN},
        {"cidr_block": UNKNOWN},
        {"protocol": UNKNOWN},
        {"from_port": UNKNOWN},
    ],
)
def test_an_entry_with_an_unknown_part_is_not_sure(attributes: dict[str, object]) -> None:
    assert {each.sure for each in entry(**attributes)} == {False}


def test_an_unknown_action_may_allow_and_may_refuse() -> None:
    assert {each.allow for each in entry(action=UNKNOWN)} == {True, False}


@pytest.mark.parametrize(
    ("attributes", "ports"),
    [({"icmp_type": -1}, ALL_PORTS), ({"icmp_type": 8}, Ports(8, 8))],
)
def test_icmp_has_types_for_ports(attributes: dict[str, object], ports: Ports) -> None:
    (found,) = entry(protocol="icmp", from_port=0, to_port=0, **attributes)
    assert (found.protocol, found.ports) == (Protocol.ICMP, ports)


def test_entries_that_are_resources_are_put_into_their_list_and_direction() -> None:
    rule = {"rule_action": "allow", "protocol": "-1", "cidr_block": EVERYWHERE}
    x = "aws_network_acl.x"
    found = lists(
        thing(x, vpc_id=ref("aws_vpc.main"), ingress=UNKNOWN, egress=UNKNOWN),
        thing(
            "aws_network_acl_rule.in", network_acl_id=ref(x), rule_number=1, egress=False, **rule
        ),
        thing(
            "aws_network_acl_rule.out", network_acl_id=ref(x), rule_number=2, egress=True, **rule
        ),
        thing(
            "aws_network_acl_rule.own", network_acl_id=ref("aws_vpc.main"), rule_number=3, **rule
        ),
    )
    assert [each.number for each in found[x].ingress] == [1]
    assert [each.number for each in found[x].egress] == [2]
    assert 3 in [each.number for each in found["aws_vpc.main/default-acl"].ingress]


def test_the_list_of_a_vpc_made_elsewhere_is_not_described() -> None:
    found = lists(thing("aws_subnet.a", vpc_id="vpc-1", cidr_block="10.5.0.0/24"))
    assert not found["vpc-1/default-acl"].described


def test_entries_that_are_known_only_after_apply_may_allow_and_refuse_everything() -> None:
    x = "aws_network_acl.x"
    found = lists(thing(x, vpc_id=ref("aws_vpc.main"), ingress=unknown(), egress=UNKNOWN))[x]
    assert {(each.cidr, each.allow, each.sure) for each in found.ingress} == {
        (each, allow, False) for each in ANYWHERE for allow in (True, False)
    }
    assert found.egress == ()


def test_a_route_by_an_unknown_gateway_may_be_by_any_of_its_kind() -> None:
    (found,) = inline(nat_gateway_id=unknown())
    assert (found.target, found.via, found.sure) == (Target.NAT, None, False)


def test_a_route_with_two_targets_that_are_not_known_may_lead_to_either() -> None:
    nat, gateway = "aws_nat_gateway.n", "aws_internet_gateway.g"
    block = {"cidr_block": EVERYWHERE, "nat_gateway_id": ref(nat), "gateway_id": ref(gateway)}
    found = tables(thing(nat), thing(gateway), thing(T, vpc_id=ref("aws_vpc.main"), route=[block]))[
        T
    ].routes
    assert {(each.via, each.sure) for each in found} == {(nat, False), (gateway, False)}
