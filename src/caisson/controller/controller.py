"""One estate, up: from loading it to stopping its last process."""

import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from caisson.console import server as console
from caisson.controller import buckets
from caisson.controller.adoption import Adoption
from caisson.controller.backups import Backups
from caisson.controller.drills import Drills
from caisson.controller.events import Event, Events
from caisson.controller.guardian import Guardian
from caisson.controller.observer import Observer
from caisson.controller.operations import Operations
from caisson.controller.promises import Promises
from caisson.controller.provisioning import provision_plan
from caisson.controller.recovery_points import RecoveryPoints
from caisson.controller.requests import Requests
from caisson.controller.restore_drills import RestoreDrills
from caisson.controller.snapshot import Snapshots
from caisson.controller.tenants import TenantRestores
from caisson.estate.loading import Loaded
from caisson.execute.errors import BinariesMissing
from caisson.execute.executor import Executor, Progress
from caisson.execute.inventories import texts_of
from caisson.execute.leases import Leases
from caisson.execute.performer import Performer
from caisson.execute.world import World, programs_for
from caisson.ledger.ledger import Ledger
from caisson.plan.names import environment_of
from caisson.state.journal import Operation, OperationState
from caisson.state.state import State, open_state
from caisson.targets.local.addresses import BlockLock, lock_block
from caisson.targets.local.binaries import Binary
from caisson.targets.local.layout import Layout, write_private
from caisson.targets.local.secrets import Secrets
from caisson.targets.local.supervision import Gone, Supervisor, SupervisorError, sweep
from caisson.targets.local.wire import Event as SupervisorEvent
from caisson.tenants.directory import Directory
from caisson.topology.model import Topology
from caisson.topology.part import in_environment
from caisson.topology.resolve import resolve

_BLOCK = "local/block"
_STOP_S = 6.0
_BEGUN_ANEW = ("provision", "backup", "restore")
LOCAL_SYSTEMS = ("postgres", "redis", "memcached")


class CannotRun(Exception):  # noqa: N818 - says what is so
    """The estate cannot be run here, for these reasons; nothing was started."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class ProvisionFailed(Exception):  # noqa: N818
    """Something did not come up; everything was stopped again."""


class SupervisorGone(Exception):  # noqa: N818
    """The supervisor was killed or died, and every server of the estate with it."""


class Stopped(Exception):  # noqa: N818
    """Somebody asked to stop while the estate came up."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Whom the controller tells what happens; called from its threads."""

    progress: Progress
    event: Callable[[Event], None]


