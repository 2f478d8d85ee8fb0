"""Backups of Redis in a running estate: which writes are in them, restored beside it, and asked.

And all stores of the estate restored to one moment.
One small estate for all tests: one jurisdiction of two regions.
"""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from estate_support import EstateHere, cleared, until

from caisson.estate.redis_commands import READING

ESTATE = """\
estate: kept
jurisdictions:
  us: {home: us-west, standby: us-east}
regions:
  us-west: {jurisdiction: us}
  us-east: {jurisdiction: us}
stores:
  sessions:
    system: redis
    backup: {every: 1h, keep: 7d}
    questions:
      - {command: DBSIZE, is: ">= 1"}
      - {command: "EXISTS 'not wanted'", is: "= 0"}
  blocks:
    system: postgres
    schema: schema.sql
    backup: {every: 1d, wal: 5s, keep: 7d}
    questions: [{sql: "SELECT count(*) FROM notes", is: ">= 1"}]
  cache: {system: memcached, rebuildable: {from: blocks}}
promises:
  - {name: we-can-restore, restore: sessions, within: 1h, verified every: 7d}
"""
SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY)"
SESSIONS = "production/us/sessions"
PRIMARY = "production/us-west/sessions"
BLOCKS, BLOCKS_PRIMARY = "production/us/blocks", "production/us-west/blocks"
SLACK_S = 120.0


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateHere]:
    folder = tmp_path_factory.mktemp("kept")
    (folder / "estate.yaml").write_text(ESTATE)
    (folder / "schema.sql").write_text(SCHEMA)
    with cleared(EstateHere(folder)) as here:
        up = here.caisson("up", "--detach")
        assert up.code == 0, up.said
        yield here


@pytest.fixture(scope="module")
def writes(estate: EstateHere) -> Iterator["Writes"]:
    """One writer for all tests."""
    writer = Writes(estate)
    writer.thread.start()
    until("something was written", lambda: writer.acknowledged)
    yield writer
    writer.stop.set()
    writer.thread.join()


@pytest.fixture(scope="module")
def backed_up(estate: EstateHere, writes: "Writes") -> None:
    del writes
    for store in (BLOCKS, SESSIONS):
        done = estate.caisson("backup", store, within_s=SLACK_S)
        assert done.code == 0, done.said


