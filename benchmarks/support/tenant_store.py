"""A store of many tenants on one shard, run through the command line, with writers on it."""

import itertools
import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from support.caisson_estate import WORKSPACE, EstateError, caisson

COMMAND_TIMEOUT_S = 1800.0
BLOCKS = "production/us/blocks"
TEXT_BYTES = 500

_ESTATE = """\
estate: tenants
jurisdictions: {{us: {{home: us-west}}}}
regions: {{us-west: {{jurisdiction: us}}}}
stores:
  blocks:
    system: postgres
    schema: schema.sql
    tenant: tenant
    backup: {{every: 1d, wal: 5s, keep: 7d}}
    questions: [{{sql: "SELECT count(*) FROM blocks", is: ">= 1"}}]
tenants: {{{tenants}}}
"""
_SEED = """\
INSERT INTO shard_0.pages (tenant, id, title)
SELECT t, md5(t || p)::uuid, 'A page' FROM unnest(%(tenants)s::text[]) t, generate_series(1, 10) p;
INSERT INTO shard_0.blocks (tenant, id, page, text)
SELECT t, md5(t || '/' || b)::uuid, md5(t || (b %% 10 + 1))::uuid,
       left(repeat(md5(t || b) || md5(b::text), 16), %(bytes)s)
  FROM unnest(%(tenants)s::text[]) t, generate_series(1, %(blocks)s) b;
"""
_WRITE = """\
INSERT INTO shard_0.blocks (tenant, id, page, text)
VALUES (%s, gen_random_uuid(), md5(%s || 1)::uuid, 'written meanwhile') RETURNING id::text"""


@dataclass(frozen=True, slots=True)
class TenantStore:
    """An estate in `folder` of one store with one shard."""

    folder: Path

    def up(self, tenants: list[str], blocks: int) -> None:
        """Bring it up with so many blocks for each tenant, and back it up."""
        self.folder.mkdir()
        declared = ", ".join(f"{name}: {{home: us}}" for name in tenants)
        (self.folder / "estate.yaml").write_text(_ESTATE.format(tenants=declared), "utf-8")
        schema = (WORKSPACE / "app" / "schema.sql").read_text("utf-8")
        (self.folder / "schema.sql").write_text(schema, "utf-8")
        self.caisson("up", "--detach")
        with self.connect() as session:
            # The parameters are bound here: several statements take none on the server.
            values = {"tenants": tenants, "blocks": blocks, "bytes": TEXT_BYTES}
            psycopg.ClientCursor(session).execute(_SEED, values)
            session.execute("VACUUM ANALYZE")
        while "is under way" in self._run("backup", BLOCKS).stderr:  # the one of the schedule
            time.sleep(1.0)
        time.sleep(1.1)  # no moment within the second in which it ended can be restored

    def down(self) -> None:
        self._run("down")

    def restore(self, *options: str) -> dict[str, Any]:
        """The operation, ended."""
        document: dict[str, Any] = json.loads(self.caisson("restore", BLOCKS, "--json", *options))
        return document

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        secrets = json.loads((self.folder / ".caisson" / "secrets.json").read_text("utf-8"))
        sites = json.loads(self.caisson("status", "--json"))["sites"]
        address = next(
            component["address"]
            for site in sites
            for component in site["components"]
            if component["id"] == "production/us-west/blocks"
        )
        host, port = address.split(":")
        return psycopg.connect(
            host=host,
            port=int(port),
            user="caisson",
            password=secrets[f"{BLOCKS}/owner"],
            dbname="blocks",
            autocommit=True,
        )

    def caisson(self, *words: str) -> str:
        """What a command printed; EstateError when it failed."""
        done = self._run(*words)
        if done.returncode:
            raise EstateError(f"`caisson {words[0]}` failed:\n{done.stdout}\n{done.stderr[-2000:]}")
        return done.stdout

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [caisson(), *words],
            cwd=self.folder,
            env=os.environ | {"PATH": f"{caisson().parent}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_TIMEOUT_S,
        )


@dataclass
class Writers:
    """Threads that write for tenants in turns, so many times a second together."""

    store: TenantStore
    tenants: list[str]
    rate: float
    threads: int = 4
    written: list[str] = field(default_factory=list)
    took: list[tuple[float, float]] = field(default_factory=list)  # begun at, seconds
    errors: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stopped = threading.Event()
        self._running = [
            threading.Thread(target=self._write, args=(number,)) for number in range(self.threads)
        ]
        for thread in self._running:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._running:
            thread.join()

    def between(self, begun: float, ended: float) -> list[float]:
        """How long each write took that was begun in that time."""
        return sorted(seconds for at, seconds in self.took if begun <= at <= ended)

    def _write(self, number: int) -> None:
        pause_s = self.threads / self.rate
        with self.store.connect() as session:
            for turn in itertools.count(number, self.threads):
                if self._stopped.wait(pause_s):
                    return
                tenant, began = self.tenants[turn % len(self.tenants)], time.time()
                try:
                    row = session.execute(_WRITE, (tenant, tenant)).fetchone()
                except psycopg.Error as error:
                    self.errors.append(str(error))
                    return
                self.written.append(str(row and row[0]))
                self.took.append((began, time.time() - began))
