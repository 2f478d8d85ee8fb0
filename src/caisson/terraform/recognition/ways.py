"""Who may open connections to whom, by the rules of their security groups on both sides."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_network

from caisson.topology.network import Interface, Network, Protocol, Rule, SecurityGroup, Subnet


class Ways:
    """Answers from what is sure: a rule that may be another one lets nobody through."""

    def __init__(self, network: Network) -> None:
        self._interfaces: dict[str, list[Interface]] = {}
        for each in network.interfaces:
            self._interfaces.setdefault(each.owner, []).append(each)
        self._groups: dict[str, SecurityGroup] = {each.id: each for each in network.groups}
        self._subnets: dict[str, Subnet] = {each.id: each for each in network.subnets}

    def may_open(self, source: str, target: str) -> bool:
        """Return whether one resource may open a connection to another."""
        return any(
            self._opens(one, other)
            for one in self._interfaces.get(source, ())
            for other in self._interfaces.get(target, ())
        )

    def is_entered(self, target: str) -> bool:
        """Return whether addresses that are no group of ours may open a connection to a resource.

        Which addresses AWS's own services have is in lists of AWS's, and not told here.
        """
        return any(
            rule.cidrs
            for each in self._interfaces.get(target, ())
            for membership in each.groups
            if membership.group in self._groups
            for rule in self._groups[membership.group].ingress
        )

    def _opens(self, source: Interface, target: Interface) -> bool:
        out = self._speaking_of(target, self._rules(source, ingress=False))
        into = self._speaking_of(source, self._rules(target, ingress=True))
        return any(_meet(one, other) for one in out for other in into)

    def _rules(self, interface: Interface, *, ingress: bool) -> Iterable[Rule]:
        for membership in interface.groups:
            group = self._groups.get(membership.group)
            if group is not None and membership.sure:
                rules = group.ingress if ingress else group.egress
                yield from (each for each in rules if each.sure)

    def _speaking_of(self, other: Interface, rules: Iterable[Rule]) -> list[Rule]:
        """Return the rules that speak of another interface, wherever that has its address."""
        groups = {each.group for each in other.groups if each.sure}
        every = list(rules)
        if by_group := [each for each in every if groups & set(each.groups)]:
            return by_group
        subnets = (self._subnets[each] for each in other.subnets if each in self._subnets)
        cidrs = [cidr for each in subnets for cidr in each.cidrs if ":" not in cidr]
        found = [[each for each in every if _within(cidr, each.cidrs)] for cidr in cidrs]
        return [each for rules in found for each in rules] if all(found) else []


def _within(cidr: str, cidrs: Iterable[str]) -> bool:
    inner = _network(cidr)
    return any(
        inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]  # alike
        for outer in map(_network, cidrs)
    )


_network = lru_cache(maxsize=1 << 12)(ip_network)


def _meet(one: Rule, other: Rule) -> bool:
    """Return whether two rules let the same connections through."""
    protocols = {one.protocol, other.protocol}
    if len(protocols) > 1 and Protocol.ANY not in protocols:
        return False
    return one.ports.low <= other.ports.high and other.ports.low <= one.ports.high
