"""What the controller does by itself: observed states in, reactions out."""

from dataclasses import dataclass, field, replace

import pytest

from caisson.controller.policy import (
    Detach,
    Failover,
    Outlook,
    Regrant,
    Rejoin,
    Settle,
    decide,
)
from caisson.plan.model import MemberState, ReplicaSetState

SITES = ("production/us-west", "production/us-east", "staging/us-west", "staging/us-east")
COMPONENTS = [f"{site}/{name}" for site in SITES for name in ("blocks", "web", "proxy")]
WEST = [c for c in COMPONENTS if c.startswith("production/us-west/")]
EAST = [c for c in COMPONENTS if c.startswith("production/us-east/")]
PRIMARY, STANDBY = "production/us-west/blocks", "production/us-east/blocks"
BLOCKS = "production/us/blocks"

FAIL_OVER = Failover("production", "us-west", "us-west does not answer at all")
REJOIN = Rejoin("production", (BLOCKS,))


def healthy(environment: str) -> ReplicaSetState:
    members = (
        MemberState(f"{environment}/us-west/blocks", answers=True, role="primary"),
        MemberState(f"{environment}/us-east/blocks", answers=True, role="standby", attached=True),
    )
    primary = members[0].component
    return ReplicaSetState(f"{environment}/us/blocks", primary, 3, members, holder=primary)


def with_standby(**changes: object) -> ReplicaSetState:
    state = healthy("production")
    standby = replace(state.members[1], **changes)  # type: ignore[arg-type]
    return replace(state, members=(state.members[0], standby))


@dataclass(frozen=True)
class Seen:
    """What differs from an estate where all is well."""

    silent: dict[str, float] = field(default_factory=dict)
    astray: dict[str, float] = field(default_factory=dict)
    lease_lost: tuple[str, ...] = ()
    production: ReplicaSetState = field(default_factory=lambda: healthy("production"))
    busy: tuple[str, ...] = ()

    def reactions(self) -> tuple[object, ...]:
        outlook = Outlook(
            states=(self.production, healthy("staging")),
            silent_s={c: self.silent.get(c, 0.0) for c in COMPONENTS},
            astray_s=self.astray,
            lease_lost=frozenset(self.lease_lost),
            synchronous=frozenset({BLOCKS, "staging/us/blocks"}),
        )
        return decide(outlook, frozenset(self.busy))


def silent(components: list[str], seconds: float) -> dict[str, float]:
    return dict.fromkeys(components, seconds)


CASES: dict[str, tuple[Seen, tuple[object, ...]]] = {
    "all is well": (Seen(), ()),
    "a region hesitates": (Seen(silent(WEST, 0.7)), ()),
    "the home region is silent": (Seen(silent(WEST, 0.8)), (FAIL_OVER,)),
    "its proxy still answers": (Seen(silent(WEST[:-1], 1.0)), ()),
    "only its web is silent": (Seen({WEST[1]: 60.0}), ()),
    "everything is silent: the observer is deaf": (Seen(silent(COMPONENTS, 1.0)), ()),
    "a primary alone is silent for a while": (Seen({PRIMARY: 2.9}), ()),
    "a primary alone stays silent": (
        Seen({PRIMARY: 3.0}),
        (Failover("production", "us-west", f"{PRIMARY} has not answered for 3.0 s"),),
    ),
    "the region is silent, an operation is under way": (
        Seen(silent(WEST, 5.0), busy=("production",)),
        (),
    ),
    "the other environment is busy": (Seen(silent(WEST, 1.0), busy=("staging",)), (FAIL_OVER,)),
    "a region is silent that has no primary, nor a synchronous standby": (
        Seen(silent(EAST, 60.0), production=with_standby(answers=False, attached=False)),
        (),
    ),
    "a synchronous standby hesitates": (Seen({STANDBY: 1.1}), ()),
    "a synchronous standby is silent": (
        Seen({STANDBY: 1.2}, production=with_standby(answers=False)),
        (Detach(BLOCKS, STANDBY),),
    ),
    "both regions of a set are silent": (
        Seen(silent([*WEST, *EAST], 1.3), production=with_standby(answers=False)),
        (FAIL_OVER,),
    ),
    "a standby was detached and answers again": (
        Seen(production=with_standby(attached=False)),
        (REJOIN,),
    ),
    "the same while its primary is silent": (
        Seen({PRIMARY: 0.5}, production=with_standby(attached=False)),
        (),
    ),
    "an old primary has returned": (
        Seen(astray={STANDBY: 1.5}, production=with_standby(role="superseded")),
        (REJOIN,),
    ),
    "a standby has lost its stream for a moment": (Seen(astray={STANDBY: 1.4}), ()),
    "a standby stays down while its region lives": (
        Seen({STANDBY: 6.0}, production=with_standby(answers=False, attached=False)),
        (REJOIN,),
    ),
    "the lease has ended": (Seen(lease_lost=(BLOCKS,)), (Regrant(BLOCKS, PRIMARY, 3),)),
    "the lease has ended, and the region is gone": (
        Seen(silent(WEST, 1.0), lease_lost=(BLOCKS,)),
        (FAIL_OVER,),
    ),
    "an operation failed between two primaries": (
        Seen(
            production=replace(healthy("production"), holder=STANDBY),
            lease_lost=(BLOCKS,),
            astray={STANDBY: 9.0},
        ),
        (Settle(BLOCKS),),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_reactions(case: str) -> None:
    seen, expected = CASES[case]
    assert seen.reactions() == expected
