"""One id for each thing of a network, however it was named.

The same VPC is reached as a resource, through a data source, by a literal id and as the owner of
things that no resource is (its main route table, its default group and list). All of these must
be one id, or a rule that names a group by one of them would not match members by another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from caisson.terraform.aws.kinds import (
    DEFAULT_ACL,
    DEFAULT_GROUP,
    DEFAULT_SUBNETS,
    GROUP,
    MAIN,
    OF_ONE_VPC,
    PART_ATTRIBUTES,
    REGIONAL,
    SUBNET,
    TABLE,
    VPC,
    VPCS,
    Kind,
)
from caisson.terraform.model import NOTHING, UNKNOWN, Certainty, Link, Mode
from caisson.terraform.reading import Block, Path, Reading

Types = tuple[str, ...]

ADOPTED_TABLE = "default_route_table_id"
_DEFAULT_GROUP = "aws_default_security_group"


class Names:
    """The ids of one reading. What was asked before is remembered."""

    reading: Reading

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._links: dict[tuple[str, Path, str, Types], Link] = {}
        self._parts: dict[str, tuple[str, str]] = {}
        self._mains: dict[str, tuple[str, ...]] = {}
        self._parts = dict(self._told_parts())
        self._tables = self._adopted("aws_default_route_table", ADOPTED_TABLE)
        self._acls = self._adopted("aws_default_network_acl", "default_network_acl_id")
        self._mains = dict(self._main_tables())
        self._links.clear()  # they were asked for before all of this was known

    @classmethod
    def of(cls, reading: Reading) -> "Names":
        return reading.once(cls)

    def link(self, block: Block, name: str, kind: Kind) -> Link:
        """Return what the attribute names, by id; `outside` are those that no instance has.

        Nothing when nobody wrote the attribute, even if the provider will compute it.
        """
        key = (block.address, block.path, name, kind.types)
        if (known := self._links.get(key)) is None:
            known = self._links[key] = self._link(block, name, kind)
        return known

    def _link(self, block: Block, name: str, kind: Kind) -> Link:
        if not block.written(name):
            return NOTHING
        given = block.link(name, *kind.itself)
        found = self._same(given, kind, frozenset((block.address,)))
        if found.sure:
            return found
        at_home = kind in REGIONAL or (kind is VPC and block.instance.type in OF_ONE_VPC)
        return self._nearby(block, found) if at_home else found

    def _nearby(self, block: Block, found: Link) -> Link:
        """Leave out what is in another region, where AWS takes only what is in the same."""
        kept = tuple(each for each in found.to if self._may_share_region(block, each))
        return replace(found, to=kept)

    def _may_share_region(self, block: Block, thing: str) -> bool:
        instance = self.reading.instances.get(thing)
        here, there = block.instance.region, instance.region if instance else None
        return None in (here, there) or here == there

    def one(self, block: Block, name: str, kind: Kind) -> Link:
        """Return what an attribute names that must name one thing.

        One of a single candidate is that candidate.
        """
        found = self.link(block, name, kind)
        if found.certainty is Certainty.AMONG and len(found.every) == 1:
            return Link(found.to, found.outside)
        return found

    def aliases(self, kind: Kind) -> dict[str, tuple[str, ...]]:
        """Return every address under which a thing was read, by its id; first is the id."""
        found: dict[str, tuple[str, ...]] = {}
        for block in (b for mode in Mode for b in self.reading.of(*kind.types, mode=mode)):
            for one in self.of_instance(block.address, kind).every:
                known = found.setdefault(one, (one,))
                if block.address not in known:
                    found[one] = (*known, block.address)
        return found

    def _same(self, given: Link, kind: Kind, seen: frozenset[str]) -> Link:
        if given.sure and not given.outside:  # nearly all of them
            if all(each not in seen and self._is_itself(each, kind) for each in given.to):
                return given if len(given.to) == 1 else _with_certain(given)
            if len(given.to) == 1:
                return self._of_instance(given.to[0], kind, seen)
        found = {each: self._of_instance(each, kind, seen) for each in given.to}
        found |= {each: self.of_text(each, kind) for each in given.outside}
        every = together([*found.values(), Link(certainty=given.certainty)])
        certain = given.every if given.sure else given.surely
        surely = (one for each in certain for one in found.get(each, NOTHING).certain)
        return replace(every, surely=tuple(dict.fromkeys(surely)))

    def of_text(self, text: str, kind: Kind) -> Link:
        """Return the id of what a text names."""
        bare = text.rsplit("/", 1)[-1] if kind is GROUP else text
        known = self.reading.links.named(bare, kind.types)
        if known:
            return Link((self._first(known),))
        if bare in self._parts:
            owner, part = self._parts[bare]
            return Link((self._part(owner, part),))
        return Link(outside=(bare,))

    def _first(self, addresses: Iterable[str]) -> str:
        """Choose one of several names of one thing: a resource before any data source."""
        return min(addresses, key=lambda each: (self._is_data(each), each))

    def _is_data(self, address: str) -> bool:
        return self.reading.instances[address].mode is Mode.DATA

    def _is_itself(self, address: str, kind: Kind) -> bool:
        """Return whether a thing's address is its id."""
        instance = self.reading.instances[address]
        return (
            instance.type in kind.types
            and instance.mode is Mode.MANAGED
            and instance.type != _DEFAULT_GROUP
        )

    def of_instance(self, address: str, kind: Kind) -> Link:
        """Return the id of what an instance is or stands for."""
        return self._of_instance(address, kind, frozenset())

    def _of_instance(self, address: str, kind: Kind, seen: frozenset[str]) -> Link:
        block = self.reading.at(address)
        what = block.instance.type
        if address in seen or what not in kind.every:
            return Link((), (), Certainty.OPEN)
        seen |= {address}
        if what in kind.same:
            return self._stood_for(block, kind, seen)
        if what in kind.parts:
            return self._parts_of(block, kind, seen)
        if block.instance.mode is Mode.DATA:
            return self._of_data(block, kind, seen)
        if what == _DEFAULT_GROUP:
            vpc = self.link(block, "vpc_id", VPC).only
            return Link((f"{vpc}/{DEFAULT_GROUP}" if vpc else address,))
        return Link((address,))

    def _stood_for(self, block: Block, kind: Kind, seen: frozenset[str]) -> Link:
        if kind is VPC and block.instance.mode is Mode.DATA and block.instance.type in SUBNET.types:
            return self._vpc_of_found(block)
        follows = block.link(kind.same[block.instance.type], *kind.itself)
        return self._same(follows, kind, seen) if follows.every else Link((block.address,))

    def _vpc_of_found(self, block: Block) -> Link:
        """Return the VPC of a subnet that a data source finds, which may be one of several."""
        subnets = self.of_instance(block.address, SUBNET)
        if block.known("vpc_id") or block.address in subnets.every:
            return self.link(block, "vpc_id", VPC)
        found = together(map(self.vpcs_of_subnet, subnets.every))
        if subnets.certainty is Certainty.OPEN or not found.every:
            return Link(found.to, found.outside, Certainty.OPEN)
        return found if len(found.every) == 1 else replace(found, certainty=Certainty.AMONG)

    def _parts_of(self, block: Block, kind: Kind, seen: frozenset[str]) -> Link:
        part = kind.parts[block.instance.type]
        owner = VPC if block.instance.type in VPCS else kind
        is_data = block.instance.mode is Mode.DATA and owner is VPC
        owners = self._of_data(block, VPC, seen) if is_data else Link((block.address,))
        mains = [one for each in owners.every for one in self.main_tables(each) if part == MAIN]
        own = [self._part(each, part) for each in owners.every]
        return Link(tuple(dict.fromkeys((*own, *mains))), (), owners.certainty)

    def _of_data(self, block: Block, kind: Kind, seen: frozenset[str]) -> Link:
        """A data source is the thing that it finds, which one of ours may be."""
        if kind is GROUP and block.text("name") == "default":
            vpc = self.link(block, "vpc_id", VPC).only
            if vpc:
                return Link((f"{vpc}/{DEFAULT_GROUP}",))
        told = block.text("id")
        if isinstance(told, str):
            return self.of_text(told, kind)
        if told is UNKNOWN and block.written("id"):
            return self._same(block.link("id", *kind.itself), kind, seen)
        return Link((block.address,), certainty=Certainty.OPEN)

    def _part(self, owner: str, part: str) -> str:
        if part == MAIN:
            return self.default_table(owner)
        return self.default_acl(owner) if part == DEFAULT_ACL else f"{owner}/{part}"

    def default_table(self, vpc: str) -> str:
        """Return the table that the VPC was made with."""
        return self._tables.get(vpc, f"{vpc}/{MAIN}")

    def main_tables(self, vpc: str) -> tuple[str, ...]:
        """Return the main route table, or those that may be it."""
        return self._mains.get(vpc, (self.default_table(vpc),))

    def default_acl(self, vpc: str) -> str:
        return self._acls.get(vpc, f"{vpc}/{DEFAULT_ACL}")

    def default_vpc(self, block: Block) -> str:
        """Return the default VPC of the account and region that the block is in."""
        place = (block.instance.account, block.instance.region)
        for each in self.reading.of("aws_default_vpc"):
            if (each.instance.account, each.instance.region) == place:
                return each.address
        for each in self.reading.of("aws_vpc", mode=Mode.DATA):
            here = (each.instance.account, each.instance.region) == place
            if here and each.flag("default", default=False):
                return self._of_data(each, VPC, frozenset()).every[0]
        return f"default-vpc/{place[0] or 'account'}/{place[1] or 'region'}"

    def default_subnets(self, block: Block) -> str:
        """Return the one id that stands for the subnets of the default VPC that were not read."""
        return f"{self.default_vpc(block)}/{DEFAULT_SUBNETS}"

    def vpcs_of_subnet(self, subnet: str) -> Link:
        """Return the VPC of a subnet by its id; open when it was not read."""
        instance = self.reading.instances.get(subnet)
        if instance is None:
            vpc, _, part = subnet.rpartition("/")
            known = part == DEFAULT_SUBNETS and bool(vpc)
            return Link((vpc,)) if known else Link(certainty=Certainty.OPEN)
        block = self.reading.at(subnet)
        if instance.type == "aws_default_subnet" and not isinstance(block.text("vpc_id"), str):
            return Link((self.default_vpc(block),))
        return self.link(block, "vpc_id", VPC)

    def vpc_of_table(self, table: str) -> str | None:
        """Return the VPC of a route table by its id, None when it cannot be told."""
        if table not in self.reading.instances:
            vpc, _, part = table.rpartition("/")
            return vpc if vpc and part == MAIN else None
        block = self.reading.at(table)
        return self.one(block, "vpc_id", VPC).only or self.owner_of(block, ADOPTED_TABLE)

    def _adopted(self, what: str, attribute: str) -> dict[str, str]:
        """Return which resource has taken over the VPC's own, by VPC."""
        found: dict[str, str] = {}
        for each in self.reading.of(what):
            vpc = self.link(each, "vpc_id", VPC).only or self.owner_of(each, attribute)
            if vpc is not None:
                found[vpc] = each.address
        return found

    def owner_of(self, block: Block, attribute: str) -> str | None:
        """Return the VPC whose part the attribute names."""
        told = block.text(attribute)
        if isinstance(told, str) and told in self._parts:
            return self._parts[told][0]
        return self.link(block, attribute, VPC).only if told is UNKNOWN else None

    def _told_parts(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield the ids of the parts of VPCs that are known already, with the VPC and the part."""
        for vpc in (each for mode in Mode for each in self.reading.of(*VPCS, mode=mode)):
            for owner in self.of_instance(vpc.address, VPC).every[:1]:
                for attribute, part in PART_ATTRIBUTES.items():
                    told = vpc.text(attribute)
                    if isinstance(told, str):
                        yield told, (owner, part)

    def _main_tables(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for each in self.reading.of("aws_main_route_table_association"):
            vpc = self.link(each, "vpc_id", VPC)
            tables = self.link(each, "route_table_id", TABLE)
            for one in vpc.every:
                own = () if vpc.sure and tables.sure else (self.default_table(one),)
                yield one, (*tables.every, *own)


def together(links: Iterable[Link]) -> Link:
    """Return everything that the links name, as certain as the least certain of them."""
    every = [each for each in links if each is not NOTHING]
    if not every:
        return NOTHING
    if len(every) == 1:
        return _with_certain(every[0])
    certainties = {each.certainty for each in every}
    worst = next(
        (each for each in (Certainty.OPEN, Certainty.AMONG) if each in certainties),
        Certainty.EXACT,
    )
    return Link(
        tuple(dict.fromkeys(one for each in every for one in each.to)),
        tuple(dict.fromkeys(one for each in every for one in each.outside)),
        worst,
        tuple(dict.fromkeys(one for each in every for one in each.certain)),
    )


def _with_certain(link: Link) -> Link:
    """Return a link that keeps what is certain of it when the whole is said to be less certain."""
    return Link(link.to, link.outside, link.certainty, link.certain)
