"""The fingerprint of what a measurement depends on: it changes when the evidence must go stale."""

from dataclasses import replace

from caisson.topology import fingerprint as topologies
from caisson.topology.model import Topology


def fingerprint(topology: Topology, subject: str) -> str:
    """Fingerprint what surrounds a site or replica set: its jurisdiction in its environment.

    Of backups, those of a replica set itself count, and where they lie: this is what a restore
    depends on, and the loss of a site does not. A subject that is not there has a fingerprint too,
    that of nothing.
    """
    environment = subject.partition("/")[0]
    jurisdictions = {s.jurisdiction for s in topology.sites if s.id == subject}
    jurisdictions |= {r.jurisdiction for r in topology.replica_sets if r.id == subject}
    regions = {
        s.region
        for s in topology.sites
        if s.environment == environment and s.jurisdiction in jurisdictions
    }
    part = _with_backups_of(topology, subject)
    return topologies.fingerprint(part, environment, frozenset(regions))


def _with_backups_of(topology: Topology, subject: str) -> Topology:
    backed_up = tuple(each for each in topology.backed_up if each.id == subject)
    used = {each.repository for each in backed_up}
    return replace(
        topology,
        backed_up=backed_up,
        repositories=tuple(each for each in topology.repositories if each.id in used),
    )
