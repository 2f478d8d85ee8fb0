"""Route 53 and certificates: which names lead where, and what they need to do so."""

from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.needs import BACKENDS, need, needs
from caisson.terraform.aws.presence import given, present
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Ports
from caisson.topology.resources import Use, Way

RECORD = "aws_route53_record"
ZONE = "aws_route53_zone"
HEALTH = "aws_route53_health_check"
ENDPOINT = "aws_route53_resolver_endpoint"
CERTIFICATE = "aws_acm_certificate"
VALIDATION = "aws_acm_certificate_validation"
QUERY_LOG = "aws_route53_query_log"
RESOLVER_LOG = "aws_route53_resolver_query_log_config"
DISCOVERY = "aws_service_discovery_service"
NAMESPACES = (
    "aws_service_discovery_private_dns_namespace",
    "aws_service_discovery_public_dns_namespace",
    "aws_service_discovery_http_namespace",
)
TYPES = frozenset(
    {
        RECORD,
        ZONE,
        HEALTH,
        ENDPOINT,
        CERTIFICATE,
        VALIDATION,
        QUERY_LOG,
        RESOLVER_LOG,
        DISCOVERY,
        *NAMESPACES,
    }
)
NAMED = (
    *BACKENDS,
    "aws_api_gateway_domain_name",
    "aws_apigatewayv2_domain_name",
    "aws_cloudfront_distribution",
    "aws_eip",
    "aws_elastic_beanstalk_environment",
    "aws_globalaccelerator_accelerator",
    "aws_vpc_endpoint",
    CERTIFICATE,
    RECORD,
)
LOGS = ("aws_cloudwatch_log_group", "aws_s3_bucket", "aws_kinesis_firehose_delivery_stream")
ROUTINGS = (
    "failover_routing_policy",
    "geolocation_routing_policy",
    "geoproximity_routing_policy",
    "latency_routing_policy",
    "weighted_routing_policy",
    "cidr_routing_policy",
)
DNS = Ports(53, 53)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        (
            *(_record(each) for each in reading.of(RECORD)),
            *(_health(each) for each in reading.of(HEALTH)),
            *(_endpoint(names, each) for each in reading.of(ENDPOINT)),
            *(_validated(each) for each in reading.of(VALIDATION)),
            *(_certificate(each) for each in reading.of(CERTIFICATE)),
            *(_zone_log(each) for each in reading.of(QUERY_LOG)),
            *(_resolver_log(each) for each in reading.of(RESOLVER_LOG)),
            *(_discovered(each) for each in reading.of(DISCOVERY)),
        )
    )


def _record(block: Block) -> Fragment:
    """Return what the name leads to; an address that nothing has is no need."""
    name = block.text("name")
    why = f"DNS name {name}" if isinstance(name, str) else "DNS name"
    links = [each.link("name", *NAMED) for each in block.blocks("alias")]
    links.append(given(block, "records", *NAMED))
    target = together(links)
    uses = tuple(
        Use(block.address, each, f"{why}{_routing(block)}", block.source, sure=target.sure)
        for each in target.to
    )
    return joined(
        (
            Fragment(uses=uses),
            *needs(
                block,
                ("zone_id", (ZONE,), "zone"),
                ("health_check_id", (HEALTH,), "health check"),
            ),
        )
    )


def _routing(block: Block) -> str:
    """Return in words which of several records of one name this is."""
    for name in ROUTINGS:
        for one in block.blocks(name):
            told = [each for each in one.values.values() if isinstance(each, str) and each]
            return ", ".join(["", name.removesuffix("_routing_policy"), *told])
    return ""


def _health(block: Block) -> Fragment:
    links = (given(block, "fqdn", *NAMED), given(block, "ip_address", *NAMED))
    return Fragment(
        uses=tuple(
            Use(block.address, each, "health of", block.source, sure=link.sure)
            for link in links
            for each in link.to
        )
    )


def _endpoint(names: Names, block: Block) -> Fragment:
    addresses = block.blocks("ip_address")
    known = [each.text("ip") for each in addresses]
    outbound = block.text("direction") == "OUTBOUND"
    return present(
        names,
        block,
        together(names.link(each, "subnet_id", SUBNET) for each in addresses),
        names.link(block, "security_group_ids", GROUP),
        public=False,
        addresses=tuple(each for each in known if isinstance(each, str)),
        listens=() if outbound else (DNS,),
    )


def _validated(block: Block) -> Fragment:
    return need(block, block.link("certificate_arn", CERTIFICATE), "certificate")


def _certificate(block: Block) -> Fragment:
    authority = given(block, "certificate_authority_arn", "aws_acmpca_certificate_authority")
    return need(block, authority, "certificate authority")


def _zone_log(block: Block) -> Fragment:
    return _logged(block, block.link("zone_id", ZONE), "cloudwatch_log_group_arn")


def _resolver_log(block: Block) -> Fragment:
    return _logged(block, Link((block.address,)), "destination_arn")


def _logged(block: Block, sources: Link, target: str) -> Fragment:
    via = f"DNS queries by {block.address}"
    return moving(block, sources, block.link(target, *LOGS), Way.LOG, via=via)


def _discovered(block: Block) -> Fragment:
    configurations = block.blocks("dns_config")
    links = [each.link("namespace_id", *NAMESPACES) for each in configurations]
    return joined(need(block, each, "namespace") for each in links)
