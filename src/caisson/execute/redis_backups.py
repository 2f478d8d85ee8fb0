"""Performs what plans say about backups of Redis: its data as a file, copied by restic.

Which writes are in a backup is known exactly. Before a server is asked for its data, the primary
says where in its stream of writes it is; the file says where it ends, and one that ends before
that is no backup. So everything that was acknowledged when the backup began is in it.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from caisson.execute.errors import GivenUp, StepError
from caisson.execute.redis import RedisMembers
from caisson.execute.repositories import Repositories
from caisson.execute.restic import COPY_S, Restic
from caisson.execute.world import World, wait_for
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.systems.redis import rdb
from caisson.systems.redis.files import OWNER
from caisson.systems.redis.session import RedisError
from caisson.systems.restic.answers import AnswerError, Snapshot, Stamp, expired, read_backup
from caisson.targets.local.supervision import SupervisorError

_FOLLOWS_S = 20.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """When a backup began, and where in its stream of writes the primary was then at least."""

    at: float
    position: rdb.Position | None


class RedisBackups:
    """Every method may be repeated; what was half copied is no backup, and goes with the next."""

    def __init__(self, repositories: Repositories, redis: RedisMembers) -> None:
        self._repositories = repositories
        self._redis = redis

    def prepare(self, replica_set: str, member: str) -> str:
        """Make the repository, unless there is one."""
        del member
        restic = Restic(self._repositories, replica_set)
        restic.prepare()
        return f"ready in {restic.region}"

    def back_up(self, replica_set: str, member: str, kind: str) -> str:
        """Copy all of a running member, then let go of what is kept for long enough."""
        del kind  # whatever did not change since is not stored twice
        restic = Restic(self._repositories, replica_set)
        file = restic.folder / rdb.FILE
        try:
            stamp, keys = self._fetch(replica_set, member, file)
            argv = restic.commands.back_up(file.name, OWNER, stamp.tags())
            made = read_backup(restic.run(argv, cwd=file.parent, timeout_s=COPY_S))
        except AnswerError as error:
            raise GivenUp(f"{replica_set}: {error}") from error
        finally:
            file.unlink(missing_ok=True)
        self._let_go(restic)
        return f"{made}: {keys} keys in {stamp.size_bytes} bytes, as of {stamp.position}"

    def state(self, replica_set: str) -> RepositoryState:
        """What the repository has; why it could not be read, where it could not."""
        restic = Restic(self._repositories, replica_set)
        try:
            points = tuple(map(_point, restic.snapshots()))
        except (StepError, SupervisorError, AnswerError) as error:
            return RepositoryState(replica_set, restic.region, why_not=str(error), any_moment=False)
        return RepositoryState(replica_set, restic.region, points, any_moment=False)

    def moments(self, replica_set: str, unusable: tuple[str, ...] = ()) -> RepositoryState:
        """The same without what is known to be `unusable`: no WAL leads to other moments."""
        state = self.state(replica_set)
        usable = tuple(each for each in state.points if each.label not in unusable)
        return replace(state, points=usable)

    # -- parts ----------------------------------------------------------------------------

    @property
    def _world(self) -> World:
        return self._repositories.world

    def _fetch(self, replica_set: str, member: str, file: Path) -> tuple[Stamp, int]:
        """Write a member's data into `file` and see that it is whole and lacks nothing."""
        file.unlink(missing_ok=True)
        asked = self._ask(replica_set, member)
        component = self._world.component(member)
        world = self._world
        result = world.supervisor.run(
            component.region,
            rdb.fetching(world.program("redis-cli"), component.address, str(file)),
            env=world.environment("redis-cli"),
            cwd=world.layout.home,
            timeout_s=COPY_S,
            stdin=world.secrets.of(f"{replica_set}/owner") + "\n",
        )
        if result.exit_code != 0:
            said = (result.output.strip().splitlines() or ["it says nothing"])[-1]
            raise StepError(f"redis-cli cannot copy {member}: {said} [{result.exit_code}]")
        whole_at = time.time()
        found = checked(world, component.region, file)
        if why := rdb.lacking(asked.position, found):
            raise StepError(f"the data of {member} is no backup: {why}")
        position = str(found.position or "unknown")
        return Stamp(replica_set, asked.at, whole_at, file.stat().st_size, position), found.keys

    def _ask(self, replica_set: str, member: str) -> _Asked:
        """Ask the primary where it is, and wait until `member` is there too."""
        primary = self._world.directory.primary_of(replica_set) or member
        at = time.time()
        try:
            with self._redis.session(primary) as session:
                position = session.position()
        except RedisError as error:
            raise StepError(f"{primary} does not answer: {error}") from error
        if position is not None and member != primary:
            wait_for(
                f"{member} has what {primary} had when the backup began",
                lambda: self._has(member, position),
                _FOLLOWS_S,
            )
        return _Asked(at, position)

    def _has(self, member: str, position: rdb.Position) -> bool | None:
        state = self._redis.state(member)
        return (state is not None and state.position >= position.offset) or None

    def _let_go(self, restic: Restic) -> None:
        declared = self._repositories.backed_up(restic.replica_set)
        if declared is None:
            return
        if old := expired(restic.snapshots(), time.time(), declared.keep_s):
            restic.run(restic.commands.forget(old), timeout_s=COPY_S)


def checked(world: World, region: str, file: Path) -> rdb.Rdb:
    """Read a whole RDB with its checksum; raise GivenUp where it is none."""
    argv = rdb.checking(world.program("redis-check-rdb"), str(file))
    result = world.run_tool(region, "redis-check-rdb", *argv, timeout_s=COPY_S)
    try:
        return rdb.read_check(result.exit_code, result.output)
    except rdb.RdbError as error:
        raise GivenUp(str(error)) from error


def _point(snapshot: Snapshot) -> RestorePoint:
    stamp = snapshot.stamp
    return RestorePoint(
        snapshot.label, "full", stamp.begun_at, stamp.whole_at, stamp.size_bytes, None
    )
