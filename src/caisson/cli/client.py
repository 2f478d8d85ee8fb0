"""Speaks to the running controller of an estate."""

import json
from http.client import HTTPConnection, HTTPException
from typing import Any, NoReturn
from urllib.parse import urlsplit

from caisson.cli import output
from caisson.targets.local import procfs
from caisson.targets.local.layout import Layout

_OK = 200
_WRONG = 400


class ControllerGone(Exception):  # noqa: N818 - says what is so
    """There is no controller, or it ended while it was spoken to."""


class OrderRefused(Exception):  # noqa: N818
    """The controller answered no. `wrong` tells whether the input was at fault."""

    def __init__(self, reasons: list[str], *, wrong: bool) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.wrong = wrong


class Client:
    """One estate's controller, found through `.caisson/controller.json`."""

    def __init__(self, layout: Layout) -> None:
        try:
            found = json.loads(layout.controller.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ControllerGone("the estate is not up") from error
        self.pid = int(found["pid"])
        if not _lives(self.pid):
            raise ControllerGone("the estate is not up")
        self.url = str(found["url"])
        self._token = str(found["token"])

    def snapshot(self, timeout_s: float = 10.0) -> dict[str, Any]:
        return self._speak("GET", "/api/snapshot", None, timeout_s)

    def order(self, verb: str, timeout_s: float = 300.0, **arguments: Any) -> dict[str, Any]:
        """Give an order and wait for its answer. Raises OrderRefused or ControllerGone."""
        return self._speak("POST", f"/api/{verb}", arguments, timeout_s)

    def lives(self) -> bool:
        return _lives(self.pid)

    def _speak(
        self, method: str, path: str, body: dict[str, Any] | None, timeout_s: float
    ) -> dict[str, Any]:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=timeout_s)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.request(
                method, path, json.dumps(body) if body is not None else None, headers
            )
            response = connection.getresponse()
            body_text = response.read().decode()
        except (OSError, HTTPException, ValueError) as error:
            raise ControllerGone(f"the controller does not answer: {error}") from error
        finally:
            connection.close()
        document = _document(body_text)
        if response.status != _OK:
            reasons = document.get("reasons") or [str(document.get("error"))]
            raise OrderRefused(reasons, wrong=response.status == _WRONG)
        return document


def _document(text: str) -> dict[str, Any]:
    """The answer's JSON object; whatever else came is an error in its own words."""
    try:
        document = json.loads(text)
    except ValueError:
        return {"error": text.strip()[:500]}
    return document if isinstance(document, dict) else {"error": text[:500]}


def connect(layout: Layout, *, as_json: bool = False) -> Client:
    """The controller of the estate at `path`, or exit code 2 with what to type."""
    try:
        return Client(layout)
    except ControllerGone as error:
        output.fail(output.WRONG_INPUT, f"{error}: start it with `caisson up`", as_json=as_json)


def refuse(error: OrderRefused, *, as_json: bool) -> NoReturn:
    code = output.WRONG_INPUT if error.wrong else output.BROKEN
    output.fail(code, *error.reasons, as_json=as_json)


def _lives(pid: int) -> bool:
    """Whether it runs; one that has ended and that nobody has asked about yet does not."""
    process = procfs.read(pid)
    return process is not None and not process.dead
