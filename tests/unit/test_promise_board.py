"""The promise board: what holds, what is broken, what cannot be told, and on what it rests."""

import json
from dataclasses import replace

import pytest

from caisson.estate.model import Isolation, LoseRegion, Promise, Reach, Residency, Restore
from caisson.ledger.board import PromiseRow, board, board_to_json
from caisson.ledger.evidence import Evidence, Fidelity
from caisson.ledger.wording import duration, sentence
from caisson.prove.model import Decision, Fact, Verdict
from caisson.topology.model import (
    Address,
    Component,
    Kind,
    ReplicaSet,
    Role,
    Site,
    Source,
    Topology,
)

HOUR, DAY = 3600.0, 86400.0
NOW = 100 * DAY
HERE = Source("estate.yaml", 7)
US, EU = "production/us-west", "production/eu-central"

LOSE = LoseRegion.model_validate(
    {"name": "lose-a-region", "when": "region lost", "rpo": "5s", "rto": "60s"}
)
RESTORE = Restore.model_validate({"name": "we-can-restore", "restore": "blocks", "within": "1h"})
REACH = Reach.model_validate({"name": "only-web", "reach": "blocks", "from": ["web"]})
STAYS = Residency.model_validate({"name": "eu-stays", "tenants": "eu", "data stays in": "eu"})
APART = Isolation(name="apart", isolate=["staging", "production"])

REGIONS = {"us-west": "us", "us-east": "us", "eu-central": "eu", "eu-west": "eu"}
PLACES = [("production", region) for region in REGIONS] + [("staging", "us-west")]


def component(environment: str, region: str) -> Component:
    role = Role.PRIMARY if region in ("us-west", "eu-central") else Role.STANDBY
    return Component(
        environment,
        region,
        REGIONS[region],
        "blocks",
        Kind.STORE,
        "postgres",
        role,
        Address("127.0.0.1", 5432),
        HERE,
    )


def replica_set(environment: str, jurisdiction: str, home: str, *standbys: str) -> ReplicaSet:
    return ReplicaSet(
        environment,
        jurisdiction,
        "blocks",
        "postgres",
        "async",
        4,
        None,
        f"{environment}/{home}/blocks",
        tuple(f"{environment}/{region}/blocks" for region in standbys),
        HERE,
    )


TOPOLOGY = Topology(
    "workspace",
    sites=tuple(Site(*place, REGIONS[place[1]], HERE) for place in PLACES),
    components=tuple(component(*place) for place in PLACES),
    replica_sets=(
        replica_set("production", "us", "us-west", "us-east"),
        replica_set("production", "eu", "eu-central", "eu-west"),
        replica_set("staging", "us", "us-west"),
    ),
)


def drill(
    subject: str,
    *,
    age: float = HOUR,
    rto: float | None = 1.9,
    rpo: float | None = 0.2,
    fidelity: Fidelity = Fidelity.REHEARSAL,
    fingerprint: str = "same",
    promise: str = LOSE.name,
) -> Evidence:
    return Evidence(
        NOW - age,
        "drill lose-region",
        subject,
        (promise,),
        {"rto_s": rto, "rpo_s": rpo, "writes_acknowledged": 5000, "writes_lost": 2},
        fidelity,
        fingerprint,
        "drill-0004",
    )


def verdict(decision: Decision, promise: Promise = LOSE) -> Verdict:
    return Verdict(promise.name, "us", decision, (Fact(f"it {decision}", HERE),), remedy="do this")


def judge(
    *evidence: Evidence,
    promise: Promise = LOSE,
    verdicts: tuple[Verdict, ...] = (),
    topology: Topology = TOPOLOGY,
) -> PromiseRow:
    (row,) = board(
        [promise],
        verdicts,
        evidence,
        topology=topology,
        fingerprint_now=lambda _: "same",
        now=NOW,
    )
    return row


