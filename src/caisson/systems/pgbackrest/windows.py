"""Between which WAL segments a store can be brought back to any moment. Pure.

A stretch is WAL without a hole, with the backups from which a restore goes along it. What can be
restored at all are the moments of the stretches, each from the end of its first backup on.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from caisson.systems.pgbackrest.answers import Archive, Backup
from caisson.systems.pgbackrest.wal import Paths, Segment


@dataclass(frozen=True, slots=True)
class Stretch:
    """`backups` oldest first; `last` is the segment at which every restore of them ends.

    `missing` is the segment after it that the archive should have, empty when none is known:
    then WAL goes on from there.
    """

    backups: tuple[Backup, ...]
    last: str
    missing: str

    @property
    def first(self) -> str:
        """The first segment that some restore along it reads."""
        return min(backup.first_wal for backup in self.backups)


def stretches(
    backups: Collection[Backup],
    archives: Collection[Archive],
    segment_bytes: int,
    archived: str = "",
    unusable: Collection[str] = (),
) -> tuple[Stretch, ...]:
    """Oldest first. `unusable` are segments and backups that are known to be damaged.

    `archived` is the newest segment that Postgres was told to be archived: by names alone nobody
    sees that the newest are gone. It must have been asked for before the archive was listed. Of
    the archives the newest counts, for an earlier server's is not continued.
    """
    there = _usable(tuple(archives)[-1:], segment_bytes, unusable)
    whole = [each for each in backups if not {each.label, *each.needs} & set(unusable)]
    known = _known(backups, there, segment_bytes, archived)
    paths = Paths.among(there)
    by_end: dict[Segment, list[Backup]] = {}
    for backup in sorted(whole, key=lambda each: each.stopped_at, reverse=True):
        if end := paths.end(backup.span(segment_bytes)):
            by_end.setdefault(end, []).append(backup)
    return tuple(
        Stretch(
            tuple(reversed(along)), end.name(segment_bytes), _missing(end, known, segment_bytes)
        )
        for end, along in reversed(by_end.items())
    )


def _usable(
    archives: Collection[Archive], segment_bytes: int, unusable: Collection[str]
) -> frozenset[Segment]:
    """Without the timelines that no restore follows, for they do not say where they begin."""
    lost = frozenset(_without_history(archives))
    return frozenset(
        Segment.of(each.name, segment_bytes)
        for archive in archives
        for each in archive.segments
        if each.name not in unusable and (archive.id, int(each.name[:8], 16)) not in lost
    )


def _without_history(archives: Collection[Archive]) -> Iterator[tuple[str, int]]:
    for archive in archives:
        yield from ((archive.id, timeline) for timeline in archive.without_history)


def _known(
    backups: Collection[Backup], there: Collection[Segment], segment_bytes: int, archived: str
) -> Segment | None:
    """The newest segment of which anything is known."""
    ends = [Segment.of(each.last_wal, segment_bytes) for each in backups]
    told = [Segment.of(archived, segment_bytes)] if archived else []
    return max([*there, *ends, *told], default=None)


def _missing(end: Segment, known: Segment | None, segment_bytes: int) -> str:
    if known is None or known <= end:
        return ""
    return Segment(end.timeline, end.number + 1).name(segment_bytes)


def segments_back_from(last: str, first: str, segment_bytes: int) -> Iterator[str]:
    """The names from `last` down to `first`, on the timeline of `last`."""
    at, least = Segment.of(last, segment_bytes), Segment.of(first, segment_bytes)
    for number in range(at.number, least.number - 1, -1):
        yield Segment(at.timeline, number).name(segment_bytes)
