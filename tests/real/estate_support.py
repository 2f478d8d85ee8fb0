"""Estates run through the command line as a user does, for the end-to-end tests."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from caisson.cli.client import Client
from caisson.targets.local import procfs
from caisson.targets.local.layout import Layout

CAISSON = (sys.executable, "-m", "caisson.cli.main")
WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
PATIENCE_S = 60.0

Component = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Login:
    """A service's own way into one store, from its connections file."""

    component: str
    store: str
    host: str
    port: int
    user: str
    password: str


@dataclass(frozen=True)
class EstateHere:
    """An estate in a folder of its own; commands run inside it, started with `prefix`."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()

    def caisson(self, *arguments: str, within_s: float = 120.0, **env: str) -> Ended:
        done = subprocess.run(
            (*self.prefix, *CAISSON, *arguments),
            cwd=self.folder,
            env={**os.environ, **self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=within_s,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command that stays; its output goes to `.out` and `.err` beside the folder."""
        with self._beside(".out").open("w") as out, self._beside(".err").open("w") as err:
            return subprocess.Popen(
                (*self.prefix, *CAISSON, *arguments),
                cwd=self.folder,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
                start_new_session=True,
            )

    def said(self) -> str:
        """What the command of `begin` has written until now."""
        return self._beside(".out").read_text() + self._beside(".err").read_text()

    def _beside(self, suffix: str) -> Path:
        return self.folder.with_name(self.folder.name + suffix)

    @property
    def layout(self) -> Layout:
        return Layout(self.folder.resolve())

    def client(self) -> Client:
        return Client(self.layout)

    def state(self) -> str:
        """`up`, `down`, or what the controller says of itself while it comes or goes."""
        return str(self.caisson("status", "--json").json["state"])

    def snapshot(self) -> dict[str, Any]:
        return self.client().snapshot()

    def components(self) -> dict[str, Component]:
        return {c["id"]: c for site in self.snapshot()["sites"] for c in site["components"]}

    def primaries(self) -> dict[str, str]:
        """Region of each primary, by `environment/jurisdiction/store`."""
        return {
            f"{site['environment']}/{site['jurisdiction']}/{component['name']}": site["region"]
            for site in self.snapshot()["sites"]
            for component in site["components"]
            if component["role"] == "primary"
        }

    def serving(self, environment: str) -> dict[str, str]:
        """The region that serves each jurisdiction of an environment."""
        return {
            site["jurisdiction"]: site["region"]
            for site in self.snapshot()["sites"]
            if site["environment"] == environment and site["jurisdiction"] and site["serves"]
        }

    def secrets(self) -> dict[str, str]:
        document = json.loads(self.layout.secrets.read_text())
        assert isinstance(document, dict)
        return document

    def logins(self, environment: str, region: str, service: str) -> dict[str, Login]:
        component = f"{environment}/{region}/{service}"
        stores = self.connections(component)["stores"]
        keys = ("host", "port", "user", "password")
        return {
            name: Login(f"{environment}/{region}/{name}", name, *(store[key] for key in keys))
            for name, store in stores.items()
        }

    def connections(self, service: str) -> dict[str, Any]:
        document = json.loads((self.layout.conf(service) / "connections.json").read_text())
        assert isinstance(document, dict)
        return document

    # -- what is left -----------------------------------------------------------------------

    def processes(self) -> dict[int, str]:
        """Every living process that has to do with this folder, with its command line."""
        return {
            process.pid: _text(process.pid, "cmdline").replace("\0", " ").strip()
            for process in procfs.snapshot()
            if not process.dead and process.pid != os.getpid() and self._is_ours(process.pid)
        }

    def _is_ours(self, pid: int) -> bool:
        mark = str(self.folder.resolve())
        return any(
            mark in text for text in (_text(pid, "cmdline"), _text(pid, "environ"), _cwd(pid))
        )

    def kill_everything(self) -> dict[int, str]:
        """The last resort, so that a failed test leaves nothing; what there was."""
        found = self.processes()
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found


def _text(pid: int, name: str) -> str:
    try:
        return os.fsdecode(Path(f"/proc/{pid}/{name}").read_bytes())
    except OSError:
        return ""


def _cwd(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""


def until(what: str, true: Callable[[], object], within_s: float = PATIENCE_S) -> float:
    """Wait for something that must come to pass; how many seconds it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within_s, f"not within {within_s:g} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began


def nothing_left(estate: EstateHere, within_s: float = 5.0) -> None:
    """Assert that no process of the estate is left, or is gone within that time."""
    with suppress(AssertionError):
        until("everything has ended", lambda: not estate.processes(), within_s)
    assert estate.processes() == {}


@contextmanager
def cleared(estate: EstateHere) -> Iterator[EstateHere]:
    """The estate, down at the end whatever happens; fails when `down` leaves a process."""
    try:
        yield estate
        if estate.processes():
            ended = estate.caisson("down")
            assert ended.code == 0, ended.said
        nothing_left(estate)
    finally:
        for _ in range(3):
            if not estate.kill_everything():
                break
            time.sleep(0.2)


def copy_of_workspace(folder: Path) -> Path:
    return shutil.copytree(
        WORKSPACE, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"), symlinks=False
    )


@dataclass(frozen=True)
class Answer:
    status: int
    body: str

    @property
    def json(self) -> dict[str, Any]:
        document = json.loads(self.body)
        assert isinstance(document, dict)
        return document


def http(
    method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send one request; an answer of any status is an answer."""
    request = urllib.request.Request(  # noqa: S310
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    try:
        with urllib.request.urlopen(request, timeout=15) as response:  # noqa: S310
            return Answer(response.status, response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode())


def answers(url: str) -> bool:
    try:
        return http("GET", url).status < 500
    except OSError:
        return False


def accepts(address: str) -> bool:
    parts = urlsplit(f"//{address}")
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((parts.hostname or "", parts.port or 0)) == 0


def memcached(login: Login, password: str, *commands: bytes) -> list[bytes]:
    """Authenticate and send commands; the first line of each answer."""
    pair = f"{login.user} {password}".encode()
    with socket.create_connection((login.host, login.port), 3.0) as connection:
        stream = connection.makefile("rwb")
        found = []
        for command in (b"set auth 0 0 %d\r\n%s" % (len(pair), pair), *commands):
            stream.write(command + b"\r\n")
            stream.flush()
            found.append(stream.readline().strip())
        return found


def listening(pids: Mapping[int, str]) -> dict[str, str]:
    """Every address that one of the processes listens on (TCP) or has bound (UDP) → by whom."""
    owners = {inode: command for pid, command in pids.items() for inode in _sockets_of(pid)}
    return {
        address: owners[inode]
        for table, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07"))
        for address, inode in _bound(table, state)
        if inode in owners
    }


def _sockets_of(pid: int) -> Iterator[str]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            name = str(entry.readlink())
            if name.startswith("socket:["):
                yield name[8:-1]


def _bound(table: str, state: str) -> Iterator[tuple[str, str]]:
    for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == state:
            yield _address(fields[1]), fields[9]


def _address(written: str) -> str:
    """`0100007F:1F90`: words of four bytes in the machine's order, here little-endian."""
    packed, port = written.split(":")
    words = [bytes.fromhex(packed[at : at + 8])[::-1] for at in range(0, len(packed), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return f"{socket.inet_ntop(family, b''.join(words))} port {int(port, 16)}"
