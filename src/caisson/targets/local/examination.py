"""What this machine has for the local target, and what an estate left behind. Changes nothing.

    tools · what the kernel allows · addresses · disk · who runs · what outlived whom

Who holds a lock is read from /proc/locks instead of trying the lock: a trial would make an
estate that starts at that moment believe that somebody else is up.
"""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import caisson
from caisson.targets.local import procfs
from caisson.targets.local.addresses import BLOCKS
from caisson.targets.local.binaries import BinaryError, find, package_folder
from caisson.targets.local.fetch import SERVERS
from caisson.targets.local.layout import Layout

# A fresh Postgres is about 40 MB and keeps up to 80 MB of WAL; an estate has a handful of them.
_NEEDED_BYTES = 1_000_000_000
_ANSWER_S = 10.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that was looked at. `remedy`, what to type, is there when it is a problem."""

    name: str
    found: str
    remedy: str | None = None

    @property
    def well(self) -> bool:
        return self.remedy is None


def machine(root: Path, needed: Collection[str] = SERVERS) -> Iterator[Condition]:
    """Look at the machine for an estate in `root` that runs the programs `needed`."""
    yield Condition("python", f"{platform.python_version()}  {sys.executable}")
    for program in SERVERS:
        yield _program(program, needed=program in needed)
    yield _user_namespaces()
    yield _loopback()
    yield _disk(root)


def left_behind(layout: Layout) -> Iterator[Condition]:
    """Look for the estate's controller, and for what outlived one; then at all address blocks."""
    controller = running_controller(layout)
    yield _controller(layout, controller)
    yield _processes(layout, controller)
    yield _blocks()


def _program(name: str, *, needed: bool) -> Condition:
    try:
        binary = find(name)
    except BinaryError as error:
        if not needed:
            return Condition(name, "not on this machine; this estate does not need it")
        return Condition(name, "not on this machine", getattr(error, "command", str(error)))
    unpacked = package_folder()
    ours = unpacked is not None and binary.path.is_relative_to(unpacked)
    origin = "unpacked by Caisson" if ours else "installed"
    return Condition(name, f"{binary.version}  {origin}  {binary.path}")


def _user_namespaces() -> Condition:
    """Root must be able to show itself as nobody: Postgres does not run as root."""
    name = "user"
    if os.geteuid() != 0:
        return Condition(name, "an ordinary user: servers run as you")
    trial = subprocess.run(
        [
            sys.executable,
            "-sSP",
            "-c",
            "from caisson.targets.local.spawning import enter_user_namespace as e; e()",
        ],
        env={"PYTHONPATH": str(Path(caisson.__file__).parents[1])},
        capture_output=True,
        timeout=_ANSWER_S,
        check=False,
    )
    if trial.returncode == 0:
        return Condition(name, "root, and servers are shown as nobody in a user namespace")
    return Condition(
        name,
        "root, and this machine lets root enter no user namespace: Postgres would not start",
        "run Caisson as an ordinary user",
    )


def _loopback() -> Condition:
    first, last = f"127.{BLOCKS.start}.1.1", f"127.{BLOCKS.stop - 1}.255.254"
    for host in (first, last):
        with socket.socket() as trial:
            try:
                trial.bind((host, 0))
            except OSError as error:
                return Condition(
                    "addresses",
                    f"{host} cannot be bound: {error.strerror}",
                    "sudo ip addr add 127.0.0.0/8 dev lo"
                    if sys.platform == "linux"
                    else f"sudo ifconfig lo0 alias {host} up",
                )
    return Condition("addresses", f"{first} to {last} can be bound")


def _disk(root: Path) -> Condition:
    free = shutil.disk_usage(root).free
    found = f"{free / 1e9:.1f} GB free for {root}"
    if free >= _NEEDED_BYTES:
        return Condition("disk", found)
    return Condition("disk", found, f"free {_NEEDED_BYTES / 1e9:g} GB, or put the estate elsewhere")


def _controller(layout: Layout, controller: int | None) -> Condition:
    recorded = layout.controller.exists()
    if controller is not None:
        url = f", console {found}" if (found := _recorded(layout.controller).get("url")) else ""
        return Condition("controller", f"up, process {controller}{url}")
    if recorded:
        return Condition(
            "controller",
            f"{layout.controller} is left from one that was killed",
            f"caisson down {layout.root}",
        )
    return Condition("controller", "down")


def _processes(layout: Layout, controller: int | None) -> Condition:
    living = [] if controller is not None else list(_living(layout.run / "processes.json"))
    if not living:
        return Condition("leftovers", "no server runs without a controller")
    return Condition(
        "leftovers",
        f"still running though no controller is: {', '.join(living)}",
        f"caisson down {layout.root}",
    )


def _living(record: Path) -> Iterator[str]:
    """The processes of a record that are still the same: `production/us-west/blocks (pid 7)`."""
    content = _recorded(record)
    if not content or content.get("boot_id") != procfs.boot_id():
        return
    for entry in (content["supervisor"], *content["processes"]):
        process = procfs.read(entry["pid"])
        if process and not process.dead and process.ticks == entry["started_at"]:
            yield f"{entry['id']} (pid {entry['pid']})"


def _recorded(file: Path) -> dict[str, Any]:
    """What a file of ours says; nothing when it is not there or is damaged."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def running_controller(layout: Layout) -> int | None:
    """The pid of the controller that holds the estate's state; None when none does."""
    return _holder(layout.state.with_name(f"{layout.state.name}.lock"))


def _blocks() -> Condition:
    folder = Path(tempfile.gettempdir()) / "caisson-addresses"
    held = {lock.stem: pid for lock in sorted(folder.glob("*.lock")) if (pid := _holder(lock))}
    if not held:
        return Condition("blocks", "no estate holds a block of addresses")
    by = "; ".join(f"{block} by process {pid}{_of(pid)}" for block, pid in held.items())
    if len(held) < len(BLOCKS):
        return Condition("blocks", f"held: {by}")
    return Condition("blocks", f"all are held: {by}", "bring one of these estates down")


def _of(pid: int) -> str:
    """Where a process works, when this user may see it."""
    try:
        return f" in {Path(f'/proc/{pid}/cwd').readlink()}"
    except OSError:
        return ""


def _holder(lock: Path) -> int | None:
    """Who holds a lock (flock) on a file; /proc/locks has `1: FLOCK … WRITE pid maj:min:inode`."""
    try:
        known = lock.stat()
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.replace("->", "").split()
        if fields[1] == "FLOCK" and int(fields[5].rsplit(":", 1)[1]) == known.st_ino:
            return int(fields[4])
    return None
