"""What the performers act on: one estate on this machine, with its directory and its servers."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from caisson.estate.model import Estate
from caisson.execute.engines import backed_up_here, programs_of
from caisson.execute.errors import BinariesMissing, GivenUp, StepError
from caisson.targets.local import binaries
from caisson.targets.local.layout import Layout
from caisson.targets.local.secrets import Secrets
from caisson.targets.local.supervision import Supervisor
from caisson.targets.local.wire import ProcessSpec, ToolResult
from caisson.tenants.directory import Directory
from caisson.topology.model import Component, ReplicaSet, Topology
from caisson.topology.query import Index

# What it takes to run a system, from its first start to a rejoin after a failover.
PROGRAMS = {
    "postgres": ("postgres", "initdb", "pg_basebackup", "pg_rewind", "pg_waldump"),
    "redis": ("redis-server",),
    "memcached": ("memcached",),
    "haproxy": ("haproxy",),
    "service": (),
}

_T = TypeVar("_T")
_TOOL_S = 120.0
_CRASHES = 3  # a process that ends so often while it starts will not come up


@dataclass
class World:
    """Everything that one controller owns. `programs` are found once, their versions checked.

    `texts` are the estate's files as they were loaded, by their paths from its folder.
    """

    estate: Estate
    topology: Topology
    layout: Layout
    secrets: Secrets
    supervisor: Supervisor
    directory: Directory
    programs: dict[str, binaries.Binary] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def index(self) -> Index:
        return Index.of(self.topology)

    def component(self, component: str) -> Component:
        return self.index.component[component]

    def replica_set(self, replica_set: str) -> ReplicaSet:
        return self.index.replica_set[replica_set]

    def program(self, name: str) -> str:
        """The absolute path of a server program."""
        if name not in self.programs:
            self.programs[name] = binaries.find(name)
        return str(self.programs[name].path)

    def environment(self, *programs: str) -> dict[str, str]:
        """The variables of a server process: few, and the same on every machine."""
        extra = [pair for name in programs for pair in self.programs[name].environment]
        here = str(Path(sys.executable).parent)
        return {
            "PATH": f"{here}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(self.layout.run),
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108 - what servers default to
            **dict(extra),
        }

    def start(self, spec: ProcessSpec) -> str:
        """Start a server process and keep it running; refused while its region is down."""
        spec.log.parent.mkdir(parents=True, exist_ok=True)
        result = self.supervisor.start(spec)
        if result.held:
            raise StepError(f"{spec.id}: its region is down")
        return f"pid {result.pid}"

    def start_until(
        self, spec: ProcessSpec, ready: Callable[[], object | None], timeout_s: float
    ) -> str:
        """Start a process and wait until `ready` returns something; GivenUp names its log."""
        started = self.start(spec)
        before = self.restarts(spec.id)

        def stands() -> object | None:
            if self.restarts(spec.id) - before >= _CRASHES:
                raise GivenUp(f"{spec.id} ends again and again while it starts: see {spec.log}")
            return ready()

        wait_for(f"{spec.id} is ready (see {spec.log})", stands, timeout_s)
        return started

    def restarts(self, component: str) -> int:
        """How often a process was started again after it had ended by itself."""
        return next(p.restarts for p in self.supervisor.processes() if p.id == component)

    def variables_of(self, program: str) -> dict[str, str]:
        """The variables that a program of this machine needs besides."""
        self.program(program)
        return dict(self.programs[program].environment)

    def run_tool(
        self,
        site: str,
        program: str,
        *argv: str,
        more: Mapping[str, str] | None = None,
        timeout_s: float = _TOOL_S,
        into: Path | None = None,
        gently: bool = False,
    ) -> ToolResult:
        """Run a server's own tool to its end, under the supervisor's ownership.

        `into` is a new file for all of its output, of which otherwise the end is kept.
        `gently`: it stands back for whoever else wants processor or disk.
        """
        return self.supervisor.run(
            site,
            argv,
            env=self.environment(program) | dict(more or {}),
            cwd=self.layout.home,
            timeout_s=timeout_s,
            into=into,
            gently=gently,
        )


def programs_for(topology: Topology) -> dict[str, binaries.Binary]:
    """Every program that the topology's components need. Raises BinariesMissing with all."""
    found: dict[str, binaries.Binary] = {}
    missing: list[str] = []
    for name in _needed(topology):
        try:
            found[name] = binaries.find(name)
        except binaries.BinaryMissingError as error:
            missing.append(str(error))
    if missing:
        raise BinariesMissing(missing)
    return found


def _needed(topology: Topology) -> Iterator[str]:
    for system in sorted({component.system for component in topology.components}):
        yield from PROGRAMS[system]
    yield from programs_of({system for _, system in backed_up_here(topology).values()})


def wait_for(
    what: str, probe: Callable[[], _T | None], timeout_s: float, pause_s: float = 0.05
) -> _T:
    """Call `probe` until it returns something; raise GivenUp with `what` after the time."""
    deadline = time.monotonic() + timeout_s
    while (found := probe()) is None:
        if time.monotonic() > deadline:
            raise GivenUp(f"{what}: not within {timeout_s:g} s")
        time.sleep(pause_s)
    return found
