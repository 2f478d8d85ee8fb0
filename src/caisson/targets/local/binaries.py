"""Where the programs of this machine are: real servers, never a distribution's wrapper.

Places, in this order:

1. the system: the distribution's usual folders and the search path;
2. the cache: Debian and Ubuntu packages unpacked without root by `caisson.targets.local.fetch`;
3. nowhere: `BinaryMissingError`, whose message is the command to type.

All programs of one `Software` come from one folder, so that no `initdb` of one version ever
meets a `postgres` of another. A program counts as found when it tells its version.

`CAISSON_BINARIES=system` or `=cache` leaves the other place out. `CAISSON_CACHE` names the
cache's folder; without it that is `/var/cache/caisson` for root, because servers that root starts
run as another user who cannot read root's home, and `$XDG_CACHE_HOME/caisson` for everybody else.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

Environment = tuple[tuple[str, str], ...]

_VERSION = re.compile(r"\d+(?:\.\d+)+")
_SECONDS_TO_TELL_A_VERSION = 30.0
_COMMON_FOLDERS = (
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
)


class BinaryError(Exception):
    """A program cannot be had.

    BinaryError
    ├── BinaryMissingError   it is not on this machine; the message says what to type
    ├── FetchError           its packages could not be downloaded or unpacked
    ├── SourceError          CAISSON_BINARIES holds a word that means nothing
    └── UnknownProgramError  Caisson runs no program of that name
    """


class BinaryMissingError(BinaryError):
    """A program is not on this machine; `command` is what to type to get it."""

    def __init__(self, name: str, command: str) -> None:
        super().__init__(f"{name} is not on this machine; type: {command}")
        self.name = name
        self.command = command


class FetchError(BinaryError):
    """A distribution's packages could not be downloaded or unpacked."""


class SourceError(BinaryError):
    """CAISSON_BINARIES must be unset, `system` or `cache`."""


class UnknownProgramError(BinaryError):
    """Caisson runs no program of that name."""


@dataclass(frozen=True)
class Binary:
    """A program that runs: what to execute, and the variables that it needs besides."""

    name: str
    path: Path
    environment: Environment
    version: str


@dataclass(frozen=True)
class Software:
    """Programs that are installed together and must come from one folder.

    `folders` and `unpacked` are globs, the first from `/`, the second from the folder into which
    `packages` were unpacked; of several matches the one with the highest number wins.
    """

    name: str
    programs: tuple[str, ...]
    packages: tuple[str, ...] = ()
    unpacked: str = "usr/bin"
    folders: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()
    version_flag: str = "--version"
    # Variables besides LD_LIBRARY_PATH, set to folders below those of the unpacked packages.
    variables: Environment = ()
    # Only some may be followed to where a link leads: redis-server is a link to redis-check-rdb
    # on Debian and decides by its own name what it is.
    follow_links: bool = False
    # Globs of what is taken away after unpacking.
    dropped: tuple[str, ...] = ()
    installed_by: tuple[tuple[str, str], ...] = ()


SOFTWARE = (
    Software(
        name="postgres",
        programs=(
            "postgres",
            "initdb",
            "pg_basebackup",
            "pg_rewind",
            "pg_waldump",
            "pg_ctl",
            "pg_controldata",
            "pg_dump",
            "pg_restore",
            "psql",
        ),
        # `{major}` is what the distribution's own package `postgresql` depends on.
        packages=("postgresql-{major}", "postgresql-client-{major}"),
        unpacked="usr/lib/postgresql/*/bin",
        folders=(
            "usr/lib/postgresql/*/bin",
            "usr/pgsql-*/bin",
            "opt/homebrew/opt/postgresql@*/bin",
            "usr/local/opt/postgresql@*/bin",
            "usr/local/pgsql/bin",
        ),
        follow_links=True,
        # Without this provider Postgres never compiles queries; with it, it wants LLVM (100 MB).
        dropped=("usr/lib/postgresql/*/lib/llvmjit*", "usr/lib/postgresql/*/lib/bitcode"),
        installed_by=(
            ("brew", "brew install postgresql@17"),
            ("dnf", "sudo dnf install postgresql-server postgresql-contrib"),
        ),
    ),
    Software(
        name="redis",
        programs=("redis-server", "redis-cli", "redis-check-rdb"),
        packages=("redis-server", "redis-tools"),
    ),
    Software(name="memcached", programs=("memcached",), packages=("memcached",)),
    Software(
        name="haproxy",
        programs=("haproxy",),
        packages=("haproxy",),
        unpacked="usr/sbin",
        version_flag="-v",
    ),
    Software(
        name="pgbackrest",
        programs=("pgbackrest",),
        packages=("pgbackrest",),
        version_flag="version",
        installed_by=(("brew", "brew install pgbackrest"),),
    ),
    Software(
        name="restic",
        programs=("restic",),
        packages=("restic",),
        version_flag="version",
        installed_by=(("brew", "brew install restic"),),
    ),
    Software(name="etcd", programs=("etcd",), packages=("etcd-server",)),
    Software(
        name="patroni",
        programs=("patroni",),
        installed_by=(("python3", "python3 -m pip install 'patroni[etcd3]' psycopg[binary]"),),
    ),
    # The networks of tests that send real packets.
    Software(name="nftables", programs=("nft",), packages=("nftables",), unpacked="usr/sbin"),
    Software(
        name="iproute2",
        programs=("ip",),
        packages=("iproute2",),
        unpacked="**/bin",
        version_flag="-V",
    ),
    Software(
        name="chromium",
        programs=("chromium",),
        packages=("chromium", "chromium-common", "fonts-dejavu-core", "fontconfig-config"),
        unpacked="usr/lib/chromium",
        folders=("Applications/Google Chrome.app/Contents/MacOS",),
        # Without them it draws no text; fonts are looked for below XDG_DATA_HOME too.
        variables=(("FONTCONFIG_PATH", "etc/fonts"), ("XDG_DATA_HOME", "usr/share")),
        also_called=("google-chrome", "google-chrome-stable", "chromium-browser", "Google Chrome"),
        installed_by=(("brew", "brew install --cask google-chrome"),),
    ),
)


