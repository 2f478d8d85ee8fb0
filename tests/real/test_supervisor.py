"""The supervisor with real processes: shells, sleeps, daemons, and one Postgres."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from pathlib import Path

import psycopg
import pytest

from caisson.targets.local import procfs
from caisson.targets.local.supervision import Gone, Supervisor, SupervisorError, sweep
from caisson.targets.local.wire import Exited, FaultUndone, ProcessSpec, ProcessState, Restarted

ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
HERE, THERE = "production/us-west", "production/us-east"
_marks = count()

# Leaves its session and is orphaned, as daemons do; then the shell waits like a server.
DAEMON = "(setsid sh -c 'sleep {0} & sleep {0}' &) ; sleep {0} & wait"

Start = Callable[..., ProcessSpec]


def until(what: str, true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something that must come to pass; the time is only how long to hope."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


@pytest.fixture
def mark() -> str:
    """Seconds to sleep that no other process sleeps, to find a test's processes by."""
    return f"{100000 + os.getpid()}.{next(_marks)}7"


def living(mark: str) -> list[procfs.Process]:
    """Processes, by whomever owned, whose command line has the mark."""
    found = []
    for process in procfs.snapshot():
        try:
            command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if mark.encode() in command and not process.dead and process.pid != os.getpid():
            found.append(process)
    return found


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    launched = Supervisor.launch(tmp_path / "run", tmp_path / "supervisor.log")
    yield launched
    launched.close()
    assert (tmp_path / "supervisor.log").read_text() == ""


def specify(folder: Path, name: str, *argv: str, site: str = HERE, restart: bool = True,
            stop_signal: int = signal.SIGTERM) -> ProcessSpec:  # fmt: skip
    log = folder / f"{name}.log"
    return ProcessSpec(name, site, argv, ENV, folder, log, int(stop_signal), restart)


@pytest.fixture
def start(supervisor: Supervisor, tmp_path: Path) -> Start:
    def start(name: str, *argv: str, **more: object) -> ProcessSpec:
        spec = specify(tmp_path, name, *argv, **more)  # type: ignore[arg-type]
        supervisor.start(spec)
        return spec

    return start


def state(supervisor: Supervisor, name: str) -> ProcessState:
    return {it.id: it for it in supervisor.processes()}[name]


# Servers


def test_a_killed_server_comes_back(supervisor: Supervisor, start: Start, mark: str) -> None:
    events = supervisor.events()
    start("one", "sleep", mark)
    first = state(supervisor, "one")
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    until("restarted", lambda: state(supervisor, "one").restarts == 1)
    again = state(supervisor, "one")
    assert (again.state, again.last_exit) == ("running", -signal.SIGKILL)
    assert [process.pid for process in living(mark)] == [again.pid]
    assert events.get(timeout=5).id == "one"  # type: ignore[union-attr]
    assert events.get(timeout=5) == Exited("one", -signal.SIGKILL)
    assert events.get(timeout=5) == Restarted("one", again.pid or 0, 1)


def test_the_kill_command_brings_down_all_that_a_server_started(
    supervisor: Supervisor, start: Start, mark: str
) -> None:
    start("daemon", "sh", "-c", DAEMON.format(mark))
    until("daemon is up", lambda: len(living(mark)) == 5)
    before = {process.pid for process in living(mark)}
    supervisor.kill("daemon")
    until("restarted whole", lambda: len({it.pid for it in living(mark)} - before) == 5)
    assert not before & {process.pid for process in living(mark)}


def test_a_server_that_keeps_failing_is_started_ever_more_slowly(
    supervisor: Supervisor, start: Start, tmp_path: Path
) -> None:
    start("flapping", "sh", "-c", "date +%s.%N >> starts; exit 7")
    until("four restarts", lambda: state(supervisor, "flapping").restarts >= 4)
    until("it ended again", lambda: state(supervisor, "flapping").state == "backoff")
    supervisor.stop("flapping", 1)
    assert state(supervisor, "flapping").state == "stopped"
    assert state(supervisor, "flapping").last_exit == 7
    starts = [float(line) for line in (tmp_path / "starts").read_text().split()]
    gaps = [after - before for before, after in pairwise(starts)]
    assert all(gap >= least for gap, least in zip(gaps, (0, 0.1, 0.2, 0.4), strict=False))


