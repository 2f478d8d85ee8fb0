"""What is backed up on this machine, by which system, and with which programs."""

from collections.abc import Mapping

from caisson.topology.backups import BackedUp
from caisson.topology.model import Topology

# The programs besides a system's own that its backups take.
ENGINES: Mapping[str, tuple[str, ...]] = {
    "postgres": ("pgbackrest",),
    "redis": ("restic", "redis-cli", "redis-check-rdb"),
}


def backed_up_here(topology: Topology) -> dict[str, tuple[BackedUp, str]]:
    """Return how each replica set is backed up that has an engine, and its system, by its id."""
    system = {each.id: each.system for each in topology.replica_sets}
    return {
        each.id: (each, system[each.id])
        for each in topology.backed_up
        if system[each.id] in ENGINES
    }


def programs_of(systems: set[str]) -> tuple[str, ...]:
    """Return the programs that back up stores of these systems."""
    return tuple(name for system in sorted(systems) for name in ENGINES.get(system, ()))
