"""Counters and one histogram in Prometheus' text format.

Written by hand: five series do not pay for a client library's import time, six processes over.
Label values come from fixed sets (routes, status codes, reasons), never from what users send.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

_HELP = {
    "workspace_requests_total": "Requests by route and status.",
    "workspace_retries_total": "Attempts repeated because a store failed for a moment.",
    "workspace_pool_swaps_total": "Times a store's connections moved to another primary.",
    "workspace_cache_total": "Page cache look-ups by result.",
}


class Metrics:
    """What this process counted since its start."""

    def __init__(self) -> None:
        self._counters: dict[str, Counter[str]] = {name: Counter() for name in _HELP}
        self._buckets: defaultdict[str, list[int]] = defaultdict(
            lambda: [0] * (len(_BUCKETS_S) + 1)
        )
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def request(self, route: str, status: int, elapsed_s: float) -> None:
        self._counters["workspace_requests_total"][f'route="{route}",status="{status}"'] += 1
        self._buckets[route][bisect_left(_BUCKETS_S, elapsed_s)] += 1
        self._seconds[route] += elapsed_s

    def retry(self, reason: str) -> None:
        self._counters["workspace_retries_total"][f'reason="{reason}"'] += 1

    def pool_swap(self, store: str) -> None:
        self._counters["workspace_pool_swaps_total"][f'store="{store}"'] += 1

    def cache(self, result: str) -> None:
        self._counters["workspace_cache_total"][f'result="{result}"'] += 1

    def render(self) -> str:
        """The page that Prometheus reads."""
        return "\n".join([*self._render_counters(), *self._render_latency(), ""])

    def _render_counters(self) -> Iterator[str]:
        for name, counter in self._counters.items():
            yield f"# HELP {name} {_HELP[name]}"
            yield f"# TYPE {name} counter"
            yield from (f"{name}{{{labels}}} {value}" for labels, value in counter.items())

    def _render_latency(self) -> Iterator[str]:
        name = "workspace_request_seconds"
        yield f"# HELP {name} Time to answer, by route."
        yield f"# TYPE {name} histogram"
        for route, counts in self._buckets.items():
            total = 0
            for bound, count in zip((*_BUCKETS_S, "+Inf"), counts, strict=True):
                total += count
                yield f'{name}_bucket{{route="{route}",le="{bound}"}} {total}'
            yield f'{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'{name}_count{{route="{route}"}} {total}'
