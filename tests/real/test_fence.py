"""The right to write, attacked with the application's own role over direct connections.

What is guaranteed: a statement that begins when the lease has ended changes nothing, and a
transaction whose commit is asked for after that changes nothing either, on a server that was
frozen in between too. With synchronous replication every acknowledged write is moreover on
the server that takes over.

What is not: with asynchronous replication, a COMMIT that is past its check when the freeze
strikes, and lacks only the disk or its answer, may be acknowledged after the thaw. No check
inside a server can close that window of some microseconds to milliseconds; a client closes it
for itself by not trusting an answer that took longer than the lease.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

import psycopg
import pytest
from psycopg import pq
from tiny_estate import FAST, SAFE, Tiny, tiny

from caisson.execute.leases import TTL_S
from caisson.plan.model import Grant
from caisson.systems.postgres import lease, provision
from caisson.systems.postgres.lease import FENCED, STALE_GENERATION, Keeper, LeaseLost
from caisson.systems.postgres.session import PostgresError, Session

DENIED = "42501"
BOTH = pytest.mark.parametrize("store", [FAST, SAFE])
Work = Callable[[psycopg.Connection], object]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiny]:
    with tiny(tmp_path_factory.mktemp("fence"), fast="async", safe="sync") as made:
        yield made


def outcome(work: Callable[[], object]) -> str:
    """`done`, or the SQLSTATE of the refusal."""
    try:
        work()
    except psycopg.Error as error:
        return error.sqlstate or type(error).__name__
    return "done"


def until(what: str, true: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


def notes(estate: Tiny, member: str) -> set[str]:
    with estate.session(member) as session:
        return {str(row[0]) for row in session.query("SELECT body FROM shard_0.notes")}


def copy_in(c: psycopg.Connection) -> None:
    with c.cursor().copy("COPY shard_0.notes (body) FROM STDIN") as copy:
        copy.write_row(["x"])


def prepared(c: psycopg.Connection) -> None:
    c.execute("INSERT INTO shard_0.notes (body) VALUES (%s)", ["x"], prepare=True)


def in_a_block(c: psycopg.Connection) -> None:
    c.execute("DO $$ BEGIN INSERT INTO shard_0.notes (body) VALUES ('x'); END $$")


def sql(statement: str) -> Work:
    return lambda c: c.execute(statement.encode())


WRITES: dict[str, Work] = {
    "insert": sql("INSERT INTO shard_0.notes (body) VALUES ('x')"),
    "insert nothing": sql("INSERT INTO shard_0.notes SELECT 1, 'x' WHERE false"),
    "upsert": sql("INSERT INTO shard_0.notes VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET id=1"),
    "update": sql("UPDATE shard_0.notes SET body = 'y'"),
    "delete": sql("DELETE FROM shard_0.notes"),
    "cte": sql("WITH d AS (DELETE FROM shard_0.notes RETURNING *) SELECT count(*) FROM d"),
    "merge": sql(
        "MERGE INTO shard_0.notes n USING (VALUES (-7)) v(id) ON n.id = v.id"
        " WHEN NOT MATCHED THEN INSERT VALUES (-7, 'x') WHEN MATCHED THEN DELETE"
    ),
    "through a view": sql("INSERT INTO shard_0.seen (body) VALUES ('x')"),
    "through a function": sql("SELECT shard_0.put('x')"),
    "other shard": sql("INSERT INTO shard_1.notes (body) VALUES ('x')"),
    "bigserial": sql("INSERT INTO shard_0.counted (body) VALUES ('x')"),
    "partitioned": sql("INSERT INTO shard_0.parted VALUES (1, 'x')"),
    "partition itself": sql("INSERT INTO shard_0.parted_low VALUES (1, 'x')"),
    "copy": copy_in,
    "prepared": prepared,
    "do": in_a_block,
}

# Data or rights that no guard would see: refused whatever the lease.
BEYOND_RIGHTS = {
    "large object": "SELECT lo_create(0)",
    "large object with data": "SELECT lo_from_bytea(0, 'x')",
    "temporary table": "CREATE TEMP TABLE t (a int)",
    "table": "CREATE TABLE public.t (a int)",
    "table in a shard": "CREATE TABLE shard_0.t (a int)",
    "schema": "CREATE SCHEMA mine",
    "function": "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "truncate": "TRUNCATE shard_0.notes",
    "disable trigger": "ALTER TABLE shard_0.notes DISABLE TRIGGER ALL",
    "drop trigger": 'DROP TRIGGER "!caisson_statement" ON shard_0.notes',
    "replica": "SET session_replication_role = replica",
    "set role": "SET ROLE caisson",
    "authorization": "SET SESSION AUTHORIZATION caisson",
    "setval": "SELECT setval('caisson.expiry', 4102444800000000)",
    "nextval": "SELECT nextval('caisson.expiry')",
    "take": "SELECT caisson.take(99, 4102444800000000)",
    "renew": "SELECT caisson.renew(1, 4102444800000000)",
    "seal": "SELECT caisson.seal(1)",
    "cut": "SELECT caisson.cut(1)",
    "lock the writers out": "BEGIN; LOCK TABLE caisson.writing IN EXCLUSIVE MODE",
    "lock the lease": "BEGIN; LOCK TABLE caisson.turn IN EXCLUSIVE MODE",
    "constraints": "SET CONSTRAINTS caisson.at_commit IMMEDIATE",
    "prepare": "BEGIN; PREPARE TRANSACTION 'x'",
    "file": "COPY shard_0.notes TO '/tmp/x'",
}


def test_without_a_lease_every_write_is_refused_and_reads_go_on(estate: Tiny) -> None:
    estate.settle(FAST)
    estate.leases.release(estate.set_of(FAST))
    with estate.session(estate.primary(FAST)) as session:
        lease.seal(session, 0)
    with estate.connect(FAST) as c:
        found = {name: outcome(lambda work=work: work(c)) for name, work in WRITES.items()}  # type: ignore[misc]
        assert c.execute("SELECT count(*) FROM shard_0.notes").fetchone() == (0,)
    assert found == dict.fromkeys(WRITES, FENCED)


def test_with_a_lease_all_of_them_pass(estate: Tiny) -> None:
    estate.settle(FAST)
    with estate.connect(FAST) as c:
        found = {name: outcome(lambda work=work: work(c)) for name, work in WRITES.items()}  # type: ignore[misc]
    assert found == dict.fromkeys(WRITES, "done")


def test_what_no_guard_would_see_is_beyond_the_rights_of_a_service(estate: Tiny) -> None:
    estate.settle(FAST)
    found = {}
    for name, statement in BEYOND_RIGHTS.items():
        with estate.connect(FAST) as c:
            found[name] = outcome(lambda c=c, statement=statement: sql(statement)(c))  # type: ignore[misc]
    expected = dict.fromkeys(BEYOND_RIGHTS, DENIED)
    expected["prepare"] = "55000"  # max_prepared_transactions is 0
    assert found == expected
    with estate.session(estate.primary(FAST)) as session:
        assert provision.unguarded(session) == []


# The lease itself


@dataclass
class Held:
    """One lease on the primary of the asynchronous pair, renewed by hand."""

    estate: Tiny
    keeper: Keeper
    session: Session

    def write(self) -> str:
        with self.estate.connect(FAST) as c:
            return outcome(lambda: WRITES["insert"](c))

    def valid(self) -> bool:
        return self.session.query("SELECT valid FROM caisson.lease") == [("t",)]

    def expiry_us(self) -> int:
        return int(self.session.query("SELECT last_value FROM caisson.expiry")[0][0] or 0)


@pytest.fixture
def held(estate: Tiny) -> Iterator[Held]:
    estate.settle(FAST)
    estate.leases.release(estate.set_of(FAST))
    with estate.session(estate.primary(FAST)) as session:
        yield Held(estate, Keeper(estate.generation(FAST), 0.5), session)


def test_a_lease_lasts_while_it_is_renewed_and_once_expired_only_a_grant_revives_it(
    held: Held,
) -> None:
    held.keeper.grant(held.session)
    first = held.expiry_us()
    assert held.write() == "done"
    held.keeper.renew(held.session)
    assert held.expiry_us() > first
    until("the lease expires", lambda: not held.valid())
    with pytest.raises(LeaseLost):
        held.keeper.renew(held.session)
    assert held.write() == FENCED
    held.keeper.grant(held.session)
    assert held.write() == "done"


def test_an_older_generation_gets_no_grant_and_no_renewal(held: Held) -> None:
    held.keeper.grant(held.session)
    older = Keeper(held.keeper.generation - 1, 60.0)
    with pytest.raises(PostgresError) as refusal:
        older.grant(held.session)
    assert refusal.value.sqlstate == STALE_GENERATION
    with pytest.raises(LeaseLost):
        older.renew(held.session)
    assert held.expiry_us() < held.keeper._clock_us + 1_000_000


def test_a_seal_names_its_successor_and_no_late_grant_undoes_it(held: Held) -> None:
    held.keeper.grant(held.session)
    lease.seal(held.session, held.keeper.generation + 1)
    with pytest.raises(PostgresError) as refusal:
        held.keeper.grant(held.session)
    assert refusal.value.sqlstate == STALE_GENERATION
    assert held.write() == FENCED
    with held.estate.session(held.estate.primary(FAST)) as session:  # as it was, for others
        session.query("SELECT setval('caisson.generation', $1)", (held.keeper.generation,))


@pytest.mark.parametrize("call", ["renew", "take"])
def test_an_order_delayed_inside_a_frozen_server_lengthens_nothing(held: Held, call: str) -> None:
    """The order lies in the server's socket while it is frozen, and is carried out after."""
    held.keeper.grant(held.session)
    late = pq.PGconn.connect(_owner(held).encode())
    clock_us = int(held.session.query("SELECT caisson.now_us()")[0][0] or 0)
    region = held.estate.primary(FAST).split("/")[1]
    with held.estate.frozen(region):
        values = [str(held.keeper.generation).encode(), str(clock_us + 600_000).encode()]
        late.send_query_params(f"SELECT valid FROM caisson.{call}($1, $2)".encode(), values)
        late.flush()
        time.sleep(1.0)
    result = late.get_result()
    assert result is not None
    assert result.get_value(0, 0) == b"f"
    late.finish()
    assert not held.valid()
    assert held.write() == FENCED


