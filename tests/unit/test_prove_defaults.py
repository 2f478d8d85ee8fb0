"""The set that is asked where nobody promised anything, and asking for all of it at once."""

from pathlib import Path

import pytest
from prove_support import component
from prove_world_support import (
    at,
    card,
    gap,
    group,
    holding,
    network,
    resource,
    rule,
    topology,
    vpc,
    world,
)

from caisson.estate.model import Isolation, Lose, Promise, Residency
from caisson.estate.promise_files import read
from caisson.prove.check import Proved, prove_terraform
from caisson.prove.coverage import coverage
from caisson.prove.defaults import default_promises
from caisson.prove.model import Decision
from caisson.prove.world import World
from caisson.topology.model import Kind, Topology
from caisson.topology.network import Ports
from caisson.topology.resources import (
    EVERY_QUESTION,
    Count,
    Movement,
    Question,
    Rest,
    Understanding,
    Way,
)

DB, BUCKET, WEB = "aws_db_instance.main", "aws_s3_bucket.data", "aws_instance.web"
SSH = rule("ssh", Ports(22, 22), cidrs=("0.0.0.0/0",))


def shop(**parts: object) -> Topology:
    """A machine, a database and a bucket that keep all promises but one about the network."""
    said: dict[str, object] = {
        "holdings": (
            holding(DB, jurisdiction="eu"),
            holding(BUCKET, Rest.FILES, system="s3", jurisdiction="us"),
        ),
        "network": network(
            vpc("main", 0),
            group("web", SSH),
            group("db"),
            card(WEB, ["web"]),
            card(DB, ["db"], public=False),
        ),
    }
    return topology(
        resource(DB, "production"),
        resource(BUCKET, "production"),
        resource(WEB, "staging"),
        **(said | parts),  # type: ignore[arg-type]
    )


def names(found: tuple[Promise, ...]) -> list[str]:
    return [each.name for each in found]


def decisions(proved: Proved, promise: str) -> dict[str, Decision]:
    return {each.subject: each.decision for each in proved.verdicts if each.promise == promise}


def test_everything_that_is_there_is_asked() -> None:
    proved = prove_terraform(None, shop())
    assert proved.defaults
    assert names(proved.promises) == [
        "stores-closed-to-the-internet",
        "only-web-ports-are-open",
        "no-public-stores",
        "encrypted-at-rest",
        "stores-survive-their-own-loss",
        "eu-data-stays-in-eu",
        "us-data-stays-in-us",
        "apart-1-production-and-staging",
    ]
    assert {each.promise for each in proved.verdicts} == set(names(proved.promises))
    assert decisions(proved, "only-web-ports-are-open") == {
        WEB: Decision.BROKEN,
        "everything else": Decision.HOLDS,
    }
    assert decisions(proved, "stores-closed-to-the-internet") == {"stores": Decision.HOLDS}
    assert decisions(proved, "no-public-stores") == {"stores": Decision.HOLDS}
    assert decisions(proved, "encrypted-at-rest") == {"stores": Decision.HOLDS}


def test_what_is_not_there_is_not_asked() -> None:
    found = world(resource("aws_iam_user.me"))
    assert default_promises(found) == ()
    files = world(resource(BUCKET), holdings=(holding(BUCKET, Rest.LOG),))
    assert names(default_promises(files)) == ["no-public-stores", "encrypted-at-rest"]


def test_stores_that_are_in_no_network_are_not_asked_what_the_internet_can_open() -> None:
    found = shop(network=network(vpc("main", 0), card(WEB, [])))
    asked = names(default_promises(World(found)))
    assert "stores-closed-to-the-internet" not in asked
    assert "only-web-ports-are-open" in asked


def test_nobody_asks_of_caches_what_is_left_after_their_loss() -> None:
    cache = holding(DB, Rest.CACHE, durable=False)
    asked = names(default_promises(world(resource(DB), holdings=(cache,))))
    assert "stores-survive-their-own-loss" not in asked
    lasting = names(default_promises(world(resource(DB), holdings=(holding(DB),))))
    assert "stores-survive-their-own-loss" in lasting


@pytest.mark.parametrize(
    "found",
    [Topology("empty"), topology(resource("aws_x.y"), gaps=(gap("aws_x.y", *EVERY_QUESTION),))],
)
def test_of_what_is_empty_or_not_understood_everything_is_asked_and_nothing_told(
    found: Topology,
) -> None:
    proved = prove_terraform(None, found)
    assert len(proved.promises) == 5
    assert {each.decision for each in proved.verdicts} == {Decision.UNKNOWN}


