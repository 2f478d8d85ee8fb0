"""The route tables of transit gateways, and which of them things get by default."""

from collections.abc import Iterator, Mapping

from caisson.terraform.aws.addresses import AddressBook
from caisson.terraform.aws.kinds import ATTACHMENT, DEFAULT, TRANSIT, TRANSIT_TABLE
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.prefix_lists import LISTS, PrefixLists
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block
from caisson.topology.network import (
    ANYWHERE,
    TransitAttachment,
    TransitRoute,
    TransitTable,
)

TABLE = "aws_ec2_transit_gateway_route_table"
ROUTE = "aws_ec2_transit_gateway_route"
LISTED = "aws_ec2_transit_gateway_prefix_list_reference"
PROPAGATION = "aws_ec2_transit_gateway_route_table_propagation"
DEFAULT_ASSOCIATION = "aws_ec2_transit_gateway_default_route_table_association"
DEFAULT_PROPAGATION = "aws_ec2_transit_gateway_default_route_table_propagation"
OTHER_SIDE = "peer"


class TransitDefaults:
    """Which table of a gateway takes new attachments, and which learns their addresses."""

    def __init__(self, names: Names) -> None:
        self._gateways = {each.address: each for each in names.reading.of(*TRANSIT.types)}
        self._associating = dict(_chosen(names, DEFAULT_ASSOCIATION))
        self._propagating = dict(_chosen(names, DEFAULT_PROPAGATION))

    def accepts(self, gateway: str) -> bool:
        """Whether the gateway takes attachments of other accounts without being asked."""
        block = self._gateways.get(gateway)
        return block is not None and block.text("auto_accept_shared_attachments") == "enable"

    def associated(self, gateway: str) -> tuple[str, ...] | None:
        """Return the tables that a new attachment may get (none: no table); None: not told."""
        return self._table(gateway, "default_route_table_association", self._associating)

    def propagated(self, gateway: str) -> tuple[str, ...] | None:
        """Return the tables that a new attachment tells its addresses, as in `associated`."""
        return self._table(gateway, "default_route_table_propagation", self._propagating)

    def _table(
        self, gateway: str, attribute: str, chosen: Mapping[str, str]
    ) -> tuple[str, ...] | None:
        if gateway in chosen:
            return (chosen[gateway],)
        block = self._gateways.get(gateway)
        if block is None:
            return None
        value = block.text(attribute) or "enable"
        if value == "disable":
            return ()
        return (f"{gateway}/{DEFAULT}",) if value == "enable" else None


def _chosen(names: Names, what: str) -> Iterator[tuple[str, str]]:
    for each in names.reading.of(what):
        gateway = names.one(each, "transit_gateway_id", TRANSIT).only
        table = names.one(each, "transit_gateway_route_table_id", TRANSIT_TABLE)
        if gateway is not None:
            yield gateway, table.only or f"{each.address}/table"


class TransitTables:
    """Collects what each table has; `attachments` are those that were read, by id."""

    def __init__(
        self, names: Names, attachments: Mapping[str, TransitAttachment], book: AddressBook
    ) -> None:
        self._names, self._attachments, self._book = names, attachments, book
        self._lists = PrefixLists(names.reading)
        self._routes: dict[str, list[TransitRoute]] = {}
        self._propagated: dict[str, list[str]] = {}
        self._blocks = {each.address: each for each in names.reading.of(TABLE)}
        self._gateways = {
            address: gateway
            for address, each in self._blocks.items()
            if (gateway := names.one(each, "transit_gateway_id", TRANSIT).only)
        } | {f"{each.address}/{DEFAULT}": each.address for each in names.reading.of(*TRANSIT.types)}
        for each in names.reading.of(ROUTE, LISTED):
            self._add_route(each)
        for each in names.reading.of(PROPAGATION):
            tables = names.one(each, "transit_gateway_route_table_id", TRANSIT_TABLE)
            told = names.one(each, "transit_gateway_attachment_id", ATTACHMENT)
            self.propagate(each, told, tables)

    def propagate(self, block: Block, attachments: Link, tables: Link) -> None:
        """Let tables learn the addresses of attachments."""
        sure = attachments.sure and tables.sure
        unread = (f"{block.address}/attachment",) if attachments.certainty is Certainty.OPEN else ()
        for table in self._all(tables):
            for each in (*attachments.every, *unread):
                if sure:
                    self._propagated.setdefault(table, []).append(each)
                else:
                    self._routes.setdefault(table, []).extend(self._perhaps(block, each))

    def _all(self, tables: Link) -> tuple[str, ...]:
        """Return the tables that are meant; all that were read when that cannot be told."""
        return tuple(self._gateways) if tables.certainty is Certainty.OPEN else tables.every

    def _perhaps(self, block: Block, attachment: str) -> Iterator[TransitRoute]:
        known = self._attachments.get(attachment)
        cidrs = self._book.of(known.peer).cidrs if known else ()
        for cidr in cidrs or ANYWHERE:
            yield TransitRoute(cidr, attachment, block.source, sure=False)

    def _add_route(self, block: Block) -> None:
        tables = self._names.one(block, "transit_gateway_route_table_id", TRANSIT_TABLE)
        for table in self._all(tables):
            routes = self._routes.setdefault(table, [])
            for destination, known in self._destinations(block):
                for attachment, certain in self._ends(block, table):
                    sure = known and certain and tables.sure
                    routes.append(TransitRoute(destination, attachment, block.source, sure))

    def _destinations(self, block: Block) -> Iterator[tuple[str, bool]]:
        if block.instance.type == LISTED:
            written = self._lists.written(block.link("prefix_list_id", *LISTS))
            yield from ((each, True) for each in written.sure)
            yield from ((each, False) for each in written.perhaps)
            return
        cidr = block.text("destination_cidr_block")
        known = isinstance(cidr, str)
        yield from ((each, known) for each in ((str(cidr),) if known else ANYWHERE))

    def _ends(self, block: Block, table: str) -> Iterator[tuple[str | None, bool]]:
        """Yield the attachments that a route leads to; None is a black hole."""
        black = block.flag("blackhole", default=False)
        if black is not False:
            yield None, black is True
        if black is not True:
            link = self._names.one(block, "transit_gateway_attachment_id", ATTACHMENT)
            for each in link.every:
                yield self._side(each, table), link.sure and black is False
            if link.certainty is Certainty.OPEN or not link.every:
                yield f"{block.address}/attachment", False

    def _side(self, attachment: str, table: str) -> str:
        """Return the attachment as the gateway of the table sees it: a peering has two ends."""
        known = self._attachments.get(attachment)
        other = f"{attachment}/{OTHER_SIDE}"
        if known is None or other not in self._attachments:
            return attachment
        return attachment if known.gateway == self._gateways.get(table) else other

    def all(self) -> Iterator[TransitTable]:
        """Yield the tables of gateways that were read, and those that were read themselves."""
        for table, gateway in self._gateways.items():
            block = self._blocks.get(table) or self._names.reading.at(gateway)
            yield TransitTable(
                id=table,
                gateway=gateway,
                routes=tuple(self._routes.get(table, ())),
                propagated=tuple(dict.fromkeys(self._propagated.get(table, ()))),
                source=block.source,
            )
