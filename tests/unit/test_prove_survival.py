"""What is left of stores after a loss: only copies outside of it, bounded, and readable."""

from dataclasses import replace
from typing import Any

import pytest
from prove_world_support import at, gap, holding, resource, world

from caisson.estate.model import Lose, LoseRegion
from caisson.prove import recoverability_of_resources
from caisson.prove.certificate import Listed
from caisson.prove.model import Decision, Verdict
from caisson.prove.recoverability_of_resources import span
from caisson.prove.world import World
from caisson.topology.resources import (
    TOOL_STATE,
    Count,
    Holding,
    Key,
    Movement,
    Question,
    Resource,
    Rest,
    Understanding,
    Use,
    Way,
)

DAY = 86_400.0
DB, OWN, VAULT = "aws_db_instance.main", "aws_db_instance.main/backups", "aws_backup_vault.far"
FAR_KEY, HOME_KEY = "aws_kms_key.far", "aws_kms_key.home"
HOME, AWAY = "eu-west-1", "eu-central-1"
MINE, THEIRS = "111111111111", "222222222222"
ONE_ZONE: dict[str, Any] = {"multi_zone": False, "versioned": None, "deletion_protected": False}
STORE = holding(DB, **ONE_ZONE)
OWN_BACKUPS = holding(DB, Rest.BACKUP, "/backups", versioned=None, deletion_protected=True)
FAR_VAULT = holding(VAULT, Rest.BACKUP, region=AWAY, account=THEIRS, keys=(FAR_KEY,))
KEYS = (Key(FAR_KEY, THEIRS, AWAY, at()), Key(HOME_KEY, MINE, HOME, at()))
BACKED_UP = Movement(
    Way.BACKUP, DB, OWN, at(3), lag_most_s=300.0, kept_s=7 * DAY, point_in_time=True
)
COPIED = Movement(Way.COPY, DB, VAULT, at(4), lag_most_s=DAY, kept_s=30 * DAY, via="nightly")


def seen(*holdings: Holding, movements: tuple[Movement, ...] = (), **parts: Any) -> World:
    resources = (
        resource(DB),
        resource(VAULT, account=THEIRS, region=AWAY),
        resource(FAR_KEY, account=THEIRS, region=AWAY),
        resource(HOME_KEY),
    )
    return world(*resources, holdings=holdings, movements=movements, **{"keys": KEYS} | parts)


def lose(what: str, rpo_s: float = DAY, **more: Any) -> Lose:
    said = {"name": "survives", "lose": what, "rpo": f"{rpo_s:g}s"} | more
    return Lose.model_validate(said)


def asked(promise: Lose, found: World) -> tuple[Verdict, ...]:
    return recoverability_of_resources.decide(promise, at(9), found)


def only(promise: Lose, found: World) -> Verdict:
    (verdict,) = asked(promise, found)
    return verdict


def decided(what: str, *holdings: Holding, rpo_s: float = DAY, **parts: Any) -> Decision:
    return only(lose(what, rpo_s), seen(*holdings, **parts)).decision


WELL = (STORE, OWN_BACKUPS, FAR_VAULT)
MOVED = (BACKED_UP, COPIED)


@pytest.mark.parametrize("what", ["zone", "region", "account", "store"])
def test_each_loss_is_survived_by_what_lies_outside_of_it(what: str) -> None:
    verdict = only(lose(what), seen(*WELL, movements=MOVED))
    assert verdict.decision is Decision.HOLDS
    assert isinstance(verdict.certificate, Listed)
    assert verdict.remedy is None


@pytest.mark.parametrize("what", ["zone", "region", "account", "store"])
def test_without_any_copy_each_loss_breaks_it(what: str) -> None:
    verdict = only(lose(what), seen(STORE))
    assert verdict.decision is Decision.BROKEN
    assert "no copy of it was read" in verdict.counterexample[0].text
    assert DB in (verdict.remedy or "")


