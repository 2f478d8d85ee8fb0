"""A restored copy of a replica set, as those see it who ask it something."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from caisson.systems.postgres.session import Session
from caisson.topology.model import Address


@dataclass(frozen=True, slots=True)
class RestoredCopy:
    """A copy that runs, and whose recovery has ended.

    `process` is its server's name for the supervisor; what runs for the copy has a name below it.
    `recovered_at`, in seconds since the epoch, is when its recovery had ended: what was archived
    later it has not seen. `session` opens the controller's own session with the store's database.
    """

    replica_set: str
    process: str
    region: str
    folder: Path
    address: Address
    recovered_at: float
    session: Callable[[], Session]
