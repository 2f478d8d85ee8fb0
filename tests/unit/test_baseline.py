"""Findings that are accepted: until when, by whom, and what an entry does not cover."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from caisson.cli.main import main
from caisson.estate import accepted
from caisson.estate.accepted import Acceptance
from caisson.estate.mistakes import EstateErrors
from caisson.estate.sources import Source
from caisson.prove.acceptance import fingerprint, weigh
from caisson.prove.model import Decision, Fact, Verdict

SHOP = Path(__file__).parents[1] / "plans" / "shop"
TODAY = date(2030, 6, 15)


def verdict(text: str = "the internet can open tcp 22 at a", line: int = 1) -> Verdict:
    against = (Fact(text, Source("main.tf", line)),)
    return Verdict("closed", "a", Decision.BROKEN, (), against, "close it", Source("p.yaml", line))


def entry(print_: str, expires: date = TODAY, subject: str = "a") -> Acceptance:
    source = Source("b.yaml", 2)
    return Acceptance("closed", subject, print_, "because", "somebody", expires, source)


def test_a_fingerprint_is_of_what_is_said_and_not_of_where() -> None:
    assert fingerprint(verdict(line=1)) == fingerprint(verdict(line=900))
    assert fingerprint(verdict()) != fingerprint(verdict("the internet can open tcp 22, 23 at a"))
    assert fingerprint(verdict(), "one") != fingerprint(verdict(), "other")


def test_an_entry_counts_to_the_end_of_its_day() -> None:
    print_ = fingerprint(verdict())
    found = {print_: verdict()}
    assert weigh(found, [entry(print_)], TODAY).accepted.keys() == {print_}
    late = weigh(found, [entry(print_)], date(2030, 6, 16))
    assert (late.accepted, late.expired, late.idle) == ({}, (entry(print_),), ())


@pytest.mark.parametrize("idle", [entry("0" * 32), entry(fingerprint(verdict()), subject="b")])
def test_an_entry_that_matches_nothing_accepts_nothing(idle: Acceptance) -> None:
    weighed = weigh({fingerprint(verdict()): verdict()}, [idle], TODAY)
    assert (weighed.accepted, weighed.expired, weighed.idle) == ({}, (), (idle,))


def test_a_file_is_read_with_every_mistake_at_once(tmp_path: Path) -> None:
    file = tmp_path / "baseline.yaml"
    file.write_text(
        "accepted:\n"
        "  - {promise: a, subject: b, fingerprint: c, reason: '', owner: x, expires: 2030-01-01}\n"
        "  - {promise: a, subject: b, fingerprint: c, reason: y, owner: x, expires: 2030-02-30}\n"
        "  - {promise: a, subject: b, fingerprint: c, reason: y, expires: 2030-1-1}\n"
    )
    with pytest.raises(EstateErrors) as errors:
        accepted.read(file)
    told = [(each.source.line, each.what) for each in errors.value.mistakes]
    assert told == [
        (2, "accepted #1: there is no reason"),
        (3, "accepted #2: expires: must be a date, not '2030-02-30'"),
        (4, "accepted #3: there is no owner"),
        (4, "accepted #3: expires: must be a date, not '2030-1-1'"),
    ]


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    file = tmp_path / "baseline.yaml"
    result = check(SHOP / "before.json", "--baseline", file, "--write-baseline")
    assert result.exit_code == 0
    assert "have no reason or owner yet" in result.stderr
    return file


def filled(file: Path) -> Path:
    file.write_text(file.read_text().replace('""', '"known since May"'))
    return file


def test_what_nobody_filled_in_is_refused(baseline: Path) -> None:
    result = check(SHOP / "before.json", "--baseline", baseline)
    assert result.exit_code == 2
    assert "there is no reason" in result.stderr


def test_what_is_accepted_does_not_count_and_is_shown(baseline: Path) -> None:
    result = check(SHOP / "before.json", "--baseline", filled(baseline))
    assert result.exit_code == 0
    assert "accepted" in result.stdout
    assert "known since May" in result.stdout


def test_what_is_new_counts_beside_what_is_accepted(baseline: Path) -> None:
    result = check(SHOP / "plan.json", "--baseline", filled(baseline))
    assert result.exit_code == 1
    assert "✗ broken       stores-closed-to-the-internet" in result.stdout
    assert "✗ broken       encrypted-at-rest" not in result.stdout


def test_what_has_ended_counts_again_and_is_named(baseline: Path) -> None:
    filled(baseline)
    lines = [
        "    expires: 2020-01-31" if "expires" in line else line
        for line in baseline.read_text().splitlines()
    ]
    baseline.write_text("\n".join(lines))
    result = check(SHOP / "before.json", "--baseline", baseline)
    assert result.exit_code == 1
    assert "until 2020-01-31, it counts again" in result.stdout


def test_a_strict_baseline_holds_what_cannot_be_told_too(tmp_path: Path) -> None:
    plan, file = tmp_path / "plan.json", tmp_path / "baseline.yaml"
    plan.write_bytes((SHOP / "before.json").read_bytes())  # without its sources more is unknown
    check(plan, "--baseline", file, "--write-baseline")
    assert check(plan, "--baseline", filled(file), "--strict").exit_code == 3
    check(plan, "--baseline", file, "--write-baseline", "--strict")
    assert check(plan, "--baseline", filled(file), "--strict").exit_code == 0


def test_writing_again_keeps_what_was_said_and_drops_what_is_mended(baseline: Path) -> None:
    filled(baseline)
    check(SHOP / "plan.json", "--baseline", baseline, "--write-baseline")
    kept = accepted.read(baseline, draft=True)
    assert {each.reason for each in kept} == {"known since May", ""}
    idle = check(SHOP / "before.json", "--baseline", filled(baseline)).stdout
    assert (
        "stores-closed-to-the-internet  module.orders.aws_db_instance.this: matches nothing" in idle
    )
