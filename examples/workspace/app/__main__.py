"""`python -m app`: serve on CAISSON_LISTEN with the stores of CAISSON_CONNECTIONS."""

import asyncio
import os
import signal
from pathlib import Path

from aiohttp import web

from app.config import parse_listen
from app.log import adopt_library_logs, log
from app.metrics import Metrics
from app.stores import Stores
from app.web import build

# Requests under way get this long at the end, and as long again once aiohttp has told them so;
# what is left is cut off and may be sent again. Interpreter and sockets need the rest of a second.
_LAST_REQUESTS_S = 0.2


async def serve(connections: Path, listen: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics = Metrics()
    stores = Stores(connections, metrics)
    watching = asyncio.create_task(stores.watch())
    runner = web.AppRunner(
        build(stores, metrics), access_log=None, shutdown_timeout=_LAST_REQUESTS_S
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, *parse_listen(listen)).start()
        log("listening", address=listen, region=stores.connections.region)
        await stop.wait()
        log("stopping")
    finally:
        await runner.cleanup()
        watching.cancel()
        await stores.close()


adopt_library_logs()
asyncio.run(serve(Path(os.environ["CAISSON_CONNECTIONS"]), os.environ["CAISSON_LISTEN"]))
