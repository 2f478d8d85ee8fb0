"""Encryption: data at rest lies encrypted, and nobody sends it in the clear."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from caisson.estate.model import Encrypted
from caisson.prove.answers import Answer, Asked, answered, verdicts
from caisson.prove.judgement import matches_nothing
from caisson.prove.model import Fact, Verdict
from caisson.prove.subjects import ANYTHING, EVERY_REST, SERVING, STORES
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.network import Listener
from caisson.topology.resources import GLOBAL, Holding, Key, Question

# Systems that write nothing to a disk, not even to start again or to make a replica.
_IN_MEMORY = frozenset({"memcached"})
_AT_REST = Asked(
    "encrypted",
    wanted=True,
    well="is encrypted",
    bad="is not encrypted at rest",
    unknown="is encrypted at rest",
    remedy="turn on encryption at rest for",
)
_IN_TRANSIT = Asked(
    "encrypted_in_transit",
    wanted=True,
    well="is talked to with TLS only",
    bad="may be talked to in the clear",
    unknown="is talked to with TLS only",
    remedy="refuse connections without TLS to",
)


def decide(promise: Encrypted, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return a verdict for each thing in the clear, for what cannot be told, and for the rest."""
    answers: list[Answer] = []
    holdings, missing = world.subjects.holdings(promise.of)
    if "at rest" in promise.encrypted:
        answers += (_at_rest(world, each) for each in holdings)
    if "in transit" in promise.encrypted:
        answers += (_in_transit(world, each) for each in holdings if each.rest in SERVING)
        answers += (_listening(world, each) for each in _listeners(promise, world))
    if not answers:
        return (_nothing(promise, source, missing or tuple(promise.of)),)
    return (
        *verdicts(
            promise.name,
            source,
            answers,
            everything=" and ".join(promise.of),
            gaps=_gaps(promise, world, holdings),
        ),
        *(_nothing(promise, source, (each,)) for each in missing if each != STORES),
    )


def _nothing(promise: Encrypted, source: Source, subjects: Collection[str]) -> Verdict:
    named = " and ".join(subjects)
    return matches_nothing(
        promise.name,
        named,
        source,
        f"nothing that keeps data was read for {named}",
        "write the address, type or pattern of something that keeps data",
    )


def _gaps(promise: Encrypted, world: World, holdings: Collection[Holding]) -> tuple[Fact, ...]:
    """Return what leaves open whether these are all: things not understood may keep data too."""
    gaps = world.gaps[Question.ENCRYPTION]
    if {STORES, ANYTHING} & set(promise.of):
        return gaps.beside(part for each in holdings for part in _parts(each))
    return gaps.facts(world.subjects.named(promise.of, EVERY_REST).resources)


def _parts(holding: Holding) -> tuple[str, ...]:
    return (holding.resource, holding.id, *holding.keys)


def _at_rest(world: World, holding: Holding) -> Answer:
    if holding.system in _IN_MEMORY and not holding.encrypted:
        said = Answer(
            holding.id,
            world.type_of(holding.resource),
            holding.resource,
            looked_up=((holding.id, "system", holding.system),),
        )
        text = f"{holding.id} keeps its data in memory alone, nothing of it at rest"
        return replace(said, why=(Fact(text, holding.source),))
    asked = _AT_REST
    if holding.keys:
        asked = replace(asked, well=f"{asked.well} with {', '.join(holding.keys)}")
    return _answered(world, asked, holding, tuple(_keys_elsewhere(world, holding)))


def _answered(world: World, asked: Asked, holding: Holding, more: tuple[Fact, ...] = ()) -> Answer:
    gaps, parts = world.gaps[Question.ENCRYPTION], _parts(holding)
    type_ = world.type_of(holding.resource)
    found = (*more, *gaps.near(parts))
    return answered(asked, holding, type_, found, gaps.settings(type_, parts))


def _keys_elsewhere(world: World, holding: Holding) -> Iterator[Fact]:
    """A key works in its own region only, but for the replicas of a multi-region key."""
    for name in holding.keys:
        key = world.keys.get(name)
        if key is not None and _elsewhere(key, holding):
            text = (
                f"{holding.id} is in {holding.region}, and its key {name} in {key.region}, "
                "where it cannot be used from there"
            )
            yield Fact(text, holding.source)


def _elsewhere(key: Key, holding: Holding) -> bool:
    """Return whether a key is of another region; one that is in none is handed to who needs it."""
    told = key.region not in (None, GLOBAL) and holding.region is not None
    return told and key.region != holding.region


def _in_transit(world: World, holding: Holding) -> Answer:
    return _answered(world, _IN_TRANSIT, holding)


def _listeners(promise: Encrypted, world: World) -> Iterator[Listener]:
    everywhere = bool({STORES, ANYTHING} & set(promise.of))
    named = frozenset(world.subjects.named(promise.of, EVERY_REST).resources)
    for each in world.topology.network.listeners:
        if everywhere or each.owner in named:
            yield each


def _listening(world: World, listener: Listener) -> Answer:
    low, high = listener.ports.low, listener.ports.high
    ports = f"{low}" if low == high else f"{low}-{high}"
    where = f"{listener.owner} on port {ports}"
    said = Answer(
        f"{listener.owner}:{ports}",
        world.type_of(listener.owner),
        looked_up=(
            (listener.owner, f"listener {ports} encrypted", str(listener.encrypted)),
            (listener.owner, f"listener {ports} redirects", str(listener.redirects)),
        ),
    )
    gaps = world.gaps[Question.ENCRYPTION].near((listener.owner,))
    if listener.encrypted or listener.redirects:
        how = "with TLS" if listener.encrypted else "only to send on to TLS"
        well = Fact(f"{where} answers {how}", listener.source)
        return replace(said, why=(well,), open=gaps)
    if listener.encrypted is None:
        told = Fact(f"whether {where} answers with TLS only cannot be told", listener.source)
        return replace(said, open=(told, *gaps))
    return replace(
        said,
        against=(Fact(f"{where} answers in the clear", listener.source),),
        remedy=f"give {listener.owner} a certificate on port {ports}, or redirect to TLS there",
    )
