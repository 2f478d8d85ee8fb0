"""The journal in both places, and through the death of its writer."""

from collections.abc import Callable

import pytest

from caisson.state.errors import JournalRefused
from caisson.state.journal import Journal, OperationState, StepRecord, StepState
from caisson.state.state import State

PLAN = '{"verb": "failover",  "steps": []}'
STEPS = ("fence the old primary", "promote the standby")


class Clock:
    """Tells 100.5, 101.5, ..."""

    def __init__(self) -> None:
        self.now = 99.5

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def journal(state: State) -> Journal:
    return Journal(state.database, Clock())


def begin(journal: Journal, verb: str = "failover") -> str:
    return journal.begin(verb, "production/us", PLAN, 3, steps=STEPS)


def test_an_operation_is_recorded_with_all_its_steps_before_any_of_them(journal: Journal) -> None:
    operation = journal.operation(begin(journal))
    assert operation.id == "failover-0001"
    assert (operation.verb, operation.subject) == ("failover", "production/us")
    assert (operation.plan, operation.generation) == (PLAN, 3)
    assert operation.state is OperationState.RUNNING
    assert (operation.started_at, operation.ended_at) == (100.5, None)
    assert operation.steps == tuple(
        StepRecord(index, name, StepState.PENDING) for index, name in enumerate(STEPS)
    )


def test_numbers_count_all_verbs_in_order(journal: Journal) -> None:
    names = [begin(journal, verb) for verb in ("failover", "failback", "failover")]
    assert names == ["failover-0001", "failback-0002", "failover-0003"]
    assert [one.id for one in journal.operations(2)] == ["failover-0003", "failback-0002"]


def test_steps_are_recorded_before_and_after_with_times_and_details(journal: Journal) -> None:
    operation = begin(journal)
    journal.step_started(operation, 0)
    assert journal.operation(operation).steps[0].state is StepState.RUNNING
    journal.step_done(operation, 0, "sealed")
    journal.step_started(operation, 1)
    journal.step_failed(operation, 1, "it does not answer")
    first, second = journal.operation(operation).steps
    assert first == StepRecord(0, STEPS[0], StepState.DONE, 1, 101.5, 102.5, "sealed")
    assert second == StepRecord(
        1, STEPS[1], StepState.FAILED, 1, 103.5, 104.5, "it does not answer"
    )


def test_a_step_begun_again_counts_its_attempts_and_keeps_its_first_start(journal: Journal) -> None:
    operation = begin(journal)
    journal.step_started(operation, 0)
    journal.step_failed(operation, 0, "no")
    journal.step_started(operation, 0)
    step = journal.operation(operation).steps[0]
    assert step == StepRecord(0, STEPS[0], StepState.RUNNING, 2, 101.5, None, "")


def test_what_ended_is_no_longer_unfinished_and_takes_no_records(journal: Journal) -> None:
    done, left = begin(journal), begin(journal)
    journal.finish(done, OperationState.DONE, {"rto_s": 1.5, "lost": {"acme": 0}})
    assert [one.id for one in journal.unfinished()] == [left]
    ended = journal.operation(done)
    assert ended.measurements == {"rto_s": 1.5, "lost": {"acme": 0}}
    assert (ended.state, ended.ended_at) == (OperationState.DONE, 102.5)
    with pytest.raises(JournalRefused, match=r"ended already \(done\)"):
        journal.step_started(done, 0)
    with pytest.raises(JournalRefused, match="ended already"):
        journal.finish(done, OperationState.FAILED)
    with pytest.raises(JournalRefused, match="cannot end as running"):
        journal.finish(left, OperationState.RUNNING)


def test_what_is_unknown_is_refused(journal: Journal) -> None:
    operation = begin(journal)
    with pytest.raises(JournalRefused, match="no step 2"):
        journal.step_done(operation, 2)
    with pytest.raises(JournalRefused, match="no operation failover-0009"):
        journal.step_done("failover-0009", 0)
    with pytest.raises(JournalRefused, match="no operation failover-0009"):
        journal.operation("failover-0009")


def test_a_successor_finds_what_was_left_running(
    journal: Journal, state: State, open_again: Callable[[], State]
) -> None:
    operation = begin(journal)
    journal.step_started(operation, 0)
    left = journal.unfinished()
    state.close()
    successor = open_again().journal
    assert successor.unfinished() == left
    assert left[0].steps[0].state is StepState.RUNNING
    assert begin(successor) == "failover-0002"
