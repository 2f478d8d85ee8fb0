"""A small service for estates whose restored copies are asked: notes in Postgres, visits in Redis.

Every request counts a visit, and `/ready` needs all its stores. `/forbidden` tries to write.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import redis


def connections() -> dict[str, Any]:
    document = json.loads(Path(os.environ["CAISSON_CONNECTIONS"]).read_text())
    assert isinstance(document, dict)
    return document


def opened(name: str = "notes") -> "psycopg.Connection[tuple[Any, ...]]":
    store = connections()["stores"][name]
    return psycopg.connect(
        host=store["host"],
        port=store["port"],
        dbname=store["database"],
        user=store["user"],
        password=store["password"],
        connect_timeout=2,
        autocommit=True,
    )


def visit(path: str) -> None:
    store = connections()["stores"]["visits"]
    with redis.Redis(
        host=store["host"],
        port=store["port"],
        username=store["user"],
        password=store["password"],
        protocol=2,
    ) as client:
        client.incr(path)


def listed(page: str, after: str) -> dict[str, Any]:
    sql = (
        "SELECT id::text FROM shard_0.notes WHERE page = %s AND id::text > %s ORDER BY id LIMIT 50"
    )
    with opened() as session:
        ids = [row[0] for row in session.execute(sql, (page, after))]
    return {"blocks": ids, "next": ids[-1] if len(ids) == 50 else None}


def put(page: str, note: str) -> None:
    with opened() as session:
        sql = "INSERT INTO shard_0.notes VALUES (%s, %s) ON CONFLICT DO NOTHING"
        session.execute(sql, (note, page))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if "tenant" in query and query["tenant"] != ["acme"]:
            self._answer(421)
            return
        try:
            if path != "/health":
                visit(path)
            if path == "/ready":
                opened().close()
                opened("drafts").close()
            if path == "/forbidden":
                put("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000f")
            body = listed(query["page"][0], query.get("after", [""])[0]) if "page" in query else {}
            self._answer(200, body)
        except psycopg.Error as error:
            self._answer(409 if error.sqlstate == "CS001" else 503)
        except redis.RedisError:
            self._answer(503)

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        *_, page, note = self.path.split("/")
        try:
            put(page, note)
            self._answer(200)
        except psycopg.Error:
            self._answer(503)

    def _answer(self, status: int, body: object = None) -> None:
        data = json.dumps(body or {}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    host, port = os.environ["CAISSON_LISTEN"].split(":")
    ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
