"""Which acknowledged writes a restored copy must have, and what is told of those it lacks."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from caisson.execute.answers import Answer, Asked
from caisson.execute.asked_writes import Due, due_of, judged
from caisson.execute.extent import Extent
from caisson.state.errors import WritesDamaged
from caisson.state.writes import Recorded, Run, Write, drop_before, recorded
from caisson.topology.backups import Writes

QUESTION = Writes("web")
T = 1_800_000_000.0

WRITER = """
import itertools, sys
from pathlib import Path
from caisson.state.writes import Run, Write
run = Run(Path(sys.argv[1]), "1-drill-0001")
run.struck()
for number in itertools.count():
    run.acknowledged(Write("acme", "p", str(number), 1.0, 2.0))
    print(number, flush=True)
"""


def write(name: str, acknowledged: float, *, tenant: str = "acme") -> Write:
    """Acknowledged so many seconds after T, and begun a tenth before."""
    return Write(tenant, "page", name, T + acknowledged - 0.1, T + acknowledged)


def run(*writes: Write, lost: tuple[str, ...] = (), doubtful: bool = False) -> Recorded:
    return Recorded("1-drill-0001", writes, frozenset(lost), doubtful)


def answer(
    *runs: Recorded,
    present: str,
    until: float = 10,
    newest: bool = True,
    recovered: float = 20,
    set_back: float = 0.0,
) -> Answer:
    """What is told of a copy that has the writes `present`, a letter each."""
    extent = Extent(T + until, None if newest else T + until, newest=newest)
    due = due_of(QUESTION, runs, {"acme": set_back}, extent, T + recovered)
    return judged(due, set(present)) if isinstance(due, Due) else due


def test_what_was_acknowledged_before_the_last_commit_must_be_there() -> None:
    written = run(write("a", 1), write("b", 9.9), write("c", 15))
    assert answer(written, present="ab").wrong is None
    wrong = answer(written, present="a").wrong
    assert wrong is not None
    assert "1 of 2 that were acknowledged by then are missing, such as b on page" in wrong


def test_what_was_written_before_its_tenant_was_set_back_is_nobodys_loss() -> None:
    written = run(write("a", 1), write("b", 6))
    assert answer(written, present="b").wrong is not None
    assert answer(written, present="b", set_back=T + 5).wrong is None
    assert answer(written, present="a", set_back=T + 5).wrong is not None
    none_left = answer(written, present="", set_back=T + 8).not_asked
    assert none_left is not None
    assert "has no write" in none_left


def test_what_was_begun_after_the_moment_must_not_be_there() -> None:
    written = run(write("a", 1), write("b", 10.05), write("c", 15))
    assert answer(written, present="ab", newest=False).wrong is None  # b was under way
    wrong = answer(written, present="abc", newest=False).wrong
    assert wrong is not None
    assert "1 are there that were begun later, such as c" in wrong


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (run(), "has no write that was acknowledged by 2027-01-15 08:00:10"),
        (run(write("a", 11)), "has no write"),
        (run(write("a", 1, tenant="globex")), "has no write"),
        (run(write("a", 1), lost=("a",)), "has no write"),
        (run(write("a", 1), doubtful=True), "has no write"),
    ],
)
def test_without_a_write_that_is_due_the_question_was_not_asked(
    written: Recorded, why: str
) -> None:
    told = answer(written, present="a")
    assert why in (told.not_asked or "")
    asked = Asked((told,))
    assert not asked.everything
    assert str(asked).startswith("0 of 1 questions asked, all")


def test_what_the_estate_may_have_lost_itself_is_no_backups_fault_and_no_evidence() -> None:
    sure, doubtful = run(write("a", 1)), run(write("b", 2), doubtful=True)
    told = answer(sure, doubtful, present="a")
    assert told.wrong is None
    assert "1 are missing that a drill wrote which never counted" in (told.not_asked or "")
    assert answer(sure, doubtful, present="ab").not_asked is None


def test_the_rpo_is_the_age_of_the_oldest_write_that_is_missing() -> None:
    written = run(write("a", 1), write("b", 12), write("c", 18), write("d", 25))
    lack = answer(written, present="a").lack
    assert lack is not None
    assert (lack.looked_for, lack.missing, lack.rpo_s) == (3, 2, 8.0)


def test_silence_of_the_probe_is_no_measurement() -> None:
    early = answer(run(write("a", 1), write("b", 9)), present="ab", recovered=60).lack
    assert early is not None
    assert early.rpo_s is None
    late = answer(run(write("a", 1), write("b", 9)), present="ab", recovered=12).lack
    assert late is not None
    assert late.rpo_s == 3.0  # nobody tried since
    unsure = answer(run(write("a", 1)), run(write("b", 15), doubtful=True), present="a").lack
    assert unsure is not None
    assert unsure.rpo_s is None
    assert answer(run(write("a", 1)), present="a", newest=False).lack is None


def test_the_ledger_of_a_killed_probe_has_all_that_it_was_told(tmp_path: Path) -> None:
    folder = tmp_path / "writes"
    command = (sys.executable, "-c", WRITER, str(folder))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline().strip() for _ in range(200)]
        writer.send_signal(signal.SIGKILL)
        told += [line.strip() for line in writer.stdout if line.endswith("\n")]
    (path,) = folder.iterdir()
    with path.open("ab") as file:
        file.write(b'["write","acme","p","torn')
    (found,) = recorded(folder)
    assert {each.id for each in found.writes} >= set(told)
    assert "torn" not in {each.id for each in found.writes}
    assert found.doubtful


def test_the_ledger_is_private_counts_and_is_dropped_when_it_is_old(tmp_path: Path) -> None:
    assert recorded(tmp_path / "nothing") == ()
    ledger = Run(tmp_path, "1-drill-0001")
    ledger.struck()
    for name in ("a", "b"):
        ledger.acknowledged(write(name, 1))
    ledger.counted(["b"])
    ledger.close()
    assert recorded(tmp_path) == (run(write("a", 1), write("b", 1), lost=("b",)),)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    drop_before(tmp_path, time.time() - 60)
    assert list(tmp_path.iterdir()) == [path]
    drop_before(tmp_path, time.time() + 60)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_ledger_is_not_taken_for_a_shorter_one(tmp_path: Path) -> None:
    path = tmp_path / "1-drill-0001.jsonl"
    for line in ("nonsense", '["write", "acme"]', "{}"):
        path.write_text(f'{line}\n["struck"]\n')
        with pytest.raises(WritesDamaged, match="line 1: "):
            recorded(tmp_path)


def test_a_ledger_that_cannot_be_kept_stops_nobody_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    ledger = Run(tmp_path / "taken", "1-drill-0001")
    ledger.acknowledged(write("a", 1))
    ledger.close()
    assert ledger.failure is not None
