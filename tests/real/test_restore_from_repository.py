"""A machine with nothing but a repository and its key restores what was backed up into it.

One estate for all tests: one jurisdiction keeps its backups in a folder, the other in a bucket.
When the tests begin it is gone, with all that it had.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from bucket_support import ACCESS, bucket, free_port
from click.testing import CliRunner
from estate_support import Ended, EstateHere, accepts, cleared, until

from caisson.cli.main import main
from caisson.execute.opened import Opened
from caisson.systems.pgbackrest.repository import Access, repository_of
from caisson.targets.local.binaries import find, package_folder
from caisson.targets.local.layout import Layout
from caisson.targets.local.supervision import Supervisor
from caisson.targets.local.wire import ProcessSpec

ESTATE = """\
estate: shop
jurisdictions: {us: {home: us-west}, eu: {home: eu-west}}
regions: {us-west: {jurisdiction: us}, eu-west: {jurisdiction: eu}}
backups:
  us: {in: us-west, repository: "FOLDER"}
  eu: {in: eu-west, repository: "BUCKET"}
stores:
  orders:
    system: postgres
    shards: 2
    schema: schema.sql
    backup: {every: 1d, wal: 5s, keep: 7d}
    questions:
      - {sql: "SELECT count(*) FROM notes", is: ">= 3", in: some shard}
      - {sql: "SELECT count(*) FROM notes WHERE id < 0", is: "= 0"}
"""
SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY, body text)"
AWS = {"AWS_ACCESS_KEY_ID": ACCESS.user, "AWS_SECRET_ACCESS_KEY": ACCESS.secret}
ROWS = [(number, "é") for number in range(1, 8)]


@dataclass(frozen=True)
class Remains:
    """All that is left: the repositories, their keys, and what the secrets were.

    `moment` is after the backup and before anything was written.
    """

    folder: Path
    declared: str
    bucket: str
    secrets: dict[str, str]
    moment: float

    @property
    def repository(self) -> Path:
        return self.folder / "kept" / "production" / "us"

    def key(self, jurisdiction: str) -> Path:
        return self.folder / f"{jurisdiction}.key"

    def caisson(self, *arguments: str, **env: str) -> Ended:
        """In a process that finds no estate, and nothing that its user had."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        done = subprocess.run(
            (sys.executable, "-m", "caisson.cli.main", *arguments),
            cwd=home,
            env={**kept, "HOME": str(home), "CAISSON_CACHE": cache(), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def restore(self, into: Path, *options: str) -> Ended:
        key = ("--key-file", str(self.key("us")))
        chosen = ("--from", str(self.repository), *key, "--into", str(into))
        return self.caisson("restore", *chosen, *options)


def cache() -> str:
    """Where this user's server programs are unpacked, if they are."""
    packages = package_folder()
    return str(packages.parents[1]) if packages else ""


@pytest.fixture(scope="module")
def remains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remains]:
    folder = tmp_path_factory.mktemp("gone")
    supervisor = Supervisor.launch(folder / "run", folder / "supervisor.log")
    try:
        asked = bucket(supervisor, folder, "shop")
        yield backed_up_and_gone(folder, f"s3://shop/backups/?{asked}")
    finally:
        supervisor.shutdown(5.0)


def backed_up_and_gone(folder: Path, in_bucket: str) -> Remains:
    """An estate makes backups, is written into, and is gone with everything that it had."""
    here = EstateHere(folder / "estate", AWS)
    here.folder.mkdir()
    declared = ESTATE.replace("FOLDER", str(folder / "kept")).replace("BUCKET", in_bucket)
    (here.folder / "estate.yaml").write_text(declared)
    (here.folder / "schema.sql").write_text(SCHEMA)
    with cleared(here):
        succeeds(here, "up", "--detach")
        for jurisdiction in ("us", "eu"):
            succeeds(here, "backup", f"production/{jurisdiction}/orders")
        time.sleep(1.1)  # of when a backup ended, whole seconds are kept
        moment = time.time()
        for jurisdiction in ("us", "eu"):
            write(here, jurisdiction)
            key = str(folder / f"{jurisdiction}.key")
            succeeds(here, "key", f"production/{jurisdiction}", key)
            assert here.caisson("key", f"production/{jurisdiction}", key).code == 2
        secrets = here.secrets()
        logs = "".join(each.read_text() for each in here.layout.log("any").parent.rglob("*.log"))
        assert AWS["AWS_SECRET_ACCESS_KEY"] not in logs
    shutil.rmtree(here.folder)
    url = in_bucket.replace("/?", "/production/eu?")
    return Remains(folder, declared, url, secrets, moment)