def test_a_failing_server_shows_as_backoff(supervisor: Supervisor, start: Start) -> None:
    start("flapping", "false")
    until("backoff", lambda: state(supervisor, "flapping").state == "backoff")
    assert state(supervisor, "flapping").pid is None


def test_what_need_not_run_for_ever_may_end(supervisor: Supervisor, start: Start) -> None:
    start("once", "sh", "-c", "exit 3", restart=False)
    until("stopped", lambda: state(supervisor, "once").state == "stopped")
    assert (state(supervisor, "once").last_exit, state(supervisor, "once").restarts) == (3, 0)


def test_starting_again_what_runs_changes_nothing(
    supervisor: Supervisor, start: Start, mark: str, tmp_path: Path
) -> None:
    spec = start("one", "sleep", mark)
    assert supervisor.start(spec).pid == state(supervisor, "one").pid
    assert len(living(mark)) == 1
    with pytest.raises(SupervisorError, match="another specification"):
        supervisor.start(specify(tmp_path, "one", "sleep", mark, site=THERE))


def test_a_program_that_cannot_be_started_is_named(supervisor: Supervisor, start: Start) -> None:
    with pytest.raises(SupervisorError, match=r"cannot start one: .*'no-such-program'"):
        start("one", "no-such-program")
    assert supervisor.processes() == ()


SEE = """
import os
print(open("/proc/self/environ").read())
print([fd for fd in range(256) if os.path.exists(f"/proc/self/fd/{fd}")])
print(os.readlink("/proc/self/fd/0"))
print(os.getsid(0) == os.getpgid(0) == os.getpid())
"""


def test_a_process_has_its_own_environment_session_and_files(
    supervisor: Supervisor, start: Start, tmp_path: Path
) -> None:
    start("see", sys.executable, "-ISc", SEE, restart=False)
    until("it ended", lambda: state(supervisor, "see").state == "stopped")
    seen = (tmp_path / "see.log").read_text().splitlines()
    assert seen == [f"PATH={ENV['PATH']}\0", "[0, 1, 2]", "/dev/null", "True"]


def test_output_is_appended(supervisor: Supervisor, start: Start, tmp_path: Path) -> None:
    (tmp_path / "talk.log").write_text("before\n")
    start("talk", "sh", "-c", "echo out; echo err >&2", restart=False)
    until("it ended", lambda: state(supervisor, "talk").state == "stopped")
    assert (tmp_path / "talk.log").read_text() == "before\nout\nerr\n"


# Stopping


def test_stop_asks_first(supervisor: Supervisor, start: Start, tmp_path: Path) -> None:
    script = "trap 'echo bye; exit 0' INT; echo ready; while :; do sleep 0.05; done"
    start("polite", "sh", "-c", script, stop_signal=signal.SIGINT)
    until("ready", lambda: "ready" in (tmp_path / "polite.log").read_text())
    supervisor.stop("polite", 30)
    assert state(supervisor, "polite").last_exit == 0
    assert (tmp_path / "polite.log").read_text().endswith("bye\n")


def test_stop_ends_by_force_what_does_not_listen(
    supervisor: Supervisor, start: Start, mark: str
) -> None:
    start("stubborn", "sh", "-c", f"trap '' TERM; {DAEMON.format(mark)}; wait; sleep {mark}")
    until("daemon is up", lambda: len(living(mark)) == 5)
    supervisor.stop("stubborn", 0.2)
    assert living(mark) == []
    assert state(supervisor, "stubborn").state == "stopped"


