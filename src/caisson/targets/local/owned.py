"""What a supervisor keeps in mind: the processes that it owns, and the faults that it holds.

Times are of the monotonic clock, in seconds. Only the standard library is imported: the
supervisor starts with this.
"""

from dataclasses import dataclass, field

from caisson.targets.local import wire


@dataclass(slots=True)
class Body:
    """A living process; `leftovers` are its descendants that outlived it, until they are gone."""

    site: str
    pid: int
    ticks: int
    began: float
    exit_code: int | None = None
    leftovers: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Server:
    """A server process as last specified; `body` while it lives."""

    spec: wire.ProcessSpec
    wanted: bool = True
    body: Body | None = None
    restarts: int = 0
    last_exit: int | None = None
    delay_s: float = 0.0
    restart_at: float | None = None
    kill_at: float | None = None
    stops: list[int] = field(default_factory=list)  # requests to answer when it is gone


@dataclass(slots=True)
class Tool:
    """A one-shot program; `request` is answered when it is gone.

    `pipe` is where its output comes from, None when that goes into a file.
    """

    request: int
    body: Body
    pipe: int | None
    kill_at: float
    output: bytearray = field(default_factory=bytearray)
    timed_out: bool = False


@dataclass(slots=True)
class Fault:
    """`kind` is lost or frozen; held until `expires`."""

    id: str
    kind: str
    site: str
    expires: float
