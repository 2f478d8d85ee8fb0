"""What a running estate says of a repository that loses WAL, and then everything.

One small estate and one story, told to its end before anything is asserted.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from estate_support import Ended, EstateHere, cleared, until

from caisson.cli.client import OrderRefused

ESTATE = """\
estate: kept
jurisdictions:
  us: {home: us-west}
regions:
  us-west: {jurisdiction: us}
  us-east: {jurisdiction: us}
backups:
  us: {in: us-east}
stores:
  blocks:
    system: postgres
    schema: schema.sql
    backup: {every: 1d, wal: 1m, keep: 7d}
    questions:
      - {sql: "SELECT count(*) FROM notes", is: ">= 1"}
promises:
  - {name: we-can-restore, restore: blocks, within: 1h, verified every: 7d}
"""
SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY)"
BLOCKS = "production/us/blocks"
PRIMARY = "production/us-west/blocks"


@dataclass
class Story:
    """What was answered at each turn; `lost` is the WAL segment that somebody deleted."""

    here: EstateHere
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: dict[str, Ended] = field(default_factory=dict)
    lost: str = ""
    in_hole: float = 0.0

    def order(self, turn: str, verb: str, **arguments: Any) -> None:
        """Give an order as the command of that name does."""
        about = {} if verb == "backups" else {"replica_set": BLOCKS}
        try:
            self.answers[turn] = self.here.client().order(verb, **about, **arguments)
        except OrderRefused as refusal:
            self.answers[turn] = {"refused": " ".join(refusal.reasons)}

    def type(self, turn: str, *arguments: str) -> None:
        self.said[turn] = self.here.caisson(*arguments)

    def board(self, turn: str) -> None:
        (self.answers[turn],) = self.here.snapshot()["promises"]

    def store(self, turn: str) -> dict[str, Any]:
        (found,) = self.answers[turn]["backups"]
        return dict(found)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("verified")
    (folder / "estate.yaml").write_text(ESTATE)
    (folder / "schema.sql").write_text(SCHEMA)
    with cleared(EstateHere(folder)) as here:
        up = here.caisson("up", "--detach")
        assert up.code == 0, up.said
        yield told(here)


def told(here: EstateHere) -> Story:
    story, repository = Story(here), here.folder / ".caisson/repositories/us-east/production"
    story.order("backup", "backup")
    story.type("sound", "verify", BLOCKS)
    story.board("promises when sound")
    story.lost = lose_wal(here, repository)
    story.in_hole = time.time()
    story.order("with a hole", "backups")
    story.order("in the hole", "restore", moment=story.in_hole)
    story.order("the newest", "restore", plan_only=True)
    story.type("faulty", "verify", BLOCKS)
    story.order("faults", "verify")
    story.board("promises when faulty")
    story.order("full", "backup", full=True)
    story.order("begun anew", "backups")
    before = story.store("begun anew")["windows"][0]["to"]
    story.order("before the hole", "restore", moment=before)
    repository.rename(repository.with_name("away"))
    story.type("gone", "backups")
    story.order("not made again", "backup")
    story.order("faults when gone", "verify")
    story.order("new", "backup", new=True)
    return story


def lose_wal(here: EstateHere, repository: Path) -> str:
    """Write, and delete a segment of what is archived in the middle."""
    host, port = here.components()[PRIMARY]["address"].split(":")
    password = here.secrets()[f"{BLOCKS}/owner"]
    archived = repository / "us/archive/blocks"
    with psycopg.connect(
        host=host, port=port, user="caisson", password=password, dbname="blocks", autocommit=True
    ) as session:
        names = []
        for number in range(4):
            session.execute("INSERT INTO shard_0.notes VALUES (%s)", (number,))
            row = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
            names.append(str(row and row[0]))
    until("it is archived", lambda: list(archived.glob(f"*/*/{names[-1]}-*")))
    (lost,) = archived.glob(f"*/*/{names[2]}-*")
    lost.unlink()
    return names[2]


def test_a_sound_repository_is_verified_and_shows_no_promise_to_hold(story: Story) -> None:
    assert story.said["sound"].code == 0, story.said["sound"].said
    assert "no fault in " in story.said["sound"].out
    methods = [each["method"] for each in story.answers["promises when sound"]["evidence"]]
    assert "verify" not in methods


def test_wal_that_is_gone_is_a_hole_in_what_can_be_restored(story: Story) -> None:
    store = story.store("with a hole")
    (window,) = store["windows"]
    assert store["holes"] == [{"from": window["to"], "to": None, "missing": story.lost}]
    assert store["newest_restorable"] == window["to"] < story.in_hole
    assert store["waiting"]["pressure"] == "easy"
    refused = story.answers["in the hole"]["refused"]
    assert f"is in a hole: WAL from {story.lost} on is missing" in refused
    assert f"before it is {datetime.fromtimestamp(window['to'], UTC)}" in refused
    newest = story.answers["the newest"]["plan"]["blast_radius"][1]
    assert f"WAL after it ({story.lost}) is missing" in newest


def test_it_is_a_fault_that_breaks_the_promise(story: Story) -> None:
    assert story.said["faulty"].code == 1
    assert f"{story.lost}  is not in the archive" in story.said["faulty"].out
    (fault,) = story.answers["faults"]["faults"]
    assert (fault["subject"], fault["newest"]) == (story.lost, True)
    assert story.answers["promises when faulty"]["verdict"] == "broken"


def test_after_the_next_backup_there_is_a_window_on_either_side(story: Story) -> None:
    assert story.answers["full"]["state"] == "done"
    store = story.store("begun anew")
    before, after = store["windows"]
    assert (before["missing"], after["missing"]) == (story.lost, None)
    (hole,) = store["holes"]
    assert (hole["from"], hole["to"]) == (before["to"], after["from"])
    # The last moment before it is one that really can be restored.
    assert story.answers["before the hole"]["state"] == "done", story.answers["before the hole"]


def test_a_repository_that_vanished_is_not_made_anew_unasked(story: Story) -> None:
    assert story.said["gone"].code == 1
    assert "gone: 2" in story.said["gone"].out
    assert f"`caisson backup {BLOCKS} --new`" in story.answers["not made again"]["refused"]
    whats = [each["what"] for each in story.answers["faults when gone"]["faults"]]
    assert "the whole backup is gone, also from the repository's list of backups" in whats
    assert story.answers["new"]["state"] == "done"
