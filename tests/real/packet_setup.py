"""A network of the topology as Linux network namespaces, cables, routes and nftables.

    card        one for each interface; its security groups: nftables that keep state
    router      one for each VPC; its route tables: policy routing by the device of arrival;
                the ACLs of its subnets: nftables between devices, without state
    nat         one for each NAT gateway, in its subnet like a card
    tgw         the transit gateway; its route tables: by the device of arrival
    internet    has the public addresses and forwards nothing

Peerings are cables between routers. Every statement must be sure, every interface have one IPv4
address in one subnet. A device that leads into a subnet begins with the subnet's last name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from caisson.topology.network import (
    AclEntry,
    Gateway,
    Interface,
    Network,
    Protocol,
    Route,
    Rule,
    Subnet,
    Target,
    TransitTable,
)

INTERNET, TRANSIT = "internet", "tgw"
_LOCAL = 100  # the number of each router's table that leads to its own cards, and nowhere else
_NO_FORWARDING = "table ip no { chain f { type filter hook forward priority 0; policy drop; }; }"


@dataclass
class Namespace:
    ip: list[str] = field(default_factory=lambda: ["link set lo up"])
    nft: str = ""
    serve: list[tuple[str, str, int]] = field(default_factory=list)


class Setup:
    """What `packet_agents.py` reads, but for the programs and the questions."""

    def __init__(
        self, network: Network, outside: Iterable[str], ports: list[tuple[str, int]]
    ) -> None:
        self._network, self._ports = network, ports
        self._subnets = {each.id: each for each in network.subnets}
        self._cidrs = {each.id: each.cidrs[0] for each in network.vpcs}
        self._tables = {each.id: _LOCAL + n for n, each in enumerate(network.route_tables, 1)}
        self.namespaces = {INTERNET: Namespace(nft=_NO_FORWARDING), TRANSIT: Namespace()}
        self.cables: list[list[list[str]]] = []
        self._behind: dict[tuple[str, str], str] = {}  # the address at the other end of a cable
        for address in outside:
            self.namespaces[INTERNET].ip.append(f"addr add {address}/32 dev lo")
            self.namespaces[INTERNET].serve += [(address, *port) for port in ports]
        for vpc in self._cidrs:
            self._router(vpc)
        for card in network.interfaces:
            self._card(card)
        for gateway in network.gateways:
            if gateway.kind is Target.NAT:
                self._nat(gateway)
        for peering in network.peerings:
            one, other = peering.vpcs
            self._cable(one, peering.id, other, peering.id)
            self._only_inside(one, peering.id)
            self._only_inside(other, peering.id)
        for attachment in network.transit_attachments:
            self._attach(attachment.peer, attachment.table or "")
        self._route()

    def document(self) -> dict[str, Any]:
        return {
            "cables": self.cables,
            "namespaces": {name: vars(each) for name, each in self.namespaces.items()},
        }

    # Cables

    def _cable(self, one: str, device: str, other: str, other_device: str) -> None:
        """Join two namespaces; both ends get an address, which nothing but routes uses."""
        self.cables.append([[one, device], [other, other_device]])
        link = f"169.254.{len(self.cables)}"
        for name, its, last, far in ((one, device, 1, 2), (other, other_device, 2, 1)):
            self._behind[name, its] = f"{link}.{far}"
            self.namespaces[name].ip += [
                f"addr add {link}.{last}/30 dev {its}",
                f"link set {its} up",
            ]

    def _via(self, namespace: str, device: str) -> str:
        return f"via {self._behind[namespace, device]} dev {device}"

    def _router(self, vpc: str) -> None:
        self.namespaces[vpc] = Namespace(nft=self._acls(vpc))
        self.namespaces[vpc].ip.append(f"route add blackhole default table {_LOCAL}")
        self._cable(vpc, "igw", INTERNET, vpc)
        self._only_inside(vpc, "igw")
        self.namespaces[INTERNET].ip.append(
            f"route add {self._cidrs[vpc]} {self._via(INTERNET, vpc)}"
        )

    def _only_inside(self, vpc: str, device: str) -> None:
        """What comes in here is for the VPC's own addresses, or lost."""
        self.namespaces[vpc].ip.append(f"rule add iif {device} lookup {_LOCAL} priority 1")

    def _host(self, name: str, subnet: Subnet, address: str) -> None:
        """Place something in a subnet: what it sends goes by the subnet's route table."""
        self.namespaces[name] = Namespace()
        vpc, device = subnet.vpc, f"{_last(subnet.id)}-{_last(name)}"
        self._cable(vpc, device, name, "eth0")
        self.namespaces[name].ip += [
            f"addr add {address}/32 dev lo",
            f"route add default {self._via(name, 'eth0')}",
        ]
        table = self._tables[subnet.route_tables[0]]
        self.namespaces[vpc].ip += [
            f"route add {address} {self._via(vpc, device)} table {_LOCAL}",
            f"rule add iif {device} to {self._cidrs[vpc]} lookup {_LOCAL} priority 1",
            f"rule add iif {device} lookup {table} priority 2",
        ]

    def _card(self, card: Interface) -> None:
        self._host(card.owner, self._subnets[card.subnets[0]], card.addresses[0])
        own = self.namespaces[card.owner]
        own.nft = self._groups(card) if card.filtered else ""
        own.serve = [
            (card.addresses[0], protocol, port)
            for protocol, port in self._ports
            if card.listens is None or any(each.low <= port <= each.high for each in card.listens)
        ]

    def _nat(self, gateway: Gateway) -> None:
        subnet = self._subnets[gateway.place]
        address = nat_address(subnet)
        self._host(gateway.id, subnet, address)
        self.namespaces[gateway.id].nft = f"""
table ip nat {{
  chain forward {{ type filter hook forward priority 0; ct state invalid drop; }}
  chain leaving {{ type nat hook postrouting priority 100; snat to {address}; }}
}}"""

    def _attach(self, vpc: str, table: str) -> None:
        self._cable(TRANSIT, vpc, vpc, "tgw")
        self._only_inside(vpc, "tgw")
        number = self._number(table)
        self.namespaces[TRANSIT].ip.append(f"rule add iif {vpc} lookup {number} priority 1")

    # Routes

    def _route(self) -> None:
        for table in self._network.route_tables:
            number = self._tables[table.id]
            lines = self.namespaces[table.vpc].ip
            lines.append(f"route add blackhole default table {number}")
            for route in table.routes:
                way = self._way(table.vpc, route)
                lines.append(f"route replace {way(route.destination)} table {number}")
        for transit in self._network.transit_tables:
            self._route_transit(transit)

    def _way(self, vpc: str, route: Route) -> Any:
        match route.target:
            case Target.INTERNET:
                device = "igw"
            case Target.PEERING:
                device = route.via or ""
            case Target.TRANSIT:
                device = "tgw"
            case Target.NAT:
                place = next(e.place for e in self._network.gateways if e.id == route.via)
                device = f"{_last(place)}-{_last(route.via or '')}"
            case _:
                return lambda to: f"blackhole {to}"
        return lambda to: f"{to} {self._via(vpc, device)}"

    def _route_transit(self, table: TransitTable) -> None:
        number = self._number(table.id)
        lines = self.namespaces[TRANSIT].ip
        lines.append(f"route add blackhole default table {number}")
        peers = {each.id: each.peer for each in self._network.transit_attachments}
        for each in table.propagated:
            vpc = peers[each]
            lines.append(
                f"route replace {self._cidrs[vpc]} {self._via(TRANSIT, vpc)} table {number}"
            )
        for route in table.routes:  # of equal prefixes these decide
            way = (
                f"{route.destination} {self._via(TRANSIT, peers[route.attachment])}"
                if route.attachment
                else f"blackhole {route.destination}"
            )
            lines.append(f"route replace {way} table {number}")

    def _number(self, transit_table: str) -> int:
        return _LOCAL + [each.id for each in self._network.transit_tables].index(transit_table)

    # Security groups

    def _groups(self, card: Interface) -> str:
        mine = {each.group for each in card.groups}
        groups = [each for each in self._network.groups if each.id in mine]
        ingress = [
            line for each in groups for rule in each.ingress for line in self._rule(rule, "s")
        ]
        egress = [line for each in groups for rule in each.egress for line in self._rule(rule, "d")]
        return _table(
            "groups",
            {
                "ingress": [
                    "type filter hook input priority 0; policy drop;",
                    "ct state established accept",
                    *ingress,
                ],
                "egress": [
                    "type filter hook output priority 0; policy drop;",
                    "ct state established accept",
                    *egress,
                ],
            },
        )

    def _rule(self, rule: Rule, side: str) -> Iterator[str]:
        members = [
            card.addresses[0]
            for card in self._network.interfaces
            if any(each.group in rule.groups for each in card.groups)
        ]
        for peer in (*filter(_is_ipv4, rule.cidrs), *members):
            yield f"ip {side}addr {peer} {_ports(rule)} accept"

    # ACLs

    def _acls(self, vpc: str) -> str:
        """Return the ACLs at the borders of subnets, and what the internet gateway lets through.

        Allowing is to return, because the ACL of the other subnet has still to be asked.
        """
        chains: dict[str, list[str]] = {}
        public = ", ".join(self._public(vpc)) or "255.255.255.255"
        leaving = [
            "type filter hook forward priority 0; policy accept;",
            f'iifname "igw" ip daddr != {{ {public} }} drop',
            f'oifname "igw" ip saddr != {{ {public} }} drop',
        ]
        arriving: list[str] = []
        acls = {each.id: each for each in self._network.acls}
        for subnet in (each for each in self._network.subnets if each.vpc == vpc):
            acl, name = acls[subnet.acls[0]], _last(subnet.id)
            chains[f"{name}_ingress"] = [*map(_entry("s"), _tried(acl.ingress)), "drop"]
            chains[f"{name}_egress"] = [*map(_entry("d"), _tried(acl.egress)), "drop"]
            leaving.append(f'iifname "{name}-*" oifname "{name}-*" accept')
            arriving.append(f'iifname "{name}-*" jump {name}_egress')
            arriving.append(f'oifname "{name}-*" jump {name}_ingress')
        return _table("acls", {**chains, "forward": [*leaving, *arriving]})

    def _public(self, vpc: str) -> Iterator[str]:
        """Yield the private addresses that have a public one at the internet gateway."""
        for card in self._network.interfaces:
            if card.public and self._subnets[card.subnets[0]].vpc == vpc:
                yield card.addresses[0]
        for gateway in self._network.gateways:
            if gateway.kind is Target.NAT and gateway.public:
                subnet = self._subnets[gateway.place]
                if subnet.vpc == vpc:
                    yield nat_address(subnet)


