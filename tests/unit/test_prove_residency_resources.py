"""Residency of resources: data is followed to wherever it comes to rest, and nowhere is assumed."""

from dataclasses import replace
from typing import Any

import pytest
from prove_world_support import at, gap, holding, resource, world

from caisson.estate.model import Residency
from caisson.prove import residency_of_resources
from caisson.prove.certificate import Chain, Closed
from caisson.prove.model import Decision, Verdict
from caisson.prove.world import World
from caisson.topology.network import Forward, Network, Ports
from caisson.topology.places import Places
from caisson.topology.resources import Holding, Movement, Question, Rest, Use, Way

STAYS = Residency.model_validate({"name": "stays", "tenants": "eu", "data stays in": "eu"})
DB, BACKUPS, US_DB = "aws_db_instance.main", "aws_db_instance.main/backups", "aws_db_instance.far"
VAULT, LAMBDA, LOGS = "aws_backup_vault.v", "aws_lambda_function.f", "aws_cloudwatch_log_group.l"
EU: dict[str, Any] = {"jurisdiction": "eu", "region": "eu-west-1"}
US: dict[str, Any] = {"jurisdiction": "us", "region": "us-east-1"}
JP: dict[str, Any] = {"jurisdiction": "jp", "region": "ap-northeast-1"}
STORE = holding(DB, **EU)
BACKUP = holding(DB, Rest.BACKUP, "/backups", **EU)
FAR = holding(US_DB, Rest.REPLICA, **US)
BACKED_UP = Movement(Way.BACKUP, DB, BACKUPS, at(3), via="automated backups")
REPLICATED = Movement(Way.REPLICATION, DB, US_DB, at(4), via="read replica")


def seen(*holdings: Holding, movements: tuple[Movement, ...] = (), **parts: Any) -> World:
    resources = (
        resource(DB, **EU),
        resource(US_DB, **US),
        resource(VAULT, **US),
        resource(LAMBDA, **EU),
        resource(LOGS, **US),
    )
    return world(*resources, holdings=holdings, movements=movements, **parts)


def asked(found: World, promise: Residency = STAYS) -> tuple[Verdict, ...]:
    return residency_of_resources.decide(promise, at(9), found)


def only(found: World, promise: Residency = STAYS) -> Verdict:
    (verdict,) = asked(found, promise)
    return verdict


def test_it_holds_when_every_movement_stays() -> None:
    verdict = only(seen(STORE, BACKUP, movements=(BACKED_UP,)))
    assert (verdict.decision, verdict.subject) == (Decision.HOLDS, "eu")
    assert verdict.certificate == Closed((DB,), ((DB, "eu"), (BACKUPS, "eu")))
    assert f"{BACKUPS} is in eu-west-1, in eu" in [fact.text for fact in verdict.why]


def test_a_replica_elsewhere_breaks_it_and_the_way_is_shown() -> None:
    broken, rest = asked(seen(STORE, BACKUP, FAR, movements=(BACKED_UP, REPLICATED)))
    assert (broken.decision, broken.subject) == (Decision.BROKEN, US_DB)
    assert [(fact.text, fact.source) for fact in broken.counterexample] == [
        (f"data of {DB} comes to rest in {US_DB}: read replica", at(4)),
        (f"{US_DB} is in us-east-1, in us", at()),
    ]
    assert broken.certificate == Chain((DB, US_DB))
    assert US_DB in (broken.remedy or "")
    assert (rest.decision, rest.subject) == (Decision.HOLDS, "everything else of eu")


def test_the_copy_of_a_copy_is_followed() -> None:
    vault = holding(VAULT, Rest.BACKUP, **US)
    copied = Movement(Way.COPY, BACKUPS, VAULT, at(5))
    broken, _ = asked(seen(STORE, BACKUP, vault, movements=(BACKED_UP, copied)))
    assert broken.certificate == Chain((DB, BACKUPS, VAULT))


@pytest.mark.parametrize(
    ("movement", "target"),
    [
        (replace(REPLICATED, sure=False), FAR),
        (REPLICATED, replace(FAR, sure=False)),
        (REPLICATED, replace(FAR, jurisdiction=None, region=None)),
        (REPLICATED, replace(FAR, jurisdiction=None, region="nowhere-1")),
    ],
)
def test_what_may_lie_elsewhere_is_unknown(movement: Movement, target: Holding) -> None:
    verdict = only(seen(STORE, target, movements=(movement,)))
    assert verdict.decision is Decision.UNKNOWN
    assert any(US_DB in fact.text for fact in verdict.why)