def _owner(held: Held) -> str:
    address = held.estate.world.component(held.estate.primary(FAST)).address
    password = held.estate.world.secrets.of(f"{held.estate.set_of(FAST)}/owner")
    return f"host={address.host} port={address.port} dbname={FAST} user=caisson password={password}"


# Transactions that are open while the server stands still

LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
INSERT = "INSERT INTO shard_0.notes (body) VALUES ('{name}')"
NOW = "SET CONSTRAINTS ALL IMMEDIATE"
OPEN: dict[str, tuple[str, ...]] = {
    **{level: (f"BEGIN ISOLATION LEVEL {level}", INSERT) for level in LEVELS},
    "old snapshot": ("BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT * FROM shard_0.notes", INSERT),
    "immediate before": ("BEGIN", NOW, INSERT),
    "immediate after": ("BEGIN", INSERT, NOW),
    "immediate twice": ("BEGIN", INSERT, NOW, NOW),
    "immediate, then more": ("BEGIN", INSERT, NOW, INSERT),
    "in comments": ("BEGIN", INSERT, "SET/* a /* nested */ */ -- one\n CONSTRAINTS ALL IMMEDIATE"),
    "comment ended by a return": ("BEGIN", INSERT, "SET --\rCONSTRAINTS ALL IMMEDIATE"),
    "in one message": (f"BEGIN; {INSERT}; {NOW}; SELECT 'x'",),
    "in a block": ("BEGIN", INSERT, f"DO $$ BEGIN {NOW}; END $$"),
    "executed in a block": ("BEGIN", INSERT, f"DO $$ BEGIN EXECUTE '{NOW}'; END $$"),
    "block and insert": ("BEGIN", f"DO $$ BEGIN {NOW}; {INSERT}; {NOW}; END $$"),
    "hurried within the statement": (
        "BEGIN", "INSERT INTO shard_0.notes (body) SELECT '{name}' || shard_0.hurry()",
    ),
    "in a savepoint": ("BEGIN", "SAVEPOINT s", INSERT, NOW, "RELEASE s"),
    "savepoint undone": ("BEGIN", INSERT, "SAVEPOINT s", NOW, "ROLLBACK TO s"),
    "caught": (
        "BEGIN", INSERT,
        f"DO $$ BEGIN {NOW}; RAISE 'x'; EXCEPTION WHEN OTHERS THEN NULL; END $$",
    ),
    "not waiting for the disk": ("BEGIN", "SET synchronous_commit = off", INSERT),
    "through a function": ("BEGIN", "SELECT shard_0.put('{name}')"),
}  # fmt: skip


