"""Memcached's authentication file, and the command that is run. Pure.

With `-Y`, a connection must first `set` any key to `user password` (the ASCII
authentication of doc/protocol.txt).
"""

from collections.abc import Mapping

from caisson.topology.model import Address


def auth_file(passwords: Mapping[str, str]) -> str:
    return "".join(f"{user}:{password}\n" for user, password in sorted(passwords.items()))


def server(binary: str, address: Address, auth: str, megabytes: int) -> tuple[str, ...]:
    return (
        *(binary, "-l", address.host, "-p", str(address.port), "-U", "0"),
        *("-m", str(megabytes), "-t", "1", "-c", "512", "-Y", auth),
    )