def test_data_goes_on_from_a_place_that_cannot_be_told() -> None:
    nowhere = replace(FAR, jurisdiction=None, region=None)
    onward = Movement(Way.COPY, US_DB, VAULT, at(5))
    found = seen(STORE, nowhere, holding(VAULT, Rest.BACKUP, **US), movements=(REPLICATED, onward))
    assert asked(found)[0].subject == VAULT


@pytest.mark.parametrize(
    ("target", "decision"),
    [
        ("arn:aws:backup:us-east-1:222222222222:backup-vault:far", Decision.BROKEN),
        ("arn:aws:backup:eu-central-1:222222222222:backup-vault:near", Decision.HOLDS),
        ("arn:aws:s3:::somebodys-bucket", Decision.UNKNOWN),
        ("somebodys-bucket", Decision.UNKNOWN),
    ],
)
def test_what_was_not_read_is_where_its_name_says(target: str, decision: Decision) -> None:
    moved = Movement(Way.BACKUP, DB, target, at(5))
    assert asked(seen(STORE, movements=(moved,)))[0].decision is decision


def test_a_delivery_network_is_everywhere() -> None:
    edges = holding(
        "aws_cloudfront_distribution.cdn", Rest.DELIVERY, region="global", jurisdiction=None
    )
    moved = Movement(Way.DELIVERY, DB, edges.id, at(5), via="CloudFront")
    broken, _ = asked(seen(STORE, edges, movements=(moved,)))
    assert broken.subject == edges.id
    assert "at edges in every jurisdiction" in broken.counterexample[-1].text


def test_what_a_program_writes_of_a_store_that_it_uses_cannot_be_told() -> None:
    uses = (Use(LAMBDA, DB, "environment variable DB", at(6)),)
    logged = (Movement(Way.LOG, LAMBDA, LOGS, at(7)),)
    resources = (resource(DB, **EU), resource(LAMBDA, **JP), resource(LOGS, **US))
    parts: dict[str, Any] = {
        "holdings": (STORE, holding(LOGS, Rest.LOG, **US)),
        "movements": logged,
    }
    verdict = only(world(*resources, uses=uses, **parts))
    assert verdict.decision is Decision.UNKNOWN
    assert any(LOGS in fact.text for fact in verdict.why)
    assert only(world(*resources, **parts)).decision is Decision.HOLDS


def test_what_a_program_at_home_writes_may_be_anybodys() -> None:
    parts: dict[str, Any] = {
        "holdings": (STORE, holding(LOGS, Rest.LOG, **US)),
        "movements": (Movement(Way.LOG, LAMBDA, LOGS, at(7)),),
    }
    here, there = resource(LAMBDA, **EU), resource(LAMBDA, **US)
    unknown = only(world(resource(DB, **EU), here, resource(LOGS, **US), **parts))
    assert unknown.decision is Decision.UNKNOWN
    assert any(LOGS in fact.text for fact in unknown.why)
    apart = only(world(resource(DB, **EU), there, resource(LOGS, **US), **parts))
    assert apart.decision is Decision.HOLDS


def test_a_program_elsewhere_is_passed_through_and_what_it_writes_is_not_forgotten() -> None:
    uses = (Use(LAMBDA, DB, "environment variable DB", at(6)),)
    resources = (resource(DB, **EU), resource(LAMBDA, **US))
    passing = world(*resources, holdings=(STORE,), uses=uses)
    verdict = only(passing)
    assert verdict.decision is Decision.HOLDS
    assert any("passes through" in fact.text for fact in verdict.why)
    logs = holding(LOGS, Rest.LOG, **US)
    logged = (Movement(Way.LOG, LAMBDA, LOGS, at(7)),)
    writing = world(
        *resources, resource(LOGS, **US), holdings=(STORE, logs), uses=uses, movements=logged
    )
    assert only(writing).decision is Decision.UNKNOWN


@pytest.mark.parametrize("about", [(), (DB,), ("aws_neptune_cluster.graph",)])
def test_what_is_not_understood_may_move_data(about: tuple[str, ...]) -> None:
    strange = gap("aws_neptune_cluster.graph", Question.RESIDENCY, about=about)
    assert only(seen(STORE, gaps=(strange,))).decision is Decision.UNKNOWN


