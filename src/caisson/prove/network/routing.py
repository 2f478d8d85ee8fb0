"""Where route tables send packets: to another VPC, or to the internet; surely or perhaps.

Of several sure routes the one with the longest prefix decides. One that is not sure may be
narrower than it is written, or not be there: it may always be taken, and what must be delivered
must be delivered by it too, when its prefix is as long as that of the sure one.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from caisson.prove.network.addresses import IPV6_BASE, Span
from caisson.prove.network.index import Index
from caisson.prove.network.leads import UNREAD, world_of
from caisson.prove.network.rules import Flags, Numbers
from caisson.topology.network import (
    Acl,
    AclEntry,
    Protocol,
    Route,
    Target,
    TransitAttachment,
    TransitRoute,
)

_NEVER_ANSWERED_BY = frozenset({Target.NAT, Target.EGRESS_ONLY, Target.TRANSIT})
_ALL: Span = (0, IPV6_BASE << 1, 0)
_MOST_TRANSITS = 4  # transit gateways, one behind the other


@dataclass(frozen=True, slots=True)
class Delivery:
    """For each code of a sorted row: whether a packet to it may, and must, be delivered."""

    may: Flags
    must: Flags

    @classmethod
    def all(cls, count: int, may: bool, must: bool) -> "Delivery":
        return cls(np.full(count, may), np.full(count, must))

    def where(self, chosen: Flags) -> "Delivery":
        return Delivery(self.may[chosen], self.must[chosen])


class _Longest:
    """Finds the longest prefix for a row of sorted codes, of which the last ones are wild."""

    def __init__(self, codes: list[int], wild: int) -> None:
        self._list, self._known, self._wild = codes, len(codes) - wild, wild > 0
        self._sure: list[tuple[int, slice, Delivery]] = []
        self._unsure: list[tuple[int, slice, Delivery]] = []

    def concerns(self, span: Span | None) -> bool:
        """Whether a prefix has any of the codes."""
        low, high, _ = span or _ALL
        return self._wild or bisect_left(self._list, low) < bisect_left(self._list, high)

    def add(self, span: Span | None, sure: bool, delivery: Delivery) -> None:
        low, high, length = span or _ALL
        there = slice(bisect_left(self._list, low), bisect_left(self._list, high))
        chosen = self._sure if sure and span is not None else self._unsure
        chosen.append((length, there, delivery))

    def delivery(self) -> Delivery:
        count = len(self._list)
        may, must = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        length = np.full(count, -1)
        # Sorting is stable: of equal prefixes the one added last decides.
        for bits, there, delivery in sorted(self._sure, key=lambda each: each[0]):
            may[there], must[there] = delivery.may[there], delivery.must[there]
            length[there] = bits
            if self._wild:
                may[self._known :] |= delivery.may[self._known :]
        for bits, there, delivery in self._unsure:
            may[there] |= delivery.may[there]
            must[there] &= delivery.must[there] | (length[there] > bits)
            if self._wild:
                may[self._known :] |= delivery.may[self._known :]
        must[self._known :] = False
        return Delivery(may, must)


@dataclass(frozen=True, slots=True)
class Sender:
    """Where packets come from: a VPC, and how they are addressed.

    `public`: from an address of its own that the internet can answer to. `through` are the NAT
    gateways that they have passed. `answering`: they answer somebody who came in by an internet
    gateway, and go back that way or not at all.
    """

    vpc: str
    public: bool = True
    answering: bool = False
    through: frozenset[str] = frozenset()


class Router:
    """Answers for one row of codes: the addresses of one VPC, or those of the internet (None)."""

    def __init__(self, index: Index, to: str | None, codes: Numbers, wild: int = 0) -> None:
        self._index, self._to, self._codes, self._wild = index, to, codes, wild
        self._list: list[int] = codes.tolist()
        self._answers: dict[tuple[str | None, Sender], Delivery] = {}

    def by(self, table: str | None, sender: Sender) -> Delivery:
        """Answer for packets that one of the tables of the sender's VPC decides about."""
        key = (table, sender)
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = self._by(table, sender)
        return known

    def _by(self, table: str | None, sender: Sender) -> Delivery:
        known = self._index.tables.get(table or "")
        if known is None or (self._to is not None and not self._index.is_placed(self._to)):
            return self._all(may=True, must=False)
        found = self._longest()
        for span, delivery in self._local(sender.vpc):
            found.add(span, sure=True, delivery=delivery)
        for route in known.routes:
            span = self._index.codes.span(route.destination)
            if found.concerns(span):
                found.add(span, route.sure, self._led(route, sender))
        return found.delivery()

    def _longest(self) -> _Longest:
        return _Longest(self._list, self._wild)

    def _all(self, *, may: bool, must: bool) -> Delivery:
        return Delivery.all(len(self._codes), may, must)

    def _local(self, vpc: str) -> Iterator[tuple[Span | None, Delivery]]:
        known = self._index.vpc(vpc)
        here = self._to == vpc
        if here and not (known.described and known.cidrs):
            yield None, self._all(may=True, must=True)
        for cidr in known.cidrs:
            yield self._index.codes.span(cidr), self._all(may=here, must=here)

    def _led(self, route: Route, sender: Sender) -> Delivery:  # noqa: PLR0911
        if sender.answering and route.target in _NEVER_ANSWERED_BY:
            return self._all(may=False, must=False)
        match route.target:
            case Target.LOCAL:
                here = self._to == sender.vpc
                return self._all(may=here, must=here)
            case Target.NOWHERE | Target.ENDPOINT:
                return self._all(may=False, must=False)
            case Target.INTERFACE | Target.PRIVATE | Target.UNKNOWN:
                return self._all(may=True, must=False)
            case Target.PEERING:
                return self._by_peering(route.via, sender.vpc)
            case Target.TRANSIT:
                return self._by_transit(route.via, sender.vpc)
            case Target.INTERNET | Target.EGRESS_ONLY:
                return self._outward(route, sender)
            case Target.NAT:
                return self._through_nat(route, sender)

    def _by_peering(self, via: str | None, vpc: str) -> Delivery:
        if self._to is None:  # a peering leads no further than the other VPC
            return self._all(may=via not in self._index.peerings, must=False)
        may, must = self._index.may_join(via or "", vpc, self._to)
        return self._all(may=may, must=must)

    def _outward(self, route: Route, sender: Sender) -> Delivery:
        if self._to is not None:
            return self._all(may=False, must=False)
        may, must = self._index.is_attached(route.via, route.target, sender.vpc)
        able = self._codes >= IPV6_BASE
        if route.target is Target.INTERNET:
            able = able | sender.public
        return Delivery(may & able, must & able)

    def _through_nat(self, route: Route, sender: Sender) -> Delivery:
        """Answer for a NAT gateway, which sends on from its own subnet.

        Another VPC sees its address instead of the sender's, so that is no way of the sender's.
        """
        gateway = self._index.gateways.get(route.via or "")
        if self._to is not None or (gateway and gateway.id in sender.through):
            return self._all(may=False, must=False)
        subnet = self._index.subnets.get(gateway.place) if gateway else None
        if gateway is None or subnet is None or not subnet.route_tables:
            return self._all(may=True, must=False)
        behind = Sender(subnet.vpc, gateway.public, through=sender.through | {gateway.id})
        each = [self.by(table, behind) for table in subnet.route_tables]
        unhindered = self._unhindered((subnet.id,))
        return Delivery(
            np.logical_or.reduce([one.may for one in each]),
            np.logical_and.reduce([one.must for one in each])
            & (gateway.sure and subnet.sure)
            & unhindered,
        )

    def _by_transit(self, via: str | None, vpc: str) -> Delivery:
        attachments = self._index.attached.get((via or "", vpc), [])
        if not attachments:  # attached elsewhere, if at all
            return self._all(may=True, must=False)
        return _any(self._from_attachment(each, _MOST_TRANSITS) for each in attachments)

    def _from_attachment(self, attachment: TransitAttachment, left: int) -> Delivery:
        table = self._index.transit_tables.get(attachment.table or "")
        if table is None or left == 0:
            return self._all(may=True, must=False)
        found = self._longest()
        for each in table.propagated:
            for span, sure in self._propagated(each):
                found.add(span, sure and table.sure, self._to_attachment(each, left))
        for route in table.routes:
            span = self._index.codes.span(route.destination)
            found.add(span, route.sure and table.sure, self._transit_route(route, left))
        decided = found.delivery()
        unhindered = self._unhindered(attachment.subnets)
        return replace(decided, must=decided.must & attachment.sure & unhindered)

    def _propagated(self, attachment: str) -> Iterator[tuple[Span | None, bool]]:
        """Yield what an attachment tells the table of its other side."""
        known = self._index.attachments.get(attachment)
        vpc = self._index.vpcs.get(known.peer) if known else None
        if known is None or vpc is None or not (vpc.described and vpc.cidrs):
            yield None, False
        else:
            for cidr in vpc.cidrs:
                yield self._index.codes.span(cidr), known.sure

    def _transit_route(self, route: TransitRoute, left: int) -> Delivery:
        if route.attachment is None:
            return self._all(may=False, must=False)
        return self._to_attachment(route.attachment, left)

    def _to_attachment(self, attachment_id: str, left: int) -> Delivery:
        attachment = self._index.attachments.get(attachment_id)
        if attachment is None:
            return self._all(may=True, must=False)
        if attachment.peer in self._index.transit_gateways:
            entries = self._index.attached.get((attachment.peer, attachment.gateway), [])
            if entries:
                return _any(self._from_attachment(each, left - 1) for each in entries)
        if attachment.peer not in self._index.vpcs or self._to is None:
            # Behind it lies what was not read, or a VPC that may let it out to the internet.
            return self._all(may=True, must=False)
        here = attachment.peer == self._to
        must = self._unhindered(attachment.subnets) & here & attachment.sure
        return Delivery(np.full(len(self._codes), here), must)

    def _unhindered(self, subnets: Iterable[str]) -> Flags:
        """Tell of each code whether the ACLs of subnets on the way surely refuse nothing."""
        ipv4 = ipv6 = True
        for each in subnets:
            subnet = self._index.subnets.get(each)
            for acl in (subnet.acls if subnet else ()) or ("",):
                known = self._index.acls.get(acl)
                ipv4 = ipv4 and lets_all_pass(known, "0.0.0.0/0")
                ipv6 = ipv6 and lets_all_pass(known, "::/0")
        return np.where(self._codes >= IPV6_BASE, ipv6, ipv4)


