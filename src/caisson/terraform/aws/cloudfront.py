"""CloudFront: copies at edges all over the world, and where they come from."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.lambdas import URL, behind_alias
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.needs import need
from caisson.terraform.aws.presence import PATHS, chosen, gap, given
from caisson.terraform.aws.registered import BALANCERS, CLASSIC
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import ALL_PORTS, Forward, Listener, Network, Ports
from caisson.topology.resources import Gap, Question, Rest, Way
from caisson.topology.truth import any_of, negated

DISTRIBUTION = "aws_cloudfront_distribution"
INSIDE = "aws_cloudfront_vpc_origin"
REALTIME = "aws_cloudfront_realtime_log_config"
TYPES = frozenset({DISTRIBUTION, INSIDE, REALTIME})
BUCKET = "aws_s3_bucket"
ORIGINS = (
    BUCKET,
    "aws_s3_bucket_website_configuration",
    *BALANCERS,
    *CLASSIC,
    URL,
    "aws_api_gateway_rest_api",
    "aws_api_gateway_deployment",
    "aws_api_gateway_stage",
    "aws_api_gateway_domain_name",
    "aws_apigatewayv2_api",
    "aws_apigatewayv2_stage",
    "aws_instance",
    "aws_eip",
    "aws_apprunner_service",
    "aws_elastic_beanstalk_environment",
    "aws_media_store_container",
)
# An origin that only stands for another thing, and the attribute that names it.
STANDS_FOR = {
    "aws_s3_bucket_website_configuration": ("bucket", (BUCKET,)),
    URL: ("function_name", ("aws_lambda_function", "aws_lambda_alias")),
    "aws_api_gateway_deployment": ("rest_api_id", ("aws_api_gateway_rest_api",)),
    "aws_api_gateway_stage": ("rest_api_id", ("aws_api_gateway_rest_api",)),
    "aws_apigatewayv2_stage": ("api_id", ("aws_apigatewayv2_api",)),
}
HTTP, HTTPS = Ports(80, 80), Ports(443, 443)
GLOBAL = "global"
# CachingDisabled, a policy of AWS's with this id in every account:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def read(reading: Reading) -> Fragment:
    return joined(_distribution(each) for each in reading.of(DISTRIBUTION))


def _distribution(block: Block) -> Fragment:
    enabled = chosen(block, "enabled", default=True)
    origins = block.blocks("origin")
    gaps = () if block.known("origin") else (_untold(block, PATHS | {Question.RESIDENCY}),)
    return joined(
        (
            *(() if _keeps_nothing(block) else (_edges(block),)),
            *(_origin(block, each) for each in origins if enabled is not False),
            Fragment(network=Network(listeners=tuple(_listeners(block, enabled))), gaps=gaps),
            *_logs(block),
            *_needs(block),
        )
    )


def _edges(block: Block) -> Fragment:
    """Return the copies at the edges, in every country: price classes do not bound where.

    They are encrypted, and made again from the origins:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/data-protection-summary.html
    """
    clear = [_in_the_clear(each) for each in _behaviours(block)]
    made = replace(
        holding(block, Rest.DELIVERY, "cloudfront"),
        region=GLOBAL,
        jurisdiction=None,
        encrypted=True,
        encrypted_in_transit=_none_of(clear),
        public=_readable(block),
        multi_zone=True,
        rebuildable=True,
        durable=False,
    )
    return Fragment(holdings=(made,))


def _behaviours(block: Block) -> tuple[Block, ...]:
    return block.blocks("default_cache_behavior") + block.blocks("ordered_cache_behavior")


def _keeps_nothing(block: Block) -> bool:
    """Return whether every answer is passed on and none is kept."""
    policies = [each.text("cache_policy_id") for each in _behaviours(block)]
    return bool(policies) and all(each == CACHING_DISABLED for each in policies)


def _none_of(answers: list[bool | None]) -> bool | None:
    return negated(any_of(answers)) if answers else None


def _in_the_clear(behaviour: Block) -> bool | None:
    policy = behaviour.text("viewer_protocol_policy")
    return policy == "allow-all" if isinstance(policy, str) else None


def _readable(block: Block) -> bool | None:
    """Return whether anybody can read something without a signed URL or cookie."""
    restricted = [
        bool(each.texts("trusted_key_groups").values or each.texts("trusted_signers").values)
        for each in _behaviours(block)
    ]
    return not all(restricted) if restricted else None


def _listeners(block: Block, enabled: bool | None) -> Iterator[Listener]:
    clear = [_in_the_clear(each) for each in _behaviours(block)]
    secret = _none_of(clear)
    yield Listener(
        owner=block.address,
        ports=HTTP,
        encrypted=False if secret is not None else None,
        redirects=secret is True,
        public=enabled,
        source=block.source,
    )
    yield Listener(block.address, HTTPS, True, False, enabled, block.source)


def _origin(block: Block, origin: Block) -> Fragment:
    link = _of_origin(origin)
    via = f"CloudFront distribution {block.address}{_countries(block)}"
    kept = not _keeps_nothing(block)
    delivered = moving(block, link, Link((block.address,)), Way.DELIVERY, via=via, on=kept)
    forwards = tuple(
        Forward(
            block.address,
            HTTPS,
            each,
            ports,
            block.source,
            from_internet=True,
            sure=each in link.certain and ports != ALL_PORTS,
        )
        for each in link.every
        for ports in _ports(origin)
    )
    gaps = (_untold(block, PATHS),) if link.certainty is Certainty.OPEN else ()
    return joined((delivered, Fragment(network=Network(forwards=forwards), gaps=gaps)))


def _untold(block: Block, questions: frozenset[Question]) -> Gap:
    what = f"from where {block.address} delivers cannot be told"
    return gap(block, what, questions)


def _of_origin(origin: Block) -> Link:
    for inside in origin.blocks("vpc_origin_config"):
        return _inside(origin, inside.link("vpc_origin_id", INSIDE))
    link = origin.link("domain_name", *ORIGINS)
    found = [_stood_for(origin, each) for each in link.to]
    return Link(tuple(dict.fromkeys(found)), link.outside, link.certainty)


def _inside(origin: Block, link: Link) -> Link:
    """Return what a VPC origin leads to: something without an address on the internet."""
    if link.only is None or link.only not in origin.reading.instances:
        return Link(certainty=Certainty.OPEN)
    configurations = origin.reading.at(link.only).blocks("vpc_origin_endpoint_config")
    for each in configurations:
        return each.link("arn", *BALANCERS, "aws_instance")
    return Link(certainty=Certainty.OPEN)


def _stood_for(block: Block, address: str) -> str:
    kind = block.reading.instances[address].type
    if kind not in STANDS_FOR:
        return address
    name, types = STANDS_FOR[kind]
    found = block.reading.at(address).link(name, *types).only
    return behind_alias(block, found) if found else address


def _ports(origin: Block) -> Iterator[Ports]:
    """Yield the ports to which requests go on; S3 is asked over HTTPS."""
    configurations = origin.blocks("custom_origin_config")
    if not configurations:
        yield HTTPS if origin.known("custom_origin_config") else ALL_PORTS
    for each in configurations:
        policy = each.text("origin_protocol_policy")
        if policy != "http-only":
            yield _port(each, "https_port")
        if policy != "https-only":
            yield _port(each, "http_port")


def _port(block: Block, name: str) -> Ports:
    number = block.number(name)
    return Ports(int(number), int(number)) if isinstance(number, float) else ALL_PORTS


def _countries(block: Block) -> str:
    """Return in words where viewers may be; their edges can be elsewhere all the same."""
    for each in block.blocks("restrictions"):
        for geo in each.blocks("geo_restriction"):
            locations = geo.texts("locations").values
            if geo.text("restriction_type") in ("whitelist", "blacklist") and locations:
                only = "to viewers in" if geo.text("restriction_type") == "whitelist" else "not to"
                return f", {only} {', '.join(sorted(locations))}"
    return ""


def _logs(block: Block) -> Iterator[Fragment]:
    for each in block.blocks("logging_config"):
        yield _logged(block, given(each, "bucket", BUCKET), "access logs")
    for behaviour in _behaviours(block):
        configurations = given(behaviour, "realtime_log_config_arn", REALTIME)
        for one in configurations.to:
            for endpoint in block.reading.at(one).blocks("endpoint"):
                for stream in endpoint.blocks("kinesis_stream_config"):
                    link = stream.link("stream_arn", "aws_kinesis_stream")
                    yield _logged(block, link, "real-time logs")


def _logged(block: Block, link: Link, what: str) -> Fragment:
    via = f"{what} of {block.address}"
    return moving(block, Link((block.address,)), link, Way.LOG, via=via)


FUNCTIONS: Mapping[str, tuple[str, str]] = {
    "function_association": ("function_arn", "aws_cloudfront_function"),
    "lambda_function_association": ("lambda_arn", "aws_lambda_function"),
}


def _needs(block: Block) -> Iterator[Fragment]:
    for each in block.blocks("viewer_certificate"):
        yield need(
            block,
            given(
                each,
                "acm_certificate_arn",
                "aws_acm_certificate",
                "aws_acm_certificate_validation",
            ),
            "certificate",
        )
    for behaviour in _behaviours(block):
        for name, (attribute, kind) in FUNCTIONS.items():
            for each in behaviour.blocks(name):
                yield need(block, each.link(attribute, kind), "function at the edge")
