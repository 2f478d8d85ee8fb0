"""The controller killed with SIGKILL at every step boundary of failover and of failback.

Several environments of one estate carry out the same verb side by side; each stops at a
boundary of its own, and when all of them are there the controller is killed. So one round
tries as many boundaries as there are environments, and none is left out. Every environment
has a writer that goes on all the time, with the service's own role, on whoever is primary by
the connections file.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from tiny_estate import AWAY, HOME, SAFE, write_estate

from caisson.cli.client import Client, ControllerGone
from caisson.targets.local.layout import Layout

DRIVER = Path(__file__).with_name("killed_controller.py")
ENVIRONMENTS = ("ant", "bee", "cat", "dog", "elk", "fox")
MOMENTS = ("before", "performed", "after")
Kills = dict[str, tuple[str, int, str]]  # environment → verb, index of the step, moment
Document = dict[str, Any]


def until(what: str, true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.05)


class Writer:
    """Writes into one environment until told to stop, and remembers what was acknowledged."""

    def __init__(self, connections: Path) -> None:
        self._connections = connections
        self._stop = threading.Event()
        self.acknowledged: list[str] = []
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _write(self) -> None:
        number = 0
        while not self._stop.is_set():
            with suppress(psycopg.Error, OSError), self._connect() as connection:
                while not self._stop.is_set():
                    number += 1
                    statement = f"INSERT INTO shard_{number % 2}.notes (body) VALUES (%s)"
                    connection.execute(statement.encode(), [str(number)])
                    self.acknowledged.append(str(number))
                    time.sleep(0.02)
            time.sleep(0.02)

    def _connect(self) -> psycopg.Connection:
        return connect(json.loads(self._connections.read_text())["stores"][SAFE])


def connect(store: Document, **other: object) -> psycopg.Connection:
    place = {"host": store["host"], "port": store["port"], "dbname": store["database"], **other}
    login = {"user": store["user"], "password": store["password"]}
    return psycopg.connect(**{**login, **place}, connect_timeout=2, autocommit=True)


class Estate:
    """An estate whose controller is a process that can be told where to die."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout = Layout(folder)
        write_estate(folder, ENVIRONMENTS, **{SAFE: "sync"})
        self._log = (folder / "controller.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self.writers: dict[str, Writer] = {}

    def __enter__(self) -> Self:
        self.start({})
        self.writers = {name: Writer(self.connections(name)) for name in ENVIRONMENTS}
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self.writers.values():
            writer.stop()
        self.stop()
        self._log.close()
        assert self.left_behind() == []

    def start(self, kills: Kills) -> None:
        """Start a controller that is killed when its environments are where `kills` says."""
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER), str(self.folder), json.dumps(kills)],
            stdout=self._log,
            stderr=self._log,
        )
        until("the estate is up", self._is_up)

    def restart(self, kills: Kills) -> None:
        self.stop()
        self.start(kills)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "controller.log").read_text()[-3000:]
        with suppress(ControllerGone):
            client = Client(self.layout)
            return client.pid == self._process.pid and client.snapshot()["state"] == "up"
        return False

    def order(self, verb: str, region: str, **arguments: object) -> list[Document]:
        """The same order to every environment at once."""

        def give(environment: str) -> Document:
            client = Client(self.layout)
            return client.order(verb, environment=environment, region=region, **arguments)

        with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
            return list(pool.map(give, ENVIRONMENTS))

    def die_of(self, verb: str, region: str) -> None:
        """Give the order that the controller does not survive; nothing of it must be left."""
        with pytest.raises(ControllerGone):
            self.order(verb, region)
        self._until_dead()

    def die_of_a_lost_region(self, region: str) -> None:
        client = Client(self.layout)
        drill = client.order("drill-begin", fault="lose-region", subject=region)["drill"]
        client.order("drill-strike", drill=drill)
        self._until_dead()

    def drills(self, state: str) -> list[Document]:
        return [drill for drill in self.snapshot()["drills"] if drill["state"] == state]

    def _until_dead(self) -> None:
        assert self._process is not None
        assert self._process.wait(30) == -signal.SIGKILL
        until("everything has ended", lambda: not self.left_behind())

    def left_behind(self) -> list[str]:
        """The command lines of processes that belong to the estate."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                place = (process / "cwd").readlink()
                if str(self.folder) in command or place.is_relative_to(self.folder):
                    found.append(command)
        return found

    # -- what is so -----------------------------------------------------------------------

    def snapshot(self) -> Document:
        return Client(self.layout).snapshot()

    def connections(self, environment: str) -> Path:
        return self.layout.conf(f"{environment}/{HOME}/web") / "connections.json"

    def members(self, environment: str) -> dict[str, Document]:
        """The store's components by region."""
        return {
            site["region"]: component
            for site in self.snapshot()["sites"]
            if site["environment"] == environment
            for component in site["components"]
            if component["name"] == SAFE
        }

    def until_healthy(self, region: str) -> None:
        """Every environment has its primary in `region` and an attached standby elsewhere."""
        until(f"all is well, primaries in {region}", lambda: self._healthy(region))

    def last(self, verb: str) -> dict[str, str]:
        """How the latest operation of this verb ended, by environment."""
        operations = [o for o in self.snapshot()["operations"] if o["verb"] == verb]
        return {o["subject"].split("/")[0]: o["state"] for o in reversed(operations)}

    def _healthy(self, region: str) -> bool:
        busy = [o for o in self.snapshot()["operations"] if o["state"] == "running"]
        return not busy and all(self._well(self.members(name), region) for name in ENVIRONMENTS)

    @staticmethod
    def _well(members: dict[str, Document], region: str) -> bool:
        roles = {at: (m["role"], m["state"], m["attached"]) for at, m in members.items()}
        other = AWAY if region == HOME else HOME
        return roles == {
            region: ("primary", "running", False),
            other: ("standby", "running", True),
        }

    def check(self, region: str) -> None:
        """Ask every server itself: one accepts writes, the other follows it, nothing is lost."""
        for environment, writer in self.writers.items():
            reached = len(writer.acknowledged)
            until("writes go on", lambda: len(writer.acknowledged) > reached + 3)  # noqa: B023
            acknowledged = writer.acknowledged[:]
            store = json.loads(self.connections(environment).read_text())["stores"][SAFE]
            accepts = {
                at: _accepts_writes(store, member)
                for at, member in self.members(environment).items()
            }
            assert accepts == {HOME: region == HOME, AWAY: region == AWAY}, environment
            with connect(store) as connection:
                there = "SELECT body FROM shard_0.notes UNION ALL SELECT body FROM shard_1.notes"
                bodies = [row[0] for row in connection.execute(there.encode())]
            assert set(acknowledged) <= set(bodies), environment
            assert self._followers(environment, store) == [("streaming", "sync")]

    def _followers(self, environment: str, store: Document) -> list[tuple[Any, ...]]:
        secrets = json.loads(self.layout.secrets.read_text())
        owner = {"user": "caisson", "password": secrets[f"{environment}/us/{SAFE}/owner"]}
        with connect({**store, **owner}) as connection:
            return connection.execute(
                "SELECT state, sync_state FROM pg_stat_replication"
            ).fetchall()


