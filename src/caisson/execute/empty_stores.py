"""Stores for the copy of a service: empty, its own, and gone with it.

A service that runs on a restored copy may open nothing that runs. What it uses besides the
restored store is started empty beside the copy, with passwords that open nothing else.
"""

import secrets
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from caisson.execute import connections
from caisson.execute.errors import StepError
from caisson.execute.loopback import accepts, free_port
from caisson.execute.postgres import PostgresMembers, schema_of
from caisson.execute.restored import RestoredCopy
from caisson.execute.world import World
from caisson.systems.memcached import files as memcached
from caisson.systems.postgres import files as postgres
from caisson.systems.postgres import provision
from caisson.systems.postgres.session import PostgresError, Session
from caisson.systems.redis import files as redis
from caisson.systems.redis.session import RedisError
from caisson.systems.redis.session import Session as RedisSession
from caisson.targets.local.layout import write_private
from caisson.targets.local.wire import ProcessSpec
from caisson.topology.model import Address, Credential

_START_S = 30.0
_MEGABYTES = 16


class EmptyStores:
    """Each is a process `…/SERVICE/STORE` below the copy's, in a folder of the copy's."""

    def __init__(self, world: World, postgres: PostgresMembers) -> None:
        self._world = world
        self._postgres = postgres

    def start(self, copy: RestoredCopy, credential: Credential) -> dict[str, Any]:
        """Start one; what the service is told of it."""
        system = self._world.estate.stores[credential.store].system
        started: dict[str, Callable[[RestoredCopy, Credential, Address, str], int]] = {
            "postgres": self._start_postgres,
            "redis": self._start_redis,
            "memcached": self._start_memcached,
        }
        if system not in started:
            raise StepError(f"{credential.store}: the local target does not run {system}")
        address = Address(copy.address.host, free_port(copy.address.host))
        password = secrets.token_urlsafe(24)
        shards = started[system](copy, credential, address, password)
        return connections.entry(credential, system, address, password, generation=0, shards=shards)

    def _start_redis(
        self, copy: RestoredCopy, credential: Credential, address: Address, password: str
    ) -> int:
        folder, owner = _folder(copy, credential), secrets.token_urlsafe(24)
        text = redis.redis_conf(
            address,
            owner_password=owner,
            replication_password=secrets.token_urlsafe(24),
            services={credential.service: (credential.access, password)},
            upstream=None,
        )
        write_private(folder / "redis.conf", text)
        argv = redis.server(self._world.program("redis-server"), str(folder / "redis.conf"))
        spec = self._process(copy, credential, "redis-server", argv)
        self._world.start_until(spec, lambda: _redis_answers(address, owner), _START_S)
        return 1

    def _start_memcached(
        self, copy: RestoredCopy, credential: Credential, address: Address, password: str
    ) -> int:
        auth = _folder(copy, credential) / "auth"
        write_private(auth, memcached.auth_file({credential.service: password}))
        program = self._world.program("memcached")
        argv = memcached.server(program, address, str(auth), _MEGABYTES)
        spec = self._process(copy, credential, "memcached", argv)
        self._world.start_until(spec, lambda: accepts(address), _START_S)
        return 1

    def _start_postgres(
        self, copy: RestoredCopy, credential: Credential, address: Address, password: str
    ) -> int:
        """It has the store's schema, and no lease: nothing can be written into it either."""
        folder, owner = _folder(copy, credential), secrets.token_urlsafe(24)
        data = folder / "data"
        write_private(folder / "owner", owner)
        program = self._world.program("initdb")
        argv = postgres.initdb(program, str(data), str(folder / "owner"))
        result = self._world.run_tool(copy.region, "initdb", *argv)
        if result.exit_code != 0:
            raise StepError(f"{credential.store}: initdb: {result.output.strip()[-600:]}")
        conf = postgres.postgresql_conf(
            address, application_name=credential.store, upstream=None, small=True
        )
        write_private(data / "postgresql.conf", conf)
        roles = {credential.service: credential.store}
        write_private(data / "pg_hba.conf", postgres.pg_hba_conf(roles))

        def session(database: str) -> Session:
            return _postgres_session(address, owner, database)

        spec = self._postgres.process(_name(copy, credential), copy.region, data)
        self._world.start_until(spec, lambda: _postgres_answers(session), _START_S)
        return self._provision(credential, session, password)

    def _provision(
        self, credential: Credential, session: Callable[[str], Session], password: str
    ) -> int:
        wanted = f"{credential.environment}/{credential.jurisdiction}/{credential.store}"
        replica_set = self._world.replica_set(wanted)
        roles = (provision.ServiceRole(credential.service, password, credential.access),)
        with session("postgres") as opened:
            provision.roles(opened, roles, secrets.token_urlsafe(24))
            provision.database(opened, credential.store)
        with session(credential.store) as opened:
            schema = schema_of(self._world, replica_set)
            provision.shards(opened, credential.store, replica_set.shards, schema, roles)
        return replica_set.shards

    def _process(
        self, copy: RestoredCopy, credential: Credential, program: str, argv: tuple[str, ...]
    ) -> ProcessSpec:
        name = _name(copy, credential)
        return ProcessSpec(
            id=name,
            site=copy.region,
            argv=argv,
            env=self._world.environment(program),
            cwd=_folder(copy, credential),
            log=self._world.layout.log(name),
            stop_signal=signal.SIGTERM,
            restart=True,
        )


def _name(copy: RestoredCopy, credential: Credential) -> str:
    return f"{copy.process}/{credential.service}/{credential.store}"


def _folder(copy: RestoredCopy, credential: Credential) -> Path:
    folder = copy.folder / "services" / credential.service / credential.store
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _redis_answers(address: Address, owner: str) -> bool | None:
    try:
        with RedisSession(address, owner) as session:
            return session.state().primary or None
    except RedisError:
        return None


def _postgres_session(address: Address, owner: str, database: str) -> Session:
    return Session.open(
        timeout_s=2.0,
        host=address.host,
        port=address.port,
        user=postgres.OWNER,
        password=owner,
        dbname=database,
        application_name="caisson",
    )


def _postgres_answers(session: Callable[[str], Session]) -> bool | None:
    try:
        session("postgres").close()
    except PostgresError:
        return None
    return True
