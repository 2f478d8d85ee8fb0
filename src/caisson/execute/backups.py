"""Performs what plans say about backups of Postgres: repositories, and what is copied into them."""

from caisson.execute.errors import GivenUp, StepError
from caisson.execute.postgres import PostgresMembers
from caisson.execute.repositories import Repositories
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.systems.pgbackrest.answers import AnswerError, Backup, read_info
from caisson.systems.pgbackrest.files import Kind
from caisson.systems.pgbackrest.problems import explain_status
from caisson.targets.local.supervision import SupervisorError

_STANZA_S = 60.0
_BACKUP_S = 86_400.0


class PostgresBackups:
    """Every method may be repeated; what was half copied is gone on with, or begun anew."""

    def __init__(self, repositories: Repositories, postgres: PostgresMembers) -> None:
        self._repositories = repositories
        self._postgres = postgres

    def prepare(self, replica_set: str, member: str) -> str:
        """Make the repository ready for a running primary, and see a WAL segment arrive in it."""
        self._repositories.make(replica_set)
        self._postgres.allow_backups(member)
        commands = self._repositories.of_member(member)
        self._tool(member, replica_set, commands.stanza_create(), _STANZA_S)
        self._tool(member, replica_set, commands.check(), _STANZA_S)
        return f"WAL arrives in {self._repositories.region_of(replica_set)}"

    def back_up(self, replica_set: str, member: str, kind: str) -> str:
        """Copy a running primary, then let go of what is kept for long enough."""
        commands = self._repositories.of_member(member)
        self._tool(member, replica_set, commands.backup(Kind(kind)), _BACKUP_S)
        self._tool(member, replica_set, commands.expire(), _BACKUP_S)
        newest = self.state(replica_set).newest
        if newest is None:
            raise GivenUp(f"{replica_set}: the repository does not list the backup just made")
        return f"{newest.label}: {newest.size} bytes in {newest.seconds:.1f} s"

    def state(self, replica_set: str) -> RepositoryState:
        """What the repository has; why it could not be read, where it could not."""
        repositories = self._repositories
        region = repositories.region_of(replica_set)
        declared = repositories.world.replica_set(replica_set)
        commands = repositories.of_member(declared.primary)
        try:
            told = read_info(repositories.ask(replica_set, commands.info()), commands.stanza)
        except (StepError, SupervisorError, AnswerError) as error:
            return RepositoryState(replica_set, region, why_not=str(error))
        why_not = str(explain_status(told.problem)) if told.problem else None
        return RepositoryState(replica_set, region, tuple(map(_point, told.backups)), why_not)

    def _tool(self, member: str, replica_set: str, argv: tuple[str, ...], timeout_s: float) -> None:
        region = self._repositories.world.component(member).region
        self._repositories.run(region, replica_set, argv, timeout_s)


def _point(backup: Backup) -> RestorePoint:
    return RestorePoint(
        backup.label,
        backup.kind.value,
        backup.started_at,
        backup.stopped_at,
        backup.size_bytes,
        backup.stored_bytes,
    )
