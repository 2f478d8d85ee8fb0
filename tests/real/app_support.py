"""Real servers around the reference application, for tests/real/test_workspace_app.py."""

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import psycopg

from caisson.targets.local.binaries import find

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
HOST = "127.0.0.1"
PASSWORD = "pass-of-web"
SHARDS = 2
_PATIENCE_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < ends, f"waited in vain for: {what}"
        time.sleep(0.02)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def running(
    argv: Sequence[str], stop: signal.Signals, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=WORKSPACE,
            env={**os.environ, **(env or {})},
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.send_signal(stop)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def program(name: str) -> tuple[str, ...]:
    """How to start a server; Postgres refuses a uid that shows as 0."""
    path = str(find(name).path)
    if os.geteuid() == 0:
        return ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--", path)
    return (path,)


@dataclass(frozen=True)
class Postgres:
    port: int
    data: Path
    process: subprocess.Popen[bytes]

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(_conninfo(self.port), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stopped with all its backends, as if its machine stood still."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        pid = self.process.pid
        os.kill(pid, number)
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), number)


def _conninfo(port: int) -> str:
    return f"host={HOST} port={port} dbname=blocks user=owner password=owner connect_timeout=5"


def make_template(folder: Path) -> Path:
    """An initialised data directory, to be copied: `initdb` is the slow part."""
    password = folder / "password"
    password.write_text("owner")
    data = folder / "template"
    options = ("-E", "UTF8", "-U", "owner", "-A", "scram-sha-256", "--no-sync")
    subprocess.run(
        (*program("initdb"), "-D", str(data), *options, f"--pwfile={password}"),
        check=True,
        capture_output=True,
    )
    return data


@contextmanager
def postgres(template: Path, folder: Path) -> Iterator[Postgres]:
    """A primary with the application's schema, and a role that may read and write rows only."""
    shutil.copytree(template, folder)
    port = free_port()
    settings = {"listen_addresses": HOST, "port": str(port), "unix_socket_directories": ""}
    options = [f"--{name}={value}" for name, value in settings.items()]
    argv = (*program("postgres"), "-D", str(folder), *options)
    with running(argv, signal.SIGQUIT, folder.with_suffix(".log")) as process:
        wait_until(lambda: _answers(port), "Postgres")
        server = Postgres(port, folder, process)
        _provision(server)
        yield server


def _answers(port: int) -> bool:
    try:
        psycopg.connect(_conninfo(port), dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _provision(server: Postgres) -> None:
    with psycopg.connect(_conninfo(server.port), dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE blocks")
    schema = (WORKSPACE / "app" / "schema.sql").read_text()
    server.sql(f"CREATE ROLE web LOGIN PASSWORD '{PASSWORD}'")
    for shard in range(SHARDS):
        name = f"shard_{shard}"
        twice = f"SET search_path = {name}; {schema} {schema}"
        server.sql(f"CREATE SCHEMA {name}; {twice}; GRANT USAGE ON SCHEMA {name} TO web")
        rights = "SELECT, INSERT, UPDATE, DELETE"
        server.sql(f"GRANT {rights} ON ALL TABLES IN SCHEMA {name} TO web")


@contextmanager
def redis(folder: Path) -> Iterator[int]:
    port = free_port()
    conf = folder / f"redis-{port}.conf"
    conf.write_text(
        f'bind {HOST}\nport {port}\nsave ""\nuser default off\n'
        f"user web on >{PASSWORD} ~session:* +get +set +ping\n"
    )
    argv = (str(find("redis-server").path), str(conf))
    with running(argv, signal.SIGKILL, folder / f"redis-{port}.log"):
        wait_until(lambda: accepts(port), "Redis")
        yield port


@contextmanager
def memcached(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    secrets = folder / f"memcached-{port}"
    secrets.write_text(f"web:{PASSWORD}\n")
    argv = [str(find("memcached").path), "-l", HOST, "-p", str(port), "-Y", str(secrets)]
    if os.geteuid() == 0:
        argv += ["-u", "root"]
    with running(argv, signal.SIGKILL, folder / f"memcached-{port}.log") as process:
        wait_until(lambda: accepts(port), "Memcached")
        yield port, process


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Message

    @property
    def json(self) -> dict[str, object]:
        document = json.loads(self.body)
        assert isinstance(document, dict)
        return document


@dataclass
class App:
    """The application, and the connections file that it follows."""

    port: int
    file: Path
    log: Path
    stores: dict[str, dict[str, object]]
    process: subprocess.Popen[bytes] | None = None
    tenants: dict[str, dict[str, int]] = field(
        default_factory=lambda: {"acme": {"shard": 0}, "globex": {"shard": 1}}
    )

    def publish(self) -> None:
        """Replace the file by a rename, as Caisson does."""
        new = self.file.with_suffix(".new")
        place = {"environment": "test", "region": "us-west", "jurisdiction": "us"}
        new.write_text(json.dumps({**place, "stores": self.stores, "tenants": self.tenants}))
        new.rename(self.file)

    def move_blocks(self, server: Postgres) -> None:
        generation = int(str(self.stores["blocks"]["generation"])) + 1
        self.stores["blocks"] |= {"port": server.port, "generation": generation}
        self.publish()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}{path}",
            method=method,
            data=None if body is None else data,
            headers=dict(headers or {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
                return Answer(response.status, response.read(), response.headers)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), error.headers)

    def metric(self, series: str) -> float:
        """The value of one series, 0 before it is first counted."""
        for line in self.call("GET", "/metrics").body.decode().splitlines():
            if line.startswith(series + " "):
                return float(line.rpartition(" ")[2])
        return 0.0


def endpoint(port: int, system: str, **more: object) -> dict[str, object]:
    login = {"user": "web", "password": PASSWORD}
    return {"system": system, "host": HOST, "port": port, **login, **more}


@contextmanager
def application(folder: Path, stores: dict[str, dict[str, object]]) -> Iterator[App]:
    app = App(free_port(), folder / "connections.json", folder / "app.log", stores)
    app.publish()
    env = {"CAISSON_CONNECTIONS": str(app.file), "CAISSON_LISTEN": f"{HOST}:{app.port}"}
    with running((sys.executable, "-m", "app"), signal.SIGTERM, app.log, env) as process:
        app.process = process
        wait_until(lambda: accepts(app.port), "the application")
        yield app
