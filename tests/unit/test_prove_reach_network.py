"""Only who is promised to can open something in a network."""

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

from caisson.estate.model import Reach
from caisson.prove import reachability_of_networks
from caisson.prove.certificate import ANYTHING, INTERNET, Blocked, Passed
from caisson.prove.model import Decision, Verdict
from caisson.prove.network.reach import Reach as ReachOfNetwork
from caisson.topology.network import (
    Forward,
    Interface,
    Membership,
    Network,
    Peering,
    Ports,
    Protocol,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Target,
    TransitAttachment,
)
from caisson.topology.resources import Question, Rest

HOLDS, BROKEN, UNKNOWN = Decision.HOLDS, Decision.BROKEN, Decision.UNKNOWN
DB, WEB, BATCH, LB = "aws_db_instance.main", "aws_instance.web", "aws_instance.batch", "aws_lb.web"
VPN = "aws_vpn_gateway.office"
RESOURCES = tuple(map(resource, (DB, WEB, BATCH, LB, VPN, "aws_vpc.main")))
POSTGRES = Ports(5432, 5432)
FROM_WEB = rule("aws_security_group_rule.web", POSTGRES, groups=("aws_security_group.web",))
ESTATE = network(
    vpc("main", 0),
    group("db", FROM_WEB),
    group("web", rule("aws_security_group_rule.https", Ports(443, 443), cidrs=("0.0.0.0/0",))),
    group("batch"),
    card(DB, ["db"], public=False),
    card(WEB, ["web"]),
    card(BATCH, ["batch"]),
)


def promised(*from_: str, reach: str = DB, ports: list[int] | None = None) -> Reach:
    written = {"name": "only", "reach": reach, "from": list(from_)}
    return Reach.model_validate(written | ({"ports": ports} if ports else {}))


def decided(promise: Reach, whole: Network = ESTATE, **more: object) -> tuple[Verdict, ...]:
    more.setdefault("holdings", (holding(DB),))
    return reachability_of_networks.decide(promise, at(9), world(*RESOURCES, network=whole, **more))


def one(promise: Reach, whole: Network = ESTATE, **more: object) -> Verdict:
    (verdict,) = decided(promise, whole, **more)
    return verdict


def texts(verdict: Verdict) -> list[str]:
    return [fact.text for fact in (*verdict.why, *verdict.counterexample)]


@pytest.mark.parametrize("subject", [DB, "stores", "aws_db_instance", "aws_db_*"])
def test_it_holds_when_nobody_else_gets_in(subject: str) -> None:
    verdict = one(promised(WEB, reach=subject))
    assert (verdict.decision, verdict.subject) == (HOLDS, subject)
    assert f"{WEB} can open tcp 5432 at {DB}" in texts(verdict)


def test_what_holds_is_certified_by_all_refusals() -> None:
    certificate = one(promised(WEB)).certificate
    assert isinstance(certificate, Blocked)
    assert {each.source for each in certificate.refusals} == {ANYTHING, INTERNET}
    assert {each.besides for each in certificate.refusals if each.source == ANYTHING} == {(WEB,)}


def test_what_breaks_it_is_shown_as_a_packet() -> None:
    verdict = one(promised(BATCH))
    assert verdict.decision is BROKEN
    assert texts(verdict) == [
        f"{WEB} can open tcp 5432 at {DB}",
        f"a packet of {WEB} (10.0.1.4) to {DB} (10.0.1.5), tcp 5432",
        "all out lets it out, in aws_security_group.web",
        "aws_security_group_rule.web lets it in, in aws_security_group.db",
    ]
    assert "aws_security_group_rule.web of aws_security_group.db" in (verdict.remedy or "")
    assert isinstance(verdict.certificate, Passed)
    (packet,) = verdict.certificate.packets
    assert (packet.source, packet.target, packet.port) == (WEB, DB, 5432)


def test_the_internet_is_somebody_too() -> None:
    opened = group("db", rule("wide", POSTGRES, cidrs=("0.0.0.0/0",)))
    whole = network(vpc("main", 0), opened, group("web"), card(DB, ["db"]), card(WEB, ["web"]))
    verdict = one(promised(WEB), whole)
    assert verdict.decision is BROKEN
    assert f"the internet can open tcp 5432 at {DB}" in texts(verdict)
    assert "wide of aws_security_group.db" in (verdict.remedy or "")
    assert one(promised(WEB, "internet"), whole).decision is HOLDS


def test_ports_narrow_the_question() -> None:
    assert one(promised(BATCH, ports=[6379])).decision is HOLDS
    assert one(promised(BATCH, ports=[5432])).decision is BROKEN


