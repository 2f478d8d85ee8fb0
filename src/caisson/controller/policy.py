"""What the controller does by itself, decided from what was observed. Pure.

- A home region whose every component is silent has been lost: fail over.
- A primary that stays silent while its region lives: its supervisor gets time to bring it
  back; then fail over.
- A synchronous standby that is silent: commits stop waiting for it.
- A member that answers but does not follow its primary, or that stays down while its region
  lives: rejoin it.
- A replica set that an operation left between two primaries: settle it.
- A lease that has ended on a primary that still is the primary: grant it again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from caisson.plan.model import ReplicaSetState
from caisson.plan.names import region_of

REGION_SILENT_S = 0.8
PRIMARY_SILENT_S = 3.0
STANDBY_SILENT_S = 1.2
ASTRAY_S = 1.5
DOWN_S = 6.0


@dataclass(frozen=True, slots=True)
class Failover:
    environment: str
    region: str
    why: str


@dataclass(frozen=True, slots=True)
class Detach:
    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Some member of these replica sets answers and does not follow."""

    environment: str
    replica_sets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regrant:
    replica_set: str
    member: str
    generation: int


@dataclass(frozen=True, slots=True)
class Settle:
    """An operation ended after the generation had gone to another than the primary."""

    replica_set: str


Reaction = Failover | Settle | Detach | Rejoin | Regrant


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was observed, ages in seconds.

    `silent_s`: by component, how long it has not answered (0.0: it answers).
    `astray_s`: by member, how long it has answered without following its primary.
    `lease_lost`: replica sets whose primary says that its lease has ended.
    `synchronous`: replica sets whose commits are declared to wait for a standby.
    """

    states: tuple[ReplicaSetState, ...]
    silent_s: Mapping[str, float]
    astray_s: Mapping[str, float]
    lease_lost: frozenset[str]
    synchronous: frozenset[str]


def decide(outlook: Outlook, busy: frozenset[str]) -> tuple[Reaction, ...]:
    """What to do now; environments in `busy` have an operation under way and are left alone."""
    free = [s for s in outlook.states if _environment(s.replica_set) not in busy]
    failovers = _failovers(free, outlook)
    moving = {(f.environment, f.region) for f in failovers}
    still = [s for s in free if (_environment(s.replica_set), region_of(s.primary)) not in moving]
    split = [s for s in still if s.split]
    still = [s for s in still if not s.split]
    return (
        *failovers,
        *(Settle(s.replica_set) for s in split),
        *_detaches(still, outlook),
        *(
            Regrant(s.replica_set, s.primary, s.generation)
            for s in still
            if s.replica_set in outlook.lease_lost
        ),
        *_rejoins(still, outlook),
    )


def _failovers(states: Iterable[ReplicaSetState], outlook: Outlook) -> list[Failover]:
    found: dict[tuple[str, str], Failover] = {}
    for state in states:
        place = (_environment(state.replica_set), region_of(state.primary))
        if why := _loss(state, outlook):
            found.setdefault(place, Failover(*place, why))
    return list(found.values())


def _loss(state: ReplicaSetState, outlook: Outlook) -> str | None:
    silent = outlook.silent_s.get(state.primary, 0.0)
    site = state.primary.rsplit("/", 1)[0]
    if silent >= REGION_SILENT_S and _site_is_silent(site, outlook):
        return f"{region_of(state.primary)} does not answer at all"
    if silent >= PRIMARY_SILENT_S:
        return f"{state.primary} has not answered for {silent:.1f} s"
    return None


def _site_is_silent(site: str, outlook: Outlook) -> bool:
    """Every component of the site, and the observer itself is not the one who is deaf."""
    inside = [s for c, s in outlook.silent_s.items() if c.startswith(f"{site}/")]
    outside = [s for c, s in outlook.silent_s.items() if not c.startswith(f"{site}/")]
    return min(inside) >= REGION_SILENT_S and min(outside, default=0.0) < REGION_SILENT_S


def _detaches(states: Iterable[ReplicaSetState], outlook: Outlook) -> list[Detach]:
    return [
        Detach(state.replica_set, member.component)
        for state in states
        for member in state.members
        if member.attached
        and member.component != state.primary
        and outlook.silent_s.get(member.component, 0.0) >= STANDBY_SILENT_S
    ]


def _rejoins(states: Iterable[ReplicaSetState], outlook: Outlook) -> list[Rejoin]:
    astray: dict[str, set[str]] = {}
    for state in states:
        if any(_needs_rejoin(state, m.component, outlook) for m in state.members):
            astray.setdefault(_environment(state.replica_set), set()).add(state.replica_set)
    return [Rejoin(environment, tuple(sorted(sets))) for environment, sets in astray.items()]


def _needs_rejoin(state: ReplicaSetState, member: str, outlook: Outlook) -> bool:
    if member == state.primary or outlook.silent_s.get(state.primary, 0.0) > 0:
        return False
    if not state.member(member).answers:
        site = member.rsplit("/", 1)[0]
        down = outlook.silent_s.get(member, 0.0) >= DOWN_S
        return down and not _site_is_silent(site, outlook)
    loose = state.replica_set in outlook.synchronous and not state.member(member).attached
    return loose or outlook.astray_s.get(member, 0.0) >= ASTRAY_S


def _environment(replica_set: str) -> str:
    return replica_set.split("/", 1)[0]
