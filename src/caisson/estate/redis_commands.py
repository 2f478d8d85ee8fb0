"""Redis commands that may be asked of a restored copy: they read, and answer one value.

The numbers are Redis's own arity: how many words a command has, itself included; below zero, how
many at least. A test compares them, and that nothing here writes, with a real server.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

_MANUAL = "https://redis.io/docs/latest/commands/"

READING: Mapping[str, int] = {
    "BITCOUNT": -2,
    "BITPOS": -3,
    "DBSIZE": 1,
    "EXISTS": -2,
    "EXPIRETIME": 2,
    "GET": 2,
    "GETBIT": 3,
    "GETRANGE": 4,
    "HEXISTS": 3,
    "HGET": 3,
    "HLEN": 2,
    "HSTRLEN": 3,
    "LINDEX": 3,
    "LLEN": 2,
    "SCARD": 2,
    "SINTERCARD": -3,
    "SISMEMBER": 3,
    "STRLEN": 2,
    "TTL": 2,
    "TYPE": 2,
    "XLEN": 2,
    "ZCARD": 2,
    "ZCOUNT": 4,
    "ZINTERCARD": -3,
    "ZLEXCOUNT": 4,
    "ZRANK": 3,
    "ZSCORE": 3,
}


@dataclass(frozen=True, slots=True)
class RedisCommand:
    """A command as words, the first of them in capitals."""

    words: tuple[str, ...]

    def why_not(self) -> tuple[str, str] | None:
        """Say what is wrong with it and what to write instead; None when it may be asked."""
        name, *rest = self.words
        arity = READING.get(name)
        if arity is None:
            what = f"{name} is no command that only reads and answers one value"
            return what, f"write one of {', '.join(READING)}"
        if len(self.words) == arity or (arity < 0 and len(self.words) >= -arity):
            return None
        least = abs(arity) - 1
        wanted = f"{least} or more" if arity < 0 else str(least)
        return f"{name} takes {wanted} words after it, and has {len(rest)}", f"see {_MANUAL}"


def parse_command(value: object) -> RedisCommand:
    """Split a command into its words, as a shell does."""
    if isinstance(value, RedisCommand):
        return value
    words = _words(value) if isinstance(value, str) else []
    if not words:
        raise ValueError("write a command such as DBSIZE or GET 'a key'")
    return RedisCommand((words[0].upper(), *words[1:]))


def _words(written: str) -> list[str]:
    try:
        return shlex.split(written)
    except ValueError:  # a quote without its end
        return []
