"""Real plans, all in one run: `caisson check` beside checkov.

Takes a folder of plans as `terraform show -json` writes them (docs/corpus.md says how they are
made) and the program of checkov. Both start from nothing each time, with the byte code that an
earlier run left, and take turns. The claim: checkov takes ten times as long, or longer.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

CAISSON = Path(sys.executable).parent / "caisson"
RATIO = 10.0
ENDED_WELL = (0, 1)  # 1: something was found
MISSING = "not measured: name a folder of plans with --plans, and checkov's program with --checkov"


@dataclass(frozen=True, slots=True)
class Run:
    wall_s: float
    cpu_s: float
    output: bytes


def run(command: Sequence[str], environment: dict[str, str]) -> Run:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    wall_s, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in ENDED_WELL:
        raise SystemExit(
            f"{command[0]} ended with {done.returncode}: {done.stderr.decode()[-500:]}"
        )
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall_s, cpu_s, done.stdout)


def ours(plans: Sequence[Path]) -> list[str]:
    return [str(CAISSON), "check", "--each", "--json", *map(str, plans)]


def theirs(checkov: Path, plans: Sequence[Path]) -> list[str]:
    files = [word for each in plans for word in ("--file", str(each))]
    form = ["--framework", "terraform_plan", "--quiet", "--compact", "--output", "json"]
    return [str(checkov), *files, *form]


def rounds(
    number: int, checkov: Path, plans: Sequence[Path], environment: dict[str, str]
) -> Iterator[tuple[Run, Run]]:
    """Yield a run of each, in turns; the first of all is for the byte code and does not count."""
    for turn in range(number + 1):
        pair = run(ours(plans), environment), run(theirs(checkov, plans), environment)
        if turn:
            yield pair


def measured(checkov: Path, plans: Sequence[Path], number: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "LOG_LEVEL": "ERROR"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        pairs = list(rounds(number, checkov, plans, environment))
    caisson, others = [one for one, _ in pairs], [other for _, other in pairs]
    said = json.loads(caisson[0].output)
    return {
        "plans": len(plans),
        "megabytes": round(sum(each.stat().st_size for each in plans) / 1e6, 1),
        "resources": said["coverage"]["resources"],
        "verdicts": len(said["verdicts"]),
        "caisson_s": round(median(each.wall_s for each in caisson), 2),
        "checkov_s": round(median(each.wall_s for each in others), 2),
        "caisson_cpu_s": round(median(each.cpu_s for each in caisson), 2),
        "checkov_cpu_s": round(median(each.cpu_s for each in others), 2),
        "ratio": round(median(other.wall_s / one.wall_s for one, other in pairs), 1),
        "cpu_ratio": round(median(other.cpu_s / one.cpu_s for one, other in pairs), 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--plans", type=Path, default=os.environ.get("CAISSON_CORPUS"))
    parser.add_argument("--checkov", type=Path, default=os.environ.get("CAISSON_CHECKOV"))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.plans is None or options.checkov is None:
        print(MISSING)
        return 0
    plans = sorted(Path(options.plans).glob("*.json"))
    if not plans:
        parser.error(f"there are no *.json in {options.plans}")
    figures = measured(Path(options.checkov), plans, options.rounds)
    print(json.dumps(figures, indent=1))
    return 0 if float(str(figures["ratio"])) >= RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
