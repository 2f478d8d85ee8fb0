"""A short conversation with one Redis, every answer within a deadline."""

from dataclasses import dataclass
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from caisson.systems.redis.files import OWNER
from caisson.systems.redis.rdb import Position
from caisson.topology.model import Address

RedisError = redis.RedisError
Refused = redis.ResponseError  # a RedisError: the server has answered, with an error


@dataclass(frozen=True, slots=True)
class ServerState:
    """`position` is the replication offset in bytes; `linked`: a replica that follows
    `upstream`.
    """

    primary: bool
    position: int
    linked: bool
    upstream: str


class Session:
    """One connection of the controller's own user. Raises RedisError."""

    def __init__(self, address: Address, password: str, timeout_s: float = 0.5) -> None:
        self._client = redis.Redis(
            host=address.host,
            port=address.port,
            username=OWNER,
            password=password,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            decode_responses=True,
            single_connection_client=True,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )

    def command(self, *words: str | int) -> Any:
        """Send one command and return its answer."""
        return self._client.execute_command(*words)  # type: ignore[no-untyped-call]

    def state(self) -> ServerState:
        fields = self.command("INFO", "replication")
        primary = fields["role"] == "master"
        return ServerState(
            primary,
            int(fields["master_repl_offset" if primary else "slave_repl_offset"]),
            fields.get("master_link_status") == "up",
            str(fields.get("master_host", "")),
        )

    def position(self) -> Position | None:
        """Where in its stream of writes a primary is; None while nobody ever followed it."""
        fields = self.command("INFO", "replication")
        if not int(fields["repl_backlog_active"]):
            return None
        return Position(str(fields["master_replid"]), int(fields["master_repl_offset"]))

    def answer(self, *words: str) -> str | None:
        """Send one command; its answer as Redis writes it, None for nil."""
        self._client.response_callbacks.pop(words[0], None)
        said = self.command(*words)
        return None if said is None else str(said)

    def follow(self, upstream: Address) -> None:
        self.command("REPLICAOF", upstream.host, upstream.port)

    def promote(self) -> None:
        self.command("REPLICAOF", "NO", "ONE")

    def pause_writes(self, milliseconds: int) -> None:
        """Let writers wait; they go on by themselves when the time is over."""
        self.command("CLIENT", "PAUSE", milliseconds, "WRITE")

    def refuse_writes(self) -> None:
        """Make it refuse writes: it asks for more replicas than there can be."""
        self.command("CONFIG", "SET", "min-replicas-to-write", 1000)

    def allow_writes(self) -> None:
        self.command("CONFIG", "SET", "min-replicas-to-write", 0)
        self.command("CLIENT", "UNPAUSE")

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
