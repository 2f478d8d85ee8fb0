"""What keeps an estate from being made real on AWS, said before anything is written."""

from collections.abc import Iterator

from caisson.estate.mistakes import Mistake, listed
from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.terraform.writing.aws import data_tier
from caisson.terraform.writing.aws.regions import is_region
from caisson.terraform.writing.aws.unkept import unkept
from caisson.terraform.writing.blueprint import MANAGEMENT, SECURITY


def refusals(estate: Estate, sources: Sources) -> Iterator[Mistake]:
    """Yield every reason, each with its place in the estate and what to write instead."""
    if estate.aws is None:
        what = "there is no `aws:`, so nobody knows whose accounts these would be"
        yield Mistake(sources.whole, what, "add `aws:` with accounts, owner, email and domain")
        return
    yield from _regions(estate, sources)
    yield from _accounts(estate, estate.aws.accounts, sources)
    yield from _backups(estate, sources)
    yield from _subnets(estate, sources)


def _regions(estate: Estate, sources: Sources) -> Iterator[Mistake]:
    for name, region in estate.regions.items():
        if region.aws is None:
            remedy = f"add `aws:` to {name}, such as `aws: eu-central-1`"
            yield Mistake(sources.at("regions", name), f"{name} has no region of AWS", remedy)
        elif not is_region(region.aws):
            what = f"`{region.aws}` is no region of AWS that is known here"
            yield Mistake(sources.at("regions", name, "aws"), what, "write one such as us-west-2")


def _accounts(estate: Estate, accounts: dict[str, str], sources: Sources) -> Iterator[Mistake]:
    needed = (*estate.environments, MANAGEMENT, SECURITY)
    if missing := [each for each in needed if each not in accounts]:
        what = f"there is no account for {listed(missing)}"
        yield Mistake(sources.at("aws", "accounts"), what, "write its twelve digits there")


def _backups(estate: Estate, sources: Sources) -> Iterator[Mistake]:
    for name, store in estate.stores.items():
        for each in unkept(store):
            place = sources.at("stores", name, "backup", each.key)
            yield Mistake(place, f"{name}: {each.what}", each.remedy)


def _subnets(estate: Estate, sources: Sources) -> Iterator[Mistake]:
    for one, other in data_tier.together(estate):
        what = (
            f"{other} would lie in the subnets of {one}, by a chance of their names: from another "
            "region, who uses either could open both"
        )
        yield Mistake(sources.at("stores", other), what, f"call {other} something else")
