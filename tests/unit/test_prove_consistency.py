"""Two environments are the same in what matters, but for what may differ."""

from dataclasses import replace

import pytest
from prove_world_support import at, card, gap, group, holding, network, resource, rule, vpc, world

from caisson.estate.model import Same
from caisson.prove import consistency
from caisson.prove.certificate import Listed
from caisson.prove.likeness import likeness, words_of
from caisson.prove.model import Decision, Verdict
from caisson.topology.model import Resource
from caisson.topology.network import Listener, Network, Ports, Protocol, Route, Rule, Target
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

HOLDS, BROKEN, UNKNOWN = Decision.HOLDS, Decision.BROKEN, Decision.UNKNOWN
PROMISE = Same(name="alike", same=["staging", "production"])
SIDES = (("staging", 1), ("production", 2))
DB = "module.{}.aws_db_instance.main"
S_DB, P_DB = DB.format("staging"), DB.format("production")
POSTGRES = Ports(5432, 5432)


def resources() -> tuple[Resource, ...]:
    return tuple(
        resource(address, name)
        for name, _ in SIDES
        for address in (
            DB.format(name),
            f"aws_vpc.{name}",
            f"aws_security_group.{name}",
            f"aws_lb.{name}",
        )
    )


def store(name: str, **more: object) -> Holding:
    return holding(DB.format(name), **more)  # type: ignore[arg-type]


def rules(number: int, *more: Rule) -> tuple[Rule, ...]:
    """What each environment has: its own network is let in."""
    return (rule("own", POSTGRES, cidrs=(f"10.{number}.0.0/16",)), *more)


def networks(**more: Rule) -> Network:
    """A VPC with a security group on each side; `more` are rules that one side has alone."""
    parts = [
        network(
            vpc(name, number),
            group(name, *rules(number, *([more[name]] if name in more else [])), vpc=name),
            card(DB.format(name), [name], name, public=False),
        )
        for name, number in SIDES
    ]
    return network(*parts)


STORES = (store("staging"), store("production"))


def asked(promise: Same = PROMISE, **parts: object) -> Verdict:
    said = {"holdings": STORES, "network": networks()} | parts
    (verdict,) = consistency.decide(promise, at(9), world(*resources(), **said))
    return verdict


def excepting(*patterns: str) -> Same:
    return PROMISE.model_copy(update={"except_": list(patterns)})


def test_it_holds_when_they_are_alike() -> None:
    verdict = asked()
    assert (verdict.decision, verdict.subject) == (HOLDS, "staging and production")
    assert f"such as {S_DB} with {P_DB}" in verdict.why[0].text
    assert isinstance(verdict.certificate, Listed)
    assert (S_DB, "like", P_DB) in verdict.certificate.facts


@pytest.mark.parametrize(
    ("field", "aspect"),
    [
        ("encrypted", "encryption at rest"),
        ("encrypted_in_transit", "encryption in transit"),
        ("multi_zone", "multi zone"),
        ("deletion_protected", "deletion protection"),
    ],
)
def test_a_difference_in_a_store_breaks_it(field: str, aspect: str) -> None:
    verdict = asked(holdings=(replace(STORES[0], **{field: False}), STORES[1]))
    assert verdict.decision is BROKEN
    text = f"{S_DB}, {aspect}: no in staging, yes in production"
    assert text in [fact.text for fact in verdict.counterexample]
    assert f"`{aspect}`" in (verdict.remedy or "")


def test_the_certificate_gives_both_values() -> None:
    verdict = asked(holdings=(replace(STORES[0], multi_zone=False), STORES[1]))
    assert verdict.certificate == Listed(((S_DB, "multi zone", "no"), (P_DB, "multi zone", "yes")))


@pytest.mark.parametrize("of", ["multi zone", "aws_db_instance", S_DB, "module.*", "*.main"])
def test_what_may_differ_is_excepted(of: str) -> None:
    single = (replace(STORES[0], multi_zone=False), STORES[1])
    assert asked(excepting(of), holdings=single).decision is HOLDS
    assert asked(excepting("public"), holdings=single).decision is BROKEN


def test_engines_and_versioning() -> None:
    other = (replace(STORES[0], system="mysql"), STORES[1])
    assert "engine: mysql store in staging" in asked(holdings=other).counterexample[0].text
    files = tuple(
        holding(DB.format(name), Rest.FILES, versioned=name == "production") for name, _ in SIDES
    )
    assert "versioning" in asked(holdings=files).counterexample[0].text