@pytest.mark.parametrize(
    ("what", "decision"),
    [
        ("zone", Decision.HOLDS),
        ("store", Decision.HOLDS),
        ("region", Decision.BROKEN),
        ("account", Decision.BROKEN),
    ],
)
def test_backups_of_the_same_place_are_lost_with_it(what: str, decision: Decision) -> None:
    assert decided(what, STORE, OWN_BACKUPS, movements=(BACKED_UP,)) is decision


def test_the_verdict_of_an_area_names_it_and_what_it_takes() -> None:
    verdict = only(lose("region"), seen(STORE, OWN_BACKUPS, movements=(BACKED_UP,)))
    assert verdict.subject == HOME
    assert [fact.text for fact in verdict.counterexample] == [
        f"{DB} is lost with {HOME}, and no copy of it serves",
        f"{OWN} is lost with {HOME}",
    ]
    holds = only(lose("region"), seen(*WELL, movements=MOVED))
    assert [(fact.text, fact.source) for fact in holds.why] == [
        (f"{DB} is left in {VAULT}, at most 1 d is lost: copy to {VAULT} by nightly", at(4))
    ]


def test_an_account_without_a_number_is_that_of_a_provider() -> None:
    store = replace(STORE, account="aws.prod")
    assert only(lose("account"), seen(store)).subject == "the account of provider aws.prod"
    assert only(lose("account"), seen(STORE)).subject == f"account {MINE}"
    # The provider of the copy may work in the same account under another name.
    other = replace(FAR_VAULT, account="aws.backup", keys=())
    assert decided("account", store, other, movements=(COPIED,)) is Decision.UNKNOWN


# The bound


@pytest.mark.parametrize(
    ("change", "rpo_s", "decision"),
    [
        ({}, DAY, Decision.HOLDS),
        ({}, DAY - 1, Decision.UNKNOWN),
        ({"lag_least_s": DAY}, DAY - 1, Decision.BROKEN),
        ({"lag_most_s": None}, DAY, Decision.UNKNOWN),
        ({"sure": False}, DAY, Decision.UNKNOWN),
        ({"kept_s": DAY / 2}, DAY, Decision.UNKNOWN),
        ({"kept_s": DAY / 2, "lag_least_s": DAY}, DAY, Decision.BROKEN),
        ({"way": Way.EXPORT}, DAY, Decision.UNKNOWN),
        ({"way": Way.LOG}, DAY, Decision.BROKEN),
    ],
)
def test_what_a_copy_promises(change: dict[str, Any], rpo_s: float, decision: Decision) -> None:
    moved = (BACKED_UP, replace(COPIED, **change))
    assert decided("region", *WELL, rpo_s=rpo_s, movements=moved) is decision


def test_lags_add_up_along_the_way() -> None:
    onward = Movement(Way.COPY, OWN, VAULT, at(5), lag_most_s=100.0)
    moved = (BACKED_UP, onward)
    assert decided("region", *WELL, rpo_s=400, movements=moved) is Decision.HOLDS
    assert decided("region", *WELL, rpo_s=399, movements=moved) is Decision.UNKNOWN


def test_the_way_that_is_the_least_behind_counts() -> None:
    late = replace(COPIED, lag_most_s=None, via="by hand")
    assert decided("region", *WELL, movements=(late, COPIED)) is Decision.HOLDS


# What must be outside


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        ({"region": HOME}, Decision.BROKEN),
        ({"region": None}, Decision.UNKNOWN),
        ({"sure": False}, Decision.UNKNOWN),
        ({"keys": (HOME_KEY,)}, Decision.BROKEN),
        ({"keys": ("alias/unread",)}, Decision.UNKNOWN),
        ({"keys": (f"arn:aws:kms:{AWAY}:{THEIRS}:key/k",)}, Decision.HOLDS),
        ({"keys": ()}, Decision.HOLDS),
    ],
)
def test_a_copy_in_another_region_needs_its_key(change: dict[str, Any], decision: Decision) -> None:
    vault = replace(FAR_VAULT, **change)
    assert decided("region", STORE, OWN_BACKUPS, vault, movements=MOVED) is decision


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        ({"account": MINE}, Decision.BROKEN),
        ({"account": None}, Decision.UNKNOWN),
        ({"account": "aws.backup"}, Decision.UNKNOWN),
        ({"keys": (HOME_KEY,)}, Decision.BROKEN),
    ],
)
def test_a_copy_in_another_account_needs_its_key(
    change: dict[str, Any], decision: Decision
) -> None:
    vault = replace(FAR_VAULT, **change)
    assert decided("account", STORE, OWN_BACKUPS, vault, movements=MOVED) is decision


