"""Losing a region: what lives on, and which RPO the replication can give."""

from dataclasses import replace

import pytest
from prove_support import at, component, replica_set, request, site

from caisson.estate.model import Estate, LoseRegion, Store
from caisson.estate.sources import Sources
from caisson.prove import recoverability
from caisson.prove.model import Decision, Verdict
from caisson.topology.model import Kind, Topology

ESTATE = Estate(
    estate="shop",
    stores={
        "blocks": Store(system="postgres"),
        "cache": Store(system="memcached", rebuildable=True),
    },
)
SET = replica_set("prod/us/blocks", "prod/a/blocks", "prod/b/blocks")
TOPOLOGY = Topology(
    "shop",
    sites=(site("prod/a", "us"), site("prod/b", "us"), site("prod/edge", None)),
    components=(
        *(component(f"prod/{region}/blocks", "us") for region in "ab"),
        *(component(f"prod/{region}/cache", "us") for region in "ab"),
        *(component(f"prod/{region}/web", "us", Kind.SERVICE) for region in "ab"),
        *(component(f"prod/{region}/proxy", "us", Kind.PROXY) for region in "ab"),
        component("prod/edge/edge", None, Kind.EDGE),
    ),
    replica_sets=(SET,),
    flows=tuple(request("prod/edge/edge", f"prod/{region}/proxy") for region in "ab"),
)


def promise(rpo: str) -> LoseRegion:
    return LoseRegion.model_validate(
        {"name": "lose", "when": "region lost", "rpo": rpo, "rto": "60s"}
    )


def losing(
    region: str, topology: Topology = TOPOLOGY, rpo: str = "5s", estate: Estate = ESTATE
) -> Verdict:
    verdicts = recoverability.decide(promise(rpo), at(9), topology, estate, Sources())
    return next(each for each in verdicts if each.subject == f"prod/{region}")


def without(*ids: str) -> Topology:
    return replace(
        TOPOLOGY, components=tuple(each for each in TOPOLOGY.components if each.id not in ids)
    )


def with_set(**changes: object) -> Topology:
    return replace(TOPOLOGY, replica_sets=(replace(SET, **changes),))  # type: ignore[arg-type]


def texts(verdict: Verdict) -> str:
    return "\n".join(fact.text for fact in (*verdict.why, *verdict.counterexample))


def test_every_region_has_a_verdict_and_the_edge_has_none() -> None:
    verdicts = recoverability.decide(promise("5s"), at(9), TOPOLOGY, ESTATE, Sources())
    assert [each.subject for each in verdicts] == ["prod/a", "prod/b"]


@pytest.mark.parametrize("region", ["a", "b"])
@pytest.mark.parametrize("kind", ["async", "sync"])
def test_a_declaration_alone_never_shows_that_it_holds(region: str, kind: str) -> None:
    verdict = losing(region, with_set(replication=kind))
    assert verdict.decision is Decision.UNKNOWN
    assert verdict.remedy == f"run `caisson drill lose-region {region}`"
    assert "is not decided by a declaration" in texts(verdict)


def test_asynchronous_replication_cannot_promise_no_loss() -> None:
    verdict = losing("a", rpo="0s")
    assert verdict.decision is Decision.BROKEN
    assert verdict.counterexample[0].source == SET.source
    assert "acknowledges a write before the standby has it" in verdict.counterexample[0].text


def test_losing_the_standby_loses_no_data() -> None:
    verdict = losing("b", rpo="0s")
    assert verdict.decision is Decision.UNKNOWN
    assert "prod/b/blocks is a standby: its loss loses no data" in texts(verdict)


def test_synchronous_replication_loses_nothing() -> None:
    verdict = losing("a", with_set(replication="sync"), rpo="0s")
    assert verdict.decision is Decision.UNKNOWN
    assert "what was acknowledged is in the standby" in texts(verdict)
    assert "how far the standby is behind" not in texts(verdict)


def test_redis_is_not_believed_to_replicate_synchronously() -> None:
    topology = with_set(replication="sync", system="redis")
    assert losing("a", topology, rpo="0s").decision is Decision.BROKEN


def test_a_store_without_standby_is_lost_with_its_region() -> None:
    verdict = losing("a", with_set(standbys=()))
    assert verdict.decision is Decision.BROKEN
    assert "no other copy in another region of us" in verdict.counterexample[0].text
    assert "estate.yaml:3" in (verdict.remedy or "")


def test_a_standby_outside_the_jurisdiction_is_none() -> None:
    moved = tuple(
        replace(each, jurisdiction="eu") if each.id == "prod/b/blocks" else each
        for each in TOPOLOGY.components
    )
    verdict = losing("a", replace(TOPOLOGY, components=moved))
    assert verdict.decision is Decision.BROKEN
    assert "its other copy is prod/b/blocks, in eu" in texts(verdict)


def test_a_standby_in_the_same_region_is_none() -> None:
    verdict = losing("a", with_set(standbys=("prod/a/cache",)))
    assert verdict.decision is Decision.BROKEN


def test_a_cache_may_be_lost_when_it_is_rebuildable() -> None:
    assert "prod/a/cache is rebuildable: its loss loses no data" in texts(losing("a"))
    stores = {**ESTATE.stores, "cache": Store(system="memcached")}
    verdict = losing("a", estate=Estate(estate="shop", stores=stores))
    assert verdict.decision is Decision.BROKEN
    assert "prod/a/cache is lost and no other copy follows it" in texts(verdict)


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        ("prod/b/web", "web runs in no other region of us"),
        ("prod/b/proxy", "no other way leads into us"),
    ],
)
def test_what_serves_must_run_elsewhere_too(gone: str, text: str) -> None:
    verdict = losing("a", without(gone))
    assert verdict.decision is Decision.BROKEN
    assert text in texts(verdict)


def test_a_proxy_to_which_nothing_leads_is_no_way_in() -> None:
    verdict = losing("a", replace(TOPOLOGY, flows=TOPOLOGY.flows[:1]))
    assert verdict.decision is Decision.BROKEN


def test_an_edge_inside_the_region_is_lost_with_it() -> None:
    inside = component("prod/a/edge", "us", Kind.EDGE)
    verdict = losing("a", replace(TOPOLOGY, components=(*TOPOLOGY.components, inside)))
    assert verdict.decision is Decision.BROKEN
    assert "prod/a/edge is lost with the region" in texts(verdict)
    assert "prod/edge/edge is outside of the region" in texts(verdict)


def test_a_topology_without_regions_keeps_no_promise() -> None:
    (verdict,) = recoverability.decide(
        promise("5s"), at(9), Topology("shop"), Estate(estate="shop"), Sources()
    )
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, "shop")