def test_it_holds_when_every_home_region_was_lost_and_came_back_in_time() -> None:
    row = judge(drill(US), drill(EU), verdicts=(verdict(Decision.HOLDS),))
    assert (row.verdict, row.fidelity, row.stale) == (Decision.HOLDS, Fidelity.REHEARSAL, False)
    assert row.why == (
        (
            "production/eu-central: service back after: 1.9 s, promised 1 min; "
            "data lost: 200 ms, promised 5 s (rehearsal drill-0004, 1 h ago)"
        ),
        (
            "production/us-west: service back after: 1.9 s, promised 1 min; "
            "data lost: 200 ms, promised 5 s (rehearsal drill-0004, 1 h ago)"
        ),
    )


def test_one_region_shown_is_not_any_region_shown() -> None:
    row = judge(drill(US), verdicts=(verdict(Decision.HOLDS),))
    assert (row.verdict, row.fidelity) == (Decision.UNKNOWN, None)
    assert row.why == (
        "shown so far (rehearsal): production/us-west",
        (
            "production/eu-central: not measured at this fidelity; "
            "run: caisson drill lose-region eu-central"
        ),
    )


def test_a_proof_that_holds_is_no_measurement() -> None:
    assert judge(verdicts=(verdict(Decision.HOLDS),)).verdict is Decision.UNKNOWN


def test_an_undecided_proof_does_not_contradict_what_was_measured() -> None:
    row = judge(drill(US), drill(EU), verdicts=(verdict(Decision.UNKNOWN),))
    assert row.verdict is Decision.HOLDS


def test_a_broken_proof_breaks_it_whatever_was_measured() -> None:
    row = judge(drill(US), drill(EU), verdicts=(verdict(Decision.HOLDS), verdict(Decision.BROKEN)))
    assert (row.verdict, row.fidelity) == (Decision.BROKEN, Fidelity.PROOF)
    assert row.why == ("it broken (estate.yaml:7)", "do this")


@pytest.mark.parametrize(
    ("rto", "rpo", "words"),
    [
        (60.5, 0.0, "service back after: 60.5 s, promised 1 min"),
        (1.0, 5.001, "data lost: 5.001 s, promised 5 s"),
        (None, 0.0, "service back after: not before the measurement ended"),
        (float("nan"), 0.0, "service back after: nan s, promised 1 min"),
    ],
)
def test_a_measurement_beyond_a_limit_breaks_it(rto: float | None, rpo: float, words: str) -> None:
    row = judge(drill(US, rto=rto, rpo=rpo), drill(EU))
    assert (row.verdict, row.fidelity) == (Decision.BROKEN, Fidelity.REHEARSAL)
    assert row.why == (f"{US}: {words} (rehearsal drill-0004, 1 h ago)",)


def test_exactly_the_limit_is_within_it() -> None:
    assert judge(drill(US, rto=60.0, rpo=5.0), drill(EU)).verdict is Decision.HOLDS


def test_a_later_success_does_not_take_a_fresh_failure_back() -> None:
    row = judge(drill(US, age=2 * HOUR, rto=70), drill(US), drill(EU))
    assert row.verdict is Decision.BROKEN
    assert [one.age_s for one in row.evidence] == [HOUR, HOUR, 2 * HOUR]


def test_losing_a_standby_region_counts_when_it_breaks_the_promise() -> None:
    row = judge(drill("production/us-east", rto=70), drill(US), drill(EU))
    assert row.verdict is Decision.BROKEN


@pytest.mark.parametrize(
    ("old", "reason"),
    [
        (drill(US, age=7 * DAY + 1), "older than the 7 d within which it must be verified again"),
        (drill(US, fingerprint="before"), "production/us-west has changed since"),
        (drill(US, age=-2 * HOUR), "dated in the future"),
    ],
)
def test_stale_evidence_is_shown_and_does_not_count(old: Evidence, reason: str) -> None:
    row = judge(old, drill(EU))
    assert (row.verdict, row.stale) == (Decision.UNKNOWN, True)
    assert {one.stale_because for one in row.evidence} == {None, reason}
    assert any(reason in line and line.startswith(US) for line in row.why)
    assert judge(replace(old, figures={"rto_s": 99, "rpo_s": 99})).verdict is Decision.UNKNOWN


