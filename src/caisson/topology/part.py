"""Part of a topology, as a topology of its own."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Protocol, TypeVar

from caisson.topology.model import Topology
from caisson.topology.resources import Movement


class _InEnvironment(Protocol):
    @property
    def environment(self) -> str | None: ...


T = TypeVar("T", bound=_InEnvironment)


def in_environment(topology: Topology, environment: str) -> Topology:
    """Return what is in `environment`; a flow or movement is where it arrives."""

    def own(items: Iterable[T]) -> tuple[T, ...]:
        return tuple(each for each in items if each.environment == environment)

    return replace(
        topology,
        sites=own(topology.sites),
        components=own(topology.components),
        replica_sets=own(topology.replica_sets),
        flows=tuple(f for f in topology.flows if f.target.partition("/")[0] == environment),
        credentials=own(topology.credentials),
        copies=own(topology.copies),
        tenants=own(topology.tenants),
        repositories=own(topology.repositories),
        backed_up=own(topology.backed_up),
        resources=own(topology.resources),
        holdings=(held := own(topology.holdings)),
        movements=_into(topology, {each.id for each in held}),
    )


def _into(topology: Topology, holdings: Collection[str]) -> tuple[Movement, ...]:
    return tuple(each for each in topology.movements if each.target in holdings)


def touching(topology: Topology, regions: Collection[str]) -> Topology:
    """Return what is in `regions`, and what ties it to the rest.

    A replica set is kept when a member is there, a flow when an end is there, a credential
    when a flow that is kept uses it, and a tenant or backups when their jurisdiction has a site
    there.
    """
    sites = tuple(each for each in topology.sites if each.region in regions)
    components = tuple(each for each in topology.components if each.region in regions)
    ids = {each.id for each in components}
    flows = tuple(each for each in topology.flows if each.source in ids or each.target in ids)
    used = {each.credential for each in flows}
    served = {(each.environment, each.jurisdiction) for each in sites}
    return replace(
        topology,
        sites=sites,
        components=components,
        replica_sets=tuple(s for s in topology.replica_sets if not ids.isdisjoint(s.members)),
        flows=flows,
        credentials=tuple(each for each in topology.credentials if each.id in used),
        copies=tuple(each for each in topology.copies if each.component in ids),
        tenants=tuple(
            each for each in topology.tenants if (each.environment, each.jurisdiction) in served
        ),
        repositories=tuple(
            each
            for each in topology.repositories
            if (each.environment, each.jurisdiction) in served
        ),
        backed_up=tuple(
            each for each in topology.backed_up if (each.environment, each.jurisdiction) in served
        ),
        resources=tuple(each for each in topology.resources if each.region in regions),
        holdings=(held := tuple(each for each in topology.holdings if each.region in regions)),
        movements=_into(topology, {each.id for each in held}),
    )
