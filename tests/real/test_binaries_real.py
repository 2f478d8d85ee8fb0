"""Packages of the real distribution, unpacked into an empty cache, and servers run from there."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from caisson.targets.local.binaries import find, package_folder, software_of
from caisson.targets.local.fetch import SERVERS

FETCH = (sys.executable, "-m", "caisson.targets.local.fetch")

needs_apt = pytest.mark.skipif(
    package_folder() is None, reason="packages are Debian's and Ubuntu's"
)


@dataclass(frozen=True)
class Cache:
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "CAISSON_CACHE": str(self.folder), "CAISSON_BINARIES": "cache"}

    def start_fetch(self, *names: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*FETCH, *names],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def unpacked(self) -> set[str]:
        return {path.name for path in self.folder.glob("debian/*/*")}


@pytest.fixture
def cache() -> Iterator[Cache]:
    # Not below pytest's own folder, which only its owner may enter: servers run as another user.
    folder = Path(tempfile.mkdtemp(prefix="caisson-test-"))
    folder.chmod(0o755)
    try:
        yield Cache(folder)
    finally:
        shutil.rmtree(folder)


def test_every_server_is_here_and_postgres_is_of_one_version() -> None:
    assert all(find(name).version for name in SERVERS)
    tools = [find(name) for name in software_of("postgres").programs]
    assert len({tool.path.parent for tool in tools}) == 1
    assert len({tool.version for tool in tools}) == 1


@needs_apt
def test_postgres_runs_from_where_it_was_unpacked(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetching = cache.start_fetch("postgres")
    assert fetching.communicate()[0].startswith("postgres ")
    monkeypatch.setenv("CAISSON_CACHE", str(cache.folder))
    monkeypatch.setenv("CAISSON_BINARIES", "cache")

    data = cache.folder / "data"
    data.mkdir()
    user = "nobody" if os.geteuid() == 0 else None  # Postgres refuses to run as root
    if user:
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)

    def run(name: str, *arguments: str) -> str:
        binary = find(name)
        assert binary.path.is_relative_to(cache.folder)
        return subprocess.run(
            [binary.path, *arguments],
            env={"PATH": "/usr/bin:/bin", **dict(binary.environment)},
            cwd=data,
            user=user,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    run("initdb", "-D", "db", "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8")
    options = f"-c listen_addresses= -c unix_socket_directories={data}"
    run("pg_ctl", "start", "-w", "-D", "db", "-l", "log", "-o", options)
    try:
        # Its data files, its extensions and a query costly enough to be compiled.
        answer = run(
            *("psql", "-h", str(data), "-U", "postgres", "-Atqc", "CREATE EXTENSION pgcrypto"),
            *("-c", "SET TimeZone = 'Europe/Berlin'", "-c", "SET jit_above_cost = 0"),
            *("-c", "SELECT sum(length(digest(n::text, 'sha256'))) FROM generate_series(1, 9) n"),
        )
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", "db")
    assert answer == "288\n"


@needs_apt
def test_fetches_at_the_same_time_and_one_killed_in_the_middle_leave_whole_folders(
    cache: Cache,
) -> None:
    killed = cache.start_fetch("memcached", "redis-server")
    assert killed.stderr
    assert next(line for line in killed.stderr if "downloading" in line)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()

    together = [cache.start_fetch("memcached", "redis-server") for _ in range(2)]
    said = [fetching.communicate() for fetching in together]

    assert [fetching.returncode for fetching in together] == [0, 0], said
    assert said[0][0] == said[1][0]
    assert cache.unpacked() == {"lock", "memcached", "redis"}
    again = cache.start_fetch("memcached", "redis-server")
    assert (said[0][0], "") == again.communicate()
