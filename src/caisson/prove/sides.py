"""What belongs to an environment or an account, as the two sides of a promise about both.

What has no environment of its own, and is in the network of one, belongs to that one: security
groups and machines are seldom tagged as well as their VPC is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caisson.prove.model import Fact
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.network import Network
from caisson.topology.resources import Holding, Resource


@dataclass(frozen=True, slots=True)
class Side:
    """`resources` by id, in the order of the topology, with the holdings that are theirs.

    `members` are the ids by which they are in the network: their own, or those of parts.
    """

    name: str
    resources: Mapping[str, Resource]
    holdings: Mapping[str, Holding]
    members: frozenset[str]

    @property
    def source(self) -> Source | None:
        return next((each.source for each in self.resources.values()), None)

    def __contains__(self, name: object) -> bool:
        """Whether a resource or holding of this id belongs here."""
        return name in self.resources or name in self.holdings or name in self.members


def side(world: World, name: str) -> Side:
    """Return what belongs to the environment or account `name`."""
    inherited = _by_network(world.topology.network)
    own = {
        each.id: each
        for each in world.topology.resources
        if name in (each.account, environment_of(world, each, inherited))
    }
    holdings = {each.id: each for each in world.topology.holdings if each.resource in own}
    members = frozenset(part for each in own for part in world.parts_of.get(each, ()))
    return Side(name, own, holdings, members)


def environment_of(
    world: World, resource: Resource, inherited: Mapping[str, str] | None = None
) -> str | None:
    """Return the environment that is said of a resource, or else that of its network."""
    if resource.environment is not None or inherited is None:
        return resource.environment
    vpc = world.subjects.resources.get(inherited.get(resource.id, ""))
    return vpc.environment if vpc else None


def environments(world: World) -> tuple[str, ...]:
    """Return the environments that anything is of, those of most resources first."""
    found = Counter(each.environment for each in world.topology.resources if each.environment)
    return tuple(name for name, _ in found.most_common())


def neither(world: World, *sides: Side) -> tuple[Resource, ...]:
    """Return what keeps data or sends packets, and belongs to no environment at all."""
    inherited = _by_network(world.topology.network)
    busy = {each for each in world.parts_of if each is not None}
    busy |= {each.resource for each in world.topology.holdings}
    return tuple(
        each
        for each in world.topology.resources
        if each.id in busy
        and environment_of(world, each, inherited) is None
        and not any(each.id in one for one in sides)
    )


def undecided(world: World, *sides: Side) -> Iterator[Fact]:
    """Name what the promise file puts into one of these environments and another at once."""
    names = {each.name for each in sides}
    for each in world.topology.resources:
        found = world.places.candidates(each.id, each.account, each.region, each.tags, each.type)
        if len(found) > 1 and names & set(found):
            text = f"{each.id} is of {' and of '.join(found)}, by what the promise file says"
            yield Fact(text, each.source)


def _by_network(network: Network) -> dict[str, str]:
    """Return the VPC of each thing that is in one VPC alone."""
    vpc_of = {each.id: each.vpc for each in network.subnets if each.sure}
    found: dict[str, set[str]] = defaultdict(set)
    for table in network.route_tables:
        found[table.id].add(table.vpc)
    for acl in network.acls:
        found[acl.id].add(acl.vpc)
    for group in network.groups:
        found[group.id] |= {group.vpc} if group.vpc else set()
    for subnet, vpc in vpc_of.items():
        found[subnet].add(vpc)
    for each in network.interfaces:
        found[each.owner] |= {vpc_of.get(subnet, "") for subnet in each.subnets}
    return {name: vpcs.pop() for name, vpcs in found.items() if len(vpcs) == 1}
