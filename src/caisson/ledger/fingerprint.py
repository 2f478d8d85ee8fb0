"""The fingerprint of what a measurement depends on: it changes when the evidence must go stale."""

from caisson.topology import fingerprint as topologies
from caisson.topology.model import Topology


def fingerprint(topology: Topology, subject: str) -> str:
    """Fingerprint what surrounds a site or replica set: its jurisdiction in its environment.

    A subject that is not there has a fingerprint too, that of nothing.
    """
    environment = subject.partition("/")[0]
    jurisdictions = {s.jurisdiction for s in topology.sites if s.id == subject}
    jurisdictions |= {r.jurisdiction for r in topology.replica_sets if r.id == subject}
    regions = {
        s.region
        for s in topology.sites
        if s.environment == environment and s.jurisdiction in jurisdictions
    }
    return topologies.fingerprint(topology, environment, frozenset(regions))
