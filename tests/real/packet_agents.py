"""Network namespaces in which real packets are sent; runs as root of a user namespace.

    unshare --user --map-root-user --pid --fork --kill-child --net python packet_agents.py < setup

Standard library only. One process lives in each network namespace and does there what it is told:
it is configured by `ip` and `nft`, serves ports, and tries to open connections. When the first
process of the namespace of processes ends, however it ends, the kernel ends all others.

The input is an object in JSON:

- `programs`: `ip` and `nft`, each with `path` and `environment`
- `cables`: pairs of ends, each `[namespace, device]`
- `namespaces`: by name `{"ip": [lines for ip -batch], "nft": ruleset, "serve": [[address,
  protocol, port]]}`
- `questions`: `[namespace, source address, target address, protocol, port, [source ports]]`

The output is a list of true and false, one for each question: whether a connection was opened
from any of the source ports.
"""

import ctypes
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

CLONE_NEWNET = 0x40000000
# What is refused is dropped, so nobody answers; what passes is answered at once, in one machine.
# Silence is counted and not timed, because a busy machine may not let this process run for long.
SILENCE_MS = 50
SILENCES = 5
MOST_AT_ONCE = 800
SETTINGS = {
    "net/ipv4/ip_forward": 1,
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/default/rp_filter": 0,
    "net/ipv4/conf/all/send_redirects": 0,
    "net/ipv4/conf/default/send_redirects": 0,
}

Try = tuple[str, str, str, int, int]  # source, target, protocol, port, source port


class Agent:
    """The process in one namespace, as seen from the one that leads."""

    def __init__(self, name: str) -> None:
        here, there = socket.socketpair()
        self.name = name
        self.pid = os.fork()
        if self.pid == 0:
            here.close()
            _live(there)
        there.close()
        self._lines = here.makefile("rw")
        self.answer()

    def send(self, *message: Any) -> None:
        self._lines.write(json.dumps(message) + "\n")
        self._lines.flush()

    def answer(self) -> Any:
        line = self._lines.readline()
        if not line:
            sys.exit(f"the process in the namespace {self.name} has died")
        problem, answer = json.loads(line)
        if problem:
            sys.exit(f"in the namespace {self.name}: {problem}")
        return answer


def _live(pipe: socket.socket) -> None:
    """Do what the leading process says, until it goes away."""
    lines = pipe.makefile("rw")
    made = ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == 0
    _reply(lines, None if made else f"unshare: {os.strerror(ctypes.get_errno())}", None)
    with suppress(ConnectionError):
        while line := lines.readline():
            _obey(lines, *json.loads(line))
    os._exit(0)


def _obey(lines: Any, verb: str, *arguments: Any) -> None:
    try:
        _reply(lines, None, _VERBS[verb](*arguments))
    except subprocess.CalledProcessError as problem:
        _reply(lines, f"{problem.cmd[0]}: {problem.stderr}", None)
    except OSError as problem:
        _reply(lines, f"{verb}: {problem}", None)


def _reply(lines: Any, problem: str | None, answer: Any) -> None:
    lines.write(json.dumps([problem, answer]) + "\n")
    lines.flush()


def _run(program: dict[str, Any], arguments: list[str], text: str) -> None:
    subprocess.run(
        [program["path"], *arguments],
        input=text,
        text=True,
        capture_output=True,
        check=True,
        env={**os.environ, **program["environment"]},
    )


def _configure(programs: dict[str, Any], ip: list[str], nft: str) -> None:
    for name, value in SETTINGS.items():
        Path("/proc/sys", name).write_text(str(value))
    _run(programs["ip"], ["-batch", "-"], "\n".join(ip) + "\n")
    if nft:
        _run(programs["nft"], ["-f", "-"], nft)


def _serve(seats: list[tuple[str, str, int]]) -> None:
    """Answer on ports, in a process of its own."""
    listening = [_listening(*each) for each in seats]
    if os.fork() == 0:
        _answer_all({each.fileno(): each for each in listening})


def _listening(address: str, protocol: str, port: int) -> socket.socket:
    server = socket.socket(socket.AF_INET, _kind(protocol))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    if protocol == "tcp":
        server.listen(4096)
    server.setblocking(False)
    return server


def _answer_all(servers: dict[int, socket.socket]) -> None:
    poll = select.poll()
    for number in servers:
        poll.register(number, select.POLLIN)
    while True:
        for number, _ in poll.poll():
            with suppress(BlockingIOError):
                while True:
                    _answer(servers[number])


def _answer(server: socket.socket) -> None:
    if server.type == socket.SOCK_STREAM:
        _reset(server.accept()[0])
        return
    data, address = server.recvfrom(64)
    with suppress(OSError):  # the namespace's own rules may refuse
        server.sendto(data, address)


