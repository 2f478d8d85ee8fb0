"""Two environments in a cloud share nothing, and no packet passes between them."""

from dataclasses import replace

import pytest
from prove_world_support import at, card, gap, group, holding, network, resource, rule, vpc, world

from caisson.estate.model import Isolation
from caisson.estate.promises import PromiseFile
from caisson.estate.sources import Sources
from caisson.prove import isolation
from caisson.prove.certificate import Chain, Listed, Passed
from caisson.prove.model import Decision, Verdict
from caisson.topology.model import Resource
from caisson.topology.network import (
    Forward,
    Network,
    Peering,
    Ports,
    Route,
    RouteTable,
    Target,
    TransitAttachment,
)
from caisson.topology.places import Places
from caisson.topology.resources import (
    Admission,
    Gap,
    Key,
    Movement,
    Policy,
    Question,
    Rest,
    Use,
    Way,
)

HOLDS, BROKEN, UNKNOWN = Decision.HOLDS, Decision.BROKEN, Decision.UNKNOWN
PROMISE = Isolation(name="apart", isolate=["staging", "production"])
ONE, TWO = "111111111111", "222222222222"
S_APP, P_APP = "aws_instance.staging", "aws_instance.production"
S_DB, P_DB = "aws_db_instance.staging", "aws_db_instance.production"
BASTION, SHARED_KEY, SHARED_BUCKET = "aws_instance.bastion", "aws_kms_key.all", "aws_s3_bucket.all"


def staging(address: str) -> Resource:
    return resource(address, "staging", ONE)


def production(address: str) -> Resource:
    return resource(address, "production", TWO)


RESOURCES = (
    *map(staging, ("aws_vpc.staging", S_APP, S_DB)),
    *map(production, ("aws_vpc.production", P_APP, P_DB)),
    *(resource(each) for each in (BASTION, SHARED_KEY, SHARED_BUCKET)),
)
STORES = (
    holding(S_DB, keys=("aws_kms_key.staging",), account=ONE),
    holding(P_DB, keys=("aws_kms_key.production",), account=TWO),
)


def asked(*more: Resource, promise: Isolation = PROMISE, **parts: object) -> Verdict:
    said = {"holdings": STORES, "network": apart()} | parts
    found = world(*RESOURCES, *more, **said)
    (verdict,) = isolation.decide(promise, at(9), found, Sources())
    return verdict


def apart(*more: Network) -> Network:
    """Two VPCs, each with a machine that lets in everybody of a private network."""
    anybody = rule("everybody", cidrs=("10.0.0.0/8",))
    return network(
        vpc("staging", 1, internet=False),
        vpc("production", 2, internet=False),
        group("staging", anybody, vpc="staging"),
        group("production", anybody, vpc="production"),
        card(S_APP, ["staging"], "staging", public=False),
        card(P_APP, ["production"], "production", public=False),
        *more,
    )


def peered(*, active: bool | None = True) -> Network:
    """The same with a peering, and a route for each way."""
    whole = apart()
    peer = Peering(
        "aws_vpc_peering_connection.p", ("aws_vpc.staging", "aws_vpc.production"), at(3), active
    )
    tables = tuple(
        RouteTable(
            each.id, each.vpc, (Route("10.0.0.0/8", Target.PEERING, peer.id, at()),), each.source
        )
        for each in whole.route_tables
    )
    return replace(whole, route_tables=tables, peerings=(peer,))


def test_it_holds_when_nothing_is_shared() -> None:
    verdict = asked()
    assert (verdict.decision, verdict.subject) == (HOLDS, "staging and production")
    assert [fact.text for fact in verdict.why] == [
        "no packet passes between the 1 network members of staging and the 1 of production, "
        "on any port, in either direction",
        "the 3 resources of staging and the 3 of production share no key, secret, store or data",
        f"nothing in staging (account {ONE}) lets in a principal of production (account {TWO}), "
        "nor the other way round: no trust, policy, permission or list",
    ]
    assert isinstance(verdict.certificate, Listed)
    assert (S_APP, "member of", "staging") in verdict.certificate.facts
    assert (P_DB, "keys", "aws_kms_key.production") in verdict.certificate.facts


