"""The WAL that waits to be archived: how much, how old, and when to say so. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from caisson.systems.pgbackrest.files import warn_at_bytes

# Of a primary, by the owner's session. What pgBackRest dropped counts as archived here.
QUEUE_SQL = """
SELECT count(ready.name) * s.setting::bigint,
       coalesce(extract(epoch FROM clock_timestamp() - min(ready.modification)), 0),
       coalesce(max(substring(a.last_archived_wal
                              FROM '^([0-9A-F]{24})(?:\\.[0-9A-F]{8}\\.backup)?$')), ''),
       s.setting
  FROM pg_settings s CROSS JOIN pg_stat_archiver a
  LEFT JOIN pg_ls_archive_statusdir() ready ON ready.name ~ '^[0-9A-F]{24}\\.ready$'
 WHERE s.name = 'wal_segment_size'
 GROUP BY s.setting
"""


class Pressure(StrEnum):
    """`AT_BOUND`: pgBackRest drops, or has dropped, all that waits. Look for a hole."""

    EASY = "easy"
    WARN = "warn"
    AT_BOUND = "at the bound"


@dataclass(frozen=True, slots=True)
class Queue:
    """`oldest_s` is the age of the oldest segment that waits; 0 when none does.

    `archived` is the newest segment that Postgres takes for archived; empty when there is none.
    """

    waiting_bytes: int
    oldest_s: float
    archived: str
    segment_bytes: int


def read_queue(row: Sequence[str | None]) -> Queue:
    waiting, oldest, archived, segment = row
    return Queue(int(waiting or 0), float(oldest or 0), archived or "", int(segment or 0))


def pressure(queue: Queue, bound_bytes: int, wal_s: float) -> Pressure:
    """`wal_s` is how old WAL may get before it is archived, by what was declared."""
    if queue.waiting_bytes >= bound_bytes:
        return Pressure.AT_BOUND
    if queue.waiting_bytes > warn_at_bytes(bound_bytes) or queue.oldest_s > wal_s:
        return Pressure.WARN
    return Pressure.EASY
