"""What is said of backups that AWS cannot keep: where they lie, and how little may be missing."""

from collections.abc import Iterator

from caisson.estate.aws import Aws
from caisson.estate.mistakes import Mistake
from caisson.estate.model import Estate, Restore
from caisson.estate.sources import Sources
from caisson.terraform.writing.aws.unkept import ARCHIVED_WITHIN_S, minutes


def places(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the regions and repositories in which AWS does not put backups.

    They are made in the home's region, and copied to that of the standby.
    """
    if all(each.backup is None for each in estate.stores.values()):
        return
    for name, said in estate.backups.items():
        own = estate.jurisdictions[name]
        place = ("backups", name)
        if said.in_ != (last := own.standby or own.home):
            where = f"in {own.home}" + (f" and {own.standby}" if own.standby else "")
            what = f"AWS keeps the backups of {name} {where}, and not in {said.in_} alone"
            remedy = f"write {last}, or leave it out"
            yield Mistake(sources.at(*place, "in"), what, remedy)
        if said.repository is not None:
            what = f"AWS keeps the backups of {name} in vaults of its own, and in no repository"
            yield Mistake(sources.at(*place, "repository"), what, "leave it out")


def restores(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the promises that a restore lacks less than AWS may not have archived yet."""
    for position, promise in enumerate(estate.promises):
        store = estate.stores.get(promise.restore) if isinstance(promise, Restore) else None
        if not isinstance(promise, Restore) or store is None or promise.rpo is None:
            continue
        lacks = ARCHIVED_WITHIN_S.get(store.system)
        if store.backup is None or lacks is None or promise.rpo >= lacks:
            continue
        what = f"on AWS a restore of {promise.restore} may lack {minutes(lacks)}"
        place = sources.at("promises", position, "rpo")
        yield Mistake(place, what, f"promise an `rpo` of {minutes(lacks)}, {lacks / 60:g}m")
