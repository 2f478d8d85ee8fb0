"""The controller's side of the supervisor: start it, command it, and clean up after it.

    supervisor = Supervisor.launch(run_dir, log)
    supervisor.start(ProcessSpec(...))
    fault = supervisor.lose_site("production/us-west", lease_s=5)

The supervisor lives exactly as long as its launcher: when that ends, however it ends, the
supervisor kills everything it owns. A process forked from the launcher without exec holds
the lifeline open too; do not fork so.
"""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import caisson
from caisson.targets.local import procfs, wire
from caisson.targets.local.wire import Event, ProcessSpec, ProcessState, StartResult, ToolResult

_RECORD = "processes.json"
_ANSWER_S = 15.0  # a strike may take 2 s, and the machine may be busy
_SWEEP_S = 10.0


class SupervisorError(Exception):
    """The supervisor refused, did not answer in time, or is gone; the message says which."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The last event of all: the supervisor has ended, and the processes that it started."""


class Supervisor:
    """Commands to a supervisor; thread-safe, each call waits for its answer.

    All calls raise SupervisorError.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", lifeline: socket.socket) -> None:
        self._process = process
        self._lifeline = lifeline
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Any]] = {}
        self._count = 0
        self._gone = False
        self._listeners: list[queue.SimpleQueue[Event | Gone]] = []
        self._hello: Future[wire.Hello] = Future()
        self._reader = threading.Thread(target=self._listen, name="supervisor", daemon=True)
        self._reader.start()

    @classmethod
    def launch(cls, run_dir: Path, log: Path, *, keep_uid: bool = False) -> "Supervisor":
        """Start a supervisor that records its processes in `run_dir` and complains to `log`.

        Root is shown to the processes as `nobody` unless `keep_uid`; see `refusal`.
        """
        run_dir.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        with theirs, log.open("ab") as output:
            process = subprocess.Popen(
                _command(theirs.fileno(), run_dir / _RECORD, keep_uid=keep_uid),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PYTHONPATH": str(Path(caisson.__file__).parents[1])},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        supervisor = cls(process, ours)
        try:
            _result(supervisor._hello, _ANSWER_S, f"has not started; see {log}")
        except SupervisorError:
            supervisor.close()
            raise
        return supervisor

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def refusal(self) -> str | None:
        """Why root could not be shown as `nobody`: the estate must be run as an ordinary user."""
        return self._hello.result(timeout=0).refusal

    def events(self) -> "queue.SimpleQueue[Event | Gone]":
        """A new queue of every event from now on; `Gone` is the last."""
        listener: queue.SimpleQueue[Event | Gone] = queue.SimpleQueue()
        with self._lock:
            self._listeners.append(listener)
            if self._gone:
                listener.put(Gone())
        return listener

    def start(self, spec: ProcessSpec) -> StartResult:
        """Start a server process and keep it running.

        What runs already with this very specification is left alone. On a lost or frozen site
        the wish is recorded (`held`) and fulfilled when the fault is undone.
        """
        return wire.restore(StartResult, self._ask(wire.Start(spec)))

    def stop(self, process_id: str, grace_s: float) -> None:
        """Stop a process, by force after `grace_s`; returns when it and its children are gone."""
        self._ask(wire.Stop(process_id, grace_s), grace_s)

    def run(
        self,
        site: str,
        argv: tuple[str, ...],
        *,
        env: dict[str, str],
        cwd: Path,
        timeout_s: float,
        stdin: str | None = None,
        into: Path | None = None,
        gently: bool = False,
    ) -> ToolResult:
        """Run a tool to its end; killed after `timeout_s`. What it leaves running is killed.

        With `into`, all of its output is in that file, which must not exist before.
        `gently`: it stands back for whoever else wants processor or disk.
        """
        request = wire.Run(site, argv, env, cwd, timeout_s, stdin, into, gently)
        return wire.restore(ToolResult, self._ask(request, timeout_s))

    def processes(self) -> tuple[ProcessState, ...]:
        """Every server process ever started here, the stopped ones included."""
        return tuple(wire.restore(ProcessState, it) for it in self._ask(wire.Processes()))

    def kill(self, process_id: str) -> None:
        """SIGKILL a process; supervision brings it back."""
        self._ask(wire.Kill(process_id))

    def lose_site(self, site: str, lease_s: float) -> str:
        """SIGKILL everything of a site and hold it down; returns the fault's id."""
        return str(self._ask(wire.LoseSite(site, lease_s)))

    def freeze_site(self, site: str, lease_s: float) -> str:
        """SIGSTOP everything of a site; returns the fault's id."""
        return str(self._ask(wire.FreezeSite(site, lease_s)))

    def renew(self, fault: str, lease_s: float) -> None:
        """Hold a fault for `lease_s` from now; refused when it is no longer held."""
        self._ask(wire.Renew(fault, lease_s))

    def undo(self, fault: str) -> bool:
        """Undo a fault: held processes start, frozen ones go on. False if it was not held."""
        return bool(self._ask(wire.Undo(fault)))

    def shutdown(self, grace_s: float) -> None:
        """Stop all processes side by side, by force after `grace_s`, and end the supervisor."""
        self._ask(wire.Shutdown(grace_s), grace_s)
        self.close()

    def close(self) -> None:
        """Let go of the lifeline: whatever still runs is killed. May be called twice."""
        with contextlib.suppress(OSError):
            self._lifeline.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(_ANSWER_S)
        except subprocess.TimeoutExpired as error:
            raise SupervisorError(
                f"the supervisor (pid {self.pid}) is still killing what it owns"
            ) from error
        self._reader.join(_ANSWER_S)
        self._lifeline.close()

    def _ask(self, request: wire.Request, longer_s: float = 0.0) -> Any:
        answer: Future[Any] = Future()
        what = type(request).__name__
        with self._lock:
            if self._gone:
                raise SupervisorError(f"{what}: the supervisor is gone, and all that it owned")
            self._count += 1
            number = self._count
            self._waiting[number] = answer
            try:
                self._lifeline.sendall(wire.encode_request(number, request))
            except OSError as error:
                raise SupervisorError(f"{what}: the supervisor is gone ({error})") from error
        try:
            return _result(answer, _ANSWER_S + longer_s, f"has not answered {what}")
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def _listen(self) -> None:
        lines = wire.Lines()
        try:
            while data := self._lifeline.recv(1 << 16):
                for line in lines.feed(data):
                    self._take(wire.decode_answer(line))
        except ConnectionError:
            pass  # it died with something unread: as good as its end
        finally:
            self._end()

    def _take(self, message: wire.Reply | Event) -> None:
        match message:
            case wire.Reply(number, value, error):
                with self._lock:
                    answer = self._waiting.get(number)
                if answer is not None and error is None:
                    answer.set_result(value)
                elif answer is not None:
                    answer.set_exception(SupervisorError(error))
            case wire.Hello():
                self._hello.set_result(message)
            case _:
                self._tell(message)

    def _tell(self, event: Event | Gone) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.put(event)

    def _end(self) -> None:
        with self._lock:
            self._gone = True
            unanswered = [self._hello, *self._waiting.values()]
        for answer in unanswered:
            if not answer.done():
                answer.set_exception(SupervisorError("the supervisor ended before it answered"))
        self._tell(Gone())


