"""What everybody can read, and what the internet can open a connection to."""

from dataclasses import replace

import pytest
from prove_world_support import (
    at,
    card,
    gap,
    group,
    holding,
    network,
    resource,
    rule,
    vpc,
    world,
)

from caisson.estate.model import OpenToInternet, Public
from caisson.prove import exposure
from caisson.prove.certificate import Listed, Passed
from caisson.prove.model import Decision, Verdict
from caisson.topology.network import Forward, Network, Ports, Protocol
from caisson.topology.resources import Count, Policy, Question, Rest, Understanding

HOLDS, BROKEN, UNKNOWN = Decision.HOLDS, Decision.BROKEN, Decision.UNKNOWN
NOTHING_PUBLIC = Public(name="closed", public=[])
BUCKET, DB, WEB, LB = "aws_s3_bucket.data", "aws_db_instance.main", "aws_instance.web", "aws_lb.web"
RESOURCES = tuple(map(resource, (BUCKET, DB, WEB, LB, "aws_vpc.main")))
FILES = holding(BUCKET, Rest.FILES, system="s3")
ANYBODY = ("0.0.0.0/0",)


def web(*ports: int, of: str = "anything", beside: str = "") -> OpenToInternet:
    written = {"name": "web", "open to internet": list(ports), "of": [of]}
    return OpenToInternet.model_validate(written | ({"except": [beside]} if beside else {}))


def open_at(*rules: tuple[int, tuple[str, ...]], sure: bool = True) -> Network:
    """A security group that lets these in on these ports."""
    made = [
        rule(f"aws_security_group_rule.r{port}", Ports(port, port), cidrs=cidrs, sure=sure)
        for port, cidrs in rules
    ]
    return group("web", *made)


def internet(promise: OpenToInternet, *parts: Network, **more: object) -> tuple[Verdict, ...]:
    whole = network(vpc("main", 0), *parts)
    return exposure.decide_open(promise, at(9), world(*RESOURCES, network=whole, **more))


def one(promise: OpenToInternet, *parts: Network, **more: object) -> Verdict:
    (verdict,) = internet(promise, *parts, **more)
    return verdict


def public(
    *holdings: object, promise: Public = NOTHING_PUBLIC, **more: object
) -> tuple[Verdict, ...]:
    return exposure.decide_public(promise, at(9), world(*RESOURCES, holdings=holdings, **more))


def packets(verdict: Verdict) -> list[tuple[str, str, int]]:
    assert isinstance(verdict.certificate, Passed)
    return [(each.source, each.target, each.port) for each in verdict.certificate.packets]


def test_no_store_is_public() -> None:
    (verdict,) = public(FILES)
    assert (verdict.decision, verdict.subject) == (HOLDS, "stores")
    assert verdict.certificate == Listed(((BUCKET, "public", "False"),))


def test_a_public_store_breaks_it() -> None:
    broken, rest = public(replace(FILES, public=True), holding(DB))
    assert (broken.decision, broken.subject) == (BROKEN, BUCKET)
    assert broken.counterexample[0].text == f"{BUCKET} can be read by everybody"
    assert rest.decision is HOLDS


def test_a_public_store_is_shown_with_its_policy() -> None:
    policy = Policy("aws_s3_bucket_policy.data", BUCKET, None, "resource", at(7))
    other = Policy("aws_s3_bucket_policy.other", "aws_s3_bucket.other", None, "resource", at(8))
    (broken,) = public(replace(FILES, public=True), policies=(policy, other))
    assert [each.source for each in broken.counterexample] == [FILES.source, at(7)]


def test_a_setting_that_nobody_has_heard_of_may_be_what_closes_it() -> None:
    tomorrow = gap("aws_s3_bucket_tomorrow.t", *Question, about=(BUCKET,))
    (unknown, *_) = public(replace(FILES, public=True), gaps=(tomorrow,))
    assert (unknown.decision, unknown.subject) == (Decision.UNKNOWN, BUCKET)


@pytest.mark.parametrize("change", [{"public": None}, {"public": True, "sure": False}])
def test_a_store_that_may_be_public_is_unknown(change: dict[str, bool | None]) -> None:
    (verdict,) = public(replace(FILES, **change))
    assert verdict.decision is UNKNOWN


def test_named_stores_may_be_public() -> None:
    site = Public(name="closed", public=["aws_s3_bucket.*"])
    (verdict,) = public(replace(FILES, public=True), holding(DB), promise=site)
    assert verdict.decision is HOLDS
    assert verdict.subject == "stores beside aws_s3_bucket.*"
    *_, unmatched = public(FILES, promise=Public(name="closed", public=["aws_s3_bucket.typo"]))
    assert (unmatched.decision, unmatched.subject) == (UNKNOWN, "aws_s3_bucket.typo")


