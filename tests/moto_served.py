"""moto on loopback, answering one request at a time."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any

from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

_LOG = logging.getLogger(__name__)


@contextmanager
def served(around: Callable[[Application], Application] = lambda moto: moto) -> Iterator[str]:
    """Give the address of an AWS that is empty at first, and forgets at the end.

    `around` makes, of what answers, another that asks it.
    """
    log = logging.getLogger("werkzeug")
    level = log.level
    log.setLevel(logging.ERROR)
    moto_api_backend.reset()
    application = around(_one_by_one(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, application, True, request_handler=MotoRequestHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        moto_api_backend.reset()
        log.setLevel(level)


def _one_by_one(application: Application) -> Application:
    """Return an application that answers one request at a time, and tells when it fails.

    moto's threads change what others are reading. Such a failure is answered with 500 after the
    thing was made; the provider asks again, and hears that there is one already, or none any more.
    """
    alone = Lock()

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        def started(status: str, *more: Any) -> Any:
            if status.startswith("5"):
                asked = f"{environ['REQUEST_METHOD']} {environ['HTTP_HOST']}{environ['PATH_INFO']}"
                _LOG.error("%s: %s", asked, status)
            return start(status, *more)

        with alone:
            return list(application(environ, started))

    return answer
