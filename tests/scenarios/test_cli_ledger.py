"""`caisson ledger`: list, verify, export."""

import json
import sqlite3
from pathlib import Path

import pytest
from cli_support import HOLDS, caisson, shop

from caisson.ledger.chain import Kind
from caisson.ledger.evidence import Evidence, Fidelity
from caisson.ledger.ledger import Ledger
from caisson.state.state import open_state

MEASURED = Evidence(
    at=20.0,
    method="drill lose-region",
    subject="production/us-west",
    promises=("survives",),
    figures={"rto_s": 1.42, "writes_lost": 0},
    fidelity=Fidelity.REHEARSAL,
    fingerprint="f" * 64,
    drill="drill-1",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shop(tmp_path, HOLDS).parent


@pytest.fixture
def recorded(folder: Path) -> Path:
    """An estate's folder with three entries in its ledger."""
    home = folder / ".caisson"
    with open_state(home / "state.sqlite") as state:
        ledger = Ledger(state.database, home / "ledger.head")
        ledger.append(
            Kind.VERDICT, {"promise": "stays", "subject": "production/us", "verdict": "holds"}, 10.0
        )
        ledger.append(Kind.EVIDENCE, MEASURED.to_json(), 20.0)
        ledger.append(Kind.EVENT, {"text": "us-west failed over [to us-east]"}, 30.0)
    return folder


def alter(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / ".caisson" / "state.sqlite")
    with connection:
        for (trigger,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(statement)
    connection.close()


def test_entries_are_listed_with_the_newest_last(recorded: Path) -> None:
    lines = caisson("ledger", recorded).out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert lines[0].endswith("verdict   stays: production/us holds")
    assert lines[1].endswith("drill lose-region production/us-west  rto 1.4 s, writes lost 0")
    assert lines[2].endswith("us-west failed over [to us-east]")


def test_entries_as_json(recorded: Path) -> None:
    entries = caisson("ledger", recorded, "--json").json["entries"]
    assert [(entry["seq"], entry["kind"], entry["at"]) for entry in entries] == [
        (1, "verdict", 10.0),
        (2, "evidence", 20.0),
        (3, "event", 30.0),
    ]


def test_the_ledger_of_the_current_folder(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(recorded)
    assert caisson("ledger", "verify").code == 0
    assert len(caisson("ledger").out.splitlines()) == 3


def test_an_intact_ledger_tells_its_count_and_head(recorded: Path) -> None:
    head = json.loads((recorded / ".caisson" / "ledger.head").read_text())["hash"]
    ended = caisson("ledger", "verify", recorded)
    assert ended.code == 0
    assert f"intact: 3 entries, head {head}" in ended.out
    document = caisson("ledger", "verify", recorded, "--json").json
    assert document == {"intact": True, "entries": 3, "head": head, "remembered": 3}


def test_the_first_altered_entry_is_named(recorded: Path) -> None:
    alter(recorded, "UPDATE ledger SET body = replace(body, 'us-west', 'us-east') WHERE seq = 2")
    ended = caisson("ledger", "verify", recorded)
    assert ended.code == 1
    assert "altered: the first is entry 2" in ended.out
    document = caisson("ledger", "verify", recorded, "--json").json
    assert (document["intact"], document["first_altered"]) == (False, 2)


def test_an_altered_ledger_is_not_listed_as_if_it_were_true(recorded: Path) -> None:
    alter(recorded, "UPDATE ledger SET body = '{}' WHERE seq = 2")
    for action in ([], ["export"]):
        ended = caisson("ledger", *action, recorded)
        assert ended.code == 1
        assert ended.out == ""
        assert "ledger entry 2 was altered" in ended.err


def test_a_ledger_that_was_removed_is_altered(recorded: Path) -> None:
    for file in (recorded / ".caisson").glob("state.sqlite*"):
        file.unlink()
    ended = caisson("ledger", "verify", recorded)
    assert ended.code == 1
    assert "entries up to 3 were once written" in ended.out


def test_export_gives_every_entry_as_a_line_of_json(recorded: Path) -> None:
    lines = caisson("ledger", "export", recorded).out.splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    assert entries[1]["previous_hash"] == entries[0]["hash"]


def test_where_nothing_was_recorded(folder: Path) -> None:
    listed = caisson("ledger", folder)
    assert (listed.code, listed.out) == (0, "the ledger is empty: nothing was recorded yet\n")
    assert caisson("ledger", folder, "--json").json == {"entries": []}
    for action in ("verify", "export"):
        ended = caisson("ledger", action, folder)
        assert ended.code == 2
        assert "there is no ledger yet" in ended.err
    assert not (folder / ".caisson").exists()


def test_one_estate_at_a_time(recorded: Path) -> None:
    ended = caisson("ledger", "verify", recorded, recorded)
    assert ended.code == 2
    assert "one estate at a time" in ended.err