def test_stops_run_side_by_side(supervisor: Supervisor, start: Start, mark: str) -> None:
    start("slow", "sh", "-c", f"trap '' TERM; while :; do sleep 0.05; done; : {mark}")
    start("quick", "sleep", mark)
    until("both run", lambda: len(living(mark)) == 2)
    waiting = threading.Thread(target=supervisor.stop, args=("slow", 60))
    waiting.start()
    until("slow is unwanted", lambda: len(living(mark)) == 2 and waiting.is_alive())
    supervisor.stop("quick", 60)
    assert waiting.is_alive()
    assert len(living(mark)) == 1
    supervisor.kill("slow")
    waiting.join(20)
    assert not waiting.is_alive()
    assert living(mark) == []


def test_shutdown_stops_all_frozen_ones_too(
    supervisor: Supervisor, start: Start, mark: str, tmp_path: Path
) -> None:
    start("one", "sh", "-c", DAEMON.format(mark))
    script = f"trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done; {mark}"
    start("two", "sh", "-c", script, site=THERE)
    until("ready", lambda: "ready" in (tmp_path / "two.log").read_text())
    supervisor.freeze_site(THERE, 60)
    supervisor.shutdown(20)
    assert living(mark) == []
    assert (tmp_path / "two.log").read_text().endswith("bye\n")
    assert not (tmp_path / "run" / "processes.json").exists()
    with pytest.raises(SupervisorError, match="gone"):
        supervisor.processes()


# Tools


def test_a_tool_gives_its_code_and_output(supervisor: Supervisor, tmp_path: Path) -> None:
    argv = ("sh", "-c", "cat; pwd; echo problem >&2; exit 4")
    result = supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=20, stdin="päss\n")
    assert (result.exit_code, result.timed_out) == (4, False)
    assert result.output == f"päss\n{tmp_path}\nproblem\n"


def test_of_much_output_the_end_is_kept(supervisor: Supervisor, tmp_path: Path) -> None:
    argv = ("sh", "-c", "seq 1 100000; echo end")
    result = supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=60)
    assert len(result.output) == 64 * 1024
    assert result.output.endswith("\n99999\n100000\nend\n")


def test_all_that_a_tool_says_goes_into_a_private_file(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    argv = ("sh", "-c", "seq 1 50000; echo it failed >&2; exit 3")
    into = tmp_path / "said"
    result = supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=20, into=into)
    assert (result.exit_code, result.output) == (3, "")
    assert into.read_text().splitlines() == [*map(str, range(1, 50001)), "it failed"]
    assert into.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SupervisorError, match="File exists"):
        supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=20, into=into)


def test_a_tool_that_runs_gently_and_its_children_stand_back(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    session = Path("/proc/self/autogroup")
    argv = ("sh", "-c", "nice; sed 's/.*nice/session/' /proc/self/autogroup; true")
    for gently, urgency in ((False, os.nice(0)), (True, os.nice(0) + 10)):
        said = supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=20, gently=gently)
        lines = said.output.splitlines()
        assert lines[0] == str(urgency)
        if session.exists():
            assert lines[1] == f"session {10 if gently else 0}"


def test_a_tool_that_takes_too_long_is_killed_with_all_it_started(
    supervisor: Supervisor, mark: str, tmp_path: Path
) -> None:
    argv = ("sh", "-c", f"echo begun; {DAEMON.format(mark)}")
    result = supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=0.5)
    assert (result.exit_code, result.timed_out) == (-signal.SIGKILL, True)
    assert result.output == "begun\n"
    assert living(mark) == []


def test_a_tool_holds_up_nobody(supervisor: Supervisor, mark: str, tmp_path: Path) -> None:
    results = []

    def tool() -> None:
        argv = ("sh", "-c", f"while ! test -e go; do sleep 0.05; done; : {mark}")
        results.append(supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=60))

    running = threading.Thread(target=tool)
    running.start()
    until("tool runs", lambda: living(mark))
    assert supervisor.processes() == ()
    (tmp_path / "go").touch()
    running.join(20)
    assert [result.exit_code for result in results] == [0]


