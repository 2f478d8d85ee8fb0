"""A store and a shard switched to what was restored, and back, in a running estate.

One small estate for all tests: one jurisdiction of two regions, and one store of two shards that
a service uses. `CAISSON_KILLS=all` kills the controller at every boundary of the switch.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from estate_support import EstateHere, Login, cleared, until
from tiny_estate import WEB

from caisson.cli.client import ControllerGone, OrderRefused

ESTATE = f"""\
estate: switched
jurisdictions:
  us: {{home: us-west, standby: us-east}}
regions:
  us-west: {{jurisdiction: us}}
  us-east: {{jurisdiction: us}}
stores:
  blocks:
    system: postgres
    shards: 2
    schema: schema.sql
    backup: {{every: 1d, wal: 5s, keep: 7d}}
    questions:
      - {{sql: "SELECT count(*) FROM notes WHERE id < 0", is: "= 0"}}
services:
  web: {{run: ['{sys.executable}', -S, web.py], uses: {{blocks: write}}}}
"""
SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY, counted bigserial)"
BLOCKS = "production/us/blocks"
DRIVER = Path(__file__).with_name("killed_controller.py")
SLACK_S = 120.0


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateHere]:
    folder = tmp_path_factory.mktemp("switched")
    (folder / "estate.yaml").write_text(ESTATE)
    (folder / "schema.sql").write_text(SCHEMA)
    (folder / "web.py").write_text(WEB)
    with cleared(EstateHere(folder)) as here:
        up = here.caisson("up", "--detach", within_s=SLACK_S)
        assert up.code == 0, up.said
        order(here, "backup")
        yield here


@dataclass
class Writes:
    """The service writes into one shard, a row after another; what was acknowledged."""

    login: Login
    shard: int
    first: int
    acknowledged: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        until("something was written", lambda: self.acknowledged)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def _run(self) -> None:
        with service(self.login) as session:
            for number in itertools.count(self.first):
                if self.stop.wait(0.003):
                    return
                try:
                    insert(session, self.shard, number)
                except psycopg.Error as error:
                    self.errors.append(str(error))
                    return
                self.acknowledged.append(number)


def run(estate: EstateHere, *arguments: str) -> dict[str, Any]:
    """What the command answers to `--json`."""
    done = estate.caisson(*arguments, "--json", within_s=SLACK_S)
    assert done.code == 0, done.said
    return done.json


def order(estate: EstateHere, verb: str, **arguments: object) -> dict[str, Any]:
    """The same without the start of a command."""
    answer = estate.client().order(verb, SLACK_S, replica_set=BLOCKS, **arguments)
    assert answer.get("state", "done") == "done", answer
    return answer


def there(estate: EstateHere) -> dict[str, Any]:
    return order(estate, "adoptable")


def service(login: Login) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(
        host=login.host,
        port=login.port,
        user=login.user,
        password=login.password,
        dbname=login.store,
        autocommit=True,
    )


def web(estate: EstateHere) -> Login:
    return estate.logins("production", "us-west", "web")["blocks"]


def owner(estate: EstateHere, region: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """The superuser's session with the member in a region."""
    address = estate.components()[f"production/{region}/blocks"]["address"]
    return at(estate, address)


def at(estate: EstateHere, address: str) -> "psycopg.Connection[tuple[Any, ...]]":
    host, port = address.split(":")
    password = estate.secrets()[f"{BLOCKS}/owner"]
    return psycopg.connect(
        host=host, port=int(port), user="caisson", password=password, dbname="blocks",
        autocommit=True,
    )  # fmt: skip


def insert(session: "psycopg.Connection[tuple[Any, ...]]", shard: int, *numbers: int) -> None:
    sql = f"INSERT INTO shard_{shard}.notes (id) SELECT unnest(%s::bigint[])"
    session.execute(sql.encode(), (list(numbers),))


def accepts(session: "psycopg.Connection[tuple[Any, ...]]", number: int) -> bool:
    """Whether it is written; a lease that ended on a busy machine is granted again."""
    try:
        insert(session, 1, number)
    except psycopg.Error:
        return False
    return True


def timeline(session: "psycopg.Connection[tuple[Any, ...]]") -> int:
    (name,) = session.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone() or ("",)
    return int(name[:8], 16)


def ids(session: "psycopg.Connection[tuple[Any, ...]]", schema: str) -> set[int]:
    found = session.execute(f"SELECT id FROM {schema}.notes".encode())
    return {int(row[0]) for row in found}


