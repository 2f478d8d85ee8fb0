"""The reference estate, resolved; and small estates that differ from it in one point."""

from pathlib import Path
from typing import Any

import pytest

from caisson.estate.loading import load
from caisson.estate.model import Estate
from caisson.estate.sources import Source, Sources
from caisson.topology.errors import AddressesExhaustedError
from caisson.topology.model import FlowKind, Kind, Role, Topology
from caisson.topology.passes.tenants import shard_of
from caisson.topology.resolve import resolve

REFERENCE = Path(__file__).parents[2] / "examples" / "workspace" / "estate.yaml"

WEB = {"run": ["serve"], "public": "http", "uses": {"blocks": "write", "cache": "write"}}


def declared(**changes: Any) -> dict[str, Any]:
    """One jurisdiction, one environment, one service, a database and a cache."""
    return {
        "estate": "small",
        "jurisdictions": {"us": {"home": "us-west", "standby": "us-east"}},
        "regions": {"us-west": {"jurisdiction": "us"}, "us-east": {"jurisdiction": "us"}},
        "stores": {"blocks": {"system": "postgres"}, "cache": {"system": "memcached"}},
        "services": {"web": WEB},
        "environments": {"production": {}},
        **changes,
    }


def resolved(block: int = 40, **changes: Any) -> Topology:
    return resolve(Estate.model_validate(declared(**changes)), Sources(), block)


def requests(topology: Topology) -> set[tuple[str, str]]:
    return {(f.source, f.target) for f in topology.flows if f.kind is FlowKind.REQUEST}


@pytest.fixture(scope="module")
def reference() -> Topology:
    loaded = load(REFERENCE)
    return resolve(loaded.estate, loaded.sources)


def test_every_environment_is_in_its_regions_and_has_an_edge(reference: Topology) -> None:
    assert {(site.id, site.jurisdiction) for site in reference.sites} == {
        ("production/us-west", "us"),
        ("production/us-east", "us"),
        ("production/eu-central", "eu"),
        ("production/eu-west", "eu"),
        ("production/edge", None),
        ("staging/us-west", "us"),
        ("staging/us-east", "us"),
        ("staging/edge", None),
    }


def test_a_region_that_no_jurisdiction_uses_is_no_site() -> None:
    regions = {**declared()["regions"], "us-south": {"jurisdiction": "us"}}
    assert "production/us-south" not in {site.id for site in resolved(regions=regions).sites}


def test_a_site_runs_stores_services_and_a_proxy(reference: Topology) -> None:
    at_home = [c for c in reference.components if c.site == "production/us-west"]
    assert [(c.name, c.kind, c.system, c.role, str(c.address)) for c in at_home] == [
        ("blocks", Kind.STORE, "postgres", Role.PRIMARY, "127.40.1.1:5432"),
        ("sessions", Kind.STORE, "redis", Role.PRIMARY, "127.40.1.2:6379"),
        ("cache", Kind.STORE, "memcached", Role.REPLICA, "127.40.1.3:11211"),
        ("web", Kind.SERVICE, "service", Role.REPLICA, "127.40.1.4:8000"),
        ("proxy", Kind.PROXY, "haproxy", Role.REPLICA, "127.40.1.5:8080"),
    ]


def test_the_standby_region_holds_standbys(reference: Topology) -> None:
    roles = {c.name: c.role for c in reference.components if c.site == "production/us-east"}
    assert roles["blocks"] is Role.STANDBY
    assert roles["sessions"] is Role.STANDBY
    assert roles["cache"] is Role.REPLICA


def test_the_edge_runs_one_proxy(reference: Topology) -> None:
    edge = [c for c in reference.components if c.site == "staging/edge"]
    assert [(c.id, c.kind, c.system) for c in edge] == [("staging/edge/edge", Kind.EDGE, "haproxy")]


def test_nothing_public_needs_no_proxy() -> None:
    topology = resolved(services={"web": {"run": ["serve"], "uses": {"blocks": "read"}}})
    assert {c.kind for c in topology.components} == {Kind.STORE, Kind.SERVICE}
    assert "production/edge" in {site.id for site in topology.sites}
    assert "internet" not in {flow.source for flow in topology.flows}


def test_another_component_leaves_the_networks_of_all_sites_alone() -> None:
    stores = {**declared()["stores"], "sessions": {"system": "redis"}}
    before, after = resolved(), resolved(stores=stores)

    def networks(topology: Topology) -> dict[str, str]:
        return {c.site: c.address.host.rpartition(".")[0] for c in topology.components}

    assert networks(before) == networks(after)


