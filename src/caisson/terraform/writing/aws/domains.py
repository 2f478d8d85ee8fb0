"""Route 53: the zone of an environment's domain, whose answers are signed.

It stands before everything that has a name in it. The zone above, or the registrar, has to be
told once where it is and by which key it is signed: until then nobody finds it, and AWS gives no
certificate for a name in it. Questions to it are not logged: they come from resolvers everywhere,
and the log could lie in the United States alone.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import GLOBAL
from caisson.terraform.writing.aws.documents import Condition, Statement, equal
from caisson.terraform.writing.aws.own_keys import THIS_KEY, OwnKey, key, key_of
from caisson.terraform.writing.blueprint import Blueprint
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute
from caisson.topology.model import Kind

_FILE = _NAME = "domain"
_SIGNER = {"Service": ("dnssec-route53.amazonaws.com",)}


def write(environment: str, plan: Blueprint) -> Iterator[Part]:
    if not has_edge(environment, plan):
        return
    yield _zone(environment, plan)
    yield from _signed(environment, plan)
    yield from _told(environment, plan)


def has_edge(environment: str, plan: Blueprint) -> bool:
    """Return whether users reach anything of an environment."""
    edges = (each for each in plan.topology.components if each.kind is Kind.EDGE)
    return any(each.environment == environment for each in edges)


def _zone(environment: str, plan: Blueprint) -> Block:
    domain = plan.domain(environment)
    body: dict[str, Value] = {
        "name": domain,
        "comment": f"{plan.estate.estate} {environment}",
        "tags": {"Name": domain},
    }
    return Block(_FILE, "aws_route53_zone", _NAME, GLOBAL, body)


def _signed(environment: str, plan: Blueprint) -> Iterator[Block]:
    own = _key(environment, plan)
    yield from key(own, *_of_signer(own.account))
    zone: dict[str, Value] = {"hosted_zone_id": attribute(_zone(environment, plan), "zone_id")}
    yield _signing_key(environment, plan)
    after: dict[str, Value] = {"depends_on": [_signing_key(environment, plan).address]}
    yield Block(_FILE, "aws_route53_hosted_zone_dnssec", _NAME, GLOBAL, {**zone, **after})


def _signing_key(environment: str, plan: Blueprint) -> Block:
    body: dict[str, Value] = {
        # Letters, digits and underscores, of which AWS wants three at least.
        "name": label(plan.estate.estate, environment),
        "hosted_zone_id": attribute(_zone(environment, plan), "zone_id"),
        "key_management_service_arn": attribute(key_of(_key(environment, plan)), "arn"),
    }
    return Block(_FILE, "aws_route53_key_signing_key", _NAME, GLOBAL, body)


def _key(environment: str, plan: Blueprint) -> OwnKey:
    called = physical(plan.estate.estate, environment, _NAME)
    about = f"Signs the names of {plan.domain(environment)}."
    account = plan.aws.accounts[environment]
    return OwnKey(_FILE, _NAME, GLOBAL, account, called, about, signs=True)


def _of_signer(account: str) -> Iterator[Statement]:
    """Yield what Route 53 needs of the key: "Working with customer managed keys for DNSSEC"."""
    zones = Condition("ArnLike", "aws:SourceArn", ("arn:aws:route53:::hostedzone/*",))
    own = (equal("aws:SourceAccount", account), zones)
    sign = ("kms:DescribeKey", "kms:GetPublicKey", "kms:Sign")
    yield Statement("Sign", sign, THIS_KEY, principals=_SIGNER, conditions=own)
    for_service = Condition("Bool", "kms:GrantIsForAWSResource", ("true",))
    grant = ("kms:CreateGrant",)
    yield Statement(
        "LetTheSignerGoOn", grant, THIS_KEY, principals=_SIGNER, conditions=(*own, for_service)
    )


def _told(environment: str, plan: Blueprint) -> Iterator[Output]:
    domain, zone = plan.domain(environment), _zone(environment, plan)
    yield Output(handles.zone_id(), attribute(zone, "zone_id"), f"The hosted zone of {domain}.")
    yield Output(
        "name_servers",
        attribute(zone, "name_servers"),
        f"What the zone above {domain} says in NS records.",
    )
    yield Output(
        "delegation_signer",
        attribute(_signing_key(environment, plan), "ds_record"),
        f"What the zone above {domain} says in a DS record.",
    )
