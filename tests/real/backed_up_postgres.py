"""A Postgres server with a pgBackRest repository, and what an executor would do with them.

Paths hold a space, `=` and `%`, which mean something to shells, to Postgres and in files of
settings.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from caisson.systems.pgbackrest import files
from caisson.systems.pgbackrest.answers import Archive, Backup, Stanza, read_info, read_listing
from caisson.systems.pgbackrest.files import Commands, Folders, Kind, Member, Options, Target
from caisson.systems.pgbackrest.problems import Trouble, explain
from caisson.systems.pgbackrest.repository import Access, repository_of
from caisson.systems.pgbackrest.verification import Verification, read_verify
from caisson.systems.pgbackrest.waiting import QUEUE_SQL, Queue, read_queue
from caisson.systems.postgres import files as postgres_files
from caisson.systems.postgres import provision
from caisson.systems.postgres.session import PostgresError, Session
from caisson.targets.local.binaries import Binary, find
from caisson.targets.local.layout import Layout, write_private
from caisson.targets.local.supervision import Supervisor
from caisson.targets.local.wire import ProcessSpec
from caisson.topology.model import Address

STANZA = "blocks"
SEGMENT_BYTES = 1 << 20
PATIENCE_S = 60.0
PASSWORD = "of the tests"


@dataclass(frozen=True)
class Said:
    code: int
    text: str


@dataclass
class Server:
    """A Postgres server as it lies in `data`; `name` is its own in the supervisor."""

    name: str
    data: Path
    address: Address
    socket_folder: Path

    def session(self, timeout_s: float = 10.0) -> Session:
        return Session.open(
            timeout_s=timeout_s,
            host=self.address.host,
            port=self.address.port,
            user=postgres_files.OWNER,
            password=PASSWORD,
            dbname="postgres",
        )

    def ask(self, sql: str) -> list[tuple[str | None, ...]]:
        with self.session() as session:
            return session.query(sql)


@dataclass
class BackedUp:
    """`repository` may be moved away and back; `options` hold for all that is written here.

    With the URL of a `bucket`, the repository is there. `outside` are folders that it left
    somewhere else.
    """

    root: Path
    supervisor: Supervisor
    options: Options
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    bucket: str = ""
    access: Access | None = None
    outside: list[Path] = field(default_factory=list)
    pgbackrest: Binary = field(default_factory=lambda: find("pgbackrest"))

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    # -- what is written -------------------------------------------------------------------

    def conf(
        self,
        name: str,
        *members: Member,
        repository: Path | None = None,
        key: str = "",
        lock: str = "lock",
    ) -> Commands:
        own = self.root / "pgbackrest" / name
        folders = Folders(str(own), str(self.root / "pgbackrest" / lock))
        for folder in (folders.log, folders.shared):
            Path(folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        where = repository_of(str(repository or self.bucket or self.repository))
        access, key = self.access, key or self.key
        text = files.pgbackrest_conf(
            STANZA, members, where, folders, self.options, key=key, access=access
        )
        write_private(own / "pgbackrest.conf", text)
        return Commands(str(self.pgbackrest.path), str(own / "pgbackrest.conf"), STANZA)

    def member(self, server: Server) -> Member:
        return Member(str(server.data), str(server.socket_folder), server.address.port)

    def commands(self, server: Server) -> Commands:
        return self.conf(server.name, self.member(server))

    def archiving(self, commands: Commands) -> dict[str, str]:
        environment = dict(self.pgbackrest.environment)
        return files.archiving(
            commands.binary, commands.conf, STANZA, environment=environment, wal_s=60
        )

    # -- what is run -----------------------------------------------------------------------

    def server(self, name: str) -> Server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        folder = Layout(self.root).socket_folder(name)
        self.outside.append(folder)
        return Server(name, self.root / "data" / name, Address("127.0.0.1", port), folder)

    def create(self, name: str) -> Server:
        """A running primary that archives to a repository of its own."""
        server = self.server(name)
        server.data.parent.mkdir(parents=True, exist_ok=True)
        write_private(self.root / "owner", PASSWORD)
        argv = postgres_files.initdb(
            str(find("initdb").path), str(server.data), str(self.root / "owner")
        )
        self._run("initdb", argv)
        commands = self.commands(server)
        self.start(server, self.archiving(commands))
        with server.session() as session:
            provision.backup_role(session, PASSWORD)
            session.query("CREATE TABLE notes (id int PRIMARY KEY, body text)")
        assert self.run(commands.stanza_create()).code == 0
        return server

    def standby(self, name: str, primary: Server) -> Server:
        """A running standby of `primary`, which archives nothing."""
        standby = self.server(name)
        with primary.session() as session:
            provision.roles(session, (), PASSWORD)
        passfile = self.root / "replication.pgpass"
        write_private(passfile, postgres_files.password_file(PASSWORD))
        upstream = postgres_files.Upstream(primary.address, str(passfile))
        source = postgres_files.conninfo(primary.address, name, str(passfile))
        program = str(find("pg_basebackup").path)
        argv = postgres_files.base_backup(program, str(standby.data), source)
        self._run("pg_basebackup", argv)
        (standby.data / "standby.signal").touch()
        self.start(standby, upstream=upstream)
        return standby

    def start(
        self,
        server: Server,
        archiving: dict[str, str] | None = None,
        upstream: postgres_files.Upstream | None = None,
    ) -> None:
        """Start it and wait until it takes writes, or follows `upstream`."""
        conf = postgres_files.postgresql_conf(
            server.address,
            application_name=server.name,
            upstream=upstream,
            small=True,
            socket_folder=str(server.socket_folder),
            archiving=archiving,
        )
        write_private(server.data / "postgresql.conf", conf + "fsync = off\n")  # for speed
        write_private(server.data / "pg_hba.conf", postgres_files.pg_hba_conf({}, socket=True))
        self.supervisor.start(
            ProcessSpec(
                id=server.name,
                site="here",
                argv=postgres_files.server(str(find("postgres").path), str(server.data)),
                env=self._environment("postgres"),
                cwd=server.data,
                log=self.root / f"{server.name}.log",
                stop_signal=signal.SIGINT,
                restart=False,
            )
        )
        self._wait_for(server, recovering=upstream is not None)

    def run(self, argv: tuple[str, ...]) -> Said:
        """By the passfile, and with the variables of a server: few."""
        done = subprocess.run(
            argv, env=self.environ, capture_output=True, check=False, timeout=PATIENCE_S
        )
        return Said(done.returncode, (done.stdout + done.stderr).decode(errors="replace"))

    @property
    def environ(self) -> dict[str, str]:
        passfile = self.root / "backup.pgpass"
        if not passfile.exists():
            text = postgres_files.password_file(PASSWORD, postgres_files.BACKUP)
            write_private(passfile, text)
        return {**self._environment("pgbackrest"), "PGPASSFILE": str(passfile)}

    def backup(self, server: Server, kind: Kind = Kind.FULL) -> Backup:
        """Make one; the workers of another that was killed hold its lock until they notice."""
        commands = self.commands(server)
        deadline = time.monotonic() + PATIENCE_S
        while (done := self.run(commands.backup(kind))).code != 0:
            assert explain(done.code, done.text).trouble is Trouble.BUSY, done.text
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return self.info(commands).backups[-1]

    def archive_all(self, server: Server) -> None:
        """What is committed by now lies in the archive when this returns."""
        done = self.run(self.commands(server).check())
        assert done.code == 0, done.text

    def restored(self, name: str, target: Target, archiving: dict[str, str]) -> Server:
        """A copy in a place of its own, running, its recovery ended.

        `archiving` is what its settings say about archiving, rightly or not.
        """
        copy = self.server(name)
        copy.data.mkdir(parents=True, mode=0o700)
        commands = self.conf(name, Member(str(copy.data)))
        getting = commands.restore_command(dict(self.pgbackrest.environment))
        done = self.run(commands.restore(target, getting))
        if done.code != 0:
            shutil.rmtree(copy.data)
        assert done.code == 0, done.text
        self.start(copy, archiving)
        return copy

    def discard(self, copy: Server) -> None:
        self.supervisor.stop(copy.name, 5.0)
        shutil.rmtree(copy.data)

    # -- what is said ----------------------------------------------------------------------

    def info(self, commands: Commands) -> Stanza:
        return read_info(self.run(commands.info()).text, STANZA)

    def listing(self, commands: Commands) -> tuple[Archive, ...]:
        return read_listing(self.run(commands.listing()).text)

    def verify(self, commands: Commands) -> Verification:
        done = self.run(commands.verify())
        assert done.code == 0, done.text
        return read_verify(done.text)

    @staticmethod
    def queue(server: Server) -> Queue:
        return read_queue(server.ask(QUEUE_SQL)[0])

    # -- parts -----------------------------------------------------------------------------

    def _environment(self, program: str) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **dict(find(program).environment),
        }

    def _run(self, program: str, argv: tuple[str, ...]) -> None:
        done = self.supervisor.run(
            "here", argv, env=self._environment(program), cwd=self.root, timeout_s=PATIENCE_S
        )
        assert done.exit_code == 0, done.output

    def _wait_for(self, server: Server, *, recovering: bool) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if server.ask("SELECT pg_is_in_recovery()") == [("t" if recovering else "f",)]:
                    return
            except PostgresError:
                pass
            log = self.root / f"{server.name}.log"
            running = any(
                each.id == server.name and each.state == "running"
                for each in self.supervisor.processes()
            )
            assert running, log.read_text(errors="replace")
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.05)


@contextmanager
def backed_up(waiting_bytes: int = files.WAITING_BYTES) -> Iterator[BackedUp]:
    """In memory where there is a folder for that: each file of a copy is flushed by itself."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="caisson-", dir=memory) as folder:
        root = Path(folder, "a place=100%full")
        root.mkdir()
        supervisor = Supervisor.launch(root / "run", root / "supervisor.log")
        options = Options(keep_s=35 * 86_400, waiting_bytes=waiting_bytes)
        there = BackedUp(root, supervisor, options)
        try:
            yield there
        finally:
            supervisor.shutdown(5.0)
            for left in there.outside:
                shutil.rmtree(left, ignore_errors=True)


