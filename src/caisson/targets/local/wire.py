"""What a controller and its supervisor say to each other: JSON lines over a socket pair.

A request is answered by one reply with the same number; events come unasked. Only the
standard library is imported: the supervisor starts with this.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

_T = TypeVar("_T")


class WireError(ValueError):
    """A line that is no message of this protocol."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One server process, run in `cwd` with exactly `env`, its output appended to `log`.

    `site` is the unit that faults strike, `production/us-west`. `stop_signal` asks it to end
    in good order. With `restart`, it is started again whenever it exits unasked.
    """

    id: str
    site: str
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: Path
    log: Path
    stop_signal: int
    restart: bool


@dataclass(frozen=True, slots=True)
class Start:
    spec: ProcessSpec


@dataclass(frozen=True, slots=True)
class Stop:
    id: str
    grace_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """A one-shot tool; `stdin` is text given to it, None is an empty input.

    With `into`, all that it says goes into that new file, which only its owner can read.
    `gently`: it stands back for whoever else wants processor or disk.
    """

    site: str
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: Path
    timeout_s: float
    stdin: str | None = None
    into: Path | None = None
    gently: bool = False


@dataclass(frozen=True, slots=True)
class Processes:
    pass


@dataclass(frozen=True, slots=True)
class Kill:
    id: str


@dataclass(frozen=True, slots=True)
class LoseSite:
    site: str
    lease_s: float


@dataclass(frozen=True, slots=True)
class FreezeSite:
    site: str
    lease_s: float


@dataclass(frozen=True, slots=True)
class Renew:
    fault: str
    lease_s: float


@dataclass(frozen=True, slots=True)
class Undo:
    fault: str


@dataclass(frozen=True, slots=True)
class Shutdown:
    grace_s: float


Request = Start | Stop | Run | Processes | Kill | LoseSite | FreezeSite | Renew | Undo | Shutdown
_REQUESTS: tuple[type[Request], ...] = (
    Start, Stop, Run, Processes, Kill, LoseSite, FreezeSite, Renew, Undo, Shutdown,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A server process as the supervisor sees it.

    `state` is running, frozen, held (its site is lost or frozen), backoff (about to be started
    again) or stopped. `pid` and `started_at` (clock ticks since boot) are None when it does
    not live. Exit codes are minus the signal's number when a signal ended it.
    """

    id: str
    site: str
    pid: int | None
    started_at: int | None
    state: str
    restarts: int
    last_exit: int | None


@dataclass(frozen=True, slots=True)
class StartResult:
    """`held`: its site is lost or frozen, it is started when the fault is undone."""

    pid: int | None
    held: bool


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How a tool ended: `output` is the end of stdout and stderr together, up to 64 KiB.

    It is empty when the tool wrote into a file.
    """

    exit_code: int
    output: str
    timed_out: bool


@dataclass(frozen=True, slots=True)
class Hello:
    """The first event. `refusal` is why root could not show as nobody, None when all is well."""

    pid: int
    uid: int
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Started:
    id: str
    pid: int


@dataclass(frozen=True, slots=True)
class Exited:
    id: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """It exited unasked and was started again; `restarts` counts since it was first started."""

    id: str
    pid: int
    restarts: int


@dataclass(frozen=True, slots=True)
class FaultUndone:
    """`reason` is expired or asked."""

    fault: str
    site: str
    reason: str


Event = Hello | Started | Exited | Restarted | FaultUndone
_EVENTS: tuple[type[Event], ...] = (Hello, Started, Exited, Restarted, FaultUndone)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to request `number`: a value of JSON, or a sentence why not."""

    number: int
    value: Any = None
    error: str | None = None


# How fields that JSON cannot hold as they are come back.
_RESTORED: Mapping[str, Callable[[Any], Any]] = {
    "argv": tuple,
    "cwd": Path,
    "log": Path,
    "into": lambda given: None if given is None else Path(given),
    "spec": lambda fields: restore(ProcessSpec, fields),
}


def restore(kind: type[_T], fields: Mapping[str, Any]) -> _T:
    """The dataclass `kind` from its JSON object. Raises WireError when the fields differ."""
    try:
        return kind(
            **{name: _RESTORED.get(name, lambda same: same)(it) for name, it in fields.items()}
        )
    except (TypeError, AttributeError) as error:
        raise WireError(f"not a {kind.__name__}: {error}") from error


def plain(value: Any) -> dict[str, Any]:
    """A dataclass as an object for JSON."""
    return asdict(value)


def encode_request(number: int, request: Request) -> bytes:
    return _line({"number": number, "do": type(request).__name__, "with": plain(request)})


def decode_request(line: bytes) -> tuple[int, Request]:
    message = _object(line)
    kinds = {kind.__name__: kind for kind in _REQUESTS}
    number, kind = message.get("number"), kinds.get(str(message.get("do")))
    if kind is None or not isinstance(number, int):
        raise WireError(f"not a request: {line[:200]!r}")
    return number, restore(kind, message.get("with", {}))


def encode_answer(message: Reply | Event) -> bytes:
    return _line({"kind": type(message).__name__, "with": plain(message)})


def decode_answer(line: bytes) -> Reply | Event:
    message = _object(line)
    kinds: dict[str, type[Reply | Event]] = {kind.__name__: kind for kind in (Reply, *_EVENTS)}
    kind = kinds.get(str(message.get("kind")))
    if kind is None:
        raise WireError(f"neither a reply nor an event: {line[:200]!r}")
    return restore(kind, message.get("with", {}))


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, default=str, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise WireError(f"not a line of JSON: {line[:200]!r}") from error
    if not isinstance(message, dict):
        raise WireError(f"not an object: {line[:200]!r}")
    return message


class Lines:
    """Cuts a stream of bytes into lines; keeps what has no end yet."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        yield from whole
