"""What rests where in a declared estate, and how it gets there; proved like any resources."""

from typing import Any

import pytest

from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.prove.check import prove
from caisson.prove.model import Decision
from caisson.topology.backups import STATE
from caisson.topology.model import Topology
from caisson.topology.part import in_environment, touching
from caisson.topology.resolve import resolve
from caisson.topology.resources import GLOBAL, Movement, Rest, Way

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


@pytest.mark.parametrize(("wal", "least_s"), [(True, 60.0), ("5s", 5.0), (False, DAY)])
def test_a_backup_lacks_what_was_not_archived_or_came_after_it(
    wal: bool | str, least_s: float
) -> None:
    topology = resolved({"backup": {"every": "1d", "wal": wal, "keep": "35d"}})
    movement = moved(topology, BACKUP)
    assert (movement.way, movement.source) == (Way.BACKUP, HOME)
    assert (movement.lag_least_s, movement.lag_most_s) == (least_s, None)
    assert (movement.kept_s, movement.point_in_time) == (35 * DAY, bool(wal))
    backups = [each.id for each in topology.holdings if each.rest is Rest.BACKUP]
    assert backups == [BACKUP]


BACKED_UP: dict[str, Any] = {"backup": {"every": "1d", "keep": "35d"}}
ALONE: dict[str, Any] = {"us": {"home": "us-west"}}
STAYS = {"tenants": "us", "data stays in": "us"}


@pytest.mark.parametrize(
    ("changes", "region"),
    [
        ({}, "us-east"),
        ({"jurisdictions": ALONE}, "us-west"),
        ({"backups": {"us": {"in": "us-west"}}}, "us-west"),
        ({"backups": {"us": {"in": "us-south"}}}, "us-south"),
    ],
)
def test_backups_rest_where_it_is_said_or_else_away_from_the_home(
    changes: dict[str, Any], region: str
) -> None:
    regions = {name: {"jurisdiction": "us"} for name in ("us-west", "us-east", "us-south")}
    topology = resolved(BACKED_UP, regions=regions, **changes)
    (repository,) = topology.repositories
    (resource,) = (each for each in topology.resources if each.type == "repository")
    (kept,) = (each for each in topology.holdings if each.rest is Rest.BACKUP)
    assert (repository.id, repository.region, repository.lies_in) == ("production/us", region, "us")
    assert (resource.id, kept.resource) == (repository.resource, repository.resource)
    for each in (resource, kept):
        assert (each.region, each.jurisdiction, each.environment) == (region, "us", "production")


def test_a_repository_is_opened_by_a_key_that_lies_with_the_state_in_no_region() -> None:
    topology = resolved(BACKED_UP)
    (kept,) = (each for each in topology.holdings if each.rest is Rest.BACKUP)
    (key,) = topology.keys
    state = next(each for each in topology.resources if each.id == STATE)
    assert (kept.encrypted, kept.keys, key.id) == (True, (key.id,), "production/us/backups")
    assert (key.region, state.region) == (GLOBAL, GLOBAL)
    assert not resolved().keys
    assert STATE not in {each.id for each in resolved().resources}


def test_each_environment_and_jurisdiction_has_a_folder_of_its_own() -> None:
    both = {"production": {}, "staging": {}}
    bucket = {"us": {"in": "us-east", "repository": "s3://kept-{environment}/shop/"}}
    beside = resolved(BACKED_UP, environments=both).repositories
    apart = resolved(BACKED_UP, environments=both, backups=bucket).repositories
    assert [(each.folder, each.url, each.root) for each in (*beside, *apart)] == [
        ("repositories/us-east/production/us", None, None),
        ("repositories/us-east/staging/us", None, None),
        (None, "s3://kept-production/shop/production/us", "s3://kept-production"),
        (None, "s3://kept-staging/shop/staging/us", "s3://kept-staging"),
    ]
    bucket["us"]["repository"] = "s3://kept?region=r"
    (asked,) = resolved(BACKED_UP, backups=bucket).repositories
    assert (asked.url, asked.root) == ("s3://kept/production/us?region=r", "s3://kept")


def test_backups_are_as_they_are_declared_and_the_only_user_answers() -> None:
    asked = [
        {"sql": "SELECT\n count(*) FROM pages", "is": ">= 1", "in": "some shard"},
        {"get": "/t/acme/pages", "answers": 200},
        {"writes of": "web"},
    ]
    backup = {"every": "1d", "keep": "35d", "wal": "5s", "locked": "7d"}
    (found,) = resolved({"backup": backup, "questions": asked}).backed_up
    assert (found.id, found.repository) == ("production/us/blocks", "production/us")
    times = (found.every_s, found.wal_s, found.keep_s, found.locked_s)
    assert times == (DAY, 5.0, 35 * DAY, 7 * DAY)
    assert list(map(str, found.questions)) == [
        "SELECT count(*) FROM pages: >= 1, in some shard",
        "GET /t/acme/pages of web: 200",
        "every write of web",
    ]


