"""Network ACLs: the stateless lists at the borders of subnets."""

from collections.abc import Iterable, Iterator

from caisson.estate.sources import Source
from caisson.terraform.aws.assigned import Claim
from caisson.terraform.aws.kinds import ACL, DEFAULT_ACL, SUBNET, VPC
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.protocols import ports_of, protocol_of
from caisson.terraform.aws.unread import misplaced, unread_acl
from caisson.terraform.aws.vpc import named_vpcs
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN, Certainty
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import (
    ALL_PORTS,
    ANYWHERE,
    Acl,
    AclEntry,
    Network,
    Ports,
    Protocol,
)

RULE = "aws_network_acl_rule"
TYPES = frozenset({*ACL.types, RULE})
FIRST = 1  # the lowest number of a rule
AWS_NUMBER = 100  # the number of the rule that AWS writes into a VPC's own list
ADOPTED = "default_network_acl_id"
Rules = dict[str, list[tuple[Block, bool]]]


def acl_claims(names: Names) -> Iterator[Claim]:
    """Yield which subnets have which list."""
    for each in names.reading.of(*ACL.types):
        if each.written("subnet_ids"):
            things = names.of_instance(each.address, ACL).every
            yield Claim(names.link(each, "subnet_ids", SUBNET), things, single=False)
    for each in names.reading.of("aws_network_acl_association"):
        acls = names.one(each, "network_acl_id", ACL)
        things = acls.every if acls.certainty is not Certainty.OPEN else (each.address,)
        yield Claim(names.one(each, "subnet_id", SUBNET), things, single=True)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    rules, loose = _by_list(names)
    acls = [_written(names, each, rules) for each in reading.of(*ACL.types)]
    acls += _of_vpcs(names, rules)
    return Fragment(
        gaps=tuple(
            misplaced(each, f"the network ACL of {each.address} cannot be told") for each in loose
        ),
        network=Network(acls=tuple(acls)),
    )


def _by_list(names: Names) -> tuple[Rules, list[Block]]:
    """Return the rule resources by their list, with whether it is sure, and those without."""
    found: Rules = {}
    loose: list[Block] = []
    for each in names.reading.of(RULE):
        link = names.one(each, "network_acl_id", ACL)
        for one in link.every:
            found.setdefault(one, []).append((each, link.sure))
        if link.certainty is Certainty.OPEN:
            loose.append(each)
    return found, loose


def _written(names: Names, block: Block, rules: Rules) -> Acl:
    vpc = names.one(block, "vpc_id", VPC).only or names.owner_of(block, ADOPTED)
    return Acl(
        id=block.address,
        vpc=vpc or f"{block.address}/vpc",
        ingress=(*_inline(block, "ingress"), *_ruled(rules.get(block.address, ()), "ingress")),
        egress=(*_inline(block, "egress"), *_ruled(rules.get(block.address, ()), "egress")),
        source=block.source,
    )


def _inline(block: Block, direction: str) -> tuple[AclEntry, ...]:
    if not block.known(direction) and block.written(direction):
        return tuple(_anything(block.source))
    return tuple(one for each in block.blocks(direction) for one in _entries(each, sure=True))


def _ruled(rules: Iterable[tuple[Block, bool]], direction: str) -> Iterator[AclEntry]:
    for each, sure in rules:
        out = each.flag("egress", default=False)
        if out is None or out == (direction == "egress"):
            yield from _entries(each, sure=sure and out is not None)


def _anything(source: Source) -> Iterator[AclEntry]:
    """Yield that everything may be allowed and may be refused, before all else."""
    for cidr in ANYWHERE:
        for allow in (True, False):
            yield AclEntry(FIRST, allow, Protocol.ANY, ALL_PORTS, cidr, source, sure=False)


def _entries(block: Block, *, sure: bool) -> Iterator[AclEntry]:
    """Yield one rule, in each form that it may have."""
    number = block.number("rule_no" if "rule_no" in block.values else "rule_number")
    protocol, protocol_known = protocol_of(block, "protocol")
    ports, ports_known = _ports(block, protocol)
    cidrs, cidrs_known = _cidrs(block)
    actions = _actions(block)
    known = sure and protocol_known and ports_known and cidrs_known and len(actions) == 1
    for cidr in cidrs:
        for allow in actions:
            yield AclEntry(
                number=int(number) if isinstance(number, float) else FIRST,
                allow=allow,
                protocol=protocol,
                ports=ports,
                cidr=cidr,
                source=block.source,
                sure=known and isinstance(number, float),
            )


def _actions(block: Block) -> tuple[bool, ...]:
    value = block.text("action" if "action" in block.values else "rule_action")
    return (value.lower() == "allow",) if isinstance(value, str) else (True, False)


def _ports(block: Block, protocol: Protocol) -> tuple[Ports, bool]:
    if protocol is not Protocol.ICMP:
        return ports_of(block, protocol)
    kind = block.number("icmp_type")
    if isinstance(kind, float) and kind >= 0:
        return Ports(int(kind), int(kind)), True
    return ALL_PORTS, kind is not UNKNOWN


def _cidrs(block: Block) -> tuple[tuple[str, ...], bool]:
    values = [block.text(name) for name in ("cidr_block", "ipv6_cidr_block")]
    known = tuple(each for each in values if isinstance(each, str))
    return (known, True) if known and UNKNOWN not in values else (ANYWHERE, False)


def _of_vpcs(names: Names, rules: Rules) -> Iterator[Acl]:
    """Yield the lists that VPCs are made with, which let everything pass."""
    for vpc, (source, described) in named_vpcs(names).items():
        own = names.default_acl(vpc)
        if own != f"{vpc}/{DEFAULT_ACL}":
            continue
        if described:
            yield Acl(
                id=own,
                vpc=vpc,
                ingress=(*_all(source), *_ruled(rules.get(own, ()), "ingress")),
                egress=(*_all(source), *_ruled(rules.get(own, ()), "egress")),
                source=source,
            )
        else:
            yield unread_acl(own, vpc, source)


def _all(source: Source) -> Iterator[AclEntry]:
    for number, cidr in enumerate(ANYWHERE, start=AWS_NUMBER):
        yield AclEntry(number, True, Protocol.ANY, ALL_PORTS, cidr, source)
