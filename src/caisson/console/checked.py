"""The page of what `caisson check` found: served on loopback, or as one file by itself.

    GET /                the page (with its styles and its scripts)
    GET /document.json   what it draws; see `caisson.cli.views.map_document`

Nothing can be ordered here, nothing is written, and the page asks for nothing from elsewhere.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from aiohttp import web

from caisson.console.guard import Handler, add_headers, own_host_only

Document = Mapping[str, Any]

_FOLDER = files("caisson.console")
_STYLES = ("console.css", "checked.css")
_SCRIPTS = ("elements.js", "map.js", "checked.js")
_HEAD = "<!-- head -->"
_TYPES = {".css": "text/css", ".js": "text/javascript"}


def checked_app(document: Document) -> web.Application:
    """Return the page of `document` as an application."""
    app = web.Application(middlewares=[own_host_only])
    app.on_response_prepare.append(add_headers)
    links = [f'<link rel="stylesheet" href="/{each}">' for each in _STYLES]
    links += [f'<script src="/{each}" defer></script>' for each in _SCRIPTS]
    app.router.add_get("/", _serve(_page("\n".join(links)), "text/html"))
    app.router.add_get("/document.json", _serve(_json(document), "application/json"))
    for each in (*_STYLES, *_SCRIPTS):
        kind = _TYPES[each[each.rindex(".") :]]
        app.router.add_get(f"/{each}", _serve(_text(each), kind))
    return app


def standalone(document: Document) -> str:
    """Return the page of `document` as one HTML file: it loads nothing and runs only its own."""
    styles, scripts = ("\n".join(map(_text, each)) for each in (_STYLES, _SCRIPTS))
    policy = (
        f"default-src 'none'; style-src {_hash(styles)}; script-src {_hash(scripts)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    # A `<` would let the data end its own element.
    data = _json(document).replace("<", "\\u003c")
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{styles}</style>'
    )
    return _page(head).replace(
        "</body>",
        f'<script id="document" type="application/json">{data}</script>\n'
        f"<script>{scripts}</script>\n</body>",
    )


def _page(head: str) -> str:
    return _text("checked.html").replace(_HEAD, head)


def _text(file: str) -> str:
    return _FOLDER.joinpath(file).read_text("utf-8")


def _json(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _serve(body: str, content_type: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=body, content_type=content_type)

    return answer
