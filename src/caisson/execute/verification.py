"""Verifies repositories: all that pgBackRest finds, and what it does not look for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from caisson.execute.backups import PostgresBackups
from caisson.execute.errors import GivenUp, StepError
from caisson.execute.repositories import Repositories
from caisson.systems.pgbackrest.answers import Archive, Stanza
from caisson.systems.pgbackrest.looking import History, Look, ended_early, first_segments
from caisson.systems.pgbackrest.meaning import Told
from caisson.systems.pgbackrest.problems import explain
from caisson.systems.pgbackrest.verification import Fault, read_verify
from caisson.systems.postgres.files import SEGMENT_BYTES
from caisson.targets.local.wire import ToolResult

_VERIFY_S = 86_400.0
_LOOKS = 3  # at a repository that changes while it is looked at


@dataclass(frozen=True, slots=True)
class Verified:
    """What one look at a repository found; it is sound when there are no faults."""

    faults: tuple[Told, ...]
    backups: int
    segments: int


@dataclass(frozen=True, slots=True)
class Verifier:
    repositories: Repositories
    backups: PostgresBackups

    def verify(self, replica_set: str, remembered: str | None) -> Verified:
        """Read the whole repository; raise StepError when that is not possible.

        `remembered` is the newest backup that is known to have been there. Where a backup was
        made or let go meanwhile, it is looked at once more before anything is called a fault.
        """
        for _ in range(_LOOKS):
            before = self.backups.info(replica_set)
            look = self._look(replica_set, before, remembered)
            if not look.faults or before.backups == self.backups.info(replica_set).backups:
                segments = sum(len(each.segments) for each in look.archives)
                return Verified(look.faults, len(before.backups), segments)
        raise GivenUp(f"{replica_set}: its backups change all the time, verify it again later")

    def _look(self, replica_set: str, info: Stanza, remembered: str | None) -> Look:
        queue = self.backups.queue(replica_set)  # before the archive is listed, as more comes to it
        archives = self.backups.listing(replica_set)
        ended = self._run(replica_set)
        early = ended_early(ended.exit_code, ended.output)
        verification = read_verify(ended.output)
        if early is None and not verification.complete:
            raise StepError(str(explain(ended.exit_code, ended.output)))
        return Look(
            info,
            archives,
            verification,
            tuple(self._histories(replica_set, archives)),
            queue.segment_bytes if queue else SEGMENT_BYTES,
            queue.archived if queue else "",
            remembered,
            early,
            tuple(self._unreadable(replica_set, archives)) if early else (),
        )

    def _run(self, replica_set: str) -> ToolResult:
        argv = self.backups.commands(replica_set).verify()
        ended = self.repositories.run_for_all(replica_set, argv, _VERIFY_S)
        if ended.timed_out:
            raise GivenUp(f"{replica_set}: not verified within {_VERIFY_S:g} s")
        return ended

    def _unreadable(self, replica_set: str, archives: tuple[Archive, ...]) -> Iterator[Fault]:
        commands = self.backups.commands(replica_set)
        for name in first_segments(archives):
            with TemporaryDirectory(dir=self.repositories.world.layout.passing()) as folder:
                argv = commands.archive_get(name, str(Path(folder, name)))
                try:
                    self.repositories.ask(replica_set, argv)
                except StepError as error:
                    yield Fault(name, str(error))

    def _histories(self, replica_set: str, archives: tuple[Archive, ...]) -> Iterator[History]:
        commands = self.backups.commands(replica_set)
        for archive in archives:
            for timeline in sorted(archive.histories):
                try:
                    text = self.repositories.ask(
                        replica_set, commands.history(archive.id, timeline)
                    )
                except StepError:
                    text = None
                yield History(archive.id, timeline, text)