def test_what_is_not_understood_in_another_jurisdiction_is_another_matter() -> None:
    assert only(seen(STORE, gaps=(gap(VAULT, Question.RESIDENCY),))).decision is Decision.HOLDS
    near = gap(VAULT, Question.RESIDENCY, about=(VAULT, DB))
    assert only(seen(STORE, gaps=(near,))).decision is Decision.UNKNOWN
    other = gap("aws_neptune_cluster.graph", Question.ENCRYPTION, about=())
    assert only(seen(STORE, gaps=(other,))).decision is Decision.HOLDS


def test_named_stores_narrow_it_and_are_meant_wherever_they_are() -> None:
    bucket = holding("aws_s3_bucket.b", Rest.FILES, **US)
    resources = (resource(DB, **EU), resource(US_DB, **US), resource("aws_s3_bucket.b", **US))
    found = world(*resources, holdings=(STORE, FAR, bucket), movements=(REPLICATED,))
    named = STAYS.model_copy(update={"stores": ["aws_s3_bucket.b"]})
    assert [each.subject for each in asked(found, named) if each.counterexample] == [bucket.id]
    nothing = STAYS.model_copy(update={"stores": ["aws_sqs_queue.q"]})
    assert only(found, nothing).decision is Decision.UNKNOWN


def test_stores_of_other_jurisdictions_are_not_asked_for() -> None:
    assert only(seen(replace(STORE, **US))).decision is Decision.UNKNOWN
    here = holding(LOGS, Rest.STORE, **US)
    assert only(seen(STORE, here)).decision is Decision.HOLDS


def test_a_store_that_may_be_at_home_elsewhere_shows_nothing() -> None:
    nowhere = replace(STORE, jurisdiction=None, region=None)
    verdict = only(seen(nowhere, FAR, movements=(REPLICATED,)))
    assert verdict.decision is Decision.UNKNOWN


def test_the_promise_file_says_where_a_region_is() -> None:
    places = Places(jurisdictions={"eu": ("us-east-1",)})
    far = replace(FAR, jurisdiction=None)
    found = seen(STORE, far, movements=(REPLICATED,), places=places)
    assert only(found).decision is Decision.HOLDS


def test_what_a_program_answers_may_rest_at_the_edges_in_front_of_it() -> None:
    uses = (Use(LAMBDA, DB, "environment variable DB", at(6)),)
    balancer, cdn = "aws_lb.web", "aws_cloudfront_distribution.cdn"
    edges = holding(cdn, Rest.DELIVERY, region="global", jurisdiction=None)
    delivered = (Movement(Way.DELIVERY, balancer, cdn, at(8), via="CloudFront"),)
    ports = Ports(443, 443)
    forwards = Network(forwards=(Forward(balancer, ports, LAMBDA, ports, at(7)),))
    resources = (
        resource(DB, **EU),
        resource(LAMBDA, **EU),
        resource(balancer, **US),
        resource(cdn, region="global"),
    )
    parts: dict[str, Any] = {"holdings": (STORE, edges), "uses": uses, "movements": delivered}
    assert only(world(*resources, **parts)).decision is Decision.HOLDS
    verdict = only(world(*resources, network=forwards, **parts))
    assert verdict.decision is Decision.UNKNOWN
    assert any(cdn in fact.text for fact in verdict.why)


def test_a_program_may_put_what_it_reads_into_another_store_that_it_uses() -> None:
    bucket = holding("aws_s3_bucket.b", Rest.FILES, **US)
    secret = holding("aws_secretsmanager_secret.s", Rest.SECRET, **US)
    resources = (
        resource(DB, **EU),
        resource(LAMBDA, **EU),
        resource(bucket.id, **US),
        resource(secret.id, **US),
    )
    both = (Use(LAMBDA, DB, "DB", at(6)), Use(LAMBDA, bucket.id, "BUCKET", at(7)))
    used = world(*resources, holdings=(STORE, bucket), uses=both)
    assert only(used).decision is Decision.UNKNOWN
    told = (both[0], Use(LAMBDA, secret.id, "secret", at(7)))
    assert only(world(*resources, holdings=(STORE, secret), uses=told)).decision is Decision.HOLDS


def test_a_copy_of_something_that_was_not_read_is_followed_from_there() -> None:
    kept = replace(BACKUP, id=DB, rest=Rest.BACKUP)
    copied = Movement(Way.COPY, DB, VAULT, at(5))
    found = seen(kept, holding(VAULT, Rest.BACKUP, **US), movements=(copied,))
    assert asked(found)[0].certificate == Chain((DB, VAULT))


