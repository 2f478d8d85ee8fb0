"""A restored copy on this machine: its folder, its address and its process. Seen by nobody."""

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from caisson.execute.repositories import Repositories
from caisson.execute.world import World
from caisson.targets.local.layout import write_private
from caisson.topology.model import Address

_STOP_S = 5.0


@dataclass(frozen=True, slots=True)
class Beside:
    """One copy of a replica set; it lies, and runs, in the repository's region."""

    repositories: Repositories
    replica_set: str
    place: str

    @property
    def folder(self) -> Path:
        return self.repositories.world.layout.copies / self.place

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def done(self) -> Path:
        """A file that is there once the copy's files are whole."""
        return self.folder / "restored"

    @property
    def process(self) -> str:
        return _process(self.place)

    @property
    def region(self) -> str:
        return self.repositories.region_of(self.replica_set)

    @property
    def address(self) -> Address:
        """On a port that was free when it was first asked for."""
        world = self.repositories.world
        members = [world.component(m) for m in world.replica_set(self.replica_set).members]
        here = next((each for each in members if each.region == self.region), members[0])
        file = self.folder / "port"
        if not file.exists():
            write_private(file, str(_free_port(here.address.host)))
        return Address(here.address.host, int(file.read_text("utf-8")))

    def make(self) -> None:
        """Make its folder anew, with an empty one for its data."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.data.mkdir(mode=0o700, parents=True)


def discard(world: World, place: str) -> None:
    """Stop a copy of that name, and take its files away."""
    process = _process(place)
    if any(each.id == process for each in world.supervisor.processes()):
        world.supervisor.stop(process, _STOP_S)
    shutil.rmtree(world.layout.copies / place, ignore_errors=True)


def _process(place: str) -> str:
    return f"copies/{place}"


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
