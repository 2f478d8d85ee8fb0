"""Loopback addresses that nobody else on this machine uses.

An estate takes one block, 127.B.0.0/16, and keeps it. A lock on a file held while it is up
keeps two estates apart, and a trial bind keeps strangers apart.
"""

import errno
import fcntl
import os
import socket
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from caisson.topology.model import Address

AddressesIn = Callable[[int], Iterable[Address]]
BLOCKS = range(40, 250)


class NoFreeBlock(Exception):  # noqa: N818 - names the situation
    """Every block of loopback addresses is taken."""


class BlockLock:
    """The right to use one block, until closed or until this process ends."""

    def __init__(self, block: int) -> None:
        self._descriptor = _open_for_all(_folder_for_all() / f"127.{block}.lock")
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise
        self.block = block

    def close(self) -> None:
        os.close(self._descriptor)


def _folder_for_all() -> Path:
    """Every user of this machine keeps the locks in one folder."""
    folder = Path(tempfile.gettempdir()) / "caisson-addresses"
    if not folder.exists():
        folder.mkdir(exist_ok=True)
        folder.chmod(0o1777)
    return folder


def _open_for_all(path: Path) -> int:
    """For reading only, which is enough for a lock: the file may be another user's."""
    flags = os.O_RDONLY | os.O_CLOEXEC
    with suppress(FileExistsError):
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)
    return os.open(path, flags)


def occupied(addresses: Iterable[Address]) -> list[Address]:
    """Those addresses that something listens on already."""
    return [address for address in addresses if not _free(address)]


def lock_block(preferred: int | None, addresses_in: AddressesIn) -> BlockLock:
    """Lock a block in which every address is free: the preferred one, or the first of all."""
    candidates = [preferred] if preferred is not None else []
    candidates += [block for block in BLOCKS if block != preferred]
    for block in candidates:
        try:
            lock = BlockLock(block)
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
            continue
        if not occupied(addresses_in(block)):
            return lock
        lock.close()
    raise NoFreeBlock("every block 127.40 to 127.249 is taken; `caisson doctor` shows by whom")


def _free(address: Address) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address.host, address.port))
        except OSError:
            return False
    return True
