"""The written network: ranges that stay, and a data tier that nothing of outside gets into."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from writing_support import ESTATE, planned, read_back, rendered

from caisson.estate.mistakes import EstateErrors
from caisson.prove.network.ports import Connections, PortSet
from caisson.prove.network.reach import Reach
from caisson.terraform.writing.aws import data_tier, handles, network
from caisson.topology.model import Topology
from caisson.topology.network import Ports, Protocol

NETWORK = "production/us/network"
TIERS = (handles.PUBLIC, handles.PRIVATE, handles.ISOLATED)
DATA = f"us_west_data_{data_tier.slot('orders')}"
ONE_MORE = ESTATE.replace("accounts: {", 'accounts: {next: "555555555555", ').replace(
    "sizes: small}\n", "sizes: small}\n  next: {}\n"
)
# Machines that may open everything and be opened by all: only routes and ACLs keep them apart.
OPEN = {
    "ip_protocol": "-1",
    "cidr_ipv4": "0.0.0.0/0",
    "security_group_id": "${aws_security_group.open.id}",
    "provider": "aws.us_west",
}
# Another network that somebody ties to this one, with the routes for it.
TIED = {
    "aws_vpc": {"other": {"provider": "aws.us_west", "cidr_block": "172.16.0.0/16"}},
    "aws_subnet": {
        "other": {
            "provider": "aws.us_west",
            "vpc_id": "${aws_vpc.other.id}",
            "cidr_block": "172.16.0.0/20",
        }
    },
    "aws_route_table": {"other": {"provider": "aws.us_west", "vpc_id": "${aws_vpc.other.id}"}},
    "aws_route_table_association": {
        "other": {
            "provider": "aws.us_west",
            "subnet_id": "${aws_subnet.other.id}",
            "route_table_id": "${aws_route_table.other.id}",
        }
    },
    "aws_vpc_peering_connection": {
        "other": {
            "provider": "aws.us_west",
            "vpc_id": "${aws_vpc.us_west.id}",
            "peer_vpc_id": "${aws_vpc.other.id}",
            "auto_accept": True,
        }
    },
    "aws_route": {
        name: {
            "provider": "aws.us_west",
            "route_table_id": f"${{aws_route_table.{table}.id}}",
            "destination_cidr_block": to,
            "vpc_peering_connection_id": "${aws_vpc_peering_connection.other.id}",
        }
        for name, table, to in (
            ("back", "other", "10.0.0.0/16"),
            ("from_data", "us_west_data", "172.16.0.0/16"),
            ("from_private", "us_west_private_a", "172.16.0.0/16"),
        )
    },
}


def machine(subnet: str, group: str = "open") -> dict[str, object]:
    return {
        "provider": "aws.us_west",
        "ami": "ami-1",
        "instance_type": "t3.micro",
        "subnet_id": f"${{aws_subnet.{subnet}.id}}",
        "vpc_security_group_ids": [f"${{aws_security_group.{group}.id}}"],
        "associate_public_ip_address": True,
    }


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Topology:
    """The network as it is written, and the machines and the network that are put beside it."""
    groups = {"open": {"provider": "aws.us_west", "vpc_id": "${aws_vpc.us_west.id}"}}
    groups["other"] = {"provider": "aws.us_west", "vpc_id": "${aws_vpc.other.id}"}
    rule = {"open": OPEN, "other": OPEN | {"security_group_id": "${aws_security_group.other.id}"}}
    machines = {
        "public": machine("us_west_public_a"),
        "private": machine("us_west_private_a"),
        "data": machine(f"{DATA}_a"),
        "data_too": machine(f"{DATA}_b"),
        "other": machine("other", "other"),
    }
    beside = {
        "aws_instance": machines,
        "aws_security_group": groups,
        "aws_vpc_security_group_ingress_rule": rule,
        "aws_vpc_security_group_egress_rule": rule,
        **TIED,
    }
    rendering = rendered(tmp_path_factory.mktemp("estate"), ESTATE)
    return read_back(rendering, NETWORK, beside=json.dumps({"resource": beside}).encode())


def tcp(low: int, high: int) -> PortSet:
    return PortSet.from_ports(Protocol.TCP, [Ports(low, high)])


def test_no_two_networks_have_an_address_in_common(tmp_path: Path) -> None:
    places = [place for area in planned(tmp_path).areas for place in area.places]
    for one, other in combinations(places, 2):
        assert not one.network.overlaps(other.network)
    for place in places:
        parts = [each for tier in TIERS for each in network.ranges(place, tier)]
        assert len(parts) == len(TIERS) * len(place.zones)
        assert all(each.subnet_of(place.network) for each in parts)
        assert not any(one.overlaps(other) for one, other in combinations(parts, 2))


def test_the_range_of_a_tier_has_room_for_a_fourth_zone_and_for_nothing_of_others(
    tmp_path: Path,
) -> None:
    place = planned(tmp_path).areas[0].home
    for tier, other in combinations(TIERS, 2):
        assert not network.span(place, tier).overlaps(network.span(place, other))
    for tier in TIERS:
        own = network.ranges(place, tier)
        assert all(each.subnet_of(network.span(place, tier)) for each in own)
        assert network.span(place, tier).num_addresses == 4 * own[0].num_addresses


def test_a_store_has_subnets_of_its_own_that_nothing_moves(tmp_path: Path) -> None:
    place = planned(tmp_path).areas[0].home
    found = {each: data_tier.ranges(place, each) for each in ("orders", "ledger", "search")}
    for one, other in combinations(found.values(), 2):
        assert not set(one) & set(other)
    for ranges in found.values():
        zones = zip(ranges, network.ranges(place, handles.ISOLATED), strict=True)
        assert all(own.subnet_of(zone) for own, zone in zones)
    # Where they were from the first version on: databases lie there.
    assert [str(each) for each in found["orders"]] == [
        "10.0.150.192/26",
        "10.0.182.192/26",
        "10.0.214.192/26",
    ]


def test_stores_that_would_share_subnets_are_refused_where_that_opens_one(tmp_path: Path) -> None:
    other = next(
        each
        for each in (f"ledger-{number}" for number in range(10_000))
        if data_tier.slot(each) == data_tier.slot("orders")
    )
    orders = "orders:   {system: postgres}"
    both = ESTATE.replace(orders, f"{orders}\n  {other}: {{system: postgres}}")
    with pytest.raises(EstateErrors, match=f"{other} would lie in the subnets of orders"):
        rendered(tmp_path, both.replace("{sessions: write}", f"{{sessions: write, {other}: read}}"))
    # Where the same services use both, or nobody one of them, nothing more is opened.
    rendered(tmp_path, both)
    rendered(tmp_path, both.replace("orders: write,", f"orders: write, {other}: read,"))


def test_an_environment_that_is_added_changes_no_range_of_the_others(tmp_path: Path) -> None:
    before = {each.site: each for area in planned(tmp_path).areas for each in area.places}
    after = {each.site: each for area in planned(tmp_path, ONE_MORE).areas for each in area.places}
    assert before.keys() < after.keys()
    assert all(after[site] == place for site, place in before.items())


@pytest.mark.parametrize("outside", ["internet", "public", "other"])
def test_nothing_of_outside_gets_into_the_data_tier_whatever_security_groups_say(
    topology: Topology, outside: str
) -> None:
    reach = Reach.of(topology.network)
    data = "aws_instance.data"
    if outside == "internet":
        assert reach.from_internet(data) == reach.to_internet(data) == Connections()
        return
    assert reach.between(f"aws_instance.{outside}", data) == Connections()
    assert reach.between(data, f"aws_instance.{outside}") == Connections()


def test_a_network_that_is_tied_to_this_one_is_kept_out_by_the_acl_alone(
    topology: Topology,
) -> None:
    reach = Reach.of(topology.network)
    assert reach.between("aws_instance.other", "aws_instance.private").must


@pytest.mark.parametrize(
    ("source", "wanted"),
    [("private", tcp(443, 443) | tcp(1024, 65535)), ("data_too", tcp(1024, 65535))],
)
def test_stores_are_opened_and_answer_through_the_acl(
    topology: Topology, source: str, wanted: PortSet
) -> None:
    found = Reach.of(topology.network).between(f"aws_instance.{source}", "aws_instance.data")
    assert found & tcp(0, 65535) == Connections(wanted, wanted)