def test_a_peering_with_routes_and_open_rules_breaks_it() -> None:
    verdict = asked(network=peered())
    assert verdict.decision is BROKEN
    assert f"{S_APP} can open" in verdict.counterexample[0].text
    assert P_APP in verdict.counterexample[0].text
    assert "security groups" in (verdict.remedy or "")
    assert isinstance(verdict.certificate, Passed)
    packet = verdict.certificate.packets[0]
    assert (packet.source, packet.target) == (S_APP, P_APP)


def test_what_opens_no_connections_of_its_own_breaks_nothing() -> None:
    joined = peered()
    quiet = tuple(replace(each, opens=False) for each in joined.interfaces)
    assert asked(network=replace(joined, interfaces=quiet)).decision is HOLDS


def test_a_peering_that_may_be_accepted_is_unknown() -> None:
    verdict = asked(network=peered(active=None))
    assert verdict.decision is UNKNOWN
    assert any(f"{S_APP} may be able to open" in fact.text for fact in verdict.why)


def test_a_peering_whose_packets_are_refused_is_named() -> None:
    closed = replace(peered(), groups=())
    groups = network(closed, group("staging", vpc="staging"), group("production", vpc="production"))
    verdict = asked(network=groups)
    assert verdict.decision is HOLDS
    assert any("aws_vpc_peering_connection.p joins them" in fact.text for fact in verdict.why)


def test_a_machine_of_nobody_between_the_two_leaves_it_open() -> None:
    """It is in staging's network by its address, and production's by another."""
    bastion = network(
        card(BASTION, ["staging"], "staging", public=False),
        card(BASTION, ["production"], "production", public=False),
    )
    verdict = asked(network=apart(bastion))
    assert verdict.decision is UNKNOWN
    assert any(BASTION in fact.text for fact in verdict.why)


def test_a_network_that_was_not_read_behind_both_leaves_it_open() -> None:
    """A transit gateway that others own: whether it leads from one to the other is theirs."""
    attachments = tuple(
        TransitAttachment(
            f"attachment.{each}", "tgw-0123", f"aws_vpc.{each}", (f"aws_subnet.{each}",), None, at()
        )
        for each in ("staging", "production")
    )
    whole = apart()
    tables = tuple(
        RouteTable(
            each.id, each.vpc, (Route("10.0.0.0/8", Target.TRANSIT, "tgw-0123", at()),), at()
        )
        for each in whole.route_tables
    )
    both = replace(whole, route_tables=tables, transit_attachments=attachments)
    verdict = asked(network=both)
    assert verdict.decision is UNKNOWN
    assert any("tgw-0123 was not read" in fact.text for fact in verdict.why)


def test_what_is_not_tagged_belongs_where_its_network_is() -> None:
    """The machine has no tag; it is in staging's VPC, and uses production's secret."""
    secret = production("aws_secretsmanager_secret.p")
    reads = Use(BASTION, secret.id, "environment variable PASSWORD", at(4))
    bastion = card(BASTION, ["staging"], "staging", public=False)
    verdict = asked(secret, uses=(reads,), network=apart(bastion))
    assert verdict.decision is BROKEN
    assert f"{BASTION} of staging uses {secret.id} of production" in verdict.counterexample[0].text


@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.parametrize(("user", "used"), [(S_APP, P_DB), (P_APP, S_DB)])
def test_using_what_is_the_others(user: str, used: str, sure: bool) -> None:
    verdict = asked(uses=(Use(user, used, "address", at(4), sure),))
    assert verdict.decision is (BROKEN if sure else UNKNOWN)
    if sure:
        assert verdict.certificate == Chain((user, used))
        assert verdict.counterexample[0].source == at(4)


