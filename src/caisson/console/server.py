"""The console: one page, a JSON API and a stream of server-sent events.

    GET  /                 the page (with its style and its scripts)
    GET  /api/snapshot     the estate as it is now
    GET  /api/events       the same as a stream: an event `snapshot` whenever it changed
    GET  /api/drills/{id}  one drill as JSON;  /drills/{id}  the same as a page
    POST /api/{verb}       an order, with the token; everything else only reads

Events of the stream: `snapshot` (data: the snapshot), `pulse` (nothing changed for
`HEARTBEAT_S`; lets the page notice a frozen controller) and `stopped` (the end).
"""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

from aiohttp import web

from caisson.console.guard import add_headers, own_host_only, problem, refuse_post
from caisson.console.pages import add_page
from caisson.drill import report

_LOG = logging.getLogger(__name__)
CHECK_EVERY_S = 0.25
HEARTBEAT_S = 10.0
MAX_BODY_BYTES = 64 * 1024
# Orders block until they are done; more than this many at once wait for a free thread.
_ORDERS_AT_ONCE = 16
_GRACE_S = 2.0  # for open requests, once the server is told to stop

_PAGE = "page.html"
_STYLES = ("console.css",)
_SCRIPTS = ("elements.js", "backups.js", "console.js")


class SnapshotSource(Protocol):
    """What the console shows. Both methods are called from worker threads."""

    def snapshot(self) -> dict[str, Any]:
        """The estate as it is now, ready for JSON; called several times a second."""

    def drill_report(self, drill: str) -> dict[str, Any] | None:
        """The report of one drill, ready for JSON, or None when there is none."""


