"""Restoring resources: a backup must be there, and a restore must have been run."""

from dataclasses import replace
from typing import Any

import pytest
from prove_world_support import at, gap, holding, resource, world

from caisson.estate.model import Restore
from caisson.prove import restore_of_resources
from caisson.prove.certificate import Chain
from caisson.prove.model import Decision, Verdict
from caisson.topology.resources import Gap, Holding, Movement, Question, Rest, Way

DB, BACKUPS = "aws_db_instance.main", "aws_db_instance.main/backups"
STORE = holding(DB, versioned=None, deletion_protected=False)
BACKUP = holding(DB, Rest.BACKUP, "/backups", versioned=None)
BACKED_UP = Movement(Way.BACKUP, DB, BACKUPS, at(3), lag_most_s=None, via="automated backups")


def restored(
    *holdings: Holding,
    movements: tuple[Movement, ...] = (),
    gaps: tuple[Gap, ...] = (),
    **said: str,
) -> Verdict:
    promise = Restore.model_validate({"name": "restored", "restore": DB, "within": "1h", **said})
    found = world(resource(DB), holdings=holdings, movements=movements, gaps=gaps)
    (verdict,) = restore_of_resources.decide(promise, at(9), found)
    return verdict


def test_a_backup_is_shown_and_its_restore_is_open() -> None:
    verdict = restored(STORE, BACKUP, movements=(BACKED_UP,))
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, DB)
    assert [(fact.text, fact.source) for fact in verdict.why] == [
        (f"{DB} can be restored from {BACKUPS}: automated backups", at(3)),
        (f"no restore of {DB} was run, so its time is not known", at(9)),
    ]
    assert verdict.certificate == Chain((DB, BACKUPS))


@pytest.mark.parametrize("own", [(), (replace(BACKUP, deletion_protected=False),)])
def test_without_a_backup_that_outlives_it_nothing_can_be_restored(
    own: tuple[Holding, ...],
) -> None:
    verdict = restored(STORE, *own, movements=(BACKED_UP,) if own else ())
    assert verdict.decision is Decision.BROKEN
    assert "nothing to restore" in verdict.counterexample[0].text


@pytest.mark.parametrize(("rpo", "decision"), [("23h", Decision.BROKEN), ("1d", Decision.UNKNOWN)])
def test_backups_that_are_made_too_seldom_break_what_a_restore_may_lack(
    rpo: str, decision: Decision
) -> None:
    daily = replace(BACKED_UP, lag_least_s=86_400.0)
    verdict = restored(STORE, BACKUP, movements=(daily,), rpo=rpo)
    assert verdict.decision is decision
    told = [fact.text for fact in verdict.counterexample]
    assert told == ([f"{BACKUPS} may be 1 d old (promised 23 h)"] if rpo == "23h" else [])
    strange = gap("aws_x.y", Question.RECOVERABILITY, Question.RESIDENCY, about=(DB,))
    unclear = restored(STORE, BACKUP, movements=(daily,), gaps=(strange,), rpo=rpo)
    assert unclear.decision is Decision.UNKNOWN


@pytest.mark.parametrize("change", [{"sure": False}, {"rebuildable": True}, {"versioned": True}])
def test_what_may_not_need_a_backup_is_not_broken(change: dict[str, Any]) -> None:
    assert restored(replace(STORE, **change)).decision is Decision.UNKNOWN


def test_something_not_understood_may_back_it_up() -> None:
    strange = gap("aws_x.y", Question.RECOVERABILITY, Question.RESIDENCY, about=(DB,))
    assert restored(STORE, gaps=(strange,)).decision is Decision.UNKNOWN


def test_what_names_nothing_is_unknown() -> None:
    assert restored().decision is Decision.UNKNOWN
