"""What must be true of every topology, whatever estate it is resolved from."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from caisson.estate.model import Estate, Lose
from caisson.estate.sources import Source, Sources
from caisson.prove.check import prove
from caisson.prove.model import Decision
from caisson.topology.declaration import REPLICATED
from caisson.topology.diff import between, diff
from caisson.topology.fingerprint import fingerprint
from caisson.topology.model import FlowKind, Role, Topology
from caisson.topology.query import Index
from caisson.topology.resolve import resolve
from caisson.topology.resources import Rest, Way

SYSTEMS = ["postgres", "redis", "memcached", "opensearch", "files"]
NAMES = ["production", "staging", "test"]


BACKUPS = [{"every": "1d", "keep": "7d"}, {"every": "6h", "keep": "7d", "wal": "5m"}]
QUESTIONS = [{"sql": "SELECT 1", "is": "= 1"}, {"get": "/", "answers": 200, "of": "web"}]
REPOSITORIES = [None, "/srv/kept", "s3://kept-{environment}/shop"]


@st.composite
def jurisdictions(draw: st.DrawFn) -> dict[str, Any]:
    """Jurisdictions of one or two regions, and sometimes a region that nothing uses.

    Of some it is said where their backups lie.
    """
    standbys = draw(st.lists(st.booleans(), max_size=4))
    places: dict[str, dict[str, str]] = {}
    for number, standby in enumerate(standbys):
        name = f"j{number}"
        places[name] = {"home": f"{name}-a"} | ({"standby": f"{name}-b"} if standby else {})
    regions = {f"{name}-{side}": {"jurisdiction": name} for name in places for side in "ab"}
    backups = {
        name: {"in": f"{name}-{side}", "repository": draw(st.sampled_from(REPOSITORIES))}
        for name in places
        if (side := draw(st.sampled_from(["a", "b", None])))
    }
    return {"jurisdictions": places, "regions": regions, "backups": backups}


@st.composite
def stores(draw: st.DrawFn) -> dict[str, Any]:
    """Stores of all systems; what can be backed up sometimes is."""
    found: dict[str, dict[str, Any]] = {}
    for number, system in enumerate(draw(st.lists(st.sampled_from(SYSTEMS), max_size=4))):
        backup = draw(st.sampled_from([None, *BACKUPS])) if system in REPLICATED else None
        asked = st.lists(st.sampled_from(QUESTIONS), max_size=2)
        questions = draw(asked) if backup and system == "postgres" else []
        found[f"store-{number}"] = {"system": system, "backup": backup, "questions": questions}
    return found


@st.composite
def services(draw: st.DrawFn, stores: list[str]) -> dict[str, Any]:
    access = st.sampled_from(["read", "write"])
    uses = st.dictionaries(st.sampled_from(stores), access) if stores else st.just({})
    service = st.fixed_dictionaries(
        {"run": st.just(["serve"]), "public": st.sampled_from([None, "http"]), "uses": uses}
    )
    return draw(st.dictionaries(st.sampled_from(["web", "worker", "admin"]), service))


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    places = draw(jurisdictions())
    known = list(places["jurisdictions"])
    kept = draw(stores())
    some = st.lists(st.sampled_from(known), unique=True) if known else st.just([])
    environment = st.fixed_dictionaries({"jurisdictions": st.none() | some})
    tenants = draw(st.lists(st.sampled_from(known), max_size=5)) if known else []
    return Estate.model_validate(
        {
            "estate": "generated",
            **places,
            "stores": kept,
            "services": draw(services(list(kept))),
            "environments": draw(st.dictionaries(st.sampled_from(NAMES), environment, min_size=1)),
            "tenants": {f"tenant-{n}": {"home": home} for n, home in enumerate(tenants)},
        }
    )


topologies = estates().map(lambda estate: resolve(estate, Sources()))


@given(topologies)
def test_ids_and_addresses_are_unique(topology: Topology) -> None:
    for things in (topology.sites, topology.components, topology.replica_sets):
        assert max(Counter(thing.id for thing in things).values(), default=1) == 1
    hosts = Counter(component.address.host for component in topology.components)
    assert max(hosts.values(), default=1) == 1


@given(topologies)
def test_addresses_can_be_bound_on_the_loopback_network(topology: Topology) -> None:
    for component in topology.components:
        first, *others = (int(octet) for octet in component.address.host.split("."))
        assert first == 127
        assert all(1 <= octet <= 254 for octet in others)


@given(topologies)
def test_every_flow_joins_things_that_exist_in_one_environment(topology: Topology) -> None:
    index = Index.of(topology)
    credentials = {credential.id for credential in topology.credentials}
    for flow in topology.flows:
        target = index.component[flow.target]
        assert flow.credential is None or flow.credential in credentials
        if flow.source == "internet":
            assert target.jurisdiction is None
        else:
            assert index.component[flow.source].environment == target.environment


@given(topologies)
def test_a_replica_set_has_one_primary_and_replicates_to_the_rest(topology: Topology) -> None:
    index = Index.of(topology)
    replication = {(f.source, f.target) for f in topology.flows if f.kind is FlowKind.REPLICATION}
    for each in topology.replica_sets:
        roles = [index.component[member].role for member in each.members]
        assert roles == [Role.PRIMARY, *[Role.STANDBY] * len(each.standbys)]
        assert {(each.primary, standby) for standby in each.standbys} <= replication
    replicated = {c.id for c in topology.components if c.system in REPLICATED}
    assert replicated == set(index.replica_set_of)


@given(topologies)
def test_environments_share_no_component_address_or_credential(topology: Topology) -> None:
    owners: dict[str, str] = {}
    used = [(c.environment, c.id) for c in topology.components]
    used += [(c.environment, c.id) for c in topology.credentials]
    used += [(c.environment, c.address.host) for c in topology.components]
    for environment, name in used:
        assert owners.setdefault(name, environment) == environment


@given(topologies)
def test_data_stays_in_its_jurisdiction_when_standbys_do(topology: Topology) -> None:
    assert all(copy.jurisdiction == copy.tenants_of for copy in topology.copies)


@given(topologies)
def test_every_member_holds_a_copy(topology: Topology) -> None:
    copies = {(copy.environment, copy.tenants_of, copy.component) for copy in topology.copies}
    assert len(copies) == len(topology.copies)
    for each in topology.replica_sets:
        for member in each.members:
            assert (each.environment, each.jurisdiction, member) in copies


@given(estates())
def test_the_same_estate_gives_the_same_topology(estate: Estate) -> None:
    assert resolve(estate, Sources()) == resolve(estate.model_copy(deep=True), Sources())


@given(topologies)
def test_nothing_differs_from_itself(topology: Topology) -> None:
    assert diff(topology, topology) == ()
    for site in topology.sites:
        assert between(topology, site.environment, site.environment) == ()


@given(estates())
def test_environments_declared_alike_are_alike(estate: Estate) -> None:
    some = next(iter(estate.environments.values()))
    both = estate.model_copy(update={"environments": {"one": some, "one-more": some}})
    assert between(resolve(both, Sources()), "one", "one-more") == ()


@given(topologies, st.randoms(use_true_random=False), st.integers(2, 1000))
def test_neither_order_nor_lines_make_a_difference(
    topology: Topology, chance: random.Random, line: int
) -> None:
    def mixed(items: tuple[Any, ...], source: str = "source") -> tuple[Any, ...]:
        moved = [replace(item, **{source: Source("other.yaml", line)}) for item in items]
        chance.shuffle(moved)
        return tuple(moved)

    other = Topology(
        estate=topology.estate,
        sites=mixed(topology.sites),
        components=mixed(topology.components),
        replica_sets=mixed(topology.replica_sets),
        flows=mixed(topology.flows, "declared"),
        credentials=mixed(topology.credentials),
        copies=mixed(topology.copies),
        tenants=mixed(topology.tenants),
        repositories=mixed(topology.repositories),
        backed_up=mixed(topology.backed_up),
    )
    assert fingerprint(other) == fingerprint(topology)
    assert diff(topology, other) == ()


@given(estates())
def test_every_backed_up_set_moves_into_a_repository_where_it_is_said(estate: Estate) -> None:
    topology = resolve(estate, Sources())
    holdings = {each.id: each for each in topology.holdings}
    resources = {each.id: each for each in topology.resources}
    keys = {each.id for each in topology.keys}
    into = {each.source: each for each in topology.movements if each.way is Way.BACKUP}
    backed_up = [each for each in topology.replica_sets if estate.stores[each.store].backup]
    assert into.keys() == {each.primary for each in backed_up}
    assert [each.id for each in topology.backed_up] == [each.id for each in backed_up]
    for each in backed_up:
        place, said = estate.jurisdictions[each.jurisdiction], estate.backups.get(each.jurisdiction)
        kept = holdings[into[each.primary].target]
        assert kept.region == (said.in_ if said else place.standby or place.home)
        assert (kept.environment, kept.jurisdiction) == (each.environment, each.jurisdiction)
        assert (kept.rest, resources[kept.resource].region) == (Rest.BACKUP, kept.region)
        assert keys.issuperset(kept.keys)


@given(topologies)
def test_no_two_environments_or_jurisdictions_have_one_repository_or_key(
    topology: Topology,
) -> None:
    for names in (
        [each.resource for each in topology.repositories],
        [each.key for each in topology.repositories],
        [each.url or each.folder for each in topology.repositories],
    ):
        assert max(Counter(names).values(), default=1) == 1


@given(estates())
def test_a_region_takes_a_store_when_all_its_copies_and_backups_are_in_it(estate: Estate) -> None:
    """What is promised is so little that nothing but the loss of everything can break it."""
    promise = {"name": "asked", "lose": "region", "rpo": "900d"}
    asked = estate.model_copy(update={"promises": [Lose.model_validate(promise)]})
    topology = resolve(asked, Sources())
    repositories = {each.id: each.region for each in topology.repositories}
    kept_in = {each.id: {repositories[each.repository]} for each in topology.backed_up}
    lost = set()
    for each in topology.replica_sets:
        regions = {member.split("/")[1] for member in each.members} | kept_in.get(each.id, set())
        if len(regions) == 1:
            lost |= regions
    verdicts = prove(asked, Sources(), topology)
    assert {each.subject for each in verdicts if each.decision is Decision.BROKEN} == lost
