"""From what a probe saw to the figures of a drill. Pure; times are seconds on one clock."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

WINDOW_S = 3.0
SUCCESS = 0.99
STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Sample:
    """One write of the probe: `acknowledged` within the probe's patience, or an error."""

    tenant: str
    page: str
    id: str
    started_at: float
    ended_at: float
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Counts per `step_s` since the first step, by when a write ended."""

    step_s: float
    acknowledged: tuple[int, ...]
    errors: tuple[int, ...]


def rto(samples: Iterable[Sample], fault_at: float) -> float | None:
    """Seconds from the fault until service was restored; None when it was not.

    Restored means: of the requests started within the 3 s from some moment on, at least 99 %
    succeed; and the first of them has been acknowledged, for a request that waits through
    the rest of an outage shows no service before its answer. Only windows that lie wholly in
    the past count: the last sample must have started at least 3 s after the moment.
    """
    after = sorted((s for s in samples if s.started_at >= fault_at), key=lambda s: s.started_at)
    starts = [s.started_at for s in after]
    good = [0]
    for sample in after:
        good.append(good[-1] + sample.acknowledged)
    for first, moment in enumerate([fault_at, *starts]):
        begin = max(0, first - 1)
        end = bisect_left(starts, moment + WINDOW_S)
        if end == len(starts):
            return None
        if end > begin and good[end] - good[begin] >= SUCCESS * (end - begin):
            answered = min(s.ended_at for s in after[begin:end] if s.acknowledged)
            return max(moment, answered) - fault_at
    return None


def lost(samples: Iterable[Sample], present: Collection[str]) -> list[Sample]:
    """The acknowledged writes that are not among the ids that were found afterwards."""
    return [s for s in samples if s.acknowledged and s.id not in present]


def rpo(lost_writes: Sequence[Sample], fault_at: float) -> float:
    """How long before the fault the oldest acknowledged write was that is lost; 0.0 if none."""
    return max((fault_at - s.ended_at for s in lost_writes), default=0.0)


def timeline(samples: Iterable[Sample], began_at: float, ended_at: float) -> Timeline:
    """Counts of both outcomes in steps of 0.1 s."""
    steps = int((ended_at - began_at) / STEP_S) + 1
    counts = {True: [0] * steps, False: [0] * steps}
    for sample in samples:
        step = int((sample.ended_at - began_at) / STEP_S)
        if 0 <= step < steps:
            counts[sample.acknowledged][step] += 1
    return Timeline(STEP_S, tuple(counts[True]), tuple(counts[False]))


def longest_wait(samples: Iterable[Sample], from_at: float, until_at: float) -> dict[str, float]:
    """The longest wait for a write of each tenant, among those under way in an interval."""
    waits: dict[str, float] = {}
    for sample in samples:
        if sample.ended_at >= from_at and sample.started_at <= until_at:
            wait = sample.ended_at - sample.started_at
            waits[sample.tenant] = max(wait, waits.get(sample.tenant, 0.0))
    return waits
