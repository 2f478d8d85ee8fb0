"""A network of which something has changed is decided as if it were read for the first time."""

from dataclasses import replace
from random import Random

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from caisson.prove.crowd import open_to_crowd
from caisson.prove.network.reach import Reach
from caisson.topology.network import Network
from random_networks import Maker

seeds = st.integers(0, 2**32)
few = settings(max_examples=150, phases=(Phase.explicit, Phase.reuse, Phase.generate))


def changed(network: Network, vpc: str, maker: Maker, chance: Random) -> Network:
    """Return the network with other rules, routes, ACLs or members of one VPC."""
    groups, tables = [each.id for each in network.groups], [e.id for e in network.route_tables]
    theirs = {
        "groups": tuple(maker._group(e.id, groups) if e.vpc == vpc else e for e in network.groups),
        "acls": tuple(maker._acl(e.id, vpc) if e.vpc == vpc else e for e in network.acls),
        "route_tables": tuple(
            replace(each, routes=each.routes[1:]) if each.id == chance.choice(tables) else each
            for each in network.route_tables
            if each.vpc == vpc
        )
        + tuple(each for each in network.route_tables if each.vpc != vpc),
        "interfaces": tuple(
            replace(each, addresses=()) if each.owner.startswith(vpc) else each
            for each in network.interfaces
        ),
    }
    some = chance.sample(sorted(theirs), chance.choice((1, 1, 2, 4)))
    return replace(network, **{name: theirs[name] for name in some})


@few
@given(seeds)
@example(1740244634)  # new rules tell apart addresses of a neighbour that nothing did before
@example(1849986302)
def test_a_change_in_one_vpc_is_decided_as_the_whole(seed: int) -> None:
    maker, chance = Maker(seed, ipv6=seed % 4 == 0), Random(seed)  # noqa: S311
    network = maker.network()
    before = Reach.of(network)
    owners = [each.owner for each in network.interfaces]
    for one in owners:  # so that there is something to be kept
        before.from_internet(one)
        before.to_internet(one)
        for other in owners:
            before.between(one, other)
    vpc = chance.choice(maker.vpcs)
    network = changed(network, vpc, maker, chance)
    updated, anew = before.updated(network, [vpc]), Reach.of(network)
    for one in owners:
        assert updated.from_internet(one) == anew.from_internet(one)
        assert updated.to_internet(one) == anew.to_internet(one)
        for other in owners:
            assert updated.between(one, other) == anew.between(one, other), (one, other)


@few
@given(seeds)
def test_a_network_that_lets_less_in_is_decided_as_the_whole(seed: int) -> None:
    network = Maker(seed, ipv6=seed % 4 == 0).network()
    crowd = open_to_crowd(network)
    narrowed, anew = Reach.of(network).narrowed(crowd), Reach.of(crowd)
    for one in (each.owner for each in network.interfaces):
        assert narrowed.from_internet(one) == anew.from_internet(one)