def succeeds(estate: EstateHere, *arguments: str) -> None:
    done = estate.caisson(*arguments)
    assert done.code == 0, done.said


def write(estate: EstateHere, jurisdiction: str) -> None:
    """Write some rows, into two segments, and see them arrive in the repository."""
    member = estate.components()[f"production/{jurisdiction}-west/orders"]
    password = estate.secrets()[f"production/{jurisdiction}/orders/owner"]
    with connected(member["address"], password) as session:
        for part in (ROWS[:3], ROWS[3:]):
            session.execute("SELECT pg_switch_wal()")
            session.cursor().executemany("INSERT INTO shard_1.notes VALUES (%s, %s)", part)
        segment = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        archived = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
        until("it is archived", lambda: session.execute(archived, segment).fetchone() == (True,))


def connected(address: str, password: str) -> "psycopg.Connection[tuple[Any, ...]]":
    host, port = address.split(":")
    return psycopg.connect(
        host=host,
        port=port,
        user="caisson",
        password=password,
        dbname="orders",
        autocommit=True,
    )


@contextmanager
def started(line: str, folder: Path) -> Iterator[str]:
    """The address of a restored server, started by the line that was printed."""
    supervisor = Supervisor.launch(folder / "run", folder / "supervisor.log")
    port = free_port()
    argv = ("env", *shlex.split(line), "-p", str(port))
    env, log = {"PATH": os.defpath}, folder / "started.log"
    spec = ProcessSpec("it", "here", argv, env, folder, log, signal.SIGINT, restart=False)
    try:
        supervisor.start(spec)
        until("it listens", lambda: accepts(f"127.0.0.1:{port}"))
        yield f"127.0.0.1:{port}"
    finally:
        supervisor.shutdown(10.0)


def rows(left: dict[str, str], folder: Path) -> list[tuple[Any, ...]]:
    """What is in the restored server, and that it is asked with the new password alone."""
    password = Path(left["password_file"])
    assert password.stat().st_mode & 0o777 == 0o600
    with started(left["start"], folder) as address:
        until("it takes sessions", lambda: ready(address, password.read_text().strip()))
        with connected(address, password.read_text().strip()) as session:
            assert session.execute("SHOW archive_mode").fetchone() == ("off",)
            return session.execute("SELECT id, body FROM shard_1.notes ORDER BY id").fetchall()


def ready(address: str, password: str) -> bool:
    try:
        connected(address, password).close()
    except psycopg.OperationalError as error:
        if "starting up" not in str(error):
            raise
        return False
    return True


def test_nothing_but_the_repository_and_the_key_brings_every_row_back(
    remains: Remains, tmp_path: Path
) -> None:
    into = tmp_path / "restored"
    done = remains.restore(into, "--json")
    assert done.code == 0, done.said
    (store,) = done.json["stores"]
    assert (done.json["estate"], store["asked"]["count"], store["asked"]["wrong"]) == (
        "shop",
        2,
        [],
    )
    assert (into / "estate.files" / "estate.yaml").read_text() == remains.declared
    assert (into / "estate.files" / "schema.sql").read_text() == SCHEMA
    assert rows(store["left"], tmp_path) == ROWS
    assert sorted(each.name for each in into.iterdir()) == ["estate.files", "orders"]
    assert holding(remains.secrets.values(), into, remains.repository) == []
    key = remains.key("us").read_text().strip()
    place = repository_of(str(remains.repository))
    work = Layout(tmp_path / "work")
    opened = Opened(place, "", Access(), key, work, find("pgbackrest"))
    inventory = opened.inventory()
    assert inventory is not None
    assert not [s for s in remains.secrets.values() if s in inventory.model_dump_json()]


