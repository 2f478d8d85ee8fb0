"""The text of redis.conf, and the command that is run. Pure."""

import hashlib
from collections.abc import Mapping

from caisson.topology.model import Address

OWNER = "caisson"
REPLICATION = "caisson_replication"

# What a service may do by its declared access; never administration.
RIGHTS = {
    "read": "~* &* +@read +@connection +ping -@dangerous",
    "write": "~* &* +@all -@admin -@dangerous",
}


def redis_conf(
    address: Address,
    *,
    owner_password: str,
    replication_password: str,
    services: Mapping[str, tuple[str, str]],
    upstream: Address | None,
) -> str:
    """All settings of one server; `services` maps a role to (access, password).

    The data lies where the server is started: a path in here would need quotes and escapes.
    """
    lines = [
        f"bind {address.host}",
        f"port {address.port}",
        "daemonize no",
        "appendonly yes",
        "appendfsync everysec",
        "save 3600 1",
        "maxmemory 64mb",
        "maxmemory-policy noeviction",
        "repl-diskless-sync yes",
        "repl-diskless-sync-delay 0",
        "repl-timeout 5",
        "repl-ping-replica-period 1",
        f"masteruser {REPLICATION}",
        f"masterauth {replication_password}",
        *_users(owner_password, services),
        f"user {REPLICATION} on #{_sha256(replication_password)} +psync +replconf +ping",
    ]
    if upstream is not None:
        lines.append(f"replicaof {upstream.host} {upstream.port}")
    return "\n".join(lines) + "\n"


def copy_conf(
    address: Address, *, owner_password: str, services: Mapping[str, tuple[str, str]]
) -> str:
    """All settings of a restored copy: it follows nobody, and writes nothing down.

    It has the users of the original. Its data is `dump.rdb` where it is started.
    """
    lines = [
        f"bind {address.host}",
        f"port {address.port}",
        "daemonize no",
        "appendonly no",  # with it, a server reads its log alone and would start empty
        'save ""',
        "maxmemory-policy noeviction",
        *_users(owner_password, services),
    ]
    return "\n".join(lines) + "\n"


def _users(owner_password: str, services: Mapping[str, tuple[str, str]]) -> list[str]:
    return [
        "user default off",
        f"user {OWNER} on #{_sha256(owner_password)} ~* &* +@all",
        *(
            f"user {name} on #{_sha256(password)} {RIGHTS[access]}"
            for name, (access, password) in sorted(services.items())
        ),
    ]


def server(binary: str, conf: str) -> tuple[str, ...]:
    return (binary, conf)


def _sha256(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
