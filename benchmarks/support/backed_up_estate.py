"""A store of some gigabytes that is backed up: by `caisson`, by its engine alone, by Postgres."""

import json
import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from caisson.systems.pgbackrest.files import Commands, Kind, Whole
from caisson.targets.local.binaries import find
from caisson.targets.local.layout import Layout
from support.caisson_estate import EstateError, caisson

STORE, MEMBER = "production/us/blocks", "production/here/blocks"
ESTATE = """\
estate: large
jurisdictions: {us: {home: here}}
regions: {here: {jurisdiction: us}}
stores:
  blocks:
    system: postgres
    schema: schema.sql
    backup: {every: 30d, wal: 1m, keep: 35d}
"""
SCHEMA = """\
CREATE TABLE IF NOT EXISTS notes (id bigint, body text);
CREATE TABLE IF NOT EXISTS writes (id bigserial PRIMARY KEY, body text)
"""
# As compressible as text: half of it is noise.
SAMPLE = """\
INSERT INTO shard_0.notes
SELECT i, (SELECT string_agg(md5((i * 16 + j)::text), '') FROM generate_series(1, 14) j)
  FROM generate_series(1, 130000) i
"""
SAMPLE_BYTES = 66e6
LONGEST_S = 1800.0


@dataclass(frozen=True)
class BackedUpEstate:
    """One store without a standby; its repository lies on the same disk."""

    folder: Path

    # -- life ------------------------------------------------------------------------------

    def up(self) -> None:
        self.folder.mkdir()
        (self.folder / "estate.yaml").write_text(ESTATE)
        (self.folder / "schema.sql").write_text(SCHEMA)
        self._caisson("up", "--detach")
        self._first_backup()

    def down(self) -> None:
        self._caisson("down")

    def fill(self, gigabytes: float) -> None:
        """Without archiving, which would take longer; the backup to come needs none of it."""
        with self._session() as session:
            session.execute("ALTER SYSTEM SET archive_command = 'true'")
            session.execute("SELECT pg_reload_conf()")
            session.execute(SAMPLE)
            for _ in range(max(0, round(gigabytes * 1e9 / SAMPLE_BYTES) - 1)):
                session.execute(
                    "INSERT INTO shard_0.notes SELECT * FROM shard_0.notes LIMIT 130000"
                )
            session.execute("CREATE INDEX ON shard_0.notes (id)")
            session.execute("VACUUM FREEZE shard_0.notes")
            session.execute("CHECKPOINT")
            session.execute("ALTER SYSTEM RESET archive_command")
            session.execute("SELECT pg_reload_conf()")
        self.backup()

    def size(self) -> int:
        with self._session() as session:
            row = session.execute("SELECT sum(pg_database_size(oid)) FROM pg_database").fetchone()
        return int(row[0]) if row else 0

    def conninfo(self) -> str:
        """The owner's way in, for a load that writes into `writes`."""
        host, port = self._address
        return (
            f"host={host} port={port} dbname=blocks user=caisson"
            f" password={self._secrets[f'{STORE}/owner']} options=-csearch_path=shard_0"
        )

    def settle(self) -> None:
        """What others have written is on the disk."""
        with self._session() as session:
            session.execute("CHECKPOINT")
        os.sync()

    # -- by caisson ------------------------------------------------------------------------

    def backup(self) -> float:
        began = time.monotonic()
        self._caisson("backup", STORE, "--full")
        return time.monotonic() - began

    def restore(self) -> float:
        """The newest, beside; seconds until its files are there, as the engine's by hand."""
        step = json.loads(self._caisson("restore", STORE, "--json"))["steps"][0]
        return float(step["ended_at"] - step["started_at"])

    # -- by others -------------------------------------------------------------------------

    def backup_by_hand(self) -> float:
        return self._run(self._commands(self._conf).backup(Kind.FULL))

    def restore_by_hand(self, folder: Path) -> float:
        folder.mkdir(mode=0o700)
        own = folder.with_name("restored.conf")
        own.write_text(self._conf.read_text().replace(str(self._layout.data(MEMBER)), str(folder)))
        commands = self._commands(own)
        getting = commands.restore_command(dict(find("pgbackrest").environment))
        return self._run(commands.restore(Whole(), getting))

    def base_backup(self, folder: Path) -> float:
        host, port = self._address
        return self._run(
            (
                *(str(find("pg_basebackup").path), "--pgdata", str(folder), "--checkpoint=fast"),
                *("--host", host, "--port", port, "--username", "caisson_replication"),
            ),
            PGPASSWORD=self._secrets[f"{STORE}/replication"],
        )

    # -- parts -----------------------------------------------------------------------------

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self.folder)

    @property
    def _conf(self) -> Path:
        return self._layout.conf(MEMBER) / "pgbackrest.conf"

    @cached_property
    def _secrets(self) -> dict[str, str]:
        return dict(json.loads(self._layout.secrets.read_text()))

    @cached_property
    def _address(self) -> tuple[str, str]:
        sites: list[dict[str, Any]] = json.loads(self._caisson("status", "--json"))["sites"]
        (found,) = (c["address"] for s in sites for c in s["components"] if c["id"] == MEMBER)
        host, port = found.split(":")
        return host, port

    def _first_backup(self) -> None:
        """By order, or the one that the schedule has begun."""
        while not json.loads(self._caisson("backups", "--json"))["backups"][0]["points"]:
            with suppress(EstateError):
                self._caisson("backup", STORE)
            time.sleep(1.0)

    def _session(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(self.conninfo(), autocommit=True)

    def _commands(self, conf: Path) -> Commands:
        return Commands(str(find("pgbackrest").path), str(conf), "blocks")

    def _run(self, argv: tuple[str, ...], **more: str) -> float:
        passfile = str(self._layout.pgbackrest(STORE) / "pgpass")
        environ = {**os.environ, **dict(find("pgbackrest").environment), "PGPASSFILE": passfile}
        began = time.monotonic()
        done = subprocess.run(
            argv, env=environ | more, capture_output=True, text=True, check=False, timeout=LONGEST_S
        )
        seconds = time.monotonic() - began
        if done.returncode:
            raise EstateError(f"{argv[0]} failed:\n{done.stdout[-1000:]}\n{done.stderr[-1000:]}")
        return seconds

    def _caisson(self, *words: str) -> str:
        done = subprocess.run(
            [caisson(), *words],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
        )
        if done.returncode:
            raise EstateError(f"`caisson {words[0]}` failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout
