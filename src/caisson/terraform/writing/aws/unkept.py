"""What a store declares of its backups that AWS cannot do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caisson.estate.model import Backup, Store

_HOUR_S, _DAY_S = 3_600.0, 86_400.0
# How long AWS keeps every change at most, and snapshots of ElastiCache and of OpenSearch.
MOST_CONTINUOUS_DAYS = 35
_MOST_REDIS_DAYS = 35
# What can be restored at the latest, by "Restoring a DB instance to a specified time", which says
# five minutes, and "Continuous backups and point-in-time recovery", which says fifteen for S3.
ARCHIVED_WITHIN_S: Mapping[str, float] = {"postgres": 300.0, "files": 900.0}
_MOST_SEARCH_DAYS = 14


@dataclass(frozen=True, slots=True)
class Unkept:
    """What is asked for in `key` of a store's backup, and what to write instead."""

    key: str
    what: str
    remedy: str


def unkept(store: Store) -> Iterator[Unkept]:
    backup = store.backup
    if backup is None:
        return
    match store.system:
        case "postgres" | "files":
            yield from _by_aws_backup(backup, continuous=backup.wal and store.system == "files")
        case "redis":
            yield from _by_snapshots(backup, "ElastiCache", _DAY_S, _MOST_REDIS_DAYS)
        case "opensearch":
            yield from _by_snapshots(backup, "OpenSearch", _HOUR_S, _MOST_SEARCH_DAYS)
        case "memcached":
            what = "Memcached keeps nothing that could be backed up"
            yield Unkept("every", what, "leave `backup` out")


def minutes(seconds: float) -> str:
    """Say a time in minutes."""
    return f"{seconds / 60:g} minutes"


def _by_aws_backup(backup: Backup, *, continuous: bool) -> Iterator[Unkept]:
    if backup.every < _HOUR_S:
        yield _too_often("AWS Backup", "1h")
    kept = min(backup.keep, MOST_CONTINUOUS_DAYS * _DAY_S) if continuous else backup.keep
    if backup.locked is not None and backup.locked > kept:
        days = f"{kept / _DAY_S:g}d"
        what = f"AWS Backup cannot lock for longer than it keeps, which is {days}"
        yield Unkept("locked", what, f"lock for {days} at most")


def _by_snapshots(backup: Backup, whose: str, every_s: float, most_days: int) -> Iterator[Unkept]:
    if backup.every < every_s:
        yield _too_often(f"{whose} on AWS", "1d" if every_s == _DAY_S else "1h")
    if backup.keep > most_days * _DAY_S:
        what = f"{whose} on AWS keeps a snapshot for {most_days} days at most"
        yield Unkept("keep", what, f"write {most_days}d or less")
    if backup.wal:
        what = f"{whose} on AWS is restored from snapshots, and not to any moment"
        yield Unkept("wal", what, "leave `wal` out, or keep this in postgres")
    if backup.locked is not None:
        what = f"nothing on AWS locks a snapshot of {whose}"
        yield Unkept("locked", what, "leave `locked` out, or keep this in postgres or files")


def _too_often(who: str, least: str) -> Unkept:
    return Unkept("every", f"{who} makes no backup more often than every {least}", f"write {least}")
