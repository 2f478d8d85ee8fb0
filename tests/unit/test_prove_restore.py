"""A restore is shown by running one; a declaration can only refute that it is possible."""

from typing import Any

import pytest
from prove_support import at, component

from caisson.estate.model import Estate, Restore, Store
from caisson.estate.sources import Sources
from caisson.prove import restore
from caisson.prove.model import Decision, Verdict
from caisson.topology.model import Topology
from caisson.topology.resolve import resolve

BACKUP = {"every": "1d", "keep": "35d"}
WAL = {**BACKUP, "wal": True}
ASKED = [{"sql": "SELECT count(*) FROM pages", "is": ">= 1"}]
BACKED_UP = {"backup": BACKUP, "questions": ASKED}
SET, HOME = "production/us/blocks", "production/us-west/blocks"
PLACES: dict[str, Any] = {
    "jurisdictions": {"us": {"home": "us-west", "standby": "us-east"}},
    "regions": {"us-west": {"jurisdiction": "us"}, "us-east": {"jurisdiction": "us"}},
}
ALONE: dict[str, Any] = {"jurisdictions": {"us": {"home": "us-west"}}}
SOURCES = Sources(
    {
        ("stores", "blocks"): at(50),
        ("stores", "blocks", "backup"): at(51),
        ("stores", "blocks", "backup", "wal"): at(52),
        ("stores", "blocks", "backup", "every"): at(53),
        ("jurisdictions", "us"): at(3),
    }
)


def only(blocks: dict[str, Any], promised: dict[str, Any] | None = None, **places: Any) -> Verdict:
    """Decide of one store in one jurisdiction."""
    store = {"system": "postgres", **blocks}
    said = {"estate": "shop", **PLACES, "stores": {"blocks": store}, **places}
    found = Estate.model_validate(said)
    promise = {"name": "restore", "restore": "blocks", "within": "1h", **(promised or {})}
    topology = resolve(found, SOURCES)
    (verdict,) = restore.decide(Restore.model_validate(promise), at(9), topology, found, SOURCES)
    return verdict


@pytest.mark.parametrize(
    "blocks",
    [BACKED_UP, {"rebuildable": True}, {"rebuildable": {"from": "other"}}],
)
def test_what_could_be_restored_was_not_yet(blocks: dict[str, Any]) -> None:
    verdict = only(blocks)
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, SET)
    assert verdict.why[-1].text.startswith(f"no restore of {SET} was run")
    assert verdict.remedy == f"restore {SET} once and have its data checked"


def test_without_backup_there_is_nothing_to_restore() -> None:
    verdict = only({})
    assert verdict.decision is Decision.BROKEN
    assert verdict.counterexample[0].source == at(50)
    assert verdict.remedy == "declare `backup` for blocks, at estate.yaml:50"


@pytest.mark.parametrize(
    ("backup", "rpo", "line"),
    [
        (BACKUP, "1d", None),
        (BACKUP, "23h", 53),
        (WAL, "1m", None),
        (WAL, "59s", 52),
        ({**BACKUP, "wal": "5s"}, "5s", None),
        ({**BACKUP, "wal": "2m"}, "1m", 52),
    ],
)
def test_the_newest_data_that_can_be_restored_is_no_older_than_was_promised(
    backup: dict[str, Any], rpo: str, line: int | None
) -> None:
    verdict = only({"backup": backup, "questions": ASKED}, {"rpo": rpo})
    assert verdict.decision is (Decision.UNKNOWN if line is None else Decision.BROKEN)
    assert [fact.source for fact in verdict.counterexample] == ([at(line)] if line else [])
    assert verdict.why[-1].text.endswith("so neither its time nor what it lacks is known")


@pytest.mark.parametrize(("keep", "decision"), [("6d", Decision.BROKEN), ("7d", Decision.UNKNOWN)])
def test_what_is_gone_before_a_restore_was_run_was_never_shown(
    keep: str, decision: Decision
) -> None:
    assert only({"backup": {"every": "1d", "keep": keep}, "questions": ASKED}).decision is decision


def test_without_a_question_no_restore_can_be_judged() -> None:
    verdict = only({"backup": BACKUP})
    assert verdict.decision is Decision.UNKNOWN
    unasked = next(fact for fact in verdict.open if "no questions" in fact.text)
    assert unasked.source == at(51)
    assert verdict.remedy == "add `questions` to blocks, at estate.yaml:51, and restore it once"
    assert not any("no questions" in fact.text for fact in only(BACKED_UP).open)


@pytest.mark.parametrize(
    ("places", "fates"),
    [
        (
            {},
            {
                f"the loss of us-west takes a copy of {SET}, and not its backups",
                f"the loss of us-east takes the backups of {SET}, and not all of its data",
            },
        ),
        (
            ALONE,
            {f"the loss of us-west takes all of {SET} and its backups: a shared fate"},
        ),
        (
            {**ALONE, "backups": {"us": {"in": "us-east"}}},
            {
                f"the loss of us-west takes all of {SET}, and not its backups",
                f"the loss of us-east takes the backups of {SET}, and not all of its data",
            },
        ),
    ],
)
def test_the_recovery_path_says_what_one_loss_takes_together(
    places: dict[str, Any], fates: set[str]
) -> None:
    verdict = only(BACKED_UP, **places)
    assert {fact.text for fact in verdict.why if fact.text.startswith("the loss of")} == fates
    assert all(fact.source for fact in verdict.why)


@pytest.mark.parametrize(
    ("repository", "lies", "with_the_machine"),
    [
        (None, "the folder repositories/us-east/production/us beside Caisson's state", True),
        ("/srv/kept", "/srv/kept/production/us", True),
        ("s3://kept", "s3://kept/production/us", False),
    ],
)
def test_the_recovery_path_says_where_backups_their_list_and_their_key_lie(
    repository: str | None, lies: str, with_the_machine: bool
) -> None:
    place = {"in": "us-east", **({"repository": repository} if repository else {})}
    verdict = only(BACKED_UP, backups={"us": place})
    texts = [fact.text for fact in verdict.why]
    assert (
        f"the backups of {SET} lie in production/us-east/repository/us, in us-east: {lies}, with "
        "the list of what can be restored"
    ) in texts
    assert any(
        "their key, production/us/backups, and Caisson's state lie" in each for each in texts
    )
    (machine,) = (fact for fact in verdict.open if "that machine" in fact.text)
    assert ("the repository, which is a folder of it" in machine.text) is with_the_machine


def test_an_unreplicated_store_is_restored_component_by_component() -> None:
    verdict = only({"system": "memcached", "rebuildable": True}, **ALONE)
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, HOME)


def test_a_store_that_is_nowhere_keeps_no_promise() -> None:
    promise = Restore.model_validate({"name": "restore", "restore": "blocks", "within": "1h"})
    estate = Estate(estate="shop", stores={"blocks": Store(system="postgres")})
    elsewhere = Topology("shop", components=(component("prod/a/other", "us"),))
    (verdict,) = restore.decide(promise, at(9), elsewhere, estate, Sources())
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, "blocks")
