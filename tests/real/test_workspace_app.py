"""The reference application with real Postgres, Redis and Memcached behind it."""

import concurrent.futures
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import app_support
import pytest
from app_support import App, Postgres
from estate_support import Login, memcached

RETRIES = "workspace_retries_total"


@dataclass(frozen=True)
class Servers:
    primary: Postgres
    other: Postgres
    redis_port: int


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("servers")
    template = app_support.make_template(folder)
    with ExitStack() as stack:
        yield Servers(
            stack.enter_context(app_support.postgres(template, folder / "primary")),
            stack.enter_context(app_support.postgres(template, folder / "other")),
            stack.enter_context(app_support.redis(folder)),
        )


@dataclass(frozen=True)
class Running:
    app: App
    kill_cache: Callable[[], None]
    freeze_cache: Callable[[], None]
    empty_cache: Callable[[], list[bytes]]


@pytest.fixture
def world(servers: Servers, tmp_path: Path) -> Iterator[Running]:
    with app_support.memcached(tmp_path) as (cache_port, cache):
        stores = {
            "blocks": app_support.endpoint(
                servers.primary.port, "postgres", database="blocks", generation=1, shards=2
            ),
            "sessions": app_support.endpoint(servers.redis_port, "redis", generation=1),
            "cache": app_support.endpoint(cache_port, "memcached"),
        }
        with app_support.application(tmp_path, stores) as app:
            login = Login("cache", "cache", app_support.HOST, cache_port, "web", "")
            yield Running(
                app,
                cache.kill,
                lambda: cache.send_signal(signal.SIGSTOP),
                lambda: memcached(login, app_support.PASSWORD, b"flush_all"),
            )


@pytest.fixture
def app(world: Running) -> App:
    return world.app


@dataclass(frozen=True)
class Page:
    """A page of acme, and short ways to it."""

    app: App
    id: str

    def put_block(self, block: str, text: str) -> app_support.Answer:
        return self.app.call("PUT", f"{self.path}/blocks/{block}", {"text": text})

    def read(self) -> dict[str, object]:
        answer = self.app.call("GET", self.path)
        assert answer.status == 200
        return answer.json

    @property
    def path(self) -> str:
        return f"/t/acme/pages/{self.id}"


@pytest.fixture
def page(app: App) -> Page:
    made = Page(app, str(uuid4()))
    assert app.call("PUT", made.path, {"title": "Plans"}).json["version"] == 1
    return made


def test_a_page_shows_its_blocks_in_the_order_of_writing(page: Page) -> None:
    first, second = sorted((str(uuid4()), str(uuid4())), reverse=True)
    assert page.put_block(first, "one").json == {"block": first, "version": 1}
    assert page.put_block(second, "two\nlines, ünïcode ✓").json["version"] == 1
    assert page.put_block(first, "one, again").json["version"] == 2
    assert page.read() == {
        "id": page.id,
        "title": "Plans",
        "version": 4,
        "blocks": [
            {"id": first, "text": "one, again", "version": 2},
            {"id": second, "text": "two\nlines, ünïcode ✓", "version": 1},
        ],
    }


def test_a_read_is_cached_until_something_is_written(page: Page) -> None:
    def hits() -> float:
        return page.app.metric('workspace_cache_total{result="hit"}')

    block = str(uuid4())
    page.put_block(block, "before")
    assert page.read() == page.read()
    assert hits() == 1
    page.put_block(block, "after")
    assert page.read()["blocks"] == [{"id": block, "text": "after", "version": 2}]
    assert page.app.call("PUT", page.path, {"title": "Renamed"}).status == 200
    assert page.read()["title"] == "Renamed"
    assert hits() == 1


def test_another_primary_is_never_answered_from_the_former_ones_cache(
    page: Page, servers: Servers
) -> None:
    """The same page at the same version, with other content: a failover that lost a write."""
    page.put_block(str(uuid4()), "lost with the old primary")
    assert page.read()["version"] == 2
    page.app.move_blocks(servers.other)
    assert page.app.call("PUT", page.path, {"title": "Plans"}).json["version"] == 1
    block = str(uuid4())
    page.put_block(block, "new")
    found = page.read()
    assert found["version"] == 2
    assert found["blocks"] == [{"id": block, "text": "new", "version": 1}]


