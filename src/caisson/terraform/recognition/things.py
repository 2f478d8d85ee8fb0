"""Sites and components: what runs where, by what it is, and by the names in its tags."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from caisson.terraform.reading import Block, Reading
from caisson.topology.declaration import REPLICATED
from caisson.topology.model import Address, Component, Kind, Role, Site
from caisson.topology.passes.components import PROXY_SYSTEM
from caisson.topology.passes.sites import EDGE
from caisson.topology.resources import Holding, Resource

# The tag that says which store or service of the estate a thing belongs to.
COMPONENT = "Component"
PROXY, SERVICE = "proxy", "service"
BALANCER, DISTRIBUTION, ECS_SERVICE = "aws_lb", "aws_cloudfront_distribution", "aws_ecs_service"
DATABASE, REDIS, MEMCACHED, SEARCH, BUCKET = (
    "aws_db_instance",
    "aws_elasticache_replication_group",
    "aws_elasticache_cluster",
    "aws_opensearch_domain",
    "aws_s3_bucket",
)
_STORES = (DATABASE, REDIS, MEMCACHED, SEARCH, BUCKET)
_SYSTEMS = {"s3": "files"}  # where the estate has another word
_NOWHERE = Address("", 0)


@dataclass(frozen=True, slots=True)
class Regions:
    """What the estate calls the regions of AWS; one that it does not name keeps its own name."""

    words: Mapping[str, str]

    def word(self, region: str | None) -> str:
        return self.words.get(region or "", region or "")


@dataclass(frozen=True, slots=True)
class Thing:
    """A component, and the resource that it is."""

    component: Component
    block: Block

    @property
    def resource(self) -> str:
        return self.block.address


def sites(reading: Reading, regions: Regions) -> tuple[Site, ...]:
    """Return the sites: where an environment has a network, and its edge."""
    found: dict[str, Site] = {}
    for vpc in reading.of("aws_vpc"):
        here = vpc.resource
        if here.environment is not None:
            word = regions.word(here.region)
            site = Site(here.environment, word, here.jurisdiction, here.source)
            edge = Site(here.environment, EDGE, None, here.source)
            found.setdefault(site.id, site)
            found.setdefault(edge.id, edge)
    return tuple(found.values())


def things(reading: Reading, holdings: Iterable[Holding], regions: Regions) -> tuple[Thing, ...]:
    """Return the components; those of stores have the role of a primary until more is known."""
    systems = {each.id: _SYSTEMS.get(each.system, each.system) for each in holdings}
    return (*_stores(reading, systems, regions), *_others(reading, regions))


def _stores(reading: Reading, systems: Mapping[str, str], regions: Regions) -> Iterator[Thing]:
    for block in reading.of(*_STORES):
        name, system = block.resource.tags.get(COMPONENT), systems.get(block.address)
        if name and system:
            role = Role.PRIMARY if system in REPLICATED else Role.REPLICA
            yield from _thing(block, name, Kind.STORE, system, role, regions)


def _others(reading: Reading, regions: Regions) -> Iterator[Thing]:
    for block in reading.of(ECS_SERVICE):
        if name := block.resource.tags.get(COMPONENT):
            yield from _thing(block, name, Kind.SERVICE, SERVICE, Role.REPLICA, regions)
    for block in reading.of(BALANCER):
        yield from _thing(block, PROXY, Kind.PROXY, PROXY_SYSTEM, Role.REPLICA, regions)
    for block in reading.of(DISTRIBUTION):
        yield from _thing(block, EDGE, Kind.EDGE, PROXY_SYSTEM, Role.REPLICA, regions)


def _thing(
    block: Block, name: str, kind: Kind, system: str, role: Role, regions: Regions
) -> Iterator[Thing]:
    """Yield a component, if its environment is told."""
    here: Resource = block.resource
    if here.environment is None:
        return
    at_edge = kind is Kind.EDGE
    yield Thing(
        Component(
            here.environment,
            EDGE if at_edge else regions.word(here.region),
            None if at_edge else here.jurisdiction,
            name,
            kind,
            system,
            role,
            _NOWHERE,
            here.source,
        ),
        block,
    )
