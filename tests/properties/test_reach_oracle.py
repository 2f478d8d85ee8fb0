"""The engine, which reckons with sets, agrees with a walker that tries single packets."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from caisson.prove.network.reach import Reach
from caisson.topology.network import Network, Protocol
from packet_walker import Question, Walker, net
from random_networks import PORTS, Maker

QUESTIONS = (
    *(Question(Protocol.TCP, each) for each in (*PORTS, 21, 444, 1023, 1024, 3000, 65535)),
    *(Question(Protocol.UDP, each) for each in (22, 443, 53)),
    Question(Protocol.ICMP),
    Question(Protocol.OTHER),
)
seeds = st.integers(0, 2**32)
# A smaller seed is no simpler network: there is nothing to shrink.
few = settings(max_examples=150, phases=(Phase.explicit, Phase.reuse, Phase.generate))


def asked(seed: int) -> tuple[Question, ...]:
    return tuple(Random(seed).sample(QUESTIONS, 5))  # noqa: S311


def outsiders(network: Network) -> list[IPv4Address | IPv6Address]:
    """Every address around the borders that rules draw in the internet."""
    cidrs = {
        cidr
        for each in network.groups
        for rule in (*each.ingress, *each.egress)
        for cidr in rule.cidrs
    }
    cidrs |= {entry.cidr for each in network.acls for entry in (*each.ingress, *each.egress)}
    cidrs |= {each.destination for one in network.route_tables for each in one.routes}
    edges = {ip_address("1.1.1.1"), ip_address("2600:9::1"), ip_address("223.255.255.254")}
    for cidr in cidrs:
        known = net(cidr)
        edges |= {known.network_address, known.broadcast_address}
    return sorted(edges, key=lambda each: (each.version, int(each)))


@few
@given(seeds)
def test_every_pair_is_decided_alike(seed: int) -> None:
    network = Maker(seed, ipv6=seed % 4 == 0).network()
    reach = Reach.of(network)
    widest, narrowest = Walker(network, sure=False), Walker(network, sure=True)
    owners = [each.owner for each in network.interfaces]
    for source in owners:
        for target in owners:
            found = reach.between(source, target)
            for each in asked(seed):
                place = (source, target, each)
                assert (found.may.has(each.protocol, each.port), place) == (
                    widest.can(source, target, each),
                    place,
                )
                assert (found.must.has(each.protocol, each.port), place) == (
                    narrowest.can(source, target, each),
                    place,
                )


@few
@given(seeds)
def test_the_internet_is_decided_alike(seed: int) -> None:
    network = Maker(seed, ipv6=seed % 3 == 0).network()
    reach = Reach.of(network)
    widest, narrowest = Walker(network, sure=False), Walker(network, sure=True)
    addresses = outsiders(network)
    for owner in (each.owner for each in network.interfaces):
        inward, outward = reach.from_internet(owner), reach.to_internet(owner)
        for each in asked(seed):
            said = [
                found.has(each.protocol, each.port)
                for found in (inward.may, inward.must, outward.may, outward.must)
            ]
            assert (owner, each, said) == (
                owner,
                each,
                [
                    widest.can_from_internet(owner, each, addresses),
                    narrowest.can_from_internet(owner, each, addresses),
                    widest.can_to_internet(owner, each, addresses),
                    narrowest.can_to_internet(owner, each, addresses),
                ],
            )
