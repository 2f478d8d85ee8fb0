"""Evidence as JSON, and the fingerprint that tells when it must go stale."""

import json
from dataclasses import replace

import pytest

from caisson.ledger.evidence import Evidence, Fidelity, evidence_from_json
from caisson.ledger.fingerprint import fingerprint
from caisson.state.json_text import Json
from caisson.topology.model import (
    Address,
    Component,
    Flow,
    FlowKind,
    Kind,
    ReplicaSet,
    Role,
    Site,
    Source,
    Topology,
)

HERE = Source("estate.yaml", 3)
EVIDENCE = Evidence(
    1000.5,
    "drill lose-region",
    "production/us-west",
    ("lose-a-region",),
    {"rto_s": 1.9, "rpo_s": None, "writes_lost": 0.0},
    Fidelity.REHEARSAL,
    "ab12",
    "drill-0004",
    "reports/drill-0004.html",
)


@pytest.mark.parametrize("evidence", [EVIDENCE, replace(EVIDENCE, report=None, promises=())])
def test_evidence_survives_json(evidence: Evidence) -> None:
    assert evidence_from_json(json.loads(json.dumps(evidence.to_json()))) == evidence


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "yesterday"),
        ("at", True),
        ("subject", None),
        ("promises", "lose-a-region"),
        ("promises", [1]),
        ("figures", []),
        ("figures", {"rto_s": "fast"}),
        ("fidelity", "certain"),
    ],
)
def test_what_is_no_evidence_is_refused(field: str, value: Json) -> None:
    body = json.loads(json.dumps(EVIDENCE.to_json()))
    with pytest.raises(ValueError, match=r"evidence needs|is not a valid Fidelity"):
        evidence_from_json({**body, field: value})
    del body[field]
    with pytest.raises(ValueError, match=f"`{field}`"):
        evidence_from_json(body)


def component(region: str, jurisdiction: str, role: Role) -> Component:
    return Component(
        "production",
        region,
        jurisdiction,
        "blocks",
        Kind.STORE,
        "postgres",
        role,
        Address("127.40.1.1", 5432),
        HERE,
    )


WEST = component("us-west", "us", Role.PRIMARY)
EAST = component("us-east", "us", Role.STANDBY)
CENTRAL = component("eu-central", "eu", Role.PRIMARY)
SET = ReplicaSet(
    "production", "us", "blocks", "postgres", "async", 4, None, WEST.id, (EAST.id,), HERE
)
TOPOLOGY = Topology(
    "workspace",
    sites=tuple(
        Site("production", one.region, one.jurisdiction, HERE) for one in (WEST, EAST, CENTRAL)
    ),
    components=(WEST, EAST, CENTRAL),
    replica_sets=(SET,),
    flows=(Flow(FlowKind.REPLICATION, WEST.id, EAST.id, None, HERE),),
)
SUBJECTS = ("production/us-west", "production/us/blocks")


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize(
    "changed",
    [
        replace(TOPOLOGY, replica_sets=(replace(SET, replication="sync"),)),
        replace(TOPOLOGY, replica_sets=(replace(SET, shards=8),)),
        replace(TOPOLOGY, replica_sets=(replace(SET, standbys=()),)),
        replace(TOPOLOGY, components=(WEST, CENTRAL)),
        replace(TOPOLOGY, components=(replace(WEST, system="redis"), EAST, CENTRAL)),
        replace(TOPOLOGY, flows=()),
        Topology("workspace"),
    ],
)
def test_a_change_of_what_recovery_depends_on_changes_it(changed: Topology, subject: str) -> None:
    assert fingerprint(changed, subject) != fingerprint(TOPOLOGY, subject)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize(
    "same",
    [
        replace(TOPOLOGY, components=(EAST, CENTRAL, WEST)),
        replace(TOPOLOGY, components=(WEST, EAST, replace(CENTRAL, system="redis"))),
        replace(
            TOPOLOGY,
            components=(replace(WEST, address=Address("127.77.1.1", 1)), EAST, CENTRAL),
        ),
        replace(TOPOLOGY, replica_sets=(replace(SET, source=Source("estate.yaml", 99)),)),
    ],
)
def test_order_addresses_lines_and_other_jurisdictions_do_not(same: Topology, subject: str) -> None:
    assert fingerprint(same, subject) == fingerprint(TOPOLOGY, subject)


def test_what_is_gone_has_another_fingerprint() -> None:
    assert fingerprint(TOPOLOGY, "production/us-north") != fingerprint(
        TOPOLOGY, "production/us-west"
    )