def opened(estate: Tiny, store: str) -> dict[str, psycopg.Connection]:
    connections = {}
    for name, statements in OPEN.items():
        connections[name] = estate.connect(store)
        for statement in statements:
            connections[name].execute(statement.format(name=name).encode())
    return connections


@BOTH
def test_open_transactions_commit_while_the_lease_holds(estate: Tiny, store: str) -> None:
    estate.settle(store)
    connections = opened(estate, store)
    found = {name: outcome(lambda c=c: c.execute("COMMIT")) for name, c in connections.items()}  # type: ignore[misc]
    assert found == dict.fromkeys(OPEN, "done")
    assert len({body.removesuffix("hurried") for body in notes(estate, estate.primary(store))}) == (
        len(OPEN)
    )


@BOTH
def test_open_transactions_that_outlast_the_lease_are_refused_at_commit(
    estate: Tiny, store: str
) -> None:
    estate.settle(store)
    connections = opened(estate, store)
    with estate.frozen(estate.primary(store).split("/")[1]):
        time.sleep(TTL_S + 0.5)
    found = {name: outcome(lambda c=c: c.execute("COMMIT")) for name, c in connections.items()}  # type: ignore[misc]
    assert found == dict.fromkeys(OPEN, FENCED)
    assert notes(estate, estate.primary(store)) == set()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO shard_0.notes (body) VALUES ('check your constraints; SET CONSTRAINTS ALL"
        " IMMEDIATE')",
        "INSERT INTO shard_0.notes (body) VALUES ('a'); -- set constraints\n SELECT 1",
        "DO $$ BEGIN INSERT INTO shard_0.notes (body) VALUES ('a'); COMMIT; END $$",
        "DELETE FROM shard_0.notes WHERE body LIKE '%constraints%'",
    ],
)
def test_text_about_constraints_is_text(estate: Tiny, statement: str) -> None:
    estate.settle(FAST)
    with estate.connect(FAST) as c:
        assert outcome(lambda: sql(statement)(c)) == "done"


