"""Runs a copy of a service on a restored copy: the same program, seen by nobody.

It may read what was restored and write nothing: the restored copy has no lease, and is sealed
before. Whatever else the service uses is empty and its own.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from caisson.execute import connections
from caisson.execute.empty_stores import EmptyStores
from caisson.execute.loopback import answers, free_port
from caisson.execute.postgres import PostgresMembers
from caisson.execute.restored import RestoredCopy
from caisson.execute.service_process import service_process
from caisson.execute.world import World
from caisson.systems.postgres import lease
from caisson.targets.local.layout import write_private
from caisson.topology.model import Address, Credential

_START_S = 30.0
_STOP_S = 5.0


class ServiceCopies:
    def __init__(self, world: World, postgres: PostgresMembers) -> None:
        self._world = world
        self._empty = EmptyStores(world, postgres)

    @contextmanager
    def running(self, copy: RestoredCopy, service: str) -> Iterator[Address]:
        """A copy of the service that is ready, stopped at the end. Raises GivenUp."""
        name = f"{copy.process}/{service}"
        self.stop(name)
        try:
            with copy.session() as session:
                lease.seal(session, 0)
            yield self._start(copy, service, name)
        finally:
            self.stop(name)

    def stop(self, name: str) -> None:
        """Stop a process and everything whose name is below its own."""
        for process in reversed(self._world.supervisor.processes()):
            if process.id == name or process.id.startswith(f"{name}/"):
                self._world.supervisor.stop(process.id, _STOP_S)

    def _start(self, copy: RestoredCopy, service: str, name: str) -> Address:
        address = Address(copy.address.host, free_port(copy.address.host))
        path = copy.folder / "services" / service / "connections.json"
        write_private(path, json.dumps(self._connections(copy, service), indent=1))
        spec = service_process(self._world, service, name, copy.region, address, path)
        ready = self._world.estate.services[service].ready
        self._world.start_until(spec, lambda: answers(address, ready), _START_S)
        return address

    def _connections(self, copy: RestoredCopy, service: str) -> dict[str, Any]:
        replica_set = self._world.replica_set(copy.replica_set)
        environment, jurisdiction = replica_set.environment, replica_set.jurisdiction
        stores = {
            each.store: self._entry(copy, each)
            for each in self._world.topology.credentials
            if (each.environment, each.jurisdiction, each.service)
            == (environment, jurisdiction, service)
        }
        return connections.told(self._world, environment, copy.region, jurisdiction, stores)

    def _entry(self, copy: RestoredCopy, credential: Credential) -> dict[str, Any]:
        replica_set = self._world.replica_set(copy.replica_set)
        if credential.store != replica_set.store:
            return self._empty.start(copy, credential)
        return connections.entry(
            credential,
            replica_set.system,
            copy.address,
            self._world.secrets.of(credential.id),
            generation=self._world.directory.generation_of(replica_set.id),
            shards=replica_set.shards,
        )
