"""Ways through NAT gateways into other networks are told."""

from dataclasses import replace

import pytest
from prove_world_support import at, card, group, network, resource, rule, vpc, world

from caisson.estate.model import Reach
from caisson.prove import reachability_of_networks
from caisson.prove.model import Decision
from caisson.terraform.beyond_nat import beyond_nat
from caisson.topology.network import (
    Gateway,
    Network,
    Peering,
    Ports,
    Route,
    RouteTable,
    Subnet,
    Target,
    TransitAttachment,
)
from caisson.topology.resources import Gap

NAT, DB, BATCH = "aws_nat_gateway.n", "aws_db_instance.db", "aws_instance.batch"
PUBLIC, PRIVATE = "aws_route_table.main", "aws_route_table.private"
ONWARD = Route("10.1.0.0/16", Target.PEERING, "aws_vpc_peering_connection.p", at())
OUT = Route("0.0.0.0/0", Target.NAT, NAT, at(7))
GATEWAY = Gateway(NAT, Target.NAT, "aws_subnet.main", at())
PEERING = Peering("aws_vpc_peering_connection.p", ("aws_vpc.main", "aws_vpc.other"), at())
DATABASE = network(
    vpc("other", 1),
    group("db", rule("r", Ports(5432, 5432), cidrs=("10.0.0.0/8",)), vpc="other"),
    card(DB, ["db"], "other", public=False),
)


def estate(*onward: Route, private: tuple[Route, ...] = (OUT,), **parts: object) -> Network:
    """`main` has a private subnet behind a NAT gateway in a public one; `other` has a database."""
    main = vpc("main", 0)
    (table,) = main.route_tables
    behind = Subnet(
        "aws_subnet.private",
        "aws_vpc.main",
        ("10.0.2.0/24",),
        (PRIVATE,),
        main.subnets[0].acls,
        at(),
    )
    whole = network(
        main,
        Network(
            subnets=(behind,),
            route_tables=(RouteTable(PRIVATE, "aws_vpc.main", private, at()),),
            gateways=(GATEWAY,),
            peerings=(PEERING,),
        ),
        DATABASE,
    )
    public = replace(table, routes=(*table.routes, *onward))
    tables = tuple(public if each.id == PUBLIC else each for each in whole.route_tables)
    return replace(whole, route_tables=tables, **parts)


def gaps(*onward: Route, **more: object) -> list[Gap]:
    return list(beyond_nat(estate(*onward, **more)))


def test_what_leads_on_to_another_network_is_a_gap_about_it() -> None:
    (gap,) = gaps(ONWARD)
    assert (gap.resource, gap.source) == (NAT, OUT.source)
    assert gap.about == ("aws_vpc.other", DB)
    assert "may lead on to aws_vpc.other" in gap.what


def test_it_keeps_who_opens_the_database_from_being_told() -> None:
    """The batch has no route to it of its own, and its gateway has one."""
    card_of = network(group("batch"), card(BATCH, ["batch"], "private", public=False))
    whole = network(estate(ONWARD), card_of)
    only = Reach.model_validate({"name": "only", "reach": DB, "from": []})
    things = (resource(DB), resource(BATCH))
    (verdict,) = reachability_of_networks.decide(
        only, at(9), world(*things, network=whole, gaps=tuple(beyond_nat(whole)))
    )
    assert verdict.decision is Decision.UNKNOWN
    assert any(NAT in fact.text for fact in verdict.why)


@pytest.mark.parametrize(
    "way",
    [
        Route("10.1.0.0/16", Target.TRANSIT, "tgw", at()),
        Route("10.0.0.0/8", Target.PRIVATE, "aws_vpn_gateway.v", at()),
        Route("pl-1234", Target.TRANSIT, "tgw", at()),
        Route("10.1.0.0/16", Target.PEERING, "aws_vpc_peering_connection.unread", at()),
    ],
)
def test_every_way_to_another_network_counts(way: Route) -> None:
    attached = tuple(
        TransitAttachment(f"{each}/att", "tgw", each, (), None, at())
        for each in ("aws_vpc.main", "aws_vpc.other")
    )
    (gap,) = gaps(way, transit_attachments=attached)
    assert gap.about == ("aws_vpc.other", DB)


def test_a_gateway_that_was_not_read_may_lead_anywhere() -> None:
    (gap,) = gaps(gateways=())
    assert gap.about == ("aws_vpc.other", DB)


@pytest.mark.parametrize(
    ("onward", "private"),
    [
        ((), (OUT,)),  # nothing behind it but the internet
        ((ONWARD,), (OUT, ONWARD)),  # the longer prefix does not take the gateway
        ((ONWARD,), (OUT, replace(ONWARD, destination="10.0.0.0/8"))),
        ((ONWARD,), (replace(OUT, destination="172.16.0.0/12"),)),  # something else goes there
        ((replace(ONWARD, destination="10.0.2.0/24"),), (OUT,)),  # one's own network is near
    ],
)
def test_what_does_not_take_the_gateway_is_none(
    onward: tuple[Route, ...], private: tuple[Route, ...]
) -> None:
    assert gaps(*onward, private=private) == []


def test_a_longer_prefix_that_may_not_be_there_helps_nothing() -> None:
    assert gaps(ONWARD, private=(OUT, replace(ONWARD, sure=False)))