def test_a_tool_that_cannot_be_started_is_named(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(SupervisorError, match="no-such-tool"):
        supervisor.run(HERE, ("no-such-tool",), env=ENV, cwd=tmp_path, timeout_s=5)


# Faults


def test_a_lost_site_is_dead_until_its_fault_is_undone(
    supervisor: Supervisor, start: Start, mark: str, tmp_path: Path
) -> None:
    start("daemon", "sh", "-c", DAEMON.format(mark))
    start("unwanted", "sleep", mark)
    other = start("other", "sleep", f"{mark}1", site=THERE)
    until("all run", lambda: len(living(f"{mark}1")) == 1 and len(living(mark)) == 7)
    fault = supervisor.lose_site(HERE, 60)
    assert living(f"{mark}1") == living(mark)  # only the other site's process is left
    assert len(living(mark)) == 1
    assert {it.id: it.state for it in supervisor.processes()} == {
        "daemon": "held", "unwanted": "held", "other": "running",
    }  # fmt: skip
    assert supervisor.start(specify(tmp_path, "late", "sleep", mark)).held
    assert not supervisor.start(other).held
    supervisor.stop("unwanted", 1)
    with pytest.raises(SupervisorError, match="site production/us-west is lost"):
        supervisor.run(HERE, ("true",), env=ENV, cwd=tmp_path, timeout_s=5)
    with pytest.raises(SupervisorError, match="does not run"):
        supervisor.kill("daemon")
    assert len(living(mark)) == 1
    assert supervisor.undo(fault)
    assert {it.id: it.state for it in supervisor.processes()} == {
        "daemon": "running", "unwanted": "stopped", "other": "running", "late": "running",
    }  # fmt: skip
    assert not supervisor.undo(fault)


def test_losing_a_site_kills_its_tools(supervisor: Supervisor, mark: str, tmp_path: Path) -> None:
    results = []

    def tool() -> None:
        argv = ("sh", "-c", DAEMON.format(mark))
        results.append(supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=60))

    running = threading.Thread(target=tool)
    running.start()
    until("tool runs", lambda: len(living(mark)) == 5)
    supervisor.lose_site(HERE, 60)
    assert living(mark) == []
    running.join(20)
    assert [result.exit_code for result in results] == [-signal.SIGKILL]


def test_a_held_process_starts_as_it_was_last_specified(
    supervisor: Supervisor, start: Start, mark: str
) -> None:
    start("one", "sleep", mark)
    fault = supervisor.lose_site(HERE, 60)
    start("one", "sleep", f"{mark}2")
    supervisor.undo(fault)
    until("the newer runs", lambda: len(living(f"{mark}2")) == 1)
    assert len(living(mark)) == 1


def test_a_fault_ends_with_its_lease(supervisor: Supervisor, start: Start, mark: str) -> None:
    events = supervisor.events()
    start("one", "sleep", mark)
    fault = supervisor.lose_site(HERE, 0.2)
    until("back", lambda: state(supervisor, "one").state == "running")
    seen = [events.get(timeout=5) for _ in range(4)]
    assert FaultUndone(fault, HERE, "expired") in seen
    with pytest.raises(SupervisorError, match="its lease expired"):
        supervisor.renew(fault, 5)


def test_a_renewed_fault_outlasts_its_first_lease(
    supervisor: Supervisor, start: Start, mark: str
) -> None:
    start("one", "sleep", mark)
    fault = supervisor.freeze_site(HERE, 1)
    supervisor.renew(fault, 60)
    time.sleep(1.2)
    assert state(supervisor, "one").state == "frozen"
    assert all(process.stopped for process in living(mark))


