"""Single tenants brought back to a moment in a store that goes on, and that undone.

One estate for all tests: thirty tenants on two shards, of whom ten are restored.
"""

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import psycopg
import pytest
from estate_support import EstateHere, cleared, until

from caisson.systems.postgres.filling import NotReplaced, fillings, reading, stage
from caisson.systems.postgres.lease import GUARD_SQL
from caisson.systems.postgres.replacing import Replaced, Replacement
from caisson.systems.postgres.session import PostgresError, Session
from caisson.systems.postgres.tables import tables_of
from caisson.systems.postgres.tenants import keep, of_tenants
from caisson.topology.passes.tenants import shard_of

TENANTS = tuple(f"tenant-{number:02d}" for number in range(30))
CHOSEN, OTHERS = TENANTS[:10], TENANTS[10:]
SHARDS = 2
SCHEMA = """\
CREATE TABLE IF NOT EXISTS kinds (id int PRIMARY KEY);
CREATE TABLE IF NOT EXISTS pages (
    tenant text NOT NULL, id bigint NOT NULL, title text, kind int REFERENCES kinds,
    long int GENERATED ALWAYS AS (length(title)) STORED,
    "odd name" int GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (tenant, id));
CREATE TABLE IF NOT EXISTS blocks (
    tenant text NOT NULL, id bigint NOT NULL, page bigint NOT NULL, text text,
    at timestamptz DEFAULT now(), PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, page) REFERENCES pages ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS shown (
    page bigint, of text, FOREIGN KEY (of, page) REFERENCES pages (tenant, id) ON DELETE CASCADE);
CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.at := clock_timestamp(); RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER stamp BEFORE INSERT OR UPDATE ON blocks
    FOR EACH ROW EXECUTE FUNCTION stamp();
"""
ESTATE = """\
estate: tenants
jurisdictions:
  us: {home: us-west}
regions:
  us-west: {jurisdiction: us}
stores:
  blocks:
    system: postgres
    shards: 2
    schema: schema.sql
    tenant: tenant
    backup: {every: 1d, wal: 5s, keep: 7d}
    questions:
      - {sql: "SELECT count(*) FROM pages", is: ">= 1"}
tenants:
""" + "".join(f"  {name}: {{home: us}}\n" for name in TENANTS)
BLOCKS = "production/us/blocks"
PRIMARY = "production/us-west/blocks"
SLACK_S = 120.0

Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateHere]:
    folder = tmp_path_factory.mktemp("tenants")
    (folder / "estate.yaml").write_text(ESTATE)
    (folder / "schema.sql").write_text(SCHEMA)
    with cleared(EstateHere(folder)) as here:
        up = here.caisson("up", "--detach")
        assert up.code == 0, up.said
        with owner(here) as session:
            _seed(session)
        done = here.caisson("backup", BLOCKS, within_s=SLACK_S)
        assert done.code == 0, done.said
        time.sleep(1.1)  # a moment within the second in which a backup ended is none of its own
        yield here


def _seed(session: "psycopg.Connection[Any]") -> None:
    session.execute("CREATE ROLE app")
    for shard in range(SHARDS):
        session.execute(f"GRANT USAGE ON SCHEMA shard_{shard} TO app")
        session.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA shard_{shard} TO app")
        session.execute(f"INSERT INTO shard_{shard}.kinds VALUES (1), (2)")
    for tenant in TENANTS:
        for page in range(3):
            write_page(session, tenant, page, "first")


def write_page(session: "psycopg.Connection[Any]", tenant: str, page: int, title: str) -> None:
    """A page and its block in one transaction; again, it gets another title."""
    schema = schema_of(tenant)
    with session.transaction():
        session.execute(
            f"INSERT INTO {schema}.pages (tenant, id, title, kind) VALUES (%s, %s, %s, 1)"
            " ON CONFLICT (tenant, id) DO UPDATE SET title = excluded.title",
            (tenant, page, title),
        )
        session.execute(
            f"INSERT INTO {schema}.blocks VALUES (%s, %s, %s, %s) ON CONFLICT (tenant, id)"
            " DO UPDATE SET text = excluded.text",
            (tenant, page, page, title),
        )


