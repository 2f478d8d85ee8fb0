"""One logical shard: restored beside its own in the primary, switched to, and switched back."""

from dataclasses import dataclass, replace

from caisson.plan.model import CopyShard, DropShard, Plan, Refusal, Step, SwapShard


@dataclass(frozen=True, slots=True)
class ShardTarget:
    """Where a restored shard is laid: the primary, and the name of the schema there."""

    member: str
    shard: int
    schema: str


def plan_restore_shard(whole: Plan | Refusal, place: str, target: ShardTarget) -> Plan | Refusal:
    """What the plan of a restore becomes when only one shard is wanted of the copy."""
    if isinstance(whole, Refusal):
        return whole
    replica_set = whole.subject
    copy = CopyShard(replica_set, target.member, place, target.shard, target.schema)
    drop = DropShard(replica_set, target.member, target.schema)
    *steps, discard = whole.steps
    return replace(
        whole,
        steps=(*steps, Step(f"copy shard_{target.shard} beside its own", (copy,)), discard),
        blast_radius=(
            *whole.blast_radius,
            f"the primary and its standbys get a second copy of shard_{target.shard}, as"
            f" {target.schema}",
        ),
        undo=(Step(f"drop {target.schema}", (drop,)), *whole.undo),
        no_return=len(steps) + 1,
    )


def plan_swap_shard(
    replica_set: str, target: ShardTarget, aside: str, *, compared: bool
) -> Plan | Refusal:
    """Make `target.schema` the shard; what is the shard now is set aside as `aside`."""
    if not compared:
        return Refusal(
            "adopt",
            replica_set,
            (f"{target.schema} was not compared with the copy that it came from",),
            f"drop it with `caisson adopt {replica_set} {target.schema} --drop`, and restore again",
        )
    swap = SwapShard(replica_set, target.member, target.shard, target.schema, aside)
    return Plan(
        "adopt",
        replica_set,
        (Step(f"make {target.schema} shard_{target.shard}, and set that aside", (swap,)),),
        blast_radius=(
            f"transactions in shard_{target.shard} wait for each other, typically < 1 s",
            f"what was written since is not in {target.schema}: it lies in {aside}",
        ),
    )
