"""A restored copy is asked by the application itself: a copy of it runs on the copy.

One small estate for all tests. Its service uses three stores, of which one is backed up.
"""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from estate_support import EstateHere, cleared, until

NOTES = "production/us/notes"
ESTATE = f"""\
estate: asked
jurisdictions:
  us: {{home: us-west, standby: us-east}}
regions:
  us-west: {{jurisdiction: us}}
  us-east: {{jurisdiction: us}}
stores:
  notes:
    system: postgres
    schema: notes.sql
    backup: {{every: 1d, wal: 2s, keep: 7d}}
    questions:
      - {{sql: "SELECT count(*) FROM notes", is: ">= 0"}}
      - {{get: "/forbidden?tenant={{tenant}}", answers: 409}}
      - {{writes of: web}}
  drafts: {{system: postgres, schema: notes.sql}}
  visits: {{system: redis}}
services:
  web:
    run: ["{sys.executable}", asked_service.py]
    public: http
    ready: /ready
    probe:
      write: {{put: "/t/{{tenant}}/notes/{{page}}/{{id}}"}}
      list: {{get: "/t/{{tenant}}/notes?page={{page}}&after={{after}}", ids: blocks}}
    uses: {{notes: write, drafts: write, visits: write}}
tenants:
  acme: {{home: us}}
promises:
  - {{name: we-can-restore, restore: notes, within: 1h, rpo: 5m, verified every: 7d}}
"""
SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id uuid PRIMARY KEY, page uuid NOT NULL)"
SLACK_S = 120.0


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateHere]:
    folder = tmp_path_factory.mktemp("asked")
    (folder / "estate.yaml").write_text(ESTATE)
    (folder / "notes.sql").write_text(SCHEMA)
    shutil.copy(Path(__file__).with_name("asked_service.py"), folder)
    with cleared(EstateHere(folder)) as here:
        up = here.caisson("up", "--detach")
        assert up.code == 0, up.said
        done = here.caisson("backup", NOTES, within_s=SLACK_S)
        assert done.code == 0, done.said
        yield here


@pytest.fixture(scope="module")
def before(estate: EstateHere) -> float:
    """A moment that can be restored, from before the first write."""
    (store,) = estate.caisson("backups", "--json").json["backups"]
    moment = float(store["points"][0]["stopped_at"]) + 1.0
    until("the moment has come", lambda: time.time() > moment)
    return moment


@pytest.fixture(autouse=True)
def _early(before: float) -> None:
    """Whatever test is the first."""


def restored(estate: EstateHere, *options: str) -> tuple[int, dict[str, Any]]:
    done = estate.caisson("restore", NOTES, "--json", *options, within_s=SLACK_S)
    return done.code, done.json


def judged(estate: EstateHere) -> dict[str, Any]:
    (row,) = estate.caisson("promises", "--json").json["promises"]
    return dict(row)


def written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def visited(estate: EstateHere) -> set[str]:
    """Every path that was asked for of a service that runs."""
    login = estate.logins("production", "us-west", "web")["visits"]
    with redis.Redis(
        host=login.host, port=login.port, username=login.user, password=login.password, protocol=2
    ) as client:
        return {str(key, "utf-8") for key in client.scan_iter()}


def ledger(estate: EstateHere) -> list[list[Any]]:
    (path,) = (estate.folder / ".caisson" / "writes" / "production" / "web").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_application_answers_from_the_copy_and_nothing_that_runs_is_touched(
    estate: EstateHere, before: float
) -> None:
    """By then there was no write to look for: two of three were asked, which is no evidence."""
    known = [each["drill"] for each in judged(estate)["evidence"]]
    code, operation = restored(estate, "--to", written(before))
    said = operation["steps"][2]["detail"]
    assert code == 0
    assert said.startswith("2 of 3 questions asked (1 sql, 1 get)")
    assert "not asked: every write of web: the ledger has no write" in said
    assert [each["drill"] for each in judged(estate)["evidence"]] == known
    assert "/forbidden" not in visited(estate)
    assert not list((estate.folder / ".caisson" / "copies").iterdir())


def test_a_copy_has_what_the_probe_had_acknowledged_or_breaks_the_promise(
    estate: EstateHere, before: float
) -> None:
    done = estate.caisson("drill", "restore", NOTES, "--json", within_s=SLACK_S)
    assert done.code == 0, done.said
    assert done.json["verdicts"][0]["why"][1].startswith("data missing of ")
    assert done.json["found"][0]["said"].startswith("3 of 3 questions asked (1 sql, 1 get, 1 w")
    promise = judged(estate)
    assert promise["verdict"] == "holds", promise
    figures = min(promise["evidence"], key=lambda each: each["at"])["figures"]
    assert figures["writes_acknowledged"] > 0
    assert 0 < figures["rpo_s"] < time.time() - before

    lost = next(line[3] for line in ledger(estate) if line[0] == "write")
    with owner(estate) as session:
        session.execute("DELETE FROM shard_0.notes WHERE id = %s", (lost,))
    code, operation = restored(estate, "--to", written(time.time()))
    assert (code, operation["state"]) == (1, "failed")
    why = operation["measurements"]["why"]
    assert "every write of web: 1 of " in why
    assert lost in why
    assert judged(estate)["verdict"] == "broken"


def test_wal_is_archived_in_time_after_a_restart_too(estate: EstateHere) -> None:
    """A fast shutdown that nobody ordered; the supervisor brings the server back."""
    file = estate.layout.data("production/us-west/notes") / "postmaster.pid"
    before = file.read_text().split()[0]
    os.kill(int(before), signal.SIGINT)
    until("it is another", lambda: file.exists() and before not in file.read_text().split())
    under_way = "SELECT pg_walfile_name(pg_current_wal_insert_lsn())"
    until("it answers again", lambda: said(estate, under_way))
    segment = said(estate, under_way)
    archived = "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver"
    until(f"{segment} is archived", lambda: said(estate, archived) >= segment, 30)


def said(estate: EstateHere, sql: str) -> str:
    """The primary's answer, empty while it does not answer."""
    try:
        with owner(estate) as session:
            return str((session.execute(sql).fetchone() or ("",))[0])
    except psycopg.OperationalError:
        return ""


def owner(estate: EstateHere) -> "psycopg.Connection[tuple[Any, ...]]":
    host, port = estate.components()["production/us-west/notes"]["address"].split(":")
    return psycopg.connect(
        host=host,
        port=int(port),
        user="caisson",
        password=estate.secrets()[f"{NOTES}/owner"],
        dbname="notes",
        autocommit=True,
    )
