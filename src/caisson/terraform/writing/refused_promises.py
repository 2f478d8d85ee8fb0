"""Promises that an estate makes and that it could not keep on AWS."""

from collections.abc import Iterator

from caisson.estate.aws import Aws
from caisson.estate.cloud_regions import JURISDICTION_OF
from caisson.estate.mistakes import Mistake, listed
from caisson.estate.model import Estate, LoseRegion, Residency
from caisson.estate.sources import Sources
from caisson.topology.declaration import REPLICATED


def region_lost(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield what would be lost with a region, where nothing may be."""
    alone = [name for name, each in estate.jurisdictions.items() if each.standby is None]
    kept = [name for name, each in estate.stores.items() if not each.rebuildable]
    for position, promise in enumerate(estate.promises):
        if not isinstance(promise, LoseRegion):
            continue
        place = sources.at("promises", position, "when")
        for name in alone:
            what = f"{name} has no standby, so the loss of its region is the loss of all in it"
            yield Mistake(place, what, f"give {name} a standby, or do not promise this")
        for name in kept:
            if estate.stores[name].system not in REPLICATED:
                what = f"{name} has no standby: AWS copies no {estate.stores[name].system}"
                yield Mistake(place, what, f"say that {name} is `rebuildable`, if it is")
        if promise.rpo == 0 and kept:
            what = f"on AWS a region's last writes to {listed(kept)} are lost with it"
            source = sources.at("promises", position, "rpo")
            yield Mistake(source, what, "promise an `rpo` of some seconds")


def residency(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the regions that are not where data was promised to stay."""
    for position, promise in enumerate(estate.promises):
        if not isinstance(promise, Residency) or promise.tenants not in estate.jurisdictions:
            continue
        place = sources.at("promises", position, "data stays in")
        for region, why in _elsewhere(estate, promise):
            what = f"data of {promise.tenants} would also be in {region}, which {why}"
            remedy = f"write a region in {promise.stays_in} instead of {region}"
            yield Mistake(place, what, remedy)


def _elsewhere(estate: Estate, promise: Residency) -> Iterator[tuple[str, str]]:
    """Yield the regions of a jurisdiction that are elsewhere by the estate, or by law."""
    own, stays = estate.jurisdictions[promise.tenants], estate.jurisdictions[promise.stays_in]
    law = _law(estate, stays.home)
    for name in filter(None, (own.home, own.standby)):
        region = estate.regions[name]
        if region.jurisdiction != promise.stays_in:
            yield name, f"is in {region.jurisdiction}"
        elif None not in (law, found := _law(estate, name)) and found != law:
            yield name, f"is {region.aws}, and by law in `{found}`"


def _law(estate: Estate, region: str) -> str | None:
    return JURISDICTION_OF.get(estate.regions[region].aws or "")
