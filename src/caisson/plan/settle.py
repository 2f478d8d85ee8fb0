"""Settle: an operation ended between two primaries; decide for one of them.

The newest generation belongs to `holder`, services are still sent to `primary`, and no
operation is under way that would change it.
"""

from caisson.plan.model import ClaimGeneration, Fence, Grant, Plan, Publish, ReplicaSetState, Step
from caisson.plan.names import region_of


def plan_settle(state: ReplicaSetState) -> Plan | None:
    """Go on with a holder that was promoted; otherwise return to a primary that answers.

    A holder that is still a standby has accepted nothing. None when neither answers: there
    is nothing to decide until one of them does.
    """
    holder = state.member(state.holder or state.primary)
    if holder.answers and holder.role != "standby":
        return _to(state, holder.component, fenced=state.primary)
    if state.member(state.primary).answers and holder.role == "standby":
        return _to(state, state.primary, fenced=None)
    return None


def _to(state: ReplicaSetState, member: str, fenced: str | None) -> Plan:
    where = region_of(member)
    generation = state.generation + 1
    fence = (Step("fence the other", (Fence(state.replica_set, fenced),)),) if fenced else ()
    return Plan(
        "settle",
        state.replica_set,
        (
            Step(
                f"claim the next generation for {where}",
                (ClaimGeneration(state.replica_set, member, generation),),
            ),
            *fence,
            Step(
                f"grant the right to write to {where}",
                (Grant(state.replica_set, member, generation),),
            ),
            Step("tell the services", (Publish(state.replica_set, member),)),
        ),
    )