def nat_address(subnet: Subnet) -> str:
    """Return the subnet's last address, which no card may have."""
    first, _, _ = subnet.cidrs[0].rpartition(".")
    return f"{first}.{int(subnet.cidrs[0].rpartition('.')[2].partition('/')[0]) + 3}"


def _table(name: str, chains: dict[str, list[str]]) -> str:
    written = (
        "".join((f"  chain {key} {{\n", *(f"    {each}\n" for each in lines), "  }\n"))
        for key, lines in chains.items()
    )
    return f"table ip {name} {{\n{''.join(written)}}}\n"


def _tried(entries: Iterable[AclEntry]) -> list[AclEntry]:
    return sorted((e for e in entries if _is_ipv4(e.cidr)), key=lambda each: each.number)


def _entry(side: str) -> Any:
    return lambda each: (
        f"ip {side}addr {each.cidr} {_ports(each)} {'return' if each.allow else 'drop'}"
    )


def _ports(of: Rule | AclEntry) -> str:
    match of.protocol:
        case Protocol.TCP | Protocol.UDP:
            return f"{of.protocol} dport {of.ports.low}-{of.ports.high}"
        case Protocol.ICMP:
            return "ip protocol icmp"
        case Protocol.OTHER:
            return "ip protocol gre"
        case Protocol.ANY:
            return ""


def _is_ipv4(cidr: str) -> bool:
    return ":" not in cidr


def _last(name: str) -> str:
    return name.rpartition("/")[2]
