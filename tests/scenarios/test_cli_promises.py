"""`caisson promises`: the board without a controller."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import BROKEN, HOLDS, UNKNOWN, caisson, shop

from caisson.estate.loading import load
from caisson.ledger.chain import Kind
from caisson.ledger.evidence import Evidence, Fidelity
from caisson.ledger.fingerprint import fingerprint
from caisson.ledger.ledger import Ledger
from caisson.state.state import open_state
from caisson.topology.resolve import resolve

SITE = "production/us-west"


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    return shop(tmp_path, HOLDS, UNKNOWN)


@pytest.fixture
def measured(estate: Path) -> Callable[..., None]:
    """Write a drill's result into the estate's ledger."""
    loaded = load(estate)
    topology = resolve(loaded.estate, loaded.sources)

    def record(*, rto_s: float, writes_lost: int = 0, age_s: float = 60.0) -> None:
        evidence = Evidence(
            at=time.time() - age_s,
            method="drill lose-region",
            subject=SITE,
            promises=("survives",),
            figures={"rto_s": rto_s, "rpo_s": 0.0, "writes_lost": writes_lost},
            fidelity=Fidelity.REHEARSAL,
            fingerprint=fingerprint(topology, SITE),
            drill="drill-1",
        )
        with open_state(estate.parent / ".caisson" / "state.sqlite") as state:
            Ledger(state.database).append(Kind.EVIDENCE, evidence.to_json(), evidence.at)

    return record


def row_of(estate: Path, name: str) -> dict[str, object]:
    rows = caisson("promises", estate, "--json").json["promises"]
    return next(row for row in rows if row["name"] == name)


def test_without_evidence_what_must_be_measured_cannot_be_told(estate: Path) -> None:
    row = row_of(estate, "survives")
    assert (row["verdict"], row["evidence"], row["stale"]) == ("unknown", [], False)
    assert row_of(estate, "stays")["fidelity"] == "proof"
    shown = caisson("promises", estate)
    assert shown.code == 0
    assert "run: caisson drill lose-region us-west" in shown.out
    assert "1 holds, 1 cannot be told" in shown.out
    assert caisson("promises", estate, "--strict").code == 3


def test_looking_makes_no_state(estate: Path) -> None:
    caisson("promises", estate)
    assert not (estate.parent / ".caisson").exists()


def test_a_measurement_within_limits_makes_it_hold(
    estate: Path, measured: Callable[..., None]
) -> None:
    measured(rto_s=2.5)
    row = row_of(estate, "survives")
    assert (row["verdict"], row["fidelity"]) == ("holds", "rehearsal")
    ended = caisson("promises", estate, "--strict")
    assert ended.code == 0
    assert "survives  by rehearsal on this machine" in ended.out
    assert "drill lose-region production/us-west  rpo 0 s, rto 2.5 s" in ended.out


def test_a_measurement_beyond_limits_breaks_it(estate: Path, measured: Callable[..., None]) -> None:
    measured(rto_s=2.5, writes_lost=3)
    ended = caisson("promises", estate)
    assert ended.code == 1
    assert "acknowledged writes lost: 3, promised 0" in ended.out


def test_evidence_goes_stale_when_the_estate_changes(
    estate: Path, measured: Callable[..., None]
) -> None:
    measured(rto_s=2.5)
    text = estate.read_text()
    estate.write_text(
        text.replace("services:", "  seen: {system: memcached, rebuildable: true}\nservices:")
    )
    row = row_of(estate, "survives")
    assert (row["verdict"], row["stale"]) == ("unknown", True)
    assert f"stale: {SITE} has changed since" in caisson("promises", estate).out


def test_evidence_goes_stale_with_age(estate: Path, measured: Callable[..., None]) -> None:
    measured(rto_s=2.5, age_s=8 * 86400)
    assert row_of(estate, "survives")["stale"] is True


def test_a_broken_proof_ends_with_1(tmp_path: Path) -> None:
    ended = caisson("promises", shop(tmp_path, BROKEN))
    assert ended.code == 1
    assert "✗ broken       only-web  by proof" in ended.out


def test_a_damaged_state_is_told_in_a_sentence(estate: Path) -> None:
    state = estate.parent / ".caisson" / "state.sqlite"
    state.parent.mkdir()
    state.write_bytes(b"this is no database" * 100)
    ended = caisson("promises", estate)
    assert ended.code == 1
    assert "file is not a database" in ended.err
    as_json = caisson("promises", estate, "--json")
    assert "file is not a database" in as_json.json["errors"][0]
