"""Unpacks the distribution's own packages of the servers into the cache, without root.

Debian and Ubuntu only. `apt-get` runs on lists and archives of its own, so the system's are
neither read nor changed, no service is started, and apt still checks every signature. One fetch
at a time holds a lock; a folder appears in the cache by a rename, whole or not at all, and what
was downloaded before an interruption is used again.

    python -m caisson.targets.local.fetch [--quiet] [PROGRAM…]
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from caisson.targets.local.binaries import (
    Binary,
    BinaryError,
    FetchError,
    Software,
    find,
    has,
    may_unpack,
    package_folder,
    software_of,
    unpacked_places,
)

SERVERS = ("postgres", "redis-server", "memcached", "haproxy", "pgbackrest", "restic")

Progress = Callable[[str], None]

# `#clear` keeps hooks that other packages hang on apt-get update from touching the system.
_CONFIGURATION = """
Dir::State::lists "{lists}";
Dir::Cache "{cache}";
Dir::Cache::pkgcache "packages.bin";
Dir::Cache::srcpkgcache "sources.bin";
APT::Sandbox::User "root";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
_DEPENDENCIES = (
    "--no-recommends",
    "--no-suggests",
    "--no-conflicts",
    "--no-breaks",
    "--no-replaces",
    "--no-enhances",
)
_URI = re.compile(r"^'[^']+' (?P<file>\S+) (?P<size_bytes>\d+)", re.MULTILINE)
_NOT_FOUND = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)


@dataclass(frozen=True)
class _Apt:
    """apt with lists and archives of its own below `folder`.

    What it starts inherits `lock`, a file descriptor: if this process is killed, the next fetch
    still waits until an apt that is left running has ended.
    """

    folder: Path
    lock: int

    @property
    def archives(self) -> Path:
        return self.folder / "archives"

    def prepare(self) -> None:
        lists, cache = self.folder / "lists", self.folder / "cache"
        for folder in (lists / "partial", cache / "archives" / "partial", self.archives):
            folder.mkdir(parents=True, exist_ok=True)
        self._configuration.write_text(_CONFIGURATION.format(lists=lists, cache=cache))

    def update(self) -> None:
        """Bring the lists up to date; one broken source of several must not stop the others."""
        self._run("apt-get", "update", check=False)

    def depends(self, *arguments: str) -> str:
        return self._run("apt-cache", "depends", *arguments)

    def download(self, packages: Iterable[str], announce: Progress) -> list[Path]:
        """Download the packages into `archives`, but for those that lie there already."""
        names = sorted(packages)
        # Asked beside `archives`, because what lies in the current folder is not listed.
        uris = list(_URI.finditer(self._run("apt-get", "download", "--print-uris", *names)))
        megabytes = sum(int(uri["size_bytes"]) for uri in uris) / 1e6
        announce(f"downloading {len(uris)} packages, {megabytes:.1f} MB")
        self._run("apt-get", "download", *names, folder=self.archives)
        return [self.archives / uri["file"] for uri in uris]

    def unpack(self, files: Iterable[Path], root: Path) -> None:
        for file in files:
            _run(["dpkg", "-x", str(file), str(root)], inherited=(self.lock,))

    @property
    def _configuration(self) -> Path:
        return self.folder / "apt.conf"

    def _run(self, tool: str, *arguments: str, check: bool = True, folder: Path = Path("/")) -> str:
        return _run(
            [tool, "-q", "-c", str(self._configuration), *arguments],
            folder=folder,
            check=check,
            inherited=(self.lock,),
        )


def fetch(names: Iterable[str], progress: Progress) -> tuple[Binary, ...]:
    """Find every named program and unpack those that this machine lacks.

    Raises `FetchError` when a download fails and `BinaryMissingError`, with the command to type,
    where packages cannot be unpacked.
    """
    wanted = tuple(names)
    lacking = {software_of(name).name: software_of(name) for name in wanted if not has(name)}
    packaged = [software for software in lacking.values() if software.packages]
    folder = package_folder()
    if packaged and folder and may_unpack():
        with _alone_in(folder, progress) as lock:
            still = [software for software in packaged if not has(software.programs[0])]
            _unpack_all(still, folder, lock, progress)
    return tuple(find(name) for name in wanted)


