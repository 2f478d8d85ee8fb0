"""A user who writes beside something else that goes on, and counts at the end.

The writes are remembered in the writes ledger: what is restored meanwhile can be asked for them.
"""

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor

import aiohttp

from caisson.drill import measure
from caisson.drill.probe import ProbeError, Writer
from caisson.state.writes import Run


class Writing:
    """Between `with` and its end, in a thread of its own; `problem` says what went wrong."""

    def __init__(self, writer: Writer, ledger: Run, lead_s: float) -> None:
        """`lead_s` is how long it writes before what is inside of `with` begins."""
        self.problem: str | None = None
        self._writer = writer
        self._writer.ledger = ledger
        self._ledger = ledger
        self._lead_s = lead_s
        self._pool = ThreadPoolExecutor(1, "writing")
        self._done: Future[None] | None = None

    def __enter__(self) -> None:
        self._done = self._pool.submit(lambda: asyncio.run(self._write()))
        began = time.monotonic()
        while not self._done.done() and time.monotonic() - began < self._lead_s:
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        self._writer.stop()
        try:
            if self._done is not None:
                self._done.result()
        except ProbeError as error:
            self.problem = str(error)
        finally:
            self._pool.shutdown()
            self._ledger.close()
        self.problem = self.problem or self._ledger.failure

    async def _write(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            await self._writer.prepare(session)
            await self._writer.write(session)
            present, _ = await self._writer.present(session)
        self._ledger.counted([each.id for each in measure.lost(self._writer.samples, present)])
