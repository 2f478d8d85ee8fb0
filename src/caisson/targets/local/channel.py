"""The supervisor's end of the socket to its controller: commands in, answers out, and lifeline.

Only the standard library is imported: the supervisor starts with this.
"""

import contextlib
import selectors
import socket
from collections.abc import Iterator

from caisson.targets.local import wire

_UNSENT_MOST = 4 * 1024 * 1024  # a controller that is frozen misses events beyond this
_LAST_WORDS_S = 2.0


class Channel:
    """The socket to the controller, never blocking; `open` turns false when it ended."""

    def __init__(self, sock: socket.socket, selector: selectors.BaseSelector) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._selector = selector
        self._lines = wire.Lines()
        self._unsent = bytearray()
        self.open = True
        selector.register(sock, selectors.EVENT_READ)

    def receive(self) -> Iterator[bytes]:
        try:
            data = self._sock.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        self.open = self.open and bool(data)
        yield from self._lines.feed(data)

    def send(self, message: wire.Reply | wire.Event) -> None:
        if isinstance(message, wire.Reply) or len(self._unsent) < _UNSENT_MOST:
            self._unsent += wire.encode_answer(message)

    def flush(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._unsent and self.open:
                self._send_some()
        interest = selectors.EVENT_WRITE if self._unsent else 0
        self._selector.modify(self._sock, selectors.EVENT_READ | interest)

    def _send_some(self) -> None:
        try:
            del self._unsent[: self._sock.send(self._unsent)]
        except ConnectionError:
            self.open = False

    def drain(self) -> None:
        """Send what is unsent even if it takes a moment: the last words of a supervisor."""
        self._sock.settimeout(_LAST_WORDS_S)
        with contextlib.suppress(OSError):
            self._sock.sendall(self._unsent)