def test_what_is_not_told_is_unknown() -> None:
    untold = (replace(STORES[0], multi_zone=None), STORES[1])
    verdict = asked(holdings=untold)
    assert verdict.decision is UNKNOWN
    assert "multi zone: not to be told in staging" in verdict.why[-1].text
    both = tuple(replace(each, encrypted=None) for each in STORES)
    assert asked(holdings=both).decision is UNKNOWN
    perhaps = tuple(replace(each, sure=False) for each in STORES)
    assert asked(holdings=perhaps).decision is UNKNOWN


def backup(name: str, lag_s: float, days: int) -> Movement:
    source = DB.format(name)
    kept = days * 86400.0
    return Movement(Way.BACKUP, source, f"{source}/backups", at(), 0, lag_s, kept, True)


def test_backups_are_compared() -> None:
    alike = tuple(backup(name, 300, 7) for name, _ in SIDES)
    assert asked(movements=alike).decision is HOLDS
    shorter = (backup("staging", 300, 1), alike[1])
    assert "backup: elsewhere, lag at most 300 s, kept 1 d" in (
        asked(movements=shorter).counterexample[0].text
    )
    without = asked(movements=alike[1:])
    assert "backup: none in staging" in without.counterexample[0].text
    assert asked(excepting("backup"), movements=alike[1:]).decision is HOLDS


def test_what_is_told_of_it_in_part_makes_nothing_alike() -> None:
    engines = tuple(replace(each, system="rds") for each in STORES)
    assert asked(holdings=engines).decision is UNKNOWN
    alike = tuple(backup(name, 300, 7) for name, _ in SIDES)
    sometime = tuple(replace(each, timed=False) for each in alike)
    assert asked(movements=sometime).decision is UNKNOWN
    snapshots = tuple(store(name, rest=Rest.BACKUP, system="rds") for name, _ in SIDES)
    assert asked(holdings=snapshots).decision is HOLDS


def test_a_rule_that_only_one_has() -> None:
    ssh = rule("ssh", Ports(22, 22), cidrs=("0.0.0.0/0",))
    verdict = asked(network=networks(staging=ssh))
    assert verdict.decision is BROKEN
    (fact,) = verdict.counterexample
    assert fact.text == (
        "aws_security_group.staging, network rules in: tcp 22 anywhere; tcp 5432 own /16 in "
        "staging, tcp 5432 own /16 in production"
    )
    assert asked(network=networks(staging=ssh, production=ssh)).decision is HOLDS
    unsure = replace(ssh, sure=False)
    assert asked(network=networks(staging=unsure)).decision is UNKNOWN


def test_groups_are_named_alike() -> None:
    own = {
        name: rule("own", protocol=Protocol.ANY, groups=(f"aws_security_group.{name}",))
        for name, _ in SIDES
    }
    assert asked(network=networks(**own)).decision is HOLDS
    foreign = own | {"staging": replace(own["staging"], groups=("sg-0123",))}
    assert asked(network=networks(**foreign)).decision is BROKEN


def test_an_address_that_may_be_ones_own_cannot_be_told() -> None:
    office = rule("office", POSTGRES, cidrs=("192.168.7.0/24",))
    assert asked(network=networks(staging=office)).decision is BROKEN
    unknown = networks(staging=office)
    untold = replace(unknown, vpcs=tuple(replace(each, cidrs=()) for each in unknown.vpcs))
    assert asked(network=untold).decision is UNKNOWN


@pytest.mark.parametrize(
    ("cidr", "other", "stands", "decision"),
    [
        ("10.1.0.0/16", "10.2.0.0/16", "10.0.0.0/8", UNKNOWN),  # each other's, or perhaps not
        ("10.8.0.0/16", "10.8.0.0/16", "10.0.0.0/8", UNKNOWN),  # perhaps the own of one
        ("203.0.113.0/24", "203.0.113.0/24", "10.0.0.0/8", UNKNOWN),  # networks may be public
        ("2600:1f14::/56", "2600:1f14::/56", "10.0.0.0/8", HOLDS),
        ("2600:1f14::/56", "2600:1f14::/56", "3fff::/56", UNKNOWN),
        ("10.8.0.0/16", "10.8.0.0/16", "3fff::/56", HOLDS),
        ("10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8", HOLDS),  # too wide for any network's own
        ("10.0.0.0/8", "172.16.0.0/12", "10.0.0.0/8", BROKEN),
    ],
)
def test_what_stands_for_addresses_known_later_makes_nothing_alike(
    cidr: str, other: str, stands: str, decision: Decision
) -> None:
    plain = network(*(vpc(name, number) for name, number in SIDES))
    later = tuple(replace(each, cidrs=(stands,), unsure=(stands,)) for each in plain.vpcs)
    leading = tuple(
        replace(each, routes=(Route(to, Target.PEERING, "pcx-1", at()),))
        for each, to in zip(plain.route_tables, (cidr, other), strict=True)
    )
    tables = tuple(resource(f"aws_route_table.{name}", name) for name, _ in SIDES)
    found = world(
        *resources(),
        *tables,
        holdings=STORES,
        network=replace(plain, vpcs=later, route_tables=leading),
    )
    (verdict,) = consistency.decide(PROMISE, at(9), found)
    assert verdict.decision is decision


