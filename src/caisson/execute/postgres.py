"""Performs what plans say about Postgres members."""

import re
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from caisson.execute.errors import GivenUp, StepError
from caisson.execute.leases import Leases
from caisson.execute.repositories import Repositories
from caisson.execute.world import World, wait_for
from caisson.systems.postgres import files, lease, provision, tenants
from caisson.systems.postgres.observe import ServerState, server_state, transaction_status
from caisson.systems.postgres.session import PostgresError, Session
from caisson.targets.local.layout import write_private
from caisson.targets.local.wire import ProcessSpec
from caisson.topology.model import Address, Component, ReplicaSet

_STOP_S = 5.0
_START_S = 40.0
_STREAM_S = 20.0
_CRASHES = 3  # a server that ends so often while it starts will not come up


class PostgresMembers:
    """Postgres servers of one world; every method may be repeated."""

    def __init__(self, world: World, leases: Leases, repositories: Repositories) -> None:
        self._world = world
        self._leases = leases
        self._repositories = repositories

    # -- sessions -------------------------------------------------------------------------

    def session(self, member: str, database: str, timeout_s: float = 1.0) -> Session:
        """The controller's own session; its commits wait for the local disk only."""
        component, replica_set = self._of(member)
        return self.session_at(replica_set.id, component.address, database, timeout_s)

    def session_at(
        self, replica_set: str, address: Address, database: str, timeout_s: float
    ) -> Session:
        """The same with any server that has a replica set's data, such as a restored copy."""
        return Session.open(
            timeout_s=timeout_s,
            host=address.host,
            port=address.port,
            user=files.OWNER,
            password=self._world.secrets.of(f"{replica_set}/owner"),
            dbname=database,
            application_name="caisson",
            options="-c synchronous_commit=local",
        )

    def store_session(self, member: str, timeout_s: float = 1.0) -> Session:
        return self.session(member, self._of(member)[1].store, timeout_s)

    def state(self, member: str, timeout_s: float = 0.5) -> ServerState | None:
        """What the server says of itself, None when it does not answer."""
        try:
            with self.session(member, "postgres", timeout_s) as session:
                return server_state(session, timeout_s)
        except PostgresError:
            return None

    def status_of(self, member: str, transaction: int) -> str | None:
        """What became of a transaction; None when the server does not know, or does not answer."""
        try:
            with self.store_session(member) as session:
                return transaction_status(session, transaction)
        except PostgresError:
            return None

    # -- life -----------------------------------------------------------------------------

    def initialise(self, member: str) -> str:
        """An empty server of its own, unless there is data already."""
        component, replica_set = self._of(member)
        data = self._data(member)
        if (data / "caisson.initialised").exists():
            return "has data already"
        shutil.rmtree(data, ignore_errors=True)
        data.parent.mkdir(parents=True, exist_ok=True)
        secret = self._world.layout.conf(member) / "owner.password"
        write_private(secret, self._world.secrets.of(f"{replica_set.id}/owner"))
        argv = files.initdb(self._world.program("initdb"), str(data), str(secret))
        self._tool(component, "initdb", argv)
        secret.unlink()
        (data / "caisson.initialised").touch()
        return "initialised"

    def start(self, member: str, upstream: str | None = None) -> str:
        """Start the server as it lies on disk; `upstream` is whom it follows as a standby."""
        self._configure(member, upstream)
        return self._world.start_until(self._spec(member), lambda: self.state(member), _START_S)

    def stop(self, member: str) -> None:
        """Stop the server; nothing when it was never started."""
        if any(process.id == member for process in self._world.supervisor.processes()):
            self._world.supervisor.stop(member, _STOP_S)

    def apply_schema(self, member: str) -> str:
        _, replica_set = self._of(member)
        roles = self.service_roles(replica_set)
        with self.session(member, "postgres") as session:
            provision.roles(session, roles, self._world.secrets.of(f"{replica_set.id}/replication"))
            provision.database(session, replica_set.store)
        with self.store_session(member) as session:
            try:
                provision.shards(
                    session, replica_set.store, replica_set.shards, self._schema(replica_set), roles
                )
            except provision.SchemaRefused as error:
                raise GivenUp(f"{replica_set.schema}: {error}") from error
            self._guard_tenants(session, replica_set)
            if missing := provision.unguarded(session):
                raise StepError(f"{member}: tables without a write guard: {', '.join(missing)}")
        return f"{replica_set.shards} logical shards"

    @staticmethod
    def _guard_tenants(session: Session, replica_set: ReplicaSet) -> None:
        """Where the estate says whose a row is, tenants can be brought back one by one."""
        column = replica_set.tenant
        if column is None:
            return
        own, wrong = tenants.install(session, replica_set.shards, column)
        where = f"{replica_set.schema}, stores.{replica_set.store}.tenant"
        if wrong:
            raise GivenUp(f"{where}: `{column}` is no text in {', '.join(wrong)}")
        if not own:
            raise GivenUp(f"{where}: no table has a column `{column}`")

    def allow_backups(self, member: str) -> None:
        """Give a running primary the role by which backups begin and end."""
        password = self._world.secrets.of(f"{self._of(member)[1].id}/backup")
        with self.session(member, "postgres") as session:
            provision.backup_role(session, password)

    # -- the right to write ---------------------------------------------------------------

    def fence(self, replica_set: str, member: str) -> str:
        """Seal a server that answers; outlast the lease of one that does not."""
        self._leases.release(replica_set)
        try:
            with self.store_session(member, 0.5) as session:
                lease.seal(session, self._world.directory.generation_of(replica_set))
                return "sealed"
        except PostgresError:
            began = time.monotonic()
            time.sleep(max(0.0, self._leases.over_at(replica_set) - began))
            return f"does not answer; its lease has ended (waited {time.monotonic() - began:.2f} s)"

    def quiesce(self, replica_set: str, member: str) -> str:
        self._leases.release(replica_set)
        with self.store_session(member) as session:
            lease.seal(session, self._world.directory.generation_of(replica_set))
        return "sealed"

    def promote(self, member: str) -> str:
        """Promote a standby; no standby is attached to the new primary yet."""
        with self.session(member, "postgres") as session:
            if _is_promoted(session):
                return "was promoted already"
            # Its own waiting looks only every 100 ms, and writers wait meanwhile.
            session.query("SELECT pg_promote(false)")
            wait_for(f"{member} ends its recovery", lambda: _is_promoted(session), 20.0, 0.01)
            self._set_synchronous(session, "")
        return "promoted"

    def grant(self, replica_set: str, member: str, generation: int) -> str:
        self._leases.grant(replica_set, generation, lambda: self._writable(member))
        return f"generation {generation}"

    def _writable(self, member: str) -> Session:
        """A session by which a lease is kept; it is opened anew after every restart of a server.

        Postgres's checkpointer, which ends WAL segments in time (`archive_timeout`), falls asleep
        for minutes before a server's recovery has ended. A reload wakes it.
        """
        session = self.store_session(member)
        try:
            session.query("SELECT pg_reload_conf()")
        except PostgresError:
            session.close()
            raise
        return session

    # -- copies ---------------------------------------------------------------------------

    def rejoin(self, member: str, upstream: str) -> str:
        """Make a member follow `upstream`, by the gentlest way that works."""
        if self._follows(member, upstream):
            return "follows already"
        if self._is_standby_on_disk(member) and self._starts_following(member, upstream):
            return "follows"
        self.stop(member)
        if self._rewind(member, upstream) and self._starts_following(member, upstream):
            return "rewound"
        self.stop(member)
        self._copy(member, upstream)
        if not self._starts_following(member, upstream):
            raise StepError(f"{member}: a fresh copy does not stream from {upstream}")
        return "copied"

    def catch_up(self, member: str, upstream: str, within_bytes: int) -> str:
        """Wait until `member` has replayed what `upstream` had written when this was called."""
        mine = self._answer(member)
        if not mine.in_recovery:
            return "was promoted already"
        goal = self._written(upstream) - within_bytes

        def reached() -> bool | None:
            nonlocal mine
            mine = self._answer(member)
            return True if mine.position >= goal else None

        wait_for(f"{member} catches up with {upstream}", reached, _STREAM_S, 0.02)
        return f"replayed to within {max(0, goal + within_bytes - mine.position)} bytes"

    def attach(self, replica_set: str, primary: str, member: str) -> str:
        """Commits on `primary` wait for `member` from here on; recorded once that is so."""
        name = self._world.component(member).region
        with self.session(primary, "postgres") as session:
            self._set_synchronous(session, f'FIRST 1 ("{name}")')
            wait_for(
                f"{member} becomes a synchronous standby",
                lambda: (
                    any(
                        f.synchronous and f.application_name == name
                        for f in server_state(session).followers
                    )
                    or None
                ),
                _STREAM_S,
            )
        self._world.directory.attach(replica_set, member)
        return "attached"

    def detach(self, replica_set: str, primary: str, member: str) -> str:
        """Recorded first: from then on `member` is not promoted, as it may lack writes."""
        self._world.directory.detach(replica_set, member)
        with self.session(primary, "postgres") as session:
            self._set_synchronous(session, "")
        return "detached"

    # -- parts ----------------------------------------------------------------------------

    def _of(self, member: str) -> tuple[Component, ReplicaSet]:
        return self._world.component(member), self._world.index.replica_set_of[member]

    def _data(self, member: str) -> Path:
        return self._world.layout.data(member)

    def _tool(self, component: Component, program: str, argv: tuple[str, ...]) -> None:
        result = self._world.run_tool(component.region, program, *argv)
        if result.exit_code != 0:
            raise StepError(f"{component.id}: {program}: {result.output.strip()[-600:]}")

    def _spec(self, member: str) -> ProcessSpec:
        return self.process(member, self._world.component(member).region, self._data(member))

    def process(self, name: str, region: str, data: Path) -> ProcessSpec:
        """A server on its data; its log is called as it is."""
        return ProcessSpec(
            id=name,
            site=region,
            argv=files.server(self._world.program("postgres"), str(data)),
            env=self._world.environment("postgres"),
            cwd=data,
            log=self._world.layout.log(name),
            stop_signal=signal.SIGINT,  # a fast shutdown: sessions are ended, data is flushed
            restart=True,
        )

    def _configure(self, member: str, upstream: str | None) -> None:
        component, replica_set = self._of(member)
        data = self._data(member)
        archiving = self._repositories.archiving(member)
        backed_up = self._repositories.backed_up(replica_set.id) is not None
        socket = str(self._world.layout.socket_folder(member)) if backed_up else ""
        write_private(
            data / "postgresql.conf",
            files.postgresql_conf(
                component.address,
                application_name=component.region,
                upstream=self._upstream(upstream),
                small=self._world.estate.environments[component.environment].sizes == "small",
                socket_folder=socket,
                archiving=archiving,
            ),
        )
        roles = {role.name: replica_set.store for role in self.service_roles(replica_set)}
        write_private(data / "pg_hba.conf", files.pg_hba_conf(roles, socket=backed_up))

    def _upstream(self, member: str | None) -> files.Upstream | None:
        if member is None:
            return None
        component, replica_set = self._of(member)
        path = self._world.layout.conf(member) / "replication.pgpass"
        password = self._world.secrets.of(f"{replica_set.id}/replication")
        write_private(path, files.password_file(password))
        return files.Upstream(component.address, str(path))

    def _conninfo(self, member: str, upstream: str) -> str:
        source = self._upstream(upstream)
        assert source is not None  # noqa: S101 - there is an upstream
        name = self._world.component(member).region
        return files.conninfo(source.address, name, source.password_file)

    def _answer(self, member: str) -> ServerState:
        state = self.state(member, 2.0)
        if state is None:
            raise StepError(f"{member} does not answer")
        return state

    def _written(self, member: str) -> int:
        """A position in the WAL that a standby certainly reaches, after all that was written.

        The server's own position may lie inside of a record whose rest is flushed, and so sent,
        by the next commit only; where writes are refused there is none. Here is one.
        """
        with self.session(member, "postgres", 2.0) as session:
            sql = "SELECT pg_logical_emit_message(true, 'caisson', '') - '0/0'::pg_lsn"
            return int(session.query(sql)[0][0] or 0)

    def _follows(self, member: str, upstream: str) -> bool:
        """Whether it streams from the upstream, and on the timeline that this writes.

        A member that has replayed more than the upstream had when it was promoted asks for the
        old timeline for ever: for moments it streams, and never follows.
        """
        state = self.state(member)
        if state is None or not (state.in_recovery and state.streaming):
            return False
        host = self._world.component(upstream).address.host
        try:
            with self.session(member, "postgres") as session:
                rows = session.query("SELECT sender_host, received_tli FROM pg_stat_wal_receiver")
        except PostgresError:
            return False
        written = self._timeline(upstream)
        return [row[0] for row in rows] == [host] and written in (None, int(rows[0][1] or 0))

    def _timeline(self, member: str) -> int | None:
        """The timeline that a primary writes; None of one that does not answer, or of a standby."""
        sql = "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"
        try:
            with self.session(member, "postgres") as session:
                return int(session.query(sql)[0][0] or "", 16)
        except PostgresError:
            return None

    def _is_standby_on_disk(self, member: str) -> bool:
        return (self._data(member) / "standby.signal").exists()

    def _starts_following(self, member: str, upstream: str) -> bool:
        """Start a standby, or tell a running one whom to follow; whether it then does."""
        (self._data(member) / "standby.signal").touch()
        self._configure(member, upstream)
        self._world.start(self._spec(member))
        before = self._world.restarts(member)
        deadline = time.monotonic() + _STREAM_S
        while time.monotonic() < deadline and self._world.restarts(member) - before < _CRASHES:
            if self._follows(member, upstream):
                return True
            self._reload(member)
            time.sleep(0.1)
        return False

    def _reload(self, member: str) -> None:
        with suppress(PostgresError), self.session(member, "postgres") as session:
            session.query("SELECT pg_reload_conf()")

    def _rewind(self, member: str, upstream: str) -> bool:
        """Take back what the upstream never had; False where only a new copy helps."""
        component = self._world.component(member)
        data = self._data(member)
        if not (data / "global" / "pg_control").exists():
            return False
        self._configure(member, upstream)
        self._checkpoint(upstream)
        argv = files.rewind(
            self._world.program("pg_rewind"), str(data), self._conninfo(member, upstream)
        )
        result = self._world.run_tool(component.region, "pg_rewind", *argv)
        self._forget_alter_system(data)
        return result.exit_code == 0

    def _checkpoint(self, member: str) -> None:
        """Before version 16, pg_rewind reads a source's timeline from its last checkpoint, and a
        server that was just promoted has made none on its new timeline yet.
        """
        with self.session(member, "postgres") as session:
            session.query("CHECKPOINT", timeout_s=60)

    def _copy(self, member: str, upstream: str) -> None:
        """A fresh base copy. What is there is kept until the copy is whole: it may be all
        that is left when the upstream is lost meanwhile.
        """
        component = self._world.component(member)
        data = self._data(member)
        fresh, former = data.with_name(f"{data.name}.new"), data.with_name(f"{data.name}.old")
        data.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        argv = files.base_backup(
            self._world.program("pg_basebackup"), str(fresh), self._conninfo(member, upstream)
        )
        self._tool(component, "pg_basebackup", argv)
        self._forget_alter_system(fresh)
        (fresh / "standby.signal").touch()
        shutil.rmtree(former, ignore_errors=True)
        if data.exists():
            data.rename(former)
        fresh.rename(data)
        shutil.rmtree(former, ignore_errors=True)

    @staticmethod
    def _forget_alter_system(data: Path) -> None:
        """The upstream's own settings came along; a standby has none until it is promoted."""
        (data / "postgresql.auto.conf").write_text("")

    @staticmethod
    def _set_synchronous(session: Session, names: str) -> None:
        session.query(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        session.query("SELECT pg_reload_conf()")

    def service_roles(self, replica_set: ReplicaSet) -> tuple[provision.ServiceRole, ...]:
        """The roles of the services that use a replica set, with their passwords."""
        return tuple(
            provision.ServiceRole(c.service, self._world.secrets.of(c.id), c.access)
            for c in self._world.topology.credentials
            if (c.environment, c.jurisdiction, c.store)
            == (replica_set.environment, replica_set.jurisdiction, replica_set.store)
        )

    def _schema(self, replica_set: ReplicaSet) -> str:
        return schema_of(self._world, replica_set)


def schema_of(world: World, replica_set: ReplicaSet) -> str:
    """The SQL that makes the tables of one logical shard."""
    if replica_set.schema is None:
        return "SELECT 1"
    text = (world.layout.root / replica_set.schema).read_text("utf-8")
    return re.sub(r";\s*\Z", "", text)


def _is_promoted(session: Session) -> bool | None:
    """True when the server is no standby (any more), else None."""
    return session.query("SELECT pg_is_in_recovery()")[0][0] == "f" or None
