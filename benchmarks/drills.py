"""Lose and freeze a region of the reference estate again and again, both kinds of replication.

Prints for each kind the median and worst RTO, the worst RPO, acknowledged writes lost, errors
of the other jurisdiction's tenants, what the thawed primary accepted, and what a failback
cost. Exit code 1 when one of these claims is not met:

- lose-region, sync: 0 acknowledged writes lost; async: RPO <= 1 s
- lose-region: median RTO <= 3 s, worst <= 6 s; other tenants' errors: 0
- freeze-region: 0 writes accepted by the thawed primary; 0 lost with sync
- failback: 0 lost, 0 duplicated; the longest wait of a tenant <= 0.5 s (median)
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from support.caisson_estate import WorkspaceEstate

REGION = "us-west"


@dataclass
class Series:
    """The reports of one fault under one kind of replication."""

    fault: str
    replication: str
    reports: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The figures, ready for JSON; an RTO that was never reached counts as infinite."""
        rtos = [r["rto_s"] if r["rto_s"] is not None else float("inf") for r in self.reports]
        backs = [r["failback"] for r in self.reports]
        return {
            "fault": self.fault,
            "replication": self.replication,
            "runs": len(self.reports),
            "rto_median_s": round(median(rtos), 3),
            "rto_worst_s": max(rtos),
            "rpo_worst_s": max(r["rpo_s"] for r in self.reports),
            "acknowledged": sum(r["writes_acknowledged"] for r in self.reports),
            "lost": sum(r["writes_lost"] for r in self.reports),
            "others_errors": sum(r["other_sites_errors"] for r in self.reports),
            "accepted_after_thaw": sum(
                r.get("thawed_primary", {}).get("accepted", 0) for r in self.reports
            ),
            "stale_attempts": sum(
                r.get("thawed_primary", {}).get("attempts", 0) for r in self.reports
            ),
            "failback_lost": sum(b["writes_lost"] for b in backs),
            "failback_duplicates": sum(b["duplicates"] for b in backs),
            "failback_wait_median_s": round(median(b["median_wait_s"] for b in backs), 3),
            "failback_wait_worst_s": max(b["max_wait_s"] for b in backs),
        }


def failures(figures: dict[str, Any]) -> list[str]:
    """The claims that these figures do not meet."""
    lose = figures["fault"] == "lose-region"
    sync = figures["replication"] == "sync"
    claims = [
        (not sync or figures["lost"] == 0, "acknowledged writes were lost"),
        (figures["rpo_worst_s"] <= 1.0, "RPO above 1 s"),
        (not lose or figures["rto_median_s"] <= 3.0, "median RTO above 3 s"),
        (not lose or figures["rto_worst_s"] <= 6.0, "worst RTO above 6 s"),
        (figures["others_errors"] == 0, "other tenants saw errors"),
        (figures["accepted_after_thaw"] == 0, "a thawed primary accepted writes"),
        (figures["failback_lost"] + figures["failback_duplicates"] == 0, "failback lost writes"),
        (figures["failback_wait_median_s"] <= 0.5, "failback let tenants wait above 0.5 s"),
    ]
    return [said for met, said in claims if not met]


def measure(folder: Path, replication: str, runs: int) -> list[dict[str, Any]]:
    estate = WorkspaceEstate(folder, replication)
    series = [Series(fault, replication) for fault in ("lose-region", "freeze-region")]
    try:
        estate.up()
        for number in range(runs):
            for each in series:
                report = estate.drill(each.fault, REGION)
                each.reports.append(report)
                print(
                    f"{replication} {each.fault} {number + 1}/{runs}:"
                    f" rto {report['rto_s']} s, lost {report['writes_lost']},"
                    f" others' errors {report['other_sites_errors']},"
                    f" failback wait {report['failback']['max_wait_s']} s",
                    file=sys.stderr,
                )
    finally:
        estate.down()
    return [each.document() for each in series]


def show(figures: list[dict[str, Any]]) -> None:
    for name in figures[0]:
        print(f"{name:24}" + "".join(f"{each[name]!s:>16}" for each in figures))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=10, help="drills of each kind (10)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    figures: list[dict[str, Any]] = []
    for replication in ("sync", "async"):
        with tempfile.TemporaryDirectory(prefix="caisson-bench-") as folder:
            figures += measure(Path(folder) / "workspace", replication, options.runs)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)
    unmet = [f"{f['fault']} ({f['replication']}): {said}" for f in figures for said in failures(f)]
    for said in unmet:
        print(f"not met: {said}", file=sys.stderr)
    return 1 if unmet else 0


if __name__ == "__main__":
    sys.exit(main())
