"""The two places a state can lie in, for the tests that both must pass."""

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from caisson.targets.local.binaries import find

# Postgres refuses to run as root; in a user namespace the same files belong to nobody.
_NOT_AS_ROOT = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
_HOST = "127.93.0.1"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a Postgres of our own and give the URL of its maintenance database, without its name."""
    folder = Path(tempfile.mkdtemp(prefix="caisson-state-"))
    try:
        _as_postgres("initdb", "-D", folder / "data", "-U", "caisson", "-A", "trust", "-N")
        port = _free_port()
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                _command("postgres", "-D", folder / "data", *_options(folder, port)),
                stdout=log,
                stderr=log,
                env=_environment(),
            )
        try:
            url = f"postgresql://caisson:never-shown@{_HOST}:{port}"
            _await(url, server, folder / "log")
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def create_database(url: str, name: str) -> str:
    """Create an empty database and return its URL."""
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{url}/{name}"


def break_sessions(url: str) -> None:
    """End every session in the database of the URL, as a restart of the server would."""
    maintenance, _, name = url.rpartition("/")
    with psycopg.connect(f"{maintenance}/postgres", autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            (name,),
        )


def run_sql(place: str, sql: str, values: tuple[object, ...] = ()) -> None:
    """Change the state behind the back of the code under test; placeholders are `?`."""
    if place.startswith("postgresql:"):
        with psycopg.connect(place, options="-c search_path=caisson_state") as server:
            server.execute(sql.replace("?", "%s").encode(), values)
        return

    with closing(sqlite3.connect(place)) as file, file:
        file.execute(sql, values)


def _options(folder: Path, port: int) -> tuple[str, ...]:
    return (
        *("-c", f"listen_addresses={_HOST}"),
        *("-c", f"port={port}"),
        *("-c", f"unix_socket_directories={folder}"),
        *("-c", "fsync=off"),
        *("-c", "shared_buffers=16MB"),
    )


def _command(program: str, *arguments: str | Path) -> list[str]:
    prefix = _NOT_AS_ROOT if os.geteuid() == 0 else ()
    return [*prefix, str(find(program).path), *map(str, arguments)]


def _environment() -> dict[str, str]:
    return os.environ | dict(find("postgres").environment)


def _as_postgres(program: str, *arguments: str | Path) -> None:
    subprocess.run(
        _command(program, *arguments), check=True, capture_output=True, env=_environment()
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return
