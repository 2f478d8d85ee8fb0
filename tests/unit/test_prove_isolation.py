"""Nothing is shared between two environments, and nothing leads from one to the other."""

from dataclasses import replace

import pytest
from prove_support import at, component, copy, credential, replica_set, request

from caisson.estate.model import Isolation
from caisson.estate.sources import Sources
from caisson.prove import isolation
from caisson.prove.model import Decision, Verdict
from caisson.prove.world import World
from caisson.topology.model import Flow, Kind, Topology

PROMISE = Isolation(name="apart", isolate=["test", "prod"])
TOPOLOGY = Topology(
    "shop",
    components=(
        component("test/us/web", "us", Kind.SERVICE),
        component("test/us/blocks", "us"),
        component("prod/us/web", "us", Kind.SERVICE),
        component("prod/us/blocks", "us"),
        component("tools/us/relay", "us", Kind.SERVICE),
    ),
    flows=(
        request("internet", "test/us/web"),
        request("internet", "prod/us/web"),
        request("test/us/web", "test/us/blocks", "test/us/web/blocks"),
        request("prod/us/web", "prod/us/blocks", "prod/us/web/blocks"),
    ),
    credentials=(credential("test/us/web/blocks"), credential("prod/us/web/blocks")),
)


def only(topology: Topology) -> Verdict:
    sources = Sources({("environments", "test"): at(20), ("environments", "prod"): at(21)})
    (verdict,) = isolation.decide(PROMISE, at(9), World(topology), sources)
    return verdict


def with_flows(*flows: Flow) -> Topology:
    return replace(TOPOLOGY, flows=(*TOPOLOGY.flows, *flows))


def test_it_holds_when_nothing_is_shared() -> None:
    verdict = only(TOPOLOGY)
    assert (verdict.decision, verdict.subject) == (Decision.HOLDS, "test and prod")
    assert verdict.why[0].text == (
        "1 flows begin in test; followed to their ends, none leads into prod"
    )
    assert verdict.why[0].source == at(20)


@pytest.mark.parametrize("ends", [("test/us/web", "prod/us/web"), ("prod/us/web", "test/us/web")])
def test_a_flow_either_way_breaks_it(ends: tuple[str, str]) -> None:
    verdict = only(with_flows(request(*ends, line=30)))
    assert verdict.decision is Decision.BROKEN
    assert [fact.text for fact in verdict.counterexample] == [
        f"{ends[0]} sends requests to {ends[1]}"
    ]
    assert "estate.yaml:30" in (verdict.remedy or "")


def test_the_way_by_a_third_environment_is_shown_whole() -> None:
    verdict = only(
        with_flows(
            request("test/us/web", "tools/us/relay"), request("tools/us/relay", "prod/us/blocks")
        )
    )
    assert verdict.decision is Decision.BROKEN
    assert [fact.text for fact in verdict.counterexample] == [
        "test/us/web sends requests to tools/us/relay",
        "tools/us/relay sends requests to prod/us/blocks",
    ]


def test_the_public_internet_is_no_way_between() -> None:
    assert only(with_flows(request("test/us/web", "internet"))).decision is Decision.HOLDS


def test_a_credential_of_the_other_environment_breaks_it() -> None:
    verdict = only(with_flows(request("tools/us/relay", "prod/us/blocks", "test/us/web/blocks")))
    assert verdict.decision is Decision.BROKEN
    assert "credential test/us/web/blocks of test opens" in verdict.counterexample[0].text


def test_a_shared_address_breaks_it() -> None:
    twin = component("prod/us/cache", "us", host="test/us/blocks")
    verdict = only(replace(TOPOLOGY, components=(*TOPOLOGY.components, twin)))
    assert verdict.decision is Decision.BROKEN
    assert "have the same address" in verdict.counterexample[0].text


def test_a_copy_in_the_other_environment_breaks_it() -> None:
    stray = replace(copy("us", "prod/us/blocks", "us"), environment="test")
    assert only(replace(TOPOLOGY, copies=(stray,))).decision is Decision.BROKEN
    shared = replica_set("test/us/blocks", "test/us/blocks", "prod/us/blocks")
    assert only(replace(TOPOLOGY, replica_sets=(shared,))).decision is Decision.BROKEN


def test_a_flow_into_the_unknown_leaves_it_open() -> None:
    verdict = only(with_flows(request("test/us/web", "somewhere")))
    assert verdict.decision is Decision.UNKNOWN
    assert "somewhere is not described" in [fact.text for fact in verdict.why]


def test_an_empty_environment_keeps_no_promise() -> None:
    without = tuple(each for each in TOPOLOGY.components if each.environment != "test")
    verdict = only(replace(TOPOLOGY, components=without, flows=()))
    assert (verdict.decision, verdict.why[0].text) == (Decision.UNKNOWN, "nothing runs in test")