@contextmanager
def _alone_in(folder: Path, progress: Progress) -> Iterator[int]:
    # Servers that root starts run as somebody else, who must be able to read the cache.
    previous = os.umask(0o022)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress("another process fetches servers; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock.fileno()
    finally:
        os.umask(previous)


def _unpack_all(wanted: list[Software], folder: Path, lock: int, progress: Progress) -> None:
    if not wanted:
        return
    for left_over in folder.glob("partial.*"):
        shutil.rmtree(left_over)
    apt = _Apt(folder / "apt", lock)
    apt.prepare()
    progress("reading the distribution's package lists")
    apt.update()
    for software in wanted:
        _unpack(software, apt, folder / software.name, progress)
    shutil.rmtree(apt.folder)


def _unpack(software: Software, apt: _Apt, target: Path, progress: Progress) -> None:
    def announce(message: str) -> None:
        progress(f"{software.name}: {message}")

    with tempfile.TemporaryDirectory(prefix="partial.", dir=target.parent) as scratch:
        root = Path(scratch, software.name)
        root.mkdir()
        unpacked: set[str] = set()
        packages = _packages(software, apt)
        while packages:
            apt.unpack(apt.download(packages, announce), root)
            unpacked |= packages
            packages = _still_needed(software, root, apt, unpacked)
        _drop(software, root)
        shutil.rmtree(target, ignore_errors=True)
        root.rename(target)


def _drop(software: Software, root: Path) -> None:
    for pattern in software.dropped:
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _packages(software: Software, apt: _Apt) -> set[str]:
    if not any("{major}" in package for package in software.packages):
        return set(software.packages)
    match = re.search(r"Depends: postgresql-(\d+)", apt.depends("postgresql"))
    if not match:
        raise FetchError("the package lists name no version of postgresql")
    return {package.format(major=match[1]) for package in software.packages}


def _still_needed(software: Software, root: Path, apt: _Apt, unpacked: set[str]) -> set[str]:
    """Name the packages of shared libraries that the programs miss; none when they miss none."""
    _expose(_missing_libraries(software, root), root)
    missing = _missing_libraries(software, root)
    if not missing:
        return set()
    candidates = _library_packages(apt, unpacked) - unpacked
    if not candidates:
        raise FetchError(f"{software.name} needs {', '.join(sorted(missing))}; no package has it")
    return {one for one in candidates if _may_hold(one, missing)} or candidates


def _missing_libraries(software: Software, root: Path) -> set[str]:
    place = next(unpacked_places(software, root), None)
    if place is None:
        raise FetchError(f"the packages {software.packages} hold no folder {software.unpacked}")
    folder, environment = place
    programs = [str(folder / program) for program in software.programs]
    return set(_NOT_FOUND.findall(_run(["ldd", *programs], more=dict(environment), check=False)))


def _expose(libraries: Iterable[str], root: Path) -> None:
    """Link libraries that lie in a package's private folder to where the loader looks."""
    for library in libraries:
        for hidden in root.glob(f"usr/lib/*-linux-*/*/{library}"):
            (hidden.parent.parent / library).symlink_to(Path(hidden.parent.name, library))


def _library_packages(apt: _Apt, packages: set[str]) -> set[str]:
    """Library packages that `packages` depend on and that the system has not installed itself.

    Those that it has are left out: a second C library beside the loader's own would not start.
    """
    depended = apt.depends(*_DEPENDENCIES, *sorted(packages))
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n"]
    installed = {
        line.removeprefix("installed ")
        for line in _run(query).splitlines()
        if line.startswith("installed ")
    }
    return set(re.findall(r"Depends: (lib[^\s:]+)", depended)) - installed


def _may_hold(package: str, libraries: Iterable[str]) -> bool:
    """Whether a package is named after one of the libraries by Debian's rule.

    `libevent-2.1.so.7` lies in `libevent-2.1-7` (or `libevent-2.1-7t64`), and all of
    `libicu*.so.72` in `libicu72`.
    """
    plain = _plain(package.removesuffix("t64"))
    stem = plain.rstrip("0123456789")
    version = plain.removeprefix(stem)
    for library in libraries:
        soname = _plain(library.replace(".so", ""))
        if soname == plain or (version and soname.startswith(stem) and soname.endswith(version)):
            return True
    return False


def _plain(name: str) -> str:
    return re.sub(r"[-_.]", "", name).lower()


def _run(
    command: list[str],
    *,
    folder: Path = Path("/"),
    check: bool = True,
    more: dict[str, str] | None = None,
    inherited: tuple[int, ...] = (),
) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "LC_ALL": "C", **(more or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=inherited,
    )
    if check and done.returncode != 0:
        raise FetchError(
            f"{' '.join(command)} failed:\n{done.stderr.strip()}\n"
            "Look at the network and try again, or install the programs yourself: the PATH is "
            "searched first."
        )
    return done.stdout


def main(arguments: list[str] | None = None) -> int:
    """Run as a program: one line on stdout for each binary, progress on stderr."""
    parser = argparse.ArgumentParser(prog="caisson.targets.local.fetch")
    parser.add_argument("--quiet", action="store_true", help="say nothing about what was there")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM")
    options = parser.parse_args(arguments)
    names = options.programs or SERVERS
    try:
        present = {name for name in names if has(name)}
        binaries = fetch(names, lambda line: _say(sys.stderr, line))
    except (BinaryError, OSError) as problem:
        _say(sys.stderr, f"error: {problem}")
        return 1
    for binary in binaries:
        if not (options.quiet and binary.name in present):
            _say(sys.stdout, f"{binary.name:<13} {binary.version:<13} {binary.path}")
    return 0


def _say(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
