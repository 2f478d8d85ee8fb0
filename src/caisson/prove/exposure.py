"""Exposure: what everybody can read, and what the internet can open a connection to."""

from collections.abc import Iterator

from caisson.estate.model import Public
from caisson.prove.answers import Answer, Asked, answered, verdicts
from caisson.prove.judgement import matches_nothing
from caisson.prove.model import Verdict
from caisson.prove.subjects import STORES
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.resources import Holding, Question

_PUBLIC = Asked(
    "public",
    wanted=False,
    well="is not public",
    bad="can be read by everybody",
    unknown="can be read by everybody",
    remedy="take public access away from",
)


def decide_public(promise: Public, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return a verdict for each public store, for what cannot be told, and for the rest."""
    allowed, missing = world.subjects.holdings(promise.public)
    free = {each.id for each in allowed}
    asked = [each for each in world.topology.holdings if each.id not in free]
    gaps = world.gaps[Question.EXPOSURE].beside(
        part for each in (*asked, *allowed) for part in (each.resource, each.id)
    )
    if not asked and not gaps:
        return (_nothing(promise, source),)
    answers = [_public(world, each) for each in asked]
    return (
        *verdicts(
            promise.name,
            source,
            answers,
            everything=f"{STORES} beside {' and '.join(promise.public)}" if free else STORES,
            gaps=gaps,
        ),
        *_unmatched(promise, source, missing),
    )


def _nothing(promise: Public, source: Source) -> Verdict:
    return matches_nothing(
        promise.name, STORES, source, "nothing that keeps data was read", "check what keeps data"
    )


def _unmatched(promise: Public, source: Source, missing: tuple[str, ...]) -> Iterator[Verdict]:
    for each in missing:
        yield matches_nothing(
            promise.name,
            each,
            source,
            f"`{each}` may be public, and names nothing that keeps data",
            f"take `{each}` out of the promise, or write what is meant",
        )


def _public(world: World, holding: Holding) -> Answer:
    gaps = world.gaps[Question.EXPOSURE].near((holding.resource, holding.id))
    return answered(_PUBLIC, holding, world.type_of(holding.resource), gaps)
