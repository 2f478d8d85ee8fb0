"""Which VPCs the routes of a VPC may lead to: pairs that no route joins need no looking at."""

from collections.abc import Iterable, Iterator

from caisson.prove.network.index import Index
from caisson.topology.network import Route, RouteTable, Target

UNREAD = "something that was not read"


def leads_of(vpc: str, index: Index) -> set[str] | None:
    """Return the VPCs that routes of this one may lead to, without itself; None for any."""
    found: set[str] = set()
    for table in _tables(vpc, index):
        if table is None:
            return None
        for route in table.routes:
            led = _led(route, vpc, index)
            if led is None:
                return None
            found |= led
    return found - {vpc}


def neighbourhood(vpc: str, leads: set[str] | None, vpcs: Iterable[str], index: Index) -> set[str]:
    """Return those of `vpcs` whose rules may meet addresses of this one.

    They are where it leads to (`leads`, None for anywhere), itself, and every stand-in for a VPC
    that is not known.
    """
    near = None if leads is None else leads | {vpc}
    return {each for each in vpcs if near is None or each in near or not index.is_placed(each)}


def _tables(vpc: str, index: Index) -> Iterator[RouteTable | None]:
    """Yield the route tables of all subnets that something is in."""
    subnets = {
        subnet.id: subnet
        for interface in index.interfaces.get(vpc, ())
        for each in interface.subnets or ("",)
        if (subnet := index.subnet(each, interface)).vpc == vpc
    }
    ids = {table for each in subnets.values() for table in each.route_tables or ("",)}
    yield from (index.tables.get(each) for each in sorted(ids))


def worlds_of(vpc: str, index: Index) -> set[str]:
    """Return what lies behind routes and was not read: the ids of what leads there."""
    worlds: set[str] = set()
    for table in _tables(vpc, index):
        if table is None:
            worlds.add(UNREAD)
        else:
            worlds |= {world_of(route, vpc, index) or "" for route in table.routes}
    return worlds - {""}


def world_of(route: Route, vpc: str, index: Index) -> str | None:
    """Return the world that a route leads to, None when it leads to what was read."""
    return (route.via or UNREAD) if _led(route, vpc, index) is None else None


def _led(route: Route, vpc: str, index: Index) -> set[str] | None:
    match route.target:
        case Target.INTERFACE | Target.PRIVATE | Target.UNKNOWN:
            return None
        case Target.PEERING:
            peering = index.peerings.get(route.via or "")
            return set(peering.vpcs) if peering else None
        case Target.TRANSIT:
            return _transited(vpc, route.via or "", index)
        case _:
            return set()


def _transited(vpc: str, gateway: str, index: Index) -> set[str] | None:
    """Return all VPCs at this transit gateway and at those behind it."""
    if not index.attached.get((gateway, vpc)):
        return None
    found: set[str] = set()
    waiting, seen = [gateway], {gateway}
    for each in waiting:  # grows while it is walked
        for attachment in index.attachments_of.get(each, ()):
            table = index.transit_tables.get(attachment.table or "")
            if attachment.peer in index.vpcs and table is not None:
                found.add(attachment.peer)
            elif attachment.peer in index.transit_gateways and attachment.peer not in seen:
                seen.add(attachment.peer)
                waiting.append(attachment.peer)
            elif attachment.peer not in seen:
                return None
        for table in index.transit_tables_of.get(each, ()):
            ids = [*table.propagated, *(route.attachment for route in table.routes)]
            if any(one is not None and one not in index.attachments for one in ids):
                return None
    return found