class Load:
    """Clients that write notes one after another, each in a transaction of its own.

    `moment` is between two of them: everything acknowledged was committed before, and nothing
    else.
    """

    def __init__(self, server: Server, first: int, clients: int = 3) -> None:
        self._server = server
        self._between = threading.Lock()
        self._next = first
        self._acknowledged: list[int] = []
        self._stop = threading.Event()
        self._clients = [threading.Thread(target=self._write) for _ in range(clients)]

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for client in self._clients:
            client.join()

    def wait_for_more(self, count: int) -> None:
        goal = len(self._acknowledged) + count
        deadline = time.monotonic() + PATIENCE_S
        while len(self._acknowledged) < goal:
            assert time.monotonic() < deadline, "the clients do not write"
            time.sleep(0.01)

    def moment(self) -> tuple[str, set[int]]:
        """A time by the server's clock, and the notes that were acknowledged before it."""
        with self._between:
            ((clock,),) = self._server.ask("SELECT clock_timestamp()")
            return str(clock), set(self._acknowledged)

    def _write(self) -> None:
        with self._server.session() as session:
            while not self._stop.is_set():
                with self._between:
                    number, self._next = self._next, self._next + 1
                    session.query(
                        "INSERT INTO notes VALUES ($1::int, repeat(md5($1::int::text), 20))",
                        (number,),
                    )
                    self._acknowledged.append(number)
