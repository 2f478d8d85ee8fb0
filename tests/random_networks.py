"""Small networks by chance: few addresses, so that every single one can be tried."""

from random import Random

from caisson.estate.sources import Source
from caisson.topology.network import (
    ALL_PORTS,
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
    TransitAttachment,
    TransitRoute,
    TransitTable,
    Vpc,
)

SOURCE = Source("random.tf", 1)
PORTS = (22, 80, 443, 5432, 8080)
_PROTOCOLS = (
    (Protocol.TCP,) * 6 + (Protocol.UDP,) * 2 + (Protocol.ICMP, Protocol.ANY, Protocol.OTHER)
)
_PUBLIC = ("0.0.0.0/0", "203.0.113.0/24", "8.8.8.8/32", "128.0.0.0/1")


class Maker:
    """Makes one network. `doubt` is how often a thing is not sure; `ipv6` adds a second family."""

    def __init__(self, seed: int, *, doubt: float | None = None, ipv6: bool = False) -> None:
        self.chance = Random(seed)  # noqa: S311
        self.doubt = self.chance.choice((0.0, 0.03, 0.15)) if doubt is None else doubt
        self.ipv6 = ipv6
        self.vpcs = [f"v{each}" for each in range(self.chance.choice((1, 2, 2, 3)))]

    def network(self) -> Network:
        subnets = [each for vpc in self.vpcs for each in self._subnets(vpc)]
        groups = [f"{vpc}/g{each}" for vpc in self.vpcs for each in range(3)]
        peerings = self._peerings()
        gateways = [each for vpc in self.vpcs for each in self._gateways(vpc)]
        transit = self.chance.random() < 0.5 and len(self.vpcs) > 1
        return Network(
            vpcs=tuple(Vpc(vpc, self._vpc_cidrs(vpc), SOURCE) for vpc in self.vpcs),
            subnets=tuple(subnets),
            route_tables=tuple(
                self._table(f"{vpc}/t{each}", vpc, peerings, gateways, transit=transit)
                for vpc in self.vpcs
                for each in range(2)
            ),
            gateways=tuple(gateways),
            peerings=tuple(peerings),
            transit_attachments=tuple(self._attachments(subnets) if transit else ()),
            transit_tables=tuple(self._transit_tables() if transit else ()),
            groups=tuple(self._group(each, groups) for each in groups),
            acls=tuple(self._acl(f"{vpc}/a{each}", vpc) for vpc in self.vpcs for each in range(3)),
            interfaces=tuple(
                self._interface(f"{vpc}/i{each}", vpc, subnets, groups)
                for vpc in self.vpcs
                for each in range(self.chance.choice((1, 2, 3)))
            ),
        )

    def sure(self) -> bool:
        return self.chance.random() >= self.doubt

    def _vpc_cidrs(self, vpc: str) -> tuple[str, ...]:
        number = self.vpcs.index(vpc)
        six = (f"2600:{number}::/124",) if self.ipv6 else ()
        return (f"10.0.{number}.0/28", *six)

    def _subnets(self, vpc: str) -> list[Subnet]:
        number = self.vpcs.index(vpc)
        return [
            Subnet(
                f"{vpc}/s{each}",
                vpc,
                self._subnet_cidrs(number, each),
                self._some(f"{vpc}/t", 2),
                self._some(f"{vpc}/a", 3),
                SOURCE,
                sure=self.sure(),
            )
            for each in range(2)
        ]

    def _subnet_cidrs(self, vpc: int, subnet: int) -> tuple[str, ...]:
        if self.chance.random() < self.doubt:
            return ()
        six = self.ipv6 and self.chance.random() < 0.7
        return (
            f"10.0.{vpc}.{subnet * 4}/30",
            *((f"2600:{vpc}::{subnet * 4:x}/126",) if six else ()),
        )

    def _some(self, prefix: str, count: int) -> tuple[str, ...]:
        names = [f"{prefix}{each}" for each in range(count)]
        return tuple(self.chance.sample(names, 1 if self.sure() else 2))

    def _peerings(self) -> list[Peering]:
        pairs = [(a, b) for a in self.vpcs for b in self.vpcs if a < b]
        return [
            Peering(
                f"p{number}",
                pair,
                SOURCE,
                True if self.sure() else self.chance.choice((None, False)),
                self.sure(),
            )
            for number, pair in enumerate(pairs)
            if self.chance.random() < 0.7
        ]

    def _gateways(self, vpc: str) -> list[Gateway]:
        return [
            Gateway(f"{vpc}/igw", Target.INTERNET, vpc, SOURCE, sure=self.sure()),
            Gateway(f"{vpc}/egress", Target.EGRESS_ONLY, vpc, SOURCE, sure=self.sure()),
            Gateway(
                f"{vpc}/nat",
                Target.NAT,
                f"{vpc}/s{self.chance.randrange(2)}",
                SOURCE,
                public=self.chance.random() < 0.8,
                sure=self.sure(),
            ),
        ]

    def _table(
        self,
        table: str,
        vpc: str,
        peerings: list[Peering],
        gateways: list[Gateway],
        *,
        transit: bool,
    ) -> RouteTable:
        routes: dict[str, Route] = {}
        for number, other in enumerate(self.vpcs):
            joined = [each for each in peerings if set(each.vpcs) == {vpc, other}]
            ways = [(Target.PEERING, each.id) for each in joined]
            ways += [(Target.TRANSIT, "tgw")] if transit and vpc != other else []
            if ways and self.chance.random() < 0.8:
                target, via = self.chance.choice(ways)
                to = f"10.0.{number}.0/28"
                routes[to] = Route(to, target, via, SOURCE, self.sure())
        for _ in range(self.chance.randrange(4)):
            route = self._route(vpc, peerings, gateways, transit=transit)
            routes[route.destination] = route
        return RouteTable(table, vpc, tuple(routes.values()), SOURCE)

    def _route(
        self, vpc: str, peerings: list[Peering], gateways: list[Gateway], *, transit: bool
    ) -> Route:
        options: list[tuple[Target, str | None]] = [
            (each.kind, each.id) for each in gateways if each.id.startswith(vpc)
        ]
        options += [(Target.PEERING, each.id) for each in peerings if vpc in each.vpcs] * 3
        options += [(Target.TRANSIT, "tgw")] * 3 if transit else []
        options += [(Target.NOWHERE, None), (Target.ENDPOINT, "endpoint")]
        if self.chance.random() < self.doubt:
            options = [(each, None) for each in (Target.PRIVATE, Target.UNKNOWN, Target.INTERFACE)]
        target, via = self.chance.choice(options)
        number = self.chance.randrange(len(self.vpcs))
        destinations = [
            f"10.0.{number}.0/28",
            "0.0.0.0/0",
            f"10.0.{number}.0/30",
            "10.0.0.0/16",
            "203.0.113.0/24",
        ]
        if self.ipv6:
            destinations += ["::/0", f"2600:{number}::/124"]
        return Route(self.chance.choice(destinations), target, via, SOURCE, self.sure())

    def _attachments(self, subnets: list[Subnet]) -> list[TransitAttachment]:
        return [
            TransitAttachment(
                f"{vpc}/att",
                "tgw",
                vpc,
                (next(each.id for each in subnets if each.vpc == vpc),),
                None if not self.sure() else self.chance.choice(("tt0", "tt1")),
                SOURCE,
                self.sure(),
            )
            for vpc in self.vpcs
            if self.chance.random() < 0.85
        ]

    def _transit_tables(self) -> list[TransitTable]:
        return [
            TransitTable(
                f"tt{each}",
                "tgw",
                tuple(
                    TransitRoute(
                        self.chance.choice(
                            (f"10.0.{number}.0/28", "10.0.0.0/16", f"10.0.{number}.4/30")
                        ),
                        self.chance.choice((f"{vpc}/att", None)),
                        SOURCE,
                        self.sure(),
                    )
                    for number, vpc in enumerate(self.vpcs)
                    if self.chance.random() < 0.4
                ),
                tuple(f"{vpc}/att" for vpc in self.vpcs if self.chance.random() < 0.6),
                SOURCE,
                self.sure(),
            )
            for each in range(2)
        ]

    def _group(self, group: str, groups: list[str]) -> SecurityGroup:
        return SecurityGroup(
            group,
            group.split("/", maxsplit=1)[0],
            tuple(self._rule(groups) for _ in range(self.chance.randrange(5))),
            tuple(self._rule(groups) for _ in range(self.chance.randrange(3)))
            if self.chance.random() < 0.4
            else (Rule("all", Protocol.ANY, ALL_PORTS, ("0.0.0.0/0", "::/0"), (), SOURCE),),
            SOURCE,
            described=self.chance.random() >= self.doubt / 3,
        )

    def _rule(self, groups: list[str]) -> Rule:
        protocol = self.chance.choice(_PROTOCOLS)
        named = self.chance.random() < 0.4
        return Rule(
            f"r{self.chance.randrange(1000)}",
            protocol,
            self._ports(),
            () if named else tuple(self._cidr() for _ in range(self.chance.choice((1, 2, 3)))),
            (self.chance.choice(groups),) if named else (),
            SOURCE,
            self.sure(),
        )

    def _ports(self) -> Ports:
        port = self.chance.choice(PORTS)
        low, high = sorted(self.chance.sample(PORTS, 2))
        return self.chance.choice(
            (Ports(port, port), Ports(port, port), Ports(low, high), ALL_PORTS)
        )

    def _cidr(self) -> str:
        number = self.chance.randrange(len(self.vpcs))
        options = [
            f"10.0.{number}.0/28",
            f"10.0.{number}.{self.chance.randrange(2) * 4}/30",
            f"10.0.{number}.{self.chance.randrange(8)}/32",
            f"10.0.{number}.{self.chance.randrange(4) * 2}/31",
            "10.0.0.0/8",
            *_PUBLIC,
        ]
        if self.ipv6:
            options += ["::/0", f"2600:{number}::/124", f"2600:{number}::2/127"]
        return self.chance.choice(options)

    def _acl(self, acl: str, vpc: str) -> Acl:
        if self.chance.random() < 0.6:
            everything = tuple(
                AclEntry(100 + each, True, Protocol.ANY, ALL_PORTS, cidr, SOURCE)
                for each, cidr in enumerate(("0.0.0.0/0", "::/0"))
            )
            return Acl(acl, vpc, everything, everything, SOURCE)
        described = self.chance.random() >= self.doubt / 3
        return Acl(acl, vpc, self._entries(), self._entries(), SOURCE, described)

    def _entries(self) -> tuple[AclEntry, ...]:
        entries = [
            AclEntry(
                number * 10,
                self.chance.random() < 0.5,
                self.chance.choice(_PROTOCOLS),
                self.chance.choice((self._ports(), Ports(1024, 65535), Ports(32768, 65535))),
                self._cidr(),
                SOURCE,
                self.sure(),
            )
            for number in range(self.chance.randrange(4))
        ]
        if self.chance.random() < 0.8:
            entries.append(
                AclEntry(900, True, Protocol.ANY, ALL_PORTS, "0.0.0.0/0", SOURCE, self.sure())
            )
        return tuple(entries)

    def _interface(
        self, owner: str, vpc: str, subnets: list[Subnet], groups: list[str]
    ) -> Interface:
        mine = [each for each in subnets if each.vpc == vpc]
        chosen = self.chance.sample(mine, self.chance.choice((1, 1, 2)))
        own = [each for each in groups if each.startswith(vpc)]
        return Interface(
            owner,
            tuple(each.id for each in chosen),
            tuple(
                Membership(each, self.sure())
                for each in self.chance.sample(own, self.chance.choice((1, 1, 2)))
            ),
            True if self.chance.random() < 0.4 else self.chance.choice((False, None)),
            SOURCE,
            all_subnets=self.chance.random() < 0.6,
            addresses=self._addresses(chosen[0]),
            groups_known=self.sure() or self.sure(),
            filtered=self.chance.random() < 0.95,
            listens=None if self.chance.random() < 0.8 else (self._ports(),),
            sure=self.sure(),
        )

    def _addresses(self, subnet: Subnet) -> tuple[str, ...]:
        if self.chance.random() < 0.4:
            return ()
        number = self.vpcs.index(subnet.vpc)
        host = int(subnet.id[-1]) * 4 + self.chance.randrange(4)
        return (f"10.0.{number}.{host}",)
