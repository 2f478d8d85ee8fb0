"""Encryption at rest and in transit; what is not told never holds."""

from dataclasses import replace

import pytest
from prove_world_support import at, gap, holding, resource, world

from caisson.estate.model import Encrypted
from caisson.prove import encryption
from caisson.prove.certificate import Listed
from caisson.prove.model import Decision, Verdict
from caisson.prove.world import World
from caisson.topology.model import Topology
from caisson.topology.network import Listener, Network, Ports
from caisson.topology.resources import Holding, Key, Question, Rest

AT_REST = Encrypted(name="encrypted", encrypted=["at rest"])
IN_TRANSIT = Encrypted(name="encrypted", encrypted=["in transit"])
DB, BUCKET = "aws_db_instance.main", "aws_s3_bucket.logs"
RESOURCES = (resource(DB), resource(BUCKET), resource("aws_lb.web"))
WELL = (holding(DB, keys=("aws_kms_key.db",)), holding(BUCKET, Rest.FILES, system="s3"))


def asked(promise: Encrypted, *holdings: Holding, **parts: object) -> tuple[Verdict, ...]:
    return encryption.decide(promise, at(9), world(*RESOURCES, holdings=holdings, **parts))


def only(promise: Encrypted, *holdings: Holding, **parts: object) -> Verdict:
    (verdict,) = asked(promise, *holdings, **parts)
    return verdict


@pytest.mark.parametrize("promise", [AT_REST, IN_TRANSIT])
def test_it_holds_for_all_stores_together(promise: Encrypted) -> None:
    verdict = only(promise, *WELL)
    assert (verdict.decision, verdict.subject) == (Decision.HOLDS, "stores")
    assert isinstance(verdict.certificate, Listed)
    assert {fact[0] for fact in verdict.certificate.facts} == {DB, BUCKET}
    assert verdict.remedy is None


def test_the_key_is_named() -> None:
    assert f"{DB} is encrypted with aws_kms_key.db" in [f.text for f in only(AT_REST, *WELL).why]


@pytest.mark.parametrize("about", [(BUCKET,), ()])
def test_a_setting_that_nobody_has_heard_of_may_be_what_encrypts_it(about: tuple[str, ...]) -> None:
    clear = replace(WELL[1], encrypted_in_transit=False)
    of_it = gap("aws_s3_bucket_tomorrow.t", *Question, about=about)
    of_another = gap("aws_db_instance_tomorrow.t", *Question, about=about)
    (unknown, *_) = asked(IN_TRANSIT, clear, gaps=(of_it,))
    (broken, *_) = asked(IN_TRANSIT, clear, gaps=(of_another,))
    assert unknown.decision is Decision.UNKNOWN
    assert any("aws_s3_bucket_tomorrow.t is not understood" in each.text for each in unknown.why)
    assert (broken.decision, broken.subject) == (Decision.BROKEN, BUCKET)


@pytest.mark.parametrize(
    ("promise", "field", "said"),
    [
        (AT_REST, "encrypted", f"{DB} is not encrypted at rest"),
        (IN_TRANSIT, "encrypted_in_transit", f"{DB} may be talked to in the clear"),
    ],
)
def test_one_store_in_the_clear_breaks_it(promise: Encrypted, field: str, said: str) -> None:
    broken, rest = asked(promise, replace(WELL[0], **{field: False}), WELL[1])
    assert (broken.decision, broken.subject) == (Decision.BROKEN, DB)
    assert [fact.text for fact in broken.counterexample] == [said]
    assert broken.certificate == Listed(((DB, field, "False"),))
    assert DB in (broken.remedy or "")
    assert (rest.decision, rest.subject) == (Decision.HOLDS, "everything else")


def test_what_is_in_memory_alone_has_nothing_at_rest() -> None:
    cache = replace(WELL[0], rest=Rest.CACHE, system="memcached", encrypted=False, durable=False)
    verdict = only(AT_REST, cache)
    assert verdict.decision is Decision.HOLDS
    assert "in memory alone" in verdict.why[0].text
    encrypted = only(AT_REST, replace(cache, encrypted=True)).why[0].text
    assert encrypted == f"{DB} is encrypted with aws_kms_key.db"
    assert only(AT_REST, replace(cache, system="redis")).decision is Decision.BROKEN
    assert only(IN_TRANSIT, replace(cache, encrypted_in_transit=False)).decision is Decision.BROKEN


@pytest.mark.parametrize("change", [{"encrypted": None}, {"encrypted": False, "sure": False}])
def test_what_is_not_told_is_unknown(change: dict[str, bool | None]) -> None:
    unknown, rest = asked(AT_REST, replace(WELL[0], **change), WELL[1])
    assert (unknown.decision, unknown.subject) == (Decision.UNKNOWN, DB)
    assert "cannot be told" in unknown.why[0].text
    assert rest.decision is Decision.HOLDS


def test_a_reason_why_it_is_not_told_stands_for_the_doubt() -> None:
    untold = replace(WELL[0], encrypted=None)
    why = replace(gap(DB, Question.ENCRYPTION), what=f"nobody wrote whether {DB} is encrypted")
    unknown, _ = asked(AT_REST, untold, WELL[1], gaps=(why,))
    assert [fact.text for fact in unknown.why] == [why.what]
    other = replace(why, what="its key is not understood")
    unknown, _ = asked(AT_REST, untold, WELL[1], gaps=(other,))
    assert [fact.text for fact in unknown.why] == [
        f"whether {DB} is encrypted at rest cannot be told",
        other.what,
    ]


