"""Addresses and settings of the Patroni cluster, written as its documentation writes them."""

import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from support.patroni_install import Programs

ETCD_PORT, ETCD_PEER_PORT, POSTGRES_PORT, REST_PORT = 22379, 22380, 25432, 28008
PASSWORD = "benchmark"  # noqa: S105  of servers that live for minutes on loopback


@dataclass(frozen=True, slots=True)
class Timing:
    """Patroni's dynamic settings, in seconds; it wants loop_wait + 2 * retry_timeout <= ttl.

    The ttl is the lowest that Patroni accepts. loop_wait is left at its default: the leader
    renews its key once per loop, so with a shorter loop the key of a lost leader was renewed
    later and expires later, and the node-loss recovery takes longer, not shorter.
    """

    ttl: int = 20
    loop_wait: int = 10
    retry_timeout: int = 5


@dataclass(frozen=True, slots=True)
class Places:
    """Loopback addresses: 127.<block>.0.N etcd, .1.1 and .2.1 the nodes, .3.1 the proxy."""

    block: int

    @property
    def etcd(self) -> dict[str, str]:
        return {f"etcd{n}": f"127.{self.block}.0.{n}" for n in (1, 2, 3)}

    @property
    def nodes(self) -> dict[str, str]:
        return {f"node{n}": f"127.{self.block}.{n}.1" for n in (1, 2)}

    @property
    def proxy(self) -> str:
        return f"127.{self.block}.3.1"

    def free(self) -> bool:
        """Whether no port that the cluster needs is taken."""
        return (
            all(_free(h, p) for h in self.etcd.values() for p in (ETCD_PORT, ETCD_PEER_PORT))
            and all(_free(h, p) for h in self.nodes.values() for p in (POSTGRES_PORT, REST_PORT))
            and _free(self.proxy, POSTGRES_PORT)
        )


def _free(host: str, port: int) -> bool:
    with closing(socket.socket()) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
        return True


def etcd_options(places: Places, name: str) -> tuple[str, ...]:
    host = places.etcd[name]
    client, peer = f"http://{host}:{ETCD_PORT}", f"http://{host}:{ETCD_PEER_PORT}"
    members = (f"{n}=http://{h}:{ETCD_PEER_PORT}" for n, h in places.etcd.items())
    options = {
        "name": name,
        "data-dir": "data",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": ",".join(members),
    }
    return tuple(f"--{key}={value}" for key, value in options.items())


def patroni_config(
    programs: Programs, places: Places, timing: Timing, node: str, folder: Path
) -> dict[str, object]:
    """The contents of patroni.yml; `folder` is where the node keeps everything."""
    rest = f"{places.nodes[node]}:{REST_PORT}"
    return {
        "scope": "comparison",
        "name": node,
        "restapi": {"listen": rest, "connect_address": rest},
        "etcd3": {"hosts": [f"{host}:{ETCD_PORT}" for host in places.etcd.values()]},
        "bootstrap": {
            "dcs": _dynamic(timing),
            "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
        },
        "postgresql": _postgresql(programs, f"{places.nodes[node]}:{POSTGRES_PORT}", folder),
    }


def _dynamic(timing: Timing) -> dict[str, object]:
    """maximum_lag_on_failover is left at Patroni's default of 1 MB."""
    return {
        "ttl": timing.ttl,
        "loop_wait": timing.loop_wait,
        "retry_timeout": timing.retry_timeout,
        "synchronous_mode": False,
        "postgresql": {
            "use_pg_rewind": True,
            "use_slots": True,
            "parameters": {"wal_log_hints": "on", "wal_keep_size": "256MB"},
        },
    }


def _postgresql(programs: Programs, address: str, folder: Path) -> dict[str, object]:
    return {
        "listen": address,
        "connect_address": address,
        "bin_dir": str(programs.postgres.path.parent),
        "data_dir": str(folder / "data"),
        "pgpass": str(folder / "pgpass"),
        "authentication": {
            "superuser": {"username": "postgres", "password": PASSWORD},
            "replication": {"username": "replicator", "password": PASSWORD},
            "rewind": {"username": "rewinder", "password": PASSWORD},
        },
        "pg_hba": [
            "host all all 127.0.0.0/8 scram-sha-256",
            "host replication replicator 127.0.0.0/8 scram-sha-256",
        ],
        "parameters": {"unix_socket_directories": ""},
    }


def haproxy_config(places: Places) -> str:
    """Patroni's own haproxy.cfg, but for the check interval and the connect timeout.

    Theirs are 3 s and 4 s; the shorter ones shorten Patroni's recovery.
    """
    servers = "\n".join(
        f"  server {name} {host}:{POSTGRES_PORT} maxconn 100 check port {REST_PORT}"
        for name, host in places.nodes.items()
    )
    return f"""\
global
  maxconn 200
defaults
  mode tcp
  retries 2
  timeout client 30m
  timeout connect 1s
  timeout server 30m
  timeout check 5s
listen primary
  bind {places.proxy}:{POSTGRES_PORT}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 500ms fall 3 rise 2 on-marked-down shutdown-sessions
{servers}
"""
