"""Who can open what in the written network, decided by the reader that knows nothing of it.

In place of each store, service and part stands a machine with its security group, in its subnet.
"""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from writing_support import ESTATE as ONE_DATABASE
from writing_support import read_back, rendered

from caisson.estate.promise_files import Promised
from caisson.estate.promises import PromiseFile
from caisson.estate.sources import Sources
from caisson.prove.check import prove_terraform
from caisson.prove.model import Decision
from caisson.prove.network.ports import Connections, PortSet
from caisson.prove.network.reach import Reach
from caisson.terraform.writing.aws import data_tier
from caisson.terraform.writing.model import Block
from caisson.topology.model import Topology
from caisson.topology.network import Ports, Protocol

# Two databases that different services use: neither opens the other's, in whichever region.
ESTATE = ONE_DATABASE.replace(
    "  orders:   {system: postgres}\n",
    "  orders:   {system: postgres}\n  ledger:   {system: postgres}\n",
).replace("{sessions: write}", "{sessions: write, ledger: write}")
ROOT = "production/us/network"
PUBLIC, PRIVATE = "public", "private"
HOME, STANDBY = "us_west", "us_east"
# Where each lies: in a tier, or in the subnets of a store.
SEATS = {
    "balancer": PUBLIC,
    "web": PRIVATE,
    "mailer": PRIVATE,
    "endpoints": PRIVATE,
    "orders_proxy": "orders",
    "orders": "orders",
    "ledger_proxy": "ledger",
    "ledger": "ledger",
    "sessions": "sessions",
    "cache": "cache",
    "search": "search",
}
AT_HOME = {**SEATS, "rotation": PRIVATE}
# What the estate says: who opens what, and at which port, where the caller is ...
HERE = {
    ("balancer", "web"): 8000,
    ("web", "cache"): 11211,
    ("web", "endpoints"): 443,
    ("mailer", "endpoints"): 443,
    ("orders_proxy", "orders"): 5432,
    ("ledger_proxy", "ledger"): 5432,
}
ROTATION = {
    ("rotation", "orders"): 5432,
    ("rotation", "ledger"): 5432,
    ("rotation", "endpoints"): 443,
}
# ... and wherever the primary may be.
EVERYWHERE = {
    ("web", "orders_proxy"): 5432,
    ("web", "search"): 443,
    ("mailer", "sessions"): 6379,
    ("mailer", "ledger_proxy"): 5432,
}
PERMISSION = ("from_port", "cidr_ipv4", "referenced_security_group_id", "prefix_list_id")
HTTPS = PortSet.from_ports(Protocol.TCP, [Ports(443, 443)])
NOTHING = Connections()


def machine(place: str, name: str, seat: str) -> dict[str, object]:
    subnet = seat if seat in {PUBLIC, PRIVATE} else f"data_{data_tier.slot(seat)}"
    return {
        "provider": f"aws.{place}",
        "ami": "ami-1",
        "instance_type": "t3.micro",
        "subnet_id": f"${{aws_subnet.{place}_{subnet}_a.id}}",
        "vpc_security_group_ids": [f"${{aws_security_group.{place}_{name}.id}}"],
        "associate_public_ip_address": seat == PUBLIC,
    }


@cache
def topology(text: str = ESTATE) -> Topology:
    machines = {
        f"{place}_{name}": machine(place, name, seat)
        for place, seats in ((HOME, AT_HOME), (STANDBY, SEATS))
        for name, seat in seats.items()
    }
    stand_ins = json.dumps({"resource": {"aws_instance": machines}}).encode()
    with TemporaryDirectory() as folder:
        rendering = rendered(Path(folder), text)
    return read_back(rendering, ROOT, stand_ins=stand_ins)


@cache
def reach(text: str = ESTATE) -> Reach:
    return Reach.of(topology(text).network)


def everything() -> list[tuple[str, str]]:
    return [(HOME, each) for each in AT_HOME] + [(STANDBY, each) for each in SEATS]


def promised(source: tuple[str, str], target: tuple[str, str]) -> int | None:
    names = (source[1], target[1])
    if source[0] == target[0]:
        return (HERE | ROTATION | EVERYWHERE).get(names)
    return EVERYWHERE.get(names)


def at(here: tuple[str, str]) -> str:
    return f"aws_instance.{here[0]}_{here[1]}"


@pytest.mark.parametrize("target", everything(), ids="/".join)
def test_exactly_what_flows_in_the_estate_can_be_opened(target: tuple[str, str]) -> None:
    for source in everything():
        if source == target:
            continue
        port = promised(source, target)
        wanted = (
            PortSet() if port is None else PortSet.from_ports(Protocol.TCP, [Ports(port, port)])
        )
        assert reach().between(at(source), at(target)) == Connections(wanted, wanted), source


@pytest.mark.parametrize("target", everything(), ids="/".join)
def test_the_internet_opens_nothing_but_the_balancer_and_that_through_cloudfront(
    target: tuple[str, str],
) -> None:
    # Nobody knows the addresses of CloudFront beforehand: perhaps somebody's, surely not all.
    wanted = Connections(HTTPS) if target[1] == "balancer" else NOTHING
    assert reach().from_internet(at(target)) == wanted


