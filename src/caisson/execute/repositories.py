"""Where a replica set's backups lie on this machine, and pgBackRest's files for each server.

A repository that the estate says nothing of is a folder of its region, below `repositories/`.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from caisson.execute.bucket_access import AccessMissing, access_of
from caisson.execute.engines import backed_up_here
from caisson.execute.errors import GivenUp, StepError
from caisson.execute.world import World
from caisson.systems.pgbackrest import files
from caisson.systems.pgbackrest.problems import LASTING, explain
from caisson.systems.pgbackrest.repository import Access, Repository, repository_of
from caisson.systems.postgres.files import BACKUP, password_file
from caisson.targets.local.layout import write_private
from caisson.targets.local.wire import ToolResult
from caisson.topology import backups
from caisson.topology.model import ReplicaSet

PROGRAM = "pgbackrest"
_QUERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Repositories:
    """Everything by replica set; one that is not backed up has no repository."""

    world: World

    def sets(self) -> tuple[str, ...]:
        """The replica sets that are backed up here."""
        return tuple(backed_up_here(self.world.topology))

    def backed_up(self, replica_set: str) -> backups.BackedUp | None:
        """How a replica set is backed up, if it is."""
        found = backed_up_here(self.world.topology).get(replica_set)
        return found[0] if found else None

    def archiving(self, member: str) -> Mapping[str, str] | None:
        """Postgres's settings by which a member archives its WAL; None when it does not."""
        replica_set = self.world.index.replica_set_of[member]
        declared = self.backed_up(replica_set.id)
        if declared is None:
            return None
        commands = self.of_member(member)
        return files.archiving(
            commands.binary,
            commands.conf,
            commands.stanza,
            environment=self.world.variables_of(PROGRAM),
            wal_s=declared.wal_s,
        )

    def of_member(self, member: str) -> files.Commands:
        """Write pgBackRest's configuration for a running server; return what can be typed."""
        component = self.world.component(member)
        layout = self.world.layout
        here = files.Member(
            str(layout.data(member)), str(layout.socket_folder(member)), component.address.port
        )
        replica_set = self.world.index.replica_set_of[member]
        return self._configured(replica_set, layout.conf(member), here)

    def of_copy(self, replica_set: str, conf: Path, data: Path) -> files.Commands:
        """Write pgBackRest's configuration for a copy that is restored into `data`."""
        return self._configured(self.world.replica_set(replica_set), conf, files.Member(str(data)))

    def make(self, replica_set: str) -> None:
        """Make the folder of a repository that is one; whoever writes into it comes later."""
        place = self.where(replica_set)
        if place.kind == "posix":
            Path(place.path).mkdir(mode=0o700, parents=True, exist_ok=True)

    def where(self, replica_set: str) -> Repository:
        """Where a replica set's repository lies, as pgBackRest has it."""
        region = self.world.estate.regions[self.region_of(replica_set)]
        return repository_of(self.place(replica_set), region.aws or "")

    def place(self, replica_set: str) -> str:
        """The folder in which its repository lies, or the URL of a bucket."""
        declared = self._declared(self.world.replica_set(replica_set))
        url = declared.url or ""
        return url if "://" in url else str(self._folder(declared))

    def set_half_made_aside(self, replica_set: str) -> bool:
        """Whether there was one that was ended while it was made: it can hold no backup.

        pgBackRest writes its two halves one after the other, and goes on with no half. What it
        holds is kept beside, for the same is left where somebody took all backups away.
        """
        place = self.where(replica_set)
        if place.kind != "posix":
            return False
        folder, stanza = Path(place.path), self.world.replica_set(replica_set).store
        archive, backup = folder / "archive" / stanza, folder / "backup" / stanza
        if not archive.exists() or (backup.exists() and any(backup.iterdir())):
            return False
        archive.rename(folder / f"half-made-{time.time_ns()}")
        return True

    def region_of(self, replica_set: str) -> str:
        return self._declared(self.world.replica_set(replica_set)).region

    def folder_of(self, replica_set: str) -> Path:
        """The folder of the repository, which the stores of its jurisdiction share."""
        return self._folder(self._declared(self.world.replica_set(replica_set)))

    def key_of(self, replica_set: str) -> str:
        return self.world.secrets.of(self._declared(self.world.replica_set(replica_set)).key)

    def run(
        self,
        site: str,
        replica_set: str,
        argv: tuple[str, ...],
        timeout_s: float,
        *,
        gently: bool = False,
    ) -> str:
        """Run pgBackRest to its end; raise StepError with its trouble in one sentence.

        `gently`, for what moves all data: it stands back for whoever wants processor or disk.
        """
        result = self._run(site, replica_set, argv, timeout_s, gently=gently)
        return _answer(replica_set, result, timeout_s)

    def ask(self, replica_set: str, argv: tuple[str, ...]) -> str:
        """Run what only reads the repository, in its region."""
        return self.run(self.region_of(replica_set), replica_set, argv, _QUERY_S)

    def ask_for_all(
        self, replica_set: str, argv: tuple[str, ...], timeout_s: float = _QUERY_S
    ) -> str:
        """The same for what may answer at length: all of it."""
        return _answer(replica_set, self.run_for_all(replica_set, argv, timeout_s), timeout_s)

    def run_for_all(self, replica_set: str, argv: tuple[str, ...], timeout_s: float) -> ToolResult:
        """However it ended, with all that it said, by way of a private file."""
        with TemporaryDirectory(prefix="said-", dir=self.world.layout.passing()) as folder:
            into = Path(folder, "output")
            site = self.region_of(replica_set)
            result = self._run(site, replica_set, argv, timeout_s, into)
            said = into.read_text("utf-8", errors="replace")
        return replace(result, output=said)

    def _run(
        self,
        site: str,
        replica_set: str,
        argv: tuple[str, ...],
        timeout_s: float,
        into: Path | None = None,
        *,
        gently: bool = False,
    ) -> ToolResult:
        password = self.world.secrets.of(f"{replica_set}/backup")
        passfile = self.world.layout.pgbackrest(replica_set) / "pgpass"
        write_private(passfile, password_file(password, BACKUP))
        return self.world.run_tool(
            site,
            PROGRAM,
            *argv,
            more={"PGPASSFILE": str(passfile)},
            timeout_s=timeout_s,
            into=into,
            gently=gently,
        )

    def _configured(
        self, replica_set: ReplicaSet, conf: Path, member: files.Member
    ) -> files.Commands:
        declared = self.backed_up(replica_set.id)
        assert declared is not None  # noqa: S101 - a plan is about sets that are backed up
        repository = self._declared(replica_set)
        own, shared = conf / "pgbackrest", self.world.layout.pgbackrest(replica_set.id)
        folders = files.Folders(str(own), str(shared))
        for folder in (own, shared, Path(folders.log)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, place = conf / "pgbackrest.conf", self.where(replica_set.id)
        text = files.pgbackrest_conf(
            replica_set.store,
            (member,),
            place,
            folders,
            files.Options(keep_s=declared.keep_s),
            key=self._key(repository),
            access=_access(place),
        )
        write_private(path, text)
        return files.Commands(self.world.program(PROGRAM), str(path), replica_set.store)

    def _key(self, repository: backups.Repository) -> str:
        return self.world.secrets.of(repository.key)

    def _declared(self, replica_set: ReplicaSet) -> backups.Repository:
        wanted = f"{replica_set.environment}/{replica_set.jurisdiction}"
        return next(each for each in self.world.topology.repositories if each.id == wanted)

    def _folder(self, repository: backups.Repository) -> Path:
        """That of a repository which is one."""
        own = repository.folder
        return Path(repository.url or "") if own is None else self.world.layout.home / own


def _answer(replica_set: str, result: ToolResult, timeout_s: float) -> str:
    """What pgBackRest said, or StepError with its trouble."""
    if result.timed_out:
        raise StepError(f"{PROGRAM} {replica_set}: not within {timeout_s:g} s")
    if result.exit_code != 0:
        problem = explain(result.exit_code, result.output)
        raise (GivenUp if problem.trouble in LASTING else StepError)(str(problem))
    return result.output


def _access(place: Repository) -> Access:
    """By the variables of this process: of the one that runs `up`."""
    try:
        return access_of(place, os.environ)
    except AccessMissing as missing:
        raise GivenUp(str(missing)) from missing
