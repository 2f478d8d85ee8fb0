"""The network of a topology: what a packet meets on its way, as cloud networks are built.

Every statement is either sure or not. What is not sure stands in its widest form (a rule whose
addresses are known only after apply allows all of them, a subnet that may be one of three is
said to be in each), with `sure=False`. So there are two networks in one: the widest, which has
every connection that may exist, and the narrowest (`sure` things only), which has only those
that must. A question holds when the widest refutes the danger, and is broken when the
narrowest shows it; between the two it cannot be told.

Identifiers are those of `caisson.topology.resources`; one that no such thing has names something
outside of what was read. Addresses are written as CIDRs, IPv4 and IPv6 alike.
"""

from dataclasses import dataclass
from enum import StrEnum

from caisson.estate.sources import Source

ANYWHERE = ("0.0.0.0/0", "::/0")


class Protocol(StrEnum):
    """`any` is every protocol. Only tcp and udp have ports; the others ignore them."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    ANY = "any"
    OTHER = "other"  # a protocol by number that is none of the above


@dataclass(frozen=True, slots=True)
class Ports:
    """A closed range, 0-65535."""

    low: int = 0
    high: int = 65535


ALL_PORTS = Ports()


@dataclass(frozen=True, slots=True)
class Vpc:
    """`described` is False when it is only named: then anything may be in it and lead to it.

    `unsure` are those of `cidrs` that stand for addresses which are not known before apply, or
    that are perhaps another VPC's.
    """

    id: str
    cidrs: tuple[str, ...]
    source: Source
    described: bool = True
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subnet:
    """`cidrs` is empty when not known before apply: any address of its VPC.

    `route_tables` and `acls` have one entry when it is sure, more when it is one of them.
    """

    id: str
    vpc: str
    cidrs: tuple[str, ...]
    route_tables: tuple[str, ...]
    acls: tuple[str, ...]
    source: Source
    zone: str | None = None
    sure: bool = True


class Target(StrEnum):
    """What a route leads to."""

    LOCAL = "local"
    INTERNET = "internet gateway"
    EGRESS_ONLY = "egress-only internet gateway"
    NAT = "NAT gateway"
    PEERING = "peering"
    TRANSIT = "transit gateway"
    ENDPOINT = "endpoint"  # a gateway endpoint: to the cloud's own service, never to a VPC
    INTERFACE = "network interface"  # an appliance: anything may lie behind it
    PRIVATE = "private gateway"  # VPN or direct connect: a network that was not read
    NOWHERE = "nowhere"  # a black hole
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Route:
    """Packets to `destination` (a CIDR) go to `via`, the id of a `target`; longest prefix wins."""

    destination: str
    target: Target
    via: str | None
    source: Source
    sure: bool = True


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The local routes of the VPC are not listed; every table has them."""

    id: str
    vpc: str
    routes: tuple[Route, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Gateway:
    """An internet, egress-only or NAT gateway. `place` is its VPC, or a NAT's subnet.

    A NAT gateway that is not `public` leads only where its subnet's routes lead.
    """

    id: str
    kind: Target
    place: str
    source: Source
    public: bool = True
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Peering:
    """Two VPCs joined; not transitive. `active` is None when it waits for somebody to accept."""

    id: str
    vpcs: tuple[str, str]
    source: Source
    active: bool | None = True
    sure: bool = True


@dataclass(frozen=True, slots=True)
class TransitAttachment:
    """`peer` is a VPC's id, another transit gateway's, or that of something not read."""

    id: str
    gateway: str
    peer: str
    subnets: tuple[str, ...]
    table: str | None  # the transit route table that decides for what comes from here
    source: Source
    sure: bool = True


@dataclass(frozen=True, slots=True)
class TransitRoute:
    """`attachment` is None for a black hole."""

    destination: str
    attachment: str | None
    source: Source
    sure: bool = True


@dataclass(frozen=True, slots=True)
class TransitTable:
    """`propagated` are attachments whose VPC's CIDRs are routes of this table too."""

    id: str
    gateway: str
    routes: tuple[TransitRoute, ...]
    propagated: tuple[str, ...]
    source: Source
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One permission of a security group, to or from any of `cidrs` and members of `groups`.

    A security group's own id in `groups` is what the cloud calls `self`. Prefix lists are
    written out as CIDRs. `id` is what a person would look for: a resource address.
    """

    id: str
    protocol: Protocol
    ports: Ports
    cidrs: tuple[str, ...]
    groups: tuple[str, ...]
    source: Source
    sure: bool = True


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """Stateful: answers pass. What no rule permits is refused.

    `described` is False for one that is only named: then it may permit everything.
    """

    id: str
    vpc: str | None
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]
    source: Source
    described: bool = True


@dataclass(frozen=True, slots=True)
class AclEntry:
    """Entries are tried by rising `number`; the first that matches decides."""

    number: int
    allow: bool
    protocol: Protocol
    ports: Ports
    cidr: str
    source: Source
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Acl:
    """A stateless list at the border of a subnet, for each direction; at its end is a refusal."""

    id: str
    vpc: str
    ingress: tuple[AclEntry, ...]
    egress: tuple[AclEntry, ...]
    source: Source
    described: bool = True


@dataclass(frozen=True, slots=True)
class Membership:
    """An interface is in `group`, surely or perhaps."""

    group: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Interface:
    """How `owner` (the id of a resource) is present in one subnet, or in each of several.

    `subnets`: it has an address in each of them (`all_subnets`), or in at least one, which one
    is not told. `addresses` are its own when known; else any of its subnets'. `public` says
    whether it has an address that the internet can send to, None when it cannot be told.
    `groups_known` is False when it may be in groups that are not listed. `filtered` is False
    for what has no security groups at all (a network load balancer made without any).
    `listens` are the ports on which something answers, None when all of them may. `opens` is
    False for what opens no connections but those that its forwards tell of.
    """

    owner: str
    subnets: tuple[str, ...]
    groups: tuple[Membership, ...]
    public: bool | None
    source: Source
    all_subnets: bool = True
    addresses: tuple[str, ...] = ()
    groups_known: bool = True
    filtered: bool = True
    listens: tuple[Ports, ...] | None = None
    opens: bool = True
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Forward:
    """What arrives at `owner` on `ports` goes on to `target` (both resource ids), at `to_ports`.

    Load balancers, proxies and gateways: a way through which a connection is not a packet's.
    `from_internet` is True where `owner` is entered without a network interface that was read
    (an API gateway, a content delivery network).
    `keeps_client`: what goes on has the client's address as its source, not the owner's, so that
    the target's rules see the client (network load balancers); None when it cannot be told.
    """

    owner: str
    ports: Ports
    target: str
    to_ports: Ports
    source: Source
    from_internet: bool = False
    sure: bool = True
    keeps_client: bool | None = False


@dataclass(frozen=True, slots=True)
class Listener:
    """Where `owner` (a resource id) answers clients on `ports`, and whether what passes is secret.

    `encrypted` is False when clients may talk in the clear, None when it cannot be told.
    `redirects`: whoever comes in the clear is only sent on to an encrypted listener, or refused.
    `public` says whether the internet is meant to come here, None when it cannot be told.
    `sure` is False when the ports are not told, or whether it redirects.
    """

    owner: str
    ports: Ports
    encrypted: bool | None
    redirects: bool
    public: bool | None
    source: Source
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Network:
    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    peerings: tuple[Peering, ...] = ()
    transit_attachments: tuple[TransitAttachment, ...] = ()
    transit_tables: tuple[TransitTable, ...] = ()
    groups: tuple[SecurityGroup, ...] = ()
    acls: tuple[Acl, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    forwards: tuple[Forward, ...] = ()
    listeners: tuple[Listener, ...] = ()
