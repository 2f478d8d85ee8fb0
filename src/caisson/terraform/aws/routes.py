"""Route tables and their routes."""

import re
from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.assigned import Claim
from caisson.terraform.aws.kinds import MAIN, PRIVATE_GATEWAY, SUBNET, TABLE
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.prefix_lists import LISTS, PrefixLists
from caisson.terraform.aws.route_targets import leads
from caisson.terraform.aws.unread import anywhere, misplaced, unread_table
from caisson.terraform.aws.vpc import INTERNET_GATEWAY, default_vpcs, named_vpcs
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN, Certainty, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import ANYWHERE, Gateway, Network, Route, RouteTable, Target
from caisson.topology.resources import Gap

ROUTE = "aws_route"
PROPAGATION = "aws_vpn_gateway_route_propagation"
TYPES = frozenset({*TABLE.types, ROUTE, PROPAGATION})
DESTINATIONS = ("cidr_block", "ipv6_cidr_block", "destination_prefix_list_id")
LITERAL = re.compile(r"e?igw-[0-9a-z]+")
OWN_GATEWAYS = (Target.INTERNET, Target.EGRESS_ONLY)
OWN_DESTINATIONS = (
    "destination_cidr_block",
    "destination_ipv6_cidr_block",
    "destination_prefix_list_id",
)


def table_claims(names: Names) -> Iterator[Claim]:
    """Yield which subnets have which table."""
    for each in names.reading.of("aws_route_table_association"):
        if not each.written("subnet_id"):
            continue  # it is a gateway's
        tables = names.one(each, "route_table_id", TABLE)
        unread = (each.address,) if tables.certainty is Certainty.OPEN else ()
        claim = (*tables.every, *unread)
        yield Claim(names.one(each, "subnet_id", SUBNET), claim, single=True)


def read(reading: Reading) -> Fragment:
    return _Tables(Names.of(reading)).fragment()


class _Tables:
    """The tables of one reading; routes that are resources of their own are put into theirs."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._lists = PrefixLists(names.reading)
        self._added: dict[str, list[Route]] = {}
        self._gaps: list[Gap] = []
        for each in names.reading.of(ROUTE):
            self._add(each, tuple(self._routes(each, OWN_DESTINATIONS)))
        for each in names.reading.of(PROPAGATION):
            via = names.one(each, "vpn_gateway_id", PRIVATE_GATEWAY).only
            self._add(each, anywhere(each.source, Target.PRIVATE, via))

    def _add(self, block: Block, routes: tuple[Route, ...]) -> None:
        tables = self._names.one(block, "route_table_id", TABLE)
        if tables.certainty is Certainty.OPEN:
            what = f"the route table of {block.address} cannot be told"
            self._gaps.append(misplaced(block, what))
        for one in tables.every:
            added = (replace(each, sure=each.sure and tables.sure) for each in routes)
            self._added.setdefault(one, []).extend(added)

    def fragment(self) -> Fragment:
        written = [self._written(each) for each in self._names.reading.of(*TABLE.types)]
        mains = list(self._mains())
        known = {each.id for each in (*written, *mains)}
        tables = (*written, *mains, *self._elsewhere(known))
        network = Network(route_tables=tables, gateways=tuple(self._gateways(tables)))
        return Fragment(gaps=tuple(self._gaps), network=network)

    def _gateways(self, tables: tuple[RouteTable, ...]) -> Iterator[Gateway]:
        """Yield gateways made elsewhere: AWS lets a route lead only to that of its own VPC."""
        found: dict[str, Gateway] = {}
        for table in tables:
            for each in table.routes:
                literal = each.via is not None and LITERAL.fullmatch(each.via)
                if each.sure and each.via and literal and each.target in OWN_GATEWAYS:
                    found[each.via] = Gateway(each.via, each.target, table.vpc, each.source)
        yield from found.values()

    def _written(self, block: Block) -> RouteTable:
        vpc = self._names.vpc_of_table(block.address)
        inline = [one for each in block.blocks("route") for one in self._routes(each, DESTINATIONS)]
        if not block.known("route") and block.written("route"):
            inline = list(anywhere(block.source))
        return RouteTable(
            id=block.address,
            vpc=vpc or f"{block.address}/vpc",
            routes=(*inline, *self._propagated(block), *self._added.get(block.address, ())),
            source=block.source,
        )

    def _propagated(self, block: Block) -> Iterator[Route]:
        """Yield what VPN gateways tell the table, which may be anything."""
        link = self._names.link(block, "propagating_vgws", PRIVATE_GATEWAY)
        for each in link.every:
            yield from anywhere(block.source, Target.PRIVATE, each)
        if link.certainty is Certainty.OPEN:
            yield from anywhere(block.source, Target.PRIVATE)

    def _mains(self) -> Iterator[RouteTable]:
        """Yield the tables that VPCs are made with, which nobody adopted."""
        defaults = default_vpcs(self._names)
        for vpc, (source, described) in named_vpcs(self._names).items():
            table = f"{vpc}/{MAIN}"
            if self._names.default_table(vpc) != table:
                continue
            added = tuple(self._added.get(table, ()))
            if vpc in defaults:
                out = Route(ANYWHERE[0], Target.INTERNET, f"{vpc}/{INTERNET_GATEWAY}", source)
                yield RouteTable(table, vpc, (out, *added), source)
            elif described:
                yield RouteTable(table, vpc, added, source)
            else:
                yield unread_table(table, vpc, source, added)

    def _elsewhere(self, known: set[str]) -> Iterator[RouteTable]:
        """Yield tables that were made elsewhere, with the routes that are put into them here."""
        every = {each: self._names.reading.instances.get(each) for each in self._added}
        for each in self._names.reading.of(*TABLE.types, mode=Mode.DATA):
            every |= dict.fromkeys(
                self._names.of_instance(each.address, TABLE).every, each.instance
            )
        for each in self._names.reading.of("aws_route_table_association"):
            if self._names.one(each, "route_table_id", TABLE).certainty is Certainty.OPEN:
                every[each.address] = each.instance
        for table, instance in every.items():
            if table in known:
                continue
            added = tuple(self._added.get(table, ()))
            vpc = self._names.vpc_of_table(table) or f"{table}/vpc"
            yield unread_table(table, vpc, instance.source if instance else added[0].source, added)

    def _routes(self, block: Block, destinations: tuple[str, str, str]) -> Iterator[Route]:
        """Yield a route for each of its destinations and each of its targets."""
        towards = [each for each in leads(self._names, block) if each.target is not Target.LOCAL]
        for destination, known in self._destinations(block, destinations):
            for each in towards:
                sure = known and each.sure
                yield Route(destination, each.target, each.via, block.source, sure)

    def _destinations(
        self, block: Block, names: tuple[str, str, str]
    ) -> Iterator[tuple[str, bool]]:
        ipv4, ipv6, listed = names
        told = [(name, block.text(name)) for name in (ipv4, ipv6) if block.written(name)]
        for name, value in told:
            if isinstance(value, str):
                yield value, True
            elif value is UNKNOWN:
                yield ANYWHERE[0] if name == ipv4 else ANYWHERE[1], False
        if block.text(listed) is not None and block.written(listed):
            written = self._lists.written(block.link(listed, *LISTS))
            yield from ((each, True) for each in written.sure)
            yield from ((each, False) for each in written.perhaps)
