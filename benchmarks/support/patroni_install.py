"""What the comparison runs: Patroni from PyPI in a cache folder, the rest found or fetched."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from caisson.targets.local.binaries import Binary
from caisson.targets.local.fetch import fetch

PATRONI = ("patroni[etcd3]>=4.1,<4.2", "psycopg[binary]>=3.2")


class InstallError(Exception):
    """Patroni could not be installed; carries what was said."""


@dataclass(frozen=True, slots=True)
class Programs:
    patroni: Binary
    etcd: Binary
    haproxy: Binary
    postgres: Binary

    @property
    def versions(self) -> dict[str, str]:
        every = (self.patroni, self.etcd, self.haproxy, self.postgres)
        return {binary.name: binary.version for binary in every}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def programs() -> Programs:
    """Find or install everything; raises InstallError or the BinaryError of what is missing."""
    etcd, haproxy, postgres = fetch(("etcd", "haproxy", "postgres"), say)
    # Patroni starts Postgres, so it passes on what Postgres needs.
    return Programs(_patroni(postgres), etcd, haproxy, postgres)


def _patroni(postgres: Binary) -> Binary:
    venv = _cache_folder() / "patroni-4.1"
    complete = venv / ".complete"  # written last, so a half-made venv is made again
    if not complete.exists():
        say(f"installing {' '.join(PATRONI)} from PyPI into {venv}")
        shutil.rmtree(venv, ignore_errors=True)
        _run(sys.executable, "-m", "venv", venv)
        _run(venv / "bin" / "python", "-m", "pip", "install", "--quiet", *PATRONI)
        complete.touch()
    path = venv / "bin" / "patroni"
    return Binary("patroni", path, postgres.environment, _run(path, "--version").split()[-1])


def _cache_folder() -> Path:
    """The folder that `caisson.targets.local.binaries` describes."""
    if named := os.environ.get("CAISSON_CACHE"):
        return Path(named).absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/caisson")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "caisson"


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        shown = " ".join(map(str, command))
        raise InstallError(f"`{shown}` failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout
