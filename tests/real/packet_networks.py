"""Networks by chance of which everything is sure, so that there is one true answer.

They have only what a cloud would accept and what namespaces can be built of: IPv4; a card has one
address; no route of a VPC leads away from it what is addressed to itself; a rule refers to groups
of the same VPC or of one that is peered. NAT gateways are in subnets of their own, and neither
these nor the transit gateway's attachments are held back by an ACL.
"""

from dataclasses import replace
from itertools import product

from caisson.topology.network import (
    ALL_PORTS,
    Acl,
    AclEntry,
    Gateway,
    Interface,
    Network,
    Protocol,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Target,
    TransitAttachment,
)
from random_networks import SOURCE, Maker

CARDS = 4  # of each VPC
_GENEROUS = Rule("generous", Protocol.ANY, ALL_PORTS, ("0.0.0.0/0",), (), SOURCE)


class SureMaker(Maker):
    def __init__(self, seed: int) -> None:
        super().__init__(seed, doubt=0.0)
        self.vpcs = ["v0", "v1", "v2"][: self.chance.choice((2, 3, 3))]

    def network(self) -> Network:
        made = super().network()
        joined = {vpc: {vpc} for vpc in self.vpcs}
        for one, other in (each.vpcs for each in made.peerings):
            joined[one].add(other)
            joined[other].add(one)
        return replace(
            made,
            subnets=(*made.subnets, *(_nat_subnet(vpc) for vpc in self.vpcs)),
            route_tables=(
                *map(self._leading_away, made.route_tables),
                *(_nat_table(vpc) for vpc in self.vpcs),
            ),
            acls=(*made.acls, *(_open_acl(vpc) for vpc in self.vpcs)),
            groups=tuple(_referring(each, joined[each.vpc or ""]) for each in made.groups),
            interfaces=tuple(
                card for vpc in self.vpcs for card in self._cards(vpc, made.subnets, made.groups)
            ),
        )

    def _group(self, group: str, groups: list[str]) -> SecurityGroup:
        """Half of the groups are generous, so that routes and ACLs have something to refuse."""
        made = super()._group(group, groups)
        ingress, egress = (
            (*rules, _GENEROUS) if self.chance.random() < 0.5 else rules
            for rules in (made.ingress, made.egress)
        )
        return replace(made, ingress=ingress, egress=egress)

    def _acl(self, acl: str, vpc: str) -> Acl:
        """Fewer are open than elsewhere, because half of the connections stay in one subnet."""
        if self.chance.random() < 0.5:
            return super()._acl(acl, vpc)
        return Acl(acl, vpc, self._entries(), self._entries(), SOURCE)

    def _gateways(self, vpc: str) -> list[Gateway]:
        return [
            replace(each, place=f"{vpc}/sn") if each.kind is Target.NAT else each
            for each in super()._gateways(vpc)
        ]

    def _attachments(self, subnets: list[Subnet]) -> list[TransitAttachment]:
        del subnets
        tables = ("tt0", "tt1")
        return [
            TransitAttachment(f"{vpc}/att", "tgw", vpc, (), self.chance.choice(tables), SOURCE)
            for vpc in self.vpcs
        ]

    def _leading_away(self, table: RouteTable) -> RouteTable:
        own = f"10.0.{self.vpcs.index(table.vpc)}."
        routes = {
            each.destination: _to_what_was_read(each)
            for each in table.routes
            if not each.destination.startswith(own)
        }
        if self.chance.random() < 0.7:
            target, via = self.chance.choice(((Target.INTERNET, "igw"), (Target.NAT, "nat")))
            routes["0.0.0.0/0"] = Route("0.0.0.0/0", target, f"{table.vpc}/{via}", SOURCE)
        return replace(table, routes=tuple(routes.values()))

    def _cards(
        self, vpc: str, subnets: tuple[Subnet, ...], groups: tuple[SecurityGroup, ...]
    ) -> list[Interface]:
        mine = [each for each in subnets if each.vpc == vpc]
        seats = list(product(mine, range(4)))
        return [
            replace(
                self._interface(f"{vpc}/i{number}", vpc, [subnet] * 2, [e.id for e in groups]),
                subnets=(subnet.id,),
                addresses=(_address(subnet, host),),
                public=self.chance.random() < 0.6,
            )
            for number, (subnet, host) in enumerate(self.chance.sample(seats, CARDS))
        ]


def _address(subnet: Subnet, host: int) -> str:
    first, _, last = subnet.cidrs[0].removesuffix("/30").rpartition(".")
    return f"{first}.{int(last) + host}"


def _nat_subnet(vpc: str) -> Subnet:
    cidr = f"10.0.{vpc[1:]}.12/30"
    return Subnet(f"{vpc}/sn", vpc, (cidr,), (f"{vpc}/tn",), (f"{vpc}/an",), SOURCE)


def _nat_table(vpc: str) -> RouteTable:
    outward = Route("0.0.0.0/0", Target.INTERNET, f"{vpc}/igw", SOURCE)
    return RouteTable(f"{vpc}/tn", vpc, (outward,), SOURCE)


def _open_acl(vpc: str) -> Acl:
    everything = (AclEntry(100, True, Protocol.ANY, ALL_PORTS, "0.0.0.0/0", SOURCE),)
    return Acl(f"{vpc}/an", vpc, everything, everything, SOURCE)


def _to_what_was_read(route: Route) -> Route:
    """What lies behind a transit gateway, outside of the VPCs, cannot be told."""
    private = route.destination.startswith("10.")
    if route.target is Target.TRANSIT and not private:
        return replace(route, target=Target.NOWHERE, via=None)
    return route


def _referring(group: SecurityGroup, joined: set[str]) -> SecurityGroup:
    def referable(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in names if each.partition("/")[0] in joined)

    ingress, egress = (
        tuple(replace(rule, groups=referable(rule.groups)) for rule in rules)
        for rules in (group.ingress, group.egress)
    )
    return replace(group, ingress=ingress, egress=egress)