class Controller:
    """Make it, `start` it, `wait`, and always `stop` it."""

    def __init__(self, loaded: Loaded, environment: str | None, tell: Tell) -> None:
        self._loaded = loaded
        self._layout = Layout(loaded.root.resolve())
        self._tell = tell
        _refuse_what_cannot_run(loaded)
        for folder in (self._layout.run, self._layout.log("supervisor").parent):
            folder.mkdir(parents=True, exist_ok=True)
        self._layout.home.chmod(0o700)
        self._layout.open_repositories()  # after a drill that was killed
        self._stop_asked = threading.Event()
        self._state: State = open_state(self._layout.state_place)
        self._state.acquire_exclusive()
        sweep(self._record)
        self._block, topology = self._place(environment)
        directory = Directory(self._state.database)
        _refuse_moved_tenants(topology, directory)
        programs = _programs_for(topology)
        directory.settle(topology.tenants)
        self._supervisor = Supervisor.launch(self._layout.run, self._layout.log("supervisor"))
        self._build(topology, directory, programs)

    @property
    def _record(self) -> Path:
        """What a supervisor that was killed owned."""
        return self._layout.run / "processes.json"

    def _place(self, environment: str | None) -> tuple[BlockLock, Topology]:
        """Take a block of addresses, the one used before where it is free, and keep it."""

        def topology(block: int) -> Topology:
            whole = resolve(self._loaded.estate, self._loaded.sources, block)
            return whole if environment is None else in_environment(whole, environment)

        lock = lock_block(
            self._state.settings.get(_BLOCK),
            lambda block: [c.address for c in topology(block).components],
        )
        self._state.settings.put(_BLOCK, lock.block)
        return lock, topology(lock.block)

    def _build(self, topology: Topology, directory: Directory, programs: dict[str, Binary]) -> None:
        self.events = Events(self._tell.event)
        self._world = World(
            self._loaded.estate,
            topology,
            self._layout,
            Secrets(self._layout.secrets),
            self._supervisor,
            directory,
            programs,
            texts_of(self._loaded),
        )
        self._leases = Leases()
        performer = Performer(self._world, self._leases)
        self._observer = Observer(self._world, performer)
        self._executor = Executor(performer, self._state.journal, self._progress)
        ledger = Ledger(self._state.database, self._layout.home / "ledger.head")
        self._promises = Promises(self._loaded, topology, ledger)
        self._operations = Operations(
            self._world,
            self._observer,
            self._executor,
            self.events,
            self._promises.record_operation,
        )
        self._drills = Drills(
            self._world, self._state.settings, self._observer, self._operations, self.events
        )
        self._backups = Backups(
            self._world,
            performer,
            self._observer,
            self._operations,
            self._promises,
            self.events,
            self._state.settings,
        )
        self._restore_drills = RestoreDrills(self._world, performer, self._backups, self._drills)
        self._tenants = TenantRestores(self._world, performer, self._backups, self._operations)
        self._drills.clear = self._restore_drills.clear
        self._adoption = Adoption(
            self._world, performer, self._observer, self._operations, self._drills
        )
        self._guardian = Guardian(
            world=self._world,
            performer=performer,
            leases=self._leases,
            observer=self._observer,
            operations=self._operations,
            drills=self._drills,
            backups=self._backups,
            events=self.events,
        )
        self._snapshots = Snapshots(
            self._world,
            self._observer,
            self._state.journal,
            self._drills,
            self._backups,
            self.events,
        )
        self.url = ""

    # -- what the console asks ------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        return self._snapshots.document(self._promises.board(), self.url)

    def drill_report(self, drill: str) -> dict[str, Any] | None:
        return next((d.result for d in self._drills.all() if d.id == drill), None)

    def _progress(self, operation: str, step: str, state: str) -> None:
        """Between two steps of coming up is a good moment to stop."""
        if self._stop_asked.is_set() and self._snapshots.state == "starting":
            raise Stopped
        self._tell.progress(operation, step, state)

    # -- life -----------------------------------------------------------------------------

    def start(self) -> Operation:
        """Bring everything up, finish what was interrupted, then watch. Raises ProvisionFailed."""
        if self._supervisor.refusal:
            raise CannotRun(
                f"as root, servers must not show as root: {self._supervisor.refusal}",
                "run `caisson up` as an ordinary user",
            )
        self._open_console()
        self._abandon_what_begins_anew()
        unfinished = self._state.journal.unfinished()
        done = self._executor.run(
            provision_plan(self._world.topology, self._world.directory.facts(), unfinished)
        )
        if done.state is not OperationState.DONE:
            raise ProvisionFailed(str(done.measurements.get("why")))
        self._observer.start()
        self._resume(unfinished)
        self._promises.record_proofs()
        self._wait_until_seen()
        self._guardian.start()
        self._snapshots.state = "up"
        return done

    def _resume(self, unfinished: list[Operation]) -> None:
        """Those of one environment one after the other, environments side by side."""
        by_environment: dict[str, list[Operation]] = {}
        for operation in unfinished:
            by_environment.setdefault(environment_of(operation.subject), []).append(operation)
        with ThreadPoolExecutor(max(1, len(by_environment)), "resume") as pool:
            list(pool.map(self._resume_each, by_environment.values()))

    def _resume_each(self, operations: list[Operation]) -> None:
        for operation in operations:
            self._operations.resume(operation)

    def wait(self) -> str:
        """Block until asked to stop; returns why. Raises SupervisorGone when that ends first."""
        events = self._supervisor.events()
        threading.Thread(target=self._notice_end, args=(events,), daemon=True).start()
        self._stop_asked.wait()
        if self._supervisor_gone:
            raise SupervisorGone(f"the supervisor has ended (see {self._layout.log('supervisor')})")
        return self._why

    _why = "asked to stop"
    _supervisor_gone = False

    def ask_to_stop(self, why: str = "asked to stop") -> None:
        """May be called from a signal handler."""
        self._why = why
        self._stop_asked.set()
        if self._snapshots.state == "starting":  # the step under way ends, whatever it waits for
            threading.Thread(target=self._stop_servers, name="stop", daemon=True).start()

    def stop(self) -> None:
        """Stop every process and let go of everything; may be called at any time."""
        self._snapshots.state = "stopping"
        if self.url:
            self._console.close()
        self._guardian.stop()
        self._observer.stop()
        self._leases.close()
        self._stop_servers()
        self._layout.controller.unlink(missing_ok=True)
        self._block.close()
        self._state.close()

    def _stop_servers(self) -> None:
        try:
            self._supervisor.shutdown(_STOP_S)
        except SupervisorError:  # it was stopped already, or killed
            self._supervisor.close()
            sweep(self._record)

    def _notice_end(self, events: SimpleQueue[SupervisorEvent | Gone]) -> None:
        while not isinstance(events.get(), Gone):
            pass
        self._supervisor_gone = not self._stop_asked.is_set()
        self._stop_asked.set()

    def _open_console(self) -> None:
        token = secrets.token_urlsafe(32)
        requests = Requests(
            self._world.index,
            self._operations,
            self._drills,
            self._backups,
            RecoveryPoints(self._world, self._backups),
            self._restore_drills,
            self._tenants,
            self._adoption,
            self._promises,
            self.ask_to_stop,
        )
        app = console.make_app(self, token, requests)
        self._console = console.serve_in_thread(app, "127.0.0.1", 0)
        self.url = self._console.url
        write_private(
            self._layout.controller,
            json.dumps({"url": self.url, "token": token, "pid": os.getpid()}),
        )

    def _abandon_what_begins_anew(self) -> None:
        """An interrupted `up` is not resumed but planned anew: the estate may have changed.

        Nor is what went on beside: the next backup goes on with what was copied, and of a copy
        that was not restored to its end nothing is worth keeping.
        """
        for operation in self._state.journal.unfinished():
            if operation.verb in _BEGUN_ANEW:
                self._state.journal.finish(operation.id, OperationState.ABANDONED)
        shutil.rmtree(self._layout.copies, ignore_errors=True)
        self._layout.forget_passing()

    def _wait_until_seen(self) -> None:
        """The guardian must not judge by what was not looked at yet."""
        deadline = time.monotonic() + 5.0
        components = [c.id for c in self._world.topology.components]
        while time.monotonic() < deadline:
            if all(self._observer.sight(c).answers for c in components):
                return
            time.sleep(0.05)


