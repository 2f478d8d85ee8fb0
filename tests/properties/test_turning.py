"""Whatever holds is turned by each thing that would break it, on the topology of our estates."""

from collections import Counter

import pytest

from caisson.estate.promises import PROMISE_KINDS
from caisson.prove.check import prove_terraform
from caisson.prove.model import Decision
from caisson.prove.world import World
from caisson.topology.places import Places
from mutations import ESTATES, decisions, files_of, promised_of, topology_of
from turning import TABLE, turns

# What happens and how long it takes is for a drill to tell: these never hold by a plan alone.
NEVER_HOLD = {"when", "restore"}


def test_every_kind_of_promise_that_can_hold_can_be_turned() -> None:
    kinds = {kind for key, kind in PROMISE_KINDS if key not in NEVER_HOLD}
    assert kinds == set(TABLE)
    used = {type(each) for estate in ESTATES for each in promised_of(estate).file.promises}
    assert kinds == used


@pytest.mark.parametrize(
    ("estate", "name"),
    [(e, promise.name) for e in ESTATES for promise in promised_of(e).file.promises],
)
def test_whatever_holds_is_turned(estate: str, name: str) -> None:
    promised = promised_of(estate)
    alone = [each for each in promised.file.promises if each.name == name]
    asked = type(promised)(promised.file.model_copy(update={"promises": alone}), promised.sources)
    topology = topology_of(estate, files_of(estate))
    world = World(topology, Places.of(promised.file))
    done: Counter[Decision] = Counter()
    for verdict in prove_terraform(asked, topology).verdicts:
        assert verdict.decision is Decision.HOLDS
        for turn in turns(alone[0], verdict, world):
            found = decisions(prove_terraform(asked, turn.topology).verdicts)
            assert found == {name: turn.decision}, turn.what
            done[turn.decision] += 1
    assert done[Decision.BROKEN] > 0
    assert done[Decision.UNKNOWN] > 1
