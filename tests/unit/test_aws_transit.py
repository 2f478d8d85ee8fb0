"""Transit gateways: attachments, the tables that decide for them, and what these have."""

from terraform_support import Named, Thing, among, besides, outside, reading, ref, thing, unknown

from caisson.terraform.aws import transit
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import ANYWHERE, Network, TransitTable

A = "aws_ec2_transit_gateway_vpc_attachment.a"
B = "aws_ec2_transit_gateway_vpc_attachment.b"
HUB = "aws_ec2_transit_gateway.hub"
TABLE = "aws_ec2_transit_gateway_route_table.t"
OUR_HUB, OUR_A, OUR_TABLE = ref(HUB), ref(A), ref(TABLE)
VPCS = (
    thing("aws_vpc.a", cidr_block="10.0.0.0/16"),
    thing("aws_vpc.b", cidr_block="10.1.0.0/16"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.a"), cidr_block="10.0.1.0/24"),
    thing("aws_subnet.b", vpc_id=ref("aws_vpc.b"), cidr_block="10.1.1.0/24"),
)


def read(*things: Thing) -> Network:
    return transit.read(reading(*VPCS, *things)).network


def tables(*things: Thing) -> dict[str, TransitTable]:
    found = read(*things).transit_tables
    assert len({each.id for each in found}) == len(found)
    return {each.id: each for each in found}


def decides(network: Network, attachment: str) -> list[tuple[str | None, bool]]:
    return [
        (each.table, each.sure) for each in network.transit_attachments if each.id == attachment
    ]


def hub(**attributes: object) -> Thing:
    return Thing(HUB, attributes, None, None)


def attachment(name: str, gateway: Named = OUR_HUB, **attributes: object) -> Thing:
    usual = {
        "transit_gateway_id": gateway,
        "vpc_id": ref(f"aws_vpc.{name}"),
        "subnet_ids": [ref(f"aws_subnet.{name}")],
    }
    address = f"aws_ec2_transit_gateway_vpc_attachment.{name}"
    return Thing(address, usual | attributes, None, None)


def table(name: str = "t", gateway: str = HUB) -> Thing:
    return thing(f"aws_ec2_transit_gateway_route_table.{name}", transit_gateway_id=ref(gateway))


def associated(to: Named = OUR_A, with_: Named = OUR_TABLE) -> Thing:
    return thing(
        "aws_ec2_transit_gateway_route_table_association.x",
        transit_gateway_attachment_id=to,
        transit_gateway_route_table_id=with_,
    )


def propagated(of: Named = OUR_A, to: Named = OUR_TABLE) -> Thing:
    return thing(
        "aws_ec2_transit_gateway_route_table_propagation.x",
        transit_gateway_attachment_id=of,
        transit_gateway_route_table_id=to,
    )


def route(**attributes: object) -> Thing:
    usual = {
        "transit_gateway_route_table_id": ref(TABLE),
        "transit_gateway_attachment_id": ref(A),
        "destination_cidr_block": "10.0.0.0/8",
        "blackhole": False,
    }
    return Thing("aws_ec2_transit_gateway_route.r", usual | attributes, None, None)


def test_by_default_a_gateway_joins_everything_that_is_attached() -> None:
    found = read(hub(), attachment("a"), attachment("b"))
    (own,) = found.transit_tables
    assert (own.id, own.gateway, own.propagated) == (f"{HUB}/default", HUB, (A, B))
    assert [(each.id, each.peer, each.table, each.sure) for each in found.transit_attachments] == [
        (A, "aws_vpc.a", own.id, True),
        (B, "aws_vpc.b", own.id, True),
    ]


def test_a_gateway_without_defaults_leads_nowhere() -> None:
    found = read(
        hub(default_route_table_association="disable", default_route_table_propagation="disable"),
        attachment("a"),
    )
    (decided,) = found.transit_attachments
    by_id = {each.id: each for each in found.transit_tables}
    assert (by_id[decided.table or ""].routes, by_id[decided.table or ""].propagated) == ((), ())


def test_an_attachment_can_keep_out_of_the_defaults() -> None:
    found = read(
        hub(),
        attachment(
            "a",
            transit_gateway_default_route_table_association=False,
            transit_gateway_default_route_table_propagation=False,
        ),
    )
    by_id = {each.id: each for each in found.transit_tables}
    assert found.transit_attachments[0].table != f"{HUB}/default"
    assert by_id[f"{HUB}/default"].propagated == ()


def test_what_the_provider_computes_is_the_default() -> None:
    found = read(
        hub(),
        attachment(
            "a",
            transit_gateway_default_route_table_association=UNKNOWN,
            transit_gateway_default_route_table_propagation=UNKNOWN,
        ),
    )
    assert decides(found, A) == [(f"{HUB}/default", True)]


def test_an_association_decides_for_the_attachment() -> None:
    assert decides(read(hub(), attachment("a"), table(), associated()), A) == [(TABLE, True)]


def test_an_attachment_with_one_of_two_tables_may_have_each() -> None:
    either = among(TABLE, "aws_ec2_transit_gateway_route_table.u")
    found = read(hub(), attachment("a"), table(), table("u"), associated(with_=either))
    assert decides(found, A) == [
        (TABLE, False),
        ("aws_ec2_transit_gateway_route_table.u", False),
    ]


def test_an_association_of_something_unknown_leaves_the_table_open() -> None:
    found = read(hub(), attachment("a"), table(), associated(to=unknown()))
    assert decides(found, A) == [(None, True)]


def test_the_table_of_what_is_attached_elsewhere_is_open() -> None:
    found = read(attachment("a", outside("tgw-1")))
    assert [(each.gateway, each.table) for each in found.transit_attachments] == [("tgw-1", None)]
    assert found.transit_tables == ()


def test_the_gateway_of_another_account_must_accept() -> None:
    theirs = hub()
    mine = Thing(
        A,
        {"transit_gateway_id": ref(HUB), "vpc_id": ref("aws_vpc.a"), "subnet_ids": []},
        None,
        "222222222222",
    )
    accepter = thing(
        "aws_ec2_transit_gateway_vpc_attachment_accepter.x", transit_gateway_attachment_id=ref(A)
    )
    assert not read(theirs, mine).transit_attachments[0].sure
    assert read(theirs, mine, accepter).transit_attachments[0].sure
    assert read(hub(auto_accept_shared_attachments="enable"), mine).transit_attachments[0].sure


def test_a_table_made_the_default_is_the_default() -> None:
    found = read(
        hub(),
        attachment("a"),
        table(),
        thing(
            "aws_ec2_transit_gateway_default_route_table_association.x",
            transit_gateway_id=ref(HUB),
            transit_gateway_route_table_id=ref(TABLE),
        ),
    )
    assert decides(found, A) == [(TABLE, True)]


def test_a_propagation_that_is_not_sure_is_routes_that_are_not() -> None:
    found = tables(hub(), attachment("a"), attachment("b"), table(), propagated(of=among(A, B)))[
        TABLE
    ]
    assert found.propagated == ()
    assert {(each.destination, each.attachment, each.sure) for each in found.routes} == {
        ("10.0.0.0/16", A, False),
        ("10.1.0.0/16", B, False),
    }


def test_a_sure_propagation() -> None:
    assert tables(hub(), attachment("a"), table(), propagated())[TABLE].propagated == (A,)


def test_routes() -> None:
    (found,) = tables(hub(), attachment("a"), table(), route())[TABLE].routes
    assert (found.destination, found.attachment, found.sure) == ("10.0.0.0/8", A, True)
    (black,) = tables(hub(), table(), route(blackhole=True, transit_gateway_attachment_id=None))[
        TABLE
    ].routes
    assert (black.attachment, black.sure) == (None, True)


def test_a_route_to_an_unknown_attachment_leads_to_one_that_was_not_read() -> None:
    found = read(hub(), attachment("a"), table(), route(transit_gateway_attachment_id=unknown()))
    (leading,) = (one for each in found.transit_tables for one in each.routes)
    assert leading.attachment not in {each.id for each in found.transit_attachments}
    assert not leading.sure


def test_a_route_to_an_unknown_destination_may_be_to_any() -> None:
    found = tables(hub(), attachment("a"), table(), route(destination_cidr_block=UNKNOWN))[TABLE]
    assert {(each.destination, each.sure) for each in found.routes} == {
        (each, False) for each in ANYWHERE
    }


def test_a_route_of_a_table_that_cannot_be_told_may_be_in_each() -> None:
    found = tables(hub(), attachment("a"), table(), route(transit_gateway_route_table_id=unknown()))
    assert [each.routes[0].sure for each in found.values()] == [False, False]


def test_a_prefix_list_reference_is_a_route_for_each_entry() -> None:
    found = tables(
        hub(),
        attachment("a"),
        table(),
        thing("aws_ec2_managed_prefix_list.p", entry=[{"cidr": "10.8.0.0/16"}]),
        thing(
            "aws_ec2_transit_gateway_prefix_list_reference.x",
            prefix_list_id=ref("aws_ec2_managed_prefix_list.p"),
            transit_gateway_attachment_id=ref(A),
            transit_gateway_route_table_id=ref(TABLE),
        ),
    )[TABLE]
    assert [(each.destination, each.attachment) for each in found.routes] == [("10.8.0.0/16", A)]


def test_each_end_of_a_peering_of_gateways_has_the_table_of_its_own_gateway() -> None:
    far = "aws_ec2_transit_gateway.far"
    peering = "aws_ec2_transit_gateway_peering_attachment.p"
    things = [
        hub(),
        thing(far),
        table(),
        table("far", far),
        thing(peering, transit_gateway_id=ref(HUB), peer_transit_gateway_id=ref(far)),
        thing(
            "aws_ec2_transit_gateway_peering_attachment_accepter.y",
            transit_gateway_attachment_id=ref(peering),
        ),
        route(transit_gateway_attachment_id=ref(peering)),
        thing(
            "aws_ec2_transit_gateway_route.back",
            transit_gateway_route_table_id=ref("aws_ec2_transit_gateway_route_table.far"),
            transit_gateway_attachment_id=ref(
                "aws_ec2_transit_gateway_peering_attachment_accepter.y"
            ),
            destination_cidr_block="10.9.0.0/16",
        ),
        thing(
            "aws_ec2_transit_gateway_route_table_association.near",
            transit_gateway_attachment_id=ref(peering),
            transit_gateway_route_table_id=ref(TABLE),
        ),
        thing(
            "aws_ec2_transit_gateway_route_table_association.far",
            transit_gateway_attachment_id=ref(peering),
            transit_gateway_route_table_id=ref("aws_ec2_transit_gateway_route_table.far"),
        ),
    ]
    found = read(*things)
    assert {
        each.id: (each.gateway, each.peer, each.table, each.sure)
        for each in found.transit_attachments
    } == {
        peering: (HUB, far, TABLE, True),
        f"{peering}/peer": (far, HUB, "aws_ec2_transit_gateway_route_table.far", True),
    }
    by_id = {each.id: each for each in found.transit_tables}
    assert by_id[TABLE].routes[0].attachment == peering
    assert by_id["aws_ec2_transit_gateway_route_table.far"].routes[0].attachment == (
        f"{peering}/peer"
    )


def test_what_a_vpn_leads_to_was_not_read() -> None:
    found = read(hub(), thing("aws_vpn_connection.office", transit_gateway_id=ref(HUB)))
    assert [(each.id, each.peer) for each in found.transit_attachments] == [
        ("aws_vpn_connection.office", "aws_vpn_connection.office")
    ]


def test_subnets_beside_those_that_are_told_may_be_any_of_the_vpc() -> None:
    found = read(
        thing("aws_subnet.other", vpc_id=ref("aws_vpc.a"), cidr_block="10.0.2.0/24"),
        hub(),
        attachment("a", subnet_ids=besides("aws_subnet.a")),
    )
    (one,) = found.transit_attachments
    assert set(one.subnets) == {"aws_subnet.a", "aws_subnet.other"}
    assert one.sure
