"""What AWS does otherwise than was declared, where no promise is hurt by it: told, not refused."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.estate.model import Backup, Estate, Store
from caisson.estate.sources import KeyPath, Source, Sources
from caisson.terraform.writing.aws.unkept import ARCHIVED_WITHIN_S, MOST_CONTINUOUS_DAYS, minutes

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Otherwise:
    """`what` AWS does otherwise than `source` says."""

    source: Source
    what: str


def otherwise(estate: Estate, sources: Sources) -> Iterator[Otherwise]:
    """Yield all of it, store by store; the estate is one that is not refused."""
    for name, store in estate.stores.items():
        for path, what in (*_backup(store), *_questions(store)):
            yield Otherwise(sources.at("stores", name, *path), f"{name}: {what}")


_Told = Iterator[tuple[KeyPath, str]]


def _backup(store: Store) -> _Told:
    least = ARCHIVED_WITHIN_S.get(store.system)
    if store.backup is not None and store.backup.wal_s is not None and least is not None:
        yield from _archived(store.backup, store.backup.wal_s, least)


def _archived(backup: Backup, wal_s: float, least_s: float) -> _Told:
    if wal_s < least_s:
        what = f"on AWS the last {minutes(least_s)} may not be archived yet, whatever `wal` says"
        yield ("backup", "wal"), what
    if backup.keep > MOST_CONTINUOUS_DAYS * _DAY_S:
        days = f"{MOST_CONTINUOUS_DAYS} days"
        what = f"on AWS any moment of the last {days} can be restored, and of older ones backups"
        yield ("backup", "keep"), what


def _questions(store: Store) -> _Told:
    if store.questions:
        yield ("questions",), "what is restored on AWS is asked nothing; on this machine it is"
