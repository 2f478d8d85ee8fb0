"""EC2 instances: where they are, what they are started from, and their disks."""

from collections.abc import Iterator

from caisson.terraform.aws.disks import disks_of
from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.machines import (
    CARD,
    IMAGES,
    MACHINES,
    PROFILES,
    Ties,
    own_subnets,
    public_of,
    template_groups,
    template_needs,
    template_of,
    ties,
)
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.needs import likes, needs
from caisson.terraform.aws.presence import gap, given, present, public_by_flag, unset
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Question, Use

# What these say is read together with the machines that they name.
TYPES = frozenset(
    {*MACHINES, "aws_launch_template", "aws_launch_configuration", "aws_volume_attachment"}
)
QUESTIONS = frozenset({Question.REACHABILITY, Question.ISOLATION, Question.EXPOSURE})


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    known = ties(names)
    machines = (part for each in reading.of(*MACHINES) for part in _machine(names, known, each))
    return joined((*machines, *(_mounted(each) for each in reading.of("aws_volume_attachment"))))


def _mounted(block: Block) -> Fragment:
    machines = block.link("instance_id", *MACHINES)
    disks = block.link("volume_id", "aws_ebs_volume")
    return Fragment(
        uses=tuple(
            Use(machine, disk, "disk", block.source, sure=machines.sure and disks.sure)
            for machine in machines.to
            for disk in disks.every
        )
    )


def _machine(names: Names, known: Ties, block: Block) -> Iterator[Fragment]:
    template, sure = template_of(block)
    if own := block.blocks("network_interface"):
        yield from (_card(names, known, block, each) for each in own)
    else:
        yield _seat(names, known, block, template, sure=sure)
    for each in known.cards.get(block.address, ()):
        yield _own_card(names, known, block, names.reading.at(each))
    yield disks_of(block, template=template)
    yield from needs(block, ("ami", IMAGES, "image"), ("iam_instance_profile", PROFILES, "role"))
    yield likes(block, given(block, "key_name", "aws_key_pair"), "key pair")
    yield template_needs(block, template)


def _seat(
    names: Names, known: Ties, block: Block, template: Block | None, *, sure: bool
) -> Fragment:
    subnets = own_subnets(names, block, template)
    groups = together(
        names.link(block, name, GROUP) for name in ("vpc_security_group_ids", "security_groups")
    )
    if not groups.every and groups.sure:
        groups = template_groups(names, template)
        groups = groups if sure or template is None else Link(groups.to, (), Certainty.OPEN)
    public = public_by_flag(block, "associate_public_ip_address", subnets, names.reading)
    return present(
        names,
        block,
        subnets,
        groups,
        public=public_of(known, block.address, _with_ipv6(block, public)),
        added=known.groups.get(block.address, ()),
        addresses=_addresses(block),
    )


def _with_ipv6(block: Block, public: bool | None) -> bool | None:
    """Return None where it said no, if it has an IPv6 address: the internet can send to these."""
    asked = not unset(block, "ipv6_addresses") or (
        not unset(block, "ipv6_address_count") and block.value("ipv6_address_count") != 0
    )
    return None if public is False and asked else public


def _addresses(block: Block) -> tuple[str, ...]:
    own = block.text("private_ip")
    others = block.texts("secondary_private_ips")
    return (own, *others.values) if isinstance(own, str) and others.complete else ()


def _card(names: Names, known: Ties, block: Block, attached: Block) -> Fragment:
    link = attached.link("network_interface_id", CARD)
    found = joined(
        _own_card(names, known, block, names.reading.at(each))
        for each in link.to
        if each in names.reading.instances
    )
    if link.sure and not link.outside and link.to:
        return found
    what = f"the network interface of {block.address} is not one that was read"
    return joined((found, Fragment(gaps=(gap(block, what, QUESTIONS, block.address),))))


def _own_card(names: Names, known: Ties, block: Block, card: Block) -> Fragment:
    return present(
        names,
        card,
        names.link(card, "subnet_id", SUBNET),
        names.link(card, "security_groups", GROUP),
        public=public_of(known, card.address, public_of(known, block.address, False)),
        owner=block.address,
        added=(*known.groups.get(card.address, ()), *known.groups.get(block.address, ())),
        addresses=card.texts("private_ips").values if card.texts("private_ips").complete else (),
    )