def test_a_key_of_nobody_that_both_use() -> None:
    shared = tuple(replace(each, keys=(SHARED_KEY,)) for each in STORES)
    keys = (Key(SHARED_KEY, ONE, "eu-west-1", at()),)
    verdict = asked(holdings=shared, keys=keys)
    assert verdict.decision is BROKEN
    assert verdict.certificate == Chain((S_DB, SHARED_KEY, P_DB))
    assert SHARED_KEY in (verdict.remedy or "")
    perhaps = (replace(shared[0], sure=False), shared[1])
    assert asked(holdings=perhaps, keys=keys).decision is UNKNOWN


def test_a_key_of_the_other_environment() -> None:
    foreign = (replace(STORES[0], keys=("aws_kms_key.production",)), STORES[1])
    key = production("aws_kms_key.production")
    assert asked(key, holdings=foreign).decision is BROKEN
    alone = (replace(foreign[0]), replace(STORES[1], keys=()))
    assert asked(key, holdings=alone).decision is BROKEN


def test_keys_that_the_cloud_keeps_are_nobodys() -> None:
    clouds = tuple(replace(each, keys=()) for each in STORES)
    assert asked(holdings=clouds).decision is HOLDS


def test_a_bucket_of_nobody_that_both_write_to() -> None:
    bucket = holding(SHARED_BUCKET, Rest.FILES, system="s3")
    flows = tuple(Movement(Way.LOG, each, SHARED_BUCKET, at(5)) for each in (S_DB, P_DB))
    verdict = asked(holdings=(*STORES, bucket), movements=flows)
    assert verdict.decision is BROKEN
    assert verdict.certificate == Chain((S_DB, SHARED_BUCKET, P_DB))
    assert asked(holdings=(*STORES, bucket), movements=flows[:1]).decision is HOLDS
    uses = tuple(Use(each, SHARED_BUCKET, "bucket", at(5)) for each in (S_APP, P_APP))
    assert asked(holdings=(*STORES, bucket), uses=uses).decision is BROKEN


def test_an_image_of_nobody_may_be_used_by_both() -> None:
    image = holding(SHARED_BUCKET, Rest.IMAGE, system="ecr")
    uses = tuple(Use(each, SHARED_BUCKET, "image", at(5)) for each in (S_APP, P_APP))
    assert asked(holdings=(*STORES, image), uses=uses).decision is HOLDS


@pytest.mark.parametrize("ends", [(S_DB, P_DB), (P_DB, S_DB)])
def test_data_that_moves_into_the_other(ends: tuple[str, str]) -> None:
    verdict = asked(movements=(Movement(Way.COPY, *ends, at(5)),))
    assert verdict.decision is BROKEN
    assert "comes to rest in" in verdict.counterexample[0].text


def test_one_account_for_both() -> None:
    same = tuple(replace(each, account=ONE) for each in RESOURCES)
    found = world(*same, holdings=STORES, network=apart())
    (verdict,) = isolation.decide(PROMISE, at(9), found, Sources())
    assert verdict.decision is BROKEN
    assert "are in one account" in verdict.counterexample[0].text
    allowed = PROMISE.model_copy(update={"except_": ["account"]})
    (verdict,) = isolation.decide(allowed, at(9), found, Sources())
    assert verdict.decision is HOLDS


def test_an_account_that_is_not_told_is_open() -> None:
    untold = tuple(replace(each, account=None) for each in RESOURCES)
    found = world(*untold, holdings=STORES, network=apart())
    assert isolation.decide(PROMISE, at(9), found, Sources())[0].decision is UNKNOWN


def test_exceptions_may_be_shared() -> None:
    shared = tuple(replace(each, keys=(SHARED_KEY,)) for each in STORES)
    allowed = PROMISE.model_copy(update={"except_": ["aws_kms_key.*"]})
    assert asked(promise=allowed, holdings=shared).decision is HOLDS