def test_a_rule_that_is_not_sure_leaves_it_open() -> None:
    unsure = rule("aws_security_group_rule.late", POSTGRES, cidrs=("10.0.0.0/8",), sure=False)
    whole = network(
        vpc("main", 0),
        group("db", unsure),
        group("web"),
        card(DB, ["db"], public=False),
        card(WEB, ["web"]),
    )
    verdict = one(promised(BATCH), whole)
    assert verdict.decision is UNKNOWN
    assert "what aws_security_group_rule.late permits is known only after apply" in texts(verdict)


def test_what_forwards_to_it_opens_it() -> None:
    forward = Forward(LB, Ports(5432, 5432), DB, POSTGRES, at(), from_internet=True)
    whole = network(ESTATE, Network(forwards=(forward,)))
    verdict = one(promised(WEB), whole)
    assert verdict.decision is BROKEN
    assert f"{LB} forwards what arrives to {DB}" in texts(verdict)
    assert f"the internet can open tcp 5432 at {LB}" in texts(verdict)
    assert one(promised(WEB, LB), whole).decision is HOLDS


def test_a_connection_ends_at_a_program() -> None:
    """The internet opens the web server, which opens the store: two connections, not one."""
    assert one(promised(WEB)).decision is HOLDS


def test_a_world_that_was_not_read_may_be_behind_a_gateway() -> None:
    table = RouteTable(
        "aws_route_table.main",
        "aws_vpc.main",
        (Route("192.168.0.0/16", Target.PRIVATE, VPN, at()),),
        at(),
    )
    plain = vpc("main", 0)
    opened = group("db", rule("office", POSTGRES, cidrs=("192.168.0.0/16",)))
    whole = network(
        Network(vpcs=plain.vpcs, subnets=plain.subnets, acls=plain.acls, route_tables=(table,)),
        opened,
        card(DB, ["db"], public=False),
    )
    verdict = one(promised(WEB), whole)
    assert verdict.decision is UNKNOWN
    assert f"what lies behind {VPN} was not read, and may open tcp 5432 at {DB}" in texts(verdict)
    assert one(promised(WEB, VPN), whole).decision is HOLDS


@pytest.mark.parametrize(
    "about", [(DB,), ("aws_security_group.db",), ("aws_security_group.web",), ("aws_vpc.main",), ()]
)
def test_a_gap_that_concerns_it_leaves_it_open(about: tuple[str, ...]) -> None:
    strange = gap("aws_strange.thing", Question.REACHABILITY, about=about)
    assert one(promised(WEB), gaps=(strange,)).decision is UNKNOWN


def test_a_gap_elsewhere_does_not() -> None:
    strange = gap("aws_strange.thing", Question.REACHABILITY, about=("aws_vpc.other",))
    assert one(promised(WEB), gaps=(strange,)).decision is HOLDS


PEERED = Network(
    peerings=(Peering("aws_vpc_peering_connection.p", ("aws_vpc.main", "aws_vpc.other"), at()),)
)
ON_TRANSIT = Network(
    transit_attachments=tuple(
        TransitAttachment(f"at-{each}", "tgw", f"aws_vpc.{each}", (), None, at())
        for each in ("main", "other")
    )
)


@pytest.mark.parametrize(
    ("joined", "decision"), [(PEERED, UNKNOWN), (ON_TRANSIT, UNKNOWN), (Network(), HOLDS)]
)
def test_what_nobody_knows_may_send_from_a_network_that_is_joined(
    joined: Network, decision: Decision
) -> None:
    strange = gap("aws_strange.thing", Question.REACHABILITY, about=("aws_subnet.other",))
    office = rule("aws_security_group_rule.office", POSTGRES, cidrs=("10.1.1.0/24",))
    whole = network(
        vpc("main", 0), vpc("other", 1), group("db", office), card(DB, ["db"], public=False), joined
    )
    assert one(promised(WEB), whole).decision is HOLDS
    assert one(promised(WEB), whole, gaps=(strange,)).decision is decision


def test_the_internet_can_be_what_must_not_be_opened() -> None:
    verdict = one(promised(WEB, reach="internet"))
    assert verdict.decision is BROKEN
    assert f"{BATCH} can open" in texts(verdict)[0]
    assert one(promised(WEB, BATCH, DB, reach="internet")).decision is HOLDS