def test_backups_stay_in_the_jurisdiction_when_their_region_is_of_it() -> None:
    assert decided(STAYS) == {Decision.HOLDS}
    assert decided(STAYS, BACKED_UP) == {Decision.HOLDS}


def test_backups_that_follow_a_standby_abroad_break_residency_of_their_store_alone() -> None:
    abroad: dict[str, Any] = {
        "jurisdictions": {"us": {"home": "us-west", "standby": "eu-west"}},
        "regions": {"us-west": {"jurisdiction": "us"}, "eu-west": {"jurisdiction": "eu"}},
        "stores": {"blocks": {"system": "postgres", **BACKED_UP}, "uploads": {"system": "files"}},
        "services": {},
    }

    def broken(stores: list[str]) -> set[str]:
        promise = {"name": "asked", **STAYS, "stores": stores}
        found = estate(promises=[promise], **abroad)
        (verdict,) = prove(found, Sources(), resolve(found, Sources()))
        return {fact.text for fact in verdict.counterexample if "backup" in fact.text}

    (text,) = broken(["blocks"])
    assert text.startswith("blocks rests in production/us-west/blocks/backup, in eu: backup every")
    assert text.endswith("into production/eu-west/repository/us")
    assert not broken(["uploads"])


def test_backups_of_a_store_are_encrypted_though_the_store_may_not_be() -> None:
    promise = {"name": "asked", "encrypted": ["at rest"], "of": ["blocks"]}
    found = estate(BACKED_UP, promises=[promise])
    verdicts = prove(found, Sources(), resolve(found, Sources()))
    facts = {fact.text for each in verdicts for fact in each.why}
    assert f"{BACKUP} is encrypted with production/us/backups" in facts
    assert f"whether {HOME} is encrypted at rest cannot be told" in facts


@pytest.mark.parametrize(
    ("lose", "rpo", "blocks", "decision"),
    [
        ("store", "2d", {}, Decision.BROKEN),
        ("store", "12h", {"backup": {"every": "1d", "keep": "35d"}}, Decision.BROKEN),
        ("store", "2d", {"backup": {"every": "1d", "keep": "35d"}}, Decision.UNKNOWN),
        ("store", "2d", {"backup": {"every": "1d", "keep": "12h"}}, Decision.BROKEN),
        ("store", "59s", {"backup": {"every": "1d", "keep": "35d", "wal": True}}, Decision.BROKEN),
        ("store", "1m", {"backup": {"every": "1d", "keep": "35d", "wal": True}}, Decision.UNKNOWN),
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


@pytest.mark.parametrize(
    ("blocks", "kept_in", "decision"),
    [
        ({}, "us-west", Decision.BROKEN),
        (BACKED_UP, "us-west", Decision.BROKEN),
        (BACKED_UP, "us-east", Decision.UNKNOWN),
    ],
)
def test_without_a_standby_only_backups_elsewhere_outlive_a_region(
    blocks: dict[str, Any], kept_in: str, decision: Decision
) -> None:
    promise = {"name": "asked", "lose": "region", "rpo": "1d", "of": ["blocks"]}
    places = {"jurisdictions": ALONE, "backups": {"us": {"in": kept_in}}}
    found = estate(blocks, promises=[promise], **places)
    (verdict,) = prove(found, Sources(), resolve(found, Sources()))
    assert (verdict.subject, verdict.decision) == ("us-west", decision)


def test_a_part_has_the_data_that_is_in_it() -> None:
    topology = resolved(environments={"production": {}, "staging": {}})
    staging = in_environment(topology, "staging")
    for things in (staging.resources, staging.holdings):
        assert things
        assert {each.environment for each in things} == {"staging"}
    assert {each.target.partition("/")[0] for each in staging.movements} == {"staging"}
    kept = resolved(BACKED_UP, environments={"production": {}, "staging": {}})
    near = touching(kept, {"us-west"})
    for part in (in_environment(kept, "staging"), in_environment(near, "staging")):
        assert [each.id for each in part.repositories] == ["staging/us"]
        assert [each.id for each in part.backed_up] == ["staging/us/blocks"]
    assert not touching(kept, {"nowhere"}).repositories
    assert not touching(kept, {"nowhere"}).backed_up
    east = touching(topology, {"us-east"})
    assert {each.region for each in east.holdings} == {"us-east"}
    assert HOME in {each.source for each in east.movements}
