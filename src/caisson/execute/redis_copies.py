"""Performs what plans say about restored copies of Redis: beside what runs, seen by nobody."""

import shutil
import signal

from caisson.execute.answers import Answer, Asked
from caisson.execute.beside import CopyFolder, process_of, stop
from caisson.execute.errors import StepError
from caisson.execute.questions import Questions
from caisson.execute.redis import RedisMembers
from caisson.execute.redis_backups import checked
from caisson.execute.repositories import Repositories
from caisson.execute.restic import COPY_S, Restic
from caisson.execute.world import World
from caisson.plan.model import RestoreBeside
from caisson.systems.redis import files, rdb
from caisson.systems.redis.session import RedisError, Refused, Session
from caisson.targets.local.layout import write_private
from caisson.targets.local.wire import ProcessSpec
from caisson.topology.backups import Command, RestoreQuestion
from caisson.topology.model import Address

_LOADED_S = 3_600.0
_STOP_S = 5.0


class RedisCopies:
    """Every method may be repeated. A copy lies, and runs, in its repository's region."""

    def __init__(
        self, repositories: Repositories, redis: RedisMembers, questions: Questions
    ) -> None:
        self._questions = questions
        self._repositories = repositories
        self._redis = redis

    @property
    def _world(self) -> World:
        return self._repositories.world

    def restore(self, action: RestoreBeside) -> str:
        """Write a backup into the copy's empty folder; it is of one moment and leads to no other.

        Between the copy into the repository and this, every byte was compared twice: by restic
        with its own hashes, and by Redis with the checksum that it had written into the file.
        """
        replica_set, backup = action.replica_set, action.backup
        copy, region = self._copy(action.place), self._repositories.region_of(replica_set)
        if copy.done.exists():
            return "was restored already"
        copy.make()
        restic = Restic(self._repositories, replica_set)
        restic.run(restic.commands.restore(backup, str(copy.data)), timeout_s=COPY_S)
        file = copy.data / rdb.FILE
        keys = checked(self._world, region, file).keys
        copy.done.touch()
        return f"{keys} keys in {file.stat().st_size} bytes in {region}"

    def start(self, replica_set: str, place: str) -> str:
        """Load the data; what has a time to live that is over is not loaded."""
        copy, address = self._copy(place), self._address(replica_set, place)
        process, conf = process_of(place), copy.folder / "redis.conf"
        write_private(conf, self._redis.copy_conf(replica_set, address))
        spec = ProcessSpec(
            id=process,
            site=self._repositories.region_of(replica_set),
            argv=files.server(self._world.program("redis-server"), str(conf)),
            env=self._world.environment("redis-server"),
            cwd=copy.data,
            log=self._world.layout.log(process),
            stop_signal=signal.SIGTERM,
            restart=True,
        )
        started = self._world.start_until(spec, lambda: self._loaded(replica_set, place), _LOADED_S)
        return f"{started} at {address}"

    def ask(self, replica_set: str, place: str) -> str:
        """Ask every question of the store; raise GivenUp with each wrong answer."""
        with self._session(replica_set, place) as session:
            answers = tuple(_answer(session, each) for each in self._questions.of(replica_set))
        return self._questions.told(replica_set, Asked(answers))

    def discard(self, place: str) -> str:
        """Stop the copy and take its files away."""
        stop(self._world, place, _STOP_S)
        shutil.rmtree(self._copy(place).folder, ignore_errors=True)
        return "discarded"

    # -- parts ----------------------------------------------------------------------------

    def _copy(self, place: str) -> CopyFolder:
        return CopyFolder(self._world.layout.copies / place)

    def _address(self, replica_set: str, place: str) -> Address:
        region = self._repositories.region_of(replica_set)
        return self._copy(place).address(self._world, replica_set, region)

    def _session(self, replica_set: str, place: str) -> Session:
        return self._redis.session_at(replica_set, self._address(replica_set, place), 2.0)

    def _loaded(self, replica_set: str, place: str) -> bool | None:
        """A server that still loads refuses every command that reads."""
        try:
            with self._session(replica_set, place) as session:
                return session.answer("DBSIZE") is not None
        except RedisError:
            return None


def _answer(session: Session, question: RestoreQuestion) -> Answer:
    if not isinstance(question, Command):
        return Answer(question, not_asked="no service is started on a copy of Redis")
    return Answer(question, _wrong(session, question))


def _wrong(session: Session, question: Command) -> str | None:
    """How a question was answered wrongly; None when it was not."""
    try:
        said = session.answer(*question.words)
    except Refused as error:
        said = f"an error: {error}"
    except RedisError as error:
        raise StepError(f"the copy does not answer: {error}") from error
    return None if question.relation.holds(said) else f"{question}: answered {said}"
