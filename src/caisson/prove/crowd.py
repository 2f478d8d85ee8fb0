"""The internet as a crowd: a network without what lets in only addresses that somebody named.

A rule for one office's address is no opening to the internet. What is more than that follows
what Amazon S3 calls "very broad" (docs.aws.amazon.com/AmazonS3/latest/userguide/
access-control-block-public-access.html): as many addresses as a /8 of IPv4 or a /32 of IPv6 has.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from caisson.topology.network import AclEntry, Network, Rule

# RFC 1918, RFC 6598, RFC 3927 and the machine itself: never routed on the internet.
_INTERNAL = tuple(
    map(
        IPv4Network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "127.0.0.0/8",
        ),
    )
)
# By version: how many addresses are a crowd.
_CROWD = {4: 2 ** (32 - 8), 6: 2 ** (128 - 32)}


def open_to_crowd(network: Network) -> Network:
    """Return the network without rules for named public addresses; the same when there are none."""
    groups = tuple(
        replace(each, ingress=kept) if (kept := _rules(each.ingress)) != each.ingress else each
        for each in network.groups
    )
    acls = tuple(
        replace(each, ingress=left) if (left := _entries(each.ingress)) != each.ingress else each
        for each in network.acls
    )
    if groups == network.groups and acls == network.acls:
        return network
    return replace(network, groups=groups, acls=acls)


def _rules(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    named = _named({cidr for each in rules for cidr in each.cidrs})
    if not named:
        return rules
    return tuple(
        replace(each, cidrs=tuple(cidr for cidr in each.cidrs if cidr not in named))
        for each in rules
    )


def _entries(entries: tuple[AclEntry, ...]) -> tuple[AclEntry, ...]:
    """Return the entries without permissions; refusals stay, for they shut somebody out."""
    named = _named({each.cidr for each in entries if each.allow})
    return tuple(each for each in entries if not each.allow or each.cidr not in named)


def _named(cidrs: Iterable[str]) -> frozenset[str]:
    """Return the public addresses among `cidrs`, unless together they are a crowd."""
    found = {cidr: network for cidr in cidrs if (network := public(cidr)) is not None}
    total = {4: 0, 6: 0}
    for each in found.values():
        total[each.version] += each.num_addresses
    return frozenset(
        cidr for cidr, network in found.items() if total[network.version] < _CROWD[network.version]
    )


@lru_cache(maxsize=1 << 16)
def public(cidr: str) -> IPv4Network | IPv6Network | None:
    """Return the network that is meant, when any address of the internet is in it."""
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        return None
    return None if isinstance(network, IPv4Network) and _is_internal(network) else network


def _is_internal(network: IPv4Network) -> bool:
    return any(network.subnet_of(each) for each in _INTERNAL)
