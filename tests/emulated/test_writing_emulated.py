"""What is rendered is applied, compared, changed and destroyed by the real Terraform and provider.

AWS is two emulators, in all regions of the estate that is lived; `emulated.yaml` says what they
lack.
"""

from collections import defaultdict
from typing import Any

import pytest

from caisson.terraform.writing.model import Rendering
from emulated_gaps import READ_BACK_WRONGLY, Lived, types_of

Story = dict[str, Any]
pytestmark = pytest.mark.timeout(7300)


@pytest.fixture(scope="module")
def rendering(lived: Lived) -> Rendering:
    return lived.rendering()


def test_every_root_is_applied(story: Story, rendering: Rendering) -> None:
    assert story["applied"]["roots"] == {each.path: True for each in rendering.roots}
    assert story["applied"]["things"] > 0


def test_a_second_plan_is_empty_but_for_what_is_read_back_wrongly(
    story: Story, rendering: Rendering
) -> None:
    applied = types_of([rendering])
    again: dict[str, set[str]] = defaultdict(set)
    for kinds in story["planned_again"].values():
        for kind, attributes in kinds.items():
            again[kind].update(attributes)
    assert again == {kind: set(each) for kind, each in READ_BACK_WRONGLY.items() if kind in applied}


def test_nothing_is_broken_on_the_plans(story: Story) -> None:
    assert all("broken" not in decisions for decisions in story["checked"].values())


def test_the_estate_is_told_from_the_plans(story: Story) -> None:
    assert story["recognised"] == []


def test_all_that_can_be_told_holds_on_the_plans(story: Story, lived: Lived) -> None:
    open_ = {name for name, decisions in story["checked"].items() if decisions != ["holds"]}
    assert story["checked"]
    assert open_ == lived.measured


def test_what_was_taken_away_is_found_and_comes_back(story: Story) -> None:
    drifted = story["drifted"]
    # Its group tells of its rules too.
    seen = [
        each for each in drifted["seen"] if not each["address"].startswith("aws_security_group.")
    ]
    assert [(each["address"], each["gone"]) for each in seen] == [(drifted["lost"], True)]
    assert drifted["after"] == []


def test_another_port_touches_only_what_speaks_of_it(story: Story, lived: Lived) -> None:
    again = story["planned_again"]
    new = {
        path: set(kinds) - set(again.get(path, ()))
        for path, kinds in story["changed"].items()
        if set(kinds) - set(again.get(path, ()))
    }
    assert new == lived.another_port


def test_nothing_is_left(story: Story) -> None:
    assert story["destroyed"] == {"states": {}, "things": []}
