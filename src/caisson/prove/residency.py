"""Residency: the data of a jurisdiction's tenants rests only where it was promised to.

The promise speaks of rest. What requests pass through on their way is named, not judged.
"""

from collections import defaultdict
from collections.abc import Iterator

from caisson.estate.model import Residency
from caisson.prove.judgement import judged, matches_nothing, place
from caisson.prove.model import Fact, Verdict
from caisson.prove.subjects import ANYTHING, STORES
from caisson.topology.model import Component, Copy, FlowKind, Kind, Source, Tenant, Topology


def decide(promise: Residency, source: Source, topology: Topology) -> tuple[Verdict, ...]:
    """Return one verdict for each environment that holds data of these tenants."""
    copies: dict[str, list[Copy]] = defaultdict(list)
    for copy in topology.copies:
        if copy.tenants_of == promise.tenants and _is_meant(promise, copy.store):
            copies[copy.environment].append(copy)
    if not copies:
        return (
            matches_nothing(
                promise.name,
                promise.tenants,
                source,
                f"no store keeps data of the tenants of {promise.tenants}",
                f"declare a store and an environment that has {promise.tenants}",
            ),
        )
    return tuple(
        _in_environment(promise, source, topology, environment, tuple(found))
        for environment, found in copies.items()
    )


def _is_meant(promise: Residency, store: str) -> bool:
    everything = bool({STORES, ANYTHING} & set(promise.stores))
    return (everything or store in promise.stores) and store not in promise.except_


def _in_environment(
    promise: Residency,
    source: Source,
    topology: Topology,
    environment: str,
    copies: tuple[Copy, ...],
) -> Verdict:
    tenants = [
        tenant
        for tenant in topology.tenants
        if (tenant.environment, tenant.jurisdiction) == (environment, promise.tenants)
    ]
    against = [
        _resting(copy) for copy in copies if copy.jurisdiction not in (promise.stays_in, None)
    ]
    return judged(
        promise.name,
        f"{environment}/{promise.tenants}",
        source,
        why=(
            *_tenants(tenants, promise.tenants),
            *(_resting(copy) for copy in copies if copy.jurisdiction == promise.stays_in),
            *_in_transit(topology, copies, promise.stays_in),
        ),
        against=against,
        open_questions=_open(copies, tenants, promise.tenants),
        remedy=_remedy(promise, against, tenants),
    )


def _tenants(tenants: list[Tenant], jurisdiction: str) -> Iterator[Fact]:
    if tenants:
        names = ", ".join(tenant.name for tenant in tenants)
        yield Fact(f"the tenants of {jurisdiction} are {names}", tenants[0].source)


def _resting(copy: Copy) -> Fact:
    where = copy.jurisdiction or "no known jurisdiction"
    return Fact(f"{copy.store} rests in {copy.component}, in {where}: {copy.via}", copy.source)


def _open(copies: tuple[Copy, ...], tenants: list[Tenant], jurisdiction: str) -> Iterator[Fact]:
    if not tenants:
        yield Fact(f"no tenant is at home in {jurisdiction}, so no data was followed")
    yield from (_resting(copy) for copy in copies if copy.jurisdiction is None)


def _remedy(promise: Residency, against: list[Fact], tenants: list[Tenant]) -> str:
    if against:
        return (
            f"keep every copy in a region of {promise.stays_in}: "
            f"change {', '.join(dict.fromkeys(str(fact.source) for fact in against))}"
        )
    if not tenants:
        return f"declare a tenant with `home: {promise.tenants}`, or take the promise back"
    return "declare the jurisdiction of every region that holds a copy"


def _in_transit(topology: Topology, copies: tuple[Copy, ...], stays_in: str) -> Iterator[Fact]:
    """Name what passes requests for this data on, outside of where it rests."""
    components = {component.id: component for component in topology.components}
    for name in _upstream(topology, {copy.component for copy in copies}):
        component = components.get(name)
        if component and component.kind is not Kind.STORE and component.jurisdiction != stays_in:
            yield Fact(_passing(component), component.source)


def _passing(component: Component) -> str:
    return f"requests pass through {place(component)}, which keeps no data; transit is not promised"


def _upstream(topology: Topology, stores: set[str]) -> Iterator[str]:
    """Yield everything whose requests can arrive at `stores`, nearest first."""
    senders: dict[str, list[str]] = defaultdict(list)
    for flow in topology.flows:
        if flow.kind is FlowKind.REQUEST:
            senders[flow.target].append(flow.source)
    seen, waiting = set(stores), sorted(stores)
    for name in waiting:  # grows while it is walked
        fresh = [sender for sender in dict.fromkeys(senders[name]) if sender not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
        yield from fresh
