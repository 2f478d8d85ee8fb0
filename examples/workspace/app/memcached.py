"""The three Memcached commands that are needed, over one authenticated connection.

Written instead of aiomcache, whose `set` spins forever, holding the event loop, when the server
goes away in the middle of it (aio-libs/aiomcache issue 502), and which cannot authenticate.
"""

import asyncio

from app.config import Endpoint


class MemcachedError(Exception):
    """The server answered something else than the protocol allows here."""


class Memcached:
    """One connection; its users take turns. After any error: `close`, then use it again."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._turn = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, key: str) -> bytes | None:
        async with self._turn:
            reader, writer = await self._connected()
            writer.write(f"get {key}\r\n".encode())
            header = await reader.readuntil(b"\r\n")
            if header == b"END\r\n":
                return None
            if not header.startswith(f"VALUE {key} ".encode()):
                raise MemcachedError(header)
            value = await reader.readexactly(int(header.split()[3]))
            await _expect(reader, b"\r\nEND\r\n")
            return value

    async def set(self, key: str, value: bytes, ttl_s: int) -> None:
        async with self._turn:
            reader, writer = await self._connected()
            await _store(reader, writer, f"set {key} 0 {ttl_s} {len(value)}", value)

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            reader, writer = await asyncio.open_connection(self._endpoint.host, self._endpoint.port)
            self._streams = reader, writer
            # With `-Y`, the first command is a set of any key, whose value is the credential.
            secret = f"{self._endpoint.user} {self._endpoint.password}".encode()
            await _store(reader, writer, f"set auth 0 0 {len(secret)}", secret)
        return self._streams


async def _store(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: str, value: bytes
) -> None:
    writer.write(command.encode() + b"\r\n" + value + b"\r\n")
    await _expect(reader, b"STORED\r\n")


async def _expect(reader: asyncio.StreamReader, answer: bytes) -> None:
    got = await reader.readexactly(len(answer))
    if got != answer:
        raise MemcachedError(got)
