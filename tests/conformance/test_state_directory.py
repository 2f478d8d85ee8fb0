"""The directory in both places: one holder per generation, homes that do not move by themselves."""

import threading
from collections.abc import Callable

import pytest

from caisson.plan.lineage import Turn
from caisson.state.state import State
from caisson.tenants.directory import (
    AcceptedLoss,
    Directory,
    Home,
    HomeConflict,
    ReplicaSetFacts,
    Route,
    StaleGeneration,
)
from caisson.topology.model import Source, Tenant

SET = "production/us/blocks"
WEST, EAST = "production/us-west/blocks", "production/us-east/blocks"


@pytest.fixture
def directory(state: State) -> Directory:
    return Directory(state.database, clock=lambda: 500.25)


def test_nothing_is_decided_before_the_first_claim(directory: Directory) -> None:
    assert directory.facts_of(SET) is None
    assert directory.primary_of(SET) is None
    assert directory.generation_of(SET) == 0


def test_a_failover_moves_the_generation_first_and_the_primary_later(directory: Directory) -> None:
    directory.claim(SET, WEST, 1)
    directory.set_primary(SET, WEST, 1)
    directory.attach(SET, EAST)
    directory.claim(SET, EAST, 2)
    assert directory.facts_of(SET) == ReplicaSetFacts(SET, 2, EAST, WEST, (EAST,))
    directory.accept_loss(SET, 2, "at most 5 s of writes")
    directory.set_primary(SET, EAST, 2)
    assert directory.facts() == {
        SET: ReplicaSetFacts(
            SET, 2, EAST, EAST, (), (AcceptedLoss(2, 500.25, "at most 5 s of writes"),)
        )
    }


@pytest.mark.parametrize(("member", "generation"), [(EAST, 3), (EAST, 2), (WEST, 2), (EAST, 0)])
def test_a_generation_is_given_once_and_only_upwards(
    directory: Directory, member: str, generation: int
) -> None:
    directory.claim(SET, WEST, 3)
    with pytest.raises(StaleGeneration, match=f"{WEST} holds 3"):
        directory.claim(SET, member, generation)
    assert directory.facts_of(SET) == ReplicaSetFacts(SET, 3, WEST, None)


def test_the_same_claim_again_changes_nothing(directory: Directory) -> None:
    directory.claim(SET, WEST, 1)
    directory.set_primary(SET, WEST, 1)
    directory.claim(SET, WEST, 1)
    assert directory.primary_of(SET) == WEST


@pytest.mark.parametrize(("member", "generation"), [(WEST, 1), (EAST, 1), (WEST, 2), (EAST, 3)])
def test_only_the_holder_of_the_newest_generation_becomes_primary(
    directory: Directory, member: str, generation: int
) -> None:
    directory.claim(SET, WEST, 1)
    directory.set_primary(SET, WEST, 1)
    directory.claim(SET, EAST, 2)
    with pytest.raises(StaleGeneration):
        directory.set_primary(SET, member, generation)
    assert directory.primary_of(SET) == WEST


def test_of_many_who_claim_one_generation_exactly_one_gets_it(
    state: State, open_again: Callable[[], State]
) -> None:
    directories = [Directory(state.database), Directory(open_again().database)]
    got: list[str] = []

    def claim(through: Directory, member: str) -> None:
        try:
            through.claim(SET, member, 1)
        except StaleGeneration:
            return
        got.append(member)

    threads = [
        threading.Thread(target=claim, args=(directories[n % 2], f"production/r{n}/blocks"))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    facts = directories[0].facts_of(SET)
    assert facts
    assert facts.holder == got[0]


def test_attaching_and_detaching_twice_is_once(directory: Directory) -> None:
    directory.claim(SET, WEST, 1)
    for _ in range(2):
        directory.attach(SET, EAST)
    assert directory.facts()[SET].attached == (EAST,)
    for _ in range(2):
        directory.detach(SET, EAST)
    assert directory.facts()[SET].attached == ()


def test_routes_are_replaced(directory: Directory) -> None:
    assert directory.routed_region("production", "us") is None
    directory.route("production", "us", "us-west")
    directory.route("staging", "us", "us-west")
    directory.route("production", "us", "us-east")
    assert directory.routed_region("production", "us") == "us-east"
    assert directory.routes() == (
        Route("production", "us", "us-east"),
        Route("staging", "us", "us-west"),
    )


def tenant(name: str, jurisdiction: str, shard: int) -> Tenant:
    return Tenant(name, "production", jurisdiction, shard, Source("estate.yaml", 1))


def test_a_changed_estate_does_not_move_a_tenant_silently(directory: Directory) -> None:
    assert directory.settle([tenant("acme", "us", 2), tenant("muster", "eu", 0)]) == ()
    assert directory.settle([tenant("acme", "us", 2)]) == ()
    conflicts = directory.settle(
        [tenant("acme", "eu", 2), tenant("muster", "eu", 1), tenant("new", "us", 3)]
    )
    acme, muster = Home("production", "acme", "us", 2), Home("production", "muster", "eu", 0)
    assert conflicts == (
        HomeConflict(acme, Home("production", "acme", "eu", 2)),
        HomeConflict(muster, Home("production", "muster", "eu", 1)),
    )
    assert directory.homes() == (acme, muster, Home("production", "new", "us", 3))
    assert directory.home_of("production", "acme") == acme
    assert directory.home_of("staging", "acme") is None


def test_who_was_set_back_is_known_alone_and_with_the_whole_store(directory: Directory) -> None:
    assert directory.setbacks.of(SET, ["acme"]) == {"acme": 0.0}
    directory.setbacks.add(SET, ["acme", "globex"])
    assert directory.setbacks.of(SET, ["acme", "initech"]) == {"acme": 500.25, "initech": 0.0}
    directory.turns.add(SET, Turn(at=400.0, left=1, incoming="copy", aside="aside-1"))
    assert directory.setbacks.of(SET, ["acme", "initech"]) == {"acme": 500.25, "initech": 400.0}
    assert directory.setbacks.of("production/eu/blocks", ["acme"]) == {"acme": 0.0}
