"""Isolation: nothing is shared between two environments, and nothing leads across."""

from collections.abc import Iterator

from caisson.estate.model import Isolation
from caisson.estate.sources import Sources
from caisson.prove import (
    isolation_of_accounts,
    isolation_of_components,
    isolation_of_networks,
    isolation_of_resources,
)
from caisson.prove.findings import Findings, together
from caisson.prove.judgement import judged, matches_nothing
from caisson.prove.model import Verdict
from caisson.prove.sides import side
from caisson.prove.world import World
from caisson.topology.model import Source


def decide(
    promise: Isolation, source: Source, world: World, sources: Sources
) -> tuple[Verdict, ...]:
    """Return one verdict on the pair; `sources` tell where a declared estate was written."""
    found = together(_looked_at(promise, source, world, sources))
    subject = " and ".join(promise.isolate)
    if found.empty:
        text = f"nothing runs in {found.empty}"
        remedy = f"declare what runs in {found.empty}, or take the promise back"
        return (matches_nothing(promise.name, subject, source, text, remedy),)
    return (
        judged(
            promise.name,
            subject,
            source,
            why=found.why,
            against=found.against,
            open_questions=found.open,
            remedy=found.remedy,
            certificate=found.certificate,
        ),
    )


def _looked_at(
    promise: Isolation, source: Source, world: World, sources: Sources
) -> Iterator[Findings]:
    if world.topology.components:
        yield isolation_of_components.findings(promise, source, world.topology, sources)
        # What an estate declares is told by its components; nobody describes its network.
        return
    one, other = (side(world, name) for name in promise.isolate)
    for each in (one, other):
        if not each.resources:
            yield Findings(empty=each.name)
            return
    yield isolation_of_networks.findings(world, one, other)
    yield isolation_of_resources.findings(promise, world, one, other)
    yield isolation_of_accounts.findings(promise, world, one, other)
