"""What is rendered is applied, compared, changed and destroyed by the real Terraform and provider.

AWS is an emulator, in all regions of the reference estate; `emulated.yaml` says what it lacks.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from emulated_aws import emulated_aws, found_there
from emulated_roots import turn

from caisson.estate.loading import load
from caisson.terraform.writing.model import Rendering, Root
from caisson.terraform.writing.render import render
from caisson.topology.resolve import resolve
from terraform_runs import without_network

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
GAPS: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "emulated.yaml").read_text())
APPLIED = (
    "production/state",
    "production/base",
    "production/us/keys",
    "production/us/network",
    "production/eu/keys",
    "production/eu/network",
)
LONGEST_S = 900.0


@dataclass(frozen=True)
class Emulated:
    """A copy of the reference estate, and `caisson` with an AWS that is none."""

    estate: Path
    out: Path
    environment: Mapping[str, str]

    def caisson(self, verb: str, *options: str, below: tuple[str, ...] = APPLIED) -> dict[str, Any]:
        order = [verb, str(self.estate), "--target", "aws", "--out", str(self.out), "--json"]
        roots = [word for path in below for word in ("--root", path)]
        done = subprocess.run(
            [sys.executable, "-m", "caisson.cli.main", *order, *roots, *options],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        if not done.stdout.startswith("{"):
            pytest.fail(f"caisson {verb}: {done.stderr[-3000:]}", pytrace=False)
        found: dict[str, Any] = json.loads(done.stdout)
        assert "roots" in found, found
        return found

    def rendering(self) -> Rendering:
        loaded = load(self.estate)
        return render(loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources))

    def differing(self, below: tuple[str, ...] = APPLIED) -> dict[str, dict[str, set[str]]]:
        """Plan again; return what would change: attributes by type, by root."""
        self.caisson("plan", below=below)
        return {path: found for path in below if (found := self._planned(path))}

    def _planned(self, path: str) -> dict[str, set[str]]:
        terraform = without_network(self.out / path, self.out.parent)
        shown = terraform.run("show", "-json", "caisson.tfplan")
        found: dict[str, set[str]] = defaultdict(set)
        for each in json.loads(shown).get("resource_changes", ()):
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


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[Emulated]:
    estate = tmp_path / "estate"
    estate.mkdir()
    (estate / "app").mkdir()
    (estate / "estate.yaml").write_text((WORKSPACE / "estate.yaml").read_text())
    (estate / "app" / "schema.sql").write_text((WORKSPACE / "app" / "schema.sql").read_text())
    with emulated_aws() as endpoint:
        settings = without_network(tmp_path, tmp_path).environment
        environment = {
            **os.environ,
            **settings,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }
        found = Emulated(estate, tmp_path / "terraform", environment)
        rendering = found.rendering()
        _there_before(endpoint, rendering, load(estate).estate.aws)
        turn(found.out, rendering, endpoint, GAPS["left_out"])
        yield found


def _there_before(endpoint: str, rendering: Rendering, aws: Any) -> None:
    roots: Mapping[str, Root] = {each.path: each for each in rendering.roots}
    names = {number: name for name, number in aws.accounts.items() if name != "management"}
    regions = sorted({each.region for each in roots["security"].providers})
    found_there(endpoint, aws.accounts["management"], aws.accounts["security"], names, regions)


@pytest.mark.timeout(3000)
def test_the_reference_estate_is_made_compared_changed_and_taken_away(emulated: Emulated) -> None:
    made = emulated.caisson("apply", "--yes")
    assert [each["root"] for each in made["roots"]] == list(APPLIED)
    assert all(each["applied"] for each in made["roots"])

    wrongly = {kind: set(each) for kind, each in GAPS["read_back_wrongly"].items()}
    again: dict[str, set[str]] = defaultdict(set)
    for kinds in emulated.differing().values():
        for kind, attributes in kinds.items():
            again[kind] |= attributes
    assert again == wrongly

    # Another port of a service: only rules of the networks, and nothing is made anew but these.
    file = emulated.estate / "estate.yaml"
    file.write_text(
        file.read_text().replace("    public: http\n", "    public: http\n    port: 9000\n")
    )
    rules = {"aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"}
    changed = emulated.differing(("production/us/keys", "production/us/network"))
    assert set(changed) == {"production/us/network"}
    for kinds in changed.values():
        assert set(kinds) == rules
        assert all("from_port" in each for each in kinds.values())

    emulated.caisson("destroy", "--yes", "--with-data-of", "workspace")
    assert [each for path in APPLIED for each in _left(emulated, path)] == []


def _left(emulated: Emulated, path: str) -> list[str]:
    terraform = without_network(emulated.out / path, emulated.out.parent)
    return terraform.run("state", "list", well=(0, 1)).split()


def test_only_what_is_there_is_left_out() -> None:
    loaded = load(WORKSPACE)
    rendering = render(loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources))
    applied = (root for root in rendering.roots if root.path in APPLIED)
    assert set(GAPS["left_out"]) <= {block.type for root in applied for block in root.blocks}
