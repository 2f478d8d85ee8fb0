"""The process of a service: the same program in its site and beside a restored copy."""

import signal
from pathlib import Path

from caisson.execute.world import World
from caisson.targets.local.wire import ProcessSpec
from caisson.topology.model import Address


def service_process(
    world: World, service: str, name: str, region: str, address: Address, connections: Path
) -> ProcessSpec:
    """`name` is the process's own; it listens on `address` and reads `connections`."""
    return ProcessSpec(
        id=name,
        site=region,
        argv=tuple(world.estate.services[service].run),
        env={
            **world.environment(),
            "CAISSON_LISTEN": str(address),
            "CAISSON_CONNECTIONS": str(connections),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        },
        cwd=world.layout.root,
        log=world.layout.log(name),
        stop_signal=signal.SIGTERM,
        restart=True,
    )
