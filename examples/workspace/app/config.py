"""What Caisson tells this service: the connections file and the address to listen on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a store's primary is, and how to open it.

    `generation` grows with every change of primary; a cache has none and keeps 0.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = ""
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections file: the stores of this jurisdiction, and each of its tenants' shard."""

    environment: str
    region: str
    jurisdiction: str
    blocks: Endpoint
    sessions: Endpoint
    cache: Endpoint
    shards: Mapping[str, int]


def _endpoint(store: Mapping[str, object]) -> Endpoint:
    return Endpoint(
        host=str(store["host"]),
        port=int(str(store["port"])),
        user=str(store["user"]),
        password=str(store["password"]),
        database=str(store.get("database", "")),
        generation=int(str(store.get("generation", 0))),
    )


def read_connections(path: Path) -> Connections:
    """The file's content; KeyError, TypeError, ValueError or OSError when it is not as agreed."""
    raw = json.loads(path.read_bytes())
    stores = raw["stores"]
    return Connections(
        environment=raw["environment"],
        region=raw["region"],
        jurisdiction=raw["jurisdiction"],
        blocks=_endpoint(stores["blocks"]),
        sessions=_endpoint(stores["sessions"]),
        cache=_endpoint(stores["cache"]),
        shards={name: int(tenant["shard"]) for name, tenant in raw["tenants"].items()},
    )


def parse_listen(address: str) -> tuple[str, int]:
    """`host:port` as a pair."""
    host, _, port = address.rpartition(":")
    return host, int(port)
