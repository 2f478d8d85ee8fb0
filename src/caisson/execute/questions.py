"""Asks a restored copy the store's own questions: SQL, and what a service says on the copy."""

import threading
from collections.abc import Iterable

from caisson.execute.answers import Answer, Asked
from caisson.execute.asked_services import AskedServices
from caisson.execute.errors import GivenUp, StepError
from caisson.execute.repositories import Repositories
from caisson.execute.restored import RestoredCopy
from caisson.systems.postgres.session import PostgresError, Session
from caisson.topology.backups import Query, Request, RestoreQuestion, Writes

_QUERY_S = 300.0


class Questions:
    """Thread-safe."""

    def __init__(self, repositories: Repositories, services: AskedServices) -> None:
        self._repositories = repositories
        self._services = services
        self._lock = threading.Lock()
        self._last: dict[str, Asked] = {}

    def ask(self, copy: RestoredCopy) -> str:
        """Ask every question of the store; raise GivenUp with each wrong answer."""
        asked = Asked((*self._ask_sql(copy), *self._ask_services(copy)))
        return self.told(copy.replica_set, asked)

    def told(self, replica_set: str, asked: Asked) -> str:
        """Remember what was asked of a copy; raise GivenUp with each wrong answer."""
        with self._lock:
            self._last[replica_set] = asked
        if asked.wrong:
            raise GivenUp("; ".join(asked.wrong))
        return str(asked)

    def last(self, replica_set: str) -> Asked | None:
        """What was asked last of a copy of the replica set; None before the first."""
        with self._lock:
            return self._last.get(replica_set)

    def of(self, replica_set: str) -> tuple[RestoreQuestion, ...]:
        """The questions of a store, asked of each of its copies."""
        declared = self._repositories.backed_up(replica_set)
        return declared.questions if declared else ()

    def services(self, replica_set: str) -> tuple[str, ...]:
        """The services of which a copy is started to be asked."""
        return tuple(dict.fromkeys(each.service for each in self._of_services(replica_set)))

    def _of_services(self, replica_set: str) -> list[Request | Writes]:
        return [each for each in self.of(replica_set) if isinstance(each, Request | Writes)]

    def _ask_sql(self, copy: RestoredCopy) -> tuple[Answer, ...]:
        shards = self._repositories.world.replica_set(copy.replica_set).shards
        queries = [each for each in self.of(copy.replica_set) if isinstance(each, Query)]
        with copy.session() as session:
            return tuple(Answer(each, _wrong(session, each, shards)) for each in queries)

    def _ask_services(self, copy: RestoredCopy) -> tuple[Answer, ...]:
        questions = self._of_services(copy.replica_set)
        found: list[Answer] = []
        for service in self.services(copy.replica_set):
            of_it = tuple(each for each in questions if each.service == service)
            found += self._services.ask(copy, service, of_it)
        return tuple(found)


def wrong_answers(session: Session, questions: Iterable[Query], shards: int) -> tuple[str, ...]:
    """How each query was answered wrongly, by any server that has the store's data."""
    return tuple(why for each in questions if (why := _wrong(session, each, shards)) is not None)


def _wrong(session: Session, question: Query, shards: int) -> str | None:
    """How a question was answered wrongly; `every` shard must answer it, or some."""
    answers = {shard: _answer(session, question.sql, shard) for shard in range(shards)}
    wrong = {shard: said for shard, said in answers.items() if not question.relation.holds(said)}
    if not wrong or (not question.every and len(wrong) < shards):
        return None
    shard, said = next(iter(wrong.items()))
    return f"{question}: shard_{shard} answered {said} ({len(wrong)} of {shards} shards)"


def _answer(session: Session, sql: str, shard: int) -> str | None:
    session.query(f"SET search_path = shard_{shard}")
    try:
        rows = session.query(sql, timeout_s=_QUERY_S)
    except PostgresError as error:
        if error.sqlstate is None:
            raise StepError(f"the copy does not answer: {error}") from error
        return f"an error: {error}"
    return rows[0][0] if rows else None