@pytest.mark.parametrize("source", everything(), ids="/".join)
def test_nothing_opens_the_internet_but_services_and_those_only_s3(
    source: tuple[str, str],
) -> None:
    wanted = Connections(HTTPS) if source[1] in {"web", "mailer"} else NOTHING
    assert reach().to_internet(at(source)) == wanted


def test_a_range_that_is_named_is_that_of_a_subnet_in_the_other_region() -> None:
    found = topology().network
    subnets = {cidr: each.vpc for each in found.subnets for cidr in each.cidrs}
    rules = [(each, rule) for each in found.groups for rule in (*each.ingress, *each.egress)]
    sure = [(group, cidr) for group, rule in rules if rule.sure for cidr in rule.cidrs]
    assert len(sure) > len(EVERYWHERE)
    for group, cidr in sure:
        assert subnets[cidr] != group.vpc


RENAMED = (
    ESTATE.replace("orders:   {system: postgres}", "sales: {system: postgres, was: orders}")
    .replace("orders: write", "sales: write")
    .replace("from: orders", "from: sales")
    .replace("  mailer:\n", "  post:\n    was: mailer\n")
)


def test_what_is_renamed_keeps_its_group_and_all_its_rules(tmp_path: Path) -> None:
    before, after = blocks(tmp_path, ESTATE), blocks(tmp_path, RENAMED)
    assert [(each.type, each.name) for each in before] != [(e.type, e.name) for e in after]
    moved = {(each.type, (*each.was, each.name)[0]): each for each in after}
    assert moved.keys() == {(each.type, each.name) for each in before}
    for each in before:
        if each.type == "aws_security_group":
            now = moved[each.type, each.name].body
            assert (now["name"], now["description"]) == (
                each.body["name"],
                each.body["description"],
            )


def blocks(folder: Path, text: str) -> list[Block]:
    roots = rendered(folder, text).roots
    return [each for root in roots if root.path == ROOT for each in root.blocks]


def test_no_permission_is_written_twice(tmp_path: Path) -> None:
    rules = [each for each in blocks(tmp_path, ESTATE) if each.type.endswith("gress_rule")]
    given = [
        (each.type, *(str(each.body.get(name)) for name in ("security_group_id", *PERMISSION)))
        for each in rules
    ]
    assert len(given) == len(set(given)) > len(SEATS)


@pytest.mark.parametrize(
    ("image", "reached"),
    [
        ("shop/mailer:1.0.0", set()),
        ("999999999999.dkr.ecr.us-west-2.amazonaws.com/mailer:1", {STANDBY}),
        ("ghcr.io/shop/mailer:1", {HOME, STANDBY}),
    ],
)
def test_the_internet_is_opened_where_an_image_can_be_had_in_no_other_way(
    tmp_path: Path, image: str, reached: set[str]
) -> None:
    written = blocks(tmp_path, ESTATE.replace("shop/mailer:1.0.0", image))
    found = [each.name for each in written if each.name.endswith("_reaches_internet")]
    assert found == [
        f"{place}_mailer_reaches_internet" for place in (HOME, STANDBY) if place in reached
    ]


@pytest.mark.parametrize(("here", "there"), [(HOME, STANDBY), (STANDBY, HOME)])
def test_what_opens_the_internet_opens_no_store_of_the_other_region_by_that(
    here: str, there: str
) -> None:
    found = reach(ESTATE.replace("shop/mailer:1.0.0", "ghcr.io/shop/mailer:1"))
    mailer, search = at((here, "mailer")), at((there, "search"))
    assert found.to_internet(mailer) == Connections(HTTPS, HTTPS)
    assert found.between(mailer, search) == NOTHING
    assert found.between(at((here, "web")), search) == Connections(HTTPS, HTTPS)


def decided(**promise: object) -> set[Decision]:
    file = PromiseFile.model_validate({"promises": [{"name": "promised", **promise}]})
    found = prove_terraform(Promised(file, Sources()), topology())
    return {each.decision for each in found.verdicts}


def test_promises_on_it_are_decided_without_a_plan() -> None:
    web, mailer = at((HOME, "web")), at((HOME, "mailer"))
    proxy, sessions = at((HOME, "orders_proxy")), at((HOME, "sessions"))
    everywhere = [web, at((STANDBY, "web"))]
    assert decided(reach=proxy, **{"from": everywhere}) == {Decision.HOLDS}
    assert decided(reach=proxy, **{"from": [mailer]}) == {Decision.BROKEN}
    assert decided(reach=sessions, **{"from": everywhere}) == {Decision.BROKEN}
    assert decided(**{"open to internet": [443]}) == {Decision.HOLDS}
    balancers = [at((each, "balancer")) for each in (HOME, STANDBY)]
    assert decided(**{"open to internet": [], "except": balancers}) == {Decision.HOLDS}
    # Whoever has an address of CloudFront gets in: who that is, AWS alone knows.
    assert Decision.UNKNOWN in decided(**{"open to internet": []})