def test_a_large_insert_is_checked_once(estate: Tiny) -> None:
    """One row or ten thousand in a literal: the check must not cost a look at the text for each."""
    estate.settle(FAST)
    rows = ", ".join(f"('set constraints {n}')" for n in range(10_000))
    with estate.connect(FAST) as c:
        c.execute("SET statement_timeout = '5s'")
        assert outcome(lambda: sql(f"INSERT INTO shard_0.notes (body) VALUES {rows}")(c)) == "done"


def test_a_commit_that_would_not_wait_for_the_standby_is_made_to_wait(estate: Tiny) -> None:
    estate.settle(SAFE)
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with estate.connect(SAFE) as c:
        c.execute("SET synchronous_commit = off")
        with (
            estate.frozen(estate.standby(SAFE).split("/")[1]),
            estate.session(estate.primary(SAFE)) as session,
        ):
            c.pgconn.send_query(b"INSERT INTO shard_0.notes (body) VALUES ('x')")
            until("the commit waits", lambda: session.query(waiting))
            c.pgconn.consume_input()
            assert c.pgconn.is_busy()
        while c.pgconn.get_result():
            pass


# Many writers


@dataclass
class Written:
    """A write as its client saw it: when its last statement was sent, when it was acknowledged."""

    body: str
    sent_at: float
    acknowledged_at: float