def _command(descriptor: int, record: Path, *, keep_uid: bool) -> list[str]:
    # -S: it needs no installed package, and without them it starts in half the time.
    program = [sys.executable, "-sSP", "-m", "caisson.targets.local.supervisor"]
    option = ["--keep-uid"] if keep_uid else []
    return [*program, str(descriptor), str(record.absolute()), *option]


def _result(answer: Future[Any], timeout_s: float, otherwise: str) -> Any:
    try:
        return answer.result(timeout_s)
    except TimeoutError as error:
        raise SupervisorError(f"the supervisor {otherwise} (waited {timeout_s:g} s)") from error


@dataclass(frozen=True, slots=True)
class Swept:
    """A process that a sweep killed, with `killed` counting it and its descendants."""

    id: str
    pid: int
    killed: int


def sweep(record: Path) -> tuple[Swept, ...]:
    """Kill exactly what a supervisor recorded and is still the same process, then the record.

    Only for a record whose controller is gone. Processes are the same when pid, start time
    and boot agree. Raises SupervisorError when the record cannot be read or a process
    does not die.
    """
    try:
        content = json.loads(record.read_text())
        boot, own, listed = content["boot_id"], content["supervisor"], content["processes"]
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError) as error:
        raise SupervisorError(f"{record} is no record of processes: {error}") from error
    swept: tuple[Swept, ...] = ()
    if boot == procfs.boot_id():
        swept = (*_sweep_supervisor(own), *_sweep_each(listed))
    record.unlink(missing_ok=True)
    return swept


def _sweep_supervisor(entry: dict[str, Any]) -> Iterable[Swept]:
    """The supervisor first: stopped, so that it restarts nothing while its children die."""
    handle = _same(entry)
    if handle is None:
        return ()
    try:
        signal.pidfd_send_signal(handle, signal.SIGSTOP)
        killed = _kill_below(entry["pid"])
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    finally:
        os.close(handle)
    return (Swept(entry["id"], entry["pid"], killed + 1),)


def _sweep_each(entries: list[dict[str, Any]]) -> Iterable[Swept]:
    for entry in entries:
        handle = _same(entry)
        if handle is None:
            continue
        try:
            below = procfs.trees([entry["pid"]], procfs.snapshot())
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)
        for process in below:
            _kill_same(process)
        yield Swept(entry["id"], entry["pid"], len(below))


def _same(entry: dict[str, Any]) -> int | None:
    """A handle on the recorded process; None when it is gone or its pid is another's now."""
    try:
        handle = os.pidfd_open(entry["pid"])
    except ProcessLookupError:
        return None
    process = procfs.read(entry["pid"])  # read after opening: the handle keeps the pid in use
    if process is None or process.dead or process.ticks != entry["started_at"]:
        os.close(handle)
        return None
    return handle


def _kill_below(pid: int) -> int:
    """Kill the descendants of a stopped subreaper, which inherits every orphan; how many."""
    killed: set[tuple[int, int]] = set()
    until = time.monotonic() + _SWEEP_S
    while below := [it for it in procfs.trees([pid], procfs.snapshot()) if it.pid != pid]:
        if time.monotonic() > until:
            raise SupervisorError(f"processes below pid {pid} do not die: {below}")
        for process in below:
            _kill_same(process)
            killed.add((process.pid, process.ticks))
        time.sleep(0.005)
    return len(killed)


def _kill_same(process: procfs.Process) -> None:
    handle = _same({"pid": process.pid, "started_at": process.ticks})
    if handle is not None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)
