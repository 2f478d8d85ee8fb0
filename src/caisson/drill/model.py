"""What a drill is asked to do, and what it acts through."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from caisson.drill.stale import OldPrimary
from caisson.estate.model import LoseRegion, Probe

FAULTS = ("lose-region", "freeze-region", "kill")


class Estate(Protocol):
    """The running estate, as a drill reaches it: through its controller, like anybody else."""

    def snapshot(self) -> dict[str, Any]:
        """The console's snapshot."""

    def begin(self, fault: str, subject: str) -> str:
        """Announce the drill; returns its id."""

    def strike(self, drill: str) -> None:
        """Cause the fault."""

    def renew(self, drill: str) -> None:
        """Hold the fault for another term, if it is still held; never raises."""

    def undo(self, drill: str) -> None:
        """End the fault."""

    def failback(self, environment: str, region: str) -> dict[str, Any]:
        """Return a jurisdiction's primaries to their home region."""

    def end(self, drill: str, result: dict[str, Any], evidence: list[dict[str, Any]]) -> None:
        """Hand in the report and what of it is evidence."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What each group saw in the last second: name, acknowledged, errors, expected."""

    groups: tuple[tuple[str, int, int, float], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """`subject` is a region, or for `kill` a component; measured is one environment.

    `struck` are the tenants of the jurisdiction that is hit, `others` those of all others.
    `writes` is the folder of the writes ledger, None where nothing is ever restored by it.
    """

    fault: str
    subject: str
    environment: str
    region: str
    edge: str
    probe: Probe
    struck: tuple[str, ...]
    others: tuple[str, ...]
    promises: tuple[LoseRegion, ...]
    old_primaries: tuple[OldPrimary, ...]
    replication: dict[str, str]
    per_second: float = 40.0
    writes: Path | None = None
