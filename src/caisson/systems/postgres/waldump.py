"""When the transactions of a WAL segment were committed, by Postgres's own `pg_waldump`. Pure."""

import re
from datetime import UTC, datetime

# `desc: COMMIT 2026-01-31 23:59:58.123456 UTC`; an aborted one is as good to recovery.
_ENDED = re.compile(r"desc: (?:COMMIT|ABORT)(?:_PREPARED)?\b[^\n]*?(\d{4}-\d\d-\d\d [\d:.]+) UTC")


def waldump(binary: str, segment: str) -> tuple[str, ...]:
    """What to run, in UTC; `segment` is a file that has the segment's own name."""
    return (binary, "--rmgr=Transaction", segment)


def last_commit(text: str) -> float | None:
    """Seconds since the epoch; None when no transaction ended in the segment.

    The last lines of what it says are enough, and its exit code means nothing: it complains of
    each segment that ends within a record.
    """
    times = [_seconds(found) for found in _ENDED.findall(text)]
    return max(times, default=None)


def _seconds(written: str) -> float:
    return datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp()
