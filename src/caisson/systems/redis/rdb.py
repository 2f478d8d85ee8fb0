"""A Redis server's data as one file (RDB): how it is fetched and checked, and what is in it. Pure.

A server forks to write the file, so that it holds all writes up to one place in the server's
stream of writes and none after it. The file names that place.
"""

import re
from dataclasses import dataclass

from caisson.systems.redis.files import OWNER
from caisson.topology.model import Address

FILE = "dump.rdb"  # what a server loads when it starts, by its own default

_AUX = re.compile(r"^\[offset \d+\] AUX FIELD (?P<name>\S+) = '(?P<value>[^']*)'$", re.MULTILINE)
_KEYS = re.compile(r"^\[info\] (?P<count>\d+) keys read$", re.MULTILINE)
_WRONG = re.compile(r"^\[offset \d+\] (?P<said>.*)$", re.MULTILINE)
_GOOD = "RDB looks OK!"


class RdbError(ValueError):
    """A file is no whole RDB, or not of the data that it should be of."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a stream of writes: `offset` bytes after the stream's beginning."""

    stream: str
    offset: int

    def __str__(self) -> str:
        return f"{self.stream}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Rdb:
    """A file that is whole; `position` is None where its server had counted nothing yet."""

    keys: int
    position: Position | None


def fetching(binary: str, address: Address, file: str) -> tuple[str, ...]:
    """Write a server's data into `file`; the password is read from the standard input."""
    server = ("-h", address.host, "-p", str(address.port))
    return (binary, *server, "--user", OWNER, "--askpass", "--rdb", file)


def checking(binary: str, file: str) -> tuple[str, ...]:
    return (binary, file)


def read_check(exit_code: int, output: str) -> Rdb:
    """Read what redis-check-rdb says of a file; RdbError where it is not whole."""
    keys = _KEYS.search(output)
    if exit_code != 0 or _GOOD not in output or keys is None:
        said = _WRONG.findall(output) or output.strip().splitlines() or ["nothing is said of it"]
        raise RdbError(f"the file is no whole RDB: {said[-1]} [{exit_code}]")
    told = {each["name"]: each["value"] for each in _AUX.finditer(output)}
    stream, offset = told.get("repl-id"), told.get("repl-offset")
    position = Position(stream, int(offset)) if stream and offset else None
    return Rdb(int(keys["count"]), position)


def lacking(asked: Position | None, rdb: Rdb) -> str | None:
    """Say how a file lacks writes that were done when its server was asked for it; None if not.

    `asked` is None where the server had no replica: then it forks for whoever asks. Otherwise it
    may give a file that it was writing for another already.
    """
    if asked is None:
        return None
    if rdb.position is None or rdb.position.stream != asked.stream:
        return "another server became the primary meanwhile"
    if rdb.position.offset < asked.offset:
        return f"it ends at {rdb.position.offset}, before {asked.offset} of the stream of writes"
    return None
