"""Data of a jurisdiction's tenants rests where it was promised to."""

from dataclasses import replace

from prove_support import at, component, copy, request, tenant

from caisson.estate.model import Residency
from caisson.prove import residency
from caisson.prove.model import Decision, Verdict
from caisson.topology.model import Kind, Topology

PROMISE = Residency(name="stay", tenants="eu", stays_in="eu")
EDGE, WEB, BLOCKS = "prod/edge/edge", "prod/eu-a/web", "prod/eu-a/blocks"
TOPOLOGY = Topology(
    "shop",
    components=(
        component(BLOCKS, "eu"),
        component(WEB, "eu", Kind.SERVICE),
        component(EDGE, None, Kind.EDGE),
    ),
    flows=(request("internet", EDGE), request(EDGE, WEB), request(WEB, BLOCKS)),
    copies=(copy("eu", BLOCKS, "eu"),),
    tenants=(tenant("muster", "prod", "eu"),),
)


def only(topology: Topology, promise: Residency = PROMISE) -> Verdict:
    (verdict,) = residency.decide(promise, at(9), topology)
    return verdict


def test_it_holds_when_every_copy_is_inside() -> None:
    verdict = only(TOPOLOGY)
    assert (verdict.decision, verdict.subject) == (Decision.HOLDS, "prod/eu")
    assert [fact.text for fact in verdict.why] == [
        "the tenants of eu are muster",
        "blocks rests in prod/eu-a/blocks, in eu: declared home",
        (
            "requests pass through prod/edge/edge, in no jurisdiction, which keeps no data; "
            "transit is not promised"
        ),
    ]
    assert verdict.remedy is None
    assert not verdict.counterexample


def test_a_copy_outside_breaks_it_and_is_the_counterexample() -> None:
    outside = replace(TOPOLOGY, copies=(*TOPOLOGY.copies, copy("eu", "prod/us-a/blocks", "us", 12)))
    verdict = only(outside)
    assert verdict.decision is Decision.BROKEN
    (fact,) = verdict.counterexample
    assert fact.text == "blocks rests in prod/us-a/blocks, in us: declared home"
    assert fact.source == at(12)
    assert "estate.yaml:12" in (verdict.remedy or "")


def test_other_tenants_data_is_not_looked_at() -> None:
    others = replace(TOPOLOGY, copies=(*TOPOLOGY.copies, copy("us", "prod/us-a/blocks", "us")))
    assert only(others).decision is Decision.HOLDS


def test_a_copy_of_unknown_place_leaves_it_open() -> None:
    unplaced = replace(TOPOLOGY, copies=(*TOPOLOGY.copies, copy("eu", "prod/x/blocks", None)))
    verdict = only(unplaced)
    assert verdict.decision is Decision.UNKNOWN
    assert any("no known jurisdiction" in fact.text for fact in verdict.why)
    assert verdict.remedy


def test_a_promise_about_nobody_is_not_kept() -> None:
    verdict = only(replace(TOPOLOGY, tenants=()))
    assert verdict.decision is Decision.UNKNOWN
    assert "declare a tenant with `home: eu`" in (verdict.remedy or "")


def test_a_promise_about_no_data_is_not_kept() -> None:
    verdict = only(replace(TOPOLOGY, copies=()))
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, "eu")


def test_data_promised_to_another_jurisdiction_must_not_rest_at_home() -> None:
    elsewhere = Residency(name="go", tenants="eu", stays_in="ch")
    assert only(TOPOLOGY, elsewhere).decision is Decision.BROKEN


def test_each_environment_has_its_own_verdict() -> None:
    both = replace(
        TOPOLOGY,
        copies=(*TOPOLOGY.copies, copy("eu", "test/us-a/blocks", "us")),
        tenants=(*TOPOLOGY.tenants, tenant("muster", "test", "eu")),
    )
    verdicts = residency.decide(PROMISE, at(9), both)
    assert [(each.subject, each.decision) for each in verdicts] == [
        ("prod/eu", Decision.HOLDS),
        ("test/eu", Decision.BROKEN),
    ]
