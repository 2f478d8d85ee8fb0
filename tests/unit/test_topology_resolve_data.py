"""What rests where in a declared estate, and how it gets there; proved like any resources."""

from typing import Any

import pytest

from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.prove.check import prove
from caisson.prove.model import Decision
from caisson.topology.model import Topology
from caisson.topology.part import in_environment, touching
from caisson.topology.resolve import resolve
from caisson.topology.resources import Movement, Rest, Way

HOME, STANDBY = "production/us-west/blocks", "production/us-east/blocks"
BACKUP = f"{HOME}/backup"
DAY = 86_400.0
STORES: dict[str, Any] = {
    "blocks": {"system": "postgres"},
    "cache": {"system": "memcached", "rebuildable": True},
    "uploads": {"system": "files"},
    "search": {"system": "opensearch"},
}
WEB = {"run": ["serve"], "uses": {"blocks": "write", "cache": "write"}}


def estate(blocks: dict[str, Any] | None = None, **changes: Any) -> Estate:
    stores = {**STORES, "blocks": {**STORES["blocks"], **(blocks or {})}}
    said = {
        "estate": "small",
        "jurisdictions": {"us": {"home": "us-west", "standby": "us-east"}},
        "regions": {"us-west": {"jurisdiction": "us"}, "us-east": {"jurisdiction": "us"}},
        "stores": stores,
        "services": {"web": WEB},
        "environments": {"production": {}},
        "tenants": {"acme": {"home": "us"}},
    }
    return Estate.model_validate({**said, **changes})


def resolved(blocks: dict[str, Any] | None = None, **changes: Any) -> Topology:
    return resolve(estate(blocks, **changes), Sources())


def moved(topology: Topology, target: str) -> Movement:
    return next(each for each in topology.movements if each.target == target)


def decided(promise: dict[str, Any], blocks: dict[str, Any] | None = None) -> set[Decision]:
    found = estate(blocks, promises=[{"name": "asked", **promise}])
    return {each.decision for each in prove(found, Sources(), resolve(found, Sources()))}


def test_every_component_is_a_resource_in_its_place() -> None:
    topology = resolved()
    assert [each.id for each in topology.resources] == [each.id for each in topology.components]
    web = next(each for each in topology.resources if each.name == "web")
    assert (web.type, web.region, web.jurisdiction) == ("service", "us-west", "us")
    assert web.environment == "production"


def test_data_rests_in_stores_and_follows_into_standbys() -> None:
    rests = {each.id: each.rest for each in resolved().holdings}
    assert rests == {
        HOME: Rest.STORE,
        "production/us-west/cache": Rest.CACHE,
        "production/us-west/uploads": Rest.FILES,
        "production/us-west/search": Rest.SEARCH,
        STANDBY: Rest.REPLICA,
        "production/us-east/cache": Rest.CACHE,
        "production/us-east/uploads": Rest.REPLICA,
        "production/us-east/search": Rest.REPLICA,
    }


@pytest.mark.parametrize(("replication", "most_s"), [("sync", 0.0), ("async", None)])
def test_a_standby_that_commits_wait_for_is_never_behind(
    replication: str, most_s: float | None
) -> None:
    movement = moved(resolved({"replication": replication}), STANDBY)
    assert (movement.way, movement.source, movement.lag_most_s) == (Way.REPLICATION, HOME, most_s)


def test_what_a_service_reads_it_may_cache() -> None:
    movement = moved(resolved(), "production/us-west/cache")
    assert (movement.way, movement.via) == (Way.CACHE, "cached by production/us-west/web")
    reading = {**WEB, "uses": {"blocks": "write", "cache": "read"}}
    topology = resolved(services={"web": reading})
    assert {each.way for each in topology.movements} == {Way.REPLICATION}


@pytest.mark.parametrize(("wal", "least_s"), [(True, 0.0), (False, DAY)])
def test_a_backup_is_as_old_as_the_time_between_two(wal: bool, least_s: float) -> None:
    topology = resolved({"backup": {"every": "1d", "wal": wal, "keep": "35d"}})
    movement = moved(topology, BACKUP)
    assert (movement.way, movement.source) == (Way.BACKUP, HOME)
    assert (movement.lag_least_s, movement.lag_most_s) == (least_s, None)
    assert (movement.kept_s, movement.point_in_time) == (35 * DAY, wal)
    backups = [each.id for each in topology.holdings if each.rest is Rest.BACKUP]
    assert backups == [BACKUP]


def test_where_a_backup_rests_is_not_declared_so_residency_cannot_be_told() -> None:
    stays = {"tenants": "us", "data stays in": "us"}
    assert decided(stays) == {Decision.HOLDS}
    backup = {"backup": {"every": "1d", "keep": "35d"}}
    assert decided(stays, backup) == {Decision.UNKNOWN}


def test_residency_is_of_the_stores_that_are_named() -> None:
    backup = {"backup": {"every": "1d", "keep": "35d"}}
    stays = {"tenants": "us", "data stays in": "us"}
    assert decided({**stays, "except": ["blocks"]}, backup) == {Decision.HOLDS}
    assert decided({**stays, "stores": ["uploads"]}, backup) == {Decision.HOLDS}
    assert decided({**stays, "stores": ["blocks"]}, backup) == {Decision.UNKNOWN}


@pytest.mark.parametrize(
    ("lose", "rpo", "blocks", "decision"),
    [
        ("store", "2d", {}, Decision.BROKEN),
        ("store", "12h", {"backup": {"every": "1d", "keep": "35d"}}, Decision.BROKEN),
        ("store", "2d", {"backup": {"every": "1d", "keep": "35d"}}, Decision.UNKNOWN),
        ("store", "2d", {"backup": {"every": "1d", "keep": "12h"}}, Decision.BROKEN),
        ("store", "0s", {"rebuildable": True}, Decision.HOLDS),
        ("region", "0s", {"replication": "sync"}, Decision.HOLDS),
        ("region", "5s", {"replication": "async"}, Decision.UNKNOWN),
    ],
)
def test_a_declared_store_outlives_what_its_copies_outlive(
    lose: str, rpo: str, blocks: dict[str, Any], decision: Decision
) -> None:
    promise = {"lose": lose, "rpo": rpo, "of": ["blocks"]}
    assert decided(promise, blocks) == {decision}


def test_without_a_standby_the_loss_of_a_region_loses_the_store() -> None:
    promise = {"name": "asked", "lose": "region", "rpo": "1d", "of": ["blocks"]}
    found = estate(jurisdictions={"us": {"home": "us-west"}}, promises=[promise])
    (verdict,) = prove(found, Sources(), resolve(found, Sources()))
    assert (verdict.subject, verdict.decision) == ("us-west", Decision.BROKEN)


def test_a_part_has_the_data_that_is_in_it() -> None:
    topology = resolved(environments={"production": {}, "staging": {}})
    staging = in_environment(topology, "staging")
    for things in (staging.resources, staging.holdings):
        assert things
        assert {each.environment for each in things} == {"staging"}
    assert {each.target.partition("/")[0] for each in staging.movements} == {"staging"}
    east = touching(topology, {"us-east"})
    assert {each.region for each in east.holdings} == {"us-east"}
    assert HOME in {each.source for each in east.movements}
