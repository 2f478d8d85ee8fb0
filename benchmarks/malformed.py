"""1,000 malformed estate files through the command line, each as a user would run it.

Each must end with exit code 2 within 2 s, with an error that names a line and no traceback.
The files are those of tests/properties/test_malformed_estates.py.
"""

import argparse
import importlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "properties"))
CAISSON = Path(sys.executable).parent / "caisson"
LIMIT_S = 2.0
NAMES_A_LINE = re.compile(r"estate\.yaml:\d+")


def one(file: Path) -> tuple[float, str | None]:
    """Seconds, and what was wrong with how it ended."""
    began = time.monotonic()
    done = subprocess.run(
        [str(CAISSON), "check", str(file)], capture_output=True, text=True, check=False
    )
    took = time.monotonic() - began
    if "Traceback" in done.stderr:
        return took, "a traceback"
    if done.returncode != 2:
        return took, f"exit code {done.returncode}"
    if not NAMES_A_LINE.search(done.stderr):
        return took, "no line is named"
    return took, None if took <= LIMIT_S else f"took {took:.2f} s"


def main() -> int:
    mutations = importlib.import_module("test_malformed_estates").MUTATIONS
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--files", type=int, default=1000)
    options = parser.parse_args()
    took, wrong = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "estate.yaml"
        for number in range(options.files):
            mutation = mutations[number % len(mutations)]
            file.write_bytes(mutation(random.Random(number)))
            seconds, problem = one(file)
            took.append(seconds)
            if problem:
                wrong.append(f"{mutation.__name__} {number}: {problem}")
    figures = {
        "files": len(took),
        "median_s": round(median(took), 3),
        "worst_s": round(max(took), 3),
    }
    print(json.dumps({**figures, "wrong": wrong[:20]}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
