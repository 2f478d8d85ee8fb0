"""When service is back: one rule for everything that is compared."""

from collections.abc import Sequence
from dataclasses import dataclass

WINDOW_S = 3.0
SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Sample:
    """One probe request; times are seconds of one clock."""

    began: float
    ended: float
    ok: bool


def rto_s(samples: Sequence[Sample], fault_at: float) -> float | None:
    """Seconds from the fault to the first good answer from which on at least SHARE of the
    requests that end within WINDOW_S succeed; None while that has not been seen.

    Only a window that lies wholly in the observed time counts.
    """
    after = sorted((s for s in samples if s.ended >= fault_at), key=lambda s: s.ended)
    seen_until = max((s.ended for s in after), default=fault_at)
    for sample in after:
        if sample.ended + WINDOW_S > seen_until:
            return None
        if sample.ok and _good(after, sample.ended):
            return sample.ended - fault_at
    return None


def _good(samples: Sequence[Sample], start: float) -> bool:
    window = [s.ok for s in samples if start <= s.ended < start + WINDOW_S]
    return sum(window) >= SHARE * len(window)