def test_much_that_is_not_told_is_one_verdict_for_each_type() -> None:
    names = [f"aws_sqs_queue.q[{n}]" for n in range(30)]
    holdings = [holding(name, Rest.QUEUE, encrypted=None) for name in names]
    found = world(*(resource(name) for name in names), holdings=tuple(holdings))
    (verdict,) = encryption.decide(AT_REST, at(9), found)
    assert (verdict.decision, verdict.subject) == (Decision.UNKNOWN, "30 aws_sqs_queue")
    assert len(verdict.why) == 13
    assert verdict.why[-1].text == "and so for 18 more"


def test_nobody_connects_to_a_disk_or_a_backup() -> None:
    silent = [
        replace(WELL[0], rest=rest, encrypted_in_transit=None, id=DB + "/" + rest)
        for rest in (Rest.DISK, Rest.BACKUP, Rest.LOG)
    ]
    assert only(IN_TRANSIT, *WELL, *silent).decision is Decision.HOLDS
    plain = replace(silent[0], encrypted=False)
    assert asked(AT_REST, *WELL, plain)[0].subject == plain.id


def test_a_key_of_another_region_is_no_use() -> None:
    keys = (Key("aws_kms_key.db", "111111111111", "us-east-1", at()),)
    unknown, _ = asked(AT_REST, *WELL, keys=keys)
    assert unknown.decision is Decision.UNKNOWN
    assert "us-east-1" in unknown.why[0].text
    here = (replace(keys[0], region="eu-west-1"),)
    assert only(AT_REST, *WELL, keys=here).decision is Decision.HOLDS


def listening(**more: object) -> Network:
    said = {"encrypted": True, "redirects": False, "public": True} | more
    return Network(
        listeners=(Listener("aws_lb.web", Ports(80, 80), source=at(5), **said),)  # type: ignore[arg-type]
    )


def test_listeners_count_in_transit() -> None:
    assert only(IN_TRANSIT, *WELL, network=listening()).decision is Decision.HOLDS
    sends_on = listening(encrypted=False, redirects=True)
    assert only(IN_TRANSIT, *WELL, network=sends_on).decision is Decision.HOLDS
    broken, _ = asked(IN_TRANSIT, *WELL, network=listening(encrypted=False))
    assert (broken.decision, broken.subject) == (Decision.BROKEN, "aws_lb.web:80")
    assert broken.counterexample[0].source == at(5)
    unknown, _ = asked(IN_TRANSIT, *WELL, network=listening(encrypted=None))
    assert unknown.decision is Decision.UNKNOWN
    assert only(AT_REST, *WELL, network=listening(encrypted=False)).decision is Decision.HOLDS


def test_subjects_narrow_it() -> None:
    plain = replace(WELL[1], encrypted=False)
    database = AT_REST.model_copy(update={"of": ["aws_db_instance.*"]})
    assert only(database, WELL[0], plain).decision is Decision.HOLDS
    bucket = AT_REST.model_copy(update={"of": ["aws_s3_bucket"]})
    assert only(bucket, WELL[0], plain).decision is Decision.BROKEN


def test_a_subject_that_names_nothing_is_unknown() -> None:
    nothing = AT_REST.model_copy(update={"of": ["module.nowhere"]})
    assert only(nothing, *WELL).decision is Decision.UNKNOWN
    partly = AT_REST.model_copy(update={"of": ["module.nowhere", DB]})
    assert [verdict.decision for verdict in asked(partly, *WELL)] == [
        Decision.HOLDS,
        Decision.UNKNOWN,
    ]
    assert only(AT_REST).decision is Decision.UNKNOWN


@pytest.mark.parametrize("about", [(), ("aws_neptune_cluster.graph",)])
def test_something_not_understood_may_be_a_store_in_the_clear(about: tuple[str, ...]) -> None:
    strange = gap("aws_neptune_cluster.graph", Question.ENCRYPTION, about=about)
    verdict = only(AT_REST, *WELL, gaps=(strange,))
    assert verdict.decision is Decision.UNKNOWN
    assert verdict.why[-1].text == "aws_neptune_cluster.graph is not understood"


def test_a_gap_elsewhere_leaves_the_rest_alone() -> None:
    about_bucket = gap("aws_s3_bucket_policy.x", Question.ENCRYPTION, about=(BUCKET,))
    unknown, rest = asked(AT_REST, *WELL, gaps=(about_bucket,))
    assert (unknown.subject, unknown.decision) == (BUCKET, Decision.UNKNOWN)
    assert (rest.decision, len(rest.why)) == (Decision.HOLDS, 1)
    other_question = gap("aws_s3_bucket_policy.x", Question.RESIDENCY, about=())
    assert only(AT_REST, *WELL, gaps=(other_question,)).decision is Decision.HOLDS
    database = AT_REST.model_copy(update={"of": [DB]})
    assert only(database, *WELL, gaps=(about_bucket,)).decision is Decision.HOLDS


def test_a_broken_store_stays_broken_beside_gaps() -> None:
    strange = gap("aws_neptune_cluster.graph", Question.ENCRYPTION, about=())
    broken, *_ = asked(AT_REST, replace(WELL[0], encrypted=False), gaps=(strange,))
    assert broken.decision is Decision.BROKEN


def test_an_empty_topology_is_unknown() -> None:
    (verdict,) = encryption.decide(AT_REST, at(9), World(Topology("empty")))
    assert verdict.decision is Decision.UNKNOWN
