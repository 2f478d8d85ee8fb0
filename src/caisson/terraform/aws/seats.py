"""How a managed service sits in a network: the interfaces that it puts into subnets."""

from collections.abc import Sequence
from dataclasses import replace

from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.presence import present, unset
from caisson.terraform.aws.typed import given
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block
from caisson.topology.network import Network, Ports


def subnets(names: Names, block: Block, attribute: str) -> Link:
    """Return the subnets that an attribute names; the default VPC's when nobody wrote it."""
    if unset(block, attribute):
        return Link((names.default_subnets(block),))
    return names.link(block, attribute, SUBNET)


def subnets_of_group(names: Names, block: Block, attribute: str, group_type: str) -> Link:
    """Return the subnets of the subnet group that an attribute names.

    Without a group, the services take subnets of the default VPC.
    """
    if unset(block, attribute):
        return Link((names.default_subnets(block),))
    groups = given(block, attribute, group_type)
    if groups.only == "default":
        return Link((names.default_subnets(block),))
    found = [names.link(block.reading.at(each), "subnet_ids", SUBNET) for each in groups.to]
    all_of_them = together(found)
    if not found or groups.outside or groups.certainty is Certainty.OPEN:
        return replace(all_of_them, certainty=Certainty.OPEN, surely=())
    if len(found) == 1 or all_of_them.certainty is Certainty.OPEN:
        return all_of_them
    return replace(all_of_them, certainty=Certainty.AMONG, surely=())


def port(value: float | None) -> tuple[Ports, ...] | None:
    """Return the one port, or None (any) when it is not told."""
    return None if value is None else ports(int(value))


def ports(*numbers: int) -> tuple[Ports, ...]:
    return tuple(Ports(each, each) for each in numbers)


def seated(
    names: Names,
    block: Block,
    where: Link,
    groups: str,
    *,
    public: bool | None,
    listens: Sequence[Ports] | None,
    all_subnets: bool = True,
    owner: str | None = None,
    opens: bool = True,
    sure: bool = True,
) -> Fragment:
    """Return the interface of `owner` (or of `block`) in the subnets of `where`.

    `groups` is the attribute of `block` with its security groups; without any written, it is in
    the default group of its VPC. `all_subnets` is False for what chooses subnets by itself.
    """
    if not where.every:
        where = replace(where, certainty=Certainty.OPEN)
    found = present(
        names,
        block,
        where,
        names.link(block, groups, GROUP),
        public=public,
        owner=owner,
        listens=None if listens is None else tuple(listens),
        opens=opens,
    )
    interfaces = tuple(
        replace(
            each,
            all_subnets=each.all_subnets and (all_subnets or len(each.subnets) == 1),
            sure=each.sure and sure,
        )
        for each in found.network.interfaces
    )
    return replace(found, network=Network(interfaces=interfaces))