def _reset(connection: socket.socket) -> None:
    """Close without leaving anything behind that waits."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _ask(tries: list[Try]) -> list[bool]:
    """Try all of them, many at once."""
    answers: list[bool] = []
    for begin in range(0, len(tries), MOST_AT_ONCE):
        answers += _ask_some(tries[begin : begin + MOST_AT_ONCE])
    return answers


def _ask_some(tries: list[Try]) -> list[bool]:
    answers = [False] * len(tries)
    waiting: dict[int, tuple[int, socket.socket]] = {}
    poll = select.poll()
    for number, each in enumerate(tries):
        sent = _send(_word(number), *each)
        if sent is not None:
            waiting[sent.fileno()] = (number, sent)
            poll.register(sent, select.POLLIN if each[2] == "udp" else select.POLLOUT)
    silences = 0
    while waiting and silences < SILENCES:
        ready = poll.poll(SILENCE_MS)
        silences = 0 if ready else silences + 1
        for descriptor, _ in ready:
            number, sent = waiting[descriptor]
            opened = _opened(sent, _word(number))
            if opened is not None:
                answers[number] = opened
                del waiting[descriptor]
                poll.unregister(descriptor)
                _close(sent)
    for _, sent in waiting.values():
        _close(sent)
    return answers


def _word(number: int) -> bytes:
    return f"try {number}".encode()


def _send(
    word: bytes, source: str, target: str, protocol: str, port: int, own: int
) -> socket.socket | None:
    sending = socket.socket(socket.AF_INET, _kind(protocol))
    sending.setblocking(False)
    sending.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sending.bind((source, own))
    problem = sending.connect_ex((target, port))
    if problem in (0, errno.EINPROGRESS):
        if protocol == "tcp":
            return sending
        # What the namespace's own rules drop is refused at once.
        with suppress(OSError):
            sending.send(word)
            return sending
    _close(sending)
    return None


def _kind(protocol: str) -> socket.SocketKind:
    return socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM


def _opened(sent: socket.socket, word: bytes) -> bool | None:
    """Tell what came of it, None when that was something else's answer.

    A datagram for the same port from elsewhere is taken in until the socket is connected.
    """
    if sent.type == socket.SOCK_STREAM:
        # Whoever serves opens connections and resets them.
        return sent.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, errno.ECONNRESET)
    try:
        return True if sent.recv(64) == word else None
    except OSError:
        return False


def _close(sent: socket.socket) -> None:
    if sent.type == socket.SOCK_STREAM:
        _reset(sent)
    else:
        sent.close()


_VERBS: dict[str, Callable[..., Any]] = {"configure": _configure, "serve": _serve, "ask": _ask}


def main() -> None:
    setup = json.load(sys.stdin)
    programs, namespaces = setup["programs"], setup["namespaces"]
    agents = {name: Agent(name) for name in namespaces}
    cables = [
        f"link add name {one[1]} netns {agents[one[0]].pid} type veth "
        f"peer name {other[1]} netns {agents[other[0]].pid}"
        for one, other in setup["cables"]
    ]
    _run(programs["ip"], ["-batch", "-"], "\n".join(cables) + "\n")
    _all(
        agents, {name: ("configure", programs, e["ip"], e["nft"]) for name, e in namespaces.items()}
    )
    _all(agents, {name: ("serve", each["serve"]) for name, each in namespaces.items()})
    json.dump(_asked(agents, setup["questions"]), sys.stdout)


def _all(agents: dict[str, Agent], messages: dict[str, Any]) -> dict[str, Any]:
    """Let all do something at the same time."""
    for name, message in messages.items():
        agents[name].send(*message)
    return {name: agents[name].answer() for name in messages}


def _asked(agents: dict[str, Agent], questions: list[Any]) -> list[bool]:
    """Ask from one source port each, then from the others.

    What nobody answered is asked once more at the end, for a busy machine may be slow.
    """
    answers = [False] * len(questions)
    for chosen in (slice(1), slice(1, None), slice(None)):
        tries = [
            (number, name, (source, target, protocol, port, each))
            for number, (name, source, target, protocol, port, own) in enumerate(questions)
            if not answers[number]
            for each in own[chosen]
        ]
        for number, opened in _tried(agents, tries):
            answers[number] |= opened
    return answers


def _tried(
    agents: dict[str, Agent], tries: list[tuple[int, str, Try]]
) -> Iterable[tuple[int, bool]]:
    mine = {name: [each for each in tries if each[1] == name] for name in agents}
    found = _all(agents, {name: ("ask", [each[2] for each in some]) for name, some in mine.items()})
    for name, some in mine.items():
        for (number, _, _), opened in zip(some, found[name], strict=True):
            yield number, opened


if __name__ == "__main__":
    main()
