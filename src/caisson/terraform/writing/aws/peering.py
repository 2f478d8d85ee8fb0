"""The way between the two regions of an area, which services take to a store's primary."""

from collections.abc import Iterator

from caisson.terraform.writing.aws import data_tier, network
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Body
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute

_FILE = "peering"


def write(area: Area, plan: Blueprint) -> Iterator[Block]:
    if area.standby is None:
        return
    connection = _connection(area.home, area.standby, plan)
    accepter = _accepter(area.standby, connection)
    yield connection
    yield accepter
    for here, there in ((area.home, area.standby), (area.standby, area.home)):
        # The routes are those of what is accepted, and wait for it.
        way: Body = {"vpc_peering_connection_id": attribute(accepter, "vpc_peering_connection_id")}
        for table in (*network.private_tables(here, plan), data_tier.table(here, plan)):
            yield network.route(here, table, there.label, way, str(there.network))


def _connection(home: Place, standby: Place, plan: Blueprint) -> Block:
    body: Body = {
        "vpc_id": attribute(network.vpc(home, plan), "id"),
        "peer_vpc_id": attribute(network.vpc(standby, plan), "id"),
        "peer_region": standby.aws,
        "tags": {"Name": plan.name(home, "to", standby.region)},
    }
    name = label(home.region, standby.region)
    return Block(_FILE, "aws_vpc_peering_connection", name, home.label, body)


def _accepter(standby: Place, connection: Block) -> Block:
    body: Body = {
        "vpc_peering_connection_id": attribute(connection, "id"),
        "auto_accept": True,
        "tags": connection.body["tags"],
    }
    kind = "aws_vpc_peering_connection_accepter"
    return Block(_FILE, kind, connection.name, standby.label, body)