def test_what_is_replicated_needs_the_key_that_it_is_written_with() -> None:
    uses = (Use(VAULT, HOME_KEY, "key for what is replicated to it", at(6)),)
    assert decided("region", *WELL, movements=MOVED, uses=uses) is Decision.BROKEN
    perhaps = (replace(uses[0], sure=False),)
    assert decided("region", *WELL, movements=MOVED, uses=perhaps) is Decision.UNKNOWN


def test_a_replica_of_a_key_opens_the_copy_alone() -> None:
    replica = replace(KEYS[0], replica_of=HOME_KEY, account=MINE)
    assert decided("region", *WELL, movements=MOVED, keys=(replica, KEYS[1])) is Decision.HOLDS


# Zones


def test_several_zones_outlive_one() -> None:
    assert decided("zone", replace(STORE, multi_zone=True), rpo_s=0) is Decision.HOLDS
    assert decided("zone", replace(STORE, multi_zone=None), rpo_s=0) is Decision.UNKNOWN


def test_a_replica_in_one_zone_may_be_in_the_same_one() -> None:
    other = holding(VAULT, Rest.REPLICA, **ONE_ZONE)
    follows = Movement(Way.REPLICATION, DB, VAULT, at(4), lag_most_s=0.0)
    assert decided("zone", STORE, other, movements=(follows,)) is Decision.UNKNOWN
    apart = world(
        resource(DB, zones=("eu-west-1a",)),
        resource(VAULT, zones=("eu-west-1b",)),
        holdings=(STORE, other),
        movements=(follows,),
    )
    assert only(lose("zone"), apart).decision is Decision.HOLDS


# The store itself


def test_replication_does_not_protect_from_what_is_written() -> None:
    replica = holding(VAULT, Rest.REPLICA, region=AWAY, versioned=None)
    follows = Movement(Way.REPLICATION, DB, VAULT, at(4), lag_most_s=0.0)
    assert decided("store", STORE, replica, movements=(follows,)) is Decision.BROKEN
    assert decided("region", STORE, replica, movements=(follows,)) is Decision.HOLDS
    theirs = holding(VAULT, Rest.BACKUP, "/backups", region=AWAY)
    kept = Movement(Way.BACKUP, VAULT, theirs.id, at(5), lag_most_s=300.0)
    assert decided("store", STORE, replica, theirs, movements=(follows, kept)) is Decision.HOLDS


@pytest.mark.parametrize(
    ("versioned", "decision"),
    [(True, Decision.HOLDS), (False, Decision.BROKEN), (None, Decision.UNKNOWN)],
)
def test_files_may_keep_older_states(versioned: bool | None, decision: Decision) -> None:
    files = replace(STORE, rest=Rest.FILES, versioned=versioned)
    assert decided("store", files) is decision


@pytest.mark.parametrize(
    ("stays", "protected", "decision"),
    [
        (False, False, Decision.BROKEN),
        (None, False, Decision.UNKNOWN),
        (False, None, Decision.UNKNOWN),
        (False, True, Decision.HOLDS),
        (True, False, Decision.HOLDS),
    ],
)
def test_backups_may_be_deleted_with_the_store(
    stays: bool | None, protected: bool | None, decision: Decision
) -> None:
    store = replace(STORE, deletion_protected=protected)
    own = replace(OWN_BACKUPS, deletion_protected=stays)
    assert decided("store", store, own, movements=(BACKED_UP,)) is decision


