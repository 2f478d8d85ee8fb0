"""The head kept beside the database: what the newest entry was, for whoever shortens it there.

It guards against mistakes and against somebody who reaches only the database. It is written
after the entry, so a crash between the two leaves it one behind, which is no contradiction.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caisson.ledger.chain import Head
from caisson.state.errors import StateUnavailable
from caisson.state.json_text import object_from_text, to_text


class HeadFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Head | None:
        """Return the remembered head, None when there is none; ValueError when unreadable."""
        try:
            kept = object_from_text(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        seq, digest = kept.get("seq"), kept.get("hash")
        if isinstance(seq, int) and seq >= 1 and isinstance(digest, str):
            return Head(seq, digest)
        raise ValueError(f"{self._path} is not a head")

    def advance(self, head: Head) -> None:
        """Remember a newer head; an older one changes nothing, whoever wrote in between."""
        try:
            with self._alone():
                if self._is_newer(head):
                    self._write(head)
        except OSError as error:
            raise StateUnavailable(
                f"entry {head.seq} is in the ledger, but {self._path} was not written: {error}"
            ) from error

    def _is_newer(self, head: Head) -> bool:
        try:
            kept = self.read()
        except ValueError:
            # Left as it is: `verify` must still be able to show that somebody touched it.
            return False
        return kept is None or kept.seq < head.seq

    def _write(self, head: Head) -> None:
        draft = self._path.with_name(self._path.name + ".new")
        with draft.open("w", encoding="ascii") as file:
            file.write(to_text({"seq": head.seq, "hash": head.hash}))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(
            self._path.with_name(self._path.name + ".lock"),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
            0o600,
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