@dataclass
class Writers:
    """Threads that write by the application's role, straight to one member or to the primary."""

    estate: Tiny
    store: str
    member: str | None = None  # None: whoever is primary
    acknowledged: list[Written] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    attempts: int = 0

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(n, name), daemon=True)
            for n, name in enumerate(WAYS)
        ]
        for thread in self._threads:
            thread.start()
        until("everybody writes", lambda: len(self.acknowledged) > 3 * len(WAYS))
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in self._threads)

    def _write(self, number: int, way: str) -> None:
        count = 0
        while not self._stop.is_set():
            try:
                with self.estate.connect(self.store, self.member) as c:
                    # A commit that waits for a standby which was promoted waits for ever.
                    c.execute("SET idle_in_transaction_session_timeout = '5s'")
                    while not self._stop.is_set():
                        count += 1
                        self._once(c, way, f"{number}-{count}")
            except psycopg.Error:
                time.sleep(0.02)

    def _once(self, c: psycopg.Connection, way: str, body: str) -> None:
        self.attempts += 1
        *before, last = (s.format(name=body) for s in WAYS[way])
        try:
            for statement in before:
                c.execute(statement.encode())
            sent_at = time.monotonic()
            c.execute(last.encode())
            self.acknowledged.append(Written(body, sent_at, time.monotonic()))
        except psycopg.Error as error:
            if error.sqlstate == FENCED:
                self.refused.add(body)
            if c.broken:
                raise
            c.rollback()
            time.sleep(0.005)


WAYS: dict[str, tuple[str, ...]] = {
    "autocommit": (INSERT,),
    "autocommit, not waiting": ("SET synchronous_commit = off", INSERT),
    "transaction": ("BEGIN", INSERT, "COMMIT"),
    "repeatable read": ("BEGIN ISOLATION LEVEL REPEATABLE READ", INSERT, "COMMIT"),
    "serializable": ("BEGIN ISOLATION LEVEL SERIALIZABLE", INSERT, "COMMIT"),
    "immediate before": ("BEGIN", NOW, INSERT, "COMMIT"),
    "immediate after": ("BEGIN", INSERT, NOW, "COMMIT"),
    "slow": ("BEGIN", INSERT, "SELECT pg_sleep(0.05)", "COMMIT"),
}


def acknowledged_through_a_freeze(
    estate: Tiny, store: str
) -> tuple[list[Written], list[Written], set[str]]:
    """Freeze the primary, promote the standby, thaw: writes acknowledged before the freeze, and
    from then on, by the old primary; and what the new primary has.
    """
    estate.settle(store)
    old = estate.primary(store)
    with Writers(estate, store, old) as writers:
        with estate.frozen(old.split("/")[1]):
            frozen_at = time.monotonic()
            estate.leases.release(estate.set_of(store))
            time.sleep(max(0.0, estate.leases.over_at(estate.set_of(store)) - frozen_at))
            estate.promote_standby(store)
        until("the thawed primary refuses", lambda: len(writers.refused) > len(WAYS))
        time.sleep(0.3)
        estate.performer.postgres.stop(old)  # ends commits that wait for their standby for ever
    before = [w for w in writers.acknowledged if w.acknowledged_at < frozen_at]
    after = [w for w in writers.acknowledged if w.acknowledged_at >= frozen_at]
    assert not [w for w in after if w.sent_at >= frozen_at]
    return before, after, notes(estate, estate.primary(store))


