"""The ledger in both places: only added to, by many writers, and whoever alters it is found."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from state_places import run_sql

from caisson.ledger.chain import ORIGIN, Altered, Head, Intact, Kind, make_entry
from caisson.ledger.head import HeadFile
from caisson.ledger.ledger import Ledger, LedgerAltered
from caisson.state.errors import StateReadOnly
from caisson.state.json_text import to_text
from caisson.state.state import State


@pytest.fixture
def head_file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.head"


@pytest.fixture
def ledger(state: State, head_file: Path) -> Ledger:
    return Ledger(state.database, head_file)


def fill(ledger: Ledger, count: int = 5) -> None:
    for number in range(1, count + 1):
        ledger.append(Kind.EVENT, {"number": number, "text": "ü \u0000 '"}, at=1000.1 + number)


def test_an_empty_ledger_is_intact(ledger: Ledger) -> None:
    assert ledger.verify() == Intact(0, ORIGIN, None)
    assert ledger.entries() == []


def test_entries_come_back_as_they_were_written_in_order(ledger: Ledger) -> None:
    first = ledger.append(Kind.VERDICT, {"b": [1, 2.5, None, True], "a": {"ü": "\u0000"}}, at=5)
    second = ledger.append(Kind.EVIDENCE, {"rto_s": 1.9}, at=0.1 + 0.2)
    assert ledger.entries() == [first, second]
    assert (first.seq, first.previous_hash, second.previous_hash) == (1, ORIGIN, first.hash)
    assert ledger.entries(Kind.EVIDENCE) == [second]
    assert ledger.entries(after=1) == [second]
    assert ledger.entries(Kind.VERDICT, after=1) == []
    assert ledger.verify() == Intact(2, second.hash, 2)


def test_what_is_no_json_is_not_written(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        ledger.append(Kind.EVENT, {"rto_s": float("nan")}, at=1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        ledger.append(Kind.EVENT, {}, at=float("inf"))
    assert ledger.verify() == Intact(0, ORIGIN, None)


def test_export_is_one_document_per_line(ledger: Ledger) -> None:
    fill(ledger, 2)
    lines = list(ledger.lines())
    assert [json.loads(line)["seq"] for line in lines] == [1, 2]
    assert json.loads(lines[1])["previous_hash"] == json.loads(lines[0])["hash"]
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("UPDATE ledger SET body = ? WHERE seq = 3", ('{"number":4}',)),
        ("UPDATE ledger SET body = body || ' ' WHERE seq = ?", (3,)),
        ("UPDATE ledger SET body = ? WHERE seq = 3", ("[" * 100_000,)),
        ("UPDATE ledger SET at = at + 0.5 WHERE seq = ?", (3,)),
        ("UPDATE ledger SET kind = 'verdict' WHERE seq = ?", (3,)),
        ("UPDATE ledger SET kind = 'rumour' WHERE seq = ?", (3,)),
        ("UPDATE ledger SET hash = previous_hash WHERE seq = ?", (3,)),
        ("UPDATE ledger SET previous_hash = hash WHERE seq = ?", (3,)),
        ("DELETE FROM ledger WHERE seq = ?", (3,)),
        ("UPDATE ledger SET seq = 30 WHERE seq = ?", (3,)),
        ("UPDATE ledger SET seq = -3 WHERE seq = ?", (3,)),
    ],
)
def test_the_altered_or_missing_entry_is_named(
    state_place: str, ledger: Ledger, sql: str, values: tuple[object, ...]
) -> None:
    fill(ledger)
    run_sql(state_place, sql, values)
    found = ledger.verify()
    assert isinstance(found, Altered)
    assert found.seq == 3


def test_exchanged_entries_are_found_at_the_first(state_place: str, ledger: Ledger) -> None:
    fill(ledger)
    for before, after in ((2, 20), (3, 2), (20, 3)):
        run_sql(state_place, "UPDATE ledger SET seq = ? WHERE seq = ?", (after, before))
    found = ledger.verify()
    assert isinstance(found, Altered)
    assert found.seq == 2


def test_an_entry_replaced_with_its_hash_is_found_by_its_successor(
    state_place: str, ledger: Ledger
) -> None:
    fill(ledger)
    second = ledger.entries()[1]
    forged = make_entry(Head(2, second.hash), Kind.EVENT, {"number": 33}, at=2000)
    run_sql(
        state_place,
        "UPDATE ledger SET at = ?, body = ?, hash = ? WHERE seq = 3",
        (forged.at, to_text(forged.body), forged.hash),
    )
    found = ledger.verify()
    assert isinstance(found, Altered)
    assert found.seq == 3


def test_an_altered_entry_is_not_read_as_evidence(state_place: str, ledger: Ledger) -> None:
    fill(ledger)
    run_sql(state_place, "UPDATE ledger SET body = ? WHERE seq = 2", ('{"number":7}',))
    with pytest.raises(LedgerAltered, match="entry 2"):
        ledger.entries()
    assert [entry.seq for entry in ledger.entries(after=2)] == [3, 4, 5]


class TestRememberedHead:
    def test_a_shortened_ledger_is_found(self, state_place: str, ledger: Ledger) -> None:
        fill(ledger)
        run_sql(state_place, "DELETE FROM ledger WHERE seq > ?", (3,))
        assert ledger.verify() == Altered(4, "missing: entries up to 5 were once written")

    def test_a_wholly_rewritten_ledger_is_found(self, state_place: str, ledger: Ledger) -> None:
        fill(ledger)
        run_sql(state_place, "DELETE FROM ledger WHERE seq > ?", (0,))
        last = None
        for number in range(1, 6):
            forged = make_entry(last, Kind.EVENT, {"forged": number}, at=1)
            run_sql(
                state_place,
                "INSERT INTO ledger (seq, at, kind, body, previous_hash, hash)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (number, 1.0, "event", to_text(forged.body), forged.previous_hash, forged.hash),
            )
            last = Head(forged.seq, forged.hash)
        found = ledger.verify()
        assert isinstance(found, Altered)
        assert (found.seq, "rewritten" in found.why) == (5, True)

    def test_without_a_head_verify_says_that_none_was_compared(
        self, state: State, head_file: Path, ledger: Ledger
    ) -> None:
        fill(ledger, 2)
        head_file.unlink()
        found = ledger.verify()
        assert isinstance(found, Intact)
        assert found.remembered is None
        assert isinstance(Ledger(state.database).verify(), Intact)

    def test_an_older_head_is_what_a_crash_leaves_and_no_alteration(
        self, head_file: Path, ledger: Ledger
    ) -> None:
        fill(ledger, 2)
        older = head_file.read_text()
        fill(ledger, 1)
        head_file.write_text(older)
        found = ledger.verify()
        assert isinstance(found, Intact)
        assert (found.count, found.remembered) == (3, 2)

    def test_a_writer_that_was_overtaken_does_not_turn_it_back(self, head_file: Path) -> None:
        for seq in (3, 2, 4, 1):
            HeadFile(head_file).advance(Head(seq, str(seq) * 64))
        assert HeadFile(head_file).read() == Head(4, "4" * 64)

    @pytest.mark.parametrize("content", ["", "[]", '{"seq": 0, "hash": ""}', '{"seq": 2}'])
    def test_a_touched_head_is_told_and_stays_for_evidence(
        self, head_file: Path, ledger: Ledger, content: str
    ) -> None:
        fill(ledger, 2)
        head_file.write_text(content)
        fill(ledger, 1)
        found = ledger.verify()
        assert isinstance(found, Altered)
        assert found.seq == 0
        assert head_file.read_text() == content


def test_many_writers_make_one_chain(
    state_place: str, ledger: Ledger, open_again: Callable[[], State], head_file: Path
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from caisson.ledger.chain import Kind; from caisson.ledger.ledger import Ledger\n"
        "from caisson.state.state import open_state\n"
        "ledger = Ledger(open_state(sys.argv[1]).database, Path(sys.argv[2]))\n"
        "for number in range(15): ledger.append(Kind.EVENT, {'number': number}, at=number)"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", code, state_place, str(head_file)])
        for _ in range(2)
    ]
    second = Ledger(open_again().database, head_file)
    threads = [
        threading.Thread(target=fill, args=(through, 15)) for through in (ledger, ledger, second)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait(timeout=60) for other in others] == [0, 0]
    found = ledger.verify()
    assert isinstance(found, Intact)
    assert (found.count, found.remembered) == (75, 75)


def test_the_ledger_is_read_and_verified_beside_its_writer(
    ledger: Ledger, open_again: Callable[..., State], head_file: Path
) -> None:
    fill(ledger)
    reader = Ledger(open_again(read_only=True).database, head_file)
    assert reader.verify() == ledger.verify()
    assert reader.entries() == ledger.entries()
    with pytest.raises(StateReadOnly):
        reader.append(Kind.EVENT, {}, at=1)
