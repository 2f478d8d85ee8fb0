"""Buckets that this process could not open, told before anything is started."""

from collections.abc import Iterator, Mapping

from caisson.estate.buckets import masked
from caisson.estate.loading import Loaded
from caisson.execute.bucket_access import AccessMissing, access_of
from caisson.systems.pgbackrest.repository import RepositoryRefused, repository_of


def refusals(loaded: Loaded, environ: Mapping[str, str]) -> Iterator[str]:
    """One sentence for each, with its line in the estate."""
    for name, place in loaded.estate.backups.items():
        if place.repository is None or "://" not in place.repository:
            continue
        at = loaded.sources.at("backups", name, "repository")
        try:
            known_as = loaded.estate.regions[place.in_].aws or ""
            access_of(repository_of(place.repository, known_as), environ)
        except RepositoryRefused as refused:
            own = f", or give {place.in_} its name in AWS: `aws: …`"
            yield f"{at}: {refused}{own if 'region=' in str(refused) else ''}"
        except AccessMissing as missing:
            yield f"{at}: {missing}"
        yield from _not_for_redis(loaded, at, place.repository)


def _not_for_redis(loaded: Loaded, at: object, repository: str) -> Iterator[str]:
    """Restic is given folders only."""
    for name, store in loaded.estate.stores.items():
        if store.system == "redis" and store.backup is not None:
            yield (
                f"{at}: backups of {name} (redis) go into folders only, and {masked(repository)} is"
                f" a bucket; name a folder, or take `backup` from {name}"
            )
