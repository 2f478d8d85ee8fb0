"""One Postgres store restored out of a repository where nothing else is known of it.

    restore ──▶ recover ──▶ ask ──▶ make it somebody's ──▶ stop ──▶ FOLDER/STORE

While this runs the server listens to a Unix socket in a private folder and to nothing else, and
its folder is called STORE.unfinished: what is called STORE is whole, and was stopped in order.
"""

import secrets
import shlex
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from caisson.execute.errors import StepError
from caisson.execute.inventory import KeptStore
from caisson.execute.opened import Opened
from caisson.execute.questions import wrong_answers
from caisson.systems.pgbackrest.answers import Backup, Stanza
from caisson.systems.pgbackrest.files import ToTime, Whole
from caisson.systems.pgbackrest.problems import explain
from caisson.systems.pgbackrest.wal import Paths, Segment
from caisson.systems.postgres import files
from caisson.systems.postgres.session import PostgresError, Session
from caisson.targets.local.binaries import Binary
from caisson.targets.local.layout import write_private
from caisson.targets.local.supervision import Supervisor
from caisson.targets.local.wire import ProcessSpec
from caisson.topology.model import Address

_SITE = "here"
_RESTORE_S = 86_400.0
_STOP_S = 120.0
_PORT = 5432  # of the socket's name; nothing is bound to it
# What pgBackRest wrote for the recovery, and names files that go.
_OF_RECOVERY = (
    "restore_command",
    "recovery_target_time",
    "recovery_target_action",
    "recovery_target_timeline",
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A store, the backup to begin with, and the moment as Postgres takes it, None the newest."""

    stanza: Stanza
    backup: Backup
    moment: str | None
    kept: KeptStore | None

    @property
    def store(self) -> str:
        return self.stanza.name


@dataclass(frozen=True, slots=True)
class Asked:
    """What a restored server says of itself. `newest` is its newest transaction's time, in UTC.

    `short` says how it is less than was asked for. `unasked` are the questions that take more
    than a database; `wrong` says how each wrong answer was.
    """

    newest: str | None
    short: str | None
    count: int = 0
    unasked: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """Data that can be started, how, and how to reach it then."""

    data: str
    start: str
    connect: str
    password_file: str


@dataclass(frozen=True, slots=True)
class FreshStore:
    """`folder` is where it will be; `port` where it will listen when it is started later."""

    opened: Opened
    supervisor: Supervisor
    postgres: Binary
    chosen: Chosen
    folder: Path
    port: int

    @property
    def unfinished(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.unfinished")

    @property
    def data(self) -> Path:
        return self.unfinished / "data"

    @property
    def log(self) -> Path:
        return self.unfinished / "postgres.log"

    def restore(self) -> float:
        """Write the backup, and replay the WAL up to the moment; in how many seconds."""
        began = time.monotonic()
        self.data.mkdir(mode=0o700, parents=True)
        commands = self.opened.commands(self.chosen.store, self.data)
        label, moment = self.chosen.backup.label, self.chosen.moment
        target = Whole(label) if moment is None else ToTime(moment, label)
        getting = commands.restore_command(dict(self.opened.program.environment))
        result = self.supervisor.run(
            _SITE,
            commands.restore(target, getting),
            env=self.opened.environment,
            cwd=self.unfinished,
            timeout_s=_RESTORE_S,
        )
        if result.exit_code != 0:
            raise StepError(str(explain(result.exit_code, result.output)))
        self._configure(Address("", _PORT), f"local all {files.OWNER} trust\n", self._socket)
        self.supervisor.start(self._process())
        self._recover()
        return round(time.monotonic() - began, 3)

    def ask(self) -> Asked:
        """See how far it got, and ask it every question that a database alone can answer."""
        with self._session("postgres") as session:
            sql = "SELECT to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', "
            sql += '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\'), setting FROM pg_settings '
            (newest, segment), *_ = session.query(f"{sql}WHERE name = 'wal_segment_size'")
        short, kept = self._short(int(segment or 0)), self.chosen.kept
        if kept is None:
            return Asked(newest, short)
        queries = [each.query() for each in kept.questions]
        asked = [each for each in queries if each is not None]
        unasked = tuple(q.text for q in kept.questions if q.query() is None)
        with self._session(kept.database) as session:
            wrong = wrong_answers(session, asked, kept.shards)
        return Asked(newest, short, len(asked), unasked, wrong)

    def leave(self) -> Left:
        """Stop it so that whoever has the password made here can start it as it lies there."""
        password = secrets.token_urlsafe(24)
        with self._session("postgres") as session:
            for name in _OF_RECOVERY:
                session.query(f"ALTER SYSTEM RESET {name}")
            session.query(f"ALTER ROLE {files.OWNER} PASSWORD '{password}'")
        self._stop()
        write_private(self.unfinished / "owner.password", f"{password}\n")
        self._configure(Address("127.0.0.1", self.port), files.pg_hba_conf({}), "")
        self.unfinished.rename(self.folder)
        return self._left()

    def discard(self, *, keep_log: bool = False) -> None:
        """Stop it if it runs, and take away all of it; or all but its log."""
        if any(each.id == self.chosen.store for each in self.supervisor.processes()):
            self.supervisor.stop(self.chosen.store, _STOP_S)
        gone = self.data if keep_log and self.log.exists() else self.unfinished
        shutil.rmtree(gone, ignore_errors=True)

    # -- parts ----------------------------------------------------------------------------

    @property
    def _socket(self) -> str:
        return str(self.opened.work.socket_folder(self.chosen.store))

    def _configure(self, address: Address, entry: str, socket_folder: str) -> None:
        text = files.postgresql_conf(
            address,
            application_name=self.chosen.store,
            upstream=None,
            socket_folder=socket_folder,
        )
        write_private(self.data / "postgresql.conf", text)
        write_private(self.data / "pg_hba.conf", entry)

    def _process(self) -> ProcessSpec:
        return ProcessSpec(
            id=self.chosen.store,
            site=_SITE,
            argv=files.server(str(self.postgres.path), str(self.data)),
            env=self.opened.environment | dict(self.postgres.environment),
            cwd=self.data,
            log=self.log,
            stop_signal=signal.SIGINT,
            restart=False,
        )

    def _session(self, database: str) -> Session:
        return Session.open(
            timeout_s=5.0, host=self._socket, port=_PORT, user=files.OWNER, dbname=database
        )

    def _recover(self) -> None:
        """Wait for as long as the server lives: replaying takes what it takes."""
        while True:
            if self._state() != "running":
                raise StepError(f"it ended while it recovered: {_last_words(self.log)}")
            try:
                with self._session("postgres") as session:
                    if session.query("SELECT pg_is_in_recovery()") == [("f",)]:
                        return
            except PostgresError:
                pass  # it does not take sessions yet
            time.sleep(0.1)

    def _state(self) -> str:
        return next(p.state for p in self.supervisor.processes() if p.id == self.chosen.store)

    def _stop(self) -> None:
        self.supervisor.stop(self.chosen.store, _STOP_S)
        ended = next(p for p in self.supervisor.processes() if p.id == self.chosen.store)
        if ended.last_exit != 0:
            raise StepError(f"it did not stop in order (exit {ended.last_exit}); see {self.log}")

    def _short(self, segment_bytes: int) -> str | None:
        """Without a moment a restore ends at a hole of the archive, and nobody says so."""
        if self.chosen.moment is not None:
            return None
        archive = self.opened.archives(self.chosen.store)[-1]
        there = archive.numbered(segment_bytes)
        got = Paths.among(there).end(self.chosen.backup.span(segment_bytes))
        # An older timeline may go on beside the one that was followed: nothing lacks of this one.
        if got is None or all(s.number <= got.number for s in there if s.timeline >= got.timeline):
            return None
        after = Segment(got.timeline, got.number + 1).name(segment_bytes)
        return f"the archive has a hole at {after}: what was written after it is not there"

    def _left(self) -> Left:
        data, kept = self.folder / "data", self.chosen.kept
        variables = " ".join(f"{name}={value}" for name, value in self.postgres.environment)
        database = kept.database if kept else self.chosen.store
        return Left(
            data=str(data),
            start=f"{variables} {self.postgres.path} -D {shlex.quote(str(data))}".strip(),
            connect=f"psql -h 127.0.0.1 -p {self.port} -U {files.OWNER} {database}",
            password_file=str(self.folder / "owner.password"),
        )


def _last_words(log: Path) -> str:
    """The last thing a server could not go on after."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    fatal = [line.split("FATAL:")[1].strip() for line in lines if "FATAL:" in line]
    if any("before configured recovery target" in each for each in fatal):
        return (
            "the WAL in the repository ends before that moment: name an earlier one, or leave it "
            "out for the newest"
        )
    return f"{fatal[-1]} (see {log})" if fatal else f"see {log}"