def test_async_nothing_sent_after_the_freeze_is_acknowledged(estate: Tiny) -> None:
    """Zero writes whose last statement was sent after the freeze. A commit that was under way
    when the freeze struck may be acknowledged after the thaw, at most one for each writer: the
    documented limit of asynchronous replication.
    """
    _, after, _ = acknowledged_through_a_freeze(estate, FAST)
    assert len(after) <= len(WAYS)


def test_sync_everything_acknowledged_is_on_the_new_primary(estate: Tiny) -> None:
    """Before the freeze and after the thaw alike. The old primary can acknowledge only what its
    standby had confirmed before it was promoted: a confirmation that lay in a socket meanwhile.
    """
    before, after, there = acknowledged_through_a_freeze(estate, SAFE)
    assert before
    assert {w.body for w in [*before, *after]} <= there


# Sealing


@BOTH
def test_no_write_slips_between_seal_and_promotion(estate: Tiny, store: str) -> None:
    """Ten switchovers under eight writers: all acknowledged writes arrive, no refused one does."""
    estate.settle(store)
    with Writers(estate, store) as writers:
        for _ in range(10):
            reached = len(writers.acknowledged)
            estate.switch_over(store)
            estate.rejoin(store)
            until("writes go on", lambda reached=reached: len(writers.acknowledged) > reached)  # type: ignore[misc]
    there = notes(estate, estate.primary(store))
    acknowledged = [w.body for w in writers.acknowledged]
    assert set(acknowledged) <= there
    assert not writers.refused & there
    assert len(acknowledged) == len(set(acknowledged))


def test_a_seal_waits_for_a_running_write(estate: Tiny) -> None:
    estate.settle(FAST)
    estate.leases.release(estate.set_of(FAST))
    old, generation = estate.primary(FAST), estate.generation(FAST)
    estate.do(Grant(estate.set_of(FAST), old, generation))
    with estate.connect(FAST) as c, estate.session(old) as session:
        c.execute("BEGIN")
        WRITES["insert"](c)
        sealing = threading.Thread(target=lease.seal, args=(session, 0), kwargs={"patience_s": 10})
        sealing.start()
        with estate.session(old) as other:
            wanted = "SELECT FROM pg_locks WHERE NOT granted AND mode = 'ExclusiveLock'"
            until("the seal waits", lambda: other.query(wanted))
        c.execute("COMMIT")
        sealing.join(10)
        assert outcome(lambda: WRITES["insert"](c)) == FENCED
    assert notes(estate, old) == {"x"}


HOLDS = {
    "an open write": ("BEGIN", INSERT.format(name="x")),
    "every advisory lock": ("SELECT pg_advisory_lock(7241970, 1)", "BEGIN"),
    "a table of its own": ("BEGIN", "LOCK TABLE shard_0.notes IN ROW EXCLUSIVE MODE"),
}


@pytest.mark.parametrize("way", HOLDS)
def test_no_service_holds_up_a_seal(estate: Tiny, way: str) -> None:
    """Sessions that hold what they can and come back as soon as they are cut."""
    estate.settle(FAST)
    stop = threading.Event()
    holding = threading.Semaphore(0)

    def hold() -> None:
        while not stop.is_set():
            try:
                with estate.connect(FAST) as c:
                    for statement in HOLDS[way]:
                        c.execute(statement.encode())
                    holding.release()
                    stop.wait(10)
            except psycopg.Error:
                pass

    threads = [threading.Thread(target=hold, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert holding.acquire(timeout=10)
    try:
        with estate.session(estate.primary(FAST)) as session:
            lease.seal(session, 0)
            sealed = session.query("SELECT sealed FROM caisson.lease")
    finally:
        stop.set()
    assert sealed == [("t",)]
