"""A copy of the reference estate, and `caisson` turned to an AWS that is none."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from emulated_aws import emulated_aws, found_there
from emulated_roots import Beside, turn
from ministack_run import ministack

from caisson.estate import promise_files
from caisson.estate.loading import Loaded, load
from caisson.estate.model import Estate
from caisson.estate.promise_files import Promised
from caisson.terraform.writing.model import Rendering, Root
from caisson.terraform.writing.promises import FILE
from caisson.terraform.writing.render import render
from caisson.topology.resolve import resolve
from terraform_runs import without_network

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
GAPS: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "emulated.yaml").read_text())
LONGEST_S = 1500.0


class StoryError(Exception):
    """A verb did not end well; the text is what it said."""


@dataclass(frozen=True)
class Emulated:
    """The copy in `estate`, its rendering in `out`; `aws` is the address of moto."""

    estate: Path
    out: Path
    environment: Mapping[str, str]
    aws: str

    def caisson(self, verb: str, *options: str, roots: tuple[str, ...] = ()) -> dict[str, Any]:
        """Run a verb of AWS at or below some roots, all when there are none; return its JSON."""
        order = [verb, str(self.estate), "--target", "aws", "--out", str(self.out), "--json"]
        only = [word for path in roots for word in ("--root", path)]
        done = self._run([*order, *only, *options])
        found = _document(f"caisson {verb} {' '.join(roots)}", done)
        if "roots" not in found:
            raise StoryError(f"caisson {verb} {roots}: {done.stdout[-3000:]}")
        return found

    def _run(self, order: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "caisson.cli.main", *order],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )

    def loaded(self) -> Loaded:
        return load(self.estate)

    def promised(self) -> Promised:
        return promise_files.read(self.out / FILE)

    def rendering(self) -> Rendering:
        loaded = self.loaded()
        return render(loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources))

    def plan_of(self, path: str) -> dict[str, Any]:
        """Return the plan that was made last of a root, as Terraform shows it."""
        return without_network(self.out / path, self.out.parent).shown("caisson.tfplan")

    def left(self, path: str) -> list[str]:
        """Return the addresses that a root's state still has."""
        terraform = without_network(self.out / path, self.out.parent)
        return terraform.run("state", "list", well=(0, 1)).split()


def _document(what: str, done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    if not done.stdout.startswith("{"):
        raise StoryError(f"{what}: {done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def changes(plan: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return what a plan would change: attributes by type."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in plan.get("resource_changes", ()):
        if each["mode"] == "managed":
            found[each["type"]].update(_attributes(each["change"]))
    return {kind: attributes for kind, attributes in found.items() if attributes}


def _attributes(change: Mapping[str, Any]) -> Iterator[str]:
    """Yield the attributes that a change is about; all of what is made or destroyed is one."""
    if change["actions"] in (["no-op"], ["read"]):
        return
    if change["actions"] != ["update"]:
        yield "/".join(change["actions"])
        return
    before, after = change["before"], change["after"]
    yield from (each for each in {**before, **after} if before.get(each) != after.get(each))


@contextmanager
def emulated_estate(folder: Path) -> Iterator[Emulated]:
    """Give the estate in `folder`, and two AWS on loopback that forget at the end."""
    estate = _copied(folder / "estate")
    with emulated_aws() as aws, ministack(folder / "ministack", aws) as other:
        settings = without_network(folder, folder).environment
        environment = {
            **os.environ,
            **settings,
            "AWS_ENDPOINT_URL": aws,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HTTP_PROXY": aws,
            "NO_PROXY": "127.0.0.1",
        }
        found = Emulated(estate, folder / "terraform", environment, aws)
        rendering = found.rendering()
        _there_before(aws, rendering, load(estate).estate)
        beside = Beside(other, tuple(GAPS["ministack"]))
        turn(found.out, rendering, aws, beside, GAPS["left_out"])
        yield found


def _copied(estate: Path) -> Path:
    (estate / "app").mkdir(parents=True)
    for file in ("estate.yaml", "app/schema.sql"):
        (estate / file).write_text((WORKSPACE / file).read_text())
    return estate


def _there_before(endpoint: str, rendering: Rendering, estate: Estate) -> None:
    assert estate.aws is not None
    accounts = estate.aws.accounts
    names = {number: name for name, number in accounts.items() if name != "management"}
    roots: Mapping[str, Root] = {each.path: each for each in rendering.roots}
    regions = sorted({each.region for each in roots["security"].providers})
    found_there(endpoint, accounts["management"], accounts["security"], names, regions)
