"""What counts as a difference, and what does not."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from caisson.estate.model import Estate
from caisson.estate.sources import Source, Sources
from caisson.topology.diff import Difference, FactChange, between, diff
from caisson.topology.fingerprint import fingerprint
from caisson.topology.model import Topology
from caisson.topology.query import Index
from caisson.topology.resolve import resolve

REFERENCE = Path(__file__).parents[2] / "examples" / "workspace" / "estate.yaml"


def resolved(*changes: tuple[str, str], block: int = 40, line: int = 1) -> Topology:
    """The reference estate with pieces of its text replaced."""
    text = REFERENCE.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    sources = Sources(whole=Source("estate.yaml", line))
    return resolve(Estate.model_validate(yaml.safe_load(text)), sources, block)


@pytest.fixture(scope="module")
def reference() -> Topology:
    return resolved()


SYNC = ("replication: async", "replication: sync")
NEW_TENANT = ("  acme: ", "  hooli: {home: us}\n  acme: ")
NO_STAGING = ("  staging: {jurisdictions: [us], sizes: small}\n", "")
READ_ONLY = ("{blocks: write,", "{blocks: read,")
SWAPPED = ("{home: eu-central, standby: eu-west}", "{home: eu-west, standby: eu-central}")
STAGING_IN_EU = ("staging: {jurisdictions: [us], sizes: small}", "staging: {}")


def test_a_changed_fact_is_told_from_and_to(reference: Topology) -> None:
    changes = diff(reference, resolved(SYNC))
    assert [(change.kind, change.id, change.difference) for change in changes] == [
        ("replica set", "production/eu/blocks", Difference.CHANGED),
        ("replica set", "production/us/blocks", Difference.CHANGED),
        ("replica set", "staging/us/blocks", Difference.CHANGED),
    ]
    assert changes[0].facts == (FactChange("replication", "async", "sync"),)


def test_added_and_removed_mirror_each_other(reference: Topology) -> None:
    less = resolved(NO_STAGING)
    removed, added = diff(reference, less), diff(less, reference)
    assert {change.difference for change in removed} == {Difference.REMOVED}
    assert {change.difference for change in added} == {Difference.ADDED}
    assert [(c.kind, c.id) for c in removed] == [(c.kind, c.id) for c in added]
    assert ("credential", "staging/us/web/blocks") in {(c.kind, c.id) for c in removed}


def test_a_new_tenant_is_all_that_is_added(reference: Topology) -> None:
    assert [(c.kind, c.id, c.difference) for c in diff(reference, resolved(NEW_TENANT))] == [
        ("tenant", "production/hooli", Difference.ADDED),
        ("tenant", "staging/hooli", Difference.ADDED),
    ]


def test_a_moved_home_changes_roles_and_primaries(reference: Topology) -> None:
    changes = {(c.kind, c.id): c.facts for c in diff(reference, resolved(SWAPPED))}
    role = next(f for f in changes["component", "production/eu-west/blocks"] if f.name == "role")
    assert (role.before, role.after) == ("standby", "primary")
    primary, _ = changes["replica set", "production/eu/blocks"]
    assert primary == FactChange(
        "primary", "production/eu-central/blocks", "production/eu-west/blocks"
    )


def test_moved_lines_are_no_difference(reference: Topology) -> None:
    assert diff(reference, resolved(line=99)) == ()


def test_other_addresses_are_a_difference_of_components_only(reference: Topology) -> None:
    changes = diff(reference, resolved(block=50))
    assert {(change.kind, *(fact.name for fact in change.facts)) for change in changes} == {
        ("component", "address")
    }


def test_environments_declared_alike_are_alike() -> None:
    assert between(resolved(STAGING_IN_EU), "production", "staging") == ()


def test_an_environment_named_like_the_end_of_a_region_is_compared_by_its_own_name() -> None:
    topology = resolved((NO_STAGING[0], "  west: {}\n"))
    assert between(topology, "production", "west") == ()


def test_environments_differ_in_what_only_one_has(reference: Topology) -> None:
    changes = between(reference, "staging", "production")
    assert {change.difference for change in changes} == {Difference.ADDED}
    sites = {change.id for change in changes if change.kind == "site"}
    assert sites == {"eu-central", "eu-west"}
    assert not [change for change in changes if "us-" in change.id]


@pytest.mark.parametrize("change", [SYNC, READ_ONLY, SWAPPED, NO_STAGING], ids=lambda c: c[1])
def test_a_fingerprint_sees_what_matters(reference: Topology, change: tuple[str, str]) -> None:
    assert fingerprint(reference) != fingerprint(resolved(change))


def test_a_fingerprint_ignores_lines_addresses_and_tenants(reference: Topology) -> None:
    assert fingerprint(reference) == fingerprint(resolved(NEW_TENANT, block=77, line=99))


def test_a_fingerprint_of_one_environment_ignores_the_other(reference: Topology) -> None:
    without_staging = resolved(NO_STAGING)
    assert fingerprint(reference, "production") == fingerprint(without_staging, "production")
    assert fingerprint(reference, "staging") != fingerprint(without_staging, "staging")


def test_a_fingerprint_of_some_regions_ignores_the_rest(reference: Topology) -> None:
    swapped = resolved(SWAPPED)
    us, eu = frozenset({"us-west", "us-east"}), frozenset({"eu-central"})
    assert fingerprint(reference, "production", us) == fingerprint(swapped, "production", us)
    assert fingerprint(reference, "production", eu) != fingerprint(swapped, "production", eu)


def test_a_region_depends_on_what_its_services_may_do(reference: Topology) -> None:
    region = frozenset({"us-east"})
    changed = resolved(READ_ONLY)
    assert fingerprint(reference, None, region) != fingerprint(changed, None, region)


def test_a_fingerprint_sees_two_flows_that_differ_in_the_credential(reference: Topology) -> None:
    *others, last = (flow for flow in reference.flows if flow.credential)
    rest = tuple(flow for flow in reference.flows if not flow.credential)
    other = replace(last, credential="staging/us/web/blocks")
    changed = replace(reference, flows=(*rest, *others, other))
    assert fingerprint(changed) != fingerprint(reference)
    (change,) = diff(reference, changed)
    assert change.facts == (
        FactChange("credentials", ("staging/us/web/cache",), ("staging/us/web/blocks",)),
    )


def test_the_order_of_standbys_and_of_credentials_makes_no_difference(
    reference: Topology,
) -> None:
    blocks = replace(reference.replica_sets[0], standbys=("production/a/x", "production/b/x"))
    flow = reference.flows[-1]
    flows = (replace(flow, credential="first"), replace(flow, credential="second"))
    one = replace(reference, replica_sets=(blocks,), flows=flows)
    turned = replace(blocks, standbys=blocks.standbys[::-1])
    other = replace(reference, replica_sets=(turned,), flows=flows[::-1])
    assert diff(one, other) == ()
    assert fingerprint(one) == fingerprint(other)


def test_the_index_finds_things_by_id(reference: Topology) -> None:
    index = Index.of(reference)
    blocks = index.component["production/us-east/blocks"]
    assert blocks.system == "postgres"
    assert blocks in index.components_of["production/us-east"]
    assert index.replica_set_of[blocks.id] is index.replica_set["production/us/blocks"]
    assert "production/us-east/cache" not in index.replica_set_of


def test_the_index_finds_tenants_by_home(reference: Topology) -> None:
    index = Index.of(reference)
    names = [tenant.name for tenant in index.tenants_of("production", "eu")]
    assert names == ["muster", "nordlys", "solaris"]
    assert index.tenants_of("staging", "eu") == ()
