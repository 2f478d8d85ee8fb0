"""Regions and accounts in which an estate cannot be made real on AWS."""

from collections import defaultdict
from collections.abc import Iterator

from caisson.estate.aws import Aws
from caisson.estate.cloud_regions import JURISDICTION_OF
from caisson.estate.mistakes import Mistake, listed
from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.terraform.writing.aws.regions import is_region, state_region
from caisson.terraform.writing.blueprint import MANAGEMENT, SECURITY

# Where AWS is another one: accounts of their own, and other names of everything.
_OTHER_PARTITIONS = ("cn-", "us-gov-", "eusc-")


def regions(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    first: dict[str, str] = {}
    for name, region in estate.regions.items():
        place = sources.at("regions", name, "aws")
        if region.aws is None:
            remedy = f"add `aws:` to {name}, such as `aws: eu-central-1`"
            yield Mistake(sources.at("regions", name), f"{name} has no region of AWS", remedy)
        elif not is_region(region.aws):
            what = f"`{region.aws}` is no region of AWS that is known here"
            yield Mistake(place, what, "write one such as us-west-2")
        elif region.aws.startswith(_OTHER_PARTITIONS):
            what = f"{region.aws} belongs to an AWS apart, with accounts and names of its own"
            yield Mistake(place, what, "write a region such as us-west-2 or eu-central-1")
        elif (other := first.setdefault(region.aws, name)) != name:
            what = f"{name} and {other} are the same region of AWS, so they fail together"
            yield Mistake(place, what, "write another region for one of them")


def standbys(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the standbys outside of their jurisdiction, where nothing of it may be."""
    for name, each in estate.jurisdictions.items():
        if each.standby is None:
            continue
        there = estate.regions[each.standby].jurisdiction
        if there != name:
            what = (
                f"{name} has its standby in {there}: on AWS keys, guardrails and states are of one "
                "jurisdiction each"
            )
            place = sources.at("jurisdictions", name, "standby")
            yield Mistake(place, what, f"name a region with `jurisdiction: {name}`")


def states(estate: Estate, aws: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the jurisdictions whose states would lie with what they describe, or outside."""
    used = {each.aws: name for name, each in estate.regions.items() if each.aws}
    for name in _with_known_homes(estate):
        place = sources.at("aws", "states", name)
        if name not in aws.states:
            yield from _no_region_left(estate, aws, name, sources)
        elif aws.states[name] in used:
            what = (
                f"the states of {name} would lie in {used[aws.states[name]]}, which they describe: "
                "lost together, nothing could be rebuilt"
            )
            yield Mistake(place, what, "write a region with no site of yours")
        elif JURISDICTION_OF.get(aws.states[name]) != _law(estate, name):
            what = f"{aws.states[name]} is by law not where {name} is, whose states lie there"
            yield Mistake(place, what, f"write a region as its home's, in `{_law(estate, name)}`")


def _no_region_left(estate: Estate, aws: Aws, name: str, sources: Sources) -> Iterator[Mistake]:
    try:
        state_region(estate, aws, name)
    except LookupError:
        what = f"{name} has no region left that could keep its states apart from its sites"
        remedy = "give one up, or name one in `aws: {states: …}` that has no site of yours"
        yield Mistake(sources.at("jurisdictions", name), what, remedy)


def _with_known_homes(estate: Estate) -> Iterator[str]:
    for name, each in estate.jurisdictions.items():
        home = estate.regions.get(each.home)
        if home is not None and home.aws is not None and is_region(home.aws):
            yield name


def _law(estate: Estate, jurisdiction: str) -> str:
    """Return where a jurisdiction's home is by law."""
    home = estate.regions[estate.jurisdictions[jurisdiction].home]
    return JURISDICTION_OF[home.aws or ""]


def accounts(estate: Estate, aws: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the accounts that are missing, and those that are two things at once."""
    needed = (*estate.environments, MANAGEMENT, SECURITY)
    if missing := [each for each in needed if each not in aws.accounts]:
        what = f"there is no account for {listed(missing)}"
        yield Mistake(sources.at("aws", "accounts"), what, "write its twelve digits there")
    owners: dict[str, list[str]] = defaultdict(list)
    for name, account in aws.accounts.items():
        owners[account].append(name)
    for account, names in owners.items():
        if len(names) > 1:
            what = f"{listed(names)} would share the account {account}, and be one when it is lost"
            place = sources.at("aws", "accounts", names[1])
            yield Mistake(place, what, "give each an account of its own")
