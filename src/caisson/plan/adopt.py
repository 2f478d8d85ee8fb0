"""Adopt: a store is switched to a copy that was restored beside it, and can be switched back.

What a member had is set aside, never deleted. To undo is the same again: what was set aside
takes the place of what was adopted, which then lies aside itself.
"""

from dataclasses import dataclass

from caisson.plan.model import (
    Action,
    ApplySchema,
    BeginTimeline,
    ClaimGeneration,
    Detach,
    Exchange,
    Fence,
    Foresee,
    Grant,
    LayBeside,
    Plan,
    Publish,
    PutBack,
    RecordTurn,
    Refusal,
    ReplicaSetState,
    SetAside,
    Step,
)
from caisson.plan.names import region_of
from caisson.plan.rejoin import rejoin_steps
from caisson.topology.model import ReplicaSet

ASIDE = "aside-"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Data that may take the primary's place; `why_not` says why it cannot, None when it can.

    A copy that `runs` is stopped first. `lies` names the members beside which data lies under
    this name, the primary's and those of the standbys that were set aside with it.
    """

    name: str
    region: str
    runs: bool = False
    why_not: str | None = None
    lies: tuple[str, ...] = ()


def plan_adopt(
    replica_set: ReplicaSet,
    state: ReplicaSetState,
    candidate: Candidate,
    aside: str,
    *,
    why_no_archive: str | None = None,
) -> Plan | Refusal:
    """Switch `replica_set` to `candidate`; what its members have now is set aside as `aside`."""
    if reasons := _objections(state, candidate, why_no_archive):
        remedy = "see `caisson adopt` with the store alone, and `caisson status`"
        return Refusal("adopt", replica_set.id, reasons, remedy)
    primary, generation = state.primary, state.generation + 1
    here = region_of(primary)
    prepare = (
        *_lay_beside(state, candidate),
        Step(
            "see which timelines are taken", (Foresee(state.replica_set, primary, candidate.name),)
        ),
        Step(
            f"claim the next generation for {here}",
            (ClaimGeneration(state.replica_set, primary, generation),),
        ),
        Step(f"fence the primary in {here}", (Fence(state.replica_set, primary),)),
        Step(
            f"set the data aside as {aside}, and put {candidate.name} in its place",
            _exchange(replica_set, state, candidate, aside),
        ),
        *_begin(replica_set, primary),
        Step(
            "bring roles, shards and write guards up to date",
            (ApplySchema(state.replica_set, primary),),
        ),
    )
    return Plan(
        "adopt",
        replica_set.id,
        (
            *prepare,
            *_right_to_write(state.replica_set, primary, generation),
            Step(
                "record from where moments are restored now",
                (RecordTurn(state.replica_set, primary, candidate.name, aside),),
            ),
            Step("tell the services", (Publish(state.replica_set, primary),)),
            *_followers(replica_set, state),
        ),
        blast_radius=(
            f"{replica_set.store} accepts no writes while it is switched, typically for some"
            " seconds, and its standbys are copied anew",
            f"what was written since is not in {candidate.name}: it lies in {aside}",
        ),
        undo=_undo(replica_set, state, candidate, aside),
        no_return=len(prepare),
    )


def _objections(
    state: ReplicaSetState, candidate: Candidate, why_no_archive: str | None
) -> tuple[str, ...]:
    here = region_of(state.primary)
    found = []
    if candidate.why_not:
        found.append(f"{candidate.name}: {candidate.why_not}")
    if candidate.region != here and candidate.name.startswith(ASIDE):
        found.append(
            f"{candidate.name} lies in {candidate.region}, and the primary is in {here}: bring"
            f" that to {candidate.region} first, by `caisson failback` or `caisson failover {here}`"
        )
    elif candidate.region != here:
        found.append(
            f"{candidate.name} lies in {candidate.region}, and the primary is in {here}:"
            f" `caisson restore {state.replica_set} --keep --in {here}` makes one that can be"
            " adopted"
        )
    if state.split:
        found.append(f"{state.replica_set} is between two primaries: wait until it is settled")
    if why_no_archive:
        found.append(f"its archive cannot be read: {why_no_archive}")
    return tuple(found)


def _lay_beside(state: ReplicaSetState, candidate: Candidate) -> tuple[Step, ...]:
    if not candidate.runs:
        return ()
    action = LayBeside(state.replica_set, state.primary, candidate.name)
    return (Step("stop the copy, and lay it beside the primary's data", (action,)),)


def _exchange(
    replica_set: ReplicaSet, state: ReplicaSetState, candidate: Candidate, aside: str
) -> tuple[Action, ...]:
    standbys = [member for member in replica_set.members if member != state.primary]
    return (
        Exchange(replica_set.id, state.primary, candidate.name, aside),
        *(
            Exchange(replica_set.id, member, candidate.name, aside)
            if member in candidate.lies
            else SetAside(replica_set.id, member, aside)
            for member in standbys
        ),
    )


def _begin(replica_set: ReplicaSet, primary: str) -> tuple[Step, ...]:
    """Nobody is awaited on commit until a standby has a copy of what is there now."""
    loose = (
        tuple(Detach(replica_set.id, primary, m) for m in replica_set.members if m != primary)
        if replica_set.replication == "sync"
        else ()
    )
    begin = Step("begin a timeline of its own", (BeginTimeline(replica_set.id, primary),))
    return (begin, *((Step("detach the standbys", loose),) if loose else ()))


def _right_to_write(replica_set: str, primary: str, generation: int) -> tuple[Step, ...]:
    grant = Grant(replica_set, primary, generation)
    return (Step(f"grant the right to write to {region_of(primary)}", (grant,)),)


def _followers(replica_set: ReplicaSet, state: ReplicaSetState) -> tuple[Step, ...]:
    """Standbys that answer follow now, the others when they come back."""
    answering = tuple(
        m for m in replica_set.members if m == state.primary or state.member(m).answers
    )
    if len(answering) < len(replica_set.members):
        return ()
    seen_by_nobody = ReplicaSetState(state.replica_set, state.primary, state.generation, ())
    return rejoin_steps([(replica_set, seen_by_nobody)])


def _undo(
    replica_set: ReplicaSet, state: ReplicaSetState, candidate: Candidate, aside: str
) -> tuple[Step, ...]:
    primary, generation = state.primary, state.generation + 2
    back = tuple(
        PutBack(
            replica_set.id,
            member,
            aside,
            candidate.name if member == primary or member in candidate.lies else None,
        )
        for member in replica_set.members
    )
    return (
        Step("put the data back", back),
        *_begin(replica_set, primary),
        Step(
            "claim a generation for the primary again",
            (ClaimGeneration(replica_set.id, primary, generation),),
        ),
        *_right_to_write(replica_set.id, primary, generation),
        Step("tell the services", (Publish(replica_set.id, primary),)),
        *_followers(replica_set, state),
    )
