"""Ranges of addresses that the VPCs of an estate cannot have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations

from caisson.estate.aws import Aws
from caisson.estate.mistakes import Mistake
from caisson.estate.model import Estate
from caisson.estate.sources import Source, Sources
from caisson.topology.declaration import Declaration

# RFC 1918.
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_PRIVATE_WORDS = "10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
# The largest VPC that AWS makes, and what each site gets.
_VPC_BITS = 16


@dataclass(frozen=True, slots=True)
class _Range:
    """What a site has, and where that was written: `own` if it was written for it alone."""

    site: str
    network: IPv4Network
    source: Source
    own: bool


def networks(estate: Estate, aws: Aws, sources: Sources) -> Iterator[Mistake]:
    wrong = [
        mistake
        for path, text in _written(aws).items()
        if (mistake := _wrong(text, sources.at("aws", *path), alone=len(path) > 1)) is not None
    ]
    if wrong:
        yield from wrong
        return
    sites, whole = _sites(estate, sources), IPv4Network(aws.network)
    room = 1 << (_VPC_BITS - whole.prefixlen)
    if len(sites) > room:
        what = f"{whole} has room for {room} of the {len(sites)} sites, each with a /{_VPC_BITS}"
        yield Mistake(sources.at("aws", "network"), what, f"write a larger one of {_PRIVATE_WORDS}")
        return
    yield from _overlapping(tuple(_ranges(sites, aws, whole, sources)))


def _written(aws: Aws) -> Mapping[tuple[str, ...], str]:
    return {("network",): aws.network, **{("networks", k): v for k, v in aws.networks.items()}}


def _wrong(text: str, source: Source, *, alone: bool) -> Mistake | None:
    """Return what is wrong with a range; one that is `alone` is that of one VPC."""
    try:
        network = IPv4Network(text)
    except ValueError as error:
        return Mistake(source, f"{text} is no network: {error}", "write one such as 10.0.0.0/8")
    if not any(network.subnet_of(each) for each in _PRIVATE):
        what = f"{text} is not private, so it belongs to somebody on the internet"
        return Mistake(source, what, f"write one within {_PRIVATE_WORDS}")
    if alone and network.prefixlen != _VPC_BITS:
        return Mistake(source, f"{text} is not a /{_VPC_BITS}", f"write a /{_VPC_BITS}")
    if network.prefixlen > _VPC_BITS:
        what = f"{text} has no room for a VPC, which takes a /{_VPC_BITS}"
        return Mistake(source, what, f"write a larger one of {_PRIVATE_WORDS}")
    return None


def _sites(estate: Estate, sources: Sources) -> tuple[str, ...]:
    """Return the sites that take a range, in the order in which they do."""
    placements = Declaration(estate, sources, 0).placements()
    return tuple(
        dict.fromkeys(
            f"{placed.environment}/{region}" for placed in placements for region in placed.regions
        )
    )


def _ranges(
    sites: tuple[str, ...], aws: Aws, whole: IPv4Network, sources: Sources
) -> Iterator[_Range]:
    for site, taken in zip(sites, whole.subnets(new_prefix=_VPC_BITS), strict=False):
        if site in aws.networks:
            source = sources.at("aws", "networks", site)
            yield _Range(site, IPv4Network(aws.networks[site]), source, own=True)
        else:
            yield _Range(site, taken, sources.at("aws", "network"), own=False)


def _overlapping(ranges: tuple[_Range, ...]) -> Iterator[Mistake]:
    for one, other in combinations(ranges, 2):
        if one.network.overlaps(other.network):
            told, beside = (other, one) if other.own else (one, other)
            what = f"{told.network} of {told.site} overlaps {beside.network} of {beside.site}"
            yield Mistake(told.source, what, f"write another /{_VPC_BITS} for {told.site}")
