"""How long a large estate takes to become Terraform, and whether it becomes the same again.

The services use stores of every system, in two jurisdictions of two regions each. Each run
starts from what was declared: it resolves the estate, decides where everything lies, and ends
with the text of every file.
"""

import argparse
import hashlib
import json
import statistics
import sys
import time

from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.terraform.writing.render import render
from caisson.terraform.writing.text import files
from caisson.topology.resolve import resolve

MOST_S = 5.0
SYSTEMS = ("postgres", "redis", "memcached", "opensearch", "files")
STORES = 20
USED = 3


def estate_of(services: int) -> Estate:
    """Return an estate of so many services in four regions, each using some of the stores."""
    stores = store_names()
    return Estate.model_validate(
        {
            "estate": "large",
            "jurisdictions": {
                "us": {"home": "us-west", "standby": "us-east"},
                "eu": {"home": "eu-central", "standby": "eu-west"},
            },
            "regions": {
                "us-west": {"jurisdiction": "us", "aws": "us-west-2"},
                "us-east": {"jurisdiction": "us", "aws": "us-east-2"},
                "eu-central": {"jurisdiction": "eu", "aws": "eu-central-1"},
                "eu-west": {"jurisdiction": "eu", "aws": "eu-west-1"},
            },
            "stores": {
                name: {"system": SYSTEMS[number % len(SYSTEMS)], "rebuildable": True}
                for number, name in enumerate(stores)
            },
            "services": {f"service-{number}": _service(number) for number in range(services)},
            "environments": {"production": {}},
            "aws": {
                "accounts": {
                    "management": "111111111111",
                    "security": "222222222222",
                    "production": "333333333333",
                },
                "owner": "platform@example.com",
                "email": "aws+{account}@example.com",
                "domain": "example.com",
            },
        }
    )


def store_names() -> list[str]:
    """Return the names of the stores, of each system in turn."""
    return [f"{SYSTEMS[number % len(SYSTEMS)]}-{number:02}" for number in range(STORES)]


def _service(number: int) -> dict[str, object]:
    names = store_names()
    used = [names[(number + step) % STORES] for step in range(USED)]
    service: dict[str, object] = {
        "run": ["serve"],
        "image": f"large/service-{number}:1.0.0",
        "uses": dict.fromkeys(used, "write"),
    }
    return service if number else {**service, "public": "https"}


def rendered(estate: Estate) -> dict[str, str]:
    sources = Sources()
    return files(render(estate, sources, resolve(estate, sources)))


def timed(estate: Estate) -> tuple[float, dict[str, str]]:
    before = time.perf_counter()
    written = rendered(estate)
    return time.perf_counter() - before, written


def digest(written: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(list(written.items())).encode()).hexdigest()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--services", type=int, default=200)
    arguments.add_argument("--runs", type=int, default=5)
    wanted = arguments.parse_args()
    estate = estate_of(wanted.services)
    runs = [timed(estate) for _ in range(wanted.runs)]
    median = statistics.median(seconds for seconds, _ in runs)
    written = runs[0][1]
    same = len({digest(each) for _, each in runs}) == 1
    megabytes = sum(map(len, written.values())) / 1e6
    print(f"{wanted.services} services in 4 regions: {len(written)} files, {megabytes:.1f} MB")
    print(f"median of {wanted.runs}: {median:.2f} s (claim: {MOST_S:g} s at most)")
    print(f"the same bytes each time: {'yes' if same else 'no'}")
    sys.exit(not (same and median <= MOST_S))


if __name__ == "__main__":
    main()
