"""Copies: every place where data of a jurisdiction's tenants comes to rest.

Followed along the flows, not read off the declaration: data rests in the primaries of the
jurisdiction's home, in whatever replicates from a place where it rests, and in every cache
that is written by a service which reads such a place.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from caisson.estate.sources import Source
from caisson.topology.declaration import REPLICATED, Declaration
from caisson.topology.model import Component, Copy, Flow, FlowKind, Kind, ReplicaSet, Topology


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Data comes to rest in `component`, in the way and by the line that are named."""

    component: str
    via: str
    source: Source


_Onward = dict[str, list[_Arrival]]


def copies(declared: Declaration, so_far: Topology) -> Topology:
    """Add the copies, jurisdiction by jurisdiction and nearest to the home first."""
    components = {component.id: component for component in so_far.components}
    onward = _onward(so_far, components)
    homes: dict[tuple[str, str], list[ReplicaSet]] = defaultdict(list)
    for each in so_far.replica_sets:
        homes[each.environment, each.jurisdiction].append(each)
    return replace(
        so_far,
        copies=tuple(
            _copy(jurisdiction, components[arrival.component], arrival)
            for (_, jurisdiction), sets in homes.items()
            for arrival in _reached(_first(declared, sets), onward)
        ),
    )


def _onward(so_far: Topology, components: dict[str, Component]) -> _Onward:
    """Return where data goes next from each store in which it rests."""
    onward: _Onward = defaultdict(list)
    for flow in so_far.flows:
        if flow.kind is FlowKind.REPLICATION:
            via = f"replication from {flow.source}"
            onward[flow.source].append(_Arrival(flow.target, via, flow.declared))
    for read, filled in _caching(so_far, components):
        via = f"cached by {filled.source}"
        onward[read.target].append(_Arrival(filled.target, via, filled.declared))
    return onward


def _caching(so_far: Topology, components: dict[str, Component]) -> Iterator[tuple[Flow, Flow]]:
    """Yield each read of a store beside each fill of a cache by the same service."""
    writable = {each.id for each in so_far.credentials if each.access == "write"}
    reads: dict[str, list[Flow]] = defaultdict(list)
    fills: dict[str, list[Flow]] = defaultdict(list)
    for flow in so_far.flows:
        target = components[flow.target]
        if flow.kind is FlowKind.REQUEST and target.kind is Kind.STORE:
            if target.system in REPLICATED:
                reads[flow.source].append(flow)
            elif flow.credential in writable:
                fills[flow.source].append(flow)
    for service, filled in fills.items():
        yield from ((read, fill) for read in reads[service] for fill in filled)


def _first(declared: Declaration, sets: list[ReplicaSet]) -> list[_Arrival]:
    return [
        _Arrival(
            each.primary,
            "declared home",
            declared.sources.at("jurisdictions", each.jurisdiction, "home"),
        )
        for each in sets
    ]


def _reached(first: list[_Arrival], onward: _Onward) -> Iterator[_Arrival]:
    """Yield the first arrival in every component, breadth first."""
    waiting, seen = deque(first), set()
    while waiting:
        arrival = waiting.popleft()
        if arrival.component not in seen:
            seen.add(arrival.component)
            yield arrival
            waiting.extend(onward.get(arrival.component, ()))


def _copy(tenants_of: str, component: Component, arrival: _Arrival) -> Copy:
    return Copy(
        store=component.name,
        environment=component.environment,
        tenants_of=tenants_of,
        component=component.id,
        jurisdiction=component.jurisdiction,
        via=arrival.via,
        source=arrival.source,
    )
