"""A short name for what a measurement depends on: it changes when the evidence goes stale."""

import json
from collections.abc import Iterator
from hashlib import sha256

from caisson.topology.model import Topology
from caisson.topology.part import in_environment, touching
from caisson.topology.records import Record, records, without

# Tenants come and go without changing what was shown; copies follow from the flows.
_LEFT_OUT = frozenset({"tenant", "copy"})


def fingerprint(
    topology: Topology,
    environment: str | None = None,
    regions: frozenset[str] | None = None,
) -> str:
    """Return 64 hexadecimal digits for the part in `environment` and `regions`, or for all.

    Order, source lines and local addresses do not count. With `regions`, what ties them to
    their neighbours counts and the neighbours themselves do not; the edge is in the region
    `edge`. A part that is empty has a fingerprint too, that of nothing.
    """
    part = topology if environment is None else in_environment(topology, environment)
    part = part if regions is None else touching(part, regions)
    return sha256("\n".join(sorted(_lines(part))).encode()).hexdigest()


def _lines(part: Topology) -> Iterator[str]:
    return (_canonical(record) for record in records(part) if record.kind not in _LEFT_OUT)


def _canonical(record: Record) -> str:
    facts = without(record, "address").facts
    return json.dumps([record.kind, record.id, facts], sort_keys=True, separators=(",", ":"))
