"""To what each store is brought back, so that all are of one moment."""

from caisson.plan.model import Refusal
from caisson.plan.recovery_point import RecoveryPoint, StoreAt, plan_recovery_point
from caisson.plan.repositories import RepositoryState, RestorePoint

US = "production/us"
BLOCKS, SESSIONS, CARTS = (f"{US}/{store}" for store in ("blocks", "sessions", "carts"))


def point(started_at: float, stopped_at: float) -> RestorePoint:
    return RestorePoint("label", "full", started_at, stopped_at, 1, None)


WITH_WAL = RepositoryState(BLOCKS, "us-east", (point(10, 20), point(110, 120)))
WITHOUT = RepositoryState(
    SESSIONS, "us-east", (point(50, 51), point(150, 152), point(250, 253)), any_moment=False
)


def planned(*repositories: RepositoryState, moment: float | None = None) -> RecoveryPoint | Refusal:
    return plan_recovery_point(US, repositories, now=1000.0, moment=moment)


def test_with_wal_a_store_is_of_the_moment_and_without_it_of_its_newest_backup_by_then() -> None:
    assert planned(WITH_WAL, WITHOUT, moment=252.0) == RecoveryPoint(
        252.0, (StoreAt(BLOCKS, 252.0, 0.0), StoreAt(SESSIONS, 152.0, 102.0))
    )


def test_without_a_moment_it_is_the_newest_to_which_all_can_be_brought() -> None:
    other = RepositoryState(CARTS, "us-east", (point(200, 201),), any_moment=False)
    found = planned(WITH_WAL, WITHOUT, other)
    assert isinstance(found, RecoveryPoint)
    assert found.moment == 201.0
    assert found.stores[1:] == (StoreAt(SESSIONS, 152.0, 51.0), StoreAt(CARTS, 201.0, 1.0))
    alone = planned(WITH_WAL)
    assert isinstance(alone, RecoveryPoint)
    assert alone.moment == 1000.0


def test_what_one_store_cannot_be_brought_to_is_refused_for_all() -> None:
    empty, away = RepositoryState(CARTS, "x"), RepositoryState(CARTS, "x", why_not="no such host")
    for refused, why in (
        (planned(), "no store of production/us is backed up here"),
        (planned(WITH_WAL, empty), "production/us/carts: there is no backup of it yet"),
        (planned(WITH_WAL, away), "production/us/carts: no such host"),
        (planned(WITH_WAL, WITHOUT, moment=1000.5), "has not come yet"),
        (planned(WITH_WAL, WITHOUT, moment=50.5), "production/us/sessions: its oldest backup"),
        (planned(WITH_WAL, WITHOUT, moment=20.5), "production/us/blocks: its oldest backup"),
    ):
        assert isinstance(refused, Refusal)
        assert why in " ".join(refused.reasons)
