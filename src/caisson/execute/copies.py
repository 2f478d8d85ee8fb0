"""Performs what plans say about restored copies of Postgres: beside what runs, seen by nobody."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from caisson.execute.archiving import archive_until_now
from caisson.execute.asked_services import AskedServices
from caisson.execute.loopback import free_port
from caisson.execute.postgres import PostgresMembers
from caisson.execute.questions import Questions
from caisson.execute.repositories import PROGRAM, Repositories
from caisson.execute.restored import RestoredCopy
from caisson.execute.service_copies import ServiceCopies
from caisson.execute.world import World
from caisson.systems.pgbackrest.files import ToTime, Whole
from caisson.systems.postgres import files
from caisson.systems.postgres.provision import ServiceRole
from caisson.systems.postgres.session import PostgresError, Session
from caisson.targets.local.layout import write_private
from caisson.topology.model import Address

_RESTORE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class _Copy:
    """Where a copy lies; `done` is there once its files are whole."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def done(self) -> Path:
        return self.folder / "restored"

    @property
    def port(self) -> Path:
        return self.folder / "port"

    @property
    def recovered(self) -> Path:
        """When its recovery had ended, in seconds since the epoch."""
        return self.folder / "recovered"


class PostgresCopies:
    """Every method may be repeated. A copy lies, and runs, in its repository's region."""

    def __init__(self, repositories: Repositories, postgres: PostgresMembers) -> None:
        self._repositories = repositories
        self._postgres = postgres
        self._services = ServiceCopies(repositories.world, postgres)
        asked = AskedServices(repositories.world, self._services)
        self.questions = Questions(repositories, asked)

    @property
    def _world(self) -> World:
        return self._repositories.world

    def restore(self, replica_set: str, place: str, backup: str, moment: str | None) -> str:
        """Write a backup into the copy's empty folder."""
        copy = self._copy(place)
        if copy.done.exists():
            return "was restored already"
        shutil.rmtree(copy.folder, ignore_errors=True)
        copy.data.mkdir(mode=0o700, parents=True)
        commands = self._repositories.of_copy(replica_set, copy.folder, copy.data)
        if moment is not None:
            self._archive_until_now(replica_set)
        getting = commands.restore_command(self._world.variables_of(PROGRAM))
        region = self._repositories.region_of(replica_set)
        target = Whole(backup) if moment is None else ToTime(moment, backup)
        argv = commands.restore(target, getting)
        self._repositories.run(region, replica_set, argv, _RESTORE_S)
        copy.done.touch()
        return f"{_bytes_in(copy.data)} bytes in {region}"

    def start(self, replica_set: str, place: str) -> str:
        """Replay the WAL up to the moment; from there the copy goes on by itself."""
        address = self._address(replica_set, place)
        self._configure(replica_set, place, address)
        region = self._repositories.region_of(replica_set)
        spec = self._postgres.process(_process(place), region, self._copy(place).data)
        started = self._world.start_until(
            spec, lambda: self._recovered(replica_set, place), _RESTORE_S
        )
        if not self._copy(place).recovered.exists():
            write_private(self._copy(place).recovered, str(time.time()))
        return f"{started} at {address}"

    def ask(self, replica_set: str, place: str) -> str:
        """Ask every question of the store; raise GivenUp with each wrong answer."""
        return self.questions.ask(
            RestoredCopy(
                replica_set,
                _process(place),
                self._repositories.region_of(replica_set),
                self._copy(place).folder,
                self._address(replica_set, place),
                float(self._copy(place).recovered.read_text("utf-8")),
                lambda: self.session(replica_set, place),
            )
        )

    def discard(self, place: str) -> str:
        """Stop the copy and take its files away."""
        self._services.stop(_process(place))
        shutil.rmtree(self._copy(place).folder, ignore_errors=True)
        return "discarded"

    def session(self, replica_set: str, place: str) -> Session:
        """The controller's own session with the store's database of a copy that runs."""
        return self._session(replica_set, place, self._store(replica_set))

    def session_of(self, replica_set: str, place: str, role: ServiceRole) -> Session:
        """A service's session with a copy that runs, as the service itself would have it."""
        address = self._address(replica_set, place)
        return Session.open(
            timeout_s=2.0,
            host=address.host,
            port=address.port,
            user=role.name,
            password=role.password,
            dbname=self._store(replica_set),
        )

    # -- parts ----------------------------------------------------------------------------

    def _copy(self, place: str) -> _Copy:
        return _Copy(self._world.layout.copies / place)

    def _store(self, replica_set: str) -> str:
        return self._world.replica_set(replica_set).store

    def _address(self, replica_set: str, place: str) -> Address:
        """In the copy's region, on a port that was free when it was first asked for."""
        region = self._repositories.region_of(replica_set)
        members = [self._world.component(m) for m in self._world.replica_set(replica_set).members]
        here = next((each for each in members if each.region == region), members[0])
        file = self._copy(place).port
        if not file.exists():
            write_private(file, str(free_port(here.address.host)))
        return Address(here.address.host, int(file.read_text("utf-8")))

    def _configure(self, replica_set: str, place: str, address: Address) -> None:
        copy = self._copy(place)
        text = files.postgresql_conf(address, application_name=place, upstream=None)
        write_private(copy.data / "postgresql.conf", text)
        declared = self._world.replica_set(replica_set)
        services = self._postgres.service_roles(declared)
        roles = {role.name: declared.store for role in services}
        write_private(copy.data / "pg_hba.conf", files.pg_hba_conf(roles))

    def _session(self, replica_set: str, place: str, database: str) -> Session:
        address = self._address(replica_set, place)
        return self._postgres.session_at(replica_set, address, database, 2.0)

    def _recovered(self, replica_set: str, place: str) -> bool | None:
        try:
            with self._session(replica_set, place, "postgres") as session:
                return session.query("SELECT pg_is_in_recovery()") == [("f",)] or None
        except PostgresError:
            return None

    def _archive_until_now(self, replica_set: str) -> None:
        """A moment is reached by replaying a commit after it: see that one is in the repository.

        Where the primary does not answer, what it has archived has to do.
        """
        primary = self._world.directory.primary_of(replica_set)
        if primary is None or self._postgres.state(primary) is None:
            return
        archive_until_now(self._world, self._postgres, primary)


def _process(place: str) -> str:
    return f"copies/{place}"


def _bytes_in(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
