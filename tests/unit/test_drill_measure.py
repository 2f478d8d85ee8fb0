"""What a probe saw, as lines of dots, and the figures that follow."""

import pytest

from caisson.drill.measure import Sample, longest_wait, lost, rpo, rto, timeline

STEP_S = 0.05


def samples(outcomes: str, answer_s: float = 0.01) -> list[Sample]:
    """`.` acknowledged, `x` error; one request each 50 ms from time 0 on."""
    return [
        Sample("acme", "p", str(n), n * STEP_S, n * STEP_S + answer_s, mark == ".")
        for n, mark in enumerate(outcomes)
    ]


def test_without_an_outage_service_is_back_with_the_first_answer() -> None:
    assert rto(samples("." * 100), 1.0) == pytest.approx(0.01)


def test_the_outage_ends_with_the_first_request_from_which_all_succeed() -> None:
    seen = samples("." * 20 + "x" * 40 + "." * 80)
    assert rto(seen, 1.0) == pytest.approx(2.0 + 0.01)


def test_a_request_that_waited_counts_when_it_is_answered() -> None:
    waited = [
        Sample("acme", "p", "w", 1.5, 2.4, acknowledged=True),
        *(
            Sample("acme", "p", str(n), 1.55 + n * STEP_S, max(2.4, 1.56 + n * STEP_S), True)
            for n in range(100)
        ),
    ]
    failed = [Sample("acme", "p", f"x{n}", 1.0 + n * 0.1, 2.0, False) for n in range(5)]
    assert rto([*failed, *waited], 1.0) == pytest.approx(1.4)


def test_more_than_one_percent_of_errors_is_no_service() -> None:
    seen = samples(("." * 29 + "x") * 10)
    assert rto(seen, 0.0) is None


def test_under_one_percent_of_errors_is_service() -> None:
    dense = [Sample("a", "p", str(n), n * 0.01, n * 0.01 + 0.001, n != 150) for n in range(400)]
    assert rto(dense, 0.0) == pytest.approx(0.001)


def test_nothing_is_said_before_three_seconds_were_seen() -> None:
    assert rto(samples("." * 20 + "x" * 10 + "." * 59), 1.0) is None
    assert rto(samples("." * 20 + "x" * 10 + "." * 61), 1.0) == pytest.approx(0.51)


def test_nothing_seen_at_all_is_no_service() -> None:
    assert rto([], 0.0) is None


def test_only_acknowledged_writes_can_be_lost_and_the_oldest_makes_the_rpo() -> None:
    seen = samples("...x..")
    missing = lost(seen, {"0", "1"})
    assert [sample.id for sample in missing] == ["2", "4", "5"]
    assert rpo(missing, fault_at=0.3) == pytest.approx(0.3 - 0.11)
    assert rpo([], fault_at=0.3) == 0.0


def test_the_timeline_counts_by_when_a_write_ended() -> None:
    line = timeline(samples("..xx.."), 0.0, 0.26)
    assert line.acknowledged == (2, 0, 2)
    assert line.errors == (0, 2, 0)


def test_waits_are_the_longest_of_each_tenant_within_the_interval() -> None:
    seen = [
        Sample("acme", "p", "1", 0.0, 0.1, True),
        Sample("acme", "p", "2", 1.0, 1.4, True),
        Sample("globex", "p", "3", 1.2, 1.3, True),
        Sample("globex", "p", "4", 9.0, 9.9, True),
    ]
    assert longest_wait(seen, 1.0, 2.0) == pytest.approx({"acme": 0.4, "globex": 0.1})
