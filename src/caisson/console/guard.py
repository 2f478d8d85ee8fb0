"""Who may speak to the console, and the headers that every answer carries.

The console listens on loopback, where any web page in the user's browser can reach it.
Three things keep such a page out: the Host header must name the console itself (a rebound
DNS name does not), a foreign Origin may not post, and every post carries the token from
`controller.json`, which only the user can read. Nobody may read across origins either: no
CORS header is ever sent.
"""

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def problem(status: int, error: str, reasons: tuple[str, ...] = ()) -> web.Response:
    """A refusal as JSON: `{"error": str, "reasons": [str, ...]}`."""
    return web.json_response({"error": error, "reasons": list(reasons)}, status=status)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer, unless the handler chose its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def own_host_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 421 unless the Host header names the address that the console listens on."""
    if request.headers.get("Host", "").lower() not in _own_authorities(request):
        return problem(421, "this is not the host that you asked for")
    return await handler(request)


def _own_authorities(request: web.Request) -> set[str]:
    """Every `host:port` under which this connection may have been addressed."""
    if request.transport is None:
        return set()
    host, port = request.transport.get_extra_info("sockname")[:2]
    bound = f"[{host}]" if ":" in host else host
    return {f"{name}:{port}" for name in (bound, "localhost", "127.0.0.1")}


def refuse_post(request: web.Request, token: str) -> web.Response | None:
    """Why this post is refused before its body is read, or None when it may go on."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"http://{request.host.lower()}":
        return problem(403, "another site may not give orders here")
    if not _carries(request, token):
        refusal = problem(401, "send the token of controller.json as Authorization: Bearer TOKEN")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal
    if request.content_type != "application/json":
        return problem(415, "send the arguments as application/json")
    return None


def _carries(request: web.Request, token: str) -> bool:
    """Compare in constant time; header bytes that are no UTF-8 arrive as surrogates."""
    sent = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(sent, f"Bearer {token}".encode())