def deleted(session: "psycopg.Connection[tuple[Any, ...]]", shard: int) -> int:
    """The transaction in which everything of a shard went."""
    with session.transaction():
        session.execute(f"DELETE FROM shard_{shard}.notes".encode())
        return one(session, "SELECT pg_current_xact_id()")


def one(session: "psycopg.Connection[tuple[Any, ...]]", sql: str) -> int:
    (value,) = session.execute(sql.encode()).fetchone() or (None,)
    return int(value or 0)


@pytest.mark.timeout(3600)
def test_a_shard_and_a_store_are_switched_and_back_whoever_is_killed(estate: EstateHere) -> None:
    """One story, for what is switched once is what is switched next."""
    a_shard_is_switched_and_back_while_services_write(estate)
    was = a_store_is_switched_to_a_copy(estate)
    it_is_switched_back_and_nothing_is_stuck(estate, was)
    a_switch_whose_controller_is_killed_ends(estate)


def a_shard_is_switched_and_back_while_services_write(estate: EstateHere) -> None:
    with pytest.raises(OrderRefused, match="write `--to` with a moment before it"):
        order(estate, "restore", before=4)
    login = web(estate)
    before = set(range(1, 101))
    with service(login) as session:
        insert(session, 0, *before)
        gone = deleted(session, 0)
        insert(session, 0, 101)
    with owner(estate, "us-west") as primary:
        primary.execute("CREATE ROLE auditor; GRANT USAGE ON SCHEMA shard_0 TO auditor")
        primary.execute("GRANT SELECT ON shard_0.notes TO auditor")
    run(estate, "restore", BLOCKS, "--before", str(gone), "--shard", "0")
    (restored,) = there(estate)["shards"]
    with (
        Writes(login, 1, 1000) as others,
        Writes(login, 0, 2000) as own,
        service(login) as session,
    ):
        with session.transaction():  # which the switch waits for, and does not cut in two
            insert(session, 0, 3000)
            switch = threading.Thread(
                target=order, args=(estate, "adopt"), kwargs={"name": restored["name"]}
            )
            switch.start()
            time.sleep(0.6)
            insert(session, 0, 3001)
        switch.join()
        (aside,) = run(estate, "adopt", BLOCKS)["shards"]
    assert (others.errors, own.errors) == ([], [])
    with owner(estate, "us-west") as primary:
        after, left = ids(primary, "shard_0"), ids(primary, aside["name"])
        assert after >= before
        assert left >= {101, 3000, 3001}
        # Each write of the shard lies in the old one or in the new one, and none is lost.
        assert (after - before).isdisjoint(left)
        assert (after - before) | (left - {101, 3000, 3001}) == set(own.acknowledged)
        assert after > before
        assert one(primary, "SELECT has_table_privilege('auditor', 'shard_0.notes', 'SELECT')::int")
        guards = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'shard_0.notes'::regclass"
        assert one(primary, f"{guards} AND tgname = '!caisson_statement'") == 1
        order(estate, "adopt", undo=True, shard=0)
        assert ids(primary, "shard_0") == left
        assert ids(primary, "shard_1") >= set(others.acknowledged)
    (back,) = there(estate)["shards"]
    order(estate, "drop", name=back["name"])
    assert there(estate)["shards"] == []


def a_store_is_switched_to_a_copy(estate: EstateHere) -> "Adopted":
    """A table was dropped; the store was switched to a copy from just before, and is written to."""
    seen = Adopted()
    with service(web(estate)) as session:
        insert(session, 0, *range(5000, 5500))
    with owner(estate, "us-west") as primary:
        seen.before = ids(primary, "shard_0")
        moment = primary.execute("SELECT clock_timestamp()").fetchone() or (None,)
        time.sleep(0.3)
        primary.execute("DROP TABLE shard_0.notes")
        insert(primary, 1, 6000)
        seen.later = ids(primary, "shard_1")
    run(estate, "restore", BLOCKS, "--to", moment[0].isoformat(), "--keep", "--in", "us-west")
    (copy,) = there(estate)["copies"]
    run(estate, "adopt", BLOCKS, copy["name"])
    return seen


@dataclass
class Adopted:
    before: set[int] = field(default_factory=set)
    later: set[int] = field(default_factory=set)