def test_the_rows_of_a_tenant_lie_in_its_shard_and_are_its_own(
    page: Page, servers: Servers
) -> None:
    other = page.app.call("PUT", page.path.replace("acme", "globex"), {"title": "Other"})
    assert other.json["version"] == 1
    assert page.read()["title"] == "Plans"
    for shard, tenant in ((0, "acme"), (1, "globex")):
        statement = f"SELECT tenant FROM shard_{shard}.pages WHERE id = '{page.id}'"
        assert servers.primary.sql(statement) == [(tenant,)]


def test_a_tenant_that_is_not_at_home_here_is_misdirected(app: App) -> None:
    for method, path in (
        ("GET", f"/t/nordlys/pages/{uuid4()}"),
        ("PUT", f"/t/nordlys/pages/{uuid4()}/blocks/{uuid4()}"),
        ("POST", "/t/nordlys/session"),
        ("GET", "/t/nordlys/blocks"),
        ("GET", "/t/nordlys/"),
    ):
        answer = app.call(method, path, {} if method != "GET" else None)
        assert answer.status == 421
        assert "nordlys" in str(answer.json["message"])


def test_unknown_ids(page: Page) -> None:
    stranger = Page(page.app, str(uuid4()))
    assert page.app.call("GET", stranger.path).status == 404
    assert stranger.put_block(str(uuid4()), "text").status == 404
    block = str(uuid4())
    page.put_block(block, "here")
    page.app.call("PUT", stranger.path, {"title": "Second"})
    assert stranger.put_block(block, "there").status == 409
    assert stranger.read()["version"] == 1, "a refused write left a trace"
    assert page.app.call("GET", "/nowhere").status == 404
    assert page.app.call("DELETE", page.path).status == 405


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/t/acme/pages/not-a-uuid", {"title": "x"}),
        ("/t/acme/pages/00000000-0000-0000-0000-000000000000", {"title": "x"}),
        ("/t/acme/pages/{id}", {"title": ""}),
        ("/t/acme/pages/{id}", {"title": "x" * 201}),
        ("/t/acme/pages/{id}", {"title": 7}),
        ("/t/acme/pages/{id}", []),
        ("/t/acme/pages/{id}", b"{"),
        ("/t/acme/pages/{id}", b"\xff"),
        ("/t/acme/pages/{id}", b"[" * 100_000),
        ("/t/acme/pages/{id}/blocks/{id}", {"text": "x" * 65_537}),
        ("/t/acme/pages/{id}/blocks/{id}", {"text": "nul \0"}),
        ("/t/acme/pages/{id}/blocks/{id}", b'{"text": "\\ud800"}'),
        ("/t/acme/pages/{id}/blocks/{id}", {"texts": "misspelt"}),
    ],
)
def test_bad_input_is_refused_with_a_reason(app: App, path: str, body: object) -> None:
    answer = app.call("PUT", path.format(id=uuid4()), body)
    assert answer.status == 400
    assert answer.json["message"]


def test_all_blocks_are_listed_page_by_page(page: Page) -> None:
    blocks = sorted(str(uuid4()) for _ in range(5))
    for block in blocks:
        page.put_block(block, "x")
    found: list[str] = []
    after = ""
    while True:
        path = f"/t/acme/blocks?page={page.id}&limit=2{after}"
        part = page.app.call("GET", path).json
        found += list(part["blocks"])  # type: ignore[call-overload]
        if part["next"] is None:
            break
        after = f"&after={part['next']}"
    assert found == blocks
    everything = page.app.call("GET", "/t/acme/blocks").json["blocks"]
    assert set(blocks) <= set(everything)  # type: ignore[call-overload]
    assert page.app.call("GET", "/t/acme/blocks?limit=0").status == 400