def test_what_follows_something_that_is_not_lost_may_have_nothing_of_its_own() -> None:
    bucket = holding(VAULT, Rest.FILES, region=AWAY, versioned=False)
    follows = Movement(Way.REPLICATION, DB, VAULT, at(4), lag_most_s=0.0)
    named = lose("region", of=[VAULT])
    found = seen(STORE, bucket, movements=(follows,))
    verdict = only(named, found)
    assert verdict.decision is Decision.UNKNOWN
    assert f"{VAULT} follows {DB}" in verdict.why[0].text
    perhaps = only(named, seen(STORE, bucket, movements=(replace(follows, sure=False),)))
    assert perhaps.decision is Decision.UNKNOWN
    assert f"{VAULT} may follow {DB}" in perhaps.why[0].text
    same_account = replace(bucket, account=MINE)
    of_account = lose("account", of=[VAULT])
    lost_too = seen(STORE, same_account, movements=(follows,))
    assert only(of_account, lost_too).decision is Decision.BROKEN


def test_who_writes_into_each_other_delete_from_each_other() -> None:
    table = holding(VAULT, region=AWAY, versioned=None)
    both = tuple(
        Movement(Way.REPLICATION, one, other, at(4)) for one, other in ((DB, VAULT), (VAULT, DB))
    )
    verdicts = asked(lose("store"), seen(STORE, table, movements=both))
    assert {each.subject for each in verdicts if each.counterexample} == {DB, VAULT}


# What is asked, and what was not understood


def test_each_store_that_is_not_well_has_a_verdict() -> None:
    other = replace(STORE, id=VAULT, resource=VAULT, multi_zone=True)
    broken, rest = asked(lose("zone"), seen(STORE, other))
    assert (broken.subject, rest.subject) == (DB, "everything else")
    assert (broken.decision, rest.decision) == (Decision.BROKEN, Decision.HOLDS)


@pytest.mark.parametrize("rest", [Rest.CACHE, Rest.LOG, Rest.QUEUE, Rest.REPLICA, Rest.BACKUP])
def test_what_does_not_last_is_asked_for_when_it_is_named(rest: Rest) -> None:
    passing = replace(STORE, rest=rest)
    assert "was read" in asked(lose("store"), seen(passing))[0].why[0].text
    if rest not in (Rest.REPLICA, Rest.BACKUP):
        for name in (DB, "aws_db_instance"):
            named = lose("store", of=[name])
            assert only(named, seen(passing)).decision is Decision.BROKEN


def test_what_forgets_when_it_stops_is_not_asked_for() -> None:
    scratch = replace(STORE, rest=Rest.FILES, durable=False)
    assert "was read" in only(lose("store"), seen(scratch)).why[0].text


def test_parts_of_one_thing_are_lost_together_wherever_it_is() -> None:
    nowhere: dict[str, Any] = {"region": None, "account": None}
    store, own = (replace(each, **nowhere) for each in (STORE, OWN_BACKUPS))
    for what in ("region", "account"):
        assert decided(what, store, own, movements=(BACKED_UP,)) is Decision.BROKEN
        apart = replace(own, resource=VAULT)
        assert decided(what, store, apart, movements=(BACKED_UP,)) is Decision.UNKNOWN


def test_what_is_rebuilt_loses_nothing() -> None:
    assert decided("store", replace(STORE, rebuildable=True)) is Decision.HOLDS


def test_a_store_that_may_not_be_there_breaks_nothing() -> None:
    assert decided("store", replace(STORE, sure=False)) is Decision.UNKNOWN


@pytest.mark.parametrize("about", [(), (DB,)])
def test_something_not_understood_may_make_a_copy(about: tuple[str, ...]) -> None:
    questions = (Question.RECOVERABILITY, Question.RESIDENCY)
    strange = gap("aws_dlm_thing.x", *questions, about=about)
    assert asked(lose("region"), seen(STORE, gaps=(strange,)))[0].decision is Decision.UNKNOWN


def test_a_gap_that_cannot_make_a_copy_leaves_it_broken() -> None:
    key = gap("aws_db_instance.x", Question.RECOVERABILITY, about=(DB,))
    assert asked(lose("region"), seen(STORE, gaps=(key,)))[0].decision is Decision.BROKEN