def it_is_switched_back_and_nothing_is_stuck(estate: EstateHere, adopted: Adopted) -> None:
    with service(web(estate)) as session:
        assert ids(session, "shard_0") == adopted.before
        assert 6000 not in ids(session, "shard_1")
        insert(session, 0, 7000)
    with owner(estate, "us-east") as standby:
        until("the standby follows", lambda: 7000 in ids(standby, "shard_0"))
    begun = []
    with owner(estate, "us-west") as primary:
        begun.append(timeline(primary))
    order(estate, "adopt", undo=True)
    with owner(estate, "us-west") as primary:
        begun.append(timeline(primary))
    with service(web(estate)) as session:
        assert ids(session, "shard_1") == adopted.later
        assert ids(session, "shard_0") == set()  # the table was made again, as it is declared
        insert(session, 0, 8000)
    until("a failover is possible", lambda: failed_over(estate))
    with service(web(estate)) as session:
        insert(session, 0, 8001)
    order(estate, "backup")
    with owner(estate, "us-east") as primary:
        # No two histories have one number, and there is no gap behind which one is not found.
        begun.append(timeline(primary))
        assert begun == sorted(set(begun))
        archive = estate.layout.home / "repositories/us-east/production/us/archive/blocks"
        numbers = {int(each.name[:8], 16) for each in archive.glob("*/*.history")}
        assert numbers == set(range(2, begun[-1] + 1))
        archiver = "SELECT (last_archived_time > coalesce(last_failed_time, '-infinity'))::int"
        assert one(primary, f"{archiver} FROM pg_stat_archiver")
    operation = order(estate, "restore", keep=True)
    with at(estate, operation["steps"][1]["detail"].split(" at ")[1]) as copy:
        assert ids(copy, "shard_0") == {8000, 8001}
        assert ids(copy, "shard_1") == adopted.later
    (kept, *_) = there(estate)["copies"]
    assert kept["region"] == "us-east"
    order(estate, "failback", environment="production", region="us-west")
    with pytest.raises(OrderRefused, match="--keep --in us-west"):
        order(estate, "adopt", name=kept["name"])


def failed_over(estate: EstateHere) -> bool:
    """The standby that was copied anew has to be seen before."""
    try:
        order(estate, "failover", environment="production", region="us-west")
    except OrderRefused:
        return False
    return True


def test_what_does_not_lie_there_is_no_name(estate: EstateHere) -> None:
    unknown = estate.caisson("adopt", BLOCKS, "nothing")
    assert unknown.code == 2
    assert f"nothing lies beside {BLOCKS} as nothing" in unknown.err
    for wrong in ({"shard": 2}, {"region": "mars"}):
        with pytest.raises(OrderRefused) as refused:
            order(estate, "restore", **wrong)
        assert refused.value.wrong


# -- killed ------------------------------------------------------------------------------------

STEPS = 10  # of a switch to what lies beside, without that of the standby
MOMENTS = ("before", "performed", "after")
USUAL = ((3, "performed"),)  # the data was exchanged, and the journal does not know yet


def a_switch_whose_controller_is_killed_ends(estate: EstateHere) -> None:
    every = tuple(product(range(STEPS), MOMENTS))
    boundaries = every if os.environ.get("CAISSON_KILLS") == "all" else USUAL
    with service(web(estate)) as session:
        insert(session, 1, 9000)
    had = True
    assert estate.caisson("down").code == 0
    with Driven(estate) as driven:
        for index, moment in boundaries:
            driven.start(index, moment)
            with pytest.raises(ControllerGone):
                estate.client().order("adopt", replica_set=BLOCKS, undo=True)
            driven.until_dead()
            driven.start(-1, "never")
            had = not had
            with service(web(estate)) as session:
                assert (9000 in ids(session, "shard_1")) is had
                until("writes go on", lambda: accepts(session, time.time_ns()))
            driven.stop()
    up = estate.caisson("up", "--detach", within_s=SLACK_S)
    assert up.code == 0, up.said


@dataclass
class Driven:
    """A controller that is told where to die."""

    estate: EstateHere
    process: "subprocess.Popen[bytes] | None" = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, index: int, moment: str) -> None:
        kills = json.dumps({"production": ["adopt", index, moment]})
        with self.estate.folder.with_name("driven.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(DRIVER), str(self.estate.folder), kills],
                stdout=log,
                stderr=log,
            )
        until("the estate is up", self._is_up)

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.estate.folder.with_name("driven.log").read_text()
        try:
            client = self.estate.client()
            return client.pid == self.process.pid and client.snapshot()["state"] == "up"
        except ControllerGone:
            return False

    def until_dead(self) -> None:
        assert self.process is not None
        assert self.process.wait(30) == -signal.SIGKILL
        until("everything has ended", lambda: not self.estate.processes())

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
