"""A reading becomes a topology: its resources, what the translators say, gaps and counts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from caisson.terraform.beyond_nat import beyond_nat
from caisson.terraform.fragment import Translator, joined
from caisson.terraform.model import Certainty, Instance, Link, Mode
from caisson.terraform.reading import Links, Reading, by_type
from caisson.topology.model import Topology
from caisson.topology.places import Places
from caisson.topology.resources import EVERY_QUESTION, Count, Gap, Question, Resource, Understanding

GLOBAL = "global"
# Types that are in no region, whatever region their provider works in.
_GLOBAL_TYPES = (
    "aws_cloudfront_",
    "aws_globalaccelerator_",
    "aws_iam_",
    "aws_organizations_",
    "aws_route53_delegation_set",
    "aws_route53_health_check",
    "aws_route53_hosted_zone_dnssec",
    "aws_route53_record",
    "aws_route53_zone",
    "aws_shield_",
    "aws_waf_",
)
# Providers that make nothing outside of Terraform's own run and files.
_UTILITIES = (
    "/archive",
    "/cloudinit",
    "/external",
    "/http",
    "/local",
    "/null",
    "/random",
    "/template",
    "/terraform",
    "/time",
    "/tls",
)
_UTILITY_OWNERS = (
    "registry.terraform.io/hashicorp",
    "registry.opentofu.org/hashicorp",
    "terraform.io/builtin",
)
_NAMES = (
    "name",
    "identifier",
    "cluster_identifier",
    "bucket",
    "function_name",
    "domain_name",
    "replication_group_id",
    "cluster_id",
    "family",
    "alias",
)


@dataclass(frozen=True, slots=True)
class Understood:
    """What is known of types: who translates them, and which matter to no question, and why.

    `partial` says of types that nobody translates to which questions they can matter.
    """

    translators: tuple[Translator, ...]
    neutral: Mapping[str, str]
    partial: Mapping[str, frozenset[Question]]


def reading_of(instances: Iterable[Instance], links: Links, places: Places) -> Reading:
    """Return the reading that translators are given."""
    every = tuple(instances)
    return Reading(
        {each.address: each for each in every},
        {each.address: resource_of(each, places) for each in every},
        links,
        by_type(every),
        places.jurisdiction,
    )


def resource_of(instance: Instance, places: Places) -> Resource:
    """Return what and where an instance is."""
    tags = _tags(instance.values)
    region = GLOBAL if _is_global(instance.type) else instance.region
    address, account = instance.address, instance.account
    zone = instance.values.get("availability_zone")
    return Resource(
        id=address,
        type=instance.type,
        name=_name(instance, tags),
        account=account,
        region=region,
        source=instance.source,
        zones=(zone,) if type(zone) is str and zone else (),
        environment=places.environment(address, account, region, tags, instance.type),
        jurisdiction=places.jurisdiction(region),
        tags=tags,
    )


@cache
def _is_global(type_: str) -> bool:
    return type_.startswith(_GLOBAL_TYPES)


def _tags(values: Mapping[str, object]) -> dict[str, str]:
    for word in ("tags_all", "tags"):
        tags = values.get(word)
        if type(tags) is dict and tags:
            return {name: each for name, each in tags.items() if type(each) is str}
    return {}


def _name(instance: Instance, tags: Mapping[str, str]) -> str:
    if tags.get("Name"):
        return tags["Name"]
    for word in _NAMES:
        told = instance.values.get(word)
        if type(told) is str and told:
            return told
    return instance.name


def topology_of(
    estate: str,
    reading: Reading,
    understood: Understood,
    about: Callable[[str], Link],
    runs_programs: Callable[[str], bool],
    gaps: Iterable[Gap] = (),
) -> Topology:
    """Return everything that is known of the managed instances of `reading`.

    `about` says what an instance refers to, for the reach of what is not understood; `gaps` are
    those that were found before.
    """
    managed = [each for each in reading.instances.values() if each.mode is Mode.MANAGED]
    claimed = frozenset(one for each in understood.translators for one in each.types)
    sorter = _Sorter(claimed, understood.neutral, runs_programs)
    whole = joined(each.read(reading) for each in understood.translators)
    return Topology(
        estate,
        resources=tuple(reading.resources[each.address] for each in managed),
        holdings=whole.holdings,
        movements=whole.movements,
        keys=whole.keys,
        policies=whole.policies,
        admissions=whole.admissions,
        uses=whole.uses,
        network=whole.network,
        gaps=(
            *gaps,
            *whole.gaps,
            *beyond_nat(whole.network),
            *_gaps(managed, sorter, about, understood.partial),
        ),
        counts=_counts(managed, sorter),
    )


@dataclass(frozen=True, slots=True)
class _Sorter:
    """Says what becomes of an instance."""

    claimed: frozenset[str]
    neutral: Mapping[str, str]
    runs_programs: Callable[[str], bool]

    def of(self, instance: Instance) -> Understanding:
        if instance.type in self.claimed:
            return Understanding.MODELLED
        if instance.type in self.neutral or (_is_utility(instance) and not self.runs(instance)):
            return Understanding.NEUTRAL
        return Understanding.IGNORED

    def runs(self, instance: Instance) -> bool:
        return _is_utility(instance) and self.runs_programs(instance.address)


def _is_utility(instance: Instance) -> bool:
    return instance.provider.endswith(_UTILITIES) and instance.provider.startswith(_UTILITY_OWNERS)


def _gaps(
    managed: Iterable[Instance],
    sorter: _Sorter,
    about: Callable[[str], Link],
    partial: Mapping[str, frozenset[Question]],
) -> Iterator[Gap]:
    for each in managed:
        if sorter.of(each) is not Understanding.IGNORED:
            continue
        mentions = about(each.address)
        runs = sorter.runs(each)
        what = "runs programs whose effects are not told" if runs else "is not understood"
        confined = runs or mentions.certainty is not Certainty.OPEN
        yield Gap(
            f"{each.address} {what}",
            each.address,
            each.type,
            partial.get(each.type, EVERY_QUESTION),
            each.source,
            tuple(dict.fromkeys((each.address, *mentions.every))) if confined else (),
        )


def _counts(managed: Iterable[Instance], sorter: _Sorter) -> tuple[Count, ...]:
    found = Counter((each.type, sorter.of(each)) for each in managed)
    return tuple(Count(type_, number, how) for (type_, how), number in sorted(found.items()))