def test_what_is_not_understood_may_be_public() -> None:
    strange = gap("aws_neptune_cluster.graph", Question.EXPOSURE)
    assert [each.decision for each in public(FILES, gaps=(strange,))] == [UNKNOWN]
    about_it = gap("aws_s3_bucket_policy.p", Question.EXPOSURE, about=(BUCKET,))
    assert [each.subject for each in public(FILES, gaps=(about_it,))] == [BUCKET]
    assert [each.decision for each in public()] == [UNKNOWN]


@pytest.mark.parametrize(
    ("cidrs", "decision"), [(ANYBODY, BROKEN), (("10.0.0.0/8",), HOLDS), ((), HOLDS)]
)
def test_a_public_address_is_public_when_the_internet_gets_there(
    cidrs: tuple[str, ...], decision: Decision
) -> None:
    whole = network(vpc("main", 0), open_at((5432, cidrs)), card(DB, ["web"]))
    (verdict,) = public(holding(DB, public=True), network=whole)
    assert (verdict.decision, verdict.why[0].text) == (decision, f"{DB} has a public address")


def test_a_rule_that_may_let_the_internet_in_leaves_it_open() -> None:
    whole = network(vpc("main", 0), open_at((5432, ANYBODY), sure=False), card(DB, ["web"]))
    (verdict,) = public(holding(DB, public=True), network=whole)
    assert verdict.decision is UNKNOWN


def test_an_address_of_what_may_not_be_there_breaks_nothing() -> None:
    whole = network(vpc("main", 0), open_at((5432, ANYBODY)), card(DB, ["web"]))
    (verdict,) = public(holding(DB, public=True, sure=False), network=whole)
    assert verdict.decision is UNKNOWN


def test_only_allowed_ports_are_open() -> None:
    verdict = one(web(443, 80), open_at((443, ANYBODY)), card(WEB, ["web"]))
    assert (verdict.decision, verdict.subject) == (HOLDS, "anything")
    assert verdict.why[0].text == (f"the internet can open nothing at {WEB} beside what is allowed")


def test_another_port_breaks_it_and_the_rule_is_named() -> None:
    verdict = one(web(443), open_at((443, ANYBODY), (22, ANYBODY)), card(WEB, ["web"]))
    assert (verdict.decision, verdict.subject) == (BROKEN, WEB)
    assert [fact.text for fact in verdict.counterexample] == [
        f"the internet can open tcp 22 at {WEB}",
        "aws_security_group_rule.r22 lets 0.0.0.0/0 in on tcp 22",
    ]


def test_what_is_open_is_shown_with_a_packet_on_a_port_that_is_not_allowed() -> None:
    verdict = one(web(443), open_at((443, ANYBODY), (22, ANYBODY)), card(WEB, ["web"]))
    assert packets(verdict) == [("internet", WEB, 22)]
    stores = (holding(DB),)
    assert packets(one(web(of="stores"), *behind(forward(DB)), holdings=stores)) == [
        ("internet", LB, 443)
    ]


def test_what_is_entered_without_an_interface_is_shown_by_what_was_looked_up() -> None:
    broken = internet(web(), forward(WEB, from_internet=True))[0]
    assert broken.certificate == Listed(((LB, "open to internet", "tcp 443"),))


@pytest.mark.parametrize(
    "closing",
    [
        {"public": False},
        {"groups": []},
    ],
)
def test_without_address_or_rule_it_is_closed(closing: dict[str, object]) -> None:
    how = {"groups": ["web"], "public": True} | closing
    ssh = open_at((22, ANYBODY))
    assert one(web(), ssh, card(WEB, **how)).decision is HOLDS  # type: ignore[arg-type]
    assert one(web(), ssh, card(WEB, ["web"])).decision is BROKEN


def test_without_a_route_it_is_closed() -> None:
    parts = network(vpc("main", 0, internet=False), open_at((22, ANYBODY)), card(WEB, ["web"]))
    (verdict,) = exposure.decide_open(web(), at(9), world(*RESOURCES, network=parts))
    assert verdict.decision is HOLDS


