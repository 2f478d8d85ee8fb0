"""The map document: where things stand, what is folded, and the way that each verdict draws."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from prove_world_support import at, card, gap, group, holding, network, resource, topology, vpc

from caisson.cli.checked import Checked, Report
from caisson.cli.views.map_document import map_document
from caisson.estate.accepted import Acceptance
from caisson.estate.loading import load
from caisson.estate.model import Public
from caisson.prove.acceptance import Weighed
from caisson.prove.certificate import Certificate, Chain, Closed, Hop, Listed, Packet, Passed
from caisson.prove.model import Decision, Fact, Verdict
from caisson.topology.model import Topology
from caisson.topology.network import Forward, Network, Peering, Ports, Protocol
from caisson.topology.resolve import resolve
from caisson.topology.resources import Key, Movement, Question, Rest, Way

WEB, DATABASE, COPY = "aws_instance.web", "aws_db_instance.main", "aws_db_instance.copy"


def verdict(
    certificate: Certificate | None,
    decision: Decision = Decision.BROKEN,
    subject: str = DATABASE,
    says: str = "",
    why: str = "",
) -> Verdict:
    facts = (Fact(says, at(7)),) if says else ()
    reasons = (Fact(why),) if why else ()
    return Verdict("closed", subject, decision, reasons, facts, "close it", at(3), certificate)


def one(seen: Topology, *verdicts: Verdict) -> dict[str, Any]:
    promise = Public.model_validate({"name": "closed", "public": "none"})
    report = Report((Checked("plan.json", seen, (promise,), verdicts),))
    return dict(map_document(report)["checks"][0])


def estate(**more: Any) -> Topology:
    """A web server and a database in one network, whose copy is in another region."""
    return topology(
        resource(WEB),
        resource(DATABASE, environment="production"),
        resource(COPY, region="eu-north-1"),
        resource("aws_vpc.main"),
        resource("aws_subnet.main"),
        resource("aws_internet_gateway.main"),
        resource("aws_security_group.web"),
        resource("aws_route_table.main"),
        resource("aws_iam_role.web", region="global"),
        holdings=(
            holding(DATABASE),
            holding(DATABASE, Rest.BACKUP, "/backups"),
            holding(COPY, Rest.REPLICA, region="eu-north-1"),
        ),
        movements=(
            Movement(Way.REPLICATION, DATABASE, COPY, at()),
            Movement(Way.BACKUP, DATABASE, f"{DATABASE}/backups", at()),
        ),
        **{
            "network": network(
                vpc("main", 1),
                group("web"),
                card(WEB, ["web"]),
                card(DATABASE, ["web"], public=False),
            )
        }
        | more,
    )


def regions(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (account["name"], region["name"]): region
        for account in found["map"]["accounts"]
        for region in account["regions"]
    }


def legs(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(leg["from"], leg["to"], leg["says"]) for leg in found["verdicts"][0]["legs"]]


# ── places ───────────────────────────────────────────────────────────────────────────────


def test_things_stand_in_the_subnets_of_their_network_and_the_rest_is_counted() -> None:
    here = regions(one(estate()))["111111111111", "eu-west-1"]
    [main] = here["networks"]
    [lane] = main["lanes"]
    assert lane["things"] == [DATABASE, WEB]
    assert (lane["name"], lane["public"], lane["cidrs"]) == ("main", True, ["10.1.1.0/24"])
    assert [each["kind"] for each in main["gateways"]] == ["internet gateway"]
    assert here["things"] == []
    assert here["folded"] == {"aws_security_group": 1, "aws_route_table": 1}


def test_what_is_in_no_network_stands_in_its_region_and_an_empty_region_only_counts() -> None:
    found = regions(one(estate()))
    assert found["111111111111", "eu-north-1"]["things"] == [COPY]
    assert found["111111111111", "global"]["things"] == []
    assert found["111111111111", "global"]["folded"] == {"aws_iam_role": 1}


def test_a_thing_is_what_it_keeps_and_parts_are_told_with_it() -> None:
    things = one(estate())["map"]["things"]
    assert things[DATABASE]["kind"] == "store"
    assert things[DATABASE]["parts"] == [{"name": "backups", "kind": "backup", "encrypted": True}]
    assert things[WEB]["kind"] == "program"
    assert things[WEB]["addressed"] is True
    assert things[DATABASE]["environment"] == "production"


def test_a_server_with_a_disk_is_a_program() -> None:
    seen = topology(resource(WEB), holdings=(holding(WEB, Rest.DISK, "/root"),))
    assert one(seen)["map"]["things"][WEB]["kind"] == "program"


def test_what_may_be_in_one_of_several_networks_stands_beside_them() -> None:
    both = network(
        vpc("one", 1), vpc("other", 2), card(WEB, [], "one"), card(WEB, [], "other", public=False)
    )
    here = regions(one(topology(resource(WEB), network=both)))["111111111111", "eu-west-1"]
    assert here["things"] == [WEB]


def test_subnets_that_hold_nothing_are_told_by_their_number() -> None:
    main = vpc("main", 1)
    spare = tuple(replace(main.subnets[0], id=f"aws_subnet.spare[{n}]") for n in range(3))
    parts = network(main, Network(subnets=spare))
    seen = topology(resource("aws_vpc.main"), resource("aws_subnet.main"), network=parts)
    [lanes] = [
        each["lanes"] for region in regions(one(seen)).values() for each in region["networks"]
    ]
    assert [(lane["name"], lane["subnets"]) for lane in lanes] == [("main", 1), ("spare", 3)]


def test_a_name_that_tells_nothing_gives_way_to_its_module() -> None:
    address = 'module.stores["orders"].aws_dynamodb_table.this[0]'
    seen = topology(resource(address), holdings=(holding(address),))
    assert one(seen)["map"]["things"][address]["name"] == "orders"


def test_what_an_estate_declares_stands_in_its_environments() -> None:
    loaded = load(Path(__file__).parents[2] / "examples" / "workspace" / "estate.yaml")
    found = one(resolve(loaded.estate, loaded.sources))
    assert found["map"]["by"] == "environment"
    places = regions(found)
    # Caisson's own state is of no environment.
    assert {environment for environment, _ in places} == {"production", "staging", None}
    assert places[None, "global"]["things"] == []
    assert "production/us-east/repository/us" in places["production", "us-east"]["things"]
    assert places["production", "global"]["things"] == [
        "production/eu/backups",
        "production/us/backups",
    ]
    assert "production/us-west/blocks" in places["production", "us-west"]["things"]
    assert places["production", "us-west"]["folded"] == {}
    blocks = ("production/us-west/blocks", "production/us-east/blocks", "data")
    lines = found["map"]["lines"]
    assert blocks in [(line["from"], line["to"], line["kind"]) for line in lines]


def test_a_place_that_cannot_be_told_comes_last() -> None:
    seen = topology(
        resource("aws_s3_bucket.lost", account=None, region=None),
        resource("aws_s3_bucket.here"),
        holdings=(holding("aws_s3_bucket.lost"), holding("aws_s3_bucket.here")),
    )
    assert [each["name"] for each in one(seen)["map"]["accounts"]] == ["111111111111", None]


def test_lines_join_networks_copies_and_what_forwards_but_not_a_thing_and_its_part() -> None:
    seen = topology(
        resource(WEB),
        resource(DATABASE),
        resource("aws_lb.front"),
        holdings=(holding(DATABASE, keys=("aws_kms_key.main",)),),
        movements=(Movement(Way.BACKUP, DATABASE, f"{DATABASE}/backups", at()),),
        keys=(Key("aws_kms_key.main", None, None, at()),),
        network=network(
            vpc("one", 1),
            vpc("other", 2),
            Network(
                peerings=(Peering("aws_vpc_peering.a", ("aws_vpc.one", "aws_vpc.other"), at()),),
                forwards=(Forward("aws_lb.front", Ports(80, 80), WEB, Ports(80, 80), at()),),
            ),
        ),
    )
    found = {(line["from"], line["to"], line["kind"]) for line in one(seen)["map"]["lines"]}
    assert found == {
        ("aws_vpc.one", "aws_vpc.other", "joined"),
        ("aws_lb.front", WEB, "forward"),
        (DATABASE, "aws_kms_key.main", "use"),
    }


# ── ways ─────────────────────────────────────────────────────────────────────────────────


def test_a_packet_is_drawn_by_the_gateway_it_goes_through() -> None:
    hops = (Hop("route", "aws_route_table.main"), Hop("gateway", "aws_internet_gateway.main"))
    packet = Packet("internet", "203.0.113.7", 49152, WEB, "10.1.1.4", Protocol.TCP, 22, hops)
    gateway = "aws_internet_gateway.main"
    assert legs(one(estate(), verdict(Passed((packet,))))) == [
        ("internet", gateway, ""),
        (gateway, WEB, "tcp 22"),
    ]


def test_a_chain_is_drawn_from_end_to_end_and_says_what_ties() -> None:
    chain = Chain((WEB, DATABASE, COPY))
    assert legs(one(estate(), verdict(chain))) == [
        (WEB, DATABASE, ""),
        (DATABASE, COPY, "replication"),
    ]


def test_what_spreads_is_drawn_by_its_movements() -> None:
    reached = ((DATABASE, "eu"), (f"{DATABASE}/backups", "eu"), (COPY, "eu"))
    found = one(estate(), verdict(Closed((DATABASE,), reached), Decision.HOLDS))
    assert legs(found) == [(DATABASE, COPY, "replication")]


def test_what_is_open_is_drawn_from_the_internet() -> None:
    facts = ((WEB, "open to internet", "tcp 22"), (DATABASE, "open to internet", "nothing"))
    assert legs(one(estate(), verdict(Listed(facts)))) == [("internet", WEB, "tcp 22")]
    found = one(estate(), verdict(Listed(facts), Decision.UNKNOWN))
    assert legs(found) == [("internet", WEB, "perhaps tcp 22")]
    assert legs(one(estate(), verdict(Listed(facts), Decision.HOLDS))) == []


def test_what_everybody_reads_is_drawn_from_the_internet() -> None:
    facts = ((COPY, "public", "True"), (DATABASE, "public", "False"))
    assert legs(one(estate(), verdict(Listed(facts)))) == [("internet", COPY, "public")]


def test_what_goes_on_behind_an_entrance_is_drawn_when_it_is_told() -> None:
    seen = topology(
        resource(WEB),
        resource("aws_lb.front"),
        network=Network(
            forwards=(Forward("aws_lb.front", Ports(80, 80), WEB, Ports(80, 80), at()),)
        ),
    )
    told = f"aws_lb.front forwards what arrives to {WEB}"
    assert legs(one(seen, verdict(None, subject=WEB, says=told))) == [
        ("aws_lb.front", WEB, "forwards")
    ]
    assert legs(one(seen, verdict(None, subject=WEB, says="aws_lb.front is open"))) == []


def test_a_verdict_lights_what_it_speaks_of_and_a_broken_one_only_what_shows_it() -> None:
    says = "aws_security_group.web lets 0.0.0.0/0 in"
    found = one(estate(), verdict(None, says=says, why=f"{COPY} is closed"))["verdicts"][0]
    assert found["involved"] == [DATABASE, "aws_vpc.main"]
    unknown = verdict(None, Decision.UNKNOWN, "stores", why=f"{COPY}, whose key is unknown.")
    assert one(estate(), unknown)["verdicts"][0]["involved"] == [COPY]


def test_an_address_with_spaces_in_its_key_is_found_in_a_sentence() -> None:
    address = 'aws_s3_bucket.all["old files"]'
    seen = topology(resource(address), holdings=(holding(address),))
    told = verdict(None, subject="stores", says=f"{address}, can be read by everybody")
    assert one(seen, told)["verdicts"][0]["involved"] == [address]


# ── what else is told ────────────────────────────────────────────────────────────────────


def test_a_gap_is_shown_at_what_it_is_about() -> None:
    lost = gap("aws_odd.thing", Question.EXPOSURE, about=("aws_odd.thing", DATABASE))
    [found] = one(estate(gaps=(lost,)))["gaps"]
    assert found["at"] == DATABASE
    assert found["questions"] == ["exposure"]
    assert found["source"] == str(at())


def test_an_accepted_finding_says_why_it_is_borne() -> None:
    promise = Public.model_validate({"name": "closed", "public": "none"})
    checked = Checked("plan.json", estate(), (promise,), (verdict(None),))
    acceptance = Acceptance(
        promise="closed",
        subject=DATABASE,
        fingerprint=checked.fingerprint(checked.verdicts[0]),
        reason="moves next month",
        owner="storage team",
        expires=date(2026, 12, 24),
        source=at(),
    )
    report = Report((checked,), Weighed({acceptance.fingerprint: acceptance}, (), ()))
    [found] = map_document(report)["checks"][0]["verdicts"]
    assert found["accepted"] == "moves next month (storage team, until 2026-12-24)"
    assert one(estate(), verdict(None))["verdicts"][0]["accepted"] is None