def test_promises_about_places_are_those_of_the_places() -> None:
    found = default_promises(world(*shop().resources, holdings=shop().holdings))
    stays = [each for each in found if isinstance(each, Residency)]
    assert [(each.tenants, each.stays_in) for each in stays] == [("eu", "eu"), ("us", "us")]
    (apart,) = (each for each in found if isinstance(each, Isolation))
    assert (apart.isolate, apart.except_) == (["production", "staging"], ["account"])
    (lose,) = (each for each in found if isinstance(each, Lose))
    assert (lose.lose, lose.rpo) == ("store", 172_800)


def test_of_many_environments_some_pairs_are_asked_and_names_are_names() -> None:
    many = world(*(resource(f"aws_x.n{n}", f"Team {n}: blue/green") for n in range(9)))
    found = [each for each in default_promises(many) if isinstance(each, Isolation)]
    assert len(found) == 6
    assert len(set(names(tuple(found)))) == 6


def test_a_promise_file_replaces_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "promises.yaml"
    file.write_text(
        "environments: {live: {addresses: [aws_db_instance.*]}, dev: {addresses: [aws_instance.*]}}"
        "\npromises:\n"
        "  - {name: secret, encrypted: [at rest]}\n"
        "  - {name: closed, open to internet: [443]}\n"
        "  - {name: alike, same: [live, dev]}\n"
    )
    proved = prove_terraform(read(file), shop())
    assert not proved.defaults
    assert names(proved.promises) == ["secret", "closed", "alike"]
    assert decisions(proved, "closed")[WEB] is Decision.BROKEN
    assert [str(each.source) for each in proved.verdicts if each.promise == "secret"] == [
        f"{file}:3"
    ]


@pytest.mark.parametrize("question", [Question.EXPOSURE, Question.REACHABILITY])
def test_what_is_not_understood_makes_what_depends_on_it_unknown(question: Question) -> None:
    strange = gap("aws_vpn_connection.office", question, about=())
    proved = prove_terraform(None, shop(gaps=(strange,)))
    assert decisions(proved, "only-web-ports-are-open")[WEB] is Decision.BROKEN
    assert decisions(proved, "stores-closed-to-the-internet") == {"stores": Decision.UNKNOWN}
    assert decisions(proved, "encrypted-at-rest") == {"stores": Decision.HOLDS}


def test_coverage_counts_resources_by_what_became_of_them() -> None:
    counts = (
        Count("aws_x", 3, Understanding.IGNORED),
        Count("aws_a", 2, Understanding.IGNORED),
        Count("aws_vpc", 4, Understanding.MODELLED),
        Count("null_resource", 5, Understanding.NEUTRAL),
    )
    found = coverage([shop(counts=counts), shop(counts=counts[:1])])
    assert (found.resources, found.understood, found.neutral) == (17, 9, 5)
    assert found.ignored == {"aws_a": 2, "aws_x": 6}
    assert list(found.ignored) == ["aws_a", "aws_x"]


def test_what_an_estate_declares_is_counted_once() -> None:
    web = component("production/eu-west/web", "eu", Kind.SERVICE)
    counts = (Count("service", 1, Understanding.MODELLED),)
    found = coverage([Topology("shop", components=(web,), counts=counts)])
    assert (found.resources, found.understood) == (1, 1)


@pytest.mark.parametrize("public", [True, None, False])
def test_what_everybody_is_given_may_go_anywhere(public: bool | None) -> None:
    cdn = "aws_cloudfront_distribution.cdn"
    edges = holding(cdn, Rest.DELIVERY, region="global", jurisdiction=None, public=public)
    site = holding(BUCKET, Rest.FILES, system="s3", jurisdiction="us")
    delivered = (Movement(Way.DELIVERY, BUCKET, cdn, at(), via="CloudFront"),)
    found = shop(holdings=(site, holding(DB, jurisdiction="us"), edges), movements=delivered)
    expected = Decision.BROKEN if public is False else Decision.HOLDS
    assert expected in decisions(prove_terraform(None, found), "us-data-stays-in-us").values()
    alone = shop(holdings=(site, edges), movements=delivered)
    asked = names(default_promises(World(alone)))
    assert ("us-data-stays-in-us" in asked) is (public is False)
