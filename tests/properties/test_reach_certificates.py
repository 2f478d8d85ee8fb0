"""Certificates of the engine, replayed by a walker that has never seen how they were made."""

from collections.abc import Iterator
from ipaddress import ip_address
from itertools import islice
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from caisson.prove.certificate import ANYTHING, INTERNET, Refusal
from caisson.prove.network.ports import PortSet
from caisson.prove.network.reach import Reach
from caisson.prove.network.trace import Trace
from caisson.topology.network import Network, Ports, Protocol
from packet_walker import Address, End, Question, Walker, inside, is_public, net
from random_networks import PORTS, Maker

QUESTIONS = (
    *(Question(Protocol.TCP, each) for each in (*PORTS, 0, 21, 1023, 1024, 65535)),
    *(Question(Protocol.UDP, each) for each in (22, 443, 53)),
    Question(Protocol.ICMP),
    Question(Protocol.OTHER),
)
seeds = st.integers(0, 2**32)
few = settings(max_examples=120, phases=(Phase.explicit, Phase.reuse, Phase.generate))


def owners(network: Network) -> list[str]:
    return [each.owner for each in network.interfaces]


def ends(walker: Walker, owner: str) -> list[End]:
    if owner != INTERNET:
        return [end for presence in walker.presences(owner) for end in presence]
    own = [cidr for each in walker.network.vpcs for cidr in each.cidrs]
    outside = (
        each
        for each in outsiders(walker.network)
        if is_public(each) and not any(inside(each, cidr) for cidr in own)
    )
    return [End(None, each) for each in outside]


def outsiders(network: Network) -> Iterator[Address]:
    for group in network.groups:
        for rule in (*group.ingress, *group.egress):
            for cidr in rule.cidrs:
                yield net(cidr).network_address
                yield net(cidr).broadcast_address
    yield from map(ip_address, ("1.1.1.1", "203.0.113.9", "223.1.1.1", "2600:9::1"))


def samples(
    walker: Walker, source: str, target: str, chance: Random
) -> Iterator[tuple[End, End, Question]]:
    some, others = ends(walker, source), ends(walker, target)
    if some and others:
        while True:
            yield chance.choice(some), chance.choice(others), chance.choice(QUESTIONS)


def speaks_of(each: Refusal, one: End, other: End, question: Question) -> bool:
    return (
        (each.source_cidr is None or inside(one.address, each.source_cidr))
        and (each.target_cidr is None or inside(other.address, each.target_cidr))
        and PortSet.from_ports(each.protocol, (each.ports,)).has(question.protocol, question.port)
    )


@few
@given(seeds)
def test_a_packet_that_is_shown_passes(seed: int) -> None:
    network = Maker(seed, ipv6=seed % 4 == 0).network()
    trace = Trace(Reach.of(network))
    for source in (*owners(network), INTERNET):
        for target in owners(network):
            found = trace.connections(source, target)
            for sure, ports in ((False, found.may), (True, found.must)):
                packet = trace.witness(source, target, sure=sure)
                assert (packet is not None) == bool(ports)
                if packet is None:
                    continue
                question = Question(packet.protocol, packet.port)
                walker = Walker(network, sure=sure)
                here, there = ip_address(packet.source_address), ip_address(packet.target_address)
                if source == INTERNET:
                    starts = [End(None, here)]
                else:
                    starts = [each for each in ends(walker, source) if each.address == here]
                assert any(
                    walker.refusal(one, other, question) is None
                    for one in starts
                    for other in ends(walker, target)
                    if other.address == there
                )
                assert ports.has(packet.protocol, packet.port)


@few
@given(seeds)
def test_refusals_refuse_and_cover_everything(seed: int) -> None:
    network = Maker(seed, ipv6=seed % 4 == 0).network()
    trace, walker = Trace(Reach.of(network)), Walker(network, sure=False)
    chance = Random(seed)  # noqa: S311
    for source in (*owners(network), INTERNET):
        for target in owners(network):
            found = trace.connections(source, target)
            asked = PortSet.from_ports(Protocol.ANY) - found.may
            refusals = trace.refusals(source, target, asked)
            for one, other, question in islice(samples(walker, source, target, chance), 25):
                if not asked.has(question.protocol, question.port):
                    continue
                speaking = [
                    each
                    for each in refusals
                    if speaks_of(each, one, other, question) and walker.meets(each.by, one, other)
                ]
                place = (source, target, one, other, question)
                assert speaking, place
                for each in speaking:
                    assert walker.refused_by(each.by, one, other, question), (each, place)


@few
@given(seeds)
def test_what_is_closed_to_all_others_is_closed_to_them(seed: int) -> None:
    network = Maker(seed).network()
    walker, chance = Walker(network, sure=False), Random(seed)  # noqa: S311
    trace = Trace(Reach.of(network))
    port = chance.choice(PORTS)
    for target in owners(network):
        asked = PortSet.from_ports(Protocol.TCP, (Ports(port, port),))
        refusals, admitted = trace.closed(target, asked)
        others = [each for each in owners(network) if each not in admitted]
        assert bool(refusals) == bool(others)
        for refusal in refusals:
            assert (refusal.source, set(refusal.besides)) == (ANYTHING, admitted)
        for source in others:
            for one, other, _ in islice(samples(walker, source, target, chance), 10):
                assert walker.refused_by(refusals[0].by, one, other, Question(Protocol.TCP, port))