class Actions(Protocol):
    """What the console passes on."""

    def request(self, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Do `verb` and answer with JSON-ready data; may block; called from a worker thread.

        Raises `Refused` when it would not be safe and `BadRequest` when it makes no sense.
        """


class OrderError(Exception):
    """An order was not carried out, for `reasons`; nothing was changed.

    Refused     it is understood, but keeping the promises forbids it  (409)
    BadRequest  the verb or its arguments are wrong                    (400)
    """

    status = 500

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class Refused(OrderError):  # noqa: N818  # a refusal is an answer, not a fault
    """The order is understood, but keeping the promises forbids it."""

    status = 409


class BadRequest(OrderError):  # noqa: N818
    """The verb is unknown or its arguments are wrong."""

    status = 400


@dataclass(frozen=True, slots=True)
class _Frame:
    """A snapshot as sent; `content` is it without its clock, to tell a change from time passing."""

    content: str
    document: str
    looked_at: float


class _Feed:
    """The latest snapshot, shared by all listeners: one look per `CHECK_EVERY_S`."""

    def __init__(self, source: SnapshotSource) -> None:
        self._source = source
        self._lock = asyncio.Lock()
        self._frame: _Frame | None = None

    async def latest(self) -> _Frame:
        loop = asyncio.get_running_loop()
        async with self._lock:
            if self._frame is None or loop.time() - self._frame.looked_at >= CHECK_EVERY_S:
                snapshot = await asyncio.to_thread(self._source.snapshot)
                self._frame = _frame(snapshot, loop.time())
            return self._frame


def _frame(snapshot: dict[str, Any], looked_at: float) -> _Frame:
    content = {key: value for key, value in snapshot.items() if key != "now"}
    return _Frame(_json(content), _json(snapshot), looked_at)


_json = partial(json.dumps, separators=(",", ":"), allow_nan=False)


class _Console:
    """The handlers, over one source and one receiver of orders."""

    def __init__(self, source: SnapshotSource, token: str, actions: Actions) -> None:
        self._source = source
        self._token = token
        self._actions = actions
        self._feed = _Feed(source)
        self._stopping = asyncio.Event()
        self._threads = ThreadPoolExecutor(_ORDERS_AT_ONCE, "caisson-order")

    async def lifetime(self, _app: web.Application) -> AsyncIterator[None]:
        yield
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def stop(self, _app: web.Application) -> None:
        self._stopping.set()

    async def snapshot(self, _request: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._source.snapshot), dumps=_json)

    async def events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionResetError):  # the reader left
            await self._stream(response)
        return response

    async def _stream(self, response: web.StreamResponse) -> None:
        loop = asyncio.get_running_loop()
        sent, sent_at = "", loop.time()
        while not self._stopping.is_set():
            frame = await self._feed.latest()
            if frame.content != sent:
                await response.write(_event("snapshot", frame.document))
                sent, sent_at = frame.content, loop.time()
            elif loop.time() - sent_at >= HEARTBEAT_S:
                await response.write(b": heartbeat\n" + _event("pulse", "{}"))
                sent_at = loop.time()
            await self._pause()
        await response.write(_event("stopped", "{}"))
        await response.write_eof()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CHECK_EVERY_S):
                await self._stopping.wait()

    async def drill(self, request: web.Request) -> web.Response:
        found = await self._find_drill(request)
        return problem(404, "no such drill") if found is None else web.json_response(found)

    async def drill_page(self, request: web.Request) -> web.Response:
        found = await self._find_drill(request)
        if found is None:
            raise web.HTTPNotFound(text="There is no such drill.\n")
        return web.Response(
            text=report.render(found, back="/"),
            content_type="text/html",
            headers={"Content-Security-Policy": f"{report.POLICY}; frame-ancestors 'none'"},
        )

    async def _find_drill(self, request: web.Request) -> dict[str, Any] | None:
        return await asyncio.to_thread(self._source.drill_report, request.match_info["id"])

    async def order(self, request: web.Request) -> web.Response:
        if refusal := refuse_post(request, self._token):
            return refusal
        try:
            arguments = await _arguments(request)
            work = partial(self._actions.request, request.match_info["verb"], arguments)
            done = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OrderError as why:
            return problem(why.status, str(why), why.reasons)
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: logged here, told to the caller
            _LOG.exception("order %s", request.match_info["verb"])
            return problem(500, f"the controller failed: {type(error).__name__}: {error}")
        return web.json_response(done, dumps=_json)


async def _arguments(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object; nesting too deep for the parser is a wrong body, too."""
    body = await request.read()
    try:
        arguments = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest((f"the body is not JSON: {error}",)) from error
    if not isinstance(arguments, dict):
        raise BadRequest(("the arguments must be a JSON object",))
    return arguments


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


def make_app(source: SnapshotSource, token: str, actions: Actions) -> web.Application:
    """The console as an application; `token` is what a POST must carry.

    Raises ValueError when the token is empty, for then everybody could give orders.
    """
    if not token:
        raise ValueError("the console needs a token that cannot be guessed")
    console = _Console(source, token, actions)
    app = web.Application(middlewares=[own_host_only], client_max_size=MAX_BODY_BYTES)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(console.stop)
    app.cleanup_ctx.append(console.lifetime)
    add_page(app, _PAGE, _STYLES, _SCRIPTS)
    app.router.add_get("/api/snapshot", console.snapshot)
    app.router.add_get("/api/events", console.events, allow_head=False)
    app.router.add_get("/api/drills/{id}", console.drill)
    app.router.add_get("/drills/{id}", console.drill_page)
    app.router.add_post("/api/{verb:[a-z][a-z-]{0,39}}", console.order)
    return app


class RunningServer:
    """A console that listens; `close()` (or leaving the `with`) ends it and its streams."""

    def __init__(self, app: web.Application, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(app, listener), name="caisson-console", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end the streams and wait for both. Twice equals once."""
        with suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, app: web.Application, listener: socket.socket) -> None:
        try:
            self._loop.run_until_complete(_serve(app, listener, self._stop))
        finally:
            self._loop.close()


async def _serve(app: web.Application, listener: socket.socket, stop: asyncio.Event) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_S)
    try:
        await runner.setup()
        await web.SockSite(runner, listener).start()
        await stop.wait()
    finally:
        await runner.cleanup()
        listener.close()


def serve_in_thread(app: web.Application, host: str = "127.0.0.1", port: int = 0) -> RunningServer:
    """Serve `app` from a thread of its own; port 0 picks a free one (see `.url`).

    Raises OSError when the address cannot be bound; that happens here, not in the thread.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return RunningServer(app, socket.create_server((host, port), family=family))