@pytest.mark.parametrize("unsure", [{"public": None}, {"sure": False}, {"groups_known": False}])
def test_what_cannot_be_told_of_an_interface_is_unknown(unsure: dict[str, object]) -> None:
    groups = [] if "groups_known" in unsure else ["web"]
    verdict = one(web(), open_at((22, ANYBODY)), card(WEB, groups, **unsure))  # type: ignore[arg-type]
    assert verdict.decision is UNKNOWN


@pytest.mark.parametrize(
    ("cidrs", "decision"),
    [
        (("198.51.100.7/32",), HOLDS),
        (("52.0.0.0/9",), HOLDS),
        (("52.0.0.0/8",), BROKEN),
        (("0.0.0.0/1", "128.0.0.0/1"), BROKEN),
        (("52.0.0.0/9", "52.128.0.0/9"), BROKEN),
        (("::/0",), HOLDS),  # the subnet has no addresses of IPv6
    ],
)
def test_named_addresses_are_not_the_internet(cidrs: tuple[str, ...], decision: Decision) -> None:
    assert one(web(), open_at((22, cidrs)), card(WEB, ["web"])).decision is decision


def test_who_is_let_in_by_name_is_told() -> None:
    verdict = one(web(), open_at((22, ("198.51.100.7/32",))), card(WEB, ["web"]))
    assert verdict.why[-1].text == (
        "aws_security_group_rule.r22 lets 198.51.100.7/32 in on tcp 22, "
        "and nobody else of the internet"
    )


def test_a_list_at_the_border_may_let_in_by_name() -> None:
    whole = network(vpc("main", 0), open_at((22, ANYBODY)), card(WEB, ["web"]))
    office = replace(whole.acls[0].ingress[0], cidr="198.51.100.7/32")
    guarded = replace(whole, acls=(replace(whole.acls[0], ingress=(office,)),))
    (verdict,) = exposure.decide_open(web(), at(9), world(*RESOURCES, network=guarded))
    assert verdict.decision is HOLDS


def test_what_listens_on_known_ports_listens_to_no_other_protocol() -> None:
    everything = group("web", rule("all", cidrs=ANYBODY, protocol=Protocol.ANY))
    listening = card(LB, ["web"], listens=(Ports(443, 443),))
    assert one(web(443), everything, listening).decision is HOLDS
    others = group("web", rule("other", cidrs=ANYBODY, protocol=Protocol.OTHER))
    assert one(web(443), others, listening).decision is HOLDS
    assert one(web(443), others, card(LB, ["web"])).decision is not HOLDS


def test_exceptions_may_be_open() -> None:
    parts = (open_at((22, ANYBODY)), card(WEB, ["web"]), card(DB, []))
    assert one(web(beside=WEB), *parts).decision is HOLDS
    assert internet(web(beside=DB), *parts)[0].decision is BROKEN


def test_stores_alone() -> None:
    parts = (open_at((22, ANYBODY)), card(WEB, ["web"]), card(DB, []))
    stores = (holding(DB), holding(WEB, Rest.DISK))
    assert one(web(of="stores"), *parts, holdings=stores).decision is HOLDS
    assert one(web(of="stores"), *parts, card(DB, ["web"]), holdings=stores).decision is BROKEN


def forward(target: str, *, sure: bool = True, from_internet: bool = False) -> Network:
    to = Ports(5432, 5432)
    made = Forward(LB, Ports(443, 443), target, to, at(7), from_internet, sure)
    return Network(forwards=(made,))


def behind(*more: Network) -> tuple[Network, ...]:
    into = rule("aws_security_group_rule.in", cidrs=("10.0.0.0/16",))
    return (
        open_at((443, ANYBODY)),
        group("db", into),
        card(LB, ["web"]),
        card(DB, ["db"], public=False),
        *more,
    )


def test_a_store_behind_a_balancer_is_open() -> None:
    stores = (holding(DB),)
    assert one(web(of="stores"), *behind(), holdings=stores).decision is HOLDS
    verdict = one(web(of="stores"), *behind(forward(DB)), holdings=stores)
    assert (verdict.decision, verdict.subject) == (BROKEN, DB)
    assert verdict.counterexample[-1].text == f"{LB} forwards what arrives to {DB}"
    perhaps = one(web(of="stores"), *behind(forward(DB, sure=False)), holdings=stores)
    assert perhaps.decision is UNKNOWN


def test_a_balancer_forwards_what_arrives_on_its_ports() -> None:
    stores = (holding(DB),)
    ssh_alone = (open_at((22, ANYBODY)), *behind(forward(DB))[1:])
    assert one(web(of="stores"), *ssh_alone, holdings=stores).decision is HOLDS


