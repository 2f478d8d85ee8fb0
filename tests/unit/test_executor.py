"""Performing plans: what is done again after a crash, and what is undone after a failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caisson.execute.errors import GivenUp
from caisson.execute.executor import Executor
from caisson.plan.model import Action, Plan, Promote, Quiesce, Step
from caisson.state.journal import OperationState
from caisson.state.state import State, open_state


class Killed(BaseException):
    """The controller ends here."""


class Script:
    """Performs by a table: a member's name → what happens, each time; otherwise it works."""

    def __init__(self, **happenings: BaseException) -> None:
        self.happenings = happenings
        self.done: list[str] = []

    def perform(self, action: Action) -> str:
        name = str(getattr(action, "member", ""))
        if error := self.happenings.get(name):
            raise error
        self.done.append(name)
        return "done"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with open_state(tmp_path / "state.sqlite") as opened:
        yield opened


def plan(no_return: int) -> Plan:
    steps = tuple(Step(name, (Promote("set", name),)) for name in ("first", "second", "third"))
    undo = (Step("undo", (Quiesce("set", "back"),)), Step("undo", (Quiesce("set", "home"),)))
    return Plan("failback", "production", steps, undo=undo, no_return=no_return)


def executor(state: State, script: Script) -> Executor:
    return Executor(script, state.journal, lambda *_: None)  # type: ignore[arg-type]


def test_a_step_under_way_at_the_crash_is_done_again_and_none_before_it(state: State) -> None:
    with pytest.raises(Killed):
        executor(state, Script(second=Killed())).run(plan(3))
    (interrupted,) = state.journal.unfinished()
    after = Script()
    assert executor(state, after).resume(interrupted).state is OperationState.DONE
    assert after.done == ["second", "third"]


@pytest.mark.parametrize(
    ("no_return", "done", "told"),
    [(3, ["first", "back", "home"], "undone"), (1, ["first"], "nothing was undone")],
)
def test_a_failure_before_the_point_of_no_return_is_undone(
    state: State, no_return: int, done: list[str], told: str
) -> None:
    script = Script(second=GivenUp("no"))
    ended = executor(state, script).run(plan(no_return))
    assert script.done == done
    assert (ended.state, ended.measurements["undo"]) == (OperationState.FAILED, told)


def test_a_crash_while_undoing_is_followed_by_undoing_not_by_going_on(state: State) -> None:
    with pytest.raises(Killed):
        executor(state, Script(second=GivenUp("no"), home=Killed())).run(plan(3))
    (interrupted,) = state.journal.unfinished()
    after = Script()
    assert executor(state, after).resume(interrupted).state is OperationState.FAILED
    assert after.done == ["back", "home"]