def test_a_subject_measured_again_is_not_stale() -> None:
    row = judge(drill(US, age=30 * DAY), drill(US), drill(EU))
    assert (row.verdict, row.stale) == (Decision.HOLDS, False)


def test_exactly_as_old_as_allowed_is_fresh() -> None:
    assert judge(drill(US, age=7 * DAY), drill(EU)).verdict is Decision.HOLDS


def test_fidelities_are_never_mixed() -> None:
    row = judge(drill(US, fidelity=Fidelity.CLOUD), drill(EU, fidelity=Fidelity.REHEARSAL))
    assert row.verdict is Decision.UNKNOWN


def test_the_highest_complete_fidelity_is_shown() -> None:
    rehearsed = (drill(US), drill(EU))
    in_cloud = tuple(replace(one, fidelity=Fidelity.CLOUD) for one in rehearsed)
    assert judge(*rehearsed, in_cloud[0]).fidelity is Fidelity.REHEARSAL
    row = judge(*rehearsed, *in_cloud)
    assert row.fidelity is Fidelity.CLOUD
    assert all("cloud" in line and "rehearsal" not in line for line in row.why)


def test_a_failure_at_any_fidelity_breaks_it_there() -> None:
    row = judge(drill(US), drill(EU), drill(US, fidelity=Fidelity.REAL, rto=300))
    assert (row.verdict, row.fidelity) == (Decision.BROKEN, Fidelity.REAL)


def test_measurements_called_proof_show_nothing() -> None:
    proofs = [drill(subject, fidelity=Fidelity.PROOF) for subject in (US, EU)]
    assert judge(*proofs).verdict is Decision.UNKNOWN


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"rto_s": 1.0}, "did not measure rpo_s"),
        ({"rto_s": 1.0, "rpo_s": 0.0, "writes_acknowledged": 0}, "no write was acknowledged"),
    ],
)
def test_a_drill_that_measured_too_little_shows_nothing(
    figures: dict[str, float | None], reason: str
) -> None:
    row = judge(replace(drill(US), figures=figures), drill(EU))
    assert row.verdict is Decision.UNKNOWN
    assert any(reason in line for line in row.why)


def test_staging_neither_shows_nor_breaks_what_production_promises() -> None:
    staging = drill("staging/us-west", rto=None)
    assert judge(drill(US), drill(EU), staging).verdict is Decision.HOLDS
    assert judge(drill("staging/us-west"), drill(EU)).verdict is Decision.UNKNOWN


def test_without_a_production_every_environment_has_to_show_it() -> None:
    topology = replace(
        TOPOLOGY,
        sites=TOPOLOGY.sites[-1:],
        components=TOPOLOGY.components[-1:],
        replica_sets=TOPOLOGY.replica_sets[-1:],
    )
    assert judge(topology=topology).why == (
        "staging/us-west: not measured at this fidelity; run: caisson drill lose-region us-west",
    )
    assert judge(drill("staging/us-west"), topology=topology).verdict is Decision.HOLDS


def test_nothing_to_lose_is_not_a_promise_kept() -> None:
    row = judge(drill(US), topology=Topology("empty"))
    assert row.verdict is Decision.UNKNOWN
    assert row.why == ("the topology has nothing that could be measured for it",)


def test_no_loss_promised_means_no_write_lost() -> None:
    none_lost = LOSE.model_copy(update={"rpo": 0.0})
    lost_two = (drill(US, rpo=0.0), drill(EU, rpo=0.0))
    row = judge(*lost_two, promise=none_lost)
    assert row.verdict is Decision.BROKEN
    assert "acknowledged writes lost: 2, promised 0" in row.why[0]
    kept = [replace(one, figures={**one.figures, "writes_lost": 0}) for one in lost_two]
    assert judge(*kept, promise=none_lost).verdict is Decision.HOLDS


def test_evidence_for_another_promise_is_not_looked_at() -> None:
    row = judge(drill(US, promise="other"), drill(EU))
    assert row.verdict is Decision.UNKNOWN
    assert len(row.evidence) == 1