def test_a_session_is_known_by_cookie_and_by_token_to_its_tenant_only(app: App) -> None:
    started = app.call("POST", "/t/acme/session", {"user": "ada"})
    assert started.status == 201
    bearer = {"Authorization": f"Bearer {started.json['token']}"}
    cookie = {"Cookie": str(started.headers["Set-Cookie"]).partition(";")[0]}
    for headers in (bearer, cookie):
        assert app.call("GET", "/t/acme/session", headers=headers).json == {"user": "ada"}
    assert app.call("GET", "/t/globex/session", headers=bearer).status == 401
    assert app.call("GET", "/t/acme/session").status == 401


def test_without_redis_only_sessions_fail(page: Page) -> None:
    page.app.stores["sessions"]["port"] = app_support.free_port()
    page.app.publish()
    answer = page.app.call("POST", "/t/acme/session", {"user": "ada"})
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert page.read()["title"] == "Plans"
    ready = page.app.call("GET", "/ready")
    assert (ready.status, ready.json["degraded"]) == (200, ["sessions"])


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_without_the_cache_reads_go_on(page: Page, world: Running, how: str) -> None:
    page.read()
    (world.kill_cache if how == "killed" else world.freeze_cache)()
    assert page.read()["title"] == "Plans"
    assert page.put_block(str(uuid4()), "x").status == 200
    assert page.read()["version"] == 2
    assert page.app.metric('workspace_cache_total{result="error"}') >= 1


def test_a_cache_that_was_emptied_is_filled_again_from_the_database(
    page: Page, world: Running
) -> None:
    def hits() -> float:
        return page.app.metric('workspace_cache_total{result="hit"}')

    page.put_block(str(uuid4()), "kept")
    before = page.read()
    assert (page.read(), hits()) == (before, 1)
    assert world.empty_cache()[-1] == b"OK"
    assert (page.read(), hits()) == (before, 1)
    assert (page.read(), hits()) == (before, 2)


def test_writes_that_hang_on_a_frozen_primary_succeed_on_the_next_one(
    page: Page, servers: Servers
) -> None:
    blocks = [str(uuid4()) for _ in range(12)]
    servers.other.sql(f"INSERT INTO shard_0.pages VALUES ('acme', '{page.id}', 'Plans', 1)")
    with concurrent.futures.ThreadPoolExecutor(len(blocks)) as users:
        list(users.map(lambda block: page.put_block(block, "warm"), blocks))
        with servers.primary.frozen():
            writes = [users.submit(page.put_block, block, "moved") for block in blocks]
            time.sleep(0.5)
            page.app.move_blocks(servers.other)
            assert [write.result().status for write in writes] == [200] * len(blocks)
    found = servers.other.sql(
        f"SELECT id::text FROM shard_0.blocks WHERE page = '{page.id}' AND text = 'moved'"
    )
    assert sorted(found) == sorted((block,) for block in blocks)
    assert page.app.metric('workspace_pool_swaps_total{store="blocks"}') == 1
    assert page.app.metric(f'{RETRIES}{{reason="moved"}}') >= 1, "nobody was freed by the move"


def test_a_primary_that_stays_frozen_is_given_up_at_the_deadline(
    page: Page, servers: Servers
) -> None:
    with servers.primary.frozen():
        began = time.monotonic()
        answer = page.put_block(str(uuid4()), "never")
        waited_s = time.monotonic() - began
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert waited_s < 15, "the deadline of 5 s was not kept by far"
        assert page.app.call("GET", "/ready").status == 503
        assert page.app.call("GET", "/health").status == 200
    app_support.wait_until(lambda: page.app.call("GET", "/ready").status == 200, "readiness")
    assert page.read()["blocks"] == []


def test_a_killed_backend_costs_no_request(page: Page, servers: Servers) -> None:
    page.put_block(str(uuid4()), "x")
    servers.primary.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename='web'"
    )
    assert page.put_block(str(uuid4()), "y").status == 200


