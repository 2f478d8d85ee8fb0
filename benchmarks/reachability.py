"""How long Terraform of a large network takes to read and to prove, in processes of their own.

The network: 200 VPCs with peerings, 20,000 security groups, 100,000 rules, 30,000 workloads, as
a plan of what is there already. Ends with exit code 1 when a claim is not met.
"""

import argparse
import gc
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from support.network import RULES, network
from support.network_plan import write

from caisson.prove.network.reach import Reach
from caisson.terraform.read import read
from caisson.topology.network import Network, Ports, SecurityGroup

CAISSON = Path(sys.executable).parent / "caisson"
VPCS = 200
CURVE = (2, 6, 20, 60, 200)  # VPCs, of 500 rules each
PROMISES = """\
promises:
  - {name: stores-are-closed, open to internet: [], of: stores}
  - {name: only-web-ports, open to internet: [80, 443]}
  - {name: no-public-stores, public: []}
  - {name: encrypted, encrypted: [at rest]}
  - {name: survive-their-loss, lose: store, rpo: 24h}
  - {name: data-stays-in-eu, tenants: eu, data stays in: eu}
  - {name: apart, isolate: [production, staging], except: [account]}
  - {name: one-database, reach: aws_db_instance.v7_w149, from: ["aws_instance.v7_*"]}
  - {name: databases, reach: "aws_db_instance.v1?_w149", from: ["aws_instance.*"], ports: [5432]}
"""


@dataclass(frozen=True)
class Claim:
    """What was measured, and the most that it may be."""

    what: str
    measured: float
    most: float

    @property
    def met(self) -> bool:
        return self.measured <= self.most


def _seconds(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


# What each process does. It prints what it returns.


def reading(plan: Path, network_file: Path) -> dict[str, float]:
    """Read the plan, and leave its network for the others."""
    before = time.perf_counter()
    topology = read(plan.name, plan.read_bytes())
    seconds = time.perf_counter() - before
    network_file.write_bytes(pickle.dumps(topology.network))
    return {"seconds": seconds, "peak_gib": _peak_gib()}


def pairs(network_file: Path) -> dict[str, float]:
    """Decide every pair on every port, then again after the rules of one VPC have changed."""
    known: Network = pickle.loads(network_file.read_bytes())  # noqa: S301  our own
    gc.freeze()  # what was read
    before = time.perf_counter()
    reach = Reach.of(known)
    count = sum(len(block.source) for _, _, block in reach.pairs())
    seconds = time.perf_counter() - before
    peak = _peak_gib()
    gc.freeze()
    updates = [_update_seconds(reach, known, vpc.id) for vpc in known.vpcs[:: len(known.vpcs) // 9]]
    return {
        "seconds": seconds,
        "peak_gib": peak,
        "pairs_with_something_open": count,
        "median_update_seconds": sorted(updates)[len(updates) // 2],
    }


def _update_seconds(reach: Reach, known: Network, vpc: str) -> float:
    """Return how long it takes until all pairs are decided again."""
    groups = tuple(_other(each) if each.vpc == vpc else each for each in known.groups)
    other = replace(known, groups=groups)
    return _seconds(lambda: list(reach.updated(other, [vpc]).pairs()))


def _other(group: SecurityGroup) -> SecurityGroup:
    """Return a group whose every rule speaks of one more port."""
    ingress = (
        replace(each, ports=Ports(each.ports.low, min(each.ports.high + 1, 65535)))
        for each in group.ingress
    )
    return replace(group, ingress=tuple(ingress))


def curve(vpcs: Path) -> dict[str, float]:
    """Decide every pair of a network of so many VPCs, without a plan."""
    made = network(int(str(vpcs)))
    gc.freeze()
    return {"seconds": _seconds(lambda: list(Reach.of(made).pairs())), "peak_gib": _peak_gib()}


def questions(plan: Path, promises: Path) -> dict[str, float]:
    """Check the plan as a person does."""
    before = time.perf_counter()
    done = subprocess.run(
        [str(CAISSON), "check", str(plan), "--promises", str(promises)],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.perf_counter() - before
    assert done.returncode in (0, 1), "the plan could not be checked"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 << 20)
    return {"seconds": seconds, "peak_gib": peak}


PARTS: dict[str, Callable[..., dict[str, float]]] = {
    each.__name__: each for each in (reading, pairs, curve, questions)
}


def _apart(part: Callable[..., dict[str, float]], *arguments: Path | int) -> dict[str, float]:
    """Run a part in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--part", part.__name__, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{part.__name__} failed: {done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    print(json.dumps({"benchmark": "reachability", "part": part.__name__, **_rounded(found)}))
    return found


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in found.items()}


def measure(vpcs: int, folder: Path) -> list[Claim]:
    plan, known, promises = folder / "plan.json", folder / "network", folder / "promises.yaml"
    resources = write(network(vpcs), plan)
    promises.write_text(PROMISES)
    size_mb = plan.stat().st_size / 1e6
    print(f"a plan of {resources} resources, {vpcs * RULES} rules, {size_mb:.0f} MB")
    _apart(reading, plan, known)
    decided = _apart(pairs, known)
    asked = _apart(questions, plan, promises)
    return [
        Claim("all pairs, seconds", decided["seconds"], 6.0),
        Claim("all pairs, GiB", decided["peak_gib"], 3.0),
        Claim("all questions with reading, seconds", asked["seconds"], 45.0),
        Claim("update after a change in one VPC, seconds", decided["median_update_seconds"], 0.2),
        *_curve(),
    ]


def _curve() -> list[Claim]:
    """Print the time for each size; it must not grow much faster than the rules do."""
    print("|    rules | seconds | microseconds a rule |")
    each: list[float] = []
    for vpcs in CURVE:
        rules = vpcs * RULES
        seconds = _apart(curve, vpcs)["seconds"]
        each.append(seconds / rules * 1e6)
        print(f"| {rules:8} | {seconds:7.2f} | {each[-1]:19.1f} |")
    return [Claim("time a rule, of the largest to that of 10,000 rules", each[-1] / each[2], 1.5)]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--vpcs", type=int, default=VPCS)
    arguments.add_argument("--part", choices=PARTS)
    arguments.add_argument("rest", nargs="*", type=Path)
    wanted = arguments.parse_args()
    if wanted.part:
        print(json.dumps(PARTS[wanted.part](*wanted.rest)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        claims = measure(wanted.vpcs, Path(folder))
    for each in claims:
        verdict = "met" if each.met else "NOT MET"
        print(f"{each.what}: {each.measured:.3g}, at most {each.most:g}: {verdict}")
    return 0 if all(each.met for each in claims) else 1


if __name__ == "__main__":
    sys.exit(main())