def test_sites_beyond_a_block_continue_in_the_next() -> None:
    names = [f"j{number}" for number in range(251)]
    topology = resolved(
        jurisdictions={name: {"home": f"{name}-a"} for name in names},
        regions={f"{name}-a": {"jurisdiction": name} for name in names},
    )
    hosts = {c.id: c.address.host for c in topology.components}
    assert hosts["production/j249-a/blocks"] == "127.40.250.1"
    assert hosts["production/j250-a/blocks"] == "127.41.1.1"


def test_a_block_without_room_is_refused_with_a_way_out() -> None:
    with pytest.raises(AddressesExhaustedError, match="start at a block between 0 and 255"):
        resolved(block=256)


def test_a_site_with_too_many_components_is_refused_by_name() -> None:
    stores = {f"store-{number}": {"system": "redis"} for number in range(255)}
    with pytest.raises(AddressesExhaustedError, match="production/us-west has more than 254"):
        resolved(stores=stores, services={})


def test_replica_sets_are_per_environment_jurisdiction_and_replicated_store(
    reference: Topology,
) -> None:
    sets = {each.id: each for each in reference.replica_sets}
    assert set(sets) == {
        "production/us/blocks",
        "production/us/sessions",
        "production/eu/blocks",
        "production/eu/sessions",
        "staging/us/blocks",
        "staging/us/sessions",
    }
    blocks = sets["production/eu/blocks"]
    assert blocks.members == ("production/eu-central/blocks", "production/eu-west/blocks")
    assert (blocks.shards, blocks.replication, blocks.schema) == (4, "async", "app/schema.sql")


def test_a_jurisdiction_without_standby_has_sets_of_one() -> None:
    topology = resolved(jurisdictions={"us": {"home": "us-west"}})
    assert [each.members for each in topology.replica_sets] == [("production/us-west/blocks",)]
    assert not [flow for flow in topology.flows if flow.kind is FlowKind.REPLICATION]


def test_the_home_is_no_standby_of_itself() -> None:
    topology = resolved(jurisdictions={"us": {"home": "us-west", "standby": "us-west"}})
    assert [each.standbys for each in topology.replica_sets] == [()]


def test_requests_go_from_the_internet_down_to_the_stores() -> None:
    assert requests(resolved()) == {
        ("internet", "production/edge/edge"),
        ("production/edge/edge", "production/us-west/proxy"),
        ("production/edge/edge", "production/us-east/proxy"),
        ("production/us-west/proxy", "production/us-west/web"),
        ("production/us-east/proxy", "production/us-east/web"),
        # Either database may become the primary; a cache is its own site's only.
        ("production/us-west/web", "production/us-west/blocks"),
        ("production/us-west/web", "production/us-east/blocks"),
        ("production/us-east/web", "production/us-west/blocks"),
        ("production/us-east/web", "production/us-east/blocks"),
        ("production/us-west/web", "production/us-west/cache"),
        ("production/us-east/web", "production/us-east/cache"),
    }


def test_the_internet_does_not_reach_a_service_that_is_not_public() -> None:
    worker = {"run": ["work"], "uses": {"blocks": "read"}}
    reached = {target for _, target in requests(resolved(services={"web": WEB, "worker": worker}))}
    assert "production/us-west/web" in reached
    assert "production/us-west/worker" not in reached


def test_stores_replicate_from_home_to_standby(reference: Topology) -> None:
    replication = {(f.source, f.target) for f in reference.flows if f.kind is FlowKind.REPLICATION}
    assert ("production/us-west/blocks", "production/us-east/blocks") in replication
    assert ("production/us-west/sessions", "production/us-east/sessions") in replication
    assert not [target for _, target in replication if target.endswith("/cache")]


def test_a_service_opens_a_store_with_its_own_credential(reference: Topology) -> None:
    credentials = {
        flow.target: flow.credential
        for flow in reference.flows
        if flow.source == "production/eu-west/web"
    }
    assert credentials == {
        "production/eu-central/blocks": "production/eu/web/blocks",
        "production/eu-west/blocks": "production/eu/web/blocks",
        "production/eu-central/sessions": "production/eu/web/sessions",
        "production/eu-west/sessions": "production/eu/web/sessions",
        "production/eu-west/cache": "production/eu/web/cache",
    }