@dataclass
class Writes:
    """Writes one note after another into both stores; when each was begun, and acknowledged."""

    estate: EstateHere
    begun: dict[int, float] = field(default_factory=dict)
    acknowledged: dict[int, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with owner(self.estate) as session, blocks(self.estate) as database:
            for number in itertools.count():
                if self.stop.wait(0.001):
                    return
                self.begun[number] = time.time()
                session.set(f"note:{number}", number)
                database.execute("INSERT INTO shard_0.notes VALUES (%s)", (number,))
                self.acknowledged[number] = time.time()

    def done_by(self, moment: float) -> set[int]:
        return {number for number, at in list(self.acknowledged.items()) if at <= moment}

    def begun_after(self, moment: float) -> set[int]:
        return {number for number, at in list(self.begun.items()) if at > moment}


def owner(estate: EstateHere, address: str | None = None) -> "redis.Redis":
    """The session of Caisson's own user with the primary, or with a copy that was kept."""
    host, port = (address or estate.components()[PRIMARY]["address"]).split(":")
    return redis.Redis(
        host=host,
        port=int(port),
        username="caisson",
        password=estate.secrets()[f"{SESSIONS}/owner"],
        decode_responses=True,
    )


def blocks(estate: EstateHere, address: str | None = None) -> "psycopg.Connection[tuple[Any, ...]]":
    """The same with Postgres."""
    host, port = (address or estate.components()[BLOCKS_PRIMARY]["address"]).split(":")
    return psycopg.connect(
        host=host,
        port=int(port),
        user="caisson",
        password=estate.secrets()[f"{BLOCKS}/owner"],
        dbname="blocks",
        autocommit=True,
    )


def notes_of_sessions(estate: EstateHere, operation: dict[str, Any]) -> set[int]:
    with owner(estate, address_of(operation)) as copy:
        assert copy.info("replication")["role"] == "master"
        return {int(key.removeprefix("note:")) for key in copy.keys("note:*")}


def notes_of_blocks(estate: EstateHere, operation: dict[str, Any]) -> set[int]:
    with blocks(estate, address_of(operation)) as copy:
        return {int(row[0]) for row in copy.execute("SELECT id FROM shard_0.notes")}


def address_of(operation: dict[str, Any]) -> str:
    return str(operation["steps"][1]["detail"].split(" at ")[1])


def listed(estate: EstateHere) -> dict[str, Any]:
    every = estate.caisson("backups", "--json").json["backups"]
    return next(dict(each) for each in every if each["replica_set"] == SESSIONS)


def written(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(moment))


def copies(estate: EstateHere) -> set[Path]:
    return set((estate.folder / ".caisson" / "copies").glob("*"))


def judged(estate: EstateHere) -> str:
    (row,) = estate.caisson("promises", "--json").json["promises"]
    return str(row["verdict"])


@pytest.mark.usefixtures("backed_up")
def test_what_was_acknowledged_when_a_backup_began_is_in_it_and_nothing_begun_after(
    estate: EstateHere, writes: Writes
) -> None:
    done = estate.caisson("backup", SESSIONS, within_s=SLACK_S)
    assert done.code == 0, done.said
    point = listed(estate)["points"][-1]
    asked = ("--to", written(point["stopped_at"]))
    kept = estate.caisson("restore", SESSIONS, *asked, "--keep", "--json", within_s=SLACK_S)
    assert kept.code == 0, kept.said
    present = notes_of_sessions(estate, kept.json)
    assert writes.done_by(point["started_at"])
    assert writes.done_by(point["started_at"]) <= present
    assert writes.begun_after(point["stopped_at"])
    assert not writes.begun_after(point["stopped_at"]) & present


@pytest.mark.usefixtures("backed_up")
def test_all_stores_are_restored_to_one_moment_and_what_one_lacks_is_told(
    estate: EstateHere, writes: Writes
) -> None:
    moment = time.time()
    until("writes go on", lambda: writes.begun_after(moment))
    asked = ("--to", datetime.fromtimestamp(moment, UTC).isoformat())
    done = estate.caisson("restore", "production/us", *asked, "--keep", "--json", within_s=SLACK_S)
    assert done.code == 0, done.said
    of = {each["replica_set"]: each for each in done.json["stores"]}
    exact, older = of[BLOCKS], of[SESSIONS]
    assert exact["lacks_s"] == 0
    rows = notes_of_blocks(estate, exact["operation"])
    assert rows >= writes.done_by(moment)
    assert not rows & writes.begun_after(moment)
    assert older["lacks_s"] > 0
    keys = notes_of_sessions(estate, older["operation"])
    assert keys >= writes.done_by(moment - older["lacks_s"])
    assert not keys & writes.begun_after(moment)
    assert (done.json["rebuilt"], done.json["left_out"]) == (
        [{"store": "cache", "from": "blocks"}],
        [],
    )


@pytest.mark.usefixtures("backed_up")
def test_a_backup_lies_in_the_other_region_and_is_read_from_the_standby(
    estate: EstateHere,
) -> None:
    found = listed(estate)
    assert (found["region"], found["why_not"]) == ("us-east", None)
    assert found["points"][0]["size_bytes"] > 0
    home = estate.folder / ".caisson"
    repository = home / "repositories" / "us-east" / "production" / "us" / "restic" / "sessions"
    assert any(each.is_file() for each in (repository / "snapshots").iterdir())
    plan = estate.caisson("backup", SESSIONS, "--plan", "--json").json["plan"]
    (copied,) = plan["steps"][1]["actions"]
    assert copied["member"] == "production/us-east/sessions"
    assert not list(home.glob("run/**/*.rdb"))
    secrets = [s.encode() for n, s in estate.secrets().items() if n.startswith("production/us")]
    files = [f for top in (repository, home / "logs") for f in top.rglob("*") if f.is_file()]
    assert not [f for f in files if any(secret in f.read_bytes() for secret in secrets)]


@pytest.mark.usefixtures("backed_up")
def test_a_restore_is_evidence_and_a_wrong_answer_breaks_the_promise(estate: EstateHere) -> None:
    restored = estate.caisson("restore", SESSIONS, "--json", within_s=SLACK_S)
    assert restored.code == 0, restored.said
    assert restored.json["steps"][2]["detail"].startswith("2 of 2 questions asked")
    assert judged(estate) == "holds"
    kept = copies(estate)
    with owner(estate) as session:
        session.set("not wanted", "x")
        assert estate.caisson("backup", SESSIONS, within_s=SLACK_S).code == 0
        session.delete("not wanted")
    failed = estate.caisson("restore", SESSIONS, "--json", within_s=SLACK_S)
    assert (failed.code, failed.json["state"]) == (1, "failed")
    assert "EXISTS 'not wanted': = 0: answered 1" in failed.json["measurements"]["why"]
    assert judged(estate) == "broken"
    until("nothing of it stays", lambda: copies(estate) <= kept)
    # The newest answers well again, for whichever test comes next.
    assert estate.caisson("backup", SESSIONS, within_s=SLACK_S).code == 0


@pytest.mark.usefixtures("backed_up")
def test_a_moment_of_which_there_is_no_backup_is_refused_with_those_around_it(
    estate: EstateHere,
) -> None:
    oldest = listed(estate)["points"][0]
    early = estate.caisson("restore", SESSIONS, "--to", "2001-01-01T00:00:00+00:00")
    assert early.code == 1
    assert "keeps no WAL, so only its backups can be restored" in early.err
    assert written(oldest["stopped_at"]).replace("T", " ") in early.err


def test_every_command_that_may_be_asked_only_reads(estate: EstateHere) -> None:
    with owner(estate) as session:
        known = session.command()
    for name, arity in READING.items():
        said = known[name.lower()]
        assert said["arity"] == arity
        assert "readonly" in said["flags"]