def _refuse_what_cannot_run(loaded: Loaded) -> None:
    cannot = [
        f"{loaded.sources.at('stores', name)}: the local target does not run {store.system}"
        f" (store `{name}`); it runs {', '.join(LOCAL_SYSTEMS)}"
        for name, store in loaded.estate.stores.items()
        if store.system not in LOCAL_SYSTEMS
    ]
    if not loaded.estate.jurisdictions:
        cannot.append(f"{loaded.sources.whole}: there are no jurisdictions, so there is no site")
    cannot += [
        f"{loaded.sources.at('jurisdictions', name, 'standby')}: the standby of {name} would be in"
        f" {standby}, which belongs to {region.jurisdiction}: its data would leave {name}, and a"
        f" store there would hold the data of two; name a region with `jurisdiction: {name}`"
        for name, jurisdiction in loaded.estate.jurisdictions.items()
        if (standby := jurisdiction.standby) is not None
        and (region := loaded.estate.regions[standby]).jurisdiction != name
    ]
    cannot += buckets.refusals(loaded, os.environ)
    if cannot:
        raise CannotRun(*cannot)


def _programs_for(topology: Topology) -> dict[str, Binary]:
    try:
        return programs_for(topology)
    except BinariesMissing as error:
        raise CannotRun(*error.reasons) from error


def _refuse_moved_tenants(topology: Topology, directory: Directory) -> None:
    """A tenant whose data lies elsewhere would find nothing in its new home."""
    sources = {(t.environment, t.name): t.source for t in topology.tenants}
    cannot = [
        f"{sources[was.environment, was.tenant]}: {was.environment}: the data of `{was.tenant}` is"
        f" in {was.jurisdiction} (shard {was.shard}), and the estate now says {now.jurisdiction}"
        f" (shard {now.shard}); declare its home and the store's shards as they were"
        for was, now in ((c.recorded, c.declared) for c in directory.conflicts(topology.tenants))
    ]
    if cannot:
        raise CannotRun(*cannot)
