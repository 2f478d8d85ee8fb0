"""Transit gateways: what is attached to them, and the table that decides for each.

An attachment of which the gateway or the other end cannot be told is left out: what is routed
to a gateway may then come out anywhere.
"""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.addresses import AddressBook
from caisson.terraform.aws.kinds import ATTACHMENT, DEFAULT, SUBNET, TRANSIT, TRANSIT_TABLE, VPC
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.transit_tables import (
    DEFAULT_ASSOCIATION,
    DEFAULT_PROPAGATION,
    LISTED,
    OTHER_SIDE,
    PROPAGATION,
    ROUTE,
    TABLE,
    TransitDefaults,
    TransitTables,
)
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty, Link, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Network, TransitAttachment, TransitTable

TO_VPC = "aws_ec2_transit_gateway_vpc_attachment"
TO_VPC_ACCEPTER = "aws_ec2_transit_gateway_vpc_attachment_accepter"
TO_GATEWAY = "aws_ec2_transit_gateway_peering_attachment"
TO_GATEWAY_ACCEPTER = "aws_ec2_transit_gateway_peering_attachment_accepter"
CONNECT = "aws_ec2_transit_gateway_connect"
ASSOCIATION = "aws_ec2_transit_gateway_route_table_association"
# Behind these lies a network that was not read.
LINES = {
    "aws_vpn_connection": "transit_gateway_id",
    "aws_dx_gateway_association": "associated_gateway_id",
    CONNECT: "transit_gateway_id",
}
TYPES = frozenset(
    {
        *TRANSIT.types,
        TO_VPC,
        TO_VPC_ACCEPTER,
        TO_GATEWAY,
        TO_GATEWAY_ACCEPTER,
        CONNECT,
        f"{CONNECT}_peer",
        TABLE,
        ROUTE,
        LISTED,
        ASSOCIATION,
        PROPAGATION,
        DEFAULT_ASSOCIATION,
        DEFAULT_PROPAGATION,
    }
)
ASSOCIATES = "transit_gateway_default_route_table_association"
PROPAGATES = "transit_gateway_default_route_table_propagation"
NO_TABLE = "no-table"


def read(reading: Reading) -> Fragment:
    return _Transit(Names.of(reading)).fragment()


