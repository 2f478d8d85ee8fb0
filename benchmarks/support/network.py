"""A network of any size, the same for the same size: VPCs in a ring of peerings, each alike."""

import random

from caisson.estate.sources import Source
from caisson.topology.network import (
    ALL_PORTS,
    ANYWHERE,
    Acl,
    AclEntry,
    Gateway,
    Interface,
    Membership,
    Network,
    Peering,
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

GROUPS = 100  # of a VPC
RULES = 500
WORKLOADS = 150
SUBNETS = 6
PARTNERS = (1, 2, 5, 11, 23)  # each VPC is peered with those so many places further, and back

_SOURCE = Source("network.tf", 1)
_PORTS = (22, 53, 80, 123, 389, 443, 636, 1433, 1521, 2049, 2379, 3000, 3306, 3389, 4222, 5000)
_MORE_PORTS = (5432, 5672, 6379, 6443, 7000, 7687, 8000, 8080, 8443, 8500, 9000, 9042, 9090, 9092)
_RANGES = ((9200, 9300), (10250, 10259), (27017, 27019), (30000, 32767), (50000, 50099))
_EVERYWHERE = Rule("all out", Protocol.ANY, ALL_PORTS, ANYWHERE, (), _SOURCE)


def network(vpcs: int, seed: int = 3) -> Network:
    """Return a network of `vpcs` VPCs, each with 100 groups, 500 rules and 150 workloads."""
    made = [_Made(number, vpcs, seed) for number in range(vpcs)]
    return Network(
        vpcs=tuple(Vpc(_vpc(number), (_cidr(number),), _SOURCE) for number in range(vpcs)),
        subnets=tuple(each for one in made for each in one.subnets()),
        route_tables=tuple(each for one in made for each in one.tables()),
        gateways=tuple(
            Gateway(f"{_vpc(number)}/igw", Target.INTERNET, _vpc(number), _SOURCE)
            for number in range(vpcs)
        ),
        peerings=tuple(Peering(f"{a}-{b}", (_vpc(a), _vpc(b)), _SOURCE) for a, b in _pairs(vpcs)),
        groups=tuple(each for one in made for each in one.groups()),
        acls=tuple(one.acl() for one in made),
        interfaces=tuple(each for one in made for each in one.interfaces()),
    )


def _vpc(number: int) -> str:
    return f"aws_vpc.v{number}"


def _cidr(number: int) -> str:
    return f"10.{number % 256}.{number // 256 * 32}.0/19"


def _pairs(vpcs: int) -> list[tuple[int, int]]:
    pairs = {
        tuple(sorted((number, (number + step) % vpcs)))
        for number in range(vpcs)
        for step in PARTNERS
    }
    return [(a, b) for a, b in sorted(pairs) if a != b]


class _Made:
    """One VPC. Its random numbers are its own, so that the others do not move with it."""

    def __init__(self, number: int, vpcs: int, seed: int) -> None:
        self.number, self.vpc = number, _vpc(number)
        self.random = random.Random(seed * 1_000_003 + number)
        self.near = sorted({a if b == number else b for a, b in _pairs_of(number, vpcs)} - {number})

    def subnets(self) -> list[Subnet]:
        return [
            Subnet(
                f"{self.vpc}/s{each}",
                self.vpc,
                (self._subnet_cidr(self.number, each),),
                (f"{self.vpc}/{'public' if each < 2 else 'private'}",),
                (f"{self.vpc}/acl",),
                _SOURCE,
            )
            for each in range(SUBNETS)
        ]

    def tables(self) -> list[RouteTable]:
        peers = tuple(
            Route(
                _cidr(other),
                Target.PEERING,
                "-".join(map(str, sorted((self.number, other)))),
                _SOURCE,
            )
            for other in self.near
        )
        out = Route("0.0.0.0/0", Target.INTERNET, f"{self.vpc}/igw", _SOURCE)
        return [
            RouteTable(f"{self.vpc}/public", self.vpc, (*peers, out), _SOURCE),
            RouteTable(f"{self.vpc}/private", self.vpc, peers, _SOURCE),
        ]

    def acl(self) -> Acl:
        refused = AclEntry(50, False, Protocol.TCP, Ports(3389, 3389), "0.0.0.0/0", _SOURCE)
        allowed = AclEntry(100, True, Protocol.ANY, ALL_PORTS, "0.0.0.0/0", _SOURCE)
        entries = (refused, allowed) if self.number % 4 == 0 else (allowed,)
        return Acl(f"{self.vpc}/acl", self.vpc, entries, (allowed,), _SOURCE)

    def groups(self) -> list[SecurityGroup]:
        egress = [() if each % 10 == 0 else (_EVERYWHERE,) for each in range(GROUPS)]
        left = RULES - sum(map(len, egress))
        ingress: list[list[Rule]] = [[] for _ in range(GROUPS)]
        for each in range(left):
            ingress[each % GROUPS].append(self._rule(each))
        return [
            SecurityGroup(
                self._group(self.number, each),
                self.vpc,
                tuple(ingress[each]),
                egress[each],
                _SOURCE,
            )
            for each in range(GROUPS)
        ]

    def interfaces(self) -> list[Interface]:
        return [
            Interface(
                f"{self.vpc}/w{each}",
                (f"{self.vpc}/s{each % SUBNETS}",),
                tuple(
                    Membership(self._group(self.number, group))
                    for group in self.random.sample(range(GROUPS), self.random.choice((1, 2, 3)))
                ),
                each % SUBNETS < 2 and each % 5 == 0,
                _SOURCE,
                addresses=(self._address(self.number, each % SUBNETS, 10 + each // SUBNETS),),
            )
            for each in range(WORKLOADS)
        ]

    def _rule(self, each: int) -> Rule:
        """A third refers to groups, the rest to subnets, workloads, VPCs and far offices."""
        pick = self.random
        low, high = self._ports()
        protocol = Protocol.UDP if pick.random() < 0.1 else Protocol.TCP
        cidrs: tuple[str, ...] = ()
        groups: tuple[str, ...] = ()
        match pick.randrange(9):
            case 0 | 1 | 2:
                groups = (
                    self._group(pick.choice((self.number, *self.near)), pick.randrange(GROUPS)),
                )
            case 3 | 4:
                cidrs = (
                    self._subnet_cidr(
                        pick.choice((self.number, *self.near)), pick.randrange(SUBNETS)
                    ),
                )
            case 5 | 6:
                near = pick.choice((self.number, *self.near))
                cidrs = (
                    self._address(near, pick.randrange(SUBNETS), 10 + pick.randrange(25)) + "/32",
                )
            case 7:
                cidrs = (_cidr(pick.choice((self.number, *self.near))),)
            case _:
                cidrs = (f"203.0.{pick.randrange(256)}.{pick.randrange(256)}/32",)
        return Rule(f"{self.vpc}/r{each}", protocol, Ports(low, high), cidrs, groups, _SOURCE)

    def _ports(self) -> tuple[int, int]:
        if self.random.random() < 0.1:
            return self.random.choice(_RANGES)
        port = self.random.choice(_PORTS + _MORE_PORTS)
        return port, port

    @staticmethod
    def _group(vpc: int, group: int) -> str:
        return f"{_vpc(vpc)}/g{group}"

    @staticmethod
    def _subnet_cidr(vpc: int, subnet: int) -> str:
        return f"10.{vpc % 256}.{vpc // 256 * 32 + subnet}.0/24"

    @staticmethod
    def _address(vpc: int, subnet: int, host: int) -> str:
        return f"10.{vpc % 256}.{vpc // 256 * 32 + subnet}.{host}"


def _pairs_of(number: int, vpcs: int) -> list[tuple[int, int]]:
    return [(number, (number + sign * step) % vpcs) for step in PARTNERS for sign in (1, -1)]
