"""Movements: how data gets from each store into another, as standbys, caches and backups have it.

A cache has what a service reads from a store, when the service may write into the cache.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from caisson.topology.declaration import REPLICATED, Declaration
from caisson.topology.model import Flow, FlowKind, Kind, ReplicaSet, Topology
from caisson.topology.passes.holdings import backup_of
from caisson.topology.resources import Movement, Way

# A commit of these can wait for the standby. Redis can count acknowledgements (WAIT), which
# does not keep it from losing an acknowledged write in a failover.
_SYNCHRONOUS_SYSTEMS = frozenset({"postgres"})


def movements(declared: Declaration, so_far: Topology) -> Topology:
    """Add the movements: replication first, then caches, then backups."""
    del declared
    return replace(
        so_far,
        movements=(
            *between_components(so_far),
            *_backups(so_far),
        ),
    )


def between_components(so_far: Topology) -> Iterator[Movement]:
    """Yield how data gets from one component into another, by the flows that there are."""
    yield from _replication(so_far)
    yield from _caching(so_far)


def _replication(so_far: Topology) -> Iterator[Movement]:
    sets = {each.primary: each for each in so_far.replica_sets}
    for flow in so_far.flows:
        if flow.kind is FlowKind.REPLICATION:
            yield Movement(
                Way.REPLICATION,
                flow.source,
                flow.target,
                flow.declared,
                # How far an asynchronous standby is behind is measured.
                lag_most_s=0.0 if waits_for_standby(sets[flow.source]) else None,
                via=f"replication from {flow.source}",
            )


def waits_for_standby(replica_set: ReplicaSet) -> bool:
    """Return whether a write is acknowledged only when the standby has it."""
    return replica_set.replication == "sync" and replica_set.system in _SYNCHRONOUS_SYSTEMS


def _caching(so_far: Topology) -> Iterator[Movement]:
    for read, filled in _read_and_filled(so_far):
        via = f"cached by {filled.source}"
        yield Movement(Way.CACHE, read.target, filled.target, filled.declared, via=via)


def _read_and_filled(so_far: Topology) -> Iterator[tuple[Flow, Flow]]:
    """Yield each read of a store beside each fill of a cache by the same service."""
    components = {component.id: component for component in so_far.components}
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


def _backups(so_far: Topology) -> Iterator[Movement]:
    primaries = {each.id: each.primary for each in so_far.replica_sets}
    places = {each.id: each.resource for each in so_far.repositories}
    for each in so_far.backed_up:
        archived = "" if each.wal_s is None else f" and WAL within {each.wal_s:g} s"
        yield Movement(
            Way.BACKUP,
            primaries[each.id],
            backup_of(primaries[each.id]),
            each.source,
            # How long a backup takes, and how late the archive is beyond that, is measured.
            lag_least_s=each.newest_lacks_s,
            kept_s=each.keep_s,
            point_in_time=each.wal_s is not None,
            via=f"backup every {each.every_s:g} s{archived} into {places[each.repository]}",
        )
