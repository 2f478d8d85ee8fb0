"""A slow and literal packet walker: one packet, one check after another, as the documents say it.

It shares no code with the engine and knows no sets of addresses or ports. It answers for one
form of a network: the widest, or with `sure` the narrowest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import product

from caisson.prove.certificate import Hop
from caisson.topology.network import (
    ALL_PORTS,
    Acl,
    AclEntry,
    Interface,
    Network,
    Protocol,
    Route,
    Rule,
    SecurityGroup,
    Subnet,
    Target,
)

Address = IPv4Address | IPv6Address
Cidr = IPv4Network | IPv6Network

EPHEMERAL = (1024, 2048, 3389, 5432, 8080, 32768, 40000, 49999, 50000, 65535)
PRIVATE = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    )
)


@cache
def inside(address: Address, cidr: str) -> bool:
    return address in net(cidr)


@cache
def net(cidr: str) -> Cidr:
    return ip_network(cidr, strict=False)


def is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address in ip_network("2000::/3")
    return not any(address in each for each in PRIVATE)


@dataclass(frozen=True)
class End:
    """Where a packet begins or ends: None for `interface` is the internet."""

    interface: Interface | None
    address: Address
    subnet: Subnet | None = None
    table: str | None = None
    acl: str | None = None

    @property
    def vpc(self) -> str | None:
        return self.subnet.vpc if self.subnet else None


@dataclass(frozen=True)
class Question:
    protocol: Protocol
    port: int = 0


class Walker:
    def __init__(self, network: Network, *, sure: bool) -> None:
        self.network, self.sure = network, sure
        self.groups = {each.id: each for each in network.groups}
        self.acls = {each.id: each for each in network.acls}
        self.tables = {each.id: each for each in network.route_tables}
        self.vpcs = {each.id: each for each in network.vpcs}
        self.subnets = {each.id: each for each in network.subnets}
        self.gateways = {each.id: each for each in network.gateways}
        self.peerings = {each.id: each for each in network.peerings}
        self.attachments = {each.id: each for each in network.transit_attachments}
        self.transit_tables = {each.id: each for each in network.transit_tables}
        # The same few questions come again for every pair of addresses.
        self._leads = cache(self._leads_by)
        self._passes = cache(self._passes_acl)

    def refusal(self, one: End, other: End, question: Question) -> str | None:
        """Return the first check that refuses the connection, None when it is opened."""
        checks = {
            "address": self._families,
            "egress": lambda a, b, q: self._group(a, b, "egress", q),
            "route": lambda a, b, _: self._route(a, b),
            "acl out": lambda a, b, q: self._acl(a, b, "egress", q),
            "acl in": lambda a, b, q: self._acl(b, a, "ingress", q),
            "ingress": lambda a, b, q: self._group(b, a, "ingress", q),
            "listens": lambda _, b, q: self._listens(b, q),
            "route back": lambda a, b, _: self._route_back(b, a),
            "acl answer": self._answered,
        }
        return next(
            (name for name, check in checks.items() if not check(one, other, question)), None
        )

    def meets(self, hops: tuple[Hop, ...], one: End, other: End) -> bool:
        """Whether a packet between these two is checked by just what the hops name."""
        kinds = {each.kind for each in hops}
        if kinds <= {"egress", "ingress"}:
            own = one if "egress" in kinds else other
            assert own.interface
            groups = {each.group for each in own.interface.groups}
            return {each.id for each in hops} <= (groups or {own.interface.owner})
        return all(self._is_at(each, one, other) for each in hops)

    def _is_at(self, hop: Hop, one: End, other: End) -> bool:
        own = one if hop.kind in ("route", "acl out", "acl answer in") else other
        if hop.kind in ("address", "listens"):
            return hop.id in (own.interface.owner if own.interface else "internet", "internet")
        if own.subnet is None or (other.subnet and one.subnet and one.subnet.id == other.subnet.id):
            return False
        named = own.table if hop.kind.startswith("route") else own.acl
        return hop.id in (named, own.subnet.id)

    def refused_by(  # noqa: C901, PLR0911
        self, hops: tuple[Hop, ...], one: End, other: End, question: Question
    ) -> bool:
        """Whether these checks together refuse, whatever the others say."""
        if len(hops) > 1 and hops[0].kind.startswith("acl answer"):
            return not self._answered(one, other, question)
        match hops[0].kind:
            case "address":
                return not (self._families(one, other, question) and self._public(one, other))
            case "egress":
                return not self._group(one, other, "egress", question)
            case "ingress":
                return not self._group(other, one, "ingress", question)
            case "route":
                return not self._route(one, other)
            case "route back":
                return not self._route_back(other, one)
            case "acl out":
                return not self._acl(one, other, "egress", question)
            case "acl in":
                return not self._acl(other, one, "ingress", question)
            case "acl answer out":
                return not self._some(other, one, "egress", question)
            case "acl answer in":
                return not self._some(one, other, "ingress", question)
            case "listens":
                return not self._listens(other, question)
            case kind:
                raise ValueError(kind)

    def _some(self, own: End, other: End, way: str, question: Question) -> bool:
        return any(
            self._acl(own, other, way, Question(question.protocol, port))
            for port in _answers(question)
        )

    def _families(self, one: End, other: End, _: Question) -> bool:
        return one.address.version == other.address.version

    def _public(self, one: End, other: End) -> bool:
        """Whether an end that the internet talks to has an address that it can send to."""
        if one.interface is not None:
            return True
        assert other.interface is not None
        return other.interface.public is True or (other.interface.public is None and not self.sure)

    # Security groups

    def _group(self, own: End, other: End, way: str, question: Question) -> bool:
        card = own.interface
        if card is None or not card.filtered:
            return True
        if not card.groups_known and not self.sure:
            return True
        return any(
            self._group_permits(self.groups.get(each.group), own, other, way, question)
            for each in card.groups
            if each.sure or not self.sure
        )

    def _group_permits(
        self, group: SecurityGroup | None, own: End, other: End, way: str, question: Question
    ) -> bool:
        if group is None or not group.described:
            return not self.sure
        return any(self._rule_permits(each, own, other, question) for each in getattr(group, way))

    def _rule_permits(self, rule: Rule, own: End, other: End, question: Question) -> bool:
        if self.sure and not (rule.sure and whole(rule.protocol, rule)):
            return False
        if not matches(rule.protocol, rule, question):
            return False
        if any(inside(other.address, each) for each in rule.cidrs):
            return True
        return bool(rule.groups) and self._is_member(other, rule.groups, own)

    def _is_member(self, end: End, groups: tuple[str, ...], seen_from: End) -> bool:
        card = end.interface
        if card is None:
            return False
        if not self.sure:
            return not card.groups_known or any(each.group in groups for each in card.groups)
        if end.vpc != seen_from.vpc and not self._peered(end.vpc, seen_from.vpc):
            return False
        return any(each.group in groups and each.sure for each in card.groups)

    def _peered(self, one: str | None, other: str | None) -> bool:
        return any(
            set(each.vpcs) == {one, other} and each.active is True and each.sure
            for each in self.network.peerings
        )

    def _listens(self, end: End, question: Question) -> bool:
        card = end.interface
        if card is None or card.listens is None:
            return True
        if question.protocol not in (Protocol.TCP, Protocol.UDP):
            return True
        return any(each.low <= question.port <= each.high for each in card.listens)

    # ACLs

    def _acl(self, own: End, other: End, way: str, question: Question) -> bool:
        if own.subnet is None or (other.subnet and own.subnet.id == other.subnet.id):
            return True
        return self._passes(own.acl, way, other.address, question)

    def _passes_acl(
        self, acl_id: str | None, way: str, address: Address, question: Question
    ) -> bool:
        acl: Acl | None = self.acls.get(acl_id or "")
        if acl is None or not acl.described:
            return not self.sure
        for entry in sorted(getattr(acl, way), key=lambda each: each.number):
            concerns = self._counts(entry) and inside(address, entry.cidr)
            if concerns and matches(entry.protocol, entry, question):
                return entry.allow
        return False

    def _counts(self, entry: AclEntry) -> bool:
        if entry.sure and whole(entry.protocol, entry):
            return True
        return entry.allow is not self.sure

    def _answered(self, one: End, other: End, question: Question) -> bool:
        return any(
            self._acl(other, one, "egress", Question(question.protocol, port))
            and self._acl(one, other, "ingress", Question(question.protocol, port))
            for port in _answers(question)
        )

    # Routes

    def _route(self, one: End, other: End) -> bool:
        if one.interface is None:
            return self._public(one, other)
        if other.interface is None:
            public = one.interface.public
            cases = {True: [True], False: [False], None: [True, False]}[public]
            leads = [self._leads(one.table, one.vpc, None, other.address, each) for each in cases]
            return all(leads) if self.sure else any(leads)
        return self._between(one, other)

    def _route_back(self, one: End, other: End) -> bool:
        """Whether `one`, who was asked, can answer `other`."""
        if one.interface is None:
            return True
        if other.interface is None:
            return self._leads(one.table, one.vpc, None, other.address, public=True, answering=True)
        return self._between(one, other)

    def _between(self, one: End, other: End) -> bool:
        assert one.subnet
        assert other.subnet
        if one.subnet.id == other.subnet.id:
            return True
        return self._leads(one.table, one.vpc, other.vpc, other.address)

    def _leads_by(
        self,
        table: str | None,
        vpc: str | None,
        to: str | None,
        address: Address,
        public: bool = True,
        answering: bool = False,
        passed: frozenset[str] = frozenset(),
    ) -> bool:
        """Whether a table leads to the VPC `to`, or to the internet (None)."""
        known = self.tables.get(table or "")
        if known is None:
            return not self.sure
        assert vpc
        local = [
            (net(each).prefixlen, True, to == vpc)
            for each in self.vpcs[vpc].cidrs
            if inside(address, each)
        ]
        listed = [
            (
                net(each.destination).prefixlen,
                each.sure,
                self._led(each, vpc, to, address, public, answering, passed),
            )
            for each in known.routes
            if inside(address, each.destination)
        ]
        return self._decided([*local, *listed])

    def _decided(self, routes: list[tuple[int, bool, bool]]) -> bool:
        """Decide among (prefix, sure, leads); of equal prefixes the last one decides."""
        certain = [each for each in routes if each[1]]
        chosen = max(enumerate(certain), key=lambda each: (each[1][0], each[0]), default=None)
        leads = chosen is not None and chosen[1][2]
        length = chosen[1][0] if chosen else -1
        unsure = [each for each in routes if not each[1]]
        if not self.sure:
            return leads or any(each[2] for each in unsure)
        return leads and all(each[2] for each in unsure if each[0] >= length)

    def _led(  # noqa: PLR0911
        self,
        route: Route,
        vpc: str,
        to: str | None,
        address: Address,
        public: bool,
        answering: bool,
        passed: frozenset[str],
    ) -> bool:
        match route.target:
            case Target.LOCAL:
                return to == vpc
            case Target.NOWHERE | Target.ENDPOINT:
                return False
            case Target.NAT | Target.EGRESS_ONLY | Target.TRANSIT if answering:
                return False
            case Target.INTERFACE | Target.PRIVATE | Target.UNKNOWN:
                return not self.sure
            case Target.PEERING:
                return self._by_peering(route.via, vpc, to)
            case Target.TRANSIT:
                return self._by_transit(route.via, vpc, to, address)
            case Target.INTERNET:
                return (
                    to is None and self._attached(route, vpc) and (public or address.version == 6)
                )
            case Target.EGRESS_ONLY:
                return to is None and self._attached(route, vpc) and address.version == 6
            case Target.NAT:
                return to is None and self._by_nat(route.via or "", address, passed)

    def _attached(self, route: Route, vpc: str) -> bool:
        gateway = self.gateways.get(route.via or "")
        if gateway is None:
            return not self.sure
        return (
            gateway.place == vpc
            and gateway.kind is route.target
            and (gateway.sure or not self.sure)
        )

    def _by_nat(self, via: str, address: Address, passed: frozenset[str]) -> bool:
        if via in passed:
            return False
        gateway = self.gateways.get(via)
        subnet = self.subnets.get(gateway.place) if gateway else None
        if gateway is None or subnet is None:
            return not self.sure
        leads = [
            self._leads(table, subnet.vpc, None, address, gateway.public, passed=passed | {via})
            for table in subnet.route_tables
        ]
        if not self.sure:
            return any(leads)
        return (
            all(leads) and gateway.sure and subnet.sure and self._hinders_nothing(subnet, address)
        )

    def _hinders_nothing(self, subnet: Subnet, address: Address) -> bool:
        """Whether surely every packet passes the subnet's ACLs: nothing is denied before all is."""
        for acl_id in subnet.acls:
            acl = self.acls.get(acl_id)
            if acl is None or not acl.described:
                return False
            for entries in (acl.ingress, acl.egress):
                mine = [e for e in entries if net(e.cidr).version == address.version]
                ordered = sorted(mine, key=lambda each: each.number)
                first = next((e for e in ordered if not e.allow or _all(e)), None)
                if first is None or not first.allow or not first.sure:
                    return False
        return True

    def _by_peering(self, via: str | None, vpc: str, to: str | None) -> bool:
        peering = self.peerings.get(via or "")
        if peering is None:
            return not self.sure
        if to is None or set(peering.vpcs) != {vpc, to}:
            return False
        return (
            (peering.active is True and peering.sure) if self.sure else peering.active is not False
        )

    def _by_transit(self, via: str | None, vpc: str, to: str | None, address: Address) -> bool:
        entries = [
            each
            for each in self.network.transit_attachments
            if each.gateway == via and each.peer == vpc
        ]
        if not entries:
            return not self.sure
        return any(self._from_attachment(each.id, to, address) for each in entries)

    def _from_attachment(self, attachment_id: str, to: str | None, address: Address) -> bool:
        attachment = self.attachments[attachment_id]
        table = self.transit_tables.get(attachment.table or "")
        if table is None:
            return not self.sure
        if self.sure and not (attachment.sure and self._open_subnets(attachment.subnets, address)):
            return False
        routes: list[tuple[int, bool, bool]] = []
        for each in table.propagated:
            known = self.attachments.get(each)
            vpc = self.vpcs.get(known.peer) if known else None
            if known is None or vpc is None:
                routes.append((0, False, self._to_attachment(each, to, address)))
                continue
            for cidr in vpc.cidrs:
                if inside(address, cidr):
                    leads = self._to_attachment(each, to, address)
                    routes.append((net(cidr).prefixlen, known.sure and table.sure, leads))
        for route in table.routes:
            if inside(address, route.destination):
                leads = route.attachment is not None and self._to_attachment(
                    route.attachment, to, address
                )
                routes.append((net(route.destination).prefixlen, route.sure and table.sure, leads))
        return self._decided(routes)

    def _to_attachment(self, attachment_id: str, to: str | None, address: Address) -> bool:
        attachment = self.attachments.get(attachment_id)
        if attachment is None or attachment.peer not in self.vpcs or to is None:
            return not self.sure
        if attachment.peer != to:
            return False
        return not self.sure or (
            attachment.sure and self._open_subnets(attachment.subnets, address)
        )

    def _open_subnets(self, subnets: Iterable[str], address: Address) -> bool:
        return all(self._hinders_nothing(self.subnets[each], address) for each in subnets)

    # Everything that may be, and everything that must

    def can(self, source: str, target: str, question: Question) -> bool:
        """Whether `source` may open it (widest), or must be able to (narrowest)."""
        return self._decide(self.presences(source), self.presences(target), question)

    def can_from_internet(
        self, target: str, question: Question, addresses: Iterable[Address]
    ) -> bool:
        outside = [[End(None, each)] for each in addresses if self._is_outside(each)]
        return self._decide(outside, self.presences(target), question)

    def can_to_internet(
        self, source: str, question: Question, addresses: Iterable[Address]
    ) -> bool:
        outside = [[End(None, each)] for each in addresses if self._is_outside(each)]
        return self._decide(self.presences(source), outside, question)

    def _is_outside(self, address: Address) -> bool:
        own = (cidr for each in self.network.vpcs for cidr in each.cidrs)
        return is_public(address) and not any(inside(address, each) for each in own)

    def _decide(
        self, sources: list[list[End]], targets: list[list[End]], question: Question
    ) -> bool:
        quantifier = all if self.sure else any
        return any(
            quantifier(
                self.refusal(one, other, question) is None for one, other in product(some, others)
            )
            for some in sources
            for others in targets
            if some and others
        )

    def presences(self, owner: str) -> list[list[End]]:
        """Return the presences of an owner, each as its alternatives: every single address."""
        found: list[list[End]] = []
        for card in self.network.interfaces:
            if card.owner == owner and (card.sure or not self.sure):
                subnets = [self.subnets[each] for each in card.subnets]
                for choice in [[each] for each in subnets] if card.all_subnets else [subnets]:
                    found += self._present(card, choice)
        return found

    def _present(self, card: Interface, subnets: list[Subnet]) -> Iterator[list[End]]:
        if self.sure and not all(each.sure for each in subnets):
            return
        for version in (4, 6):
            ranges = {
                each.id: [c for c in self._cidrs(each) if net(c).version == version]
                for each in subnets
            }
            known = [
                address
                for each in card.addresses
                if (address := ip_address(each)).version == version
                and any(inside(address, cidr) for cidrs in ranges.values() for cidr in cidrs)
            ]
            if known:
                for address in known:
                    yield [
                        end
                        for each in subnets
                        if any(inside(address, cidr) for cidr in ranges[each.id])
                        for end in self._ends(card, each, address)
                    ]
                continue
            both = {net(cidr).version for each in subnets for cidr in self._cidrs(each)} == {4, 6}
            certain = all(ranges.values()) and (not both or (version == 4 and not card.addresses))
            if self.sure and not certain:
                continue
            yield [
                end
                for each in subnets
                for cidr in ranges[each.id]
                for address in net(cidr)
                for end in self._ends(card, each, address)
            ]

    def _cidrs(self, subnet: Subnet) -> tuple[str, ...]:
        return subnet.cidrs or self.vpcs[subnet.vpc].cidrs

    def _ends(self, card: Interface, subnet: Subnet, address: Address) -> Iterator[End]:
        for table, acl in product(subnet.route_tables or (None,), subnet.acls or (None,)):
            yield End(card, address, subnet, table, acl)


def _answers(question: Question) -> tuple[int, ...]:
    return EPHEMERAL if question.protocol in (Protocol.TCP, Protocol.UDP) else (0,)


def matches(protocol: Protocol, of: Rule | AclEntry, question: Question) -> bool:
    if protocol is Protocol.ANY:
        return True
    if protocol is not question.protocol:
        return False
    if protocol in (Protocol.TCP, Protocol.UDP):
        return of.ports.low <= question.port <= of.ports.high
    return True


def whole(protocol: Protocol, of: Rule | AclEntry) -> bool:
    """Whether what is written is all that is meant: not so of ICMP types and unnamed protocols."""
    if protocol is Protocol.ICMP:
        return of.ports == ALL_PORTS
    return protocol is not Protocol.OTHER


def _all(entry: AclEntry) -> bool:
    return entry.protocol is Protocol.ANY and net(entry.cidr).prefixlen == 0
