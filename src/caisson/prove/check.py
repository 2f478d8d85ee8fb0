"""Proves every promise on a topology: one file of this package per question.

    promises of an estate ──────────┐
    promises of a promise file ─────┼─▶ _decide ─▶ one question's file ─▶ verdicts
    Caisson's own default promises ─┘

What an estate declares is decided on its components and flows, what Terraform describes on
resources, holdings and the network. A topology that has both is asked both.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from caisson.estate.model import (
    Encrypted,
    Estate,
    Isolation,
    Lose,
    LoseRegion,
    OpenToInternet,
    Promise,
    Public,
    Reach,
    Residency,
    Restore,
    Same,
)
from caisson.estate.promise_files import Promised
from caisson.estate.sources import Sources
from caisson.prove import (
    consistency,
    encryption,
    exposure,
    isolation,
    reachability,
    reachability_of_networks,
    recoverability,
    recoverability_of_resources,
    residency,
    residency_of_resources,
    restore,
    restore_of_resources,
)
from caisson.prove.defaults import default_promises
from caisson.prove.model import Verdict
from caisson.prove.world import World
from caisson.topology.model import Source, Topology
from caisson.topology.places import Places

Verdicts = tuple[Verdict, ...]

# Where promises stand that nobody wrote.
_DEFAULTS = Source("caisson's defaults", 1)


@dataclass(frozen=True, slots=True)
class Proved:
    """The promises that were asked, and the verdicts in their order; each has at least one.

    `defaults`: nobody wrote these promises, they are Caisson's own.
    """

    promises: tuple[Promise, ...]
    verdicts: tuple[Verdict, ...]
    defaults: bool = False


def prove(estate: Estate, sources: Sources, topology: Topology) -> tuple[Verdict, ...]:
    """Return the verdicts on all promises, in the order of the promises; each has at least one.

    `topology` is that of `estate`, and `sources` tells where the estate was written.
    """
    world = World(topology)
    return _all(estate.promises, sources, lambda p, s: _of_estate(p, s, world, estate, sources))


def prove_terraform(promised: Promised | None, topology: Topology) -> Proved:
    """Return the verdicts on somebody's Terraform, by the default set when nothing is promised."""
    places = Places.of(promised.file) if promised else Places()
    world = World(topology, places)
    if promised is None:
        promises: tuple[Promise, ...] = default_promises(world)
        sources = Sources(whole=_DEFAULTS)
    else:
        promises, sources = tuple(promised.file.promises), promised.sources
    verdicts = _all(promises, sources, lambda p, s: _of_resources(p, s, world))
    return Proved(promises, verdicts, defaults=promised is None)


def _all(
    promises: Iterable[Promise], sources: Sources, decide: Callable[[Promise, Source], Verdicts]
) -> Verdicts:
    return tuple(
        verdict
        for position, promise in enumerate(promises)
        for verdict in decide(promise, sources.at("promises", position))
    )


def _of_estate(
    promise: Promise, source: Source, world: World, estate: Estate, sources: Sources
) -> Verdicts:
    match promise:
        case LoseRegion():
            return recoverability.decide(promise, source, world.topology, estate, sources)
        case Residency():
            return residency.decide(promise, source, world.topology)
        case Isolation():
            return isolation.decide(promise, source, world, sources)
        case Reach():
            return reachability.decide(promise, source, world.topology)
        case Restore():
            return restore.decide(promise, source, world.topology, estate, sources)
        case _:
            return _of_resources(promise, source, world)


def _of_resources(  # noqa: C901, PLR0911  one line for each question
    promise: Promise, source: Source, world: World
) -> Verdicts:
    match promise:
        case Isolation():
            return isolation.decide(promise, source, world, Sources(whole=source))
        case Reach():
            return reachability_of_networks.decide(promise, source, world)
        case Encrypted():
            return encryption.decide(promise, source, world)
        case Public():
            return exposure.decide_public(promise, source, world)
        case OpenToInternet():
            return exposure.decide_open(promise, source, world)
        case Same():
            return consistency.decide(promise, source, world)
        case Residency():
            return residency_of_resources.decide(promise, source, world)
        case Lose():
            return recoverability_of_resources.decide(promise, source, world)
        case LoseRegion():
            return recoverability_of_resources.decide_region(promise, source, world)
        case Restore():
            return restore_of_resources.decide(promise, source, world)
        case _:
            assert_never(promise)