def test_a_frozen_site_stands_still_and_goes_on(
    supervisor: Supervisor, start: Start, mark: str, tmp_path: Path
) -> None:
    tick = f"while :; do echo tick; sleep 0.02; done; : {mark}"
    start("ticking", "sh", "-c", f"setsid sh -c '{tick}' & wait")
    log = tmp_path / "ticking.log"
    until("it ticks", lambda: log.stat().st_size > 50)
    pid = state(supervisor, "ticking").pid
    fault = supervisor.freeze_site(HERE, 60)
    assert living(mark)
    assert all(process.stopped for process in living(mark))
    size = log.stat().st_size
    with pytest.raises(SupervisorError, match=r"does not answer: its site .* is frozen"):
        supervisor.stop("ticking", 1)
    with pytest.raises(SupervisorError, match="lost or frozen"):
        supervisor.run(HERE, ("true",), env=ENV, cwd=tmp_path, timeout_s=5)
    assert supervisor.start(specify(tmp_path, "late", "sleep", mark)).held
    time.sleep(0.3)
    assert log.stat().st_size == size
    supervisor.undo(fault)
    until("it ticks on", lambda: log.stat().st_size > size)
    assert state(supervisor, "ticking").pid == pid
    assert state(supervisor, "late").state == "running"


def test_freezing_reaches_a_site_that_keeps_forking(
    supervisor: Supervisor, start: Start, mark: str, tmp_path: Path
) -> None:
    start("forking", "sh", "-c", f"while :; do sh -c 'echo x >> out'; done; : {mark}")
    until("it forks", (tmp_path / "out").exists)
    pid = state(supervisor, "forking").pid
    assert pid is not None
    supervisor.freeze_site(HERE, 60)
    tree = procfs.trees([pid], procfs.snapshot())
    assert all(process.stopped or process.waits for process in tree)
    size = (tmp_path / "out").stat().st_size
    time.sleep(0.3)
    assert (tmp_path / "out").stat().st_size == size


def test_what_dies_in_a_frozen_site_is_held(
    supervisor: Supervisor, start: Start, mark: str
) -> None:
    start("one", "sleep", mark)
    fault = supervisor.freeze_site(HERE, 60)
    supervisor.kill("one")
    until("held", lambda: state(supervisor, "one").state == "held")
    supervisor.undo(fault)
    assert state(supervisor, "one").state == "running"


def test_a_site_is_back_when_its_last_fault_is_undone(
    supervisor: Supervisor, start: Start, mark: str
) -> None:
    start("one", "sleep", mark)
    frozen, lost = supervisor.freeze_site(HERE, 60), supervisor.lose_site(HERE, 60)
    supervisor.undo(frozen)
    assert state(supervisor, "one").state == "held"
    supervisor.undo(lost)
    assert state(supervisor, "one").state == "running"


# The worst that can happen

CONTROLLER = """
import sys, time
from pathlib import Path
from caisson.targets.local.supervision import Supervisor
from caisson.targets.local.wire import ProcessSpec

folder, argv = Path(sys.argv[1]), tuple(sys.argv[2:])
supervisor = Supervisor.launch(folder / "run", folder / "supervisor.log")
for name in ("one", "two"):
    log = folder / f"{name}.log"
    supervisor.start(ProcessSpec(name, name, argv, {"PATH": "/usr/bin:/bin"}, folder, log, 15, True))
print(supervisor.pid, flush=True)
sys.stdin.readline()
supervisor.freeze_site("two", 600)
print("frozen", flush=True)
time.sleep(600)
"""  # noqa: E501
BOTH_AND_CONTROLLER = 11  # five processes each; the controller has the mark in its arguments


