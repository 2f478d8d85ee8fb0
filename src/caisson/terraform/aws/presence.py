"""How a thing is present in subnets and security groups, from what its attributes name."""

from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Interface, Membership, Network, Ports
from caisson.topology.resources import Gap, Question

SUBNETS = ("aws_subnet", "aws_default_subnet", "aws_subnets", "aws_subnet_ids")
VPCS = ("aws_vpc", "aws_default_vpc")
# A VPC or a cluster stands for the group that comes with it: `default_security_group_id`.
GROUPS = (
    "aws_security_group",
    "aws_default_security_group",
    "aws_security_groups",
    "aws_eks_cluster",
    *VPCS,
)
PATHS = frozenset({Question.REACHABILITY, Question.ISOLATION, Question.EXPOSURE})


def merged(*links: Link) -> Link:
    """Return one link to all that the links name, as certain as the least certain of them."""
    order = (Certainty.EXACT, Certainty.AMONG, Certainty.OPEN)
    return Link(
        tuple(dict.fromkeys(one for each in links for one in each.to)),
        tuple(dict.fromkeys(one for each in links for one in each.outside)),
        max((each.certainty for each in links), key=order.index, default=Certainty.EXACT),
    )


def unset(block: Block, name: str) -> bool:
    """Return whether nobody chose a value: it is absent, or the cloud will fill it in."""
    return block.value(name) in (None, "", []) or not block.written(name)


def given(block: Block, name: str, *types: str) -> Link:
    """Return what an attribute names, which is nothing when nobody wrote it."""
    return Link() if unset(block, name) else block.link(name, *types)


def chosen(block: Block, name: str, *, default: bool | None) -> bool | None:
    """Return a flag for which the cloud has a default; None when it cannot be told."""
    return default if unset(block, name) else block.flag(name, default=default)


def default_group(vpc: str) -> str:
    return f"{vpc}/default-group"


def cluster_group(cluster: str) -> str:
    return f"{cluster}/cluster-group"


def group_id(reading: Reading, named: str) -> str:
    """Return the id of the security group that `named` (an address or a cloud's id) stands for."""
    instance = reading.instances.get(named)
    if instance is None:
        return named
    if instance.type in VPCS:
        return default_group(named)
    if instance.type == "aws_eks_cluster":
        return cluster_group(named)
    return named


def vpc_of(reading: Reading, subnet: str) -> str | None:
    """Return the VPC of a subnet (address or id), None when it cannot be told."""
    instance = reading.instances.get(subnet)
    if instance is None:
        return None
    found = reading.at(subnet).link("vpc_id", *VPCS).only
    if found is None and instance.type == "aws_default_subnet":
        return next(
            (
                each.address
                for each in reading.of("aws_default_vpc")
                if each.instance.region == instance.region
                and each.instance.account == instance.account
            ),
            None,
        )
    return found


def memberships(
    reading: Reading, groups: Link, subnets: Link
) -> tuple[tuple[Membership, ...], bool]:
    """Return the groups, and whether these are all. None given means the VPC's default group."""
    if groups == Link():
        vpcs = {vpc_of(reading, each) for each in subnets.every}
        found = tuple(
            Membership(default_group(each), sure=len(vpcs) == 1)
            for each in sorted(each for each in vpcs if each is not None)
        )
        return found, bool(vpcs) and None not in vpcs and subnets.certainty is not Certainty.OPEN
    return (
        tuple(Membership(group_id(reading, each), groups.sure) for each in groups.every),
        groups.certainty is not Certainty.OPEN,
    )


def public_by_subnets(reading: Reading, subnets: Link) -> bool | None:
    """Return whether what starts in these subnets gets an address that the internet can send to."""
    answers = {_public_by_subnet(reading, each) for each in subnets.every}
    if not subnets.sure or len(answers) != 1:
        return None if answers != {False} or subnets.certainty is Certainty.OPEN else False
    return answers.pop()


def _public_by_subnet(reading: Reading, subnet: str) -> bool | None:
    instance = reading.instances.get(subnet)
    if instance is None or instance.type not in ("aws_subnet", "aws_default_subnet"):
        return None
    block = reading.at(subnet)
    by_default = instance.type == "aws_default_subnet"
    mapped = chosen(block, "map_public_ip_on_launch", default=by_default)
    # Every IPv6 address is one that the internet can send to, but not from IPv4.
    if mapped is False and chosen(block, "assign_ipv6_address_on_creation", default=False):
        return None
    return mapped


def public_by_flag(block: Block | None, name: str, subnets: Link, reading: Reading) -> bool | None:
    """Return whether it has a public address: as the flag says, else as the subnets say."""
    if block is None or unset(block, name):
        return public_by_subnets(reading, subnets)
    return block.flag(name, default=None)


def present(
    block: Block,
    subnets: Link,
    groups: Link,
    *,
    public: bool | None,
    owner: str | None = None,
    added: tuple[Membership, ...] = (),
    addresses: tuple[str, ...] = (),
    filtered: bool = True,
    listens: tuple[Ports, ...] | None = None,
) -> Fragment:
    """Return the interface of `owner` (the block's own address when not given) in its subnets.

    In subnets that are known only after apply it may be in each that was read, and in others.
    """
    found, known = memberships(block.reading, groups, subnets) if filtered else ((), True)
    places = subnets.every or _everywhere(block, subnets)
    if not places:
        return Fragment(gaps=_unplaced(block, subnets, owner))
    interface = Interface(
        owner=owner or block.address,
        subnets=places,
        groups=(*found, *(each for each in added if each not in found)),
        public=public,
        source=block.source,
        all_subnets=subnets.sure,
        addresses=addresses,
        groups_known=known,
        filtered=filtered,
        listens=listens,
        sure=subnets.sure,
    )
    return Fragment(network=Network(interfaces=(interface,)), gaps=_unplaced(block, subnets, owner))


def _everywhere(block: Block, subnets: Link) -> tuple[str, ...]:
    if subnets.certainty is not Certainty.OPEN:
        return ()
    return tuple(
        each.address
        for each in block.reading.of("aws_subnet", "aws_default_subnet")
        if None in (each.instance.region, block.instance.region)
        or each.instance.region == block.instance.region
    )


def _unplaced(block: Block, subnets: Link, owner: str | None) -> tuple[Gap, ...]:
    if subnets.certainty is not Certainty.OPEN:
        return ()
    what = f"the subnets of {owner or block.address} are known only after apply"
    return (gap(block, what, PATHS, owner or block.address),)


def gap(block: Block, what: str, questions: frozenset[Question], *about: str) -> Gap:
    return Gap(what, block.address, block.instance.type, questions, block.source, about)
