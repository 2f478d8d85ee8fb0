"""Reachability: who can open a store, by the flows that lead to it and the credentials for it."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from caisson.estate.model import Reach
from caisson.prove.judgement import flow_fact, judged, matches_nothing
from caisson.prove.model import Fact, Verdict
from caisson.topology.model import (
    Component,
    Credential,
    Flow,
    FlowKind,
    Kind,
    Source,
    Topology,
)


def decide(promise: Reach, source: Source, topology: Topology) -> tuple[Verdict, ...]:
    """Return one verdict for each environment that has the store."""
    environments = dict.fromkeys(
        each.environment
        for each in topology.components
        if each.kind is Kind.STORE and each.name == promise.reach
    )
    if not environments:
        return (
            matches_nothing(
                promise.name,
                promise.reach,
                source,
                f"no environment has the store {promise.reach}",
                f"declare the store {promise.reach} and an environment, or take the promise back",
            ),
        )
    return tuple(_in_environment(promise, source, topology, each) for each in environments)


def _in_environment(
    promise: Reach, source: Source, topology: Topology, environment: str
) -> Verdict:
    components = {each.id: each for each in topology.components}
    store = {
        each.id
        for each in topology.components
        if each.environment == environment and each.name == promise.reach
    }
    arriving = [
        flow for flow in topology.flows if flow.target in store and flow.source not in store
    ]
    refused = [
        flow
        for flow in arriving
        if not _is_allowed(components.get(flow.source), promise, environment)
    ]
    credentials = [
        each
        for each in topology.credentials
        if (each.environment, each.store) == (environment, promise.reach)
    ]
    excessive = [each for each in credentials if each.service not in promise.from_]
    against = (
        *map(flow_fact, refused),
        *(_right(each, ()) for each in excessive),
        *(flow_fact(flow) for flow in topology.flows if _carries_away(flow, store)),
    )
    return judged(
        promise.name,
        f"{environment}/{promise.reach}",
        source,
        why=() if against else _openers(arriving, credentials, source),
        against=against,
        remedy=_remedy(promise, against),
    )


def _is_allowed(opener: Component | None, promise: Reach, environment: str) -> bool:
    """Whether a promised service opens it; one of the same name elsewhere is another service."""
    return (
        opener is not None
        and opener.kind is Kind.SERVICE
        and opener.name in promise.from_
        and opener.environment == environment
    )


def _carries_away(flow: Flow, store: set[str]) -> bool:
    return flow.kind is FlowKind.REPLICATION and flow.source in store and flow.target not in store


def _openers(arriving: list[Flow], credentials: list[Credential], source: Source) -> Iterator[Fact]:
    users: dict[str | None, list[str]] = defaultdict(list)
    for flow in arriving:
        users[flow.credential].append(flow.source)
        if flow.credential is None:
            yield flow_fact(flow)
    for credential in credentials:
        yield _right(credential, dict.fromkeys(users[credential.id]))
    yield Fact(
        "no other flow leads to it and no other credential opens it"
        if arriving
        else "no flow leads to it",
        source,
    )


def _right(credential: Credential, users: Collection[str]) -> Fact:
    holders = ", held by " + ", ".join(users) if users else ""
    return Fact(
        f"{credential.service} may {credential.access} with the credential "
        f"{credential.id}{holders}",
        credential.source,
    )


def _remedy(promise: Reach, against: tuple[Fact, ...]) -> str:
    places = ", ".join(dict.fromkeys(str(fact.source) for fact in against))
    allowed = ", ".join(promise.from_) or "nobody"
    return (
        f"take `{promise.reach}` out of what others use ({places}), "
        f"or promise it to more than {allowed}"
    )
