"""Proves every promise of an estate on its topology: one file of this package per question."""

from caisson.estate.model import (
    Estate,
    Isolation,
    LoseRegion,
    Promise,
    Reach,
    Residency,
    Restore,
)
from caisson.estate.sources import Sources
from caisson.prove import isolation, reachability, recoverability, residency, restore
from caisson.prove.judgement import not_asked
from caisson.prove.model import Verdict
from caisson.topology.model import Source, Topology


def prove(estate: Estate, sources: Sources, topology: Topology) -> tuple[Verdict, ...]:
    """Return the verdicts on all promises, in the order of the promises; each has at least one.

    `topology` is that of `estate`, and `sources` tells where the estate was written.
    """
    return tuple(
        verdict
        for position, promise in enumerate(estate.promises)
        for verdict in _decide(promise, sources.at("promises", position), topology, estate, sources)
    )


def _decide(
    promise: Promise, source: Source, topology: Topology, estate: Estate, sources: Sources
) -> tuple[Verdict, ...]:
    match promise:
        case LoseRegion():
            return recoverability.decide(promise, source, topology, estate, sources)
        case Residency():
            return residency.decide(promise, source, topology)
        case Isolation():
            return isolation.decide(promise, source, topology, sources)
        case Reach():
            return reachability.decide(promise, source, topology)
        case Restore():
            return restore.decide(promise, source, topology, estate, sources)
        case _:
            return (not_asked(promise.name, source),)