class _Transit:
    def __init__(self, names: Names) -> None:
        self._names = names
        self._defaults = TransitDefaults(names)
        self._accepters = dict(_accepters(names))
        self._associations = _Associations(names)
        self._described = {each.address for each in names.reading.of("aws_vpc")}
        self._subnets: dict[str, tuple[str, ...]] = {}
        for subnet in names.reading.of(*SUBNET.types):
            vpc = names.vpcs_of_subnet(subnet.address).only or ""
            self._subnets[vpc] = (*self._subnets.get(vpc, ()), subnet.address)
        self._blocks: dict[str, Block] = {}
        self._attachments: dict[str, TransitAttachment] = {}
        for block in self._attaching():
            for each in self._attached(block):
                self._attachments[each.id] = each
                self._blocks[each.id] = block

    def fragment(self) -> Fragment:
        book = AddressBook(self._names)
        tables = TransitTables(self._names, self._attachments, book)
        for one, block in self._blocks.items():
            self._propagate_by_default(one, block, tables)
        settled = [each for one in self._attachments for each in self._settled(one)]
        return Fragment(
            network=Network(
                transit_attachments=tuple(settled),
                transit_tables=(*tables.all(), *_empty(settled)),
            )
        )

    def _attaching(self) -> Iterator[Block]:
        for mode in Mode:
            yield from self._names.reading.of(TO_VPC, TO_GATEWAY, mode=mode)
        yield from self._names.reading.of(*LINES)

    def _attached(self, block: Block) -> Iterator[TransitAttachment]:
        one = self._names.of_instance(block.address, ATTACHMENT).only or block.address
        what = block.instance.type
        attribute = LINES.get(what, "transit_gateway_id")
        gateway = self._gateway(block, attribute)
        if gateway is None:
            return
        if what == TO_GATEWAY:
            yield from self._between_gateways(one, block, gateway)
        elif what == TO_VPC:
            yield from self._to_vpc(one, block, gateway)
        else:
            yield TransitAttachment(one, gateway, one, (), None, block.source)

    def _gateway(self, block: Block, attribute: str) -> str | None:
        return self._names.one(block, attribute, TRANSIT).only

    def _to_vpc(self, one: str, block: Block, gateway: str) -> Iterator[TransitAttachment]:
        vpc = self._names.one(block, "vpc_id", VPC).only
        if vpc is None:
            return
        link = self._names.link(block, "subnet_ids", SUBNET)
        # Subnets that are not told are among those of the VPC, which matter by their ACLs only.
        subnets = link.every if link.sure else self._subnets.get(vpc, ())
        sure = (link.sure or vpc in self._described) and self._is_accepted(one, block, gateway)
        yield TransitAttachment(one, gateway, vpc, subnets, None, block.source, sure)

    def _is_accepted(self, one: str, block: Block, gateway: str) -> bool:
        """Whether the gateway's account surely takes it, as it does what is its own."""
        instance = self._names.reading.instances.get(gateway)
        same = instance is not None and instance.account == block.instance.account
        return same or one in self._accepters or self._defaults.accepts(gateway)

    def _between_gateways(
        self, one: str, block: Block, gateway: str
    ) -> Iterator[TransitAttachment]:
        """Yield both ends of a peering of gateways, each as its own gateway sees it."""
        other = self._gateway(block, "peer_transit_gateway_id")
        if other is not None:
            sure = one in self._accepters or block.text("state") == "available"
            end = TransitAttachment(one, gateway, other, (), None, block.source, sure)
            yield end
            yield replace(end, id=f"{one}/{OTHER_SIDE}", gateway=other, peer=gateway)

    def _settled(self, one: str) -> Iterator[TransitAttachment]:
        """Yield the attachment with its table, once for each that it may be."""
        attachment, found = self._attachments[one], self._tables_of(one)
        if found is None:
            yield attachment
            return
        for table in found or (f"{one}/{NO_TABLE}",):
            yield replace(attachment, table=table, sure=attachment.sure and len(found) <= 1)

    def _tables_of(self, one: str) -> tuple[str, ...] | None:
        """Return the tables that may decide for it, none when it has no table; None: not told."""
        gateway = self._attachments[one].gateway
        given = self._associations.of(one.removesuffix(f"/{OTHER_SIDE}"), gateway)
        if given is None or given:
            return given
        wants = self._flag(one, ASSOCIATES)
        by_default = self._defaults.associated(gateway)
        return () if wants is False else by_default if wants else None

    def _flag(self, one: str, attribute: str) -> bool | None:
        """Return whether it takes part in what its gateway does by default.

        The accepter decides for an attachment of another account.
        """
        block = self._accepters.get(one, self._blocks[one])
        return block.flag(attribute, default=True) if block.written(attribute) else True

    def _propagate_by_default(self, one: str, block: Block, tables: TransitTables) -> None:
        if block.instance.type == TO_GATEWAY:  # these tell nothing to the other side
            return
        wants = self._flag(one, PROPAGATES)
        by_default = self._defaults.propagated(self._attachments[one].gateway)
        if by_default is None:
            by_default, wants = (f"{self._attachments[one].gateway}/{DEFAULT}",), wants and None
        if wants is not False:
            certainty = Certainty.EXACT if wants else Certainty.AMONG
            tables.propagate(block, Link((one,), (), certainty), Link(by_default))


class _Associations:
    """Which table resources of their own say that decides for an attachment."""

    def __init__(self, names: Names) -> None:
        self._loose = False
        self._found: dict[str, list[tuple[str, bool]]] = {}
        self._gateways = {
            each.address: names.one(each, "transit_gateway_id", TRANSIT).only
            for each in names.reading.of(TABLE)
        }
        for each in names.reading.of(ASSOCIATION):
            attachments = names.one(each, "transit_gateway_attachment_id", ATTACHMENT)
            tables = names.one(each, "transit_gateway_route_table_id", TRANSIT_TABLE)
            open_ones = (attachments.certainty, tables.certainty).count(Certainty.OPEN)
            self._loose = self._loose or bool(open_ones)
            for one in attachments.every:
                pairs = ((table, attachments.sure) for table in tables.every)
                self._found.setdefault(one, []).extend(pairs)

    def of(self, attachment: str, gateway: str) -> tuple[str, ...] | None:
        """Return the tables of `gateway` for the attachment; None when they cannot be told."""
        found = [
            (table, sure)
            for table, sure in self._found.get(attachment, ())
            if self._gateways.get(table, gateway) in (gateway, None)
        ]
        if any(not sure for _, sure in found) or (self._loose and not found):
            return None
        return tuple(dict.fromkeys(table for table, _ in found))


def _accepters(names: Names) -> Iterator[tuple[str, Block]]:
    for each in names.reading.of(TO_VPC_ACCEPTER, TO_GATEWAY_ACCEPTER):
        one = names.one(each, "transit_gateway_attachment_id", ATTACHMENT).only
        if one is not None:
            yield one, each


def _empty(attachments: list[TransitAttachment]) -> Iterator[TransitTable]:
    """Yield a table without routes for each attachment that has none: it leads nowhere."""
    for each in attachments:
        if each.table == f"{each.id}/{NO_TABLE}":
            yield TransitTable(each.table, each.gateway, (), (), each.source)
