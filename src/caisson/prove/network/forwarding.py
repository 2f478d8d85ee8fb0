"""Where a connection that something forwards arrives."""

from collections.abc import Iterator

from caisson.prove.network.addresses import Span
from caisson.prove.network.ports import EVERYTHING, NOTHING, Connections, PortSet, is_whole
from caisson.prove.network.reach import Reach
from caisson.topology.network import ANYWHERE, Forward, Interface, Protocol


def forwarded(reach: Reach, forward: Forward, *, internet: bool) -> Connections:
    """Return the ports at which what is forwarded arrives; `internet`: for clients from there.

    What is in no network is reached without one. Where packets keep the client's address, it is
    the client whom the target's rules must let in.
    """
    to = PortSet.from_ports(Protocol.TCP, (forward.to_ports,))
    to |= PortSet.from_ports(Protocol.UDP, (forward.to_ports,))
    found = Connections(to, to)
    if forward.owner in reach.owners and forward.target in reach.owners:
        found = reach.between(forward.owner, forward.target) & to
        if forward.keeps_client is not False:
            clients = _clients(reach, forward.target, internet=internet) & to
            own = _as_member(reach, forward)
            may = clients.may | (own.may & found.may if forward.keeps_client else found.may)
            found = Connections(may, (clients.must | own.must) & found.must)
    return found if forward.sure else Connections(found.may)


def _as_member(reach: Reach, forward: Forward) -> Connections:
    """Return the ports on which the target lets in members of a group that the forwarder is in.

    What a load balancer sends is let in as its own, whoever's address it has: "Security groups
    for your Network Load Balancer", Elastic Load Balancing User Guide.
    """
    cards = tuple(_cards(reach, forward.owner))
    ours = {each.group: each.sure for card in cards for each in card.groups}
    known = all(card.groups_known for card in cards)
    found = Connections()
    for card in _cards(reach, forward.target):
        for membership in card.groups:
            group = reach.index.groups.get(membership.group)
            for rule in group.ingress if group else ():
                named = ours.keys() & rule.groups
                if named or (rule.groups and not known):
                    ports = PortSet.from_ports(rule.protocol, (rule.ports,))
                    sure = rule.sure and membership.sure and any(ours[each] for each in named)
                    found |= Connections(ports, ports if sure else NOTHING)
    return found


def _clients(reach: Reach, target: str, *, internet: bool) -> Connections:
    """Return the ports on which `target` may let some client in, and must let in every one."""
    found = Connections()
    for card in _cards(reach, target):
        groups = [reach.index.groups.get(each.group) for each in card.groups]
        if not card.filtered:
            found |= Connections(EVERYTHING, EVERYTHING)
        elif not card.groups_known or not all(each and each.described for each in groups):
            found |= Connections(EVERYTHING)
        for membership, group in zip(card.groups, groups, strict=True):
            for rule in group.ingress if group else ():
                ports = PortSet.from_ports(rule.protocol, (rule.ports,))
                if not internet or any(_is_public(reach, each) for each in rule.cidrs):
                    found |= Connections(ports)
                sure = rule.sure and membership.sure and is_whole(rule.protocol, rule.ports)
                if sure and card.sure and set(rule.cidrs) & set(ANYWHERE):
                    found |= Connections(NOTHING, ports)
    return found


def _cards(reach: Reach, owner: str) -> Iterator[Interface]:
    cards = {
        id(each): each
        for vpc in reach.vpcs_of(owner)
        for each in reach.index.interfaces[vpc]
        if each.owner == owner
    }
    yield from cards.values()


def _is_public(reach: Reach, cidr: str) -> bool:
    span: Span | None = reach.index.codes.span(cidr)
    return span is None or any(
        span[0] < high and low < span[1] for low, high in reach.index.codes.public()
    )