def find(name: str) -> Binary:
    """Return the program called `name`; raise `BinaryMissingError` when this machine has none."""
    software = software_of(name)
    for folder, environment in _places(software):
        if binary := _binary_in(folder, software, name, environment):
            return binary
    raise BinaryMissingError(name, _command_to_type(software))


def has(name: str) -> bool:
    """Whether `find` would find it."""
    try:
        find(name)
    except BinaryMissingError:
        return False
    return True


def software_of(name: str) -> Software:
    """Return the software that a program belongs to; raise `UnknownProgramError` without one."""
    for software in SOFTWARE:
        if name in software.programs:
            return software
    raise UnknownProgramError(f"Caisson runs no program called {name!r}")


def package_folder() -> Path | None:
    """Return the folder of this release's unpacked packages; None on a machine without apt."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return None
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "unknown")
    return _cache() / "debian" / f"{codename}-{platform.machine()}"


def may_unpack() -> bool:
    """Whether the cache is a place to look in, by CAISSON_BINARIES and by the platform."""
    return _source() != "system" and package_folder() is not None


def _source() -> str:
    source = os.environ.get("CAISSON_BINARIES", "")
    if source not in ("", "system", "cache"):
        raise SourceError(f"CAISSON_BINARIES is {source!r}; unset it or write system or cache")
    return source


def _cache() -> Path:
    if named := os.environ.get("CAISSON_CACHE"):
        return Path(named).absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/caisson")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "caisson"


def _places(software: Software) -> Iterator[tuple[Path, Environment]]:
    if _source() != "cache":
        for folder in _system_folders(software):
            yield folder, ()
    if may_unpack() and (packages := package_folder()):
        yield from unpacked_places(software, packages / software.name)


def _system_folders(software: Software) -> Iterator[Path]:
    for pattern in software.folders:
        yield from _newest_first(Path("/"), pattern)
    for entry in (*os.get_exec_path(), *_COMMON_FOLDERS):
        program = Path(entry, software.programs[0])
        yield program.resolve().parent if software.follow_links else program.parent


def unpacked_places(software: Software, root: Path) -> Iterator[tuple[Path, Environment]]:
    """Folders of programs below `root`, where packages lie unpacked, with their variables."""
    libraries = sorted({*root.glob("lib/*-linux-*"), *root.glob("usr/lib/*-linux-*")})
    environment = tuple((name, str(root / folder)) for name, folder in software.variables)
    if libraries:
        environment += (("LD_LIBRARY_PATH", ":".join(str(folder) for folder in libraries)),)
    for folder in _newest_first(root, software.unpacked):
        yield folder, environment


def _newest_first(root: Path, pattern: str) -> list[Path]:
    def numbers(path: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", str(path.relative_to(root)))]

    return sorted(root.glob(pattern), key=numbers, reverse=True)


def _binary_in(
    folder: Path, software: Software, name: str, environment: Environment
) -> Binary | None:
    if not all(_called(folder, software, program) for program in software.programs):
        return None
    path = _called(folder, software, name)
    if path is None:
        return None
    try:
        version = _version(path, environment, software.version_flag)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Binary(name, path, environment, version)


def _called(folder: Path, software: Software, name: str) -> Path | None:
    paths = (folder / spelling for spelling in (name, *software.also_called))
    return next((path for path in paths if path.is_file() and os.access(path, os.X_OK)), None)


@lru_cache
def _version(path: Path, environment: Environment, flag: str) -> str:
    told = subprocess.run(
        [path, flag],
        env={**os.environ, **dict(environment)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS_TO_TELL_A_VERSION,
        check=True,
    )
    if match := _VERSION.search(told.stdout):
        return match[0]
    raise ValueError(f"{path} {flag} tells no version: {told.stdout!r}")


def _command_to_type(software: Software) -> str:
    if software.packages and may_unpack():
        return f"{sys.executable} -m caisson.targets.local.fetch {software.programs[0]}"
    for tool, command in (*software.installed_by, *_usual_installers(software)):
        if shutil.which(tool):
            return command
    return f"install {software.name} so that {', '.join(software.programs)} is on the PATH"


def _usual_installers(software: Software) -> tuple[tuple[str, str], ...]:
    return (
        ("brew", f"brew install {software.name}"),
        ("dnf", f"sudo dnf install {software.name}"),
        ("pacman", f"sudo pacman -S {software.name}"),
    )
