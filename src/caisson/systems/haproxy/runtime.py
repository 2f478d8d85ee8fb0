"""HAProxy's Runtime API over its Unix socket.

https://docs.haproxy.org/2.6/management.html#9.3
"""

import socket
from pathlib import Path


class RuntimeRefused(Exception):  # noqa: N818 - names what HAProxy did
    """HAProxy did not answer, or answered with a complaint."""


def command(path: Path, text: str, timeout_s: float = 1.0) -> str:
    """Send one command and return the answer."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout_s)
            connection.connect(str(path))
            connection.sendall(text.encode() + b"\n")
            return _read_all(connection).decode().strip()
    except OSError as error:
        raise RuntimeRefused(f"{path.name}: {text}: {error}") from error


def set_server(path: Path, backend: str, server: str, *, enabled: bool) -> None:
    """Take a server out of or into service; silence is HAProxy's consent."""
    answer = command(path, f"set server {backend}/{server} state {'ready' if enabled else 'maint'}")
    if answer:
        raise RuntimeRefused(answer)


def _read_all(connection: socket.socket) -> bytes:
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks)
