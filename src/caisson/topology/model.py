"""What exists and how it is tied: the one model that everything after `resolve` knows.

Identifiers are paths that a person can read and type:

- site       `production/us-west`
- component  `production/us-west/blocks` (a store, a service, `proxy`), `production/edge/edge`
- replica set `production/us/blocks`: one store of one environment in one jurisdiction
- credential `production/us/web/blocks`: a reference, never a secret
- repository `production/us`, and the backups in it by their replica set; its key is a reference too
"""

from dataclasses import dataclass, field
from enum import StrEnum

from caisson.estate.sources import Source as Source  # noqa: PLC0414  part of this model too
from caisson.topology.backups import BackedUp, Repository
from caisson.topology.network import Network
from caisson.topology.resources import (
    Admission,
    Count,
    Gap,
    Holding,
    Key,
    Movement,
    Policy,
    Resource,
    Use,
)


class Role(StrEnum):
    """What a component does among its like."""

    PRIMARY = "primary"
    STANDBY = "standby"
    REPLICA = "replica"  # one of several equal copies: services, caches, proxies


class Kind(StrEnum):
    STORE = "store"
    SERVICE = "service"
    PROXY = "proxy"
    EDGE = "edge"


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Site:
    """One environment in one region. The `edge` site is in no region and in no jurisdiction."""

    environment: str
    region: str
    jurisdiction: str | None
    source: Source

    @property
    def id(self) -> str:
        return f"{self.environment}/{self.region}"


@dataclass(frozen=True, slots=True)
class Component:
    """One running thing. `name` is the store's or service's name, or `proxy`, or `edge`."""

    environment: str
    region: str
    jurisdiction: str | None
    name: str
    kind: Kind
    system: str  # postgres, redis, memcached, ..., haproxy, or `service`
    role: Role
    address: Address
    source: Source

    @property
    def id(self) -> str:
        return f"{self.environment}/{self.region}/{self.name}"

    @property
    def site(self) -> str:
        return f"{self.environment}/{self.region}"


@dataclass(frozen=True, slots=True)
class ReplicaSet:
    """The copies of one store in one jurisdiction of one environment, and who starts as primary."""

    environment: str
    jurisdiction: str
    store: str
    system: str
    replication: str  # async | sync
    shards: int
    schema: str | None  # path of the SQL file, relative to the estate
    primary: str  # component id in the home region
    standbys: tuple[str, ...]  # component ids
    source: Source
    tenant: str | None = None  # the column that says whose a row is

    @property
    def id(self) -> str:
        return f"{self.environment}/{self.jurisdiction}/{self.store}"

    @property
    def members(self) -> tuple[str, ...]:
        return (self.primary, *self.standbys)


class FlowKind(StrEnum):
    REQUEST = "request"
    REPLICATION = "replication"


@dataclass(frozen=True, slots=True)
class Flow:
    """A way in which data passes: requests go source → target, replication likewise."""

    kind: FlowKind
    source: str  # component id, or `internet`
    target: str  # component id
    credential: str | None  # reference of the credential used, if any
    declared: Source


@dataclass(frozen=True, slots=True)
class Credential:
    """A right to open a store, by reference: one per service, store and jurisdiction."""

    environment: str
    jurisdiction: str
    service: str
    store: str
    access: str  # read | write
    source: Source

    @property
    def id(self) -> str:
        return f"{self.environment}/{self.jurisdiction}/{self.service}/{self.store}"


@dataclass(frozen=True, slots=True)
class Copy:
    """Data of the tenants of `tenants_of` comes to rest in `component`, inside `jurisdiction`.

    `component` is the id of a holding: a component's, or that of its backups.
    """

    store: str
    environment: str
    tenants_of: str
    component: str
    jurisdiction: str | None
    via: str  # how it gets there: "declared home", "replication from ...", "cached by ..."
    source: Source


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant's place in one environment: its jurisdiction and its logical shard (0-based)."""

    name: str
    environment: str
    jurisdiction: str
    shard: int
    source: Source


@dataclass(frozen=True, slots=True)
class Topology:
    """Sites to backups come from a declared estate, and are what Caisson operates.

    Resources to counts come from a declared estate and from Terraform alike, and are what
    Caisson proves promises on.
    """

    estate: str
    sites: tuple[Site, ...] = ()
    components: tuple[Component, ...] = ()
    replica_sets: tuple[ReplicaSet, ...] = ()
    flows: tuple[Flow, ...] = ()
    credentials: tuple[Credential, ...] = ()
    copies: tuple[Copy, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    repositories: tuple[Repository, ...] = ()
    backed_up: tuple[BackedUp, ...] = ()
    resources: tuple[Resource, ...] = ()
    holdings: tuple[Holding, ...] = ()
    movements: tuple[Movement, ...] = ()
    keys: tuple[Key, ...] = ()
    policies: tuple[Policy, ...] = ()
    admissions: tuple[Admission, ...] = ()
    uses: tuple[Use, ...] = ()
    network: Network = field(default_factory=Network)
    gaps: tuple[Gap, ...] = ()
    counts: tuple[Count, ...] = ()
