"""When backups and restores are due."""

import pytest

from caisson.controller.due import backup_is_due, restore_is_due
from caisson.ledger.evidence import Evidence, Fidelity
from caisson.plan.repositories import RepositoryState, RestorePoint

DAY_S = 86_400.0


def shown(at: float, fingerprint: str = "as it is") -> Evidence:
    return Evidence(
        at, "restore", "production/us/blocks", (), {}, Fidelity.REHEARSAL, fingerprint, "restore-1"
    )


def test_a_backup_is_due_when_there_is_none_or_the_last_began_long_ago() -> None:
    state = RepositoryState("production/us/blocks", "us-east")
    assert backup_is_due(state, DAY_S, 0.0)
    point = RestorePoint("20261101-000000F", "full", 1000.0, 1500.0, 1, 1)
    state = RepositoryState("production/us/blocks", "us-east", (point,))
    assert not backup_is_due(state, DAY_S, 1000.0 + DAY_S - 1)
    assert backup_is_due(state, DAY_S, 1000.0 + DAY_S)


@pytest.mark.parametrize(
    ("every_s", "early_s"), [(7 * DAY_S, DAY_S), (DAY_S, DAY_S / 4), (60.0, 15.0)]
)
def test_a_restore_is_due_before_the_last_is_too_old(every_s: float, early_s: float) -> None:
    assert not restore_is_due(shown(0.0), "as it is", every_s, every_s - early_s - 1)
    assert restore_is_due(shown(0.0), "as it is", every_s, every_s - early_s)


def test_a_restore_of_what_is_backed_up_otherwise_now_shows_nothing() -> None:
    assert restore_is_due(None, "as it is", DAY_S, 0.0)
    assert restore_is_due(shown(0.0, "as it was"), "as it is", DAY_S, 1.0)
