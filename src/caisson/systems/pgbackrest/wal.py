"""WAL segments by name, and which of them an archive lacks. Pure.

`verify` and `info` take an archive with a hole for a sound one, and a restore across it ends at
the hole without a word when no target was named. So holes are found here, by the names alone.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

_LOG_BYTES = 1 << 32  # the middle eight digits of a name count these, the last eight segments


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """`number` counts segments from the beginning of the WAL, whatever the timeline."""

    timeline: int
    number: int

    @classmethod
    def of(cls, name: str, segment_bytes: int) -> "Segment":
        """Read a name of 24 hexadecimal digits; what follows them is not looked at."""
        per_log = _LOG_BYTES // segment_bytes
        return cls(int(name[:8], 16), int(name[8:16], 16) * per_log + int(name[16:24], 16))

    def name(self, segment_bytes: int) -> str:
        log, number = divmod(self.number, _LOG_BYTES // segment_bytes)
        return f"{self.timeline:08X}{log:08X}{number:08X}"


@dataclass(frozen=True, slots=True)
class Span:
    """All segments of one timeline from `first` to `last`."""

    timeline: int
    first: int
    last: int

    def __iter__(self) -> Iterator[Segment]:
        return (Segment(self.timeline, number) for number in range(self.first, self.last + 1))

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def holes(
    there: Collection[Segment], backups: Collection[Span], archived: Collection[Segment] = ()
) -> tuple[Span, ...]:
    """What is missing of the WAL that some restore would need, in order.

    `backups` are the spans that the backups themselves need, `archived` are segments of which
    Postgres was told that they are archived: by names alone nobody sees that the newest are gone.
    What is older than the oldest backup is of no use to any restore, and not missed.
    """
    oldest = min((backup.first for backup in backups), default=0)
    useful = {each for each in there if each.number >= oldest}
    needed = [segment for backup in backups for segment in backup]
    ends = sorted({*useful, *needed, *(each for each in archived if each.number >= oldest)})
    missing = {segment for segment in (*needed, *archived) if segment not in there}
    for before, after in pairwise(ends):
        missing |= set(_between(before, after, useful))
    return tuple(spans(each for each in missing if each.number >= oldest))


def spans(segments: Iterable[Segment]) -> Iterator[Span]:
    """Join what follows on each other."""
    begun: Span | None = None
    for segment in sorted(segments):
        if begun and (segment.timeline, segment.number) == (begun.timeline, begun.last + 1):
            begun = Span(begun.timeline, begun.first, segment.number)
            continue
        if begun:
            yield begun
        begun = Span(segment.timeline, segment.number, segment.number)
    if begun:
        yield begun


@dataclass(frozen=True, slots=True)
class Paths:
    """Along which segments restores go. Ask for the newest backup first: no way is gone twice."""

    there: Collection[Segment]
    firsts: tuple[Segment, ...]  # with which each timeline begins
    _ends: dict[Segment, Segment] = field(default_factory=dict)

    @classmethod
    def among(cls, there: Collection[Segment]) -> "Paths":
        firsts: dict[int, Segment] = {}
        for each in there:
            firsts[each.timeline] = min(each, firsts.get(each.timeline, each))
        return cls(there, tuple(firsts.values()))

    def end(self, backup: Span) -> Segment | None:
        """Up to where a restore of the backup gets without a target; None if it is not whole.

        Along the newest timeline that branches off from what was reached, as Postgres does.
        """
        if any(segment not in self.there for segment in backup):
            return None
        begin = at = Segment(backup.timeline, backup.last)
        while at not in self._ends and (following := self._following(at)):
            at = following
        return self._ends.setdefault(begin, self._ends.get(at, at))

    def _following(self, at: Segment) -> Segment | None:
        # A timeline begins within a segment, whose former half its parent completes or does not.
        near = (at.number, at.number + 1)
        branches = [
            first for first in self.firsts if first.timeline > at.timeline and first.number in near
        ]
        along = Segment(at.timeline, at.number + 1)
        return max(branches, default=along if along in self.there else None)


def _between(before: Segment, after: Segment, there: Collection[Segment]) -> Iterator[Segment]:
    """What lacks between two neighbours: within a timeline, or before one that begins."""
    if before.timeline != after.timeline:
        parents = [each for each in there if each.timeline < after.timeline]
        older = [each for each in parents if each.number <= after.number]
        before = max(older, key=lambda each: each.number, default=after)
    for number in range(before.number + 1, after.number):
        yield Segment(before.timeline, number)
