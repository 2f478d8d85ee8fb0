"""Sessions in Redis. They may be lost in a failover: people sign in again."""

import json
import secrets

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ConnectionError,  # noqa: A004 - its name there
    NoPermissionError,
    ReadOnlyError,
    RedisError,
    TimeoutError,  # noqa: A004 - its name there
)

from app.config import Endpoint

TTL_S = 8 * 3600
_PATIENCE_S = 0.3


def open_redis(endpoint: Endpoint) -> Redis:
    """A client that tries once and does not wait; repeating is `retry`'s work.

    With RESP 2 a connection begins with a plain AUTH, which every access list allows.
    """
    return Redis(
        host=endpoint.host,
        port=endpoint.port,
        username=endpoint.user,
        password=endpoint.password,
        protocol=2,
        decode_responses=True,
        socket_timeout=_PATIENCE_S,
        socket_connect_timeout=_PATIENCE_S,
        retry=Retry(NoBackoff(), 0),
        max_connections=16,
    )


def reason_to_retry(error: Exception) -> str | None:
    """Why an attempt that ended with `error` deserves another one; None when it does not."""
    match error:
        case AuthenticationError() | AuthorizationError() | NoPermissionError():
            return None
        case ReadOnlyError():
            return "sessions-read-only"
        case ConnectionError() | TimeoutError() | OSError():
            return "sessions-lost"
        case _:
            return None


async def start_session(redis: Redis, tenant: str, token: str, user: str) -> None:
    await redis.set(_key(tenant, token), json.dumps({"user": user}), ex=TTL_S)


async def find_user(redis: Redis, tenant: str, token: str) -> str | None:
    """Whose session this is, or None when there is none (any more)."""
    found = await redis.get(_key(tenant, token))
    return str(json.loads(found)["user"]) if found else None


async def answers(redis: Redis) -> bool:
    try:
        await redis.ping()
    except (RedisError, OSError):
        return False
    return True


def new_token() -> str:
    return secrets.token_urlsafe(32)


def _key(tenant: str, token: str) -> str:
    return f"session:{tenant}:{token}"
