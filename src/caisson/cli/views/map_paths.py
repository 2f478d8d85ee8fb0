"""The way of a verdict across the map, from its certificate; what else it speaks of.

    Passed  each packet, by the gateways that it goes through
    Chain   from each id to the next
    Closed  the movements by which the data spreads
    Listed  what the internet opens, and what everybody reads

What stands nowhere on the map is passed over.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from caisson.cli.views.map_places import INTERNET, Atlas
from caisson.prove.certificate import Certificate, Chain, Closed, Listed, Packet, Passed
from caisson.prove.model import Decision, Verdict

# A word of a sentence; the key of a `for_each` may have spaces in it.
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_PUNCTUATION = ".,;:()"
# More would be a thicket that nobody can read.
_MOST_LEGS = 60
_MOST_INVOLVED = 400


@dataclass(frozen=True, slots=True)
class Leg:
    """From one anchor of the map to another, and what goes this way, in a few words."""

    source: str
    target: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """What is drawn for a verdict: its legs, and every anchor that it speaks of."""

    legs: tuple[Leg, ...]
    involved: tuple[str, ...]


class Paths:
    """Draws verdicts on the map of one topology."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas

    def of(self, verdict: Verdict) -> Path:
        legs = dict.fromkeys(self._legs(verdict))
        drawn = tuple(leg for leg in legs if leg.source != leg.target)[:_MOST_LEGS]
        ends = (end for leg in drawn for end in (leg.source, leg.target))
        involved = dict.fromkeys((*ends, *self._spoken_of(verdict)))
        return Path(drawn, tuple(involved)[:_MOST_INVOLVED])

    def _legs(self, verdict: Verdict) -> Iterator[Leg]:
        match verdict.certificate:
            case Passed(packets):
                for packet in packets:
                    yield from self._of_packet(packet)
            case Chain(ids):
                yield from self._along(ids, self._ties)
            case Closed(reached=reached):
                yield from self._of_movements({holding for holding, _ in reached})
            case Listed(facts) if verdict.decision is not Decision.HOLDS:
                perhaps = "" if verdict.decision is Decision.BROKEN else "perhaps "
                yield from self._of_facts(facts, perhaps)
        if verdict.decision is Decision.BROKEN:
            yield from self._forwarded(verdict)

    def _of_packet(self, packet: Packet) -> Iterator[Leg]:
        gateways = (hop.id for hop in packet.hops if hop.kind == "gateway")
        stops = (packet.source, *gateways, packet.target)
        *before, last = self._along(stops, {}) or (None,)
        yield from before
        if last:
            yield Leg(last.source, last.target, f"{packet.protocol} {packet.port}")

    def _along(self, ids: Iterable[str], says: Mapping[tuple[str, str], str]) -> tuple[Leg, ...]:
        """Return the legs from each id to the next; those that stand nowhere are passed over."""
        stops = [(each, anchor) for each in ids if (anchor := self._atlas.anchor(each))]
        return tuple(
            Leg(here, there, says.get((one, other)) or says.get((other, one), ""))
            for (one, here), (other, there) in pairwise(stops)
            if here != there
        )

    def _of_movements(self, reached: set[str]) -> Iterator[Leg]:
        for each in self._atlas.topology.movements:
            if each.source in reached and each.target in reached:
                yield from self._along((each.source, each.target), self._ties)

    def _of_facts(self, facts: Iterable[tuple[str, str, str]], perhaps: str) -> Iterator[Leg]:
        for name, field, value in facts:
            if field == "open to internet" and value != "nothing":
                says = value
            elif (field, value) == ("public", "True"):
                says = "public"
            else:
                continue
            ends = (INTERNET, name)
            yield from self._along(ends, {ends: f"{perhaps}{says}"})

    def _forwarded(self, verdict: Verdict) -> Iterator[Leg]:
        """Yield what goes on from one thing of a counterexample to another."""
        texts = (fact.text for fact in verdict.counterexample)
        spoken = {each for text in texts for each in self._mentions(text)}
        for name in spoken & self._forwards.keys():
            for target in self._forwards[name]:
                if target in spoken:
                    yield Leg(name, target, "forwards")

    @cached_property
    def _forwards(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for each in self._atlas.topology.network.forwards:
            found[self._atlas.base(each.owner)].append(self._atlas.base(each.target))
        return {owner: tuple(dict.fromkeys(each)) for owner, each in found.items()}

    @cached_property
    def _ties(self) -> Mapping[tuple[str, str], str]:
        topology = self._atlas.topology
        found = {(each.user, each.used): each.why for each in topology.uses}
        found |= {(h.id, key): "encrypted with" for h in topology.holdings for key in h.keys}
        return found | {(m.source, m.target): m.way.value for m in topology.movements}

    def _spoken_of(self, verdict: Verdict) -> Iterator[str]:
        # What is broken shows itself; its reasons may speak of much besides.
        facts = verdict.counterexample or verdict.why
        for text in (verdict.subject, *(fact.text for fact in facts)):
            yield from self._mentions(text)
        for name in _named(verdict.certificate):
            if anchor := self._atlas.anchor(name):
                yield anchor

    def _mentions(self, text: str) -> Iterator[str]:
        for word in _WORD.findall(text):
            if anchor := self._atlas.anchor(word.strip(_PUNCTUATION)):
                yield anchor


def _named(certificate: Certificate | None) -> Iterator[str]:
    match certificate:
        case Chain(ids):
            yield from ids
        case Closed(reached=reached):
            yield from (holding for holding, _ in reached)
        case Listed(facts):
            yield from (name for name, _, _ in facts)
