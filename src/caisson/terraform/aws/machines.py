"""What machines are started with: their own words, and those of the templates they name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.needs import likes, need
from caisson.terraform.aws.presence import given, public_by_flag, unset
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Membership

MACHINES = ("aws_instance", "aws_spot_instance_request")
TEMPLATES = ("aws_launch_template", "aws_launch_configuration")
CARD = "aws_network_interface"
IMAGES = ("aws_ami", "aws_ami_copy", "aws_ami_from_instance")
PROFILES = ("aws_iam_instance_profile",)


def template_of(block: Block) -> tuple[Block | None, bool]:
    """Return the launch template that a block names, and whether it is sure that it is that one.

    `block` has `launch_template` blocks, a `launch_configuration`, or mixed instances.
    """
    link = together(
        [
            given(block, "launch_configuration", *TEMPLATES),
            *(_specified(each) for each in block.blocks("launch_template")),
            *(
                _specified(each, "launch_template_")
                for mixed in block.blocks("mixed_instances_policy")
                for one in mixed.blocks("launch_template")
                for holder in (one, *one.blocks("override"))
                for each in holder.blocks("launch_template_specification")
            ),
        ]
    )
    known = [each for each in link.to if each in block.reading.instances]
    return (block.reading.at(known[0]) if known else None), len(link.every) == 1 and link.sure


def _specified(block: Block, prefix: str = "") -> Link:
    by_id = given(block, f"{prefix}id", *TEMPLATES)
    return by_id if by_id.every else given(block, f"{prefix}name", *TEMPLATES)


def cards(template: Block | None) -> tuple[Block, ...]:
    return template.blocks("network_interfaces") if template else ()


def template_groups(names: Names, template: Block | None) -> Link:
    """Return the groups that a template puts its machines in, of its first card or its own."""
    if template is None:
        return Link()
    given_cards = [names.link(each, "security_groups", GROUP) for each in cards(template)[:1]]
    own = [
        names.link(template, name, GROUP)
        for name in ("vpc_security_group_ids", "security_groups", "security_group_names")
    ]
    return together([*given_cards, *own])


def template_public(
    reading: Reading, template: Block | None, subnets: Link, *, sure: bool
) -> bool | None:
    """Return whether a template's machines in `subnets` get public addresses."""
    if template is None:
        return public_by_flag(None, "", subnets, reading)
    holders = cards(template)[:1] or (template,)
    found = public_by_flag(holders[0], "associate_public_ip_address", subnets, reading)
    return found if sure else None


def template_needs(block: Block, template: Block | None) -> Fragment:
    """Return that what is started by `block` needs the template, and what that names."""
    if template is None:
        return NO_FRAGMENT
    profiles = template.blocks("iam_instance_profile")
    links = [given(template, "iam_instance_profile", *PROFILES)]
    if profiles:
        links = [given(each, name, *PROFILES) for each in profiles for name in ("name", "arn")]
    return joined(
        (
            need(block, Link((template.address,)), "launch template"),
            need(block, given(template, "image_id", *IMAGES), "image"),
            likes(block, given(template, "key_name", "aws_key_pair"), "key pair"),
            *(need(block, each, "role") for each in links),
        )
    )


@dataclass(frozen=True, slots=True)
class Ties:
    """What other resources say of machines and cards, by their address.

    `public`: an elastic address is tied to it; None when perhaps. `groups` are added to it.
    `cards` are network interfaces attached by a resource of their own. `loose` is whether some
    elastic address may be tied to anything.
    """

    public: Mapping[str, bool | None] = field(default_factory=dict)
    groups: Mapping[str, tuple[Membership, ...]] = field(default_factory=dict)
    cards: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    loose: bool = False


def ties(names: Names) -> Ties:
    public: dict[str, bool | None] = {}
    loose = False
    for link in _addressed(names.reading):
        for each in link.to:
            public[each] = True if link.sure else public.get(each)
        loose = loose or link.certainty is Certainty.OPEN
    return Ties(public, _groups(names), _cards(names.reading), loose)


def _addressed(reading: Reading) -> list[Link]:
    """Return what elastic addresses are tied to."""
    found = [
        given(each, name, *MACHINES, CARD)
        for each in reading.of("aws_eip")
        for name in ("instance", "network_interface")
    ]
    found += [
        given(each, name, *MACHINES, CARD)
        for each in reading.of("aws_eip_association")
        for name in ("instance_id", "network_interface_id")
    ]
    return found


def _groups(names: Names) -> dict[str, tuple[Membership, ...]]:
    found: dict[str, tuple[Membership, ...]] = {}
    for each in names.reading.of("aws_network_interface_sg_attachment"):
        holders = each.link("network_interface_id", *MACHINES, CARD)
        groups = names.link(each, "security_group_id", GROUP)
        members = tuple(Membership(one, groups.sure and holders.sure) for one in groups.every)
        for holder in holders.to:
            found[holder] = (*found.get(holder, ()), *members)
    return found


def _cards(reading: Reading) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in reading.of("aws_network_interface_attachment"):
        for machine in each.link("instance_id", *MACHINES).to:
            linked = each.link("network_interface_id", CARD)
            found[machine] = (*found.get(machine, ()), *linked.to)
    for card in reading.of(CARD):
        for attachment in card.blocks("attachment"):
            for machine in attachment.link("instance", *MACHINES).to:
                found[machine] = (*found.get(machine, ()), card.address)
    return found


def public_of(known: Ties, address: str, otherwise: bool | None) -> bool | None:
    """Return whether `address` is public, given what its own attributes say."""
    if otherwise is True or known.public.get(address) is True:
        return True
    return None if address in known.public or known.loose else otherwise


def own_subnets(names: Names, block: Block, template: Block | None) -> Link:
    """Return the subnets of a machine; those of the default VPC when nobody says any."""
    for holder in (block, *cards(template)[:1]):
        if not unset(holder, "subnet_id"):
            return names.link(holder, "subnet_id", SUBNET)
    return Link((names.default_subnets(block),))