def test_a_key_that_is_not_told_leaves_open_what_needs_it() -> None:
    modelled = (Count("aws_backup_vault", 1, Understanding.MODELLED),)
    key = gap(VAULT, Question.RECOVERABILITY, about=(VAULT,))
    found = seen(*WELL, movements=MOVED, gaps=(key,), counts=modelled)
    assert only(lose("region"), found).decision is Decision.UNKNOWN
    assert only(lose("store"), found).decision is Decision.HOLDS


def test_something_not_understood_may_be_a_store() -> None:
    strange = gap("aws_neptune_cluster.graph", Question.RECOVERABILITY)
    verdicts = asked(lose("region"), seen(*WELL, movements=MOVED, gaps=(strange,)))
    assert [each.decision for each in verdicts] == [Decision.HOLDS, Decision.UNKNOWN]


def test_a_gap_about_a_store_is_said_of_that_store_alone() -> None:
    strange = gap("aws_x.y", Question.RECOVERABILITY, about=(DB,))
    (verdict,) = asked(lose("region"), seen(*WELL, movements=MOVED, gaps=(strange,)))
    assert (verdict.subject, verdict.decision) == (HOME, Decision.UNKNOWN)


def test_nothing_to_ask_about_is_unknown() -> None:
    assert only(lose("region"), seen()).decision is Decision.UNKNOWN
    nothing = lose("region", of=["module.nowhere"])
    assert only(nothing, seen(*WELL, movements=MOVED)).decision is Decision.UNKNOWN


def test_of_a_lost_region_the_time_is_always_open() -> None:
    promise = LoseRegion.model_validate(
        {"name": "region", "when": "region lost", "rpo": "1d", "rto": "1h"}
    )
    data, time = recoverability_of_resources.decide_region(
        promise, at(9), seen(*WELL, movements=MOVED)
    )
    assert (data.decision, time.decision) == (Decision.HOLDS, Decision.UNKNOWN)
    assert "promised 1 h" in time.why[-1].text


@pytest.mark.parametrize(
    ("region", "said"),
    [
        (HOME, f"the state of Terraform (s3 tofu) is lost with {HOME}"),
        (None, "the state of Terraform (s3 tofu) lies where nobody says"),
    ],
)
def test_terraforms_own_state_can_be_lost(region: str | None, said: str) -> None:
    promise = LoseRegion.model_validate(
        {"name": "region", "when": "region lost", "rpo": "1d", "rto": "1h"}
    )
    state = Resource("terraform.backend", TOOL_STATE, "s3 tofu", None, region, at(2))
    found = world(resource(DB), state, holdings=(STORE,))
    *_, service = recoverability_of_resources.decide_region(promise, at(9), found)
    assert [(fact.text, fact.source) for fact in service.why][:-1] == [(said, at(2))]


def test_what_is_needed_in_a_region_and_lost_with_another_is_named() -> None:
    promise = LoseRegion.model_validate(
        {"name": "region", "when": "region lost", "rpo": "1d", "rto": "1h"}
    )
    uses = (
        Use(VAULT, HOME_KEY, "key", at(6)),
        Use(VAULT, FAR_KEY, "key", at(7)),
        Use(DB, "aws_iam_role.r", "role", at(8)),
    )
    roles = resource("aws_iam_role.r", region="global")
    resources = (roles, resource(DB), resource(VAULT, region=AWAY))
    found = world(*resources, holdings=(STORE,), keys=KEYS, uses=uses)
    *_, service = recoverability_of_resources.decide_region(promise, at(9), found)
    assert [fact.source for fact in service.why] == [at(6), None, at(9)]
    assert f"{VAULT} in {AWAY} needs {HOME_KEY}" in service.why[0].text


@pytest.mark.parametrize(
    ("seconds", "said"), [(5, "5 s"), (90, "90 s"), (5400, "90 min"), (DAY, "1 d"), (0, "0 s")]
)
def test_spans_are_said_in_whole_units(seconds: float, said: str) -> None:
    assert span(seconds) == said
