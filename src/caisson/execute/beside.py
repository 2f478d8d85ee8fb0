"""A restored copy on this machine: its folder, its address and its process. Seen by nobody."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from caisson.execute.loopback import free_port
from caisson.execute.world import World
from caisson.targets.local.layout import write_private
from caisson.topology.model import Address


@dataclass(frozen=True, slots=True)
class CopyFolder:
    """Where a copy lies."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def done(self) -> Path:
        """A file that is there once the copy's files are whole."""
        return self.folder / "restored"

    def make(self) -> None:
        """Make it anew, with an empty folder for the data."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.data.mkdir(mode=0o700, parents=True)

    def address(self, world: World, replica_set: str, region: str) -> Address:
        """In the copy's region, on a port that was free when it was first asked for."""
        members = [world.component(m) for m in world.replica_set(replica_set).members]
        here = next((each for each in members if each.region == region), members[0])
        file = self.folder / "port"
        if not file.exists():
            write_private(file, str(free_port(here.address.host)))
        return Address(here.address.host, int(file.read_text("utf-8")))


def process_of(place: str) -> str:
    """The name of a copy's server for the supervisor."""
    return f"copies/{place}"


def stop(world: World, place: str, grace_s: float) -> None:
    """Stop a copy's server, if there is one."""
    process = process_of(place)
    if any(each.id == process for each in world.supervisor.processes()):
        world.supervisor.stop(process, grace_s)
