"""How a thing is present in subnets and security groups, from what its attributes name."""

from collections.abc import Callable, Iterator

from caisson.terraform.aws.kinds import DEFAULT_GROUP, DEFAULT_SUBNETS
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import NOTHING, Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Interface, Membership, Network, Ports
from caisson.topology.resources import Gap, Question

PATHS = frozenset({Question.REACHABILITY, Question.ISOLATION, Question.EXPOSURE})

# Whether something has an address that the internet can send to, or how its subnets tell.
Public = bool | None | Callable[[Link], bool | None]


def unset(block: Block, name: str) -> bool:
    """Return whether nobody chose a value: it is absent, or the cloud will fill it in."""
    value = block.value(name)
    return value is None or value in ("", []) or not block.written(name)


def given(block: Block, name: str, *types: str) -> Link:
    """Return what an attribute names, which is nothing when nobody wrote it."""
    return NOTHING if unset(block, name) else block.link(name, *types)


def chosen(block: Block, name: str, *, default: bool | None) -> bool | None:
    """Return a flag for which the cloud has a default; None when it cannot be told."""
    return default if unset(block, name) else block.flag(name, default=default)


def memberships(names: Names, groups: Link, subnets: Link) -> tuple[tuple[Membership, ...], bool]:
    """Return the groups, and whether these are all. None given means the VPC's default group."""
    if not groups.every and groups.sure:
        vpcs = together(map(names.vpcs_of_subnet, subnets.every))
        certainty = vpcs.certainty if subnets.sure else subnets.certainty
        groups = Link(tuple(f"{each}/{DEFAULT_GROUP}" for each in vpcs.every), (), certainty)
    certain = groups.certain
    members = tuple(Membership(each, each in certain) for each in groups.every)
    return members, bool(members) and groups.certainty is not Certainty.OPEN


def public_by_subnets(reading: Reading, subnets: Link) -> bool | None:
    """Return whether what starts in these subnets gets an address that the internet can send to."""
    answers = {_public_by_subnet(reading, each) for each in subnets.every}
    if not subnets.sure or len(answers) != 1:
        return None if answers != {False} or subnets.certainty is Certainty.OPEN else False
    return answers.pop()


def _public_by_subnet(reading: Reading, subnet: str) -> bool | None:
    if subnet.endswith(f"/{DEFAULT_SUBNETS}"):
        return True  # those of a default VPC, as AWS makes them
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
    names: Names,
    block: Block,
    subnets: Link,
    groups: Link,
    *,
    public: Public,
    owner: str | None = None,
    added: tuple[Membership, ...] = (),
    addresses: tuple[str, ...] = (),
    filtered: bool = True,
    listens: tuple[Ports, ...] | None = None,
    opens: bool = True,
) -> Fragment:
    """Return the interfaces of `owner` (the block's own address when not given) in its subnets.

    One is in the subnets that are told, another in those that may be told besides. In subnets
    that are known only after apply it may be in each that was read, and in others.
    """
    interfaces = []
    for part in _parts(block, subnets):
        found, known = memberships(names, groups, part) if filtered else ((), True)
        others = (each for each in added if each not in found) if filtered else ()
        interfaces.append(
            Interface(
                owner=owner or block.address,
                subnets=part.every,
                groups=(*found, *others),
                public=public(part) if callable(public) else public,
                source=block.source,
                all_subnets=part.sure,
                addresses=addresses,
                groups_known=known,
                filtered=filtered,
                listens=listens,
                opens=opens,
                sure=part.sure,
            )
        )
    network = Network(interfaces=tuple(interfaces))
    return Fragment(network=network, gaps=_unplaced(block, subnets, owner))


def _parts(block: Block, subnets: Link) -> Iterator[Link]:
    """Yield the subnets that are told, and those that may be told besides, where there are any."""
    if subnets.every and subnets.sure:
        yield subnets
        return
    told = subnets.certain
    if told:
        yield Link(told)
    rest = Link(
        tuple(each for each in subnets.to if each not in told),
        tuple(each for each in subnets.outside if each not in told),
        subnets.certainty,
    )
    if not subnets.every and subnets.certainty is Certainty.OPEN:
        rest = Link(_everywhere(block), (), Certainty.OPEN)
    if rest.every:
        yield rest


def _everywhere(block: Block) -> tuple[str, ...]:
    return tuple(
        each.address
        for each in block.reading.of("aws_subnet", "aws_default_subnet")
        if None in (each.instance.region, block.instance.region)
        or each.instance.region == block.instance.region
    )


def _unplaced(block: Block, subnets: Link, owner: str | None) -> tuple[Gap, ...]:
    if subnets.certainty is not Certainty.OPEN:
        return ()
    who = owner or block.address
    what = (
        f"{who} may be in other subnets besides those that are told"
        if subnets.certain
        else f"the subnets of {who} are known only after apply"
    )
    return (gap(block, what, PATHS, owner or block.address),)


def gap(block: Block, what: str, questions: frozenset[Question], *about: str) -> Gap:
    return Gap(what, block.address, block.instance.type, questions, block.source, about)
