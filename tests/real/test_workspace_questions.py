"""What the reference estate asks of restored copies: so at any moment, and not of a damaged one."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import app_support
import psycopg
import pytest
from app_support import HOST, WORKSPACE, App, Postgres

from caisson.estate.backups import SqlQuestion
from caisson.estate.loading import load

_QUESTIONS = [
    each
    for each in load(WORKSPACE / "estate.yaml").estate.stores["blocks"].questions
    if isinstance(each, SqlQuestion)
]
_WRITERS, _WRITES = 6, 30
# As if a part of a transaction were missing, or a page without its blocks' knowledge.
_DAMAGES = {
    "a block whose page was not touched": "UPDATE blocks SET version = version + 1",
    "a page that is older than its blocks": "UPDATE pages SET version = 1",
    "a page that is missing": "DELETE FROM pages",
}


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("asked")
    template = app_support.make_template(folder)
    with app_support.postgres(template, folder / "primary") as server:
        yield server


@pytest.fixture(scope="module")
def app(primary: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    blocks = app_support.endpoint(
        primary.port, "postgres", database="blocks", generation=1, shards=app_support.SHARDS
    )
    nobody = app_support.free_port()
    stores = {
        "blocks": blocks,
        "sessions": app_support.endpoint(nobody, "redis", generation=1),
        "cache": app_support.endpoint(nobody, "memcached"),
    }
    with app_support.application(tmp_path_factory.mktemp("app"), stores) as app:
        yield app


def wrong(session: "psycopg.Connection[tuple[object, ...]]", shard: int) -> list[str]:
    """The questions that are not answered as they should be."""
    session.execute(f"SET search_path = shard_{shard}".encode())
    answers = [(each, session.execute(each.sql.encode()).fetchone()) for each in _QUESTIONS]
    return [f"{q.sql}: {row}" for q, row in answers if row is None or not q.is_.holds(str(row[0]))]


def connected(primary: Postgres) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host=HOST, port=primary.port, dbname="blocks", user="owner", password="owner"
    )


def test_each_question_is_answered_so_while_many_write_to_one_page(
    app: App, primary: Postgres
) -> None:
    page = f"/t/acme/pages/{uuid4()}"
    assert app.call("PUT", page, {"title": "Plans"}).status == 200
    blocks = [str(uuid4()) for _ in range(4)]

    def write(number: int) -> None:
        for count in range(_WRITES):
            block = blocks[count % 4] if number % 2 else str(uuid4())
            assert app.call("PUT", f"{page}/blocks/{block}", {"text": "x"}).status == 200
            if count % 10 == 0:
                assert app.call("PUT", page, {"title": f"Plans {count}"}).status == 200

    asked = 0
    ended = threading.Event()
    with ThreadPoolExecutor(_WRITERS) as pool, connected(primary) as session:
        session.autocommit = True
        writes = [pool.submit(write, number) for number in range(_WRITERS)]
        pool.submit(lambda: ([each.exception() for each in writes], ended.set()))
        while not ended.is_set():
            assert wrong(session, 0) == []
            asked += 1
    assert [each.exception() for each in writes] == [None] * _WRITERS
    assert asked > _WRITERS


@pytest.mark.parametrize("damage", _DAMAGES)
def test_what_a_damaged_copy_answers_is_wrong(app: App, primary: Postgres, damage: str) -> None:
    page = f"/t/globex/pages/{uuid4()}"
    app.call("PUT", page, {"title": "Plans"})
    assert app.call("PUT", f"{page}/blocks/{uuid4()}", {"text": "x"}).status == 200
    with connected(primary) as session:
        assert wrong(session, 1) == []
        # Whoever replays WAL checks no foreign key.
        session.execute("SET session_replication_role = replica")
        session.execute(_DAMAGES[damage].encode())
        found = wrong(session, 1)
        session.rollback()
    assert found
