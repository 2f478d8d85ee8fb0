"""Backups and restores that something strikes: a kill, a full disk, a wrong key, a lost region.

One estate for all tests: a store without a standby, whose backups lie in another region. Its
repositories are on a small file system of their own, where namespaces can be had. How often:

    CAISSON_KILLS     kills of each of six kinds (0: one of each of two, and a third elsewhere)
    CAISSON_LOSSES    losses of the home region (1)
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from estate_support import Ended, EstateHere, cleared, until
from kept_estate import BLOCKS, PRIMARY, SLACK_S, Writes, numbers_in_copy, owner, writing, written
from kept_repository import sound

ESTATE = """\
estate: struck
jurisdictions:
  us: {home: us-west}
regions:
  us-west: {jurisdiction: us}
  us-east: {jurisdiction: us}
backups:
  us: {in: us-east}
stores:
  blocks:
    system: postgres
    schema: schema.sql
    backup: {every: 1d, wal: 5s, keep: 7d}
    questions:
      - {sql: "SELECT max(id) + 1 - count(*) FROM notes", is: "= 0"}
      - {sql: "SELECT count(*) FROM bulk", is: "= 100000"}
"""
SCHEMA = """\
CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY, at timestamptz DEFAULT now());
CREATE TABLE IF NOT EXISTS bulk (id bigint, text text)
"""
BULK = """\
INSERT INTO shard_0.bulk
SELECT i, md5(random()::text) || md5(random()::text) FROM generate_series(1, 100000) i
"""
WAL_S = 5.0
LATE_S = 5.0  # of a segment on a busy machine
KILLS = int(os.environ.get("CAISSON_KILLS", "0"))
LOSSES = int(os.environ.get("CAISSON_LOSSES", "1"))
IN_SPACE = ("unshare", "--user", "--map-root-user", "--mount", "--")
KINDS = (
    ("backup", "engine"),
    ("restore", "engine"),
    ("backup", "primary"),
    ("restore", "copy"),
    ("backup", "controller"),
    ("restore", "controller"),
)
FEW = (KINDS[0], KINDS[3])
pytestmark = pytest.mark.timeout(600)
DRAW = random.Random(11)  # noqa: S311 - moments, no secrets


@contextmanager
def small_disk(estate: Path) -> Iterator[tuple[str, ...]]:
    """A file system for repositories, and how commands see it; in no way if not allowed."""
    folder = estate / ".caisson" / "repositories"
    folder.mkdir(parents=True)
    script = f"mount -t tmpfs -o mode=700 tmpfs '{folder}' && echo there && exec sleep infinity"
    with subprocess.Popen(
        (*IN_SPACE, "sh", "-c", script), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as holder:
        assert holder.stdout is not None
        there = holder.stdout.readline() == b"there\n"
        enter = ("nsenter", "--preserve-credentials", "--user", "--mount")
        where = (f"--target={holder.pid}", f"--wd={estate}", "--")
        try:
            yield (*enter, *where) if there else ()
        finally:
            holder.kill()


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateHere]:
    folder = tmp_path_factory.mktemp("struck")
    (folder / "estate.yaml").write_text(ESTATE)
    (folder / "schema.sql").write_text(SCHEMA)
    with small_disk(folder) as prefix, cleared(EstateHere(folder, prefix=prefix)) as here:
        come_up(here)
        with owner(here) as session:
            session.execute(BULK)
        yield here


@pytest.fixture(scope="module")
def writes(estate: EstateHere) -> Iterator[Writes]:
    with writing(estate, 0.01) as writer:
        assert estate.caisson("backup", BLOCKS, within_s=SLACK_S).code == 0
        yield writer


def come_up(estate: EstateHere) -> None:
    done = estate.caisson("up", "--detach")
    assert done.code == 0, done.said


# -- kills --------------------------------------------------------------------------------------

Processes = dict[int, str]


def engine(processes: Processes) -> list[int]:
    """What makes a backup or a restore; not what archives a segment, or verifies."""
    return [
        pid
        for pid, command in processes.items()
        if "pgbackrest" in command
        and {"backup", "restore"} & {word.split(":")[0] for word in command.split()}
    ]


def primary(processes: Processes) -> list[int]:
    data = f"/data/{PRIMARY}"
    return [
        pid
        for pid, command in processes.items()
        if command.startswith("postgres: us-west") or command.endswith(data)
    ]


def copy(processes: Processes) -> list[int]:
    name = BLOCKS.replace("/", "-")
    return [
        pid
        for pid, command in processes.items()
        if command.startswith(f"postgres: {name}")
        or ("/copies/" in command and command.endswith("/data"))
    ]


def controller(estate: EstateHere) -> list[int]:
    return [estate.client().pid]


@contextmanager
def given(estate: EstateHere, *order: str) -> Iterator["list[Ended]"]:
    """An order is under way; its end is in the list when it has come."""
    ended: list[Ended] = []
    thread = threading.Thread(
        target=lambda: ended.append(estate.caisson(*order, within_s=SLACK_S)), daemon=True
    )
    thread.start()
    yield ended
    thread.join()


def struck(estate: EstateHere, order: tuple[str, ...], victim: str) -> Ended:
    """Kill one process of the victim at a random moment of the order; its end.

    One that was too late to find any is given again.
    """
    watched = copy if victim == "copy" else engine
    found: dict[str, Callable[[Processes], list[int]]] = {
        "engine": engine,
        "primary": primary,
        "copy": copy,
        "controller": lambda _: controller(estate),
    }
    span_s = 1.5
    while True:
        with given(estate, *order) as ended:
            until("it is under way", lambda: ended or watched(estate.processes()))
            time.sleep(DRAW.uniform(0.0, span_s))
            processes = estate.processes()
            if hit := watched(processes) and found[victim](processes):
                with suppress(ProcessLookupError):
                    os.kill(DRAW.choice(hit), signal.SIGKILL)
        if hit:
            return ended[0]
        assert ended[0].code == 0, ended[0].said
        span_s *= 0.6


def nothing_is_left_of_it(estate: EstateHere) -> None:
    left = estate.processes()
    assert not engine(left), left
    assert not copy(left), left
    copies = estate.layout.copies
    assert not copies.exists() or not list(copies.iterdir())


@pytest.mark.timeout(600 + 300 * KILLS)
def test_a_kill_leaves_a_sound_repository_and_the_next_goes_on(
    estate: EstateHere, writes: Writes
) -> None:
    until("all is well", lambda: all(c["state"] == "running" for c in estate.components().values()))
    for verb, victim in FEW if KILLS == 0 else KINDS * KILLS:
        full = verb == "backup" and DRAW.random() < 0.5
        ended = struck(estate, (verb, BLOCKS, *(("--full",) if full else ())), victim)
        note(f"{verb}: {victim} killed, exit code {ended.code} {ended.err.strip()}")
        assert ended.code in (0, 1), ended.said
        assert len(ended.err.splitlines()) <= 1, ended.said
        if victim == "controller":
            until("everything has ended", lambda: not estate.processes())
            come_up(estate)
        nothing_is_left_of_it(estate)
        again = estate.caisson(verb, BLOCKS, within_s=SLACK_S)
        assert again.code == 0, again.said
        nothing_is_left_of_it(estate)
        sound(estate)
        since = len(writes.acknowledged)
        until("writes go on", lambda: len(writes.acknowledged) > since)  # noqa: B023


def note(what: str) -> None:
    """A line of a campaign, where `pytest -s` shows it."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


