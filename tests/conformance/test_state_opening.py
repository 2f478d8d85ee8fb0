"""Opening, locking, reading beside a writer, versions: the same in both places."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from state_places import break_sessions, run_sql

from caisson.state.errors import (
    StateError,
    StateLocked,
    StateMissing,
    StateNewer,
    StateReadOnly,
    StateUnavailable,
)
from caisson.state.json_text import Json
from caisson.state.schema import VERSIONS
from caisson.state.state import State, open_state

Open = Callable[..., State]


def test_what_was_put_is_there_when_opened_again(open_again: Open) -> None:
    value: Json = {"block": 40, "names": ["a", "ü \u0000 ? %s"], "none": None, "ratio": 0.1}
    with open_again() as first:
        first.settings.put("local/block", value)
    assert open_again().settings.get("local/block") == value


def test_settings_are_replaced_listed_by_prefix_and_removed(state: State) -> None:
    for name, value in (("faults/a", 1), ("faults/b", 2), ("faultsome", 3), ("faults/a", 4)):
        state.settings.put(name, value)
    assert state.settings.under("faults/") == {"faults/a": 4, "faults/b": 2}
    assert state.settings.remove("faults/a")
    assert not state.settings.remove("faults/a")
    assert state.settings.get("faults/a", "nothing") == "nothing"


def test_a_second_controller_is_refused_and_told_who_holds_the_state(
    state: State, open_again: Open
) -> None:
    state.acquire_exclusive()
    state.acquire_exclusive()
    with pytest.raises(StateLocked, match=f"process {os.getpid()}") as refusal:
        open_again().acquire_exclusive()
    assert refusal.value.holder
    state.close()
    open_again().acquire_exclusive()


def test_a_killed_controller_holds_nothing(state_place: str, open_again: Open) -> None:
    code = (
        "import sys, time; from caisson.state.state import open_state\n"
        "state = open_state(sys.argv[1]); state.acquire_exclusive()\n"
        "print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, state_place], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        state = open_again()
        with pytest.raises(StateLocked, match=f"process {holder.pid}"):
            state.acquire_exclusive()
    finally:
        holder.kill()
        holder.communicate()
    _acquire_once_the_server_noticed(state)


def _acquire_once_the_server_noticed(state: State) -> None:
    """Postgres learns of a client's death when it looks at the socket, not at that moment."""
    for _ in range(200):
        try:
            return state.acquire_exclusive()
        except StateLocked:
            threading.Event().wait(0.05)
    return state.acquire_exclusive()


def test_reading_works_beside_a_controller_and_cannot_write(state: State, open_again: Open) -> None:
    state.acquire_exclusive()
    reader = open_again(read_only=True)
    state.settings.put("a", 1)
    assert reader.settings.get("a") == 1
    with pytest.raises(StateReadOnly):
        reader.settings.put("a", 2)
    assert state.settings.get("a") == 1


def test_a_write_where_only_reading_was_announced_is_refused(state: State) -> None:
    state.settings.put("a", 1)
    with pytest.raises(StateUnavailable), state.database.reading() as session:
        session.run("DELETE FROM settings")
    assert state.settings.get("a") == 1
    state.settings.put("a", 2)


def test_reading_a_state_that_was_never_made_says_so(state_place: str) -> None:
    with pytest.raises(StateMissing, match="caisson up"):
        open_state(state_place, read_only=True)


def test_a_state_of_a_newer_version_is_refused(state_place: str, open_again: Open) -> None:
    open_again().close()
    run_sql(state_place, "UPDATE schema_version SET version = ?", (len(VERSIONS) + 7,))
    for read_only in (False, True):
        with pytest.raises(StateNewer, match=f"schema {len(VERSIONS) + 7}"):
            open_again(read_only=read_only)


def test_a_refusal_of_the_database_is_told_without_the_password(state: State) -> None:
    with pytest.raises(StateUnavailable) as refusal, state.database.writing() as session:
        session.run("INSERT INTO settings VALUES (NULL, NULL)")
    assert state.database.where in str(refusal.value)
    assert "never-shown" not in str(refusal.value)


def test_an_exception_undoes_the_whole_transaction(state: State) -> None:
    def put_and_fail() -> None:
        with state.database.writing() as session:
            session.run("INSERT INTO settings (name, value) VALUES (?, ?)", "a", "1")
            raise KeyError

    with pytest.raises(KeyError):
        put_and_fail()
    assert state.settings.get("a") is None


def test_a_transaction_within_a_transaction_is_refused(state: State) -> None:
    with state.database.writing(), pytest.raises(StateError, match="already open"):
        state.settings.put("a", 1)
    state.settings.put("a", 2)
    assert state.settings.get("a") == 2


def test_read_then_write_needs_no_retry_between_threads_and_processes(
    state: State, open_again: Open
) -> None:
    other = open_again()

    def count_up(through: State) -> None:
        for _ in range(20):
            with through.database.writing() as session:
                rows = session.rows("SELECT value FROM settings WHERE name = ?", "count")
                session.run("DELETE FROM settings WHERE name = ?", "count")
                session.run("INSERT INTO settings VALUES (?, ?)", "count", str(int(rows[0][0]) + 1))

    state.settings.put("count", 0)
    threads = [
        threading.Thread(target=count_up, args=(through,))
        for through in (state, state, other, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state.settings.get("count") == 80


def test_processes_that_open_a_new_state_at_once_all_succeed(
    state_place: str, open_again: Open
) -> None:
    code = (
        "import sys; from caisson.state.state import open_state\n"
        "open_state(sys.argv[1]).settings.put(sys.argv[2], 1)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, state_place, str(number)])
        for number in range(5)
    ]
    assert [process.wait(timeout=60) for process in started] == [0] * 5
    assert len(open_again().settings.under("")) == 5


class TestPostgresSessionLost:
    """Only the server can lose us; a file cannot."""

    @pytest.fixture
    def state_place(self, postgres_place: str) -> str:
        return postgres_place

    def test_the_next_transaction_connects_again(self, state_place: str, state: State) -> None:
        state.settings.put("a", 1)
        break_sessions(state_place)
        state.settings.put("a", 2)
        assert state.settings.get("a") == 2

    def test_the_lock_is_taken_again_before_anything_is_written(
        self, state_place: str, state: State, open_again: Open
    ) -> None:
        state.acquire_exclusive()
        break_sessions(state_place)
        state.settings.put("a", 1)
        with pytest.raises(StateLocked):
            open_again().acquire_exclusive()

    def test_nothing_is_written_once_another_has_the_lock(
        self, state_place: str, state: State, open_again: Open
    ) -> None:
        state.acquire_exclusive()
        break_sessions(state_place)
        open_again().acquire_exclusive()
        with pytest.raises(StateLocked):
            state.settings.put("a", 1)
        with pytest.raises(StateLocked):
            state.settings.put("a", 1)
        assert open_again(read_only=True).settings.get("a") is None
