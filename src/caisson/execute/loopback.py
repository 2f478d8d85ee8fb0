"""What is asked of this machine's own addresses: is a port free, does somebody answer."""

import socket
from http.client import HTTPConnection, HTTPException

from caisson.topology.model import Address

_OK = 200


def free_port(host: str) -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def accepts(address: Address) -> bool | None:
    """True when somebody accepts connections, else None."""
    try:
        with socket.create_connection((address.host, address.port), 0.5):
            return True
    except OSError:
        return None


def answers(address: Address, path: str) -> bool | None:
    """True when a GET is answered with 200, else None."""
    try:
        return get(address, path, 1.0)[0] == _OK or None
    except (OSError, HTTPException):
        return None


def get(address: Address, path: str, timeout_s: float) -> tuple[int, bytes]:
    """Send a GET; its status and its body. Raises OSError or HTTPException."""
    connection = HTTPConnection(address.host, address.port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
