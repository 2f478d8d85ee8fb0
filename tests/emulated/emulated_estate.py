"""A copy of an estate that is lived, and `caisson` turned to an AWS that is none."""

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

from emulated_aws import emulated_aws, found_there
from emulated_roots import turn
from ministack_run import ministack

from caisson.estate import promise_files
from caisson.estate.loading import load
from caisson.estate.model import Estate
from caisson.estate.promise_files import Promised
from caisson.terraform.writing.model import Rendering, Root
from caisson.terraform.writing.promises import FILE
from emulated_gaps import LEFT_OUT, MINISTACK, Lived
from terraform_runs import Terraform, without_network

LONGEST_S = 1500.0


class StoryError(Exception):
    """A verb did not end well; the text is what it said."""


@dataclass(frozen=True)
class Emulated:
    """The copy in `estate`, its rendering in `out`; `aws` is the address of moto."""

    lived: Lived
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

    def promised(self) -> Promised:
        return promise_files.read(self.out / FILE)

    def plan_of(self, path: str) -> dict[str, Any]:
        """Return the plan that was made last of a root, as Terraform shows it."""
        return self._terraform(path).shown("caisson.tfplan")

    def left(self, path: str) -> list[str]:
        """Return the addresses that a root's state still has."""
        terraform = self._terraform(path)
        return terraform.run("state", "list", well=(0, 1)).split()

    def _terraform(self, path: str) -> Terraform:
        return without_network(self.out / path, self.out.parent, unchecked=True)


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
def emulated_estate(lived: Lived, folder: Path) -> Iterator[Emulated]:
    """Give a copy of the estate in `folder`, and two AWS on loopback that forget at the end."""
    estate = _copied(lived.estate, folder / "estate")
    with emulated_aws() as aws, ministack(folder / "ministack", aws) as other:
        settings = without_network(folder, folder, unchecked=True).environment
        environment = {
            **os.environ,
            **settings,
            "AWS_ENDPOINT_URL": aws,
            **{f"AWS_ENDPOINT_URL_{each}": other for each in MINISTACK},
            "AWS_EC2_METADATA_DISABLED": "true",
            "HTTP_PROXY": aws,
            "NO_PROXY": "127.0.0.1",
        }
        found = Emulated(lived, estate, folder / "terraform", environment, aws)
        rendering = lived.rendering()
        _there_before(aws, rendering, load(estate).estate)
        turn(found.out, rendering, aws, LEFT_OUT)
        yield found


def _copied(whole: Path, estate: Path) -> Path:
    """Copy what an estate is: its declaration, and the schemas beside it."""
    for file in (whole / "estate.yaml", *whole.rglob("*.sql")):
        copy = estate / file.relative_to(whole)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text())
    return estate


def _there_before(endpoint: str, rendering: Rendering, estate: Estate) -> None:
    assert estate.aws is not None
    accounts = estate.aws.accounts
    names = {number: name for name, number in accounts.items() if name != "management"}
    roots: Mapping[str, Root] = {each.path: each for each in rendering.roots}
    regions = sorted({each.region for each in roots["security"].providers})
    found_there(endpoint, accounts["management"], accounts["security"], names, regions)
