"""Backups of a running estate: made by themselves, restored beside it, and asked.

One small estate for all tests: one jurisdiction of two regions, and one store of two shards.
"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from estate_support import EstateHere, cleared, until
from kept_estate import BLOCKS, PRIMARY, SLACK_S, Writes, numbers_in_copy, owner, writing, written

ESTATE = """\
estate: kept
jurisdictions:
  us: {home: us-west, standby: us-east}
regions:
  us-west: {jurisdiction: us}
  us-east: {jurisdiction: us}
stores:
  blocks:
    system: postgres
    shards: 2
    schema: schema.sql
    backup: {every: 1d, wal: 5s, keep: 7d}
    questions:
      - {sql: "SELECT count(*) FROM notes", is: ">= 0"}
      - {sql: "SELECT count(*) FROM notes WHERE id < 0", is: "= 0"}
promises:
  - {name: we-can-restore, restore: blocks, within: 1h, verified every: 7d}
"""
SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY, at timestamptz DEFAULT now())"
MOMENTS = int(os.environ.get("CAISSON_MOMENTS", "3"))
AT_ONCE = 20  # a copy that is kept stays up until the estate goes down


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
def writes(estate: EstateHere) -> Iterator[Writes]:
    """One writer for all tests, begun before the first backup."""
    with writing(estate) as writer:
        yield writer


@pytest.fixture(scope="module")
def backed_up(estate: EstateHere, writes: Writes) -> None:
    del writes
    done = estate.caisson("backup", BLOCKS, within_s=SLACK_S)
    assert done.code == 0, done.said


def restored(estate: EstateHere, *options: str) -> dict[str, Any]:
    done = estate.caisson("restore", BLOCKS, "--json", *options, within_s=SLACK_S)
    assert done.code == 0, done.said
    return done.json


def listed(estate: EstateHere) -> dict[str, Any]:
    (found,) = estate.caisson("backups", "--json").json["backups"]
    return dict(found)


@pytest.mark.usefixtures("backed_up")
def test_a_backup_lies_in_the_other_region_and_is_listed(estate: EstateHere) -> None:
    found = listed(estate)
    assert found["region"] == "us-east"
    assert found["why_not"] is None
    assert found["points"][0]["kind"] == "full"
    assert found["points"][0]["size_bytes"] > 0
    lies = estate.folder / ".caisson" / "repositories" / "us-east" / "production" / "us"
    assert (lies / "backup" / "blocks").is_dir()


@pytest.mark.timeout(300 + 20 * MOMENTS)
@pytest.mark.usefixtures("backed_up")
def test_each_moment_is_restored_with_exactly_what_was_acknowledged(
    estate: EstateHere, writes: Writes
) -> None:
    """Moments before, within and after a backup; as many as CAISSON_MOMENTS says."""
    draw = random.Random(7)  # noqa: S311 - moments, no secrets
    for first in range(0, MOMENTS, AT_ONCE):
        if first:
            go_down_and_up(estate, writes)
        begun = time.time()
        assert estate.caisson("backup", BLOCKS, within_s=SLACK_S).code == 0
        until("writes go on", lambda: time.time() > begun + 6.0)  # noqa: B023
        count = min(AT_ONCE, MOMENTS - first)
        for moment in sorted(draw.uniform(begun, begun + 6.0) for _ in range(count)):
            operation = restored(estate, "--to", written(moment), "--keep")
            present = numbers_in_copy(estate, operation)
            assert present
            assert writes.wrong_at(moment, present) == []
    assert writes.errors == []


def go_down_and_up(estate: EstateHere, writes: Writes) -> None:
    writes.rest()
    for verb in (("down",), ("up", "--detach")):
        done = estate.caisson(*verb)
        assert done.code == 0, done.said
    writes.go_on()


@pytest.mark.usefixtures("backed_up")
def test_a_table_that_somebody_dropped_comes_back(estate: EstateHere) -> None:
    with owner(estate) as session:
        session.execute("CREATE TABLE shard_1.kept AS SELECT generate_series(1, 1000) AS id")
        (until_then,) = session.execute("SELECT clock_timestamp()").fetchone() or (None,)
        time.sleep(1.0)
        session.execute("DROP TABLE shard_1.kept")
    assert until_then is not None
    operation = restored(estate, "--to", until_then.isoformat(), "--keep")
    address = operation["steps"][1]["detail"].split(" at ")[1]
    with owner(estate, address) as copy:
        assert copy.execute("SELECT count(*) FROM shard_1.kept").fetchone() == (1000,)
    with owner(estate) as session:
        assert session.execute("SELECT to_regclass('shard_1.kept')").fetchone() == (None,)


@pytest.mark.usefixtures("backed_up")
def test_a_restore_is_evidence_and_a_wrong_answer_breaks_the_promise(estate: EstateHere) -> None:
    copies = estate.folder / ".caisson" / "copies"
    before = set(copies.iterdir()) if copies.exists() else set()
    operation = restored(estate)
    assert operation["steps"][2]["detail"].startswith("2 of 2 questions asked")
    assert judged(estate) == "holds"
    shown = listed(estate)["restored"]
    assert shown["drill"] == operation["id"]
    assert shown["figures"]["restore_s"] > 0
    with owner(estate) as session:
        session.execute("INSERT INTO shard_1.notes VALUES (-1)")
        failed = estate.caisson(
            "restore", BLOCKS, "--to", written(time.time()), "--json", within_s=SLACK_S
        )
        session.execute("DELETE FROM shard_1.notes WHERE id < 0")
    assert (failed.code, failed.json["state"]) == (1, "failed")
    assert "shard_1 answered 1" in failed.json["measurements"]["why"]
    assert failed.json["measurements"]["undo"] == "undone"
    assert judged(estate) == "broken"
    assert listed(estate)["restored"]["figures"]["restore_s"] is None
    assert set(copies.iterdir()) <= before


def judged(estate: EstateHere) -> str:
    (row,) = estate.caisson("promises", "--json").json["promises"]
    assert row["name"] == "we-can-restore"
    return str(row["verdict"])


@pytest.mark.usefixtures("backed_up")
def test_a_drill_drops_a_table_of_its_own_and_finds_it_again(estate: EstateHere) -> None:
    done = estate.caisson("drill", "drop-table", BLOCKS, "--json", within_s=SLACK_S)
    assert done.code == 0, done.said
    answered, table = done.json["found"]
    assert answered["said"].startswith("2 of 2 questions asked")
    assert int(table["said"].split()[0]) > 0
    assert table["said"].endswith("rows, 0 lacking, 0 that were written later")
    assert done.json["restore_s"] > 0
    assert Path(done.json["report"]).read_text().count("drop-table production/us/blocks") > 0
    with owner(estate) as session:
        assert session.execute("SELECT to_regnamespace('caisson_drill')").fetchone() == (None,)
    refused = estate.caisson("drill", "drop-table", PRIMARY)
    assert refused.code == 2
    assert f"what is: {BLOCKS}" in refused.err


@pytest.mark.usefixtures("backed_up")
def test_a_drill_restores_the_newest_and_a_random_moment(estate: EstateHere) -> None:
    done = estate.caisson("drill", "restore", BLOCKS, "--json", within_s=SLACK_S)
    assert done.code == 0, done.said
    newest, drawn = done.json["restored"]
    assert newest["moment"] is None
    (point, *_) = listed(estate)["points"]
    assert point["stopped_at"] < drawn["moment"] < time.time()
    assert [each["well"] for each in done.json["found"]] == [True, True]
    assert done.json["bytes_per_s"] > 0


@pytest.mark.usefixtures("backed_up")
def test_a_drill_damages_copies_of_the_repository_and_each_damage_is_named(
    estate: EstateHere,
) -> None:
    lies = estate.folder / ".caisson" / "repositories"
    before = {path: path.read_bytes() for path in _files(lies) if "backup" in path.parts}
    done = estate.caisson("drill", "corrupt-backup", BLOCKS, "--json", within_s=SLACK_S)
    assert done.code == 0, done.said
    untouched, *damaged = done.json["found"]
    assert untouched["said"] == "sound"
    assert len(damaged) == 7
    assert all(each["well"] for each in damaged)
    assert {path: path.read_bytes() for path in before} == before
    assert not list((estate.folder / ".caisson").glob("corrupt-*"))


@pytest.mark.usefixtures("backed_up")
def test_what_cannot_be_restored_is_refused_before_anything_is_done(estate: EstateHere) -> None:
    early = estate.caisson("restore", BLOCKS, "--to", "2001-01-01T00:00:00+00:00")
    assert early.code == 1
    assert "when the oldest backup was whole" in early.err
    unknown = estate.caisson("restore", "production/us/nothing")
    assert unknown.code == 2
    assert f"what is: {BLOCKS}" in unknown.err
    assert estate.caisson("restore", BLOCKS, "--to", "yesterday").code == 2


@pytest.mark.usefixtures("backed_up")
def test_a_repository_that_cannot_be_reached_is_told_and_stops_nobody(
    estate: EstateHere, writes: Writes
) -> None:
    before = listed(estate)["points"]
    region = estate.folder / ".caisson" / "repositories" / "us-east"
    region.chmod(0)
    try:
        shown = estate.caisson("backups", "--json")
        failed = estate.caisson("backup", BLOCKS, within_s=SLACK_S)
        refused = estate.caisson("restore", BLOCKS)
        since = len(writes.acknowledged)
        until("writes go on", lambda: len(writes.acknowledged) > since)
    finally:
        region.chmod(0o700)
    assert shown.code == failed.code == refused.code == 1
    (told,) = shown.json["backups"]
    assert "the repository refuses access" in told["why_not"]
    for said in (failed.err, refused.err):
        assert "its repository in us-east: the repository refuses access" in said
    assert writes.errors == []
    assert listed(estate)["points"] == before


@pytest.mark.usefixtures("backed_up")
def test_neither_key_nor_password_is_in_the_repository_or_in_a_log(estate: EstateHere) -> None:
    home = estate.folder / ".caisson"
    names = (f"{BLOCKS}/backup", "production/us/backups", f"{BLOCKS}/owner")
    told = [estate.secrets()[name].encode() for name in names]
    assert not [
        path
        for path in _files(home / "repositories", home / "logs", home / "ledger.head")
        if any(secret in path.read_bytes() for secret in told)
    ]


def _files(*roots: Path) -> Iterator[Path]:
    for root in roots:
        yield from (each for each in (root, *root.rglob("*")) if each.is_file())
