"""API gateways: an address on the internet, and what stands behind it."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.lambdas import FUNCTION, FUNCTIONS, HTTPS, behind_alias
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.needs import ROLES, need, needs
from caisson.terraform.aws.policies import policy
from caisson.terraform.aws.presence import PATHS, chosen, gap, given, present, unset
from caisson.terraform.aws.registered import BALANCERS, port_of
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import ALL_PORTS, Forward, Listener, Network, Ports
from caisson.topology.resources import Gap, Policy, Rest, Way

REST = "aws_api_gateway_rest_api"
HTTP = "aws_apigatewayv2_api"
REST_INTEGRATION = "aws_api_gateway_integration"
HTTP_INTEGRATION = "aws_apigatewayv2_integration"
REST_POLICY = "aws_api_gateway_rest_api_policy"
REST_BODY = "aws_api_gateway_rest_api_put"
REST_LINK = "aws_api_gateway_vpc_link"
HTTP_LINK = "aws_apigatewayv2_vpc_link"
STAGES = ("aws_api_gateway_stage", "aws_apigatewayv2_stage")
DOMAINS = ("aws_api_gateway_domain_name", "aws_apigatewayv2_domain_name")
LISTENERS = ("aws_lb_listener", "aws_alb_listener")
CERTIFICATES = ("aws_acm_certificate", "aws_acm_certificate_validation")
DISCOVERY = "aws_service_discovery_service"
LOGS = ("aws_cloudwatch_log_group", "aws_kinesis_firehose_delivery_stream")
# What has addresses of its own, of whose ports the URI may say any.
MACHINES = (*BALANCERS, DISCOVERY, "aws_elb", "aws_instance")
BEHIND = (
    *FUNCTIONS,
    *MACHINES,
    *LISTENERS,
    "aws_s3_bucket",
    "aws_sqs_queue",
    "aws_sfn_state_machine",
    "aws_dynamodb_table",
    "aws_kinesis_stream",
    "aws_sns_topic",
)
TYPES = frozenset(
    {
        REST,
        HTTP,
        REST_POLICY,
        REST_BODY,
        REST_INTEGRATION,
        HTTP_INTEGRATION,
        REST_LINK,
        HTTP_LINK,
        *STAGES,
        *DOMAINS,
        "aws_api_gateway_method_settings",
    }
)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        (
            *(_api(each) for each in reading.of(REST, HTTP)),
            *(_policy(each) for each in reading.of(REST_POLICY)),
            *(_put(each) for each in reading.of(REST_BODY)),
            *(_integration(each) for each in reading.of(REST_INTEGRATION, HTTP_INTEGRATION)),
            *(_rest_link(each) for each in reading.of(REST_LINK)),
            *(_http_link(names, each) for each in reading.of(HTTP_LINK)),
            *(_stage(each) for each in reading.of(*STAGES)),
            *(_domain(each) for each in reading.of(*DOMAINS)),
        )
    )


def public(api: Block) -> bool | None:
    """Return whether the internet can call it; a private one is called through an endpoint."""
    if api.instance.type == HTTP or unset(api, "endpoint_configuration"):
        return True
    kinds = [each.texts("types") for each in api.blocks("endpoint_configuration")]
    if not kinds or not all(each.complete for each in kinds):
        return None
    return not any("PRIVATE" in each.values for each in kinds)


def _api(block: Block) -> Fragment:
    listener = Listener(block.address, HTTPS, True, False, public(block), block.source)
    whole = [name for name in ("body", "target") if not unset(block, name)]
    return joined(
        (
            Fragment(network=Network(listeners=(listener,)), policies=tuple(_own_policy(block))),
            *(_described(block, (block.address,), each) for each in whole),
            *needs(block, ("credentials_arn", ROLES, "role")),
        )
    )


def _own_policy(block: Block) -> Iterator[Policy]:
    if not unset(block, "policy"):
        yield policy(block, "policy", block.address, "resource")


def _policy(block: Block) -> Fragment:
    apis = block.link("rest_api_id", REST).every
    return Fragment(policies=tuple(policy(block, "policy", each, "resource") for each in apis))


def _put(block: Block) -> Fragment:
    return _described(block, block.link("rest_api_id", REST).every, "body")


def _described(block: Block, apis: tuple[str, ...], name: str) -> Fragment:
    """Return what an API described by a document leads to: what that refers to, perhaps more."""
    link = block.link(name, *BEHIND)
    told = name == "target" and link.certainty is not Certainty.OPEN
    what = f"whom the {name} of {block.address} sends requests to cannot be told"
    inside = name == "body" and any(block.reading.of(REST_LINK, HTTP_LINK))
    return Fragment(
        network=Network(
            forwards=tuple(one for each in apis for one in _forwards(block, each, link, sure=told))
        ),
        gaps=() if told else (_untold(block, what, apis, inside=inside),),
    )


def _untold(block: Block, what: str, apis: tuple[str, ...], *, inside: bool) -> Gap:
    """Say that it is not told where an API leads.

    That is to functions, or to what anybody can send to; with a VPC link to anything `inside`.
    """
    if inside or not apis:
        return gap(block, what, PATHS)
    return gap(block, what, PATHS, *apis, *(each.address for each in block.reading.of(FUNCTION)))


def _integration(block: Block) -> Fragment:
    rest = block.instance.type == REST_INTEGRATION
    apis = block.link("rest_api_id" if rest else "api_id", REST, HTTP)
    if block.text("type" if rest else "integration_type") == "MOCK":
        return NO_FRAGMENT
    behind = given(block, "uri" if rest else "integration_uri", *BEHIND)
    # A URI without a VPC link is called over the internet, whatever is in front of it.
    inside = block.text("connection_type") == "VPC_LINK" or not block.known("connection_type")
    link = block.link("connection_id", REST_LINK, HTTP_LINK) if inside else behind
    opened = (link,) if rest else (link, behind)
    told = Certainty.OPEN not in [each.certainty for each in opened]
    forwards = tuple(
        one for api in apis.every for one in _forwards(block, api, link, sure=apis.sure and told)
    )
    what = f"where {block.address} sends requests cannot be told"
    gaps = () if told else (_untold(block, what, apis.every, inside=inside),)
    return joined(
        (
            Fragment(network=Network(forwards=forwards), gaps=gaps),
            need(block, given(block, "credentials", *ROLES), "role"),
        )
    )


def _forwards(block: Block, api: str, link: Link, *, sure: bool) -> Iterator[Forward]:
    reading = block.reading
    outward = api in reading.instances and public(reading.at(api)) is False
    for each in link.every:
        target, ports = _behind(block, each)
        yield Forward(
            api,
            HTTPS,
            target,
            ports,
            block.source,
            from_internet=not outward,
            sure=sure and each in link.certain and _certain(reading, api, target, ports),
        )


def _certain(reading: Reading, api: str, target: str, ports: Ports) -> bool:
    """Return whether it is told that the internet comes in, and on which ports it goes on."""
    comes_in = api not in reading.instances or public(reading.at(api)) is not None
    instance = reading.instances.get(target)
    through = instance is not None and instance.type in (REST_LINK, HTTP_LINK)
    return comes_in and (through or ports != ALL_PORTS)


def _behind(block: Block, address: str) -> tuple[str, Ports]:
    """Return the resource that answers, and the ports on which: a listener stands for its owner."""
    instance = block.reading.instances.get(address)
    if instance is None:
        return address, ALL_PORTS
    found = block.reading.at(address)
    if instance.type in LISTENERS:
        owner = found.link("load_balancer_arn", *BALANCERS).only
        return owner or address, port_of(found, "port")
    if instance.type in (*MACHINES, REST_LINK, HTTP_LINK):
        return address, ALL_PORTS
    return behind_alias(block, address), HTTPS


def _rest_link(block: Block) -> Fragment:
    link = block.link("target_arns", *BALANCERS)
    return Fragment(
        network=Network(
            forwards=tuple(
                # On which of its ports is said by each integration's URI.
                Forward(block.address, ALL_PORTS, each, ALL_PORTS, block.source, sure=False)
                for each in link.every
            )
        ),
        gaps=tuple(_open(block, link)),
    )


def _http_link(names: Names, block: Block) -> Fragment:
    """Return the link's interfaces, and what integrations send through it."""
    forwards = [
        Forward(
            block.address,
            ALL_PORTS,
            *_behind(each, one),
            each.source,
            sure=one in link.certain and _behind(each, one)[1] != ALL_PORTS,
        )
        for each in block.reading.of(HTTP_INTEGRATION)
        if block.address in each.link("connection_id", HTTP_LINK).to
        for link in [given(each, "integration_uri", *BEHIND)]
        for one in link.every
    ]
    return joined(
        (
            present(
                names,
                block,
                names.link(block, "subnet_ids", SUBNET),
                names.link(block, "security_group_ids", GROUP),
                public=False,
                listens=(),
            ),
            Fragment(network=Network(forwards=tuple(dict.fromkeys(forwards)))),
        )
    )


