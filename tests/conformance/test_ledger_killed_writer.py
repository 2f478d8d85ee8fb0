"""A writer is killed with SIGKILL at random moments: what it reported as written is there."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from caisson.ledger.chain import Intact
from caisson.ledger.ledger import Ledger
from caisson.state.journal import StepState
from caisson.state.state import State

KILLS = 30

# Begins an operation, then tells each thing after it was written: `entry 5`, `step 3`.
WRITER = """
import sys
from pathlib import Path
from caisson.ledger.chain import Kind
from caisson.ledger.ledger import Ledger
from caisson.state.state import open_state

state = open_state(sys.argv[1])
ledger = Ledger(state.database, Path(sys.argv[2]))
operation = state.journal.begin("failover", "production/us", "{}", 1, steps=["s"] * 500)
print("operation", operation, flush=True)
for index in range(500):
    state.journal.step_started(operation, index)
    print("entry", ledger.append(Kind.EVENT, {"index": index}, at=index).seq, flush=True)
    state.journal.step_done(operation, index)
    print("step", index, flush=True)
"""


def test_nothing_reported_is_lost_and_everything_opens(
    state_place: str, open_again: Callable[[], State], tmp_path: Path
) -> None:
    head_file = tmp_path / "ledger.head"
    open_again().close()
    moments = random.Random(4711)  # noqa: S311 - moments to kill at, no secret
    entries_reported = 0
    for kill in range(1, KILLS + 1):
        operation, entries, steps = _killed_writer(state_place, head_file, moments)
        entries_reported = max(entries_reported, entries)
        with open_again() as state:
            state_of = {one.id: one for one in state.journal.unfinished()}[operation]
            assert len(state.journal.unfinished()) == kill
            done = [step for step in state_of.steps if step.state is StepState.DONE]
            assert len(done) >= steps
            found = Ledger(state.database, head_file).verify()
            assert isinstance(found, Intact), found
            assert found.count >= entries_reported
    assert entries_reported > KILLS


def _killed_writer(place: str, head_file: Path, moments: random.Random) -> tuple[str, int, int]:
    """Kill a writer some time after its first report; what it reported until then."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, place, str(head_file)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout
        operation = writer.stdout.readline().split()[1]
        time.sleep(moments.uniform(0, 0.1))
    finally:
        writer.kill()
        rest, _ = writer.communicate()
    # A kill may cut the last line short; it was not reported then.
    reports = [line.split() for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    entries = [int(number) for what, number in reports if what == "entry"]
    return operation, max(entries, default=0), sum(what == "step" for what, _ in reports)
