"""Patroni as it is usually run: two nodes, an etcd of three, HAProxy in front.

Chosen in Patroni's favour where there was a choice: etcd stands outside both nodes and
loses nothing, the timing is the quickest for a lost node (see `Timing`), and HAProxy asks
six times as often as in Patroni's documentation (every 500 ms, not every 3 s).
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import yaml

from caisson.targets.local.binaries import Binary
from support.patroni_config import (
    PASSWORD,
    POSTGRES_PORT,
    REST_PORT,
    Places,
    Timing,
    etcd_options,
    haproxy_config,
    patroni_config,
)
from support.patroni_install import Programs
from support.processes import kill_below

START_TIMEOUT_S = 120.0
# Postgres refuses to run as root.
UNPRIVILEGED = (
    ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
    if os.geteuid() == 0
    else ()
)


class ClusterError(Exception):
    """The cluster did not do what the comparison needs; carries the end of its logs."""


class Cluster:
    """Started by `start`; ended by whoever guards `folder`."""

    def __init__(self, folder: Path, programs: Programs, timing: Timing) -> None:
        self.folder = folder
        self.timing = timing
        self.places = _free_places()
        self._programs = programs

    @property
    def conninfo(self) -> str:
        """To the primary, through the proxy."""
        return (
            f"host={self.places.proxy} port={POSTGRES_PORT} dbname=postgres "
            f"user=postgres password={PASSWORD}"
        )

    def start(self) -> None:
        """etcd, then one node (so that it is the first primary), then the other and the proxy."""
        for name in self.places.etcd:
            self._launch(self._programs.etcd, self.folder / name, etcd_options(self.places, name))
        first, second = self.places.nodes
        self.start_node(first)
        _until("the first primary", lambda: self.leader() == first, self._logs)
        self.start_node(second)
        self._start_proxy()
        self.wait_whole()
        _until("the proxy", self._make_table, self._logs)

    def leader(self) -> str | None:
        """Name of the node that its own Patroni calls the running primary."""
        return next((n for n in self.places.nodes if self._rest(n, "primary") is not None), None)

    def lose(self, node: str) -> None:
        """SIGKILL for Patroni and every Postgres process of the node."""
        kill_below(self.folder / node)

    def start_node(self, node: str) -> None:
        folder = self.folder / node
        folder.mkdir(exist_ok=True)
        config = folder / "patroni.yml"
        settings = patroni_config(self._programs, self.places, self.timing, node, folder)
        config.write_text(yaml.safe_dump(settings))
        self._launch(self._programs.patroni, folder, (str(config),), UNPRIVILEGED)

    def wait_whole(self) -> None:
        """Until there is a primary and the other node streams from it without lag."""
        _until("a primary with a streaming standby", self._whole, self._logs)

    def missing(self, ids: set[int], first_id: int) -> int:
        """How many of the acknowledged ids the primary does not have."""
        with psycopg.connect(self.conninfo, connect_timeout=5) as connection:
            rows = connection.execute("SELECT id FROM probe WHERE id >= %s", (first_id,))
            return len(ids - {row[0] for row in rows})

    def _whole(self) -> bool:
        leader = self.leader()
        members = self._rest(leader, "cluster") if leader else None
        return members is not None and sorted(
            (m["state"], m.get("lag", 0)) for m in members["members"]
        ) == [("running", 0), ("streaming", 0)]

    def _make_table(self) -> bool:
        with suppress(psycopg.Error), psycopg.connect(self.conninfo, connect_timeout=2) as c:
            c.execute("CREATE TABLE IF NOT EXISTS probe (id bigint PRIMARY KEY)")
            return True
        return False

    def _rest(self, node: str, path: str) -> Any:
        """The JSON of a Patroni endpoint; None when it does not answer with 200."""
        url = f"http://{self.places.nodes[node]}:{REST_PORT}/{path}"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return None

    def _launch(
        self, program: Binary, folder: Path, options: tuple[str, ...], wrap: tuple[str, ...] = ()
    ) -> None:
        folder.mkdir(exist_ok=True)
        with (folder / "log").open("ab") as log:
            subprocess.Popen(
                (*wrap, program.path, *options),
                cwd=folder,
                env=os.environ | dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _logs(self) -> str:
        logs = sorted(self.folder.glob("*/log"))
        return "\n".join(f"--- {p.parent.name}\n{p.read_text()[-1500:]}" for p in logs)

    def _start_proxy(self) -> None:
        folder = self.folder / "proxy"
        folder.mkdir()
        (folder / "haproxy.cfg").write_text(haproxy_config(self.places))
        self._launch(self._programs.haproxy, folder, ("-db", "-f", "haproxy.cfg"))


def _free_places() -> Places:
    for block in range(200, 250):
        if (places := Places(block)).free():
            return places
    raise ClusterError("no free block of loopback addresses between 127.200 and 127.249")


def _until(what: str, done: Callable[[], bool], logs: Callable[[], str]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not done():
        if time.monotonic() > deadline:
            raise ClusterError(f"{what} did not come within {START_TIMEOUT_S:.0f} s\n{logs()}")
        time.sleep(0.2)
