"""Endpoints: what services need of AWS, in our own network, so that they need no internet.

A copy of a service fetches its image, reads where its stores are, and writes its log; what
rotates passwords changes secrets. The rest AWS does itself: it brings the credentials of a role,
and opens keys for what is encrypted.

Each endpoint says who may come through it and for what: identities of the account, to things of
the account and to the images of others that services are made of. So nobody carries data away
with credentials of an account of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.writing.aws import groups, handles, network
from caisson.terraform.writing.aws.documents import Statement, document, equal, policy
from caisson.terraform.writing.aws.registries import another
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Part
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute
from caisson.topology.model import Kind

_FILE = "endpoints"
_S3 = "s3"
_OBJECTS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
_BUCKETS = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
# So many letters of a bucket's name are as `Blueprint.name` makes it, however long the rest is.
_SURE_LETTERS = 50


@dataclass(frozen=True, slots=True)
class _Service:
    """A service of AWS: what is done through its endpoint, and with which of its things.

    `things` are what comes after the account in their ARNs, and `at_large` are actions that AWS
    ties to no thing.
    """

    actions: tuple[str, ...]
    things: str
    at_large: tuple[str, ...] = ()


_IMAGES = _Service(
    ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    "repository/*",
    ("ecr:GetAuthorizationToken",),
)
_SERVICES = {
    "ecr.api": _IMAGES,
    "ecr.dkr": _IMAGES,
    "logs": _Service(("logs:CreateLogStream", "logs:PutLogEvents"), "log-group:*"),
    "secretsmanager": _Service(
        (
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        ),
        "secret:*",
        ("secretsmanager:GetRandomPassword",),
    ),
    "ssm": _Service(("ssm:GetParameter",), "parameter/*"),
}


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        yield _s3_policy(place, plan)
        yield _s3(place, plan)
        for name, service in _SERVICES.items():
            allowed = _policy(place, name, service, plan)
            yield allowed
            yield _interface(place, name, allowed, plan)


def _s3(place: Place, plan: Blueprint) -> Block:
    """Return the endpoint of S3, which is a route from the private subnets."""
    tables = network.private_tables(place, plan)
    return Block(
        _FILE,
        "aws_vpc_endpoint",
        label(place.region, _S3),
        place.label,
        {
            "vpc_id": attribute(network.vpc(place, plan), "id"),
            "service_name": f"com.amazonaws.{place.aws}.{_S3}",
            "vpc_endpoint_type": "Gateway",
            "route_table_ids": [attribute(each, "id") for each in tables],
            "policy": policy(_s3_policy(place, plan)),
            "tags": {"Name": plan.name(place, _S3)},
        },
    )


def _s3_policy(place: Place, plan: Blueprint) -> Block:
    buckets = f"{plan.estate.estate}-{place.environment}-"[:_SURE_LETTERS]
    # A gateway endpoint takes no other principal than everybody.
    everybody = {"AWS": ("*",)}
    own = (
        equal("aws:PrincipalAccount", place.account),
        equal("aws:ResourceAccount", place.account),
    )
    layers = f"arn:aws:s3:::prod-{place.aws}-starport-layer-bucket/*"
    return document(
        _FILE,
        label(place.region, _S3),
        place.label,
        Statement(
            "Files", _OBJECTS, (f"arn:aws:s3:::{buckets}*/*",), principals=everybody, conditions=own
        ),
        Statement(
            "Buckets", _BUCKETS, (f"arn:aws:s3:::{buckets}*",), principals=everybody, conditions=own
        ),
        # Where ECR keeps the layers of images; it signs the requests for them itself.
        Statement("LayersOfImages", ("s3:GetObject",), (layers,), principals=everybody),
    )


def _interface(place: Place, name: str, allowed: Block, plan: Blueprint) -> Block:
    subnets = network.subnets_of(place, handles.PRIVATE, plan)
    # Where things are small, one zone must do.
    seats = subnets[:1] if plan.small(place.environment) else subnets
    group = groups.group(groups.endpoints(place), plan)
    return Block(
        _FILE,
        "aws_vpc_endpoint",
        _name(place, name),
        place.label,
        {
            "vpc_id": attribute(network.vpc(place, plan), "id"),
            "service_name": f"com.amazonaws.{place.aws}.{name}",
            "vpc_endpoint_type": "Interface",
            "subnet_ids": [attribute(each, "id") for each in seats],
            "security_group_ids": [attribute(group, "id")],
            "private_dns_enabled": True,
            "policy": policy(allowed),
            "tags": {"Name": plan.name(place, *name.split("."))},
        },
    )


def _policy(place: Place, name: str, service: _Service, plan: Blueprint) -> Block:
    account = {"AWS": (f"arn:aws:iam::{place.account}:root",)}
    prefix, _, _ = service.actions[0].partition(":")
    things = [f"arn:aws:{prefix}:{place.aws}:{place.account}:{service.things}"]
    if service is _IMAGES:
        things += _repositories_of_others(place, plan)
    statements = [Statement("NamedThings", service.actions, things, principals=account)]
    if service.at_large:
        statements.append(Statement("AtLarge", service.at_large, ("*",), principals=account))
    return document(_FILE, _name(place, name), place.label, *statements)


def _repositories_of_others(place: Place, plan: Blueprint) -> Iterator[str]:
    """Yield the repositories of other accounts in this region that images of services are in."""
    services = plan.components(place, Kind.SERVICE)
    found = (another(plan.service(each).image or "") for each in services)
    yield from dict.fromkeys(each.arn for each in found if each and each.region == place.aws)


def _name(place: Place, name: str) -> str:
    return label(place.region, *name.split("."))
