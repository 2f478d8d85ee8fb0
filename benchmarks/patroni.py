"""Failover beside Patroni: the same job, on this machine, in one run.

Both sides serve about the same writes, lose the place of their primary (SIGKILL of
everything in it), and are measured from outside by the same code: the recovery time runs
from the fault to the first moment from which at least 99 % of requests succeed for 3 s.
Afterwards every acknowledged write is looked for. Ours is `caisson drill lose-region` on
the reference estate with asynchronous replication; a write goes through two proxies and
the application. Patroni's is an insert through HAProxy. The sides take turns, run by run.

Exit code: 0 when our median recovery time is at most a quarter of Patroni's and no more
acknowledged writes are lost; 1 when not; 2 when the comparison could not be made. Linux.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import TimeoutExpired

from support.caisson_estate import EstateError, WorkspaceEstate, caisson
from support.patroni_cluster import Cluster, ClusterError
from support.patroni_config import Timing
from support.patroni_install import InstallError, Programs, programs, say
from support.processes import Guard
from support.sql_probe import SqlProbe

from caisson.drill.measure import rto
from caisson.targets.local.binaries import BinaryError

RATIO = 0.25
WARM_UP_S = 3.0
GIVE_UP_S = 120.0


@dataclass(frozen=True, slots=True)
class Failover:
    """One loss of the primary's place: recovery time, and writes acknowledged and lost."""

    rto_s: float
    acknowledged: int
    lost: int


@dataclass(frozen=True, slots=True)
class Side:
    name: str
    runs: tuple[Failover, ...]

    @property
    def median_s(self) -> float:
        return statistics.median(run.rto_s for run in self.runs)

    @property
    def worst_s(self) -> float:
        return max(run.rto_s for run in self.runs)

    @property
    def lost(self) -> int:
        return sum(run.lost for run in self.runs)

    @property
    def acknowledged(self) -> int:
        return sum(run.acknowledged for run in self.runs)

    def document(self) -> dict[str, object]:
        return {
            "median_rto_s": self.median_s,
            "worst_rto_s": self.worst_s,
            "writes_acknowledged": self.acknowledged,
            "writes_lost": self.lost,
            "runs": [asdict(run) for run in self.runs],
        }


def patroni_failover(cluster: Cluster, run: int) -> Failover:
    """Lose the primary's node, measure, and bring the node back as a streaming standby."""
    node = cluster.leader()
    if node is None:
        raise ClusterError("there is no primary to lose")
    probe = SqlProbe(cluster.conninfo, first_id=run * 1_000_000)
    recovered_s = asyncio.run(_lose_under_load(cluster, node, probe))
    lost = cluster.missing(probe.acknowledged, probe.first_id)
    cluster.start_node(node)
    cluster.wait_whole()
    return Failover(recovered_s, len(probe.acknowledged), lost)


async def _lose_under_load(cluster: Cluster, node: str, probe: SqlProbe) -> float:
    probe.start()
    # A fault does not wait for a certain moment of Patroni's loop.
    phase = random.uniform(0, cluster.timing.loop_wait)
    await asyncio.sleep(WARM_UP_S + phase)
    if not all(sample.acknowledged for sample in probe.samples):
        raise ClusterError("writes failed before the fault; the machine is too busy to compare")
    fault_at = time.monotonic()
    cluster.lose(node)
    while (recovered_s := rto(probe.samples, fault_at)) is None:
        if time.monotonic() > fault_at + GIVE_UP_S:
            raise ClusterError(f"no recovery within {GIVE_UP_S:.0f} s")
        await asyncio.sleep(0.5)
    await probe.stop()
    return recovered_s


def caisson_failover(estate: WorkspaceEstate) -> Failover:
    report = estate.lose_region()
    return Failover(report.rto_s, report.writes_acknowledged, report.writes_lost)


def take_turns(sides: dict[str, Callable[[int], Failover]], runs: int) -> list[Side]:
    """Each side once per round, in order; shows every result as it comes."""
    done: dict[str, list[Failover]] = {name: [] for name in sides}
    for run in range(1, runs + 1):
        for name, failover in sides.items():
            result = failover(run)
            say(f"run {run} of {runs}  {name:<8} {result.rto_s:6.2f} s  lost {result.lost}")
            done[name].append(result)
    return [Side(name, tuple(results)) for name, results in done.items()]


def compare(folder: Path, found: Programs, options: argparse.Namespace) -> list[Side]:
    timing = Timing(loop_wait=options.loop_wait)
    sides: dict[str, Callable[[int], Failover]] = {}
    if not options.only_patroni:
        estate = WorkspaceEstate(folder / "estate")
        say("starting the reference estate")
        estate.up()
        sides["caisson"] = lambda _run: caisson_failover(estate)
    say(f"starting Patroni, etcd and HAProxy: {timing}, versions {found.versions}")
    cluster = Cluster(folder, found, timing)
    cluster.start()
    sides["patroni"] = lambda run: patroni_failover(cluster, run)
    return take_turns(sides, options.runs)


def table(sides: list[Side]) -> str:
    lines = [f"{'':<10}{'median RTO':>12}{'worst RTO':>12}{'lost':>8}{'acknowledged':>15}"]
    lines += [
        f"{side.name:<10}{side.median_s:>10.2f} s{side.worst_s:>10.2f} s"
        f"{side.lost:>8}{side.acknowledged:>15}"
        for side in sides
    ]
    return "\n".join(lines)


def judge(sides: list[Side]) -> dict[str, object]:
    """The ratio of the medians and whether the two claims hold; nothing for one side alone."""
    if len(sides) < 2:
        return {}
    ours, theirs = sides
    ratio = ours.median_s / theirs.median_s
    return {
        "ratio": ratio,
        "ratio_at_most": RATIO,
        "ratio_holds": ratio <= RATIO,
        "lost_no_more": ours.lost <= theirs.lost,
    }


def show(sides: list[Side], found: Programs, options: argparse.Namespace) -> int:
    verdict = judge(sides)
    if options.json:
        document = {side.name: side.document() for side in sides}
        setting = {"cpus": os.cpu_count(), "versions": found.versions}
        print(json.dumps({**setting, **document, **verdict}, indent=2))
    else:
        print(table(sides))
        if verdict:
            print(f"ratio of the medians {verdict['ratio']:.3f} (claim: at most {RATIO})")
            print(f"we lose no more: {'yes' if verdict['lost_no_more'] else 'no'}")
    return 0 if verdict.get("ratio_holds", True) and verdict.get("lost_no_more", True) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="failovers of each side (3)")
    parser.add_argument("--loop-wait", type=int, default=10, help="Patroni's loop_wait in s (10)")
    parser.add_argument("--only-patroni", action="store_true", help="measure Patroni alone")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


def main() -> int:
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="caisson-patroni-")).resolve()
    try:
        down = () if options.only_patroni else (str(caisson()), "down", str(folder / "estate"))
        with Guard(folder, before=down):
            found = programs()
            return show(compare(folder, found, options), found, options)
    except (BinaryError, ClusterError, EstateError, InstallError, TimeoutExpired) as error:
        say(f"the comparison could not be made: {error}")
        return 2
    except KeyboardInterrupt:
        say("stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
