"""The text of haproxy.cfg and of the tenant map, and the command that is run. Pure.

A change while it runs goes through the Runtime API (`runtime.py`), never through a reload:
a reload closes idle connections on which clients are about to send. The file is rewritten
as well, so that a restarted proxy comes back with the newest routes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from caisson.topology.model import Address

_COMMON = """\
global
  stats socket {socket} mode 600 level admin
  maxconn 4000
  hard-stop-after 2s

defaults
  mode http
  timeout connect 300ms
  timeout client 30s
  timeout server 10s
  timeout queue 5s
  timeout check 400ms
  timeout http-keep-alive 30s
  retries 2
  retry-on conn-failure
  option redispatch 1
  option abortonclose
  option httpchk
  default-server inter 300ms fastinter 150ms downinter 300ms fall 2 rise 2 {on_down}
"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server behind a proxy; `backup` takes traffic only when no other can."""

    name: str
    address: Address
    backup: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Backend:
    name: str
    health: str  # path
    servers: tuple[Upstream, ...]


def edge_cfg(address: Address, socket: str, tenants: str, backends: Sequence[Backend]) -> str:
    """Routes `/t/TENANT/...` by the map file `tenants` to the backend of its jurisdiction.

    `tenants` is relative to where HAProxy is started: an absolute path may hold what means
    something here.
    """
    return (
        _common(socket)
        + f"""
frontend public
  bind {address.host}:{address.port}
  http-request set-var(txn.home) path,field(3,/),map({tenants})
  http-request return status 404 content-type text/plain string "no such tenant\\n" \
unless {{ var(txn.home) -m found }}
  use_backend %[var(txn.home)]
"""
        + "".join(_backend(backend) for backend in backends)
    )


def proxy_cfg(address: Address, socket: str, services: Sequence[Backend]) -> str:
    """Forwards to the site's own public services; the first one unless the host names another."""
    rules = "".join(
        f"  use_backend {service.name} if {{ hdr_beg(host) -i {service.name}. }}\n"
        for service in services[1:]
    )
    return (
        _common(socket)
        + f"""
frontend site
  bind {address.host}:{address.port}
{rules}  default_backend {services[0].name}
"""
        + "".join(_backend(service) for service in services)
    )


def tenant_map(homes: Mapping[str, str]) -> str:
    """Lines `TENANT JURISDICTION`."""
    return "".join(f"{tenant} {home}\n" for tenant, home in sorted(homes.items()))


def server(binary: str, cfg: str) -> tuple[str, ...]:
    """`-db` keeps it one process in the foreground."""
    return (binary, "-db", "-f", cfg)


def _common(socket: str) -> str:
    # A server that is marked down takes its open requests with it: their clients get an
    # error at once instead of hanging on a machine that is gone.
    return _COMMON.format(socket=socket, on_down="on-marked-down shutdown-sessions")


def _backend(backend: Backend) -> str:
    lines = [f"\nbackend {backend.name}", f"  http-check send meth GET uri {backend.health}"]
    for server_ in backend.servers:
        flags = " backup" * server_.backup + " disabled" * server_.disabled
        lines.append(f"  server {server_.name} {server_.address} check{flags}")
    return "\n".join(lines) + "\n"