def test_roles_leave_it_open_where_the_accounts_are_not_apart() -> None:
    policy = Policy("aws_iam_role_policy.p", S_APP, "{}", "identity", at())
    role = resource("aws_iam_role.app", "staging", TWO)
    alone = PROMISE.model_copy(update={"except_": ["account"]})
    verdict = asked(role, policies=(policy,), promise=alone)
    assert verdict.decision is UNKNOWN
    assert any("roles" in fact.text for fact in verdict.why)
    assert any("no packet passes" in fact.text for fact in verdict.why)
    nowhere = resource("aws_iam_role.app", "staging", None)
    assert asked(nowhere).decision is UNKNOWN
    assert asked(staging("aws_iam_role.app"), policies=(policy,)).decision is HOLDS


def test_a_role_that_both_use_leaves_it_open() -> None:
    shared = tuple(Use(each, "aws_iam_role.all", "role", at()) for each in (S_APP, P_APP))
    assert asked(resource("aws_iam_role.all"), uses=shared).decision is UNKNOWN


def strange(*questions: Question, about: tuple[str, ...] = ()) -> tuple[Gap, ...]:
    return (gap("aws_vpn_connection.office", *questions, about=about),)


@pytest.mark.parametrize("question", [Question.ISOLATION, Question.REACHABILITY])
def test_gaps_leave_it_open(question: Question) -> None:
    assert asked(gaps=strange(question)).decision is UNKNOWN
    assert asked(gaps=strange(question, about=(P_APP,))).decision is UNKNOWN
    assert asked(gaps=strange(question, about=(SHARED_BUCKET,))).decision is HOLDS


def test_environments_without_anything_are_unknown() -> None:
    nowhere = PROMISE.model_copy(update={"isolate": ["staging", "prod"]})
    verdict = asked(promise=nowhere)
    assert verdict.decision is UNKNOWN
    assert "nothing runs in prod" in verdict.why[0].text


def test_accounts_can_be_isolated_by_number() -> None:
    accounts = PROMISE.model_copy(update={"isolate": [ONE, TWO]})
    lone = tuple(each for each in RESOURCES if each.environment)
    found = world(*lone, holdings=STORES, network=apart())
    assert isolation.decide(accounts, at(9), found, Sources())[0].decision is HOLDS
    moved = world(*lone, holdings=STORES, network=peered())
    assert isolation.decide(accounts, at(9), moved, Sources())[0].decision is BROKEN


def test_what_matches_two_environments_leaves_it_open() -> None:
    written = {
        "environments": {
            "staging": {"addresses": ["*staging"]},
            "production": {"addresses": ["aws_db_*"]},
        },
        "promises": [],
    }
    places = Places.of(PromiseFile.model_validate(written))
    found = world(*RESOURCES, holdings=STORES, network=apart(), places=places)
    (verdict,) = isolation.decide(PROMISE, at(9), found, Sources())
    assert verdict.decision is UNKNOWN
    assert any(f"{S_DB} is of staging and of production" in fact.text for fact in verdict.why)


def test_a_part_of_a_resource_is_of_its_environment() -> None:
    endpoint = card(f"{P_DB}/endpoint", ["production"], "production", public=False)
    verdict = asked(network=network(peered(), endpoint))
    assert any(f"at {P_DB}/endpoint" in fact.text for fact in verdict.counterexample)


def test_a_side_of_which_nothing_was_tried_leaves_it_open() -> None:
    idle = PROMISE.model_copy(update={"isolate": ["staging", "tools"]})
    role = resource("aws_ssm_document.x", "tools", "333333333333")
    verdict = asked(role, promise=idle)
    assert verdict.decision is UNKNOWN
    assert any("nothing of tools that keeps data" in fact.text for fact in verdict.why)


@pytest.mark.parametrize("closed", ["staging", "production"])
def test_one_direction_is_enough(closed: str) -> None:
    everybody = rule("everybody", cidrs=("10.0.0.0/8",))
    groups = (
        group(name, *([] if name == closed else [everybody]), vpc=name)
        for name in ("staging", "production")
    )
    verdict = asked(network=network(replace(peered(), groups=()), *groups))
    (fact,) = verdict.counterexample
    assert fact.text.startswith(f"aws_instance.{closed} can open")


