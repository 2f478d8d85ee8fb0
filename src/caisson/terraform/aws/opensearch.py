"""OpenSearch and Elasticsearch domains."""

from dataclasses import replace

from caisson.terraform.aws.at_rest import AtRest, by_flag
from caisson.terraform.aws.attached import Attached, attached
from caisson.terraform.aws.carried import instances_of, logs_delivered
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.kinds import SUBNET
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.openness import public as opens
from caisson.terraform.aws.owned_policies import owned_policy
from caisson.terraform.aws.policies import document_of, policy
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.seats import ports, seated
from caisson.terraform.aws.stores import (
    DAY_S,
    HOUR_S,
    NETWORK_QUESTIONS,
    backed_up,
    unread,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Forward, Listener, Network, Ports
from caisson.topology.resources import Holding, Question, Rest, Way
from caisson.topology.truth import all_of, any_of

DOMAINS = ("aws_opensearch_domain", "aws_elasticsearch_domain")
POLICIES = ("aws_opensearch_domain_policy", "aws_elasticsearch_domain_policy")
ENDPOINTS = ("aws_opensearch_vpc_endpoint", "aws_elasticsearch_vpc_endpoint")
SIGN_ONS = ("aws_opensearch_domain_saml_options", "aws_elasticsearch_domain_saml_options")
CONNECTION = "aws_opensearch_outbound_connection"
# That the other end agrees says nothing more.
ACCEPTER = "aws_opensearch_inbound_connection_accepter"
TYPES = frozenset({*DOMAINS, *POLICIES, *ENDPOINTS, *SIGN_ONS, CONNECTION, ACCEPTER})
HTTP, HTTPS = Ports(80, 80), Ports(443, 443)
KEPT_DAYS = 14.0


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    policies = attached(reading.of(*POLICIES), "domain_name", *DOMAINS)
    return joined(
        [
            *(_domain(names, each, policies) for each in reading.of(*DOMAINS)),
            *(
                owned_policy(each, "access_policies", "domain_name", DOMAINS)
                for each in reading.of(*POLICIES)
            ),
            *(_endpoint(names, each) for each in reading.of(*ENDPOINTS)),
            *(_sign_on(each) for each in reading.of(*SIGN_ONS)),
            *(_connected(each) for each in reading.of(CONNECTION)),
        ]
    )


def _domain(names: Names, block: Block, policies: Attached) -> Fragment:
    at_rest = _at_rest(block)
    public = _public(block, policies)
    store = at_rest.on(
        replace(
            holding(block, Rest.SEARCH, "opensearch"),
            encrypted_in_transit=all_of((_enforces_https(block), _between(block))),
            public=public,
            multi_zone=_multi_zone(block),
            deletion_protected=False,
        )
    )
    own_policy = (
        (policy(block, "access_policies", block.address, "resource"),)
        if not unset(block, "access_policies")
        else ()
    )
    return joined(
        [
            Fragment(holdings=(store,), policies=own_policy),
            at_rest.gaps(block),
            _snapshots(block, store),
            _logs(block),
            _inside(names, block) if _in_vpc(block) is not False else NO_FRAGMENT,
            _outside(block, public) if _in_vpc(block) is not True else NO_FRAGMENT,
        ]
    )


def _at_rest(block: Block) -> AtRest:
    if unset(block, "encrypt_at_rest"):
        return AtRest(encrypted=False)  # CreateDomain, `EncryptionAtRestOptions`: off by default
    said = block.block("encrypt_at_rest")
    if said is None:
        return AtRest(None if not block.known("encrypt_at_rest") else False)
    return by_flag(said, "kms_key_id", flagged=flag(said, "enabled", default=False))


def _said(block: Block, part: str, name: str) -> bool | None:
    """Return a flag of a nested block, off by default."""
    if unset(block, part):
        return False
    said = block.block(part)
    if said is None:
        return False if block.known(part) else None
    return flag(said, name, default=False)


def _enforces_https(block: Block) -> bool | None:
    return _said(block, "domain_endpoint_options", "enforce_https")


def _between(block: Block) -> bool | None:
    return _said(block, "node_to_node_encryption", "enabled")


def _multi_zone(block: Block) -> bool | None:
    """Return whether it is in several zones.

    Each index then has a copy in another one, since an index has one replica unless its makers
    say otherwise ("Configuring a multi-AZ domain").
    """
    standby = _said(block, "cluster_config", "multi_az_with_standby_enabled")
    return any_of((standby, _said(block, "cluster_config", "zone_awareness_enabled")))


def _in_vpc(block: Block) -> bool | None:
    if unset(block, "vpc_options"):
        return False
    return True if block.block("vpc_options") else (False if block.known("vpc_options") else None)


def _public(block: Block, policies: Attached) -> bool | None:
    """Return whether anybody may use it: outside of VPCs only its policies say who may not."""
    placed = _in_vpc(block)
    if placed:
        return False
    written = [opens(document_of(block, "access_policies"))] if _has_policy(block) else []
    others = [
        opens(document_of(each, "access_policies")) if sure else None
        for each, sure in policies.all_to(block.address)
    ]
    opened = any_of([*written, *others])
    if opened and _said(block, "advanced_security_options", "enabled") is not False:
        opened = None  # then a user of the domain's own is asked for, or a role is
    return opened if placed is False or opened is False else None


def _has_policy(block: Block) -> bool:
    return not unset(block, "access_policies")


def _snapshots(block: Block, store: Holding) -> Fragment:
    """Return the automated snapshots, of which nobody can have none.

    Every hour, 336 of them kept; once a day before Elasticsearch 5.3 ("Creating index snapshots").
    """
    old = block.instance.type == "aws_elasticsearch_domain"
    version = text(block, "elasticsearch_version", "1.5") if old else "1.0"
    hourly = not old or (version is not None and _numbers(version) >= (5, 3))
    return backed_up(
        block,
        store,
        KEPT_DAYS,
        lag_most_s=HOUR_S if hourly else DAY_S + HOUR_S,
        every_s=HOUR_S if hourly else DAY_S,
        point_in_time=False,
        via="automated snapshots",
        timed=not old or version is not None,
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split(".") if each.isdigit())


def _logs(block: Block) -> Fragment:
    return joined(
        logs_delivered(
            block,
            given(each, "cloudwatch_log_group_arn", "aws_cloudwatch_log_group"),
            "log publishing",
        )
        for each in block.blocks("log_publishing_options")
        if flag(each, "enabled", default=True) is not False
    )


def _inside(names: Names, block: Block) -> Fragment:
    options = block.block("vpc_options")
    if options is None:
        what = f"whether {block.address} is inside of a VPC cannot be told"
        return unread(block, what, Question.REACHABILITY, Question.ISOLATION, Question.EXPOSURE)
    listens = (HTTPS,) if _enforces_https(block) else (HTTP, HTTPS)
    return seated(
        names,
        options,
        names.link(options, "subnet_ids", SUBNET),
        "security_group_ids",
        public=False,
        listens=listens,
    )


def _outside(block: Block, public: bool | None) -> Fragment:
    """Return how a domain outside of VPCs is entered: from anywhere, by whom its policy lets."""
    enforced = _enforces_https(block)
    listens = (HTTPS,) if enforced else (HTTP, HTTPS)
    listeners = tuple(
        Listener(
            block.address,
            each,
            encrypted=True if each == HTTPS else enforced,
            redirects=False,
            public=public,
            source=block.source,
        )
        for each in listens
    )
    if public is False:
        return Fragment(network=Network(listeners=listeners))
    forwards = tuple(
        Forward(
            f"{block.address}/endpoint",
            each,
            block.address,
            each,
            block.source,
            from_internet=True,
            sure=public is True,
        )
        for each in listens
    )
    return Fragment(network=Network(listeners=listeners, forwards=forwards))


def _endpoint(names: Names, block: Block) -> Fragment:
    """Return a VPC's own way into a domain."""
    domains = given(block, "domain_arn", *DOMAINS)
    seats = [
        seated(
            names,
            each,
            names.link(each, "subnet_ids", SUBNET),
            "security_group_ids",
            public=False,
            listens=ports(HTTPS.low),
        )
        for each in block.blocks("vpc_options")
    ]
    forwards = tuple(
        Forward(block.address, HTTPS, each, HTTPS, block.source, sure=domains.sure)
        for each in domains.every
    )
    return joined([*seats, Fragment(network=Network(forwards=forwards)), _untold(block, domains)])


def _untold(block: Block, domains: Link) -> Fragment:
    if domains.every and domains.certainty is not Certainty.OPEN:
        return NO_FRAGMENT
    what = f"what {block.address} leads to cannot be told"
    about = instances_of(block.reading, DOMAINS)
    return unread(block, what, *NETWORK_QUESTIONS, about=about)


def _sign_on(block: Block) -> Fragment:
    domains = given(block, "domain_name", *DOMAINS)
    what = f"whom {block.address} lets in is said by another service"
    everything = instances_of(block.reading, DOMAINS)
    return unread(block, what, Question.ACCESS, about=domains.every or everything)


def _connected(block: Block) -> Fragment:
    """Return that one domain may follow indices of another: which, its own API is told."""
    here, there = _end(block, "local_domain_info"), _end(block, "remote_domain_info")
    return moving(block, there, here, Way.REPLICATION, via=f"connection {block.address}", on=None)


def _end(connection: Block, name: str) -> Link:
    """Return the domain at one end; in each region there may be one of the same name."""
    said = connection.block(name)
    if said is None:
        return Link(certainty=Certainty.OPEN)
    called, region = text(said, "domain_name"), text(said, "region")
    if called is None or region is None:
        return given(said, "domain_name", *DOMAINS)
    named = tuple(
        each.address
        for each in connection.reading.of(*DOMAINS)
        if text(each, "domain_name") == called and each.instance.region in (region, None)
    )
    return Link(named) if named else Link(outside=(called,))
