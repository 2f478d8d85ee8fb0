"""What is rendered is applied, compared, changed and destroyed by the real Terraform and provider.

AWS is two emulators, in all regions of the reference estate; `emulated.yaml` says what they lack.
"""

from collections import defaultdict
from typing import Any

import pytest
from emulated_estate import GAPS, WORKSPACE
from story import ALL, PATHS

from caisson.estate.loading import load
from caisson.targets.aws.applying import chosen
from caisson.terraform.writing.model import Rendering
from caisson.terraform.writing.render import render
from caisson.topology.resolve import resolve

Story = dict[str, Any]
_OF_ALL = pytest.mark.skipif(
    not ALL, reason="most roots are not planned, and known only after an apply"
)
pytestmark = pytest.mark.timeout(3700)


@pytest.fixture(scope="module")
def rendering() -> Rendering:
    loaded = load(WORKSPACE)
    return render(loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources))


def test_every_root_is_applied(story: Story, rendering: Rendering) -> None:
    assert story["applied"]["roots"] == {each.path: True for each in chosen(rendering, PATHS)}
    assert story["applied"]["things"] > 0


def test_a_second_plan_is_empty_but_for_what_is_read_back_wrongly(
    story: Story, rendering: Rendering
) -> None:
    applied = {block.type for root in chosen(rendering, PATHS) for block in root.blocks}
    wrongly = GAPS["read_back_wrongly"]
    again: dict[str, set[str]] = defaultdict(set)
    for kinds in story["planned_again"].values():
        for kind, attributes in kinds.items():
            again[kind].update(attributes)
    assert again == {kind: set(each) for kind, each in wrongly.items() if kind in applied}


def test_nothing_is_broken_on_the_plans(story: Story) -> None:
    assert all("broken" not in decisions for decisions in story["checked"].values())


@_OF_ALL
def test_the_estate_is_told_from_the_plans(story: Story) -> None:
    assert story["recognised"] == []


def test_all_that_can_be_told_holds_on_the_plans(story: Story) -> None:
    """On those of all roots as on those of some, read together with what is written of the rest."""
    open_ = {name for name, decisions in story["checked"].items() if decisions != ["holds"]}
    assert open_ == set(GAPS["measured"])


def test_what_was_taken_away_is_found_and_comes_back(story: Story) -> None:
    drifted = story["drifted"]
    # Its group tells of its rules too.
    seen = [
        each for each in drifted["seen"] if not each["address"].startswith("aws_security_group.")
    ]
    assert [(each["address"], each["gone"]) for each in seen] == [(drifted["lost"], True)]
    assert drifted["after"] == []


def test_another_port_touches_only_what_speaks_of_it(story: Story) -> None:
    again = story["planned_again"]
    new = {
        path: set(kinds) - set(again.get(path, ()))
        for path, kinds in story["changed"].items()
        if set(kinds) - set(again.get(path, ()))
    }
    assert new == {path: set(kinds) for path, kinds in GAPS["another_port"].items()}


def test_nothing_is_left(story: Story) -> None:
    assert story["destroyed"] == {"states": {}, "things": []}


def test_only_what_is_there_is_left_out(rendering: Rendering) -> None:
    types = {block.type for root in rendering.roots for block in root.blocks}
    assert set(GAPS["left_out"]) <= types
