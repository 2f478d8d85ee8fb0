"""The state of a component: what answers, what has not yet answered, what does no longer."""

import pytest

from caisson.controller.observer import Sight
from caisson.controller.standing import standing
from caisson.targets.local.wire import ProcessState

NOW = 1000.0


def process(state: str = "running") -> ProcessState:
    return ProcessState("production/us-west/web", "us-west", 7, 1, state, 0, None)


@pytest.mark.parametrize(
    ("seen", "alive_s", "state"),
    [
        (Sight(NOW - 0.2, answers=True), 60.0, "running"),
        (Sight(), 60.0, "starting"),
        (Sight(NOW - 0.8), 60.0, "silent"),
        # It was the process before this one that answered.
        (Sight(NOW - 5.0), 3.0, "starting"),
    ],
)
def test_a_process_that_runs_is_what_its_answers_say(
    seen: Sight, alive_s: float, state: str
) -> None:
    assert standing(process(), seen, alive_s, NOW) == state


@pytest.mark.parametrize(
    ("state", "shown"),
    [("held", "lost"), ("frozen", "frozen"), ("backoff", "backoff"), ("stopped", "stopped")],
)
def test_a_process_that_does_not_run_has_no_say(state: str, shown: str) -> None:
    answered = Sight(NOW - 0.2, answers=True)
    assert standing(process(state), answered, 60.0, NOW) == shown
    assert standing(None, answered, 0.0, NOW) == "stopped"
