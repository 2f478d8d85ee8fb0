"""What keeps an estate from being made real on AWS, said before anything is written."""

from collections.abc import Callable, Iterator

from caisson.estate.aws import Aws
from caisson.estate.mistakes import Mistake
from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.terraform.writing import (
    refused_backups,
    refused_names,
    refused_networks,
    refused_parts,
    refused_places,
    refused_promises,
    refused_words,
)

_Refusal = Callable[[Estate, Aws, Sources], Iterator[Mistake]]

_REFUSALS: tuple[_Refusal, ...] = (
    refused_names.nothing_declared,
    refused_names.unknown_names,
    refused_names.taken_names,
    refused_names.former_names,
    refused_words.hyphens,
    refused_words.beginnings,
    refused_words.databases,
    refused_words.lengths,
    refused_places.regions,
    refused_places.standbys,
    refused_places.states,
    refused_places.accounts,
    refused_networks.networks,
    refused_parts.services,
    refused_parts.stores,
    refused_parts.credentials,
    refused_parts.sizes,
    refused_parts.subnets,
    refused_backups.places,
    refused_backups.restores,
    refused_promises.region_lost,
    refused_promises.residency,
)


def refusals(estate: Estate, sources: Sources) -> Iterator[Mistake]:
    """Yield every reason, each with its place in the estate and what to write instead."""
    if estate.aws is None:
        what = "there is no `aws:`, so nobody knows whose accounts these would be"
        yield Mistake(sources.whole, what, "add `aws:` with accounts, owner, email and domain")
        return
    for refuse in _REFUSALS:
        yield from refuse(estate, estate.aws, sources)
