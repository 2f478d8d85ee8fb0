"""What two environments of a declared estate share, by its components, flows and credentials."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from caisson.estate.model import Isolation
from caisson.estate.sources import Sources
from caisson.prove.findings import Findings
from caisson.prove.judgement import flow_fact
from caisson.prove.model import Fact
from caisson.topology.model import Component, Flow, Source, Topology

INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two environments, with what belongs to it."""

    name: str
    source: Source
    components: dict[str, Component]
    credentials: frozenset[str]


def findings(promise: Isolation, source: Source, topology: Topology, sources: Sources) -> Findings:
    """Return what speaks for and against the promise, and what it is not told about."""
    first, second = (_side(topology, name, sources) for name in promise.isolate)
    for side in (first, second):
        if not side.components:
            return Findings(empty=side.name)
    against = tuple(_against(topology, first, second))
    return Findings(
        why=() if against else tuple(_separate(topology, first, second, source)),
        against=against,
        open=tuple(_unknown_ends(topology, first, second)),
        remedy=f"give {first.name} and {second.name} their own: change "
        + ", ".join(dict.fromkeys(str(fact.source) for fact in against))
        if against
        else "describe the components that the flows name",
    )


def _side(topology: Topology, name: str, sources: Sources) -> _Side:
    return _Side(
        name,
        sources.at("environments", name),
        {each.id: each for each in topology.components if each.environment == name},
        frozenset(each.id for each in topology.credentials if each.environment == name),
    )


def _against(topology: Topology, first: _Side, second: _Side) -> Iterator[Fact]:
    for one, other in ((first, second), (second, first)):
        yield from _path(topology, one, other)
        yield from _foreign_credentials(topology, one, other)
        yield from _foreign_members(topology, one, other)
        yield from _foreign_copies(topology, one, other)
    yield from _shared_addresses(first, second)
    yield from _shared_repositories(topology, first, second)


def _path(topology: Topology, one: _Side, other: _Side) -> Iterator[Fact]:
    """Yield the flows of a shortest way from `one` to `other`, if there is any.

    The internet is no way: what it may do at a public edge, everybody may.
    """
    onward: dict[str, list[Flow]] = defaultdict(list)
    for flow in topology.flows:
        onward[flow.source].append(flow)
    arrived: dict[str, Flow | None] = dict.fromkeys(one.components)
    waiting = list(one.components)
    for name in waiting:  # grows while it is walked
        if name in other.components:
            yield from map(flow_fact, _walked(name, arrived))
            return
        for flow in onward[name]:
            if flow.target not in arrived and flow.target != INTERNET:
                arrived[flow.target] = flow
                waiting.append(flow.target)


def _walked(end: str, arrived: dict[str, Flow | None]) -> list[Flow]:
    flows: list[Flow] = []
    while flow := arrived[end]:
        flows.insert(0, flow)
        end = flow.source
    return flows


def _foreign_credentials(topology: Topology, one: _Side, other: _Side) -> Iterator[Fact]:
    for flow in topology.flows:
        if flow.credential in one.credentials and flow.target in other.components:
            yield Fact(
                f"the credential {flow.credential} of {one.name} opens {flow.target}", flow.declared
            )


def _foreign_members(topology: Topology, one: _Side, other: _Side) -> Iterator[Fact]:
    for each in topology.replica_sets:
        for member in each.members:
            if each.environment == one.name and member in other.components:
                yield Fact(f"the store {each.id} has a copy in {member}", each.source)


def _foreign_copies(topology: Topology, one: _Side, other: _Side) -> Iterator[Fact]:
    for copy in topology.copies:
        if copy.environment == one.name and copy.component in other.components:
            text = f"data of {one.name} rests in {copy.component}: {copy.via}"
            yield Fact(text, copy.source)


def _shared_addresses(first: _Side, second: _Side) -> Iterator[Fact]:
    owners = {each.address.host: each for each in first.components.values()}
    for each in second.components.values():
        if (owner := owners.get(each.address.host)) is not None:
            text = f"{owner.id} and {each.id} have the same address, {each.address.host}"
            yield Fact(text, each.source)


def _shared_repositories(topology: Topology, first: _Side, second: _Side) -> Iterator[Fact]:
    """Yield the buckets and folders in which both keep backups: who may write one may the other."""
    kept = {
        each.root: each
        for each in topology.repositories
        if each.environment == first.name and each.root
    }
    for each in topology.repositories:
        shared = kept.get(each.root) if each.root else None
        if each.environment == second.name and shared:
            text = f"the backups of {shared.id} and of {each.id} lie in one place, {each.root}"
            yield Fact(f"{text}; write {{environment}} into its name", each.source)


def _separate(topology: Topology, first: _Side, second: _Side, source: Source) -> Iterator[Fact]:
    for one, other in ((first, second), (second, first)):
        flows = sum(flow.source in one.components for flow in topology.flows)
        yield Fact(
            f"{flows} flows begin in {one.name}; followed to their ends, none leads "
            f"into {other.name}",
            one.source,
        )
        opened = sum(flow.credential in one.credentials for flow in topology.flows)
        yield Fact(
            f"the {len(one.credentials)} credentials of {one.name} are used in {opened} flows, "
            f"none of them into {other.name}",
            one.source,
        )
    yield Fact(
        f"the {len(first.components)} components of {first.name} and the "
        f"{len(second.components)} of {second.name} share no address, store or copy",
        first.source,
    )
    yield Fact(
        "what anybody may do over the internet at a public edge is not counted as a way between",
        source,
    )


def _unknown_ends(topology: Topology, first: _Side, second: _Side) -> Iterator[Fact]:
    """Name flows of the two that end in something the topology does not describe."""
    known = {each.id for each in topology.components} | {INTERNET}
    ours = first.components.keys() | second.components.keys()
    for flow in topology.flows:
        ends = {flow.source, flow.target}
        if ends & ours and ends - known:
            yield Fact(f"{min(ends - known)} is not described", flow.declared)
