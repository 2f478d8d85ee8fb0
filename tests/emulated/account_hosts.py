"""Hosts that are named by an account, which no loopback has.

Where a service keeps accounts apart by its host, a client puts the account before whatever host it
is given: `333333333333.127.0.0.1`. No name server knows that one, so such requests are sent to a
proxy, which asks the host behind the account.
"""

import re
from collections.abc import Iterable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from moto_served import Application

_OF_ACCOUNT = re.compile(r"\d{12}\.(127\.0\.0\.1:(\d+))")
# The server has read what these say, and says them anew.
_OF_CONNECTION = {"connection", "transfer-encoding", "content-length", "date", "server"}


def with_account_hosts(application: Application) -> Application:
    """Return an application that is a proxy, for such hosts, besides what it was."""

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        found = _OF_ACCOUNT.fullmatch(environ["HTTP_HOST"])
        if found is None or found[2] == environ["SERVER_PORT"]:
            return application(environ, start)
        return _asked(found[1], environ, start)

    return answer


def _asked(address: str, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    asked = urlsplit(environ["REQUEST_URI"])
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    connection = HTTPConnection(address, timeout=60)
    try:
        target = asked._replace(scheme="", netloc="").geturl()
        connection.request(environ["REQUEST_METHOD"], target, body, _headers(environ))
        answer = connection.getresponse()
        content = answer.read()
        told = [each for each in answer.getheaders() if each[0].lower() not in _OF_CONNECTION]
        start(f"{answer.status} {answer.reason}", [*told, ("Content-Length", str(len(content)))])
    finally:
        connection.close()
    return [content]


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    told = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_HOST"
    }
    # Such hosts are asked with a signature for all regions, in which ministack sees no account; it
    # verifies neither kind.
    signed = told.get("Authorization", "").replace("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256")
    return {**told, "Authorization": signed, "Content-Type": environ.get("CONTENT_TYPE", "")}