def holding(secrets: Iterable[str], *roots: Path) -> list[Path]:
    """The files in which one of the secrets stands."""
    files = (each for root in roots for each in root.rglob("*") if each.is_file())
    return [each for each in files if any(s.encode() in each.read_bytes() for s in secrets)]


def test_a_bucket_is_as_good_as_a_folder_and_wrong_answers_are_told(
    remains: Remains, tmp_path: Path
) -> None:
    """To a moment before anything was written: the data is there, and fails the first question."""
    chosen = ("--from", remains.bucket, "--key-file", str(remains.key("eu")), "--store", "orders")
    moment = datetime.fromtimestamp(remains.moment, UTC).isoformat()
    into = tmp_path / "restored"
    done = remains.caisson("restore", *chosen, "--to", moment, "--into", str(into), "--json", **AWS)
    assert done.code == 1, done.said
    (store,) = done.json["stores"]
    (wrong,) = store["asked"]["wrong"]
    assert "answered 0 (2 of 2 shards)" in wrong
    assert rows(store["left"], tmp_path) == []


def test_what_lacks_in_a_repository_is_told_and_the_rest_restored(
    remains: Remains, tmp_path: Path
) -> None:
    """Its inventory is damaged, so that nothing can be asked, and its WAL has a hole."""
    broken = tmp_path / "broken" / "us"
    shutil.copytree(remains.repository, broken)
    (inventory,) = (broken / "caisson").rglob("archive.info")
    changed = bytearray(inventory.read_bytes())
    changed[len(changed) // 2] ^= 1
    inventory.write_bytes(changed)
    *_, lost, _ = sorted((broken / "archive" / "orders").rglob("*.zst"))
    lost.unlink()
    key, into = ("--key-file", str(remains.key("us"))), ("--into", str(tmp_path / "restored"))
    done = remains.caisson("restore", "--from", str(broken), *key, *into, "--discard", "--json")
    assert done.code == 1, done.said
    (store,) = done.json["stores"]
    assert "the inventory of the repository cannot be read" in done.json["unknown"]
    assert (store["why_not"], store["asked"]["count"], store["left"]) == (None, 0, None)
    assert f"the archive has a hole at {lost.name[:24]}" in store["asked"]["short"]
    assert not (tmp_path / "restored").exists()


def test_what_cannot_be_restored_is_refused_in_one_sentence(
    remains: Remains, tmp_path: Path
) -> None:
    into = tmp_path / "restored"
    (tmp_path / "wrong.key").write_text("another")
    key = ("--key-file", str(remains.key("us")))
    wrong = ("--key-file", str(tmp_path / "wrong.key"))
    here, root = str(remains.repository), str(remains.repository.parents[1])
    refused = [
        ((here, *wrong), "the key is not that of this repository"),
        ((root, *key), f"no backups are in {root}; name one of those below it: {here}"),
        ((f"{root}/none", *key), f"there is no folder {root}/none"),
        ((here, *key, "--store", "blocks"), "no backups of blocks are in it; there are: orders"),
        ((here, *key, "--to", "2001-01-01T00:00:00Z"), "when the oldest backup was whole"),
        ((here, *key, "--to", "2999-01-01T00:00:00Z"), "has not come yet"),
        ((here, *key, "--into", str(tmp_path)), f"{tmp_path} is not empty"),
        ((here,), "name the key: --key-file FILE"),
        (("s3://me:hunter2@shop/x", *key), "nobody's password"),
    ]
    for (repository, *options), said in refused:
        chosen = ("restore", "--from", repository, "--into", str(into), *options)
        done = CliRunner().invoke(main, chosen)
        assert (done.exit_code, done.stderr.count("error: ")) == (2, 1), done.output
        assert said in done.stderr
        assert "hunter2" not in done.output
    assert not into.exists()