@pytest.mark.parametrize("sure", [True, False])
def test_what_one_forwards_to_the_other(sure: bool) -> None:
    gateway = staging("aws_api_gateway_rest_api.s")
    web = Ports(443, 443)
    forward = Forward(gateway.id, web, P_APP, web, at(6), from_internet=True, sure=sure)
    verdict = asked(gateway, network=apart(Network(forwards=(forward,))))
    assert verdict.decision is (BROKEN if sure else UNKNOWN)
    said = verdict.counterexample if sure else verdict.why
    assert any(f"to {P_APP}" in fact.text and fact.source == at(6) for fact in said)


def test_ports_are_named() -> None:
    only_postgres = rule("postgres", Ports(5432, 5432), cidrs=("10.0.0.0/8",))
    whole = replace(peered(), groups=())
    parts = network(
        whole,
        group("staging", vpc="staging"),
        group("production", only_postgres, vpc="production"),
    )
    verdict = asked(network=parts)
    assert [fact.text for fact in verdict.counterexample] == [
        f"{S_APP} can open tcp 5432 at {P_APP}"
    ]


def admitting(**said: object) -> tuple[Admission, ...]:
    """Something in production's account that lets in staging's, unless `said` otherwise."""
    parts: dict[str, object] = {"account": TWO, "whom": (ONE,), "sure": True}
    return (Admission(P_DB, "its policy", source=at(5), **(parts | said)),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, BROKEN),
        ({"sure": False}, UNKNOWN),
        ({"whom": None}, BROKEN),
        ({"whom": None, "sure": False}, UNKNOWN),
        ({"whom": ("333333333333",)}, HOLDS),
        ({"account": ONE, "whom": (TWO,)}, BROKEN),
        ({"account": "333333333333"}, HOLDS),
        # Where it is, is not told: it may be in production's account.
        ({"account": None}, UNKNOWN),
    ],
)
def test_who_is_let_in_across_accounts(said: dict[str, object], expected: Decision) -> None:
    verdict = asked(admissions=admitting(**said))
    assert verdict.decision is expected
    if expected is BROKEN:
        assert isinstance(verdict.certificate, Chain)
        assert "lets principals of" in verdict.counterexample[0].text


def test_a_thing_that_is_excepted_may_let_in_who_it_likes() -> None:
    alone = PROMISE.model_copy(update={"except_": [P_DB]})
    assert asked(admissions=admitting(), promise=alone).decision is HOLDS


def trust(account: str, whom: tuple[str, ...] | None, **said: object) -> Admission:
    """A role of `account` that may be taken from elsewhere."""
    more: dict[str, object] = {"becomes": True, "sure": True} | said
    return Admission("aws_iam_role.third", "its trust", account, whom, at(6), **more)  # type: ignore[arg-type]


THIRD, FOURTH = "333333333333", "444444444444"


@pytest.mark.parametrize(
    ("trusts", "expected"),
    [
        ((), HOLDS),
        ((trust(THIRD, (ONE,)),), UNKNOWN),
        ((trust(THIRD, None, sure=False),), UNKNOWN),
        ((trust(FOURTH, (ONE,)), trust(THIRD, (FOURTH,))), UNKNOWN),
        ((trust(THIRD, (FOURTH,)),), HOLDS),
        # Who may write into a thing of an account takes no role there.
        ((trust(THIRD, (ONE,), becomes=False),), HOLDS),
    ],
)
def test_a_third_account_leads_on_where_one_may_take_a_role_of_it(
    trusts: tuple[Admission, ...], expected: Decision
) -> None:
    into = admitting(whom=(THIRD,))
    verdict = asked(admissions=(*into, *trusts))
    assert verdict.decision is expected
    assert asked(admissions=trusts).decision is HOLDS
    if expected is UNKNOWN:
        assert any("lets them in from there" in fact.text for fact in verdict.open)
