"""How long a large estate takes to resolve: the median of several runs, in milliseconds."""

import argparse
import json
import statistics
import time

from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.topology.fingerprint import fingerprint
from caisson.topology.model import Topology
from caisson.topology.resolve import resolve

ENVIRONMENTS = ("production", "staging")


def estate_of(sites: int) -> Estate:
    """Return an estate of two environments with at least `sites` sites, edges included."""
    per_environment = -(-sites // len(ENVIRONMENTS))  # rounded up
    count = per_environment // 2  # two regions each; the edge makes it odd
    names = [f"j{number}" for number in range(count)]
    return Estate.model_validate(
        {
            "estate": "large",
            "jurisdictions": {n: {"home": f"{n}-a", "standby": f"{n}-b"} for n in names},
            "regions": {f"{n}-{side}": {"jurisdiction": n} for n in names for side in "ab"},
            "stores": {
                "blocks": {"system": "postgres", "shards": 4},
                "sessions": {"system": "redis"},
                "cache": {"system": "memcached"},
            },
            "services": {
                "web": {
                    "run": ["serve"],
                    "public": "http",
                    "uses": {"blocks": "write", "sessions": "write", "cache": "write"},
                }
            },
            "environments": {name: {} for name in ENVIRONMENTS},
            "tenants": {f"tenant-{n}-{i}": {"home": n} for n in names for i in range(4)},
        }
    )


def timed(estate: Estate) -> tuple[float, Topology]:
    before = time.perf_counter()
    topology = resolve(estate, Sources())
    return (time.perf_counter() - before) * 1000, topology


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sites", type=int, default=500)
    arguments.add_argument("--runs", type=int, default=7)
    wanted = arguments.parse_args()
    estate = estate_of(wanted.sites)
    runs = [timed(estate) for _ in range(wanted.runs)]
    milliseconds = [each for each, _ in runs]
    topology = runs[-1][1]
    before = time.perf_counter()
    fingerprint(topology)
    print(
        json.dumps(
            {
                "benchmark": "resolve",
                "sites": len(topology.sites),
                "components": len(topology.components),
                "flows": len(topology.flows),
                "runs": wanted.runs,
                "median_ms": round(statistics.median(milliseconds), 1),
                "worst_ms": round(max(milliseconds), 1),
                "fingerprint_ms": round((time.perf_counter() - before) * 1000, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