def test_copies_of_a_jurisdiction_are_in_its_regions(reference: Topology) -> None:
    found = {
        copy.component: copy.via
        for copy in reference.copies
        if (copy.environment, copy.tenants_of) == ("production", "eu")
    }
    assert found == {
        "production/eu-central/blocks": "declared home",
        "production/eu-central/sessions": "declared home",
        "production/eu-west/blocks": "replication from production/eu-central/blocks",
        "production/eu-west/sessions": "replication from production/eu-central/sessions",
        "production/eu-central/cache": "cached by production/eu-central/web",
        "production/eu-west/cache": "cached by production/eu-west/web",
        "production/eu-central/blocks/backup": (
            "backup every 86400 s and WAL within 60 s into production/eu-west/repository/eu"
        ),
    }


def test_a_standby_outside_the_jurisdiction_is_found_with_its_cache() -> None:
    topology = resolved(
        jurisdictions={"eu": {"home": "eu-central", "standby": "us-east"}},
        regions={"eu-central": {"jurisdiction": "eu"}, "us-east": {"jurisdiction": "us"}},
    )
    abroad = {(c.component, c.via) for c in topology.copies if c.jurisdiction != c.tenants_of}
    assert abroad == {
        ("production/us-east/blocks", "replication from production/eu-central/blocks"),
        ("production/us-east/cache", "cached by production/us-east/web"),
    }


def test_a_standby_in_the_home_of_others_spreads_to_their_caches() -> None:
    topology = resolved(
        jurisdictions={"us": {"home": "us-west"}, "eu": {"home": "eu-west", "standby": "us-west"}},
        regions={"us-west": {"jurisdiction": "us"}, "eu-west": {"jurisdiction": "eu"}},
    )
    abroad = {
        c.component for c in topology.copies if (c.tenants_of, c.jurisdiction) == ("eu", "us")
    }
    assert abroad == {"production/us-west/blocks", "production/us-west/cache"}


def test_a_cache_that_no_service_writes_holds_nothing() -> None:
    web = {**WEB, "uses": {"blocks": "write", "cache": "read"}}
    copies = resolved(services={"web": web}).copies
    assert {copy.store for copy in copies} == {"blocks"}


def test_tenants_live_where_their_jurisdiction_is(reference: Topology) -> None:
    places = {(t.environment, t.name): t.jurisdiction for t in reference.tenants}
    assert places["production", "muster"] == "eu"
    assert places["staging", "acme"] == "us"
    assert ("staging", "muster") not in places


def test_the_shard_of_a_tenant_never_changes() -> None:
    assert [shard_of(name, 4) for name in ("acme", "globex", "muster", "solaris")] == [0, 3, 1, 2]


def test_tenants_are_on_the_one_shard_when_there_is_no_database() -> None:
    topology = resolved(
        stores={"cache": {"system": "memcached"}},
        tenants={"acme": {"home": "us"}, "globex": {"home": "us"}},
    )
    assert [tenant.shard for tenant in topology.tenants] == [0, 0]


def test_statements_point_to_the_line_that_declares_them(reference: Topology) -> None:
    lines = REFERENCE.read_text().splitlines()

    def line(source: Source) -> str:
        return lines[source.line - 1].strip()

    blocks = next(c for c in reference.components if c.id == "production/us-east/blocks")
    assert line(blocks.source).startswith("blocks:")
    site = next(each for each in reference.sites if each.id == "production/us-east")
    assert line(site.source).startswith("us-east:")
    replication = next(f for f in reference.flows if f.target == blocks.id and f.credential is None)
    assert line(replication.declared).startswith("us: {home: us-west, standby: us-east}")
    credential = next(c for c in reference.credentials if c.id == "production/us/web/blocks")
    assert line(credential.source).startswith("uses:")
    acme = next(t for t in reference.tenants if t.name == "acme")
    assert line(acme.source).startswith("acme:")


def test_what_nobody_wrote_points_to_the_nearest_enclosing_part() -> None:
    stores = Source("estate.yaml", 7)
    sources = Sources({("stores",): stores}, Source("estate.yaml", 2))
    assert sources.at("stores", "blocks", "shards") == stores
    assert sources.at("environments", "production") == Source("estate.yaml", 2)


def test_five_hundred_sites_resolve() -> None:
    names = [f"j{number}" for number in range(125)]
    topology = resolved(
        jurisdictions={name: {"home": f"{name}-a", "standby": f"{name}-b"} for name in names},
        regions={f"{name}-{side}": {"jurisdiction": name} for name in names for side in "ab"},
        environments={"production": {}, "staging": {}},
    )
    assert len(topology.sites) == 502
    assert len(topology.components) == 500 * 4 + 2
    assert len(topology.replica_sets) == 250
    assert len({component.address for component in topology.components}) == 2002
