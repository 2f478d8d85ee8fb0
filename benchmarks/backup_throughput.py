"""Backs a database of some gigabytes up and restores it, beside the engine alone and pg_basebackup.

All in one run, in turns, on one disk. Prints seconds and MB/s of each, and the 99th percentile of
the answers to an application that writes at a steady rate, without and during a backup. Exit code
1 when one of these claims is not met, of the medians:

- a backup runs at >= 0.8 times the rate of the faster of pgBackRest by hand and pg_basebackup
- so does a restore; pg_basebackup's is a copy that it makes of a running server
- the application's 99th percentile during a backup is <= 1.5 times that without
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from support.backed_up_estate import BackedUpEstate
from support.steady_load import SteadyLoad, percentile

RATIO, SLOWER = 0.8, 1.5
CALM_S = 30.0


@dataclass
class Rounds:
    """Seconds by what was done, and the application's answers in seconds."""

    size: int
    took: dict[str, list[float]] = field(default_factory=dict)
    calm: list[float] = field(default_factory=list)
    backing_up: list[float] = field(default_factory=list)
    restoring: list[float] = field(default_factory=list)

    def add(self, what: str, seconds: float) -> None:
        self.took.setdefault(what, []).append(seconds)
        told = f"{what}: {seconds:.1f} s, {self.size / seconds / 1e6:.0f} MB/s"
        print(told, file=sys.stderr)

    def ratio(self, what: str) -> float:
        """Of the rate to that of the faster of the two others, by medians."""
        others = (f"{what} by hand", f"{what} by pg_basebackup")
        return min(median(self.took[each]) for each in others) / median(self.took[what])


@dataclass(frozen=True, slots=True)
class Figures:
    gigabytes: float
    seconds: dict[str, list[float]]
    backup_ratio: float
    restore_ratio: float
    p99_calm_ms: float
    p99_backup_ms: float
    p99_restore_ms: float

    @property
    def p99_ratio(self) -> float:
        return self.p99_backup_ms / self.p99_calm_ms


def one_round(estate: BackedUpEstate, rounds: Rounds, spare: Path) -> None:
    """Each way once; nothing else is asked of the server meanwhile."""
    ways: tuple[tuple[str, Callable[[], float]], ...] = (
        ("backup by pg_basebackup", lambda: estate.base_backup(spare)),
        ("backup by hand", estate.backup_by_hand),
        ("backup", estate.backup),
        ("restore by hand", lambda: estate.restore_by_hand(spare)),
        ("restore by pg_basebackup", lambda: estate.base_backup(spare)),
        ("restore", estate.restore),
    )
    for name, way in ways:
        shutil.rmtree(spare, ignore_errors=True)
        estate.settle()
        rounds.add(name, way())
    shutil.rmtree(spare, ignore_errors=True)


def one_round_of_load(estate: BackedUpEstate, rounds: Rounds) -> None:
    with SteadyLoad(estate.conninfo()) as load:
        rounds.calm += load.latencies_while(lambda: load.wait(CALM_S))
        rounds.backing_up += load.latencies_while(estate.backup)
        rounds.calm += load.latencies_while(lambda: load.wait(CALM_S))
        rounds.restoring += load.latencies_while(estate.restore)


def measure(folder: Path, gigabytes: float, count: int) -> Figures:
    estate = BackedUpEstate(folder / "estate")
    try:
        estate.up()
        estate.fill(gigabytes)
        rounds = Rounds(estate.size())
        for _ in range(count):
            one_round(estate, rounds, folder / "spare")
            one_round_of_load(estate, rounds)
    finally:
        estate.down()
    return Figures(
        round(rounds.size / 1e9, 2),
        {what: [round(each, 1) for each in took] for what, took in rounds.took.items()},
        round(rounds.ratio("backup"), 2),
        round(rounds.ratio("restore"), 2),
        *(
            round(1000 * percentile(each, 0.99), 1)
            for each in (rounds.calm, rounds.backing_up, rounds.restoring)
        ),
    )


def failures(figures: Figures) -> list[str]:
    """The claims that these figures do not meet."""
    claims = [
        (figures.backup_ratio >= RATIO, f"a backup at {figures.backup_ratio} of the fastest"),
        (figures.restore_ratio >= RATIO, f"a restore at {figures.restore_ratio} of the fastest"),
        (figures.p99_ratio <= SLOWER, f"p99 {figures.p99_ratio:.2f} times as long in a backup"),
    ]
    return [said for met, said in claims if not met]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="of the database (2)")
    parser.add_argument("--rounds", type=int, default=2, help="of everything (2)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="caisson-bench-") as folder:
        figures = measure(Path(folder), options.gigabytes, options.rounds)
    print(json.dumps({**asdict(figures), "p99_ratio": round(figures.p99_ratio, 2)}, indent=2))
    for said in failures(figures):
        print(f"not met: {said}", file=sys.stderr)
    return 1 if failures(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
