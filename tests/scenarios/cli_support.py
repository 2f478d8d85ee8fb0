"""What the tests of commands share: a small estate to change, and a way to run a command."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from caisson.cli.main import main

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"

SHOP = """\
estate: shop
jurisdictions:
  us: {home: us-west, standby: us-east}
regions:
  us-west: {jurisdiction: us}
  us-east: {jurisdiction: us}
stores:
  orders: {system: postgres, replication: sync}
services:
  web: {run: [serve], public: http, uses: {orders: write}}
  jobs: {run: [work], uses: {orders: write}}
tenants:
  acme: {home: us}
promises:
"""
HOLDS = "  - {name: stays, tenants: us, data stays in: us}\n"
BROKEN = "  - {name: only-web, reach: orders, from: [web]}\n"
UNKNOWN = "  - {name: survives, when: region lost, rpo: 0s, rto: 60s}\n"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def caisson(*arguments: str | Path) -> Ended:
    """Run a command; whatever is raised and not meant for the user fails the test."""
    result = CliRunner().invoke(main, list(map(str, arguments)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def shop(folder: Path, *promises: str) -> Path:
    """Write an estate with these promises; the path of its file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "estate.yaml"
    file.write_text(SHOP + "".join(promises) if promises else SHOP.removesuffix("promises:\n"))
    return file