def test_a_restore_must_have_been_run() -> None:
    row = judge(promise=RESTORE, verdicts=(verdict(Decision.HOLDS, RESTORE),))
    assert row.verdict is Decision.UNKNOWN
    restored = [
        replace(drill(subject, promise=RESTORE.name), figures={"restore_s": 1200.0})
        for subject in ("production/us/blocks", "production/eu/blocks")
    ]
    assert judge(*restored, promise=RESTORE).verdict is Decision.HOLDS


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"restore_s": 1200.0}, Decision.UNKNOWN),
        ({"restore_s": 1200.0, "rpo_s": 30.0}, Decision.HOLDS),
        ({"restore_s": 1200.0, "rpo_s": 31.0}, Decision.BROKEN),
    ],
)
def test_what_a_restore_may_lack_is_measured_where_it_is_promised(
    figures: dict[str, float | None], expected: Decision
) -> None:
    promise = RESTORE.model_copy(update={"rpo": 30.0})
    restored = [
        replace(drill(subject, promise=RESTORE.name), figures=figures)
        for subject in ("production/us/blocks", "production/eu/blocks")
    ]
    row = judge(*restored, promise=promise)
    assert row.verdict is expected
    assert row.sentence == "blocks can be restored within 1 h, lacking at most 30 s"


@pytest.mark.parametrize(
    ("decisions", "expected", "fidelity"),
    [
        ((Decision.HOLDS, Decision.HOLDS), Decision.HOLDS, Fidelity.PROOF),
        ((Decision.HOLDS, Decision.UNKNOWN), Decision.UNKNOWN, None),
        ((Decision.UNKNOWN, Decision.BROKEN, Decision.HOLDS), Decision.BROKEN, Fidelity.PROOF),
        ((), Decision.UNKNOWN, None),
    ],
)
def test_what_a_proof_settles_has_the_verdict_of_the_proofs(
    decisions: tuple[Decision, ...], expected: Decision, fidelity: Fidelity | None
) -> None:
    row = judge(promise=REACH, verdicts=tuple(verdict(decision, REACH) for decision in decisions))
    assert (row.verdict, row.fidelity, row.stale) == (expected, fidelity, False)
    assert all(str(expected) in line or line == "do this" for line in row.why if decisions)


def test_the_board_keeps_the_order_of_the_promises_and_is_json() -> None:
    rows = board(
        [REACH, LOSE],
        [verdict(Decision.HOLDS, REACH)],
        [drill(US)],
        topology=TOPOLOGY,
        fingerprint_now=lambda _: "changed",
        now=NOW,
    )
    reach, lose = json.loads(json.dumps(board_to_json(rows), allow_nan=False))["promises"]
    assert (reach["name"], reach["verdict"], reach["fidelity"]) == ("only-web", "holds", "proof")
    assert (reach["stale"], reach["evidence"]) == (False, [])
    assert (lose["verdict"], lose["fidelity"], lose["stale"]) == ("unknown", None, True)
    (shown,) = lose["evidence"]
    assert shown["figures"]["rto_s"] == 1.9
    assert (shown["stale"], shown["age_s"]) == (True, HOUR)
    assert shown["stale_because"] == "production/us-west has changed since"


@pytest.mark.parametrize(
    ("promise", "words"),
    [
        (
            LOSE,
            (
                "after the loss of any one region at most 5 s of data is lost "
                "and service is back within 1 min"
            ),
        ),
        (RESTORE, "blocks can be restored within 1 h"),
        (REACH, "only web can open blocks"),
        (STAYS, "the data of eu tenants stays in eu"),
        (APART, "staging and production share nothing"),
    ],
)
def test_promises_in_words(promise: Promise, words: str) -> None:
    assert sentence(promise) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.25, "250 ms"),
        (1, "1 s"),
        (1.94, "1.9 s"),
        (60, "1 min"),
        (90, "90 s"),
        (5400, "90 min"),
        (7 * DAY, "7 d"),
        (1.5 * DAY, "36 h"),
    ],
)
def test_lengths_of_time_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
