"""Asks a copy of a service what the estate wants to know of a restored copy."""

import json
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from typing import Any

from caisson.estate.model import ProbeList
from caisson.estate.probing import filled
from caisson.execute.answers import Answer
from caisson.execute.asked_writes import Due, due_of, judged
from caisson.execute.errors import GivenUp
from caisson.execute.extent import extent_of
from caisson.execute.loopback import get
from caisson.execute.restored import RestoredCopy
from caisson.execute.service_copies import ServiceCopies
from caisson.execute.world import World
from caisson.state.errors import WritesDamaged
from caisson.state.writes import recorded
from caisson.topology.backups import Request, Writes
from caisson.topology.model import Address

_ANSWER_S = 30.0
_LIST_S = 30.0
_OK = 200
_TENANT = "{tenant}"

_Later = Callable[[Address], Answer]


class AskedServices:
    def __init__(self, world: World, copies: ServiceCopies) -> None:
        self._world = world
        self._copies = copies

    def ask(
        self, copy: RestoredCopy, service: str, questions: tuple[Request | Writes, ...]
    ) -> tuple[Answer, ...]:
        """The answers, in order. A service that does not become ready is a wrong one: GivenUp."""
        prepared = [self._prepared(copy, each) for each in questions]
        if all(isinstance(each, Answer) for each in prepared):
            return tuple(each for each in prepared if isinstance(each, Answer))
        with self._copies.running(copy, service) as address:
            return tuple(each if isinstance(each, Answer) else each(address) for each in prepared)

    def _prepared(self, copy: RestoredCopy, question: Request | Writes) -> Answer | _Later:
        """What can be told without the service, or what to do with it."""
        if isinstance(question, Request):
            return self._request(copy, question)
        due = self._due(copy, question)
        return due if isinstance(due, Answer) else partial(self._looked_for, due)

    def _request(self, copy: RestoredCopy, question: Request) -> Answer | _Later:
        """`{tenant}` is one that is at home where the copy's data is."""
        tenants = self._tenants(copy)
        if _TENANT in question.path and not tenants:
            return Answer(question, not_asked="no tenant is at home there")
        path = question.path.replace(_TENANT, min(tenants, default=""))
        return partial(_requested, question, path)

    def _tenants(self, copy: RestoredCopy) -> set[str]:
        of = self._world.replica_set(copy.replica_set)
        tenants = self._world.index.tenants_of(of.environment, of.jurisdiction)
        return {each.name for each in tenants}

    def _due(self, copy: RestoredCopy, question: Writes) -> Due | Answer:
        of = self._world.replica_set(copy.replica_set)
        try:
            runs = recorded(self._world.layout.writes(of.environment, question.service))
        except (WritesDamaged, OSError) as error:
            return Answer(question, not_asked=f"the writes ledger cannot be read: {error}")
        with copy.session() as session:
            extent = extent_of(session)
        since = self._world.directory.setbacks.of(copy.replica_set, self._tenants(copy))
        return due_of(question, runs, since, extent, copy.recovered_at)

    def _looked_for(self, due: Due, address: Address) -> Answer:
        probe = self._world.estate.services[due.question.service].probe
        assert probe is not None  # noqa: S101 - a service without one is refused when declared
        found: set[str] = set()
        for tenant, page in due.pages:
            found.update(_listed(address, probe.list, tenant, page))
        return judged(due, found)


def _requested(question: Request, path: str, address: Address) -> Answer:
    try:
        status, _ = get(address, path, _ANSWER_S)
    except (OSError, HTTPException) as error:
        return Answer(question, wrong=f"{question}: {_reason(error)}")
    if status == question.status:
        return Answer(question)
    return Answer(question, wrong=f"{question}: {path} was answered with {status}")


def _listed(address: Address, listing: ProbeList, tenant: str, page: str) -> set[str]:
    """The ids on one page, as the probe lists them."""
    found: set[str] = set()
    after = ""
    while True:
        path = filled(listing.get, tenant, page, after=after)
        document = _document(address, path)
        try:
            found.update(str(each) for each in document[listing.ids])
        except (KeyError, TypeError) as error:
            raise GivenUp(f"GET {path}: its answer has no list `{listing.ids}`") from error
        if not document.get(listing.next):
            return found
        after = str(document[listing.next])


def _document(address: Address, path: str) -> dict[str, Any]:
    """A GET that is repeated for a while, as the probe does; raise GivenUp."""
    deadline = time.monotonic() + _LIST_S
    while True:
        try:
            status, body = get(address, path, _LIST_S / 3)
            if status == _OK:
                return dict(json.loads(body))
            why = f"answered with {status}"
        except (OSError, HTTPException, ValueError, TypeError) as error:
            why = _reason(error)
        if time.monotonic() > deadline:
            raise GivenUp(f"GET {path} of the copy: {why}")
        time.sleep(0.2)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
