"""Reads which moments a replica set can be brought back to, from what its repository has.

Which WAL there is tells its names. When a segment ends only its content tells: it may have waited
for long before it was archived. So the last segment of each window is read, once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from caisson.execute.errors import StepError
from caisson.execute.repositories import Repositories
from caisson.plan.windows import Window
from caisson.systems.pgbackrest.answers import Archive, Backup
from caisson.systems.pgbackrest.files import Commands
from caisson.systems.pgbackrest.windows import Stretch, segments_back_from, stretches
from caisson.systems.postgres.waldump import last_commit, waldump

_INSTANT_S = 1e-6  # of the clock: recovery to a moment needs a commit after it
_LOOK_BACK = 4  # segments without any commit that are passed over
_REMEMBERED = 1000  # segments whose end is known; the newest changes all the time
_ENDED_WITHIN_S = 1.0  # pgBackRest keeps whole seconds of when a backup ended


@dataclass(frozen=True, slots=True)
class Asked:
    """What was read of one replica set; `archived` was asked for before the rest."""

    replica_set: str
    backups: tuple[Backup, ...]
    archives: tuple[Archive, ...]
    segment_bytes: int
    archived: str
    unusable: tuple[str, ...] = ()

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        return stretches(
            self.backups, self.archives, self.segment_bytes, self.archived, self.unusable
        )


@dataclass(frozen=True, slots=True)
class Moments:
    """Remembers when each segment ended that was read; nothing writes to a segment again."""

    repositories: Repositories
    _ended: dict[tuple[str, str], float | None] = field(default_factory=dict)

    def windows(self, asked: Asked, commands: Commands) -> tuple[Window, ...]:
        """Oldest first. Never later than what can certainly be restored."""
        return tuple(self._window(asked, each, commands) for each in asked.stretches)

    def _window(self, asked: Asked, stretch: Stretch, commands: Commands) -> Window:
        whole = [each.stopped_at + _ENDED_WITHIN_S for each in stretch.backups]
        back = segments_back_from(stretch.last, stretch.first, asked.segment_bytes)
        until = max(whole[-1], self._last(asked.replica_set, islice(back, _LOOK_BACK), commands))
        return Window(whole[0], until, stretch.missing or None)

    def _last(self, replica_set: str, segments: Iterable[str], commands: Commands) -> float:
        for segment in segments:
            ended = self._ended_at(replica_set, segment, commands)
            if ended is not None:
                return ended - _INSTANT_S
        return 0.0

    def _ended_at(self, replica_set: str, segment: str, commands: Commands) -> float | None:
        key = (replica_set, segment)
        if key in self._ended:
            return self._ended[key]
        try:
            ended = self._read(replica_set, segment, commands)
        except StepError:
            return None  # what lies before it is certain
        if len(self._ended) >= _REMEMBERED:
            self._ended.clear()
        self._ended[key] = ended
        return ended

    def _read(self, replica_set: str, segment: str, commands: Commands) -> float | None:
        """When the last transaction of a segment ended."""
        repositories = self.repositories
        world = repositories.world
        with TemporaryDirectory(prefix="segment-", dir=world.layout.passing()) as folder:
            file = str(Path(folder, segment))
            repositories.ask(replica_set, commands.archive_get(segment, file))
            site = repositories.region_of(replica_set)
            told = world.run_tool(site, "pg_waldump", *waldump(world.program("pg_waldump"), file))
        return last_commit(told.output)
