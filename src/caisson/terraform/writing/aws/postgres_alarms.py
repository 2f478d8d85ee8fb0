"""Alarms on Postgres: while there is time to act, and when the standby is further behind than
what was promised.
"""

from collections.abc import Iterator

from caisson.estate.model import Estate, Lose, LoseRegion
from caisson.terraform.writing.aws import postgres
from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.sizes import instance_class, memory_gib
from caisson.terraform.writing.aws.stores import StoreHere, in_places
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block

_NAMESPACE = "AWS/RDS"
_GIB = 1 << 30
_CPU_PERCENT = 80
_FREE_GIB = 5
# What RDS allows unless told otherwise, "Maximum number of database connections":
# LEAST({DBInstanceClassMemory/9531392}, 5000). Of the machine's memory the class has most.
_BYTES_FOR_CONNECTION, _MOST_CONNECTIONS, _OF_MACHINE = 9_531_392, 5_000, 0.9
_CONNECTIONS_PART = 0.8
# Without a promise: what RDS needs at most to send on what a quiet database wrote.
_QUIET_S = 300.0


def write(area: Area, plan: Blueprint) -> Iterator[Block]:
    for each in plan.replica_sets(area, "postgres"):
        home, *standbys = in_places(postgres.FILE, area, each.store, plan)
        for here in (home, *standbys):
            yield from _of_database(here)
        for here in standbys:
            yield _behind(here)


def _of_database(here: StoreHere) -> Iterator[Block]:
    yield here.alarm(
        "cpu",
        _watch(here, "CPUUtilization", _CPU_PERCENT),
        f"{here.name} has been busy for a quarter of an hour: look at its slowest queries.",
    )
    yield here.alarm(
        "storage",
        _watch(here, "FreeStorageSpace", _FREE_GIB * _GIB, above=False),
        f"The disk of {here.name} is nearly full, and has grown as far as it may.",
    )
    yield here.alarm(
        "connections",
        _watch(here, "DatabaseConnections", _most_connections(here)),
        f"{here.name} will soon take no more connections: something holds them.",
    )


def _behind(here: StoreHere) -> Block:
    rpo_s = promised_rpo_s(here.plan.estate)
    # RDS counts from the last commit: of a quiet database the figure climbs, and falls back once
    # RDS writes by itself, which it does every five minutes. So the least of ten is taken.
    watch = Watch(
        _NAMESPACE,
        "ReplicaLag",
        {"DBInstanceIdentifier": here.called()},
        rpo_s,
        statistic="Minimum",
        minutes=10,
        times=1,
        missing="breaching",
    )
    about = (
        f"{here.name} in {here.place.site} is behind by more than {rpo_s:g} s: do not fail over."
    )
    return here.alarm("lag", watch, about)


def promised_rpo_s(estate: Estate) -> float:
    """Return the shortest time whose writes may be lost with a region."""
    promised = (
        each.rpo
        for each in estate.promises
        if isinstance(each, LoseRegion) or (isinstance(each, Lose) and each.lose == "region")
    )
    return min(promised, default=_QUIET_S)


def _watch(here: StoreHere, metric: str, limit: float, *, above: bool = True) -> Watch:
    dimensions = {"DBInstanceIdentifier": here.called()}
    return Watch(_NAMESPACE, metric, dimensions, limit, above=above)


def _most_connections(here: StoreHere) -> int:
    name = instance_class(here.plan, here.place.environment, "postgres")
    memory_bytes = memory_gib(name) * _GIB * _OF_MACHINE
    allowed = min(memory_bytes / _BYTES_FOR_CONNECTION, _MOST_CONNECTIONS)
    return int(allowed * _CONNECTIONS_PART)