def _accepts_writes(store: Document, member: Document) -> bool:
    host, port = member["address"].split(":")
    with connect({**store, "host": host, "port": int(port)}) as connection:
        try:
            connection.execute("INSERT INTO shard_0.notes (body) VALUES ('probe')")
        except psycopg.Error as error:
            assert error.sqlstate == "25006"  # noqa: PT017 - it is a standby, read-only
            return False
    return True


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with Estate(tmp_path_factory.mktemp("killed")) as made:
        yield made


def rounds(verb: str, plan: Document) -> list[tuple[str, Kills]]:
    """Every boundary of a plan once; the last round is filled up with the first ones."""
    every = list(product(range(len(plan["steps"])), MOMENTS))
    size = len(ENVIRONMENTS)
    groups = [(every + every)[first : first + size] for first in range(0, len(every), size)]
    return [
        (verb, {name: (verb, *it) for name, it in zip(ENVIRONMENTS, group, strict=True)})
        for group in groups
    ]


@pytest.mark.timeout(900)
def test_killed_at_every_boundary(estate: Estate) -> None:
    """Failovers go back and forth between the regions; each failback begins with one.

    The controller that finishes what was interrupted in one round is killed in the next.
    """
    estate.until_healthy(HOME)
    (failover, *_) = estate.order("failover", HOME, plan_only=True)
    estate.order("failover", HOME)
    estate.until_healthy(AWAY)
    (failback, *_) = estate.order("failback", HOME, plan_only=True)
    every = rounds("failover", failover["plan"]) + rounds("failback", failback["plan"])
    at = AWAY
    estate.restart(every[0][1])
    for (verb, _), following in zip(every, after_each(every), strict=True):
        if verb == "failback" and at == HOME:
            estate.order("failover", HOME)
            at = AWAY
        estate.until_healthy(at)
        estate.die_of(verb, HOME if verb == "failback" else at)
        at = HOME if at == AWAY else AWAY
        estate.start(following)
        estate.until_healthy(at)
        assert estate.last(verb) == dict.fromkeys(ENVIRONMENTS, "done")
        estate.check(at)
    assert at == HOME


@pytest.mark.timeout(900)
def test_killed_while_a_region_is_lost(estate: Estate) -> None:
    """The failover that nobody ordered, with old primaries that do not answer, inside a drill
    whose estate is then put back by the next controller.
    """
    estate.until_healthy(HOME)
    (plan, *_) = estate.order("failover", HOME, plan_only=True)
    plan["plan"]["steps"] = [s for s in plan["plan"]["steps"] if not catches_up(s)]
    every = rounds("failover", plan["plan"])
    estate.restart(every[0][1])
    for following in after_each(every):
        estate.until_healthy(HOME)
        estate.die_of_a_lost_region(HOME)
        estate.start(following)
        until("the drill has ended", lambda: not estate.drills("running"))
        estate.until_healthy(HOME)
        assert estate.last("failover") == dict.fromkeys(ENVIRONMENTS, "done")
        estate.check(HOME)


def after_each(every: list[tuple[str, Kills]]) -> list[Kills]:
    """What the controller that finishes one round is to die of in the next."""
    return [*(kills for _, kills in every[1:]), {}]


def catches_up(step: Document) -> bool:
    """From a primary that answers only."""
    return any(action["do"] == "CatchUp" for action in step["actions"])
