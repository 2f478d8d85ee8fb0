"""The process that owns every server process of an estate on this machine.

    controller ══ socket pair: commands, and lifeline ══▶ supervisor ──▶ servers and tools
               ◀═════════════ replies, events ══════════

One thread, one loop. When the lifeline ends, for whatever reason, everything below is killed
and the supervisor exits. When the supervisor itself is killed, the kernel kills its children.

Every child is a subreaper: whatever it starts stays below it while it lives. So a process
that the supervisor adopts has lost the server it belonged to, and is killed at once.

Run as `python -m caisson.targets.local.supervisor FD RECORD [--keep-uid]`; the client is
`caisson.targets.local.supervision`. Only the standard library is imported, to start quickly.
"""

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caisson.targets.local import procfs, signals, spawning, wire
from caisson.targets.local.channel import Channel
from caisson.targets.local.owned import Body, Fault, Server, Tool
from caisson.targets.local.record import Record

_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 2.0
_SOUND_LIFE_S = 10.0  # a server that lived this long is restarted at once again
_OUTPUT_KEPT = 64 * 1024
_STRIKE_MOST_S = 2.0  # a process in an uninterruptible wait must not hold up the loop


class RefusedError(Exception):
    """The request cannot be done; the message says why."""


class Keeper:
    """Owns servers, tools and faults, and answers the controller's requests."""

    def __init__(self, sock: socket.socket, record: Path) -> None:
        self._selector = selectors.DefaultSelector()
        self._channel = Channel(sock, self._selector)
        self._selector.register(signals.child_signals(), selectors.EVENT_READ, signals.empty)
        self._record = Record(record)
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._servers: dict[str, Server] = {}
        self._tools: list[Tool] = []
        self._faults: dict[str, Fault] = {}
        self._fault_count = 0
        self._shutdown: int | None = None  # the request to answer when all is gone

    # The loop

    def run(self, refusal: str | None) -> None:
        """Serve until the lifeline ends or a shutdown is complete; nothing is left behind."""
        self._channel.send(wire.Hello(os.getpid(), os.getuid(), refusal))
        try:
            while self._channel.open and not self._over():
                self._turn()
        finally:
            signals.kill_all_below()
            self._record.remove()
        if self._shutdown is not None:
            self._channel.send(wire.Reply(self._shutdown))
            self._channel.drain()

    def _turn(self) -> None:
        self._record.write(self._living())
        self._channel.flush()
        for key, _ in self._selector.select(self._pause()):
            if key.data is not None:
                key.data(key.fd)
        for line in self._channel.receive():
            self._take(line)
        self._reap()
        self._act_on_time()

    def _over(self) -> bool:
        return self._shutdown is not None and not any(self._bodies())

    def _pause(self) -> float | None:
        """Seconds until something is due by the clock, None when nothing is."""
        times = [fault.expires for fault in self._faults.values()]
        times += [tool.kill_at for tool in self._tools if not tool.timed_out]
        for server in self._servers.values():
            times += [at for at in (server.kill_at, server.restart_at) if at is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _act_on_time(self) -> None:
        now = time.monotonic()
        for fault in [it for it in self._faults.values() if it.expires <= now]:
            self._lift(fault, "expired")
        for tool in self._tools:
            if not tool.timed_out and tool.kill_at <= now:
                tool.timed_out = True
                signals.send_group(tool.body.pid, signal.SIGKILL)
        for server in self._servers.values():
            if server.kill_at is not None and server.kill_at <= now:
                server.kill_at = None
                self._kill_tree(server)
            if server.restart_at is not None and server.restart_at <= now:
                self._restart(server)

    # Requests

    def _take(self, line: bytes) -> None:
        try:
            number, request = wire.decode_request(line)
        except wire.WireError as error:
            sys.stderr.write(f"supervisor: {error}\n")  # without a number there is nobody to answer
            return
        try:
            reply = self._answer(number, request)
        except (RefusedError, OSError) as error:
            reply = wire.Reply(number, error=str(error))
        if reply is not None:
            self._channel.send(reply)

    def _answer(  # noqa: C901  (one flat table)
        self, number: int, request: wire.Request
    ) -> wire.Reply | None:
        """The reply, or None when it follows later."""
        value: Any = None
        match request:
            case wire.Start(spec):
                value = wire.plain(self._start(spec))
            case wire.Stop(name, grace_s):
                if self._stop(number, self._server(name), grace_s):
                    return None
            case wire.Run():
                self._run_tool(number, request)
                return None
            case wire.Processes():
                value = [wire.plain(self._state(it)) for it in self._servers.values()]
            case wire.Kill(name):
                self._kill(self._server(name))
            case wire.LoseSite(site, lease_s):
                value = self._lose(site, lease_s)
            case wire.FreezeSite(site, lease_s):
                value = self._freeze(site, lease_s)
            case wire.Renew(fault, lease_s):
                self._renew(fault, lease_s)
            case wire.Undo(fault):
                value = self._undo(fault)
            case wire.Shutdown(grace_s):
                self._shut_down(number, grace_s)
                return None
        return wire.Reply(number, value)

    def _server(self, name: str) -> Server:
        if name not in self._servers:
            raise RefusedError(f"no process {name} has been started here")
        return self._servers[name]

    def _refuse_when_ending(self) -> None:
        if self._shutdown is not None:
            raise RefusedError("the supervisor is shutting down and starts nothing")

    # Servers

    def _start(self, spec: wire.ProcessSpec) -> wire.StartResult:
        self._refuse_when_ending()
        server = self._servers.get(spec.id) or Server(spec)
        if server.body is None:
            server.spec, server.delay_s, server.restart_at = spec, 0.0, None
            self._bring_up(server)
        elif server.spec != spec:
            raise RefusedError(f"{spec.id} runs with another specification: stop it first")
        elif not server.wanted:
            raise RefusedError(f"{spec.id} is being stopped: start it when it is gone")
        self._servers[spec.id] = server
        return wire.StartResult(server.body.pid if server.body else None, self._struck(spec.site))

    def _bring_up(self, server: Server) -> None:
        """Make it wanted and, where its site lets it, start it."""
        if not self._struck(server.spec.site):
            try:
                self._spawn(server)
            except OSError as error:
                raise RefusedError(f"cannot start {server.spec.id}: {error}") from error
            self._channel.send(wire.Started(server.spec.id, _pid(server)))
        server.wanted = True

    def _spawn(self, server: Server) -> None:
        spec = server.spec
        log = os.open(spec.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            server.body = _spawn(spec.site, spec.argv, spec.env, spec.cwd, (self._null, log))
        finally:
            os.close(log)

    def _restart(self, server: Server) -> None:
        server.restart_at = None
        try:
            self._spawn(server)
        except OSError:
            server.last_exit = 127  # as a shell reports a program that it could not start
            self._back_off(server)
            return
        server.restarts += 1
        event = wire.Restarted(server.spec.id, _pid(server), server.restarts)
        self._channel.send(event)

    def _back_off(self, server: Server) -> None:
        server.restart_at = time.monotonic() + server.delay_s
        server.delay_s = min(max(2 * server.delay_s, _FIRST_DELAY_S), _LONGEST_DELAY_S)

    def _stop(self, number: int, server: Server, grace_s: float) -> bool:
        """Whether it lives, so that the reply must wait until it is gone."""
        name, site = server.spec.id, server.spec.site
        if server.body is not None and self._struck(site, "frozen"):
            raise RefusedError(f"{name} does not answer: its site {site} is frozen")
        server.wanted, server.restart_at = False, None
        if server.body is None:
            return False
        server.stops.append(number)
        self._ask_to_end(server, grace_s)
        return True

    def _ask_to_end(self, server: Server, grace_s: float) -> None:
        due = time.monotonic() + grace_s
        server.kill_at = due if server.kill_at is None else min(due, server.kill_at)
        signals.send_group(_pid(server), server.spec.stop_signal)

    def _kill(self, server: Server) -> None:
        if server.body is None:
            raise RefusedError(f"{server.spec.id} does not run")
        signals.send_group(server.body.pid, signal.SIGKILL)

    def _kill_tree(self, server: Server) -> None:
        if server.body is not None:
            signals.send_group(server.body.pid, signal.SIGKILL)
            signals.send_each(procfs.trees([server.body.pid], procfs.snapshot()), signal.SIGKILL)

    def _state(self, server: Server) -> wire.ProcessState:
        body = server.body
        return wire.ProcessState(
            id=server.spec.id,
            site=server.spec.site,
            pid=body.pid if body else None,
            started_at=body.ticks if body else None,
            state=self._condition(server),
            restarts=server.restarts,
            last_exit=server.last_exit,
        )

    def _condition(self, server: Server) -> str:
        site = server.spec.site
        if server.body is not None:
            return "frozen" if self._struck(site, "frozen") else "running"
        if not server.wanted:
            return "stopped"
        return "held" if self._struck(site) else "backoff"

    # Tools

    def _run_tool(self, number: int, request: wire.Run) -> None:
        self._refuse_when_ending()
        if self._struck(request.site):
            raise RefusedError(
                f"{request.argv[0]} cannot run: site {request.site} is lost or frozen"
            )
        source, sink = _output(request.into)
        stdin = self._input(request.stdin)
        try:
            body = _spawn(
                request.site,
                request.argv,
                request.env,
                request.cwd,
                (stdin, sink),
                gently=request.gently,
            )
        except OSError as error:
            if source is not None:
                os.close(source)
            raise RefusedError(f"cannot run {request.argv[0]}: {error}") from error
        finally:
            os.close(sink)
            if stdin != self._null:
                os.close(stdin)
        tool = Tool(number, body, source, time.monotonic() + request.timeout_s)
        self._tools.append(tool)
        if source is not None:
            os.set_blocking(source, False)
            self._selector.register(source, selectors.EVENT_READ, lambda _: self._read(tool))

    def _input(self, text: str | None) -> int:
        if text is None:
            return self._null
        memory = os.memfd_create("stdin")
        with open(memory, "wb", closefd=False) as file:
            file.write(text.encode())
        os.lseek(memory, 0, os.SEEK_SET)
        return memory

    def _read(self, tool: Tool) -> bool:
        """Take some output; False when there is none now or no more at all."""
        if tool.pipe is None:
            return False
        try:
            data = os.read(tool.pipe, _OUTPUT_KEPT)
        except BlockingIOError:
            return False
        if not data:
            self._unregister(tool.pipe)
        tool.output += data
        del tool.output[:-_OUTPUT_KEPT]
        return bool(data)

    def _unregister(self, pipe: int) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(pipe)

    def _tool_gone(self, tool: Tool, exit_code: int) -> None:
        while self._read(tool):
            pass
        if tool.pipe is not None:
            self._unregister(tool.pipe)
            os.close(tool.pipe)
        self._tools.remove(tool)
        output = tool.output.decode(errors="replace")
        result = wire.ToolResult(exit_code, output, tool.timed_out)
        self._channel.send(wire.Reply(tool.request, wire.plain(result)))

    # Deaths

    def _bodies(self, site: str | None = None) -> Iterator[Body]:
        """What lives, or left something behind that does; of one site if given."""
        bodies = [server.body for server in self._servers.values()]
        bodies += [tool.body for tool in self._tools]
        return (it for it in bodies if it is not None and site in (None, it.site))

    def _living(self) -> Iterator[tuple[str, Body]]:
        for name, server in self._servers.items():
            if server.body is not None:
                yield name, server.body
        for tool in self._tools:
            yield "tool", tool.body

    def _adopted(self) -> frozenset[int]:
        """Orphans of servers that have died; see the top of this file."""
        return procfs.children_of_self() - {body.pid for body in self._bodies()}

    def _reap(self) -> None:
        dead = dict(signals.reaped())
        if not dead:
            return
        ended = [it for it in self._bodies() if it.pid in dead or it.leftovers & dead.keys()]
        for body in ended:
            if body.pid in dead and body.exit_code is None:
                body.exit_code = dead[body.pid]
        adopted = self._adopted()
        for pid in adopted:
            signals.send(pid, signal.SIGKILL)
        for body in ended:
            body.leftovers -= dead.keys()
            body.leftovers |= adopted
        self._bury()

    def _bury(self) -> None:
        for server in self._servers.values():
            body = server.body
            if body and body.exit_code is not None and not body.leftovers:
                self._server_gone(server, body, body.exit_code)
        for tool in list(self._tools):
            if tool.body.exit_code is not None and not tool.body.leftovers:
                self._tool_gone(tool, tool.body.exit_code)

    def _server_gone(self, server: Server, body: Body, exit_code: int) -> None:
        server.body, server.kill_at, server.last_exit = None, None, exit_code
        self._channel.send(wire.Exited(server.spec.id, exit_code))
        for number in server.stops:
            self._channel.send(wire.Reply(number))
        server.stops.clear()
        if self._struck(body.site):
            return  # held: started again when the fault is undone
        server.wanted = server.wanted and server.spec.restart
        if server.wanted:
            if time.monotonic() - body.began >= _SOUND_LIFE_S:
                server.delay_s = 0.0
            self._back_off(server)

    # Faults

    def _struck(self, site: str, kind: str | None = None) -> bool:
        faults = self._faults.values()
        return any(it.site == site and kind in (None, it.kind) for it in faults)

    def _strike(self, kind: str, site: str, lease_s: float) -> Fault:
        """Establish the fault; from here on nothing of the site is started."""
        self._refuse_when_ending()
        self._fault_count += 1
        name = f"{kind}-{os.getpid()}-{self._fault_count}"
        fault = Fault(name, kind, site, time.monotonic() + lease_s)
        self._faults[name] = fault
        for server in self._servers.values():
            if server.spec.site == site:
                server.restart_at = None
        return fault

    def _lose(self, site: str, lease_s: float) -> str:
        fault = self._strike("lost", site, lease_s)
        until = time.monotonic() + _STRIKE_MOST_S
        while (roots := self._roots(site)) and time.monotonic() < until:
            victims = procfs.trees(roots, procfs.snapshot())
            signals.send_each(victims, signal.SIGKILL)
            time.sleep(signals.SETTLE_S)
            self._reap()
        fault.expires = time.monotonic() + lease_s
        return fault.id

    def _roots(self, site: str) -> frozenset[int]:
        """Pids below which everything of the site is found, the orphans of its dead included."""
        bodies = list(self._bodies(site))
        alive = {body.pid for body in bodies if body.exit_code is None}
        return frozenset(alive.union(*(body.leftovers for body in bodies)))

    def _freeze(self, site: str, lease_s: float) -> str:
        fault = self._strike("frozen", site, lease_s)
        until = time.monotonic() + _STRIKE_MOST_S
        told: set[int] = set()
        still = 0  # a process forked while its parent was being stopped shows in a second look
        while still < 2 and time.monotonic() < until:  # noqa: PLR2004
            tree = procfs.trees(self._roots(site), procfs.snapshot())
            moving = [it for it in tree if not (it.stopped or (it.waits and it.pid in told))]
            signals.send_each(moving, signal.SIGSTOP)
            told |= {process.pid for process in moving}
            still = 0 if moving else still + 1
            time.sleep(signals.SETTLE_S)
        fault.expires = time.monotonic() + lease_s
        return fault.id

    def _renew(self, name: str, lease_s: float) -> None:
        if name not in self._faults:
            raise RefusedError(f"fault {name} is not held: it was undone, or its lease expired")
        self._faults[name].expires = time.monotonic() + lease_s

    def _undo(self, name: str) -> bool:
        """False when the fault was no longer held."""
        fault = self._faults.get(name)
        if fault is not None:
            self._lift(fault, "asked")
        return fault is not None

    def _lift(self, fault: Fault, reason: str) -> None:
        del self._faults[fault.id]
        if not self._struck(fault.site, "frozen"):
            self._thaw(fault.site)
        if not self._struck(fault.site):
            for server in self._servers.values():
                if server.spec.site == fault.site and server.wanted and server.body is None:
                    self._release(server)
        self._channel.send(wire.FaultUndone(fault.id, fault.site, reason))

    def _thaw(self, site: str) -> None:
        signals.send_each(procfs.trees(self._roots(site), procfs.snapshot()), signal.SIGCONT)

    def _release(self, server: Server) -> None:
        """Start a server that was held; as it is wanted, a failure is tried again."""
        server.delay_s = 0.0
        try:
            self._bring_up(server)
        except RefusedError:
            server.last_exit = 127
            self._back_off(server)

    # The end

    def _shut_down(self, number: int, grace_s: float) -> None:
        self._refuse_when_ending()
        for fault in list(self._faults.values()):
            del self._faults[fault.id]
            self._thaw(fault.site)
        self._shutdown = number
        for tool in self._tools:
            signals.send_group(tool.body.pid, signal.SIGKILL)
        for server in self._servers.values():
            server.wanted, server.restart_at = False, None
            if server.body is not None:
                self._ask_to_end(server, grace_s)


def _output(file: Path | None) -> tuple[int | None, int]:
    """Where to read what a tool says, None when it goes into a file; and where the tool writes."""
    if file is None:
        return os.pipe()
    return None, os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)


def _pid(server: Server) -> int:
    if server.body is None:
        raise RefusedError(f"{server.spec.id} does not run")
    return server.body.pid


def _spawn(
    site: str,
    argv: tuple[str, ...],
    env: dict[str, str],
    cwd: Path,
    ends: tuple[int, int],
    *,
    gently: bool = False,
) -> Body:
    pid = spawning.spawn(argv, env, cwd, *ends, gently=gently)
    process = procfs.read(pid)  # unreaped, so it is there even if it has ended
    return Body(site, pid, process.ticks if process else 0, time.monotonic())


def _show_as_nobody() -> str | None:
    """Why root cannot be shown as nobody, None when that is not needed or done."""
    if os.geteuid() != 0:
        return None
    try:
        spawning.enter_user_namespace()
    except OSError as error:
        return f"this machine lets root enter no user namespace ({error.strerror})"
    return None


def main() -> None:
    descriptor, record, *options = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    refusal = None if "--keep-uid" in options else _show_as_nobody()
    spawning.become_subreaper()
    sock = socket.socket(fileno=int(descriptor))
    sock.set_inheritable(False)
    Keeper(sock, Path(record)).run(refusal)


if __name__ == "__main__":
    main()