def test_what_is_in_no_network_is_not_decided_here() -> None:
    bucket = "aws_s3_bucket.data"
    named = world(resource(bucket), holdings=(holding(bucket, Rest.FILES),))
    (verdict,) = reachability_of_networks.decide(promised(WEB, reach=bucket), at(9), named)
    assert verdict.decision is UNKNOWN
    assert "decided by policies" in texts(verdict)[0]


def test_a_subject_that_names_nothing_is_told() -> None:
    verdicts = decided(promised(WEB, "aws_instance.wbe"))
    assert [each.decision for each in verdicts] == [HOLDS, UNKNOWN]
    assert "names nothing" in texts(verdicts[1])[0]
    assert one(promised(WEB, reach="aws_db_instance.mian")).decision is UNKNOWN


def balanced(*ingress: Rule, keeps_client: bool | None) -> Network:
    """A balancer in front of a store, whose rules are these."""
    forward = Forward(LB, POSTGRES, DB, POSTGRES, at(), keeps_client=keeps_client)
    return network(
        vpc("main", 0),
        group("db", *ingress),
        group("lb"),
        card(DB, ["db"], public=False),
        card(LB, ["lb"], opens=False),
        Network(forwards=(forward,)),
    )


@pytest.mark.parametrize(
    ("keeps_client", "cidr", "decision"),
    [
        (False, "198.51.100.0/24", HOLDS),
        (True, "198.51.100.0/24", UNKNOWN),
        (None, "198.51.100.0/24", UNKNOWN),
        (True, "0.0.0.0/0", BROKEN),
        (False, "10.0.0.0/8", BROKEN),
    ],
)
def test_who_keeps_its_address_is_let_in_by_it(
    keeps_client: bool | None, cidr: str, decision: Decision
) -> None:
    let_in = rule("aws_security_group_rule.some", POSTGRES, cidrs=(cidr,))
    assert one(promised(WEB), balanced(let_in, keeps_client=keeps_client)).decision is decision


def test_what_opens_no_connections_of_its_own_is_no_danger() -> None:
    """A load balancer in a group that is let in sends to its targets alone."""
    let_in = rule("aws_security_group_rule.lb", POSTGRES, groups=("aws_security_group.lb",))
    parts = (vpc("main", 0), group("db", let_in), group("lb"), card(DB, ["db"], public=False))
    quiet = network(*parts, card(LB, ["lb"], opens=False))
    verdict = one(promised(WEB), quiet)
    assert verdict.decision is HOLDS
    assert f"{LB} would be let in, and opens no connections" in texts(verdict)
    assert one(promised(WEB), network(*parts, card(LB, ["lb"]))).decision is BROKEN
    forward = Network(forwards=(Forward(LB, POSTGRES, DB, POSTGRES, at()),))
    assert one(promised(WEB), network(quiet, forward)).decision is BROKEN
    machine = card("aws_instance.other", ["lb"])
    assert one(promised(WEB), network(quiet, machine)).decision is BROKEN


@pytest.mark.parametrize("keeps_client", [True, False, None])
def test_a_balancer_is_let_in_as_a_member_of_its_group(keeps_client: bool | None) -> None:
    let_in = rule("aws_security_group_rule.lb", POSTGRES, groups=("aws_security_group.lb",))
    assert one(promised(WEB), balanced(let_in, keeps_client=keeps_client)).decision is BROKEN
    unsure = replace(let_in, sure=False)
    assert one(promised(WEB), balanced(unsure, keeps_client=keeps_client)).decision is UNKNOWN
    # A client of the balancer may be in another group, which then counts.
    others = balanced(replace(let_in, groups=("aws_security_group.x",)), keeps_client=keeps_client)
    assert one(promised(WEB), others).decision is (HOLDS if keeps_client is False else UNKNOWN)


def test_rules_of_a_network_that_is_not_known_tell_addresses_apart() -> None:
    """The database has some address of its subnet, and the function may open just one of them."""
    subnet, name = "10.0.1.0/24", "aws_lambda_function.report"
    out = rule("aws_security_group_rule.out", POSTGRES, cidrs=("10.0.1.77/32",))
    nowhere = SecurityGroup("aws_security_group.report", "", (), (out,), at())
    somewhere = Interface(name, (), (Membership(nowhere.id),), False, at())
    anyone = rule("aws_security_group_rule.db", POSTGRES, cidrs=(subnet, "10.0.0.0/8"))
    whole = network(
        vpc("main", 0),
        group("db", anyone),
        card(DB, ["db"], public=False),
        Network(groups=(nowhere,), interfaces=(somewhere,)),
    )
    reach = ReachOfNetwork.of(whole)
    assert reach.between(name, DB).may.has(Protocol.TCP, 5432)