def test_the_log_of_a_program_that_is_sent_data_may_have_none_of_it() -> None:
    sent = Movement(Way.MESSAGE, DB, LAMBDA, at(5), via="trigger")
    logged = Movement(Way.LOG, LAMBDA, LOGS, at(7))
    passed_on = replace(logged, way=Way.MESSAGE)
    logs = holding(LOGS, Rest.LOG, **US)
    assert only(seen(STORE, logs, movements=(sent, logged))).decision is Decision.UNKNOWN
    broken, _ = asked(seen(STORE, logs, movements=(sent, passed_on)))
    assert broken.certificate == Chain((DB, LAMBDA, LOGS))


def test_a_machine_elsewhere_may_keep_what_it_reads_on_its_disk() -> None:
    machine = "aws_instance.m"
    disk = holding(machine, Rest.DISK, "/root", **US)
    resources = (resource(DB, **EU), resource(machine, **US))
    uses = (Use(machine, DB, "user data", at(6)),)
    verdict = only(world(*resources, holdings=(STORE, disk), uses=uses))
    assert verdict.decision is Decision.UNKNOWN
    assert any(disk.id in fact.text for fact in verdict.why)


def test_a_service_logs_by_its_definition() -> None:
    service, definition = "aws_ecs_service.s", "aws_ecs_task_definition.t"
    resources = (resource(DB, **EU), resource(service, **EU), resource(definition, **US))
    logs = holding(LOGS, Rest.LOG, **US)
    logged = (Movement(Way.LOG, definition, LOGS, at(7)),)
    uses = (Use(service, DB, "DB", at(6)), Use(service, definition, "task definition", at(6)))
    parts: dict[str, Any] = {"holdings": (STORE, logs), "movements": logged}
    there = (*resources, resource(LOGS, **US))
    assert only(world(*there, uses=uses, **parts)).decision is Decision.UNKNOWN
    assert only(world(*there, uses=uses[:1], **parts)).decision is Decision.HOLDS


def test_what_a_resource_sends_away_may_come_from_any_of_its_parts() -> None:
    part = replace(STORE, id=f"{DB}/root", rest=Rest.DISK)
    sent = Movement(Way.LOG, DB, LOGS, at(7))
    found = seen(part, holding(LOGS, Rest.LOG, **US), movements=(sent,))
    assert only(found).decision is Decision.UNKNOWN


def test_what_a_resource_sends_away_is_followed_from_a_place_that_cannot_be_told() -> None:
    nowhere: dict[str, Any] = {"region": None, "jurisdiction": None}
    part = replace(STORE, id=f"{DB}/root", rest=Rest.DISK, **nowhere)
    logs = holding(LOGS, Rest.LOG, **US)
    sent = Movement(Way.LOG, DB, LOGS, at(7))
    resources = (resource(DB, **nowhere), resource(LOGS, **US))
    verdict = only(world(*resources, holdings=(part, logs), movements=(sent,)))
    assert any(LOGS in fact.text for fact in verdict.why)


def test_a_copy_that_is_named_is_followed_though_its_source_was_read() -> None:
    copied = Movement(Way.COPY, BACKUPS, VAULT, at(5))
    found = seen(STORE, BACKUP, holding(VAULT, Rest.BACKUP, **US), movements=(BACKED_UP, copied))
    named = STAYS.model_copy(update={"stores": [BACKUPS]})
    assert asked(found, named)[0].certificate == Chain((BACKUPS, VAULT))


def test_what_is_excepted_may_go_anywhere() -> None:
    other = replace(STORE, id=LOGS, resource=LOGS)
    found = seen(STORE, other, FAR, movements=(REPLICATED,))
    free = STAYS.model_copy(update={"except_": [DB]})
    verdict = only(found, free)
    assert verdict.decision is Decision.HOLDS
    assert f"{DB} is excepted" in [fact.text for fact in verdict.why]
    onward = replace(REPLICATED, source=LOGS)
    reached = seen(STORE, other, FAR, movements=(REPLICATED, onward))
    assert asked(reached, free)[0].certificate == Chain((LOGS, US_DB))


def test_an_exception_of_everything_or_of_nothing_is_unknown() -> None:
    everything = STAYS.model_copy(update={"except_": [DB]})
    assert only(seen(STORE), everything).decision is Decision.UNKNOWN
    nothing = STAYS.model_copy(update={"except_": ["aws_s3_bucket.gone"]})
    assert [each.decision for each in asked(seen(STORE), nothing)] == [
        Decision.HOLDS,
        Decision.UNKNOWN,
    ]