def schema_of(tenant: str) -> str:
    return f"shard_{shard_of(tenant, SHARDS)}"


def owner(estate: EstateHere) -> "psycopg.Connection[tuple[Any, ...]]":
    host, port = estate.components()[PRIMARY]["address"].split(":")
    return psycopg.connect(
        host=host,
        port=int(port),
        user="caisson",
        password=estate.secrets()[f"{BLOCKS}/owner"],
        dbname="blocks",
        autocommit=True,
    )


def rows_of(estate: EstateHere, tenants: tuple[str, ...], *, versions: bool = False) -> Rows:
    """Everything that these tenants have; with `versions`, also which transaction wrote it."""
    also = ", xmin::text" if versions else ""
    with owner(estate) as session:
        return [
            (table, *row)
            for tenant in tenants
            for table in ("pages", "blocks")
            for row in session.execute(
                f"SELECT *{also} FROM {schema_of(tenant)}.{table} WHERE tenant = %s ORDER BY id",
                (tenant,),
            )
        ]


@dataclass
class Writer:
    """Writes pages of some tenants as a service does; what was acknowledged, and each error."""

    estate: EstateHere
    tenants: tuple[str, ...]
    acknowledged: list[tuple[str, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        until("something was written", lambda: self.acknowledged)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def _run(self) -> None:
        with owner(self.estate) as session:
            session.execute("SET ROLE app")
            for number in itertools.count(100):
                if self.stop.wait(0.002):
                    return
                self._write(session, self.tenants[number % len(self.tenants)], number)

    def _write(self, session: "psycopg.Connection[Any]", tenant: str, number: int) -> None:
        began = time.monotonic()
        try:
            write_page(session, tenant, number, "written")
            self.acknowledged.append((tenant, number))
        except psycopg.Error as error:
            self.refused.append(str(error.sqlstate))
        self.longest_s = max(self.longest_s, time.monotonic() - began)


def now() -> str:
    time.sleep(0.01)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.01)
    return moment


def places(rows: Rows, table: str) -> list[tuple[str, int]]:
    """Tenant and number of each row of one table."""
    return [(row[1], row[2]) for row in rows if row[0] == table]


def damage(estate: EstateHere) -> None:
    """What somebody did by mistake to the chosen ones."""
    with owner(estate) as session:
        for tenant in CHOSEN:
            schema = schema_of(tenant)
            session.execute(f"DELETE FROM {schema}.pages WHERE tenant = %s AND id = 0", (tenant,))
            write_page(session, tenant, 1, "damaged")
            write_page(session, tenant, 7, "too much")


def restore(estate: EstateHere, *options: str) -> dict[str, Any]:
    done = estate.caisson("restore", BLOCKS, "--json", *options, within_s=SLACK_S)
    assert done.code == 0, done.said
    return done.json


def test_ten_come_back_while_twenty_write_and_it_can_be_undone(estate: EstateHere) -> None:
    kept_before = kept(estate)
    then, moment = rows_of(estate, CHOSEN), now()
    damage(estate)
    damaged = rows_of(estate, CHOSEN)
    assert damaged != then
    untouched = rows_of(estate, OTHERS, versions=True)
    with Writer(estate, OTHERS) as others:
        operation = restore(estate, "--to", moment, "--tenants", ",".join(CHOSEN))
        since = len(others.acknowledged)
        until("writes go on", lambda: len(others.acknowledged) > since + 20)
    assert rows_of(estate, CHOSEN) == then
    assert others.refused == []
    assert set(untouched) <= set(rows_of(estate, OTHERS, versions=True))
    assert set(others.acknowledged) <= set(places(rows_of(estate, OTHERS), "blocks"))
    assert not list((estate.folder / ".caisson" / "copies").iterdir())

    undo = restore(estate, "--undo", operation["id"])
    assert rows_of(estate, CHOSEN) == damaged
    again = estate.caisson("restore", BLOCKS, "--undo", operation["id"])
    assert (again.code, "it was undone" in again.err) == (1, True)
    restore(estate, "--undo", undo["id"])
    assert rows_of(estate, CHOSEN) == then
    for each in (operation, undo):
        restore(estate, "--forget", each["id"])
    assert len(kept(estate) - kept_before) == SHARDS  # of the last undo


def kept(estate: EstateHere) -> set[str]:
    with owner(estate) as session:
        found = session.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^before_'")
        return {str(row[0]) for row in found}


def test_who_is_restored_writes_before_or_after_and_never_between(estate: EstateHere) -> None:
    tenants = CHOSEN[:2]
    then, moment = rows_of(estate, tenants), now()
    with Writer(estate, tenants[:1]) as first, Writer(estate, tenants[1:]) as second:
        restore(estate, "--to", moment, "--tenants", ",".join(tenants))
        for writer in (first, second):
            since = len(writer.acknowledged)
            until("writes go on", lambda w=writer, n=since: len(w.acknowledged) > n + 20)
    present = rows_of(estate, tenants)
    assert [row for row in present if row[2] < 100] == then
    for writer in (first, second):
        assert set(writer.refused) <= {"40001"}
        tenant = writer.tenants[0]
        for table in ("pages", "blocks"):
            later = [number for of, number in places(present, table) if of == tenant]
            later = [number for number in later if number >= 100]
            # All since some moment and nothing of before it.
            assert later
            assert later == [number for _, number in writer.acknowledged][-len(later) :]
            assert len(later) < len(writer.acknowledged)


def test_a_controller_killed_while_it_merges_leaves_each_wholly_as_it_was_or_is_to_be(
    estate: EstateHere,
) -> None:
    tenants = CHOSEN[2:6]
    moment = now()
    damage(estate)
    damaged = rows_of(estate, tenants)
    writer = owner(estate)
    writer.execute("BEGIN")
    write_page(writer, OTHERS[0], 50, "a transaction that the merge waits for")
    estate.begin("restore", BLOCKS, "--to", moment, "--tenants", ",".join(tenants))
    until("it is being merged", lambda: running(estate).startswith("merge"))
    os.kill(estate.client().pid, signal.SIGKILL)
    until("everything has ended", lambda: not estate.processes())
    writer.close()
    assert estate.caisson("up", "--detach").code == 0
    assert rows_of(estate, tenants) == damaged


def running(estate: EstateHere) -> str:
    """The step of a restore that is under way."""
    steps = [
        step["name"]
        for operation in estate.snapshot()["operations"][:1]
        for step in operation["steps"]
        if step["state"] == "running"
    ]
    return steps[0] if steps else ""


def test_what_is_ordered_wrongly_is_told_at_once_and_with_exit_code_2(estate: EstateHere) -> None:
    def told(*options: str) -> str:
        done = estate.caisson("restore", BLOCKS, *options)
        assert done.code == 2, done.said
        return done.err

    said = told("--to", now(), "--tenants", "nobody,tenant-01", "--tenants", "nothing")
    assert "no tenant `nobody`" in said
    assert "no tenant `nothing`" in said
    assert "there is no operation restore-9999" in told("--undo", "restore-9999")
    assert "backup-0002 restored no tenants" in told("--forget", "backup-0002")


@dataclass(frozen=True)
class Shard:
    """One shard of the primary, in which rows of a tenant are replaced by themselves."""

    session: Session
    tenant: str

    def replace(self) -> Replaced:
        schema = schema_of(self.tenant)
        own, _ = of_tenants(tables_of(self.session, schema), "tenant")
        chosen = fillings(own, own)
        keep(self.session, chosen, f"before_test_{schema}")
        stage(self.session, chosen)
        for each in chosen:
            rows = reading(each, schema, "tenant", (self.tenant,))
            self.session.query(f"INSERT INTO {each.staged} {rows}")
        self.session.query("DELETE FROM pg_temp.staged_1 WHERE id = 2")  # one page was not there
        self.session.query("DELETE FROM pg_temp.staged_0 WHERE page = 2")
        self.session.query("UPDATE pg_temp.staged_0 SET text = 'of then' WHERE id = 1")
        shard = shard_of(self.tenant, SHARDS)
        return Replacement(shard, "tenant", (self.tenant,), chosen, "before_test").perform(
            self.session
        )


@pytest.fixture
def shard(estate: EstateHere) -> Iterator[Shard]:
    host, port = estate.components()[PRIMARY]["address"].split(":")
    password = estate.secrets()[f"{BLOCKS}/owner"]
    with owner(estate) as direct:
        for page in range(3):
            write_page(direct, CHOSEN[9], page, "of now")
    with Session.open(
        host=host, port=int(port), user="caisson", password=password, dbname="blocks"
    ) as session:
        yield Shard(session, CHOSEN[9])
    with owner(estate) as direct:
        for number in range(SHARDS):
            direct.execute(f"DROP SCHEMA IF EXISTS before_test_shard_{number} CASCADE")
        direct.execute("DELETE FROM caisson.replaced WHERE kept = 'before_test'")


def test_a_row_of_others_that_would_refer_to_nothing_stops_it(
    estate: EstateHere, shard: Shard
) -> None:
    before, schema = rows_of(estate, (shard.tenant,)), schema_of(shard.tenant)
    with owner(estate) as session:
        session.execute(f"INSERT INTO {schema}.shown VALUES (2, %s)", (shard.tenant,))
        try:
            with pytest.raises(NotReplaced, match=r"1 rows of \w+.shown refer to .*\.pages that"):
                shard.replace()
            assert session.execute(f"SELECT count(*) FROM {schema}.shown").fetchone() == (1,)
        finally:
            session.execute(f"DELETE FROM {schema}.shown")
    assert rows_of(estate, (shard.tenant,)) == before


def test_a_row_that_would_refer_to_nothing_stops_it(estate: EstateHere, shard: Shard) -> None:
    before, schema = rows_of(estate, (shard.tenant,)), schema_of(shard.tenant)
    with owner(estate) as session:
        session.execute("SET session_replication_role = replica")
        session.execute(f"DELETE FROM {schema}.kinds WHERE id = 1")
        try:
            with pytest.raises(NotReplaced, match=r"\w+.pages would refer to rows of \w+.kinds"):
                shard.replace()
        finally:
            session.execute(f"INSERT INTO {schema}.kinds VALUES (1)")
    assert rows_of(estate, (shard.tenant,)) == before


def test_it_is_checked_at_its_commit_as_every_write_is(estate: EstateHere, shard: Shard) -> None:
    before = rows_of(estate, (shard.tenant,))
    with owner(estate) as session:
        session.execute(
            "CREATE OR REPLACE FUNCTION caisson.guard_commit() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'fenced' USING ERRCODE = 'CS001'; END $$"
        )
        try:
            with pytest.raises(PostgresError, match="fenced"):
                shard.replace()
        finally:
            session.execute(GUARD_SQL.encode())
    assert rows_of(estate, (shard.tenant,)) == before


def test_a_write_that_waited_for_a_row_comes_after_everything_or_is_refused(
    estate: EstateHere, shard: Shard
) -> None:
    blocks = f"{schema_of(shard.tenant)}.blocks"
    waits = "SELECT FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
    with owner(estate) as holder, owner(estate) as writer, ThreadPoolExecutor() as pool:
        with holder.transaction():
            holder.execute("LOCK TABLE caisson.replaced IN SHARE MODE")  # which comes last
            replaced = pool.submit(shard.replace)
            until("it waits", lambda: len(holder.execute(waits).fetchall()) == 1)
            update = f"UPDATE {blocks} SET text = 'later' WHERE tenant = %s AND id = 1"
            written = pool.submit(writer.execute, update, (shard.tenant,))
            until("both wait", lambda: len(holder.execute(waits).fetchall()) == 2)
        replaced.result()
        said = "later" if written.exception() is None else "of then"
        query = f"SELECT text FROM {blocks} WHERE tenant = %s AND id = 1"
        assert writer.execute(query, (shard.tenant,)).fetchone() == (said,)
    assert isinstance(written.exception(), psycopg.errors.SerializationFailure | None)


def test_a_writer_holds_nothing_of_the_tenants_that_he_wrote(shard: Shard) -> None:
    schema = schema_of(shard.tenant)
    shard.session.query("BEGIN")
    shard.session.query(f"UPDATE {schema}.blocks SET text = text")
    held = shard.session.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    shard.session.query("ROLLBACK")
    assert held == [("0",)]
