"""What an independent checker needs to confirm a decision without deciding it again.

A certificate names things of the topology by id; it says nothing that cannot be looked up there.
"""

from dataclasses import dataclass

from caisson.topology.network import Ports, Protocol

INTERNET = "internet"
ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Hop:
    """One check that a packet meets: `kind` of check, of which thing, by which rule of it.

    | kind | of | rule |
    |---|---|---|
    | `egress`, `ingress` | a security group | the rule's id; None for all of its rules |
    | `acl out`, `acl in`, `acl answer out`, `acl answer in` | an ACL | an entry's number |
    | `route`, `route back` | a route table | the destination of a route, or `local` |
    | `gateway` | what the route leads to | |
    | `address` | the interface's owner | `public`, or `IPv4` and `IPv6` that do not meet |
    | `listens` | the interface's owner | |
    | `forward` | the owner of a forward | its target |
    """

    kind: str
    id: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a connection that passes; the resource ids, or `internet`."""

    source: str
    source_address: str
    source_port: int
    target: str
    target_address: str
    protocol: Protocol
    port: int
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """Connections that pass, one behind the other when something forwards between them."""

    packets: tuple[Packet, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """No packet on these ports that meets the checks `by` gets past all of them together.

    It speaks of packets from `source` to `target`, from and to any of their addresses when the
    CIDR is None. `source` may be `internet`, or `anything` that has an interface and is not one
    of `besides`. An interface that may be in several places meets the checks of the place that
    it is in: a refusal by one ACL speaks of packets that meet this ACL.
    """

    source: str
    target: str
    protocol: Protocol
    ports: Ports
    by: tuple[Hop, ...]
    source_cidr: str | None = None
    target_cidr: str | None = None
    besides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """Refusals that together cover all that was asked for."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """All holdings that data of `origins` reaches: no movement leads out of `reached`."""

    origins: tuple[str, ...]
    reached: tuple[tuple[str, str | None], ...]  # holding, jurisdiction


@dataclass(frozen=True, slots=True)
class Chain:
    """Ids in order, each tied to the next by a movement, a use, a key or a membership."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Facts to look up: id, field of the topology's value, its value as text."""

    facts: tuple[tuple[str, str, str], ...]


Certificate = Passed | Blocked | Closed | Chain | Listed
