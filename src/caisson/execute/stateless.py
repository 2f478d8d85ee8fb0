"""Starts what keeps no data of its own: caches, services, proxies and edges; routes the edges."""

import signal
from pathlib import Path

from caisson.execute import connections
from caisson.execute.errors import StepError
from caisson.execute.loopback import accepts, answers
from caisson.execute.service_process import service_process
from caisson.execute.world import World
from caisson.systems.haproxy import files as haproxy
from caisson.systems.haproxy.runtime import RuntimeRefused, set_server
from caisson.systems.memcached import files as memcached
from caisson.targets.local.layout import write_private
from caisson.targets.local.wire import ProcessSpec
from caisson.topology.model import Component, Kind

_START_S = 30.0
_CACHE_MEGABYTES = {"small": 16, "normal": 64}


class Stateless:
    """Caches, services, proxies and edges of one world; every method may be repeated."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start_cache(self, component: Component) -> str:
        auth = self._world.layout.conf(component.id) / "auth"
        passwords = {
            c.service: self._world.secrets.of(c.id)
            for c in self._world.topology.credentials
            if (c.environment, c.jurisdiction, c.store)
            == (component.environment, component.jurisdiction, component.name)
        }
        write_private(auth, memcached.auth_file(passwords))
        size = self._world.estate.environments[component.environment].sizes
        argv = memcached.server(
            self._world.program("memcached"),
            component.address,
            str(auth),
            _CACHE_MEGABYTES[size],
        )
        here = self._world.layout.run
        return self._start(component, argv, "memcached", here)

    def start_service(self, component: Component) -> str:
        service = self._world.estate.services[component.name]
        connections.write(self._world, component)
        spec = service_process(
            self._world,
            component.name,
            component.id,
            component.region,
            component.address,
            connections.path(self._world, component),
        )
        return self._world.start_until(
            spec, lambda: answers(component.address, service.ready), _START_S
        )

    def start_proxy(self, component: Component) -> str:
        backends = [
            haproxy.Backend(
                c.name,
                self._world.estate.services[c.name].health,
                (haproxy.Upstream(c.region, c.address),),
            )
            for c in self._world.index.components_of[component.site]
            if c.kind is Kind.SERVICE and self._world.estate.services[c.name].public
        ]
        text = haproxy.proxy_cfg(component.address, str(self._socket(component)), backends)
        return self._start_haproxy(component, text)

    def start_edge(self, component: Component) -> str:
        write_private(
            self._tenant_map(component),
            haproxy.tenant_map(
                {
                    t.name: t.jurisdiction
                    for t in self._world.topology.tenants
                    if t.environment == component.environment
                }
            ),
        )
        return self._start_haproxy(component, self._edge_cfg(component))

    def route(self, environment: str, jurisdiction: str, region: str) -> str:
        """Send a jurisdiction's requests to `region`: in the directory, on disk, then live."""
        self._world.directory.route(environment, jurisdiction, region)
        for edge in self._world.topology.components:
            if edge.kind is Kind.EDGE and edge.environment == environment:
                write_private(self._cfg(edge), self._edge_cfg(edge))
                self._route_live(edge, jurisdiction)
        return f"{jurisdiction} → {region}"

    def _route_live(self, edge: Component, jurisdiction: str) -> None:
        (backend,) = (b for b in self._edge_backends(edge) if b.name == jurisdiction)
        try:
            for server in sorted(backend.servers, key=lambda s: s.disabled):
                path = self._socket(edge)
                set_server(path, jurisdiction, server.name, enabled=not server.disabled)
        except RuntimeRefused as error:
            raise StepError(str(error)) from error

    def _edge_cfg(self, edge: Component) -> str:
        return haproxy.edge_cfg(
            edge.address,
            str(self._socket(edge)),
            self._tenant_map(edge).name,
            self._edge_backends(edge),
        )

    def _edge_backends(self, edge: Component) -> tuple[haproxy.Backend, ...]:
        jurisdictions = {
            c.jurisdiction for c in self._proxies(edge.environment) if c.jurisdiction is not None
        }
        return tuple(self._edge_backend(edge, name) for name in sorted(jurisdictions))

    def _edge_backend(self, edge: Component, jurisdiction: str) -> haproxy.Backend:
        """Where the requests of a jurisdiction go: its routed region first.

        When the home region is routed, the standby region is its backup. When the standby
        region is routed, the home region is out of service, however healthy it looks: its
        data may be behind until it has rejoined.
        """
        home = self._world.estate.jurisdictions[jurisdiction].home
        routed = self._world.directory.routed_region(edge.environment, jurisdiction) or home
        health = next(s.health for s in self._world.estate.services.values() if s.public)
        return haproxy.Backend(
            jurisdiction,
            health,
            tuple(
                haproxy.Upstream(
                    proxy.region,
                    proxy.address,
                    backup=proxy.region != home,
                    disabled=proxy.region == home and routed != home,
                )
                for proxy in self._proxies(edge.environment)
                if proxy.jurisdiction == jurisdiction
            ),
        )

    def _proxies(self, environment: str) -> list[Component]:
        return [
            c
            for c in self._world.topology.components
            if c.kind is Kind.PROXY and c.environment == environment
        ]

    def _start_haproxy(self, component: Component, text: str) -> str:
        write_private(self._cfg(component), text)
        argv = haproxy.server(self._world.program("haproxy"), str(self._cfg(component)))
        return self._start(component, argv, "haproxy", self._cfg(component).parent)

    def _start(self, component: Component, argv: tuple[str, ...], program: str, cwd: Path) -> str:
        spec = ProcessSpec(
            id=component.id,
            site=component.region,
            argv=argv,
            env=self._world.environment(program),
            cwd=cwd,
            log=self._world.layout.log(component.id),
            stop_signal=signal.SIGTERM,
            restart=True,
        )
        return self._world.start_until(spec, lambda: accepts(component.address), _START_S)

    def _cfg(self, component: Component) -> Path:
        return self._world.layout.conf(component.id) / "haproxy.cfg"

    def _tenant_map(self, component: Component) -> Path:
        return self._world.layout.conf(component.id) / "tenants.map"

    def _socket(self, component: Component) -> Path:
        return self._world.layout.socket(component.id)
