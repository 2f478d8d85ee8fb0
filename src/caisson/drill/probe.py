"""A user that writes through the public edge, and the meter that remembers every answer.

Writes are sent at a fixed rate whatever became of earlier ones, so that an outage shows in
full and not as a pause of the probe. A write that is not acknowledged within `PATIENCE_S`
counts as an error, even when it is committed later.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from caisson.drill.measure import Sample
from caisson.estate.model import Probe
from caisson.estate.probing import filled
from caisson.state.writes import Run, Write

PATIENCE_S = 1.0
_PAGES = 6  # per tenant: writers of one page wait for each other
_LIST_S = 30.0


class ProbeError(Exception):
    """The probe could not do its own work: prepare its pages, or list what was written."""


@dataclass
class Writer:
    """Writes for some tenants at `per_second` in total, through one edge."""

    edge: str  # host:port
    probe: Probe
    tenants: Sequence[str]
    per_second: float
    ledger: Run | None = None
    samples: list[Sample] = field(default_factory=list)
    _pages: dict[str, list[str]] = field(default_factory=dict)
    _under_way: set["asyncio.Task[None]"] = field(default_factory=set)
    _stopped: bool = False

    async def prepare(self, session: aiohttp.ClientSession) -> None:
        """Make the pages that are written to. Raises ProbeError."""
        for tenant in self.tenants:
            self._pages[tenant] = [str(uuid.uuid4()) for _ in range(_PAGES)]
            for page in self._pages[tenant] if self.probe.prepare else ():
                path = filled(self.probe.prepare.put, tenant, page)  # type: ignore[union-attr]
                status = await self._put(session, path, self.probe.prepare.body)  # type: ignore[union-attr]
                if not 200 <= status < 300:  # noqa: PLR2004
                    raise ProbeError(f"PUT {path} was answered with {status}")

    async def write(self, session: aiohttp.ClientSession) -> None:
        """Start a write every 1/per_second until stopped; then let those under way end."""
        loop = asyncio.get_running_loop()
        next_at, number = loop.time(), 0
        while not self._stopped:
            tenant = self.tenants[number % len(self.tenants)]
            page = self._pages[tenant][number // len(self.tenants) % _PAGES]
            task = loop.create_task(self._write_one(session, tenant, page))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            number += 1
            next_at += 1 / self.per_second
            await asyncio.sleep(max(0.0, next_at - loop.time()))
        await asyncio.gather(*self._under_way)

    def stop(self) -> None:
        self._stopped = True

    async def present(self, session: aiohttp.ClientSession) -> tuple[set[str], int]:
        """Ids found on the probe's pages, and how many of them were listed more than once."""
        found: list[str] = []
        for tenant, pages in self._pages.items():
            for page in pages:
                found += await self._list(session, tenant, page)
        return set(found), len(found) - len(set(found))

    async def _write_one(self, session: aiohttp.ClientSession, tenant: str, page: str) -> None:
        identifier = str(uuid.uuid4())
        path = filled(self.probe.write.put, tenant, page, id=identifier)
        started_at, begun_at = time.monotonic(), time.time()
        try:
            status = await self._put(session, path, self.probe.write.body)
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        good = 200 <= status < 300  # noqa: PLR2004
        if good and self.ledger is not None:
            self.ledger.acknowledged(Write(tenant, page, identifier, begun_at, time.time()))
        self.samples.append(Sample(tenant, page, identifier, started_at, time.monotonic(), good))

    async def _put(self, session: aiohttp.ClientSession, path: str, body: dict[str, str]) -> int:
        async with (
            asyncio.timeout(PATIENCE_S),
            session.put(f"http://{self.edge}{path}", json=body) as answer,
        ):
            await answer.read()
            return answer.status

    async def _list(self, session: aiohttp.ClientSession, tenant: str, page: str) -> list[str]:
        listing, found, after = self.probe.list, list[str](), ""
        while True:
            path = filled(listing.get, tenant, page, after=after)
            document = await _get_json(session, f"http://{self.edge}{path}")
            found += [str(identifier) for identifier in document[listing.ids]]
            if not document.get(listing.next):
                return found
            after = str(document[listing.next])


async def _get_json(session: aiohttp.ClientSession, url: str) -> dict[str, "list[str] | str"]:
    """A GET that is repeated until it succeeds; the meter counts only what it could ask."""
    deadline = time.monotonic() + _LIST_S
    while True:
        try:
            async with asyncio.timeout(_LIST_S / 3), session.get(url) as answer:
                if answer.status == 200:  # noqa: PLR2004
                    return dict(json.loads(await answer.read()))
                why = f"was answered with {answer.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            why = str(error) or type(error).__name__
        if time.monotonic() > deadline:
            raise ProbeError(f"GET {url} {why}")
        await asyncio.sleep(0.2)