def _open(block: Block, link: Link) -> Iterator[Gap]:
    if link.certainty is Certainty.OPEN:
        what = f"where {block.address} leads is known only after apply"
        yield gap(block, what, PATHS)


def _stage(block: Block) -> Fragment:
    """Return where a stage logs, and the cache in which it keeps answers."""
    api = block.link("rest_api_id" if block.instance.type == STAGES[0] else "api_id", REST, HTTP)
    logs = [
        moving(
            block,
            api,
            given(each, "destination_arn", *LOGS),
            Way.LOG,
            via=f"access logs of {block.address}",
        )
        for each in block.blocks("access_log_settings")
    ]
    return joined((*logs, _cache(block)))


def _cache(block: Block) -> Fragment:
    if chosen(block, "cache_cluster_enabled", default=False) is False:
        return NO_FRAGMENT
    made = replace(
        holding(block, Rest.CACHE, "api gateway cache", part="cache"),
        encrypted=_cache_encrypted(block),
        public=False,
        rebuildable=True,
        durable=False,
    )
    return Fragment(holdings=(made,))


def _cache_encrypted(block: Block) -> bool | None:
    """Return whether every method's answers are encrypted in the cache; not so by default."""
    settings = [
        one.flag("cache_data_encrypted", default=False)
        for each in block.reading.of("aws_api_gateway_method_settings")
        if set(each.link("rest_api_id", REST).to) & set(block.link("rest_api_id", REST).to)
        and each.text("method_path") == "*/*"
        for one in each.blocks("settings")
    ]
    return settings[0] if len(settings) == 1 else None if settings else False


def _domain(block: Block) -> Fragment:
    configurations = block.blocks("domain_name_configuration") or (block,)
    links = [
        given(each, name, *CERTIFICATES)
        for each in configurations
        for name in ("certificate_arn", "regional_certificate_arn")
    ]
    listener = Listener(block.address, HTTPS, True, False, None, block.source)
    return joined(
        (
            Fragment(network=Network(listeners=(listener,))),
            *(need(block, each, "certificate") for each in links),
        )
    )