def test_what_is_refused_behind_a_balancer_is_closed() -> None:
    refused = (open_at((443, ANYBODY)), group("db"), *behind(forward(DB))[2:])
    assert one(web(of="stores"), *refused, holdings=(holding(DB),)).decision is HOLDS
    wrong = rule("http", Ports(80, 80), cidrs=("10.0.0.0/16",))
    other_port = (open_at((443, ANYBODY)), group("db", wrong), *behind(forward(DB))[2:])
    assert one(web(of="stores"), *other_port, holdings=(holding(DB),)).decision is HOLDS
    perhaps = replace(wrong, ports=Ports(5432, 5432), sure=False)
    unsure = (open_at((443, ANYBODY)), group("db", perhaps), *behind(forward(DB))[2:])
    assert one(web(of="stores"), *unsure, holdings=(holding(DB),)).decision is UNKNOWN


def test_what_a_balancer_may_forward_is_the_balancers_matter() -> None:
    assert one(web(443), *behind(forward(DB))).decision is HOLDS
    subjects = [each.subject for each in internet(web(), *behind(forward(DB)))]
    assert subjects == [LB, "everything else"]


def test_an_entry_without_an_interface_counts() -> None:
    edge = forward(WEB, from_internet=True)
    verdicts = internet(web(), edge)
    assert [(each.decision, each.subject) for each in verdicts if each.decision is BROKEN] == [
        (BROKEN, LB)
    ]
    assert {each.decision for each in internet(web(443), edge)} == {HOLDS}


@pytest.mark.parametrize("owner", [f"{DB}/endpoint", "eni-0123"])
def test_parts_and_strangers_are_asked_too(owner: str) -> None:
    ssh = open_at((22, ANYBODY))
    broken, *_ = internet(web(), ssh, card(owner, ["web"]))
    assert (broken.decision, broken.subject) == (BROKEN, owner)
    of_database = internet(web(of=DB), ssh, card(owner, ["web"]))
    assert of_database[0].decision is (UNKNOWN if owner == "eni-0123" else BROKEN)
    assert (
        one(web(beside=DB), ssh, card(f"{DB}/endpoint", ["web"]), card(WEB, [])).decision is HOLDS
    )


def test_gaps_leave_it_open() -> None:
    parts = (open_at((443, ANYBODY)), card(WEB, ["web"]))
    strange = gap("aws_vpn_connection.office", Question.REACHABILITY, about=())
    assert one(web(443), *parts, gaps=(strange,)).decision is UNKNOWN
    rules = gap("aws_x.y", Question.REACHABILITY, about=("aws_security_group.web",))
    assert [each.subject for each in internet(web(443), *parts, gaps=(rules,))] == [WEB]
    elsewhere = gap("aws_x.y", Question.ENCRYPTION, about=())
    assert one(web(443), *parts, gaps=(elsewhere,)).decision is HOLDS


def test_a_gap_about_what_keeps_nothing_hides_no_store() -> None:
    """A service whose machines are not told is no store, and no way to one."""
    service = "aws_ecs_service.web"
    stores = (holding(DB),)
    parts: dict[str, object] = {
        "network": network(vpc("main", 0), card(DB, [])),
        "holdings": stores,
        "gaps": (gap(service, Question.EXPOSURE, Question.REACHABILITY),),
    }

    def decisions(*counts: Count, **more: object) -> set[Decision]:
        found = world(*RESOURCES, resource(service), counts=counts, **(parts | more))
        asked = exposure.decide_open(web(of="stores"), at(9), found)
        return {
            each.decision
            for each in (*asked, *exposure.decide_public(NOTHING_PUBLIC, at(9), found))
        }

    modelled = Count("aws_ecs_service", 1, Understanding.MODELLED)
    assert decisions(modelled) == {HOLDS}
    assert decisions() == {UNKNOWN}
    assert decisions(replace(modelled, understanding=Understanding.IGNORED)) == {UNKNOWN}
    assert decisions(modelled, holdings=(*stores, holding(service, Rest.STORE))) == {HOLDS, UNKNOWN}
    here = network(vpc("main", 0), card(DB, []), card(service, []))
    assert decisions(modelled, network=here) == {HOLDS, UNKNOWN}  # it may be a way, but no store
    around = gap(service, Question.EXPOSURE, about=("aws_vpc.main",))
    counted = (modelled, Count("aws_vpc", 1, Understanding.MODELLED))
    assert decisions(*counted, gaps=(around,)) == {UNKNOWN}


def test_nothing_with_an_address_is_unknown() -> None:
    assert one(web(443)).decision is UNKNOWN
