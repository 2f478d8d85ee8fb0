"""What is decided before anything is written: where each part of the estate lies on AWS.

    estate + topology ─▶ Blueprint ─▶ aws/*.py ─▶ roots

Writers take their decisions from here and from nowhere else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network

from caisson.estate.aws import Aws
from caisson.estate.model import Environment, Estate, Service, Store
from caisson.estate.sources import Sources
from caisson.terraform.writing.aws.regions import state_region, zones_of
from caisson.terraform.writing.names import label, physical
from caisson.topology.declaration import Declaration
from caisson.topology.model import Component, Kind, ReplicaSet, Topology

MANAGEMENT, SECURITY = "management", "security"
PRODUCTION = "production"
# The class of what Caisson itself adds: logs, images, credentials.
INTERNAL = "internal"
_VPC_BITS = 16


@dataclass(frozen=True, slots=True)
class Place:
    """One environment in one region. `region` is the estate's word, `aws` that of AWS.

    `zones` are those that its subnets lie in; `network` is its VPC's range.
    """

    environment: str
    jurisdiction: str
    region: str
    aws: str
    account: str
    zones: tuple[str, ...]
    network: IPv4Network

    @property
    def site(self) -> str:
        return f"{self.environment}/{self.region}"

    @property
    def label(self) -> str:
        """The alias of its provider, and the beginning of the names of its blocks."""
        return label(self.region)


@dataclass(frozen=True, slots=True)
class Area:
    """One environment in one jurisdiction: what lies in `home`, and in `standby` if any."""

    environment: str
    jurisdiction: str
    home: Place
    standby: Place | None

    @property
    def places(self) -> tuple[Place, ...]:
        return (self.home,) if self.standby is None else (self.home, self.standby)

    @property
    def account(self) -> str:
        return self.home.account


@dataclass(frozen=True)
class Blueprint:
    """The estate, its topology, and where it lies. `areas` are in the order of declaration."""

    estate: Estate
    sources: Sources
    topology: Topology
    aws: Aws
    areas: tuple[Area, ...]

    def area(self, environment: str, jurisdiction: str) -> Area:
        return self._areas[environment, jurisdiction]

    def of_environment(self, environment: str) -> tuple[Area, ...]:
        return tuple(each for each in self.areas if each.environment == environment)

    def declared(self, environment: str) -> Environment:
        return self.estate.environments[environment]

    def store(self, component: Component) -> Store:
        return self.estate.stores[component.name]

    def service(self, component: Component) -> Service:
        return self.estate.services[component.name]

    def names_of_store(self, name: str) -> tuple[str, ...]:
        """Return every name that a store had, and last the one that it has."""
        return _names(self.estate.stores[name].was, name)

    def names_of_service(self, name: str) -> tuple[str, ...]:
        """Return every name that a service had, and last the one that it has."""
        return _names(self.estate.services[name].was, name)

    def components(self, place: Place, kind: Kind, *systems: str) -> tuple[Component, ...]:
        """Return the components of a site, of all systems when none is named."""
        return tuple(
            each
            for each in self._components.get(place.site, ())
            if each.kind is kind and (not systems or each.system in systems)
        )

    def replica_sets(self, area: Area, *systems: str) -> tuple[ReplicaSet, ...]:
        return tuple(
            each
            for each in self.topology.replica_sets
            if (each.environment, each.jurisdiction) == (area.environment, area.jurisdiction)
            and each.system in systems
        )

    def small(self, environment: str) -> bool:
        return self.declared(environment).sizes == "small"

    def state_region(self, jurisdiction: str) -> str:
        """Return the AWS region that keeps a jurisdiction's states, where it has no site."""
        return state_region(self.estate, self.aws, jurisdiction)

    def data_classes(self) -> tuple[str, ...]:
        """Return the classes of data that have keys of their own, INTERNAL last."""
        declared = (each.data for each in self.estate.stores.values())
        return tuple(dict.fromkeys((*(each for each in declared if each != INTERNAL), INTERNAL)))

    def domain(self, environment: str) -> str:
        """Return the domain of an environment: the estate's own, or one below it."""
        return domain_of(self.aws, environment)

    def name(self, place: Place | Area, *words: str, limit: int = 63) -> str:
        """Return what a thing is called in the cloud, such as `workspace-production-us-web`."""
        where = place.region if isinstance(place, Place) else place.jurisdiction
        return physical(self.estate.estate, place.environment, where, *words, limit=limit)

    def tags(self, environment: str, jurisdiction: str | None) -> dict[str, str]:
        """Return the tags that everything of a root has."""
        where = {} if jurisdiction is None else {"Jurisdiction": jurisdiction}
        return {
            "Estate": self.estate.estate,
            "Environment": environment,
            **where,
            "Owner": self.aws.owner,
            "ManagedBy": "caisson",
        }

    @cached_property
    def _areas(self) -> Mapping[tuple[str, str], Area]:
        return {(each.environment, each.jurisdiction): each for each in self.areas}

    @cached_property
    def _components(self) -> Mapping[str, list[Component]]:
        found: dict[str, list[Component]] = {}
        for each in self.topology.components:
            found.setdefault(each.site, []).append(each)
        return found


def blueprint(estate: Estate, sources: Sources, topology: Topology, aws: Aws) -> Blueprint:
    """Return where everything lies. `refusals` must have found nothing wrong before."""
    places = {each.site: each for each in _places(estate, topology, aws)}
    areas = tuple(
        Area(
            each.environment,
            each.jurisdiction,
            places[f"{each.environment}/{each.home}"],
            None if each.standby is None else places[f"{each.environment}/{each.standby}"],
        )
        for each in Declaration(estate, sources, 0).placements()
    )
    return Blueprint(estate, sources, topology, aws, areas)


def domain_of(aws: Aws, environment: str) -> str:
    """Return the domain of an environment: the estate's own, or one below it."""
    return aws.domain if environment == PRODUCTION else f"{environment}.{aws.domain}"


def _names(was: str | None, name: str) -> tuple[str, ...]:
    return (name,) if was is None else (was, name)


def _places(estate: Estate, topology: Topology, aws: Aws) -> Iterator[Place]:
    ranges = IPv4Network(aws.network).subnets(new_prefix=_VPC_BITS)
    for site in topology.sites:
        if site.jurisdiction is None:
            continue
        taken = next(ranges)
        told = aws.networks.get(site.id)
        region = estate.regions[site.region].aws or ""
        yield Place(
            site.environment,
            site.jurisdiction,
            site.region,
            region,
            aws.accounts[site.environment],
            zones_of(region),
            taken if told is None else IPv4Network(told),
        )