# -- what is wrong with the repository ----------------------------------------------------------


@contextmanager
def full_disk(estate: EstateHere) -> Iterator[None]:
    folder = str(estate.folder / ".caisson" / "repositories")

    def run(*argv: str) -> str:
        done = subprocess.run((*estate.prefix, *argv), capture_output=True, check=True)
        return done.stdout.decode()

    used = int(run("df", "--block-size=1", "--output=used", folder).split()[1])
    run("mount", "-o", f"remount,size={used}", folder)
    try:
        yield
    finally:
        run("mount", "-o", "remount,size=100%", folder)


def test_a_full_disk_is_one_clear_error_and_stops_nobody(
    estate: EstateHere, writes: Writes
) -> None:
    if not estate.prefix:
        pytest.skip("nobody may mount a small file system here")
    with full_disk(estate):
        failed = estate.caisson("backup", BLOCKS, "--full", within_s=SLACK_S)
        shown = estate.caisson("backups")
        moment = estate.caisson("restore", BLOCKS, "--to", written(time.time() - 1.0))
        newest = estate.caisson("restore", BLOCKS, within_s=SLACK_S)
        since = len(writes.acknowledged)
        until("writes go on", lambda: len(writes.acknowledged) > since)
    assert (failed.code, moment.code) == (1, 1)
    for each in (failed, moment):
        assert each.said.count("the disk is full") == 1, each.said
    assert shown.code == newest.code == 0, newest.said
    done = estate.caisson("backup", BLOCKS, within_s=SLACK_S)
    assert done.code == 0, done.said
    sound(estate)


