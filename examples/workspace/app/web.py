"""The routes, and how errors become answers. All answers but the HTML page are JSON."""

import html
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from app import pages, sessions
from app.health import ReadinessCheck
from app.inputs import InvalidError, block_text, json_object, limit, page_title, user_name, uuid
from app.metrics import Metrics
from app.retry import WANTED, NobodyWaitsError, UnavailableError
from app.stores import MisdirectedError, Stores

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STORES = web.AppKey("stores", Stores)
METRICS = web.AppKey("metrics", Metrics)
READINESS = web.AppKey("readiness", ReadinessCheck)

_MAX_BODY_BYTES = 512 * 1024
_RECENT = 50
_NIL = UUID(int=0)


async def start_session(request: web.Request) -> web.Response:
    stores, tenant = _scope(request)
    user = user_name(await json_object(request))
    token = sessions.new_token()
    await stores.on_sessions(lambda redis: sessions.start_session(redis, tenant, token, user))
    response = web.json_response(
        {"token": token, "user": user, "expires_in_s": sessions.TTL_S}, status=HTTPStatus.CREATED
    )
    response.set_cookie(
        "session",
        token,
        max_age=sessions.TTL_S,
        path=f"/t/{tenant}",
        httponly=True,
        samesite="Lax",
    )
    return response


async def show_session(request: web.Request) -> web.Response:
    stores, tenant = _scope(request)
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = bearer or request.cookies.get("session", "")
    user = await stores.on_sessions(lambda redis: sessions.find_user(redis, tenant, token))
    if user is None:
        return _error(HTTPStatus.UNAUTHORIZED, "no session: start one with POST")
    return web.json_response({"user": user})


async def put_page(request: web.Request) -> web.Response:
    stores, tenant = _scope(request)
    page = uuid(request.match_info["page"], "page")
    title = page_title(await json_object(request))
    version = await stores.on_shard(
        tenant, lambda shard: pages.put_page(shard, tenant, page, title)
    )
    return web.json_response({"page": str(page), "version": version})


async def show_page(request: web.Request) -> web.Response:
    stores, tenant = _scope(request)
    page = uuid(request.match_info["page"], "page")
    environment = stores.connections.environment
    body = await stores.on_shard(
        tenant, lambda shard: pages.read_page(shard, stores.cache, environment, tenant, page)
    )
    return web.Response(body=body, content_type="application/json")


async def put_block(request: web.Request) -> web.Response:
    stores, tenant = _scope(request)
    page = uuid(request.match_info["page"], "page")
    block = uuid(request.match_info["block"], "block")
    text = block_text(await json_object(request))
    version = await stores.on_shard(
        tenant, lambda shard: pages.put_block(shard, tenant, page, block, text)
    )
    return web.json_response({"block": str(block), "version": version})


async def list_blocks(request: web.Request) -> web.Response:
    """`next` is the value of `after` for the next request, or null at the end."""
    stores, tenant = _scope(request)
    query = request.query
    page = uuid(query["page"], "page") if "page" in query else None
    after = uuid(query["after"], "after") if "after" in query else _NIL
    most = limit(query.get("limit"))
    blocks = await stores.on_shard(
        tenant, lambda shard: pages.list_blocks(shard, tenant, page, after, most)
    )
    return web.json_response(
        {"blocks": blocks, "next": blocks[-1] if len(blocks) == most else None}
    )


async def show_home(request: web.Request) -> web.Response:
    stores, tenant = _scope(request)
    found = await stores.on_shard(tenant, lambda shard: pages.list_pages(shard, tenant, _RECENT))
    rows = "".join(
        f'<li><a href="pages/{id_}">{html.escape(title)}</a> <small>version {version}</small>'
        for id_, title, version in found
    )
    body = _HOME.format(
        tenant=html.escape(tenant),
        pages=rows or "<li>No pages yet.",
        region=html.escape(stores.connections.region),
    )
    return web.Response(text=body, content_type="text/html")


async def show_health(_request: web.Request) -> web.Response:
    return web.json_response({"alive": True})