@pytest.fixture
def controller(tmp_path: Path, mark: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A controller with a running and a frozen daemon, and its supervisor's pid."""
    argv = [sys.executable, "-c", CONTROLLER, str(tmp_path), "sh", "-c", DAEMON.format(mark)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        assert process.stdin
        assert process.stdout
        pid = int(process.stdout.readline())
        until("both daemons are up", lambda: len(living(mark)) == BOTH_AND_CONTROLLER)
        process.stdin.write("go on\n")
        assert process.stdout.readline() == "frozen\n"
        yield process, pid
        process.kill()


def gone(pid: int) -> bool:
    process = procfs.read(pid)
    return process is None or process.dead


def test_nothing_outlives_a_killed_controller(
    controller: tuple["subprocess.Popen[str]", int], mark: str, tmp_path: Path
) -> None:
    process, pid = controller
    process.kill()
    process.wait()
    until("nothing is left", lambda: not living(mark) and gone(pid))
    assert not (tmp_path / "run" / "processes.json").exists()


def test_a_frozen_controller_costs_nothing(
    controller: tuple["subprocess.Popen[str]", int], mark: str, tmp_path: Path
) -> None:
    process, pid = controller
    process.send_signal(signal.SIGSTOP)
    recorded = json.loads((tmp_path / "run" / "processes.json").read_text())["processes"]
    one = next(it["pid"] for it in recorded if it["id"] == "one")
    os.kill(one, signal.SIGKILL)
    until("supervised all the same", lambda: len(living(mark)) == BOTH_AND_CONTROLLER and gone(one))
    process.send_signal(signal.SIGCONT)
    assert not gone(pid)


def test_servers_die_with_a_killed_supervisor(supervisor: Supervisor, start: Start, mark: str
                                              ) -> None:  # fmt: skip
    events = supervisor.events()
    start("one", "sleep", mark)
    start("two", "sleep", mark, site=THERE)
    supervisor.freeze_site(THERE, 60)
    os.kill(supervisor.pid, signal.SIGKILL)
    until("servers are gone", lambda: not living(mark))
    until("the client is told", lambda: isinstance(events.get(timeout=5), Gone))
    with pytest.raises(SupervisorError, match="gone"):
        supervisor.processes()
    assert isinstance(supervisor.events().get(timeout=1), Gone)


def test_signals_of_the_terminal_do_not_end_the_supervisor(
    supervisor: Supervisor, start: Start, mark: str
) -> None:
    start("one", "sleep", mark)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(supervisor.pid, number)
    assert state(supervisor, "one").state == "running"
    assert os.getsid(supervisor.pid) == supervisor.pid


def test_sweep_ends_a_supervisor_that_hangs(
    controller: tuple["subprocess.Popen[str]", int], mark: str, tmp_path: Path
) -> None:
    process, pid = controller
    os.kill(pid, signal.SIGSTOP)
    process.kill()
    process.wait()
    assert len(living(mark)) == BOTH_AND_CONTROLLER - 1
    swept = sweep(tmp_path / "run" / "processes.json")
    assert [it.id for it in swept] == ["supervisor"]
    assert living(mark) == []
    until("the supervisor is gone", lambda: gone(pid))
    assert sweep(tmp_path / "run" / "processes.json") == ()


def record(path: Path, process: procfs.Process, *, later: int = 0, boot: str = "") -> Path:
    entry = {"id": "one", "pid": process.pid, "started_at": process.ticks + later}
    never = {"id": "supervisor", "pid": 2**22 + 1, "started_at": 1}
    content = {"boot_id": boot or procfs.boot_id(), "supervisor": never, "processes": [entry]}
    path.write_text(json.dumps(content))
    return path


def test_sweep_kills_only_the_very_process_recorded(tmp_path: Path, mark: str) -> None:
    with subprocess.Popen(["sh", "-c", f"sleep {mark} & wait"]) as process:
        until("it runs", lambda: len(living(mark)) == 2)
        known = procfs.read(process.pid)
        assert known is not None
        assert sweep(record(tmp_path / "r", known, later=1)) == ()
        assert sweep(record(tmp_path / "r", known, boot="of another day")) == ()
        assert process.poll() is None
        assert len(living(mark)) == 2
        (swept,) = sweep(record(tmp_path / "r", known))
        assert (swept.id, swept.pid, swept.killed) == ("one", process.pid, 2)
        assert process.wait(20) == -signal.SIGKILL
    until("its child is gone", lambda: not living(mark))
    assert not (tmp_path / "r").exists()


def test_sweep_names_a_record_that_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("{")
    with pytest.raises(SupervisorError, match="no record of processes"):
        sweep(tmp_path / "r")


# Who the processes are


def test_root_shows_as_nobody(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    (tmp_path / "secret").chmod(0o600)
    argv = ("sh", "-c", "id -u; cat secret")
    shown = supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=20).output
    if os.geteuid() != 0:
        assert shown == f"{os.geteuid()}\nmine"
    elif supervisor.refusal is None:
        assert shown == "65534\nmine"
    else:
        assert "user namespace" in supervisor.refusal


def test_the_uid_can_be_kept(tmp_path: Path) -> None:
    supervisor = Supervisor.launch(tmp_path / "run", tmp_path / "log", keep_uid=True)
    argv = ("id", "-u")
    shown = supervisor.run(HERE, argv, env=ENV, cwd=tmp_path, timeout_s=20).output
    supervisor.shutdown(1)
    assert int(shown) == os.geteuid()


# A server of several processes


@pytest.fixture
def postgres(supervisor: Supervisor, tmp_path: Path) -> tuple[ProcessSpec, str]:
    """A cluster's specification and how to connect to it."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("no Postgres in /usr/lib/postgresql")
    with socket.create_server(("127.77.0.1", 0)) as free:
        port = free.getsockname()[1]
    data, initdb = tmp_path / "data", str(folders[-1] / "initdb")
    made = supervisor.run(
        HERE,
        (initdb, "-D", str(data), "-E", "UTF8", "-A", "trust", "-U", "caisson", "--no-sync"),
        env=ENV, cwd=tmp_path, timeout_s=120,
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    argv = (str(folders[-1] / "postgres"), "-D", str(data), "-p", str(port),
            "-c", "listen_addresses=127.77.0.1", "-c", "unix_socket_directories=")  # fmt: skip
    spec = specify(tmp_path, "blocks", *argv, stop_signal=signal.SIGINT)
    return spec, f"host=127.77.0.1 port={port} user=caisson dbname=postgres connect_timeout=5"


def answers(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_a_real_postgres_is_owned_whole(
    supervisor: Supervisor, postgres: tuple[ProcessSpec, str], tmp_path: Path
) -> None:
    spec, dsn = postgres
    data = str(tmp_path / "data")
    supervisor.start(spec)
    until("it answers", lambda: answers(dsn), 60)

    supervisor.kill("blocks")
    until("it is back", lambda: state(supervisor, "blocks").restarts == 1 and answers(dsn), 60)

    pid = state(supervisor, "blocks").pid
    assert pid is not None
    fault = supervisor.freeze_site(HERE, 60)
    tree = procfs.trees([pid], procfs.snapshot())
    assert len(tree) > 3
    assert all(process.stopped for process in tree)
    supervisor.undo(fault)
    until("it answers again", lambda: answers(dsn), 60)

    fault = supervisor.lose_site(HERE, 60)
    assert living(data) == []
    assert not answers(dsn)
    supervisor.undo(fault)
    until("it has recovered", lambda: answers(dsn), 60)

    supervisor.stop("blocks", 60)
    assert state(supervisor, "blocks").last_exit == 0
    assert living(data) == []


def test_a_real_postgres_does_not_outlive_the_supervisor(
    supervisor: Supervisor, postgres: tuple[ProcessSpec, str]
) -> None:
    spec, dsn = postgres
    supervisor.start(spec)
    until("it answers", lambda: answers(dsn), 60)
    tree = procfs.trees([state(supervisor, "blocks").pid or 0], procfs.snapshot())
    os.kill(supervisor.pid, signal.SIGKILL)
    until("every process of it is gone", lambda: all(gone(it.pid) for it in tree))
