"""Only the named services open a store."""

from dataclasses import replace

import pytest
from prove_support import at, component, credential, replication, request

from caisson.estate.model import Reach
from caisson.prove import reachability
from caisson.prove.model import Decision, Verdict
from caisson.topology.model import Flow, Kind, Topology

PROMISE = Reach(name="only-web", reach="blocks", from_=["web"])
TOPOLOGY = Topology(
    "shop",
    components=(
        component("prod/a/blocks", "us"),
        component("prod/b/blocks", "us"),
        component("prod/a/search", "us"),
        component("prod/a/web", "us", Kind.SERVICE),
        component("prod/a/batch", "us", Kind.SERVICE),
        component("prod/a/proxy", "us", Kind.PROXY),
        component("test/a/web", "us", Kind.SERVICE),
    ),
    flows=(
        request("prod/a/proxy", "prod/a/web"),
        request("prod/a/web", "prod/a/blocks", "prod/us/web/blocks"),
        replication("prod/a/blocks", "prod/b/blocks"),
    ),
    credentials=(credential("prod/us/web/blocks"), credential("prod/us/batch/search")),
)


def only(topology: Topology, promise: Reach = PROMISE) -> Verdict:
    (verdict,) = reachability.decide(promise, at(9), topology)
    return verdict


def test_it_holds_when_only_the_named_service_opens_it() -> None:
    verdict = only(TOPOLOGY)
    assert (verdict.decision, verdict.subject) == (Decision.HOLDS, "prod/blocks")
    assert verdict.why[0].text == (
        "web may write with the credential prod/us/web/blocks, held by prod/a/web"
    )


@pytest.mark.parametrize(
    "flow",
    [
        pytest.param(request("prod/a/batch", "prod/b/blocks", line=40), id="another service"),
        pytest.param(request("prod/a/proxy", "prod/a/blocks", line=40), id="a proxy"),
        pytest.param(request("internet", "prod/a/blocks", line=40), id="the internet"),
        pytest.param(request("test/a/web", "prod/a/blocks", line=40), id="its namesake elsewhere"),
        pytest.param(request("somewhere", "prod/a/blocks", line=40), id="something unknown"),
        pytest.param(replication("prod/a/blocks", "prod/a/search", line=40), id="carried away"),
    ],
)
def test_whatever_else_opens_it_breaks_it(flow: Flow) -> None:
    verdict = only(replace(TOPOLOGY, flows=(*TOPOLOGY.flows, flow)))
    assert verdict.decision is Decision.BROKEN
    assert [fact.source for fact in verdict.counterexample] == [at(40)]
    assert "estate.yaml:40" in (verdict.remedy or "")


def test_a_credential_alone_is_enough_to_break_it() -> None:
    spare = credential("prod/us/batch/blocks", access="read", line=41)
    verdict = only(replace(TOPOLOGY, credentials=(*TOPOLOGY.credentials, spare)))
    assert verdict.decision is Decision.BROKEN
    assert verdict.counterexample[0].text == (
        "batch may read with the credential prod/us/batch/blocks"
    )


def test_nobody_may_be_promised() -> None:
    nobody = Reach(name="sealed", reach="blocks", from_=[])
    assert only(TOPOLOGY, nobody).decision is Decision.BROKEN
    sealed = replace(TOPOLOGY, flows=(), credentials=())
    assert only(sealed, nobody).decision is Decision.HOLDS


def test_a_store_that_is_nowhere_keeps_no_promise() -> None:
    absent = Reach(name="only-web", reach="ledger", from_=["web"])
    assert only(TOPOLOGY, absent).decision is Decision.UNKNOWN