_FENCE = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;
    CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR UPDATE ON shard_0.blocks
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.page = '{page}') EXECUTE FUNCTION {name}()"""


@pytest.mark.parametrize(
    ("reason", "body", "kept"),
    [
        ("fenced", "RAISE EXCEPTION 'fenced' USING ERRCODE = 'CS001';", 0),
        # A commit that took longer than a lease, and one whose wait was broken off, as a
        # synchronous commit tells with a warning: they are in the database and yet not vouched.
        ("timeout", "PERFORM pg_sleep(1.2); RETURN NULL;", 1),
        ("not-vouched", "RAISE WARNING 'canceling wait'; RETURN NULL;", 1),
    ],
)
def test_a_write_that_may_not_stay_is_not_acknowledged(
    page: Page, servers: Servers, reason: str, body: str, kept: int
) -> None:
    block = str(uuid4())
    name = f"fence_{page.id.replace('-', '_')}"
    servers.primary.sql(_FENCE.format(name=name, body=body, page=page.id))
    try:
        assert page.put_block(block, "x").status == 503
        assert page.app.metric(f'{RETRIES}{{reason="{reason}"}}') >= 2
        rows = servers.primary.sql(f"SELECT 1 FROM shard_0.blocks WHERE id = '{block}'")
        assert len(rows) == kept
    finally:
        servers.primary.sql(f"DROP FUNCTION {name} CASCADE")
    assert page.put_block(block, "x").status == 200


def test_a_write_during_which_the_application_stood_still_is_done_again(
    page: Page, servers: Servers
) -> None:
    """The answer to the COMMIT waits in the socket while the process is frozen."""
    assert page.app.process
    block = str(uuid4())
    name = f"slow_{page.id.replace('-', '_')}"
    body = "PERFORM pg_sleep(0.5); RETURN NULL;"
    servers.primary.sql(_FENCE.format(name=name, body=body, page=page.id))
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as user:
            write = user.submit(page.put_block, block, "x")
            app_support.wait_until(lambda: _commits(servers.primary), "the commit")
            page.app.process.send_signal(signal.SIGSTOP)
            time.sleep(1.5)
            page.app.process.send_signal(signal.SIGCONT)
            answer = write.result()
    finally:
        servers.primary.sql(f"DROP FUNCTION {name} CASCADE")
    assert (answer.status, answer.json["version"]) == (200, 2)


def _commits(server: Postgres) -> bool:
    statement = "SELECT 1 FROM pg_stat_activity WHERE usename='web' AND query='COMMIT'"
    return bool(server.sql(f"{statement} AND state='active'"))


def test_the_home_page_lists_pages_and_escapes_them(page: Page) -> None:
    page.app.call("PUT", page.path, {"title": "<script>alert(1)</script>"})
    home = page.app.call("GET", "/t/acme/")
    assert home.headers["Content-Type"].startswith("text/html")
    assert "&lt;script&gt;alert(1)" in home.body.decode()
    assert "<script>" not in home.body.decode()


def test_metrics_count_requests_by_route_not_by_id(page: Page) -> None:
    page.read()
    page.read()
    route = "GET /t/{tenant}/pages/{page}"
    assert page.app.metric(f'workspace_requests_total{{route="{route}",status="200"}}') == 2
    assert page.app.metric(f'workspace_request_seconds_count{{route="{route}"}}') == 2
    assert page.app.metric(f'workspace_request_seconds_bucket{{route="{route}",le="+Inf"}}') == 2
    assert page.id not in page.app.call("GET", "/metrics").body.decode()


def test_sigterm_ends_it_and_no_log_line_holds_a_password(app: App, servers: Servers) -> None:
    app.call("POST", "/t/acme/session", {"user": "ada"})
    app.move_blocks(servers.other)
    swaps = 'workspace_pool_swaps_total{store="blocks"}'
    app_support.wait_until(lambda: app.metric(swaps) == 1, "the move")
    assert app.process
    app.process.send_signal(signal.SIGTERM)
    assert app.process.wait(10) == 0
    text = app.log.read_text()
    assert app_support.PASSWORD not in text
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert events == ["listening", "store-moved", "stopping"]
