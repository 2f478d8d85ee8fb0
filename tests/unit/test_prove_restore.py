"""A restore is shown by running one; a missing backup refutes it."""

import pytest
from prove_support import at, component, replica_set

from caisson.estate.model import Backup, Estate, RebuildFrom, Restore, Store
from caisson.estate.sources import Sources
from caisson.prove import restore
from caisson.prove.model import Decision, Verdict
from caisson.topology.model import Topology

BACKUP = Backup.model_validate({"every": "1d", "keep": "35d"})
PROMISE = Restore.model_validate({"name": "restore", "restore": "blocks", "within": "1h"})
SET = replica_set("prod/us/blocks", "prod/a/blocks")
TOPOLOGY = Topology("shop", components=(component("prod/a/blocks", "us"),), replica_sets=(SET,))


def only(store: Store, topology: Topology = TOPOLOGY) -> Verdict:
    estate = Estate(estate="shop", stores={"blocks": store})
    sources = Sources({("stores", "blocks"): at(50)})
    (verdict,) = restore.decide(PROMISE, at(9), topology, estate, sources)
    return verdict


@pytest.mark.parametrize(
    "store",
    [
        Store(system="postgres", backup=BACKUP),
        Store(system="postgres", rebuildable=True),
        Store(system="postgres", rebuildable=RebuildFrom(from_="other")),
    ],
)
def test_what_could_be_restored_was_not_yet(store: Store) -> None:
    verdict = only(store)
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, "prod/us/blocks")
    assert verdict.why[-1].text.startswith("no restore of prod/us/blocks was run")
    assert verdict.remedy == "restore prod/us/blocks once and have its data checked"


def test_without_backup_there_is_nothing_to_restore() -> None:
    verdict = only(Store(system="postgres"))
    assert verdict.decision is Decision.BROKEN
    assert verdict.counterexample[0].source == at(50)
    assert verdict.remedy == "declare `backup` for blocks, at estate.yaml:50"


def test_an_unreplicated_store_is_restored_component_by_component() -> None:
    alone = Topology("shop", components=TOPOLOGY.components)
    assert only(Store(system="postgres", backup=BACKUP), alone).subject == "prod/a/blocks"


def test_a_store_that_is_nowhere_keeps_no_promise() -> None:
    verdict = only(Store(system="postgres", backup=BACKUP), Topology("shop"))
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, "blocks")
