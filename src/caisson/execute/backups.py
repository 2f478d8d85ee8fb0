"""Performs what plans say about backups of Postgres: repositories, and what is copied into them."""

from dataclasses import replace

from caisson.execute.archiving import archive_until_now
from caisson.execute.errors import GivenUp, StepError
from caisson.execute.inventories import Inventories
from caisson.execute.moments import Asked, Moments
from caisson.execute.postgres import PostgresMembers
from caisson.execute.repositories import Repositories
from caisson.execute.world import wait_for
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.systems.pgbackrest.answers import (
    AnswerError,
    Archive,
    Backup,
    Stanza,
    read_info,
    read_listing,
)
from caisson.systems.pgbackrest.files import Commands, Kind
from caisson.systems.pgbackrest.problems import explain_status
from caisson.systems.pgbackrest.waiting import QUEUE_SQL, Queue, read_queue
from caisson.systems.postgres.files import SEGMENT_BYTES
from caisson.systems.postgres.session import PostgresError
from caisson.targets.local.supervision import SupervisorError

# What may come of asking a repository that is away, or damaged.
UNREADABLE = (StepError, SupervisorError, AnswerError)
_STANZA_S = 60.0
_BACKUP_S = 86_400.0
_RECOVERY_S = 30.0
_BEFORE = "before-transaction"
# Of what has not ended when this is asked, nothing had ended when the backup did.
_NEXT = "SELECT pg_snapshot_xmax(pg_current_snapshot())"


class PostgresBackups:
    """Every method may be repeated; what was half copied is gone on with, or begun anew."""

    def __init__(self, repositories: Repositories, postgres: PostgresMembers) -> None:
        self._repositories = repositories
        self._postgres = postgres
        self._moments = Moments(repositories)
        self._inventories = Inventories(repositories)

    def prepare(self, replica_set: str, member: str) -> str:
        """Make the repository ready for a running primary, and see a WAL segment arrive in it.

        What a machine without the estate has to know to restore is written into it too.
        """
        self.open(replica_set, member)
        commands = self._repositories.of_member(member)
        archive_until_now(self._repositories.world, self._postgres, member)
        self._tool(member, replica_set, commands.check(), _STANZA_S)
        self._inventories.write(self._site(member), replica_set, commands)
        return f"WAL arrives in {self._repositories.region_of(replica_set)}"

    def open(self, replica_set: str, member: str) -> None:
        """Make the repository ready for a running primary, so that its WAL can be archived."""
        self._wait_for(member)
        self._repositories.make(replica_set)
        self._postgres.allow_backups(member)
        self._create(member, replica_set, self._repositories.of_member(member))

    def back_up(self, replica_set: str, member: str, kind: str) -> str:
        """Copy a running primary, then let go of what is kept for long enough."""
        self._wait_for(member)
        commands = self._repositories.of_member(member)
        self._tool(member, replica_set, commands.backup(Kind(kind)), _BACKUP_S, gently=True)
        self._tool(member, replica_set, commands.expire(), _BACKUP_S, gently=True)
        newest = self.state(replica_set).newest
        if newest is None:
            raise GivenUp(f"{replica_set}: the repository does not list the backup just made")
        with self._postgres.session(member, "postgres", 5.0) as session:
            following = str(session.query(_NEXT)[0][0])
        self._tool(
            member, replica_set, commands.annotate(newest.label, _BEFORE, following), _STANZA_S
        )
        return f"{newest.label}: {newest.size} bytes in {newest.seconds:.1f} s"

    def state(self, replica_set: str) -> RepositoryState:
        """What the repository has; why it could not be read, where it could not."""
        try:
            return self._state(replica_set, self.info(replica_set))
        except UNREADABLE as error:
            return self._unreadable(replica_set, error)

    def moments(self, replica_set: str, unusable: tuple[str, ...] = ()) -> RepositoryState:
        """The same, and which moments can be restored without what is known to be `unusable`.

        Nobody looks where the store was switched to other data: from then on the archive has
        several histories, and a window is told of one.
        """
        try:
            queue = self.queue(replica_set)  # before the archive is listed, to which more comes
            info = self.info(replica_set)
            state = self._state(replica_set, info)
            if state.why_not or not info.backups or state.turns:
                return state
            asked = Asked(
                replica_set,
                info.backups,
                self.listing(replica_set),
                queue.segment_bytes if queue else SEGMENT_BYTES,
                queue.archived if queue else "",
                unusable,
            )
            windows = self._moments.windows(asked, self.commands(replica_set))
            return replace(state, windows=windows)
        except UNREADABLE as error:
            return self._unreadable(replica_set, error)

    def commands(self, replica_set: str) -> Commands:
        return self._repositories.of_member(
            self._repositories.world.replica_set(replica_set).primary
        )

    def info(self, replica_set: str) -> Stanza:
        commands = self.commands(replica_set)
        return read_info(self._repositories.ask(replica_set, commands.info()), commands.stanza)

    def listing(self, replica_set: str) -> tuple[Archive, ...]:
        argv = self.commands(replica_set).listing()
        return read_listing(self._repositories.ask_for_all(replica_set, argv))

    def queue(self, replica_set: str) -> Queue | None:
        """The WAL that waits at the primary; None when that does not answer."""
        world = self._repositories.world
        primary = world.directory.primary_of(replica_set)
        try:
            with self._postgres.session(
                primary or world.replica_set(replica_set).primary, "postgres"
            ) as session:
                return read_queue(session.query(QUEUE_SQL)[0])
        except PostgresError:
            return None

    def _state(self, replica_set: str, info: Stanza) -> RepositoryState:
        region = self._repositories.region_of(replica_set)
        why_not = str(explain_status(info.problem)) if info.problem else None
        turns = self._repositories.world.directory.turns.of(replica_set)
        points = tuple(map(_point, info.backups))
        return RepositoryState(replica_set, region, points, why_not, turns=turns)

    def _unreadable(self, replica_set: str, error: Exception) -> RepositoryState:
        region = self._repositories.region_of(replica_set)
        return RepositoryState(replica_set, region, why_not=str(error))

    def _wait_for(self, member: str) -> None:
        """One that was killed meanwhile recovers by itself."""
        wait_for(f"{member} answers", lambda: self._postgres.state(member), _RECOVERY_S)

    def _create(self, member: str, replica_set: str, commands: Commands) -> None:
        """Nothing is done where it was made before."""
        try:
            self._tool(member, replica_set, commands.stanza_create(), _STANZA_S)
        except StepError:
            if not self._repositories.set_half_made_aside(replica_set):
                raise
            self._tool(member, replica_set, commands.stanza_create(), _STANZA_S)

    def _tool(
        self,
        member: str,
        replica_set: str,
        argv: tuple[str, ...],
        timeout_s: float,
        *,
        gently: bool = False,
    ) -> None:
        self._repositories.run(self._site(member), replica_set, argv, timeout_s, gently=gently)

    def _site(self, member: str) -> str:
        return self._repositories.world.component(member).region


def _point(backup: Backup) -> RestorePoint:
    return RestorePoint(
        backup.label,
        backup.kind.value,
        backup.started_at,
        backup.stopped_at,
        backup.size_bytes,
        backup.stored_bytes,
        int(backup.notes[_BEFORE]) if _BEFORE in backup.notes else None,
    )