class WorldRouter(Router):
    """Answers for addresses in a world that was not read: the id of what leads there."""

    def __init__(self, index: Index, world: str, codes: Numbers) -> None:
        super().__init__(index, world, codes)

    def _by(self, table: str | None, sender: Sender) -> Delivery:
        if table not in self._index.tables:
            return self._all(may=self._to == UNREAD, must=False)
        return super()._by(table, sender)

    def _led(self, route: Route, sender: Sender) -> Delivery:
        here = world_of(route, sender.vpc, self._index) == self._to
        return self._all(may=here, must=False)


def _any(deliveries: Iterable[Delivery]) -> Delivery:
    some = list(deliveries)
    return Delivery(
        np.logical_or.reduce([each.may for each in some]),
        np.logical_or.reduce([each.must for each in some]),
    )


def lets_all_pass(acl: Acl | None, everything: str) -> bool:
    """Whether an ACL surely allows all of one family, `0.0.0.0/0` or `::/0`, both ways."""
    return (
        acl is not None
        and acl.described
        and _allows_all(acl.ingress, everything)
        and _allows_all(acl.egress, everything)
    )


def acl_key(acl: Acl | None, *, six: bool) -> Hashable:
    """Return the same for ACLs that let the same pass, of IPv4 and, with `six`, of IPv6."""
    if acl is None or not acl.described:
        return None
    if lets_all_pass(acl, "0.0.0.0/0") and (not six or lets_all_pass(acl, "::/0")):
        return ()
    return tuple(
        tuple(
            (each.number, each.allow, each.protocol, each.ports, each.cidr, each.sure)
            for each in sorted(entries, key=lambda each: each.number)
            if six or ":" not in each.cidr
        )
        for entries in (acl.ingress, acl.egress)
    )


def _allows_all(entries: Iterable[AclEntry], everything: str) -> bool:
    """Whether nothing of the family is denied before all of it is allowed."""
    for entry in sorted(entries, key=lambda each: each.number):
        if (":" in entry.cidr) != (":" in everything):
            continue
        if entry.cidr == everything and entry.protocol is Protocol.ANY and entry.allow:
            return entry.sure
        if not entry.allow:
            return False
    return False
