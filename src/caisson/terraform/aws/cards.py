"""Network interfaces that are resources of their own.

One that is attached to a machine is read with the machine.
"""

from caisson.terraform.aws.kinds import GROUP, NETWORK_INTERFACE, SUBNET
from caisson.terraform.aws.machines import MACHINES, public_of, ties
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.presence import present
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading

TYPES = frozenset({*NETWORK_INTERFACE.types, "aws_network_interface_attachment"})

IPV6 = ("ipv6_addresses", "ipv6_address_list", "ipv6_address_count", "ipv6_prefixes")
ASSIGNED = "assign_ipv6_address_on_creation"


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    known = ties(names)
    taken = {card for cards in known.cards.values() for card in cards}
    taken |= {
        card
        for machine in reading.of(*MACHINES)
        for each in machine.blocks("network_interface")
        for card in each.link("network_interface_id", *NETWORK_INTERFACE.types).every
    }
    return joined(
        present(
            names,
            each,
            names.link(each, "subnet_id", SUBNET),
            names.link(each, "security_groups", GROUP),
            public=public_of(known, each.address, _public(names, each)),
            added=known.groups.get(each.address, ()),
            addresses=_addresses(each),
        )
        for each in reading.of(*NETWORK_INTERFACE.types)
        if each.address not in taken
    )


def _public(names: Names, block: Block) -> bool | None:
    """Return whether it has a public address of its own; IPv6 addresses are, where routes allow."""
    given = any(block.written(each) and block.value(each) not in (0, []) for each in IPV6)
    for subnet in names.link(block, "subnet_id", SUBNET).every:
        known = names.reading.instances.get(subnet)
        if known is not None:
            assigns = names.reading.at(subnet).flag(ASSIGNED, default=False)
            given = given or assigns is not False
    return None if given else False


def _addresses(block: Block) -> tuple[str, ...]:
    """Return its addresses when all of them are known."""
    told = [block.texts(each) for each in ("private_ips", "ipv6_addresses") if block.written(each)]
    counted = block.written("ipv6_address_count")
    known = bool(told) and bool(told[0].values) and all(each.complete for each in told)
    return tuple(one for each in told for one in each.values) if known and not counted else ()
