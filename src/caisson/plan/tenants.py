"""Restore of tenants: as they were at a moment, while all others go on.

The store is restored beside what runs, as by any restore; then the rows that the copy has of
these tenants come in place of theirs. What is replaced is kept, and can be brought back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from caisson.plan.model import (
    ForgetReplaced,
    MergeTenants,
    Plan,
    Refusal,
    RevertTenants,
    Step,
)

Shards = Mapping[int, Sequence[str]]  # the names of tenants, by their shard


@dataclass(frozen=True, slots=True)
class Reached:
    """The tables of a shard whose rows are tenants', and those that nobody touches."""

    tenants: tuple[str, ...]
    others: tuple[str, ...]


def plan_tenants(restore: Plan, tenants: Shards, kept: str, reached: Reached) -> Plan:
    """The plan of a restore, with its copy merged into what runs before it is discarded.

    What is replaced is kept under the name `kept`. A shard that cannot be merged ends the
    operation; the tenants of those before stay restored.
    """
    replica_set, place = restore.subject, _place(restore)
    merges = tuple(
        Step(
            f"merge {_count(names)} into shard_{shard}",
            (MergeTenants(replica_set, place, shard, ",".join(names), kept),),
        )
        for shard, names in sorted(tenants.items())
    )
    asked = restore.no_return
    return replace(
        restore,
        steps=(*restore.steps[:asked], *merges, *restore.steps[asked:]),
        blast_radius=(*_reaches(tenants, reached), "the copy needs as much disk as the store"),
        no_return=asked + len(merges),
    )


def plan_undo(
    replica_set: str, operation: str, undoes: str, tenants: Shards, kept: str, reached: Reached
) -> Plan | Refusal:
    """Put back what `operation` replaced; what makes way is kept likewise."""
    if not tenants:
        return Refusal(
            "restore",
            replica_set,
            (f"nothing is kept of what {operation} replaced: it was undone, or forgotten",),
            "restore the tenants to a moment instead",
        )
    return Plan(
        "restore",
        replica_set,
        tuple(
            Step(
                f"put {_count(names)} of shard_{shard} back",
                (RevertTenants(replica_set, shard, ",".join(names), undoes, kept),),
            )
            for shard, names in sorted(tenants.items())
        ),
        blast_radius=_reaches(tenants, reached),
    )


def plan_forget(replica_set: str, operation: str, kept: str) -> Plan:
    """Take away what `operation` replaced."""
    return Plan(
        "restore",
        replica_set,
        (Step(f"forget what {operation} replaced", (ForgetReplaced(replica_set, kept),)),),
        cannot_undo=(f"what {operation} replaced cannot be brought back any more",),
    )


def _reaches(tenants: Shards, reached: Reached) -> tuple[str, ...]:
    number = sum(map(len, tenants.values()))
    others = f", and not {_listed(reached.others)}" if reached.others else ""
    return (
        f"the rows of {number} tenant{'s' if number > 1 else ''} in {_listed(reached.tenants)} are"
        f" replaced{others}; their writes are refused meanwhile, to be tried again",
        "what caches and other stores have of these tenants is not touched",
    )


def _place(restore: Plan) -> str:
    """The name of the copy."""
    return restore.undo[0].actions[0].place  # type: ignore[union-attr]


def _count(names: Sequence[str]) -> str:
    return f"{len(names)} tenant{'s' if len(names) > 1 else ''}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
