"""Security groups with their rules, wherever these are written."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.estate.sources import Source
from caisson.terraform.aws.kinds import CLUSTER_GROUP, DEFAULT_GROUP, GROUP, SUBNET, VPC
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.peers import PeerReader
from caisson.terraform.aws.protocols import ports_of, protocol_of
from caisson.terraform.aws.unread import misplaced
from caisson.terraform.aws.vpc import default_vpcs, named_vpcs
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import (
    ALL_PORTS,
    ANYWHERE,
    Network,
    Protocol,
    Rule,
    SecurityGroup,
)
from caisson.topology.resources import Gap

OLD_RULE = "aws_security_group_rule"
NEW_RULES = {
    "aws_vpc_security_group_ingress_rule": "ingress",
    "aws_vpc_security_group_egress_rule": "egress",
}
ASSOCIATION = "aws_vpc_security_group_vpc_association"
INTERFACE_ATTACHMENT = "aws_network_interface_sg_attachment"
TYPES = frozenset({*GROUP.types, OLD_RULE, *NEW_RULES, ASSOCIATION, INTERFACE_ATTACHMENT})
DIRECTIONS = ("ingress", "egress")

Placed = tuple[str, Rule]  # its direction, and the rule


def read(reading: Reading) -> Fragment:
    return _Groups(Names.of(reading)).fragment()


class _Groups:
    """The groups of one reading; rules that are resources of their own are put into theirs."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._peers = PeerReader(names)
        self._added: dict[str, list[Placed]] = {}
        self._named: dict[str, Source] = {}  # groups that rules name
        self._gaps: list[Gap] = []
        self._shared = {
            one
            for each in names.reading.of(ASSOCIATION)
            for one in names.one(each, "security_group_id", GROUP).every
        }
        for each in names.reading.of(OLD_RULE, *NEW_RULES):
            self._add(each)

    def fragment(self) -> Fragment:
        found = {each.id: each for each in self._described()}
        known = {name for each in found for name in self._peers.all_names(each)}
        for each in self._undescribed():
            if each.id not in known:
                found.setdefault(each.id, each)
        groups = tuple(one for each in found.values() for one in self._by_all_names(each))
        return Fragment(gaps=tuple(self._gaps), network=Network(groups=groups))

    def _by_all_names(self, group: SecurityGroup) -> Iterator[SecurityGroup]:
        for name in self._peers.all_names(group.id):
            yield group if name == group.id else replace(group, id=name)

    def _add(self, block: Block) -> None:
        """Put a rule into its group, or into each that may be its group."""
        groups = self._names.one(block, "security_group_id", GROUP)
        if groups.certainty is Certainty.OPEN:
            what = f"the security group of {block.address} cannot be told"
            self._gaps.append(misplaced(block, what))
        certain = groups.certain
        for one in groups.every:
            placed = self._added.setdefault(one, [])
            self._named.setdefault(one, block.source)
            for direction, told in _directions(block):
                for rule in self._rules(block, one, block.address):
                    sure = told and one in certain
                    placed.append((direction, rule if sure else replace(rule, sure=False)))

    def _rules(self, block: Block, group: str, rule: str) -> Iterator[Rule]:
        """Yield one rule as what it surely permits, and what it may permit besides."""
        name = "ip_protocol" if "ip_protocol" in block.values else "protocol"
        protocol, protocol_known = protocol_of(block, name)
        ports, ports_known = ports_of(block, protocol)
        known = protocol_known and ports_known
        permitted = self._peers.peers(block, group)
        for peers, sure in ((permitted.surely, known), (permitted.perhaps, False)):
            for each in peers.groups:
                self._named.setdefault(each, block.source)
            if peers:
                yield Rule(rule, protocol, ports, peers.cidrs, peers.groups, block.source, sure)

    def _of(self, group: str, direction: str) -> tuple[Rule, ...]:
        return tuple(rule for where, rule in self._added.get(group, ()) if where == direction)

    def _described(self) -> Iterator[SecurityGroup]:
        for each in self._names.reading.of("aws_security_group"):
            vpc = self._names.one(each, "vpc_id", VPC).only
            if vpc is None and not each.written("vpc_id"):
                vpc = self._names.default_vpc(each)
            yield self._written(each, each.address, vpc)
        yield from self._defaults()
        yield from self._of_clusters()

    def _written(self, block: Block, group: str, vpc: str | None) -> SecurityGroup:
        return SecurityGroup(
            id=group,
            vpc=None if group in self._shared else vpc,
            ingress=(*self._inline(block, group, "ingress"), *self._of(group, "ingress")),
            egress=(*self._inline(block, group, "egress"), *self._of(group, "egress")),
            source=block.source,
        )

    def _inline(self, block: Block, group: str, direction: str) -> Iterator[Rule]:
        """Yield the rules in the group itself.

        Where nobody writes any there are none: the provider takes away even the permission to
        reach everything that AWS gives a new group.
        """
        if not block.known(direction) and block.written(direction):
            yield _everything(f"{block.address} {direction}", block.source, sure=False)
        for index, each in enumerate(block.blocks(direction)):
            yield from self._rules(each, group, f"{block.address} {direction}[{index}]")

    def _defaults(self) -> Iterator[SecurityGroup]:
        """Yield the groups that VPCs are made with, as they are or as a resource rewrites them."""
        adopted: set[str] = set()
        for each in self._names.reading.of("aws_default_security_group"):
            group = self._names.of_instance(each.address, GROUP).every[0]
            adopted.add(group)
            yield self._written(each, group, self._names.one(each, "vpc_id", VPC).only)
        old = default_vpcs(self._names)
        for vpc, (source, described) in named_vpcs(self._names).items():
            group = f"{vpc}/{DEFAULT_GROUP}"
            if group not in adopted:
                yield self._as_made(group, vpc, source, described=described and vpc not in old)

    def _as_made(
        self, group: str, vpc: str | None, source: Source, *, described: bool = True
    ) -> SecurityGroup:
        """Return a group whose members reach each other and everything outside."""
        own = self._peers.all_names(group)
        inside = Rule(f"{group} ingress", Protocol.ANY, ALL_PORTS, (), own, source)
        return SecurityGroup(
            id=group,
            vpc=vpc,
            ingress=(inside, *self._of(group, "ingress")),
            egress=(
                _everything(f"{group} egress", source, sure=True),
                *self._of(group, "egress"),
            ),
            source=source,
            described=described,
        )

    def _of_clusters(self) -> Iterator[SecurityGroup]:
        """Yield the group that EKS makes for each cluster, which rules can be added to.

        https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
        """
        for each in self._names.reading.of("aws_eks_cluster"):
            placed = [
                self._names.vpcs_of_subnet(subnet)
                for one in each.blocks("vpc_config")
                for subnet in self._names.link(one, "subnet_ids", SUBNET).every
            ]
            yield self._as_made(
                f"{each.address}/{CLUSTER_GROUP}", together(placed).only, each.source
            )

    def _undescribed(self) -> Iterator[SecurityGroup]:
        """Yield groups that were made elsewhere, with the rules that are put into them here."""
        reading = self._names.reading
        for each in reading.of(*GROUP.types, mode=Mode.DATA):
            vpc = self._names.one(each, "vpc_id", VPC).only
            for one in self._names.of_instance(each.address, GROUP).every:
                yield self._elsewhere(one, vpc, each.source)
        for one, source in self._named.items():
            yield self._elsewhere(one, None, source)

    def _elsewhere(self, group: str, vpc: str | None, source: Source) -> SecurityGroup:
        return SecurityGroup(
            id=group,
            vpc=vpc,
            ingress=self._of(group, "ingress"),
            egress=self._of(group, "egress"),
            source=source,
            described=False,
        )


def _directions(block: Block) -> tuple[tuple[str, bool], ...]:
    """Return the directions that a rule is in or may be in, and whether that is sure."""
    told = NEW_RULES.get(block.instance.type) or block.text("type")
    return ((told, True),) if isinstance(told, str) else tuple((each, False) for each in DIRECTIONS)


def _everything(rule: str, source: Source, *, sure: bool) -> Rule:
    return Rule(rule, Protocol.ANY, ALL_PORTS, ANYWHERE, (), source, sure)
