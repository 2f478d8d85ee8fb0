"""The page of what `caisson check` found: served on loopback, or as one file by itself.

    GET /                the page (with its styles and its scripts)
    GET /document.json   what it draws; see `caisson.cli.views.map_document`

Nothing can be ordered here, nothing is written, and the page asks for nothing from elsewhere.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from caisson.console.guard import add_headers, own_host_only
from caisson.console.pages import add_page, page, serve, text

Document = Mapping[str, Any]

_PAGE = "checked.html"
_STYLES = ("console.css", "checked.css")
_SCRIPTS = ("elements.js", "map.js", "checked.js")


def checked_app(document: Document) -> web.Application:
    """Return the page of `document` as an application."""
    app = web.Application(middlewares=[own_host_only])
    app.on_response_prepare.append(add_headers)
    add_page(app, _PAGE, _STYLES, _SCRIPTS)
    app.router.add_get("/document.json", serve(_json(document), "application/json"))
    return app


def standalone(document: Document) -> str:
    """Return the page of `document` as one HTML file: it loads nothing and runs only its own."""
    styles, scripts = ("\n".join(map(text, each)) for each in (_STYLES, _SCRIPTS))
    policy = (
        f"default-src 'none'; style-src {_hash(styles)}; script-src {_hash(scripts)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    # A `<` would let the data end its own element.
    data = _json(document).replace("<", "\\u003c")
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{styles}</style>'
    )
    return page(_PAGE, head).replace(
        "</body>",
        f'<script id="document" type="application/json">{data}</script>\n'
        f"<script>{scripts}</script>\n</body>",
    )


def _json(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
