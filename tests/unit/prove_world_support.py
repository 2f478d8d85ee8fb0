"""Small topologies of resources, holdings and networks by hand, as Terraform gives them."""

import re
from collections.abc import Iterable
from typing import Any

from caisson.estate.sources import Source
from caisson.prove.world import World
from caisson.topology.model import Topology
from caisson.topology.network import (
    ALL_PORTS,
    Acl,
    AclEntry,
    Gateway,
    Interface,
    Membership,
    Network,
    Ports,
    Protocol,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Target,
    Vpc,
)
from caisson.topology.places import Places
from caisson.topology.resources import Gap, Holding, Question, Resource, Rest


def at(line: int = 1) -> Source:
    return Source("main.tf", line)


def resource(
    address: str,
    environment: str | None = None,
    account: str | None = "111111111111",
    region: str | None = "eu-west-1",
    **more: Any,
) -> Resource:
    type_, name = re.sub(r"\[[^\]]*\]", "", address).split(".")[-2:]
    return Resource(address, type_, name, account, region, at(), environment=environment, **more)


def holding(
    resource_id: str, rest: Rest = Rest.STORE, part: str = "", system: str = "postgres", **more: Any
) -> Holding:
    """A holding that keeps every promise, but for what `more` says."""
    said: dict[str, Any] = {
        "encrypted": True,
        "encrypted_in_transit": True,
        "public": False,
        "multi_zone": True,
        "deletion_protected": True,
        "versioned": True,
        "region": "eu-west-1",
        "account": "111111111111",
    }
    return Holding(resource_id + part, resource_id, rest, system, source=at(), **(said | more))


def gap(
    address: str, *questions: Question, about: tuple[str, ...] | None = None, line: int = 1
) -> Gap:
    """A resource that is not understood; confined to itself unless `about` says otherwise."""
    type_ = address.split(".")[-2]
    confined = (address,) if about is None else about
    return Gap(
        f"{address} is not understood", address, type_, frozenset(questions), at(line), confined
    )


def rule(
    name: str,
    ports: Ports = ALL_PORTS,
    *,
    cidrs: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    protocol: Protocol = Protocol.TCP,
    sure: bool = True,
) -> Rule:
    return Rule(name, protocol, ports, cidrs, groups, at(), sure)


ALL_OUT = rule("all out", cidrs=("0.0.0.0/0",), protocol=Protocol.ANY)


def vpc(name: str, number: int, internet: bool = True) -> Network:
    """A VPC 10.N.0.0/16 with one subnet that leads to the internet, or nowhere."""
    vpc_id, cidr = f"aws_vpc.{name}", f"10.{number}.0.0/16"
    table, acl = f"aws_route_table.{name}", f"aws_network_acl.{name}"
    gateway = f"aws_internet_gateway.{name}"
    out = Route("0.0.0.0/0", Target.INTERNET, gateway, at())
    allow = AclEntry(100, True, Protocol.ANY, ALL_PORTS, "0.0.0.0/0", at())
    return Network(
        vpcs=(Vpc(vpc_id, (cidr,), at()),),
        subnets=(
            Subnet(f"aws_subnet.{name}", vpc_id, (f"10.{number}.1.0/24",), (table,), (acl,), at()),
        ),
        route_tables=(RouteTable(table, vpc_id, (out,) if internet else (), at()),),
        gateways=(Gateway(gateway, Target.INTERNET, vpc_id, at()),) if internet else (),
        acls=(Acl(acl, vpc_id, (allow,), (allow,), at()),),
    )


def group(name: str, *ingress: Rule, vpc: str = "main") -> Network:
    found = SecurityGroup(f"aws_security_group.{name}", f"aws_vpc.{vpc}", ingress, (ALL_OUT,), at())
    return Network(groups=(found,))


def card(
    owner: str, groups: Iterable[str], vpc: str = "main", public: bool | None = True, **more: Any
) -> Network:
    """The presence of `owner` in the subnet of a VPC."""
    return Network(
        interfaces=(
            Interface(
                owner,
                (f"aws_subnet.{vpc}",),
                tuple(Membership(f"aws_security_group.{each}") for each in groups),
                public,
                at(),
                **more,
            ),
        )
    )


def network(*parts: Network) -> Network:
    names = Network.__dataclass_fields__
    return Network(
        **{name: tuple(one for part in parts for one in getattr(part, name)) for name in names}
    )


def topology(*resources: Resource, **parts: Any) -> Topology:
    return Topology("main.tf", resources=resources, **parts)


def world(*resources: Resource, places: Places | None = None, **parts: Any) -> World:
    return World(topology(*resources, **parts), places or Places())
