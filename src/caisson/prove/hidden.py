"""Which gaps can hide something that keeps data, or a way to it."""

from collections.abc import Callable, Iterator

from caisson.prove.world import World
from caisson.topology.resources import Gap, Understanding


def may_hide_data(world: World) -> Callable[[Gap], bool]:
    """Return what tells a gap that may be about data: about more than what is known to keep none.

    A resource keeps none when its type is understood and nothing rests in it.
    """
    counts, subjects = world.topology.counts, world.subjects
    ignored = {each.type for each in counts if each.understanding is Understanding.IGNORED}
    understood = {each.type for each in counts} - ignored
    without = {
        name
        for name, each in subjects.resources.items()
        if each.type in understood and name not in subjects.holdings_of
    }
    return lambda gap: not gap.about or not without.issuperset(gap.about)


def may_be_public(world: World) -> Callable[[Gap], bool]:
    """Return what tells a gap that may be about data, or about the network around it."""
    hides_data, around = may_hide_data(world), frozenset(_around(world))
    return lambda gap: hides_data(gap) or not around.isdisjoint(gap.about)


def may_hide_ways(world: World) -> Callable[[Gap], bool]:
    """Return what tells a gap that may be about data, or about a way to it.

    What is in the network may pass on what it is sent.
    """
    public, members = may_be_public(world), frozenset(_members(world))
    return lambda gap: public(gap) or not members.isdisjoint(gap.about)


def _around(world: World) -> Iterator[str]:
    network = world.topology.network
    for things in (
        network.vpcs,
        network.subnets,
        network.route_tables,
        network.gateways,
        network.peerings,
        network.transit_attachments,
        network.transit_tables,
        network.groups,
        network.acls,
    ):
        yield from (each.id for each in things)


def _members(world: World) -> Iterator[str]:
    network = world.topology.network
    for things in (network.interfaces, network.forwards, network.listeners):
        for each in things:
            yield each.owner
            yield world.resource_of(each.owner) or each.owner