@contextmanager
def wrong_key(estate: EstateHere) -> Iterator[None]:
    """The controller that comes up now has another key; who comes after it has the right one."""
    right = estate.layout.secrets.read_text()
    name = "production/us/backups"
    estate.layout.secrets.write_text(json.dumps({**json.loads(right), name: "of another"}))
    come_up(estate)
    try:
        yield
    finally:
        estate.caisson("down")
        estate.layout.secrets.write_text(right)
        come_up(estate)


def test_a_wrong_key_is_one_clear_error_and_stops_nobody(
    estate: EstateHere, writes: Writes
) -> None:
    """The controller before it is killed in the midst of a restore."""
    assert struck(estate, ("restore", BLOCKS), "controller").code == 1
    until("everything has ended", lambda: not estate.processes())
    with wrong_key(estate):
        nothing_is_left_of_it(estate)
        shown = estate.caisson("backups", "--json")
        failed = [estate.caisson(verb, BLOCKS) for verb in ("backup", "restore")]
        since = len(writes.acknowledged)
        until("writes go on", lambda: len(writes.acknowledged) > since)
    assert shown.code == 1
    (told,) = shown.json["backups"]
    for said in (told["why_not"], *(each.err for each in failed)):
        assert said.count("the repository cannot be read with this key") == 1, said
    assert [each.code for each in failed] == [1, 1]
    done = estate.caisson("backup", BLOCKS, within_s=SLACK_S)
    assert done.code == 0, done.said
    sound(estate)


def test_a_repository_that_was_half_made_is_made_anew(estate: EstateHere, writes: Writes) -> None:
    """As when pgBackRest is killed between the two halves. What was there is gone for this."""
    repository = estate.folder / ".caisson" / "repositories" / "us-east" / "production" / "us"
    left = "archive/blocks/archive.info"
    script = f"mv us was && mkdir -p us/archive/blocks && cp was/{left} us/{left}"
    in_place = ("sh", "-c", f"cd '{repository.parent}' && {script}")
    subprocess.run((*estate.prefix, *in_place), check=True)
    done = estate.caisson("backup", BLOCKS, "--new", within_s=SLACK_S)
    assert done.code == 0, done.said
    (point,) = sound(estate).backups
    assert point.kind == "full"
    since = len(writes.acknowledged)
    until("writes go on", lambda: len(writes.acknowledged) > since)


# -- a lost region ------------------------------------------------------------------------------


@contextmanager
def lost(estate: EstateHere, region: str) -> Iterator[float]:
    """Every process of the region is killed, and none is started; since when."""
    client = estate.client()
    drill = client.order("drill-begin", fault="lose-region", subject=region)["drill"]
    ended = threading.Event()

    def hold() -> None:
        while not ended.wait(1.0):
            client.order("drill-renew", drill=drill)

    at = client.order("drill-strike", drill=drill)["at"]
    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    try:
        yield at
    finally:
        ended.set()
        holder.join()
        client.order("drill-undo", drill=drill)
        client.order("drill-end", drill=drill, result={})


def archive_what_is_old(estate: EstateHere) -> None:
    """Of a server that was down there is WAL that is older than what it may leave unarchived."""

    def switched() -> str:
        with suppress(psycopg.Error), owner(estate) as session:
            row = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
            return str(row[0]) if row else ""
        return ""

    until("the primary is back", switched)
    segment = switched()
    archived = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
    with owner(estate) as session:
        until("it is archived", lambda: session.execute(archived, (segment,)).fetchone() == (True,))


@pytest.mark.timeout(600 + 60 * LOSSES)
def test_a_lost_region_costs_no_more_than_the_wal_that_was_declared(
    estate: EstateHere, writes: Writes
) -> None:
    for _ in range(LOSSES):
        archive_what_is_old(estate)
        time.sleep(DRAW.uniform(0.0, 1.5 * WAL_S if LOSSES > 1 else 1.5))
        with lost(estate, "us-west") as at:
            done = estate.caisson("restore", BLOCKS, "--keep", "--json", within_s=SLACK_S)
            assert done.code == 0, done.said
            present = numbers_in_copy(estate, done.json)
        acknowledged = dict(writes.acknowledged)
        lacking = [at - acknowledged[each] for each in acknowledged if each not in present]
        seconds = done.json["ended_at"] - done.json["started_at"]
        note(f"lost the last {max(lacking, default=0.0):.2f} s, restored in {seconds:.2f} s")
        assert present == set(range(len(present)))
        assert max(lacking, default=0.0) <= WAL_S + LATE_S
    assert estate.caisson("down").code == 0  # with the copies that were kept
    come_up(estate)
