"""Terraform is driven through a root: interrupted, continued, and taken back from half-way.

What is made here is Terraform's own, so that no provider is needed.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from caisson.targets.aws.applying import Applier, RootFailedError
from caisson.targets.aws.program import find
from caisson.targets.aws.terraform import PLAN
from caisson.terraform.writing.model import Block, Rendering, Root, State
from caisson.terraform.writing.protection import VARIABLE

WAITS_S = 60.0
APPLY = """
import sys
from pathlib import Path
from test_roots_driven import applier
from caisson.targets.aws.terraform import Workspace
work = applier(Path(sys.argv[1]))
work.apply(work.rendering.roots[0])
"""


def applier(folder: Path) -> Applier:
    store = Block("main", "terraform_data", "store", "", {"input": f"${{var.{VARIABLE}}}"})
    late = Block("main", "terraform_data", "late", "", {})
    root = Root("one", "", (), (store, late), State("none", "none", "none"))
    return Applier(find(), folder, Rendering("estate", (root,)), lambda *_: None)


def written(folder: Path, command: str) -> Applier:
    """Return what drives a root in which a store is made, and then what runs a command."""
    provisioner = [{"local-exec": {"command": command}}]
    late = {"depends_on": ["terraform_data.store"], "provisioner": provisioner}
    store = {"input": f"${{var.{VARIABLE}}}"}
    document: dict[str, Any] = {
        "variable": {VARIABLE: {"default": True}},
        "resource": {"terraform_data": {"store": store, "late": late}},
    }
    (folder / "one").mkdir()
    (folder / "one" / "main.tf.json").write_text(json.dumps(document))
    return applier(folder)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_was_interrupted_is_continued_and_leaves_no_process(
    how: signal.Signals, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    work = written(tmp_path, f"test -e {begun} || {{ touch {begun}; exec sleep 600; }}")
    (root,) = work.rendering.roots
    assert work.plan_one(root, set()).changes
    process = subprocess.Popen(
        [sys.executable, "-c", APPLY, str(tmp_path)], cwd=Path(__file__).parent
    )
    until = time.monotonic() + WAITS_S
    while not begun.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(how)
    assert process.wait(WAITS_S) != 0
    # Upon an interruption Terraform is waited for; killed, nobody waits, and it ends all the same.
    while how is not signal.SIGINT and _working_in(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert _working_in(tmp_path) == []
    again = work.plan_one(root, set())
    assert again.changes
    kept = json.loads(again.state or b"{}")["values"]["root_module"]["resources"]
    assert "terraform_data.store" in {each["address"] for each in kept}
    work.apply(root)
    assert not work.plan_one(root, set()).changes


def _working_in(folder: Path) -> list[str]:
    """Return the processes whose folder is in this one."""
    found: list[str] = []
    for each in Path("/proc").glob("[0-9]*/cwd"):
        try:
            there = os.readlink(each)  # noqa: PTH115  what is gone meanwhile is no link any more
        except OSError:
            continue
        if Path(there).is_relative_to(folder):
            found.append(each.parts[2])
    return found


def test_what_was_made_in_part_can_be_destroyed(tmp_path: Path) -> None:
    tried = tmp_path / "tried"
    work = written(tmp_path, f"echo once >> {tried}; false")
    (root,) = work.rendering.roots
    work.plan_one(root, set())
    with pytest.raises(RootFailedError, match="one: "):
        work.apply(root)
    planned = work.plan_to_destroy(root)
    assert planned.changes
    work.destroy(planned)
    assert work.kept(root) is None
    # The protection of the store was taken off, and nothing else tried again.
    assert tried.read_text() == "once\n"


def test_a_root_waits_for_what_another_does_not_tell_yet(tmp_path: Path) -> None:
    """A store that is new in the estate, say: its network was applied, but tells nothing of it."""
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "main.tf.json").write_text(
        json.dumps({"output": {"id": {"value": "vpc-1"}}})
    )
    state = {"path": "../network/terraform.tfstate"}
    network = {"backend": "local", "config": state}
    asked = "${data.terraform_remote_state.network.outputs.subnets}"
    document = {
        "data": {"terraform_remote_state": {"network": network}},
        "resource": {"terraform_data": {"one": {"input": asked}}},
    }
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "main.tf.json").write_text(json.dumps(document))
    none = State("none", "none", "none")
    first = Root("network", "", (), (), none)
    second = Root("data", "", (), (), none, needs={"network": "network"})
    work = Applier(find(), tmp_path, Rendering("estate", (first, second)), lambda *_: None)
    assert work.plan_one(second, set()).waits_for == ("network",)
    work.plan_one(first, set())
    work.apply(first)
    assert work.plan_one(second, set()).waits_for == ("network",)


def test_a_mistake_in_a_root_is_no_waiting(tmp_path: Path) -> None:
    work = written(tmp_path, "true")
    mistaken = {"output": {"x": {"value": "${terraform_data.store.nothing}"}}}
    (tmp_path / "one" / "more.tf.json").write_text(json.dumps(mistaken))
    with pytest.raises(RootFailedError, match="attribute"):
        work.plan_one(work.rendering.roots[0], set())


def test_what_was_never_applied_is_not_planned_to_be_destroyed(tmp_path: Path) -> None:
    work = written(tmp_path, "true")
    (root,) = work.rendering.roots
    assert not work.plan_to_destroy(root).changes
    assert not (tmp_path / "one" / PLAN).exists()
