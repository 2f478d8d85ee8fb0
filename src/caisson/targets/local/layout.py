"""Where the local target keeps its files: `.caisson/` beside the estate."""

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FOLDER = ".caisson"
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, of which HAProxy keeps some for itself:
# it binds `PATH.PID.tmp` first and renames that.
_LONGEST_SOCKET_PATH = 90
# Postgres names its socket itself, after the port.
_POSTGRES_SOCKET = ".s.PGSQL.65535"
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths by component id (`production/us-west/blocks`); `root` is the estate's folder."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / FOLDER

    @property
    def state(self) -> Path:
        return self.home / "state.sqlite"

    @property
    def state_place(self) -> str | Path:
        """The controller's state: the file, or the Postgres database that CAISSON_STATE names.

        A URL may hold a password, which must not stand in an argument list; one database (or
        one schema, by `options=-csearch_path=...`) belongs to one estate.
        """
        return os.environ.get("CAISSON_STATE") or self.state

    @property
    def controller(self) -> Path:
        """How to reach the running controller: URL, token, pid."""
        return self.home / "controller.json"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets.json"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def drills(self) -> Path:
        return self.home / "drills"

    @property
    def copies(self) -> Path:
        """Where copies are restored to, each in a folder of its own."""
        return self.home / "copies"

    def writes(self, environment: str, service: str) -> Path:
        """The writes ledger of the probe of a service."""
        return self.home / "writes" / environment / service

    def shut_repositories(self, region: str) -> None:
        """Let nobody into the repositories of a region, as if it were lost."""
        with suppress(FileNotFoundError):  # nothing was backed up there
            (self._repositories / region).chmod(0)

    def open_repositories(self, region: str | None = None) -> None:
        """Let their owner into the repositories of a region again, or of all."""
        for each in self._repositories.glob(region or "*"):
            each.chmod(0o700)

    @property
    def _repositories(self) -> Path:
        return self.home / "repositories"

    def pgbackrest(self, replica_set: str) -> Path:
        """What all pgBackRest processes of a replica set share; private."""
        return self.run / "pgbackrest" / replica_set

    def passing(self) -> Path:
        """A private folder, made here, for files that no later call needs."""
        self._passing.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._passing

    def forget_passing(self) -> None:
        """Take away what a controller that was killed has left there."""
        shutil.rmtree(self._passing, ignore_errors=True)

    @property
    def _passing(self) -> Path:
        return self.run / "passing"

    def data(self, component: str) -> Path:
        return self.home / "data" / component

    def conf(self, component: str) -> Path:
        return self.home / "conf" / component

    def log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def socket(self, component: str) -> Path:
        """A Unix socket's path, short enough to bind and plain enough to be written into any
        configuration file, whatever the estate's folder is.
        """
        path = self.conf(component) / "runtime.sock"
        return path if _may_be_bound(path) else _private_folder() / f"{_short_name(path)}.sock"

    def socket_folder(self, component: str) -> Path:
        """A private folder, made here, in which a Postgres server has its Unix socket."""
        path = self.conf(component) / "socket"
        if not _may_be_bound(path / _POSTGRES_SOCKET):
            path = _private_folder() / _short_name(path)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def _may_be_bound(path: Path) -> bool:
    short = len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH
    return short and _PLAIN.fullmatch(str(path)) is not None


def _short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _private_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"caisson-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole, readable by its owner only; durable when this returns."""
    write_whole(path, text, 0o600)


def write_whole(path: Path, text: str, mode: int = 0o666) -> None:
    """Replace a file as a whole; durable when this returns. The umask takes from `mode`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
