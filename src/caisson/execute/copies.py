"""Performs what plans say about restored copies of Postgres: beside what runs, seen by nobody."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from caisson.execute.archiving import archive_until_now
from caisson.execute.asked_services import AskedServices
from caisson.execute.beside import CopyFolder, process_of, stop
from caisson.execute.postgres import PostgresMembers
from caisson.execute.questions import Questions
from caisson.execute.repositories import PROGRAM, Repositories
from caisson.execute.restored import RestoredCopy
from caisson.execute.service_copies import ServiceCopies
from caisson.execute.world import World
from caisson.plan.model import RestoreBeside
from caisson.systems.pgbackrest.files import BeforeTransaction, Target, ToTime, Whole
from caisson.systems.postgres import files
from caisson.systems.postgres.provision import ServiceRole
from caisson.systems.postgres.session import PostgresError, Session
from caisson.targets.local.layout import write_private
from caisson.topology.model import Address

_RESTORE_S = 86_400.0
_STOP_WELL_S = 60.0


@dataclass(frozen=True, slots=True)
class _Copy(CopyFolder):
    @property
    def recovered(self) -> Path:
        """When its recovery had ended, in seconds since the epoch."""
        return self.folder / "recovered"

    @property
    def facts(self) -> Path:
        """What was restored, and where the copy lies."""
        return self.folder / "restore.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy that is whole; `moment` and `before` as they were ordered, None for the newest."""

    place: str
    replica_set: str
    region: str
    moment: str | None
    before: str | None


class PostgresCopies:
    """Every method may be repeated. A copy lies, and runs, where its restore says."""

    def __init__(self, repositories: Repositories, postgres: PostgresMembers) -> None:
        self._repositories = repositories
        self._postgres = postgres
        self._services = ServiceCopies(repositories.world, postgres)
        asked = AskedServices(repositories.world, self._services)
        self.questions = Questions(repositories, asked)

    @property
    def _world(self) -> World:
        return self._repositories.world

    def restore(self, action: RestoreBeside) -> str:
        """Write a backup into the copy's empty folder."""
        copy, replica_set = self._copy(action.place), action.replica_set
        if copy.done.exists():
            return "was restored already"
        copy.make()
        region = action.region or self._repositories.region_of(replica_set)
        kept = Kept(action.place, replica_set, region, action.moment, action.before)
        write_private(copy.facts, json.dumps(asdict(kept)))
        commands = self._repositories.of_copy(replica_set, copy.folder, copy.data)
        if action.timeline is None and (action.moment or action.before):
            self._archive_until_now(replica_set)
        getting = commands.restore_command(self._world.variables_of(PROGRAM))
        argv = commands.restore(_target(action), getting, action.timeline or "")
        self._repositories.run(region, replica_set, argv, _RESTORE_S)
        copy.done.touch()
        return f"{_bytes_in(copy.data)} bytes in {region}"

    def start(self, replica_set: str, place: str) -> str:
        """Replay the WAL up to the moment; from there the copy goes on by itself."""
        address = self._address(replica_set, place)
        self._configure(replica_set, place, address)
        region = self._kept(place).region
        spec = self._postgres.process(process_of(place), region, self._copy(place).data)
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
                process_of(place),
                self._kept(place).region,
                self._copy(place).folder,
                self._address(replica_set, place),
                float(self._copy(place).recovered.read_text("utf-8")),
                lambda: self.session(replica_set, place),
            )
        )

    def address(self, replica_set: str, place: str) -> Address:
        return self._address(replica_set, place)

    def folder(self, place: str) -> Path:
        return self._copy(place).folder

    def kept(self, replica_set: str) -> Iterator[Kept]:
        """The copies of a replica set that are whole and lie here, oldest name first."""
        if not self._world.layout.copies.exists():
            return
        for folder in sorted(self._world.layout.copies.iterdir()):
            if self._copy(folder.name).done.exists():
                kept = self._kept(folder.name)
                if kept.replica_set == replica_set:
                    yield kept

    def why_not(self, replica_set: str, place: str) -> str | None:
        """Why a copy is no good to be adopted, None when it is."""
        try:
            with self._session(replica_set, place, "postgres") as session:
                ended = session.query("SELECT pg_is_in_recovery()") == [("f",)]
        except PostgresError as error:
            return f"it does not answer: {error}"
        return None if ended else "its recovery has not ended"

    def stop(self, place: str) -> Path:
        """Stop the copy so that all that it has is on disk; return where its data lies."""
        stop(self._world, place, _STOP_WELL_S)
        return self._copy(place).data

    def discard(self, place: str) -> str:
        """Stop the copy and take its files away."""
        self._services.stop(process_of(place))
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

    def _kept(self, place: str) -> Kept:
        return Kept(**json.loads(self._copy(place).facts.read_text("utf-8")))

    def _copy(self, place: str) -> _Copy:
        return _Copy(self._world.layout.copies / place)

    def _store(self, replica_set: str) -> str:
        return self._world.replica_set(replica_set).store

    def _address(self, replica_set: str, place: str) -> Address:
        return self._copy(place).address(self._world, replica_set, self._kept(place).region)

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


def _target(action: RestoreBeside) -> Target:
    if action.before is not None:
        return BeforeTransaction(int(action.before), action.backup)
    if action.moment is not None:
        return ToTime(action.moment, action.backup)
    return Whole(action.backup)


def _bytes_in(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
