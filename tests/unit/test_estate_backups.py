"""What is written of backups, as the rest of the program gets it."""

from decimal import Decimal
from pathlib import Path

import pytest

from caisson.estate.backups import (
    Backup,
    CommandQuestion,
    RequestQuestion,
    SqlQuestion,
    WritesQuestion,
)
from caisson.estate.loading import load
from caisson.estate.relations import Relation, parse_relation

ESTATE = """
estate: shop
jurisdictions: {us: {home: us-west, standby: us-east}}
regions: {us-west: {jurisdiction: us}, us-east: {jurisdiction: us}}
backups:
  us: {in: us-west, repository: "s3://shop-{environment}/caisson"}
stores:
  blocks:
    system: postgres
    backup: {every: 1d, wal: true, keep: 35d}
    questions:
      - {sql: "SELECT count(*) FROM pages", is: ">= 1", in: some shard}
      - {get: /t/acme/pages, answers: 200}
      - {writes of: web}
  sessions:
    system: redis
    backup: {every: 1h, keep: 7d}
    questions: [{command: "get 'a key'", is: "= 'x'"}]
services:
  web:
    run: [web]
    uses: {blocks: write}
    probe: {write: {put: "/{id}"}, list: {get: /}}
"""


def test_everything_that_can_be_said_of_backups_is_read(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(ESTATE)
    estate = load(tmp_path).estate
    assert estate.backups["us"].in_ == "us-west"
    assert estate.backups["us"].repository == "s3://shop-{environment}/caisson"
    asked = estate.stores["blocks"].questions
    assert isinstance(asked[0], SqlQuestion)
    assert (asked[0].is_, asked[0].in_) == (Relation(">=", Decimal(1)), "some shard")
    assert isinstance(asked[1], RequestQuestion)
    assert (asked[1].get, asked[1].answers, asked[1].of) == ("/t/acme/pages", 200, None)
    (question,) = estate.stores["sessions"].questions
    assert isinstance(question, CommandQuestion)
    assert (question.command.words, question.is_) == (("GET", "a key"), Relation("=", "x"))
    assert asked[2] == WritesQuestion.model_validate({"writes of": "web"})


@pytest.mark.parametrize(
    ("written", "seconds"), [({}, None), ({"wal": False}, None), ({"wal": True}, 60.0)]
)
def test_wal_that_is_kept_is_a_minute_late_at_most(
    written: dict[str, bool], seconds: float | None
) -> None:
    backup = Backup.model_validate({"every": "1d", "keep": "35d", **written})
    assert (backup.wal_s, backup.wal) == (seconds, seconds is not None)


def test_how_late_wal_may_be_can_be_said() -> None:
    assert Backup.model_validate({"every": "1d", "keep": "35d", "wal": "5s"}).wal_s == 5.0


@pytest.mark.parametrize(
    ("relation", "so", "not_so"),
    [
        (">= 1", ["1", "2", "1.0", " 10 "], ["0", "-3", "0.99", "NaN", "", "one", None]),
        ("= 0", ["0", "0.00", "-0"], ["1", "f", "infinity", None]),
        ("!= 0", ["1", "-1e3"], ["0", "", "t", None]),
        ("< -1.5", ["-2"], ["-1.5", "0", None]),
        ("<= 9007199254740992", ["9007199254740992"], ["9007199254740993"]),
        ("> 3", ["4"], ["3"]),
        ("= 't'", ["t"], ["f", "T", "'t'", "", None]),
        ("!= ''", ["x"], ["", None]),
    ],
)
def test_a_relation_is_so_of_some_answers_and_of_no_others(
    relation: str, so: list[str | None], not_so: list[str | None]
) -> None:
    asked = parse_relation(relation)
    assert [asked.holds(answer) for answer in so] == [True] * len(so)
    assert [asked.holds(answer) for answer in not_so] == [False] * len(not_so)
    assert parse_relation(str(asked)) == asked
