"""Names that stand for nothing, or for two things, where an estate is made real on AWS."""

from collections.abc import Collection, Iterator, Mapping
from itertools import product

from caisson.estate.aws import Aws
from caisson.estate.mistakes import Mistake, did_you_mean
from caisson.estate.model import Estate, Service, Store
from caisson.estate.sources import Sources
from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import GLOBAL
from caisson.terraform.writing.blueprint import MANAGEMENT, SECURITY

_SIZES = ("small", "normal")
# What roots are called, and the accounts that every organization has.
_NO_ENVIRONMENTS = (MANAGEMENT, SECURITY, handles.ORGANIZATION)
_NO_JURISDICTIONS = ("state", handles.BASE, "edge")
_STATES = "state-"


def nothing_declared(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    if not estate.jurisdictions:
        what = "there are no jurisdictions, so nothing would be anywhere"
        yield Mistake(sources.whole, what, "add `jurisdictions:`, each with a region as its home")
    if not estate.environments:
        what = "there are no environments, so nothing would be made"
        yield Mistake(sources.at("environments"), what, "add one, such as `production: {}`")


def unknown_names(estate: Estate, aws: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the keys in `aws:` that name nothing, such as a misspelt environment."""
    sites = {f"{one}/{other}" for one, other in product(estate.environments, estate.regions)}
    of_environments = (*estate.environments, MANAGEMENT, SECURITY)
    known: Mapping[str, tuple[Collection[str], Collection[str], str]] = {
        "accounts": (aws.accounts, of_environments, "environment"),
        "networks": (aws.networks, sites, "site"),
        "states": (aws.states, estate.jurisdictions, "jurisdiction"),
        "sizes": (aws.sizes, _SIZES, "size"),
    }
    for section, (written, names, what) in known.items():
        for name in written:
            if name not in names:
                place = sources.at("aws", section, name)
                yield Mistake(place, f"there is no {what} `{name}`", did_you_mean(name, names))


def taken_names(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the names that something else has in the rendering."""
    for name in estate.environments:
        if name in _NO_ENVIRONMENTS:
            what = f"`{name}` is the organization's own on AWS, and no environment"
            yield Mistake(sources.at("environments", name), what, "choose another name")
    for name in estate.jurisdictions:
        if name in _NO_JURISDICTIONS:
            what = f"`{name}` is a folder that every environment has on AWS"
            yield Mistake(sources.at("jurisdictions", name), what, "choose another name")
    for name in estate.regions:
        if name == GLOBAL or name.startswith(_STATES):
            what = f"`{name}` is what Caisson calls a provider of its own"
            yield Mistake(sources.at("regions", name), what, "choose another name")


def former_names(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield each `was` that is the name of something else: what it kept cannot be two things."""
    parts: Mapping[str, Mapping[str, Store] | Mapping[str, Service]] = {
        "stores": estate.stores,
        "services": estate.services,
    }
    for section, named in parts.items():
        taken = set(named)
        for name, part in named.items():
            if part.was is None:
                continue
            if part.was in taken:
                what = f"{name} cannot have been `{part.was}`, which is another of the {section}"
                remedy = "leave `was` out, or write by what name this one was applied"
                yield Mistake(sources.at(section, name, "was"), what, remedy)
            taken.add(part.was)
