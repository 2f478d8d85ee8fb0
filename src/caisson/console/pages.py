"""What the pages of the console are made of: their files, and what all of them begin with."""

from collections.abc import Iterable
from importlib.resources import files

from aiohttp import web

from caisson.console.guard import Handler

_FOLDER = files("caisson.console")
_HEAD = "<!-- head -->"
_TYPES = {".css": "text/css", ".js": "text/javascript"}


def text(file: str) -> str:
    return _FOLDER.joinpath(file).read_text("utf-8")


def page(file: str, head: str) -> str:
    """Return a page with what every page has in its head, and `head` after it."""
    return text(file).replace(_HEAD, text("head.html") + head)


def add_page(
    app: web.Application, file: str, styles: Iterable[str], scripts: Iterable[str]
) -> None:
    """Serve a page at `/`, and beside it what it loads."""
    styles, scripts = tuple(styles), tuple(scripts)
    links = [f'<link rel="stylesheet" href="/{each}">' for each in styles]
    links += [f'<script src="/{each}" defer></script>' for each in scripts]
    app.router.add_get("/", serve(page(file, "\n".join(links)), "text/html"))
    for each in (*styles, *scripts):
        app.router.add_get(f"/{each}", serve(text(each), _TYPES[each[each.rindex(".") :]]))


def serve(body: str, content_type: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=body, content_type=content_type)

    return answer
