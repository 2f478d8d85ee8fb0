"""A repository opened with its key on a machine that knows nothing else: what is in it.

place, key ──▶ pgbackrest.conf (0600, in a private folder that goes) ──▶ stores, backups, inventory
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from caisson.execute.errors import StepError
from caisson.execute.inventory import Inventory, read_inventory
from caisson.systems.pgbackrest import beside, files
from caisson.systems.pgbackrest.answers import Archive, Stanza, read_info, read_listing
from caisson.systems.pgbackrest.files import Commands, Folders, Member, Options
from caisson.systems.pgbackrest.problems import Trouble, explain, explain_status
from caisson.systems.pgbackrest.repository import Access, Repository
from caisson.targets.local.binaries import Binary
from caisson.targets.local.layout import Layout, write_private

_QUERY_S = 300.0


class CannotOpen(Exception):  # noqa: N818 - says what is so
    """There is no repository, or the key is another's; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Opened:
    """`name` is the place as it may be shown.

    `work` is private and lasts no longer than what is done; it holds the key meanwhile.
    """

    place: Repository
    name: str
    access: Access
    key: str
    work: Layout
    program: Binary

    @property
    def environment(self) -> dict[str, str]:
        """The variables of every program that is run."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(self.work.root),
            "TMPDIR": str(self.work.root),
            **dict(self.program.environment),
        }

    def commands(self, store: str, data: Path | None = None) -> Commands:
        """Write the configuration by which a store is restored into `data`."""
        own = self.work.conf(store)
        folders = Folders(str(own), str(self.work.pgbackrest(store)))
        for folder in (folders.shared, folders.log):
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        text = files.pgbackrest_conf(
            store,
            (Member(str(data or own / "nothing")),),
            self.place,
            folders,
            Options(keep_s=0.0),
            key=self.key,
            access=self.access,
        )
        write_private(own / "pgbackrest.conf", text)
        return Commands(str(self.program.path), str(own / "pgbackrest.conf"), store)

    def stores(self) -> tuple[str, ...]:
        """The stores that have a folder of backups; raise CannotOpen where there is none."""
        if self.place.kind == "posix" and not Path(self.place.path).is_dir():
            raise CannotOpen(f"there is no folder {self.place.path}")
        listed = json.loads(self._ask(beside.stores(self.commands("any"))) or "{}")
        found = tuple(
            sorted(n for n, told in listed.items() if told["type"] == "path" and n != ".")
        )
        if not found:
            raise CannotOpen(f"no backups are in {self.name}{_below(self.place)}")
        return found

    def inventory(self) -> Inventory | None:
        """None where none was written; InventoryUnknown, BesideDamaged or StepError otherwise."""
        text = self._ask(beside.get(self.commands("any"), self.place), absent=1)
        return read_inventory(beside.opened(text)) if text else None

    def stanza(self, store: str) -> Stanza:
        """Every backup of a store; raise CannotOpen when the key does not fit."""
        told = read_info(self._ask(self.commands(store).info()), store)
        if told.problem:
            problem = explain_status(told.problem)
            if problem.trouble is Trouble.KEY:
                raise CannotOpen("the key is not that of this repository")
            raise StepError(str(problem))
        return told

    def archives(self, store: str) -> tuple[Archive, ...]:
        """The WAL of a store, by file names."""
        return read_listing(self._ask(self.commands(store).listing()))

    def _ask(self, argv: tuple[str, ...], absent: int = 0) -> str:
        """Run what only reads; however much it says, all of it is returned."""
        try:
            done = subprocess.run(
                argv,
                env=self.environment,
                cwd=self.work.root,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_QUERY_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise StepError(f"the repository does not answer within {_QUERY_S:g} s") from error
        said = done.stdout.decode(errors="replace")
        if done.returncode not in (0, absent):
            output = said + done.stderr.decode(errors="replace")
            raise StepError(str(explain(done.returncode, output)))
        return said


def _below(place: Repository) -> str:
    """Which repositories are below a folder that is none itself."""
    if found := list(_repositories_below(place)):
        return f"; name one of those below it: {', '.join(found)}"
    return ": name the folder or URL that ends with ENVIRONMENT/JURISDICTION"


def _repositories_below(place: Repository) -> Iterator[str]:
    if place.kind == "posix":
        found = {
            each.parent
            for depth in range(1, 4)
            for each in Path(place.path).glob("*/" * depth + "backup")
        }
        yield from map(str, sorted(found))
