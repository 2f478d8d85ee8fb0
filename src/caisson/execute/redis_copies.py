"""Performs what plans say about restored copies of Redis: beside what runs, seen by nobody."""

import signal

from caisson.execute.answers import Answer, Asked
from caisson.execute.beside import Beside, discard
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

_LOADED_S = 3_600.0


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
        copy = self._copy(replica_set, action.place)
        if copy.done.exists():
            return "was restored already"
        copy.make()
        restic = Restic(self._repositories, replica_set)
        restic.run(restic.commands.restore(backup, str(copy.data)), timeout_s=COPY_S)
        file = copy.data / rdb.FILE
        keys = checked(self._world, copy.region, file).keys
        copy.done.touch()
        return f"{keys} keys in {file.stat().st_size} bytes in {copy.region}"

    def start(self, replica_set: str, place: str) -> str:
        """Load the data; what has a time to live that is over is not loaded."""
        copy = self._copy(replica_set, place)
        conf = copy.folder / "redis.conf"
        write_private(conf, self._redis.copy_conf(replica_set, copy.address))
        spec = ProcessSpec(
            id=copy.process,
            site=copy.region,
            argv=files.server(self._world.program("redis-server"), str(conf)),
            env=self._world.environment("redis-server"),
            cwd=copy.data,
            log=self._world.layout.log(copy.process),
            stop_signal=signal.SIGTERM,
            restart=True,
        )
        started = self._world.start_until(spec, lambda: self._loaded(copy), _LOADED_S)
        return f"{started} at {copy.address}"

    def ask(self, replica_set: str, place: str) -> str:
        """Ask every question of the store; raise GivenUp with each wrong answer."""
        with self._session(self._copy(replica_set, place)) as session:
            answers = tuple(_answer(session, each) for each in self._questions.of(replica_set))
        return self._questions.told(replica_set, Asked(answers))

    def discard(self, place: str) -> str:
        """Stop the copy and take its files away."""
        discard(self._world, place)
        return "discarded"

    # -- parts ----------------------------------------------------------------------------

    def _copy(self, replica_set: str, place: str) -> Beside:
        return Beside(self._repositories, replica_set, place)

    def _session(self, copy: Beside) -> Session:
        return self._redis.session_at(copy.replica_set, copy.address, 2.0)

    def _loaded(self, copy: Beside) -> bool | None:
        """A server that still loads refuses every command that reads."""
        try:
            with self._session(copy) as session:
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
