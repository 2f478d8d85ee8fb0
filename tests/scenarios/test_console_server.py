"""The console's server over real sockets: who may ask, who may order, and the stream."""

import http.client
import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from caisson.console import server as console
from caisson.console.server import BadRequest, Refused, RunningServer, make_app, serve_in_thread

TOKEN = "not-to-be-guessed"
ORDER = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


class Estate:
    """A source whose clock goes on with every look, and a receiver that remembers orders."""

    def __init__(self) -> None:
        self.clock = itertools.count(1)
        self.state = "up"
        self.orders: list[tuple[str, dict[str, Any]]] = []

    def snapshot(self) -> dict[str, Any]:
        return {"estate": "workspace", "state": self.state, "now": next(self.clock)}

    def drill_report(self, drill: str) -> dict[str, Any] | None:
        return {"id": drill, "fault": "<b>"} if drill == "drill-0001" else None

    def request(self, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if verb == "failover":
            raise Refused(("us has no standby",))
        if verb == "dance":
            raise BadRequest(("no such verb: dance",))
        self.orders.append((verb, arguments))
        return {"operation": f"{verb}-0001"}


@pytest.fixture
def estate() -> Estate:
    return Estate()


@pytest.fixture
def server(estate: Estate) -> Iterator[RunningServer]:
    with serve_in_thread(make_app(estate, TOKEN, estate)) as running:
        yield running


def connect(server: RunningServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)


def ask(
    server: RunningServer,
    path: str,
    headers: dict[str, str] | None = None,
    method: str = "GET",
    body: bytes | None = None,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = connect(server)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def order(
    server: RunningServer, verb: str, headers: dict[str, str], body: bytes = b"{}"
) -> tuple[int, dict[str, Any]]:
    status, _, answer = ask(server, f"/api/{verb}", headers, "POST", body)
    return status, json.loads(answer)


# ── reading ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/", "/console.css", "/console.js"])
def test_page_and_its_files_are_served_with_a_strict_policy(
    server: RunningServer, path: str
) -> None:
    status, headers, body = ask(server, path)
    assert status == 200
    assert body
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers


def test_snapshot_and_drills_are_json(server: RunningServer) -> None:
    assert json.loads(ask(server, "/api/snapshot")[2])["state"] == "up"
    assert json.loads(ask(server, "/api/drills/drill-0001")[2])["id"] == "drill-0001"
    assert ask(server, "/api/drills/drill-0009")[0] == 404


def test_report_page_escapes_and_an_unknown_drill_is_not_found(server: RunningServer) -> None:
    status, headers, body = ask(server, "/drills/drill-0001")
    assert status == 200
    assert b"&lt;b&gt;" in body
    assert "script-src" not in headers["Content-Security-Policy"]
    assert ask(server, "/drills/drill-0009")[0] == 404


@pytest.mark.parametrize("path", ["/", "/api/snapshot", "/api/events", "/nowhere"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1"]
)
def test_foreign_host_header_is_misdirected(server: RunningServer, path: str, host: str) -> None:
    port = server.url.rpartition(":")[2]
    assert ask(server, path, {"Host": host.format(port=port)})[0] == 421


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "LOCALHOST"])
def test_own_names_are_answered(server: RunningServer, name: str) -> None:
    port = server.url.rpartition(":")[2]
    assert ask(server, "/api/snapshot", {"Host": f"{name}:{port}"})[0] == 200


# ── ordering ─────────────────────────────────────────────────────────────────────────────


def test_order_with_the_token_is_passed_on(server: RunningServer, estate: Estate) -> None:
    status, answer = order(server, "backup", ORDER, b'{"store": "blocks"}')
    assert (status, answer) == (200, {"operation": "backup-0001"})
    assert estate.orders == [("backup", {"store": "blocks"})]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": "Bearer \xff\xfe"}, 401),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://127.0.0.1"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Host": "evil.example"}, 421),
    ],
)
def test_order_is_refused(
    server: RunningServer, estate: Estate, change: dict[str, str], status: int
) -> None:
    got, answer = order(server, "backup", ORDER | change)
    assert got == status
    assert answer["error"]
    assert estate.orders == []


def test_own_origin_may_order(server: RunningServer) -> None:
    assert order(server, "backup", ORDER | {"Origin": server.url})[0] == 200


@pytest.mark.parametrize("body", [b"[]", b"nonsense", b"\xff", b"[" * 60_000, b'"text"'])
def test_body_that_is_no_object_is_a_bad_request(
    server: RunningServer, estate: Estate, body: bytes
) -> None:
    status, answer = order(server, "backup", ORDER, body)
    assert status == 400
    assert answer["reasons"]
    assert estate.orders == []


def test_body_beyond_64_kib_is_refused(server: RunningServer, estate: Estate) -> None:
    body = json.dumps({"a": "x" * 64 * 1024}).encode()
    assert ask(server, "/api/backup", ORDER, "POST", body)[0] == 413
    assert estate.orders == []


def test_refusals_carry_their_reasons(server: RunningServer) -> None:
    assert order(server, "failover", ORDER) == (
        409,
        {"error": "us has no standby", "reasons": ["us has no standby"]},
    )
    assert order(server, "dance", ORDER)[0] == 400


def test_reading_goes_on_while_orders_block(estate: Estate) -> None:
    release = threading.Event()

    class Slow(Estate):
        def request(self, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
            release.wait()
            return super().request(verb, arguments)

    with serve_in_thread(make_app(estate, TOKEN, Slow())) as server:
        waiting = [
            threading.Thread(target=order, args=(server, "backup", ORDER)) for _ in range(12)
        ]
        for thread in waiting:
            thread.start()
        try:
            assert ask(server, "/api/snapshot")[0] == 200
        finally:
            release.set()
            for thread in waiting:
                thread.join()


def test_an_empty_token_is_no_token(estate: Estate) -> None:
    with pytest.raises(ValueError, match="token"):
        make_app(estate, "", estate)


# ── the stream ───────────────────────────────────────────────────────────────────────────


def next_event(answer: http.client.HTTPResponse) -> tuple[str, dict[str, Any]]:
    name = ""
    while line := answer.readline().decode().rstrip("\n"):
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: "):
            data = json.loads(line.removeprefix("data: "))
    return name, data


def test_stream_sends_changes_pulses_and_its_end(
    server: RunningServer, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "HEARTBEAT_S", 0.4)
    connection = connect(server)
    connection.request("GET", "/api/events")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    name, first = next_event(answer)
    assert (name, first["state"]) == ("snapshot", "up")
    assert next_event(answer)[0] == "pulse"  # its clock alone is no change
    estate.state = "stopping"
    events = iter(lambda: next_event(answer), None)
    name, changed = next(event for event in events if event[0] != "pulse")
    assert (name, changed["state"]) == ("snapshot", "stopping")
    server.close()
    assert next(name for name, _ in events if name != "pulse") == "stopped"
    assert answer.read() == b""
    connection.close()


def test_taken_port_is_told_to_the_caller_and_close_frees_it(estate: Estate) -> None:
    first = serve_in_thread(make_app(estate, TOKEN, estate))
    port = int(first.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        serve_in_thread(make_app(estate, TOKEN, estate), port=port)
    first.close()
    first.close()
    with serve_in_thread(make_app(estate, TOKEN, estate), port=port) as second:
        assert ask(second, "/api/snapshot")[0] == 200