async def show_ready(request: web.Request) -> web.Response:
    now = await request.app[READINESS].current()
    return web.json_response(
        {"ready": not now.reasons, "reasons": now.reasons, "degraded": now.degraded},
        status=HTTPStatus.SERVICE_UNAVAILABLE if now.reasons else HTTPStatus.OK,
    )


async def show_metrics(request: web.Request) -> web.Response:
    return web.Response(
        text=request.app[METRICS].render(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


def _scope(request: web.Request) -> tuple[Stores, str]:
    """The stores and the tenant; MisdirectedError before anything of the request is looked at."""
    stores, tenant = request.app[STORES], request.match_info["tenant"]
    stores.shard_of(tenant)
    return stores, tenant


def _error(
    status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    document = {"error": status.phrase, "message": message}
    return web.json_response(document, status=status, headers=headers)


_ANSWERED = (
    InvalidError,
    MisdirectedError,
    UnavailableError,
    pages.NoSuchPageError,
    pages.BlockElsewhereError,
)


def _answer(error: Exception, jurisdiction: str) -> web.Response:
    """The answer to one of `_ANSWERED`."""
    status, headers = HTTPStatus.BAD_REQUEST, {}
    message = str(error)
    match error:
        case MisdirectedError():
            status = HTTPStatus.MISDIRECTED_REQUEST
            message = f"tenant {error} is not served in jurisdiction {jurisdiction}"
        case UnavailableError():
            status, headers = HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "1"}
            message = f"not done ({error.reason}): send the request again"
        case pages.NoSuchPageError():
            status, message = HTTPStatus.NOT_FOUND, "no such page: create it with PUT"
        case pages.BlockElsewhereError():
            status, message = HTTPStatus.CONFLICT, "a block of this id belongs to another page"
    return _error(status, message, headers)


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    WANTED.set(lambda: request.transport is not None and not request.transport.is_closing())
    try:
        return await handler(request)
    except NobodyWaitsError:
        return _error(HTTPStatus.SERVICE_UNAVAILABLE, "nobody waits for the answer")
    except _ANSWERED as error:
        return _answer(error, request.app[STORES].connections.jurisdiction)
    except web.HTTPMethodNotAllowed as error:
        return _error(HTTPStatus(error.status), error.reason, {"Allow": error.headers["Allow"]})
    except web.HTTPException as error:
        return _error(HTTPStatus(error.status), error.reason)


@web.middleware
async def count_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    began = time.monotonic()
    status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        resource = request.match_info.route.resource
        route = f"{request.method} {resource.canonical}" if resource else "none"
        request.app[METRICS].request(route, status, time.monotonic() - began)


def build(stores: Stores, metrics: Metrics) -> web.Application:
    app = web.Application(
        middlewares=[count_requests, answer_errors], client_max_size=_MAX_BODY_BYTES
    )
    app[STORES], app[METRICS], app[READINESS] = stores, metrics, ReadinessCheck(stores)
    app.add_routes(
        [
            web.get("/health", show_health),
            web.get("/ready", show_ready),
            web.get("/metrics", show_metrics),
            web.get("/t/{tenant}/", show_home),
            web.post("/t/{tenant}/session", start_session),
            web.get("/t/{tenant}/session", show_session),
            web.put("/t/{tenant}/pages/{page}", put_page),
            web.get("/t/{tenant}/pages/{page}", show_page),
            web.put("/t/{tenant}/pages/{page}/blocks/{block}", put_block),
            web.get("/t/{tenant}/blocks", list_blocks),
        ]
    )
    return app


_HOME = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{tenant}</title>
<style>
  :root {{ color-scheme: light dark }}
  body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem }}
  body {{ margin: 4rem auto; padding: 0 1rem }}
  ul {{ list-style: none; padding: 0 }}
  li {{ border-bottom: 1px solid #8884; padding: .5rem 0 }}
  small {{ opacity: .6 }}
</style>
<h1>{tenant}</h1>
<ul>{pages}</ul>
<small>served from {region}</small>
</html>
"""
