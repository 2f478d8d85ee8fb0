"""`caisson doctor`: what is there, what is missing, what was left behind."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import HOLDS, caisson, shop

from caisson.state.state import open_state
from caisson.targets.local import procfs
from caisson.targets.local.binaries import BinaryMissingError, find


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shop(tmp_path, HOLDS).parent


@pytest.fixture
def other() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is not ours."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()


def condition(folder: Path, name: str) -> dict[str, object]:
    conditions = caisson("doctor", folder, "--json").json["conditions"]
    return next(each for each in conditions if each["name"] == name)


def record(folder: Path, pid: int, *, ticks: int, boot_id: str | None = None) -> None:
    run = folder / ".caisson" / "run"
    run.mkdir(parents=True)
    entry = {"id": "production/us-west/orders", "pid": pid, "started_at": ticks}
    gone = {"id": "supervisor", "pid": 2**22 - 1, "started_at": 1}
    content = {
        "boot_id": boot_id or procfs.boot_id(),
        "supervisor": gone,
        "processes": [entry],
    }
    (run / "processes.json").write_text(json.dumps(content))


def ticks_of(pid: int) -> int:
    process = procfs.read(pid)
    assert process is not None
    return process.ticks


def test_programs_are_named_with_version_and_place(folder: Path) -> None:
    postgres = find("postgres")
    found = condition(folder, "postgres")
    assert found["ok"] is True
    assert str(postgres.path) in str(found["found"])
    assert postgres.version in str(found["found"])


def test_nothing_is_written(folder: Path) -> None:
    caisson("doctor", folder)
    assert not (folder / ".caisson").exists()


def test_only_programs_that_the_estate_needs_are_missed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a cache where nothing was unpacked there is no program at all."""
    monkeypatch.setenv("CAISSON_BINARIES", "cache")
    monkeypatch.setenv("CAISSON_CACHE", str(tmp_path / "cache"))
    with pytest.raises(BinaryMissingError) as missing:
        find("postgres")
    postgres = condition(folder, "postgres")
    assert (postgres["ok"], postgres["remedy"]) == (False, missing.value.command)
    assert condition(folder, "memcached")["ok"] is True
    assert condition(folder, "pgbackrest")["ok"] is True
    estate = folder / "estate.yaml"
    backed_up = "system: postgres, backup: {every: 1d, keep: 7d},"
    estate.write_text(estate.read_text().replace("system: postgres,", backed_up))
    assert condition(folder, "pgbackrest")["ok"] is False
    ended = caisson("doctor", folder)
    assert ended.code == 1
    assert f"→ {missing.value.command}" in ended.out


def test_a_server_that_outlived_its_controller_is_found(
    folder: Path, other: "subprocess.Popen[bytes]"
) -> None:
    record(folder, other.pid, ticks=ticks_of(other.pid))
    left = condition(folder, "leftovers")
    assert left["remedy"] == f"caisson down {folder}"
    assert f"production/us-west/orders (pid {other.pid})" in str(left["found"])
    assert caisson("doctor", folder).code == 1


@pytest.mark.parametrize("difference", ["ticks", "boot"])
def test_a_pid_that_was_given_to_somebody_else_is_no_leftover(
    folder: Path, other: "subprocess.Popen[bytes]", difference: str
) -> None:
    ticks = ticks_of(other.pid)
    if difference == "ticks":
        record(folder, other.pid, ticks=ticks - 1)
    else:
        record(folder, other.pid, ticks=ticks, boot_id="another boot")
    assert condition(folder, "leftovers")["ok"] is True


def test_what_a_killed_controller_left_goes_with_down(folder: Path) -> None:
    controller = folder / ".caisson" / "controller.json"
    controller.parent.mkdir()
    controller.write_text(json.dumps({"url": "http://127.0.0.1:1", "token": "t", "pid": 2**22 - 1}))
    assert condition(folder, "controller")["remedy"] == f"caisson down {folder}"
    assert caisson("down", folder).code == 0
    assert condition(folder, "controller")["found"] == "down"


def test_a_running_controller_is_told_by_its_lock(folder: Path) -> None:
    with open_state(folder / ".caisson" / "state.sqlite") as state:
        assert condition(folder, "controller")["found"] == "down"
        state.acquire_exclusive()
        found = condition(folder, "controller")
        assert (found["ok"], found["found"]) == (True, f"up, process {os.getpid()}")


def test_who_holds_a_block_of_addresses_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    locks = tmp_path / "caisson-addresses"
    locks.mkdir()
    (locks / "127.41.lock").touch()
    with (locks / "127.40.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = str(condition(folder, "blocks")["found"])
    assert found == f"held: 127.40 by process {os.getpid()} in {Path.cwd()}"


def test_a_damaged_state_is_a_problem(folder: Path) -> None:
    state = folder / ".caisson" / "state.sqlite"
    state.parent.mkdir()
    state.write_bytes(b"this is no database" * 100)
    assert condition(folder, "state")["ok"] is False
    assert condition(folder, "ledger")["ok"] is False


def test_mistakes_of_the_estate_are_problems(folder: Path) -> None:
    file = folder / "estate.yaml"
    file.write_text(file.read_text().replace("postgres", "postgre"))
    found = condition(folder, "estate")
    assert found["remedy"] == "did you mean `postgres`?"
    assert f"{file}:8" in str(found["found"])
    assert caisson("doctor", folder).code == 1


def test_without_an_estate_the_machine_is_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = caisson("doctor")
    assert "there is none in this folder" in ended.out
    assert "python" in ended.out


def test_a_path_that_leads_nowhere_is_wrong_input(tmp_path: Path) -> None:
    ended = caisson("doctor", tmp_path / "absent")
    assert ended.code == 2
    assert "there is no such file or folder" in ended.err
