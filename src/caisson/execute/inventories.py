"""Writes the inventory of a repository into it, whenever it is made ready: before each backup."""

import threading
import time
from importlib.metadata import version
from pathlib import Path

from caisson.estate.loading import Loaded
from caisson.execute.errors import StepError
from caisson.execute.inventory import Inventory, inventory_of
from caisson.execute.repositories import PROGRAM, Repositories
from caisson.systems.pgbackrest import beside
from caisson.systems.pgbackrest.files import Commands
from caisson.systems.pgbackrest.problems import explain

_PUT_S = 60.0
# The program whose version is that of a system's data.
_SERVERS = {"postgres": "postgres", "redis": "redis-server"}


def texts_of(loaded: Loaded) -> dict[str, str]:
    """The estate's files and the schemas that they name, by their paths from its folder."""
    written = {Path(source.file) for source in loaded.sources.places.values()}
    schemas = {store.schema_ for store in loaded.estate.stores.values() if store.schema_}
    files = sorted({*written, *(loaded.root / each for each in schemas)})
    return {_name(each, loaded.root): each.read_text("utf-8") for each in files}


def _name(file: Path, root: Path) -> str:
    whole, folder = file.resolve(), root.resolve()
    return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else file.name


class Inventories:
    """Thread-safe: pgBackRest writes a file under one name beside it before it renames that."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self._lock = threading.Lock()

    def write(self, site: str, replica_set: str, commands: Commands) -> None:
        """Put it in place of the one before, from `site`; StepError when that cannot be done."""
        world = self._repositories.world
        text = beside.sealed(self._inventory(replica_set).model_dump_json(indent=1))
        with self._lock:
            result = world.supervisor.run(
                site,
                beside.put(commands, self._repositories.where(replica_set)),
                env=world.environment(PROGRAM),
                cwd=world.layout.home,
                timeout_s=_PUT_S,
                stdin=text,
            )
        if result.timed_out:
            raise StepError(f"the inventory of {replica_set}: not written within {_PUT_S:g} s")
        if result.exit_code != 0:
            raise StepError(f"the inventory: {explain(result.exit_code, result.output)}")

    def _inventory(self, replica_set: str) -> Inventory:
        world = self._repositories.world
        found = world.replica_set(replica_set)
        return inventory_of(
            world.topology,
            f"{found.environment}/{found.jurisdiction}",
            versions={
                system: world.programs[program].version
                for system, program in _SERVERS.items()
                if program in world.programs
            },
            files=world.texts,
            caisson=version("caisson"),
            now=time.time(),
        )
