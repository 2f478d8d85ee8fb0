"""What an independent checker needs to confirm a decision without deciding it again.

A certificate names things of the topology by id; it says nothing that cannot be looked up there.
"""

from dataclasses import dataclass

from caisson.topology.network import Ports, Protocol

INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class Hop:
    """One check that a packet meets: `kind` of check, of which thing, by which rule of it.

    Kinds: `egress`, `ingress` (security groups), `acl out`, `acl in`, `acl answer out`,
    `acl answer in`, `route`, `route back`, `gateway`, `address`, `forward`.
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
    """No packet from `source_cidr` to `target` in this protocol on these ports gets past `by`."""

    source: str
    source_cidr: str | None
    target: str
    protocol: Protocol
    ports: Ports
    by: Hop


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
