"""Patroni from PyPI and etcd from Debian, put into a cache folder without root."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PATRONI = ("patroni[etcd3]>=4.1,<4.2", "psycopg[binary]>=3.2")


class MissingError(Exception):
    """A program is missing and could not be installed; says what to type."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Absolute paths; `postgres_bin` is the folder of initdb, postgres, pg_rewind."""

    patroni: Path
    etcd: Path
    haproxy: Path
    postgres_bin: Path


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "caisson" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def programs() -> Programs:
    """Find or install everything; raises MissingError."""
    return Programs(
        patroni=_patroni(),
        etcd=_from_debian("etcd", "etcd-server"),
        haproxy=_from_debian("haproxy", "haproxy"),
        postgres_bin=_postgres_bin(),
    )


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode:
        shown = " ".join(map(str, command))
        raise MissingError(f"`{shown}` failed:\n{done.stderr.strip()[-2000:]}")


def _patroni() -> Path:
    venv = cache_folder() / "patroni-4.1"
    complete = venv / ".complete"  # written last, so a half-made venv is made again
    if not complete.exists():
        say(f"installing {' '.join(PATRONI)} from PyPI into {venv}")
        shutil.rmtree(venv, ignore_errors=True)
        _run(sys.executable, "-m", "venv", venv)
        _run(venv / "bin" / "python", "-m", "pip", "install", "--quiet", *PATRONI)
        complete.touch()
    return venv / "bin" / "patroni"


def _from_debian(program: str, package: str) -> Path:
    """`program` where it is installed, else out of Debian's `package`, unpacked in the cache."""
    search = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    if found := shutil.which(program, path=search):
        return Path(found)
    unpacked = cache_folder() / package
    if not unpacked.exists():
        say(f"unpacking Debian's {package} into {unpacked}")
        _unpack(package, unpacked)
    for place in ("usr/bin", "usr/sbin"):
        if (unpacked / place / program).exists():
            return unpacked / place / program
    raise MissingError(f"Debian's {package} has no program {program}; install {program} by hand")


def _unpack(package: str, target: Path) -> None:
    if not shutil.which("apt-get"):
        raise MissingError(f"no apt-get here: install {package} with your package manager")
    with tempfile.TemporaryDirectory(dir=cache_folder()) as name:
        folder = Path(name)
        _download(package, folder)
        for archive in folder.glob("*.deb"):
            _run("dpkg", "-x", archive, folder / "root")
        (folder / "root").rename(target)


def _download(package: str, folder: Path) -> None:
    try:
        _run("apt-get", "download", package, cwd=folder)
    except MissingError:
        # A machine whose package lists were never fetched: fetch them, but into the cache.
        lists = cache_folder() / "apt"
        for part in ("state/lists/partial", "cache/archives/partial"):
            (lists / part).mkdir(parents=True, exist_ok=True)
        own = ("-o", f"Dir::State={lists}/state", "-o", f"Dir::Cache={lists}/cache")
        say("fetching Debian's package lists")
        _run("apt-get", *own, "update")
        _run("apt-get", *own, "download", package, cwd=folder)


def _postgres_bin() -> Path:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: int(f.parent.name))
    if folders:
        return folders[-1]
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise MissingError("Postgres is missing: apt-get install postgresql")