def test_listeners_are_compared() -> None:
    def listening(*encrypted: bool) -> Network:
        made = tuple(
            Listener(f"aws_lb.{name}", Ports(443, 443), each, False, True, at())
            for (name, _), each in zip(SIDES, encrypted, strict=True)
        )
        return network(networks(), Network(listeners=made))

    assert asked(network=listening(True, True)).decision is HOLDS
    assert asked(network=listening(False, True)).decision is BROKEN
    alike = listening(True, True)
    untold = replace(alike, listeners=tuple(replace(e, sure=False) for e in alike.listeners))
    assert asked(network=untold).decision is UNKNOWN


def test_what_one_lacks_breaks_it() -> None:
    extra = resource("aws_sqs_queue.production-mail", "production")
    found = world(
        *resources(),
        extra,
        holdings=(*STORES, holding(extra.id, Rest.QUEUE)),
        network=networks(),
    )
    (verdict,) = consistency.decide(PROMISE, at(9), found)
    assert verdict.decision is BROKEN
    assert verdict.counterexample[0].text == (
        f"{extra.id}, presence: missing in staging, there in production"
    )
    (verdict,) = consistency.decide(excepting("aws_sqs_queue.mail"), at(9), found)
    assert verdict.decision is HOLDS


def test_things_of_no_meaning_are_not_compared() -> None:
    found = world(
        *resources(),
        resource("aws_cloudwatch_dashboard.production", "production"),
        holdings=STORES,
        network=networks(),
    )
    assert consistency.decide(PROMISE, at(9), found)[0].decision is HOLDS


def test_a_key_that_is_not_told_differs_from_none() -> None:
    told = store("production", keys=("aws_kms_key.production",))
    for other in (store("staging", encrypted=None), store("staging", keys=told.keys, sure=False)):
        assert asked(holdings=(other, told)).decision is UNKNOWN
    later = gap(S_DB, Question.ISOLATION)
    assert asked(holdings=(store("staging"), told), gaps=(later,)).decision is UNKNOWN
    assert asked(holdings=(store("staging"), told)).decision is BROKEN


def test_keys_of_modules_do_not_keep_things_apart() -> None:
    ids = ('module.env["a"].aws_db_instance.main', 'module.env["b"].aws_db_instance.main')
    made = [resource(each, name) for each, (name, _) in zip(ids, SIDES, strict=True)]
    found = world(*made, holdings=tuple(holding(each) for each in ids))
    (verdict,) = consistency.decide(PROMISE, at(9), found)
    assert verdict.decision is HOLDS
    assert f"such as {ids[0]} with {ids[1]}" in verdict.why[0].text


@pytest.mark.parametrize(
    ("address", "like"),
    [
        ("module.prod.aws_db_instance.main", "module.*.aws_db_instance.main"),
        ('module.env["production"].aws_vpc.main[0]', "module.env.aws_vpc.main[0]"),
        ("aws_s3_bucket.staging-logs", "aws_s3_bucket.logs"),
        ("aws_s3_bucket.prod_audit_logs", "aws_s3_bucket.audit-logs"),
        ('aws_subnet.this["stg-a"]', "aws_subnet.this[a]"),
        ("aws_instance.product", "aws_instance.product"),
        ("aws_devicefarm_test_grid.x", "aws_devicefarm_test_grid.x"),
    ],
)
def test_likeness_leaves_out_the_environment(address: str, like: str) -> None:
    assert likeness(address, words_of(["production", "staging", "test"])) == like


def test_gaps_leave_it_open() -> None:
    strange = gap("aws_waf.x", Question.CONSISTENCY, about=())
    assert asked(gaps=(strange,)).decision is UNKNOWN
    assert asked(gaps=(replace(strange, about=(P_DB,)),)).decision is UNKNOWN
    assert asked(gaps=(replace(strange, about=("aws_vpc.other",)),)).decision is HOLDS


def test_an_environment_without_anything_is_unknown() -> None:
    nobody = PROMISE.model_copy(update={"same": ["staging", "prod"]})
    assert asked(nobody).decision is UNKNOWN
