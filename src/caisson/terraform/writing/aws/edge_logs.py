"""What the edge logs: that there was a request and how it went, and nothing about anybody.

One log is for tenants of all jurisdictions, and lies in one region. So addresses, paths, questions,
headers and cookies are left out of it.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws.aliases import GLOBAL, GLOBAL_REGION
from caisson.terraform.writing.aws.buckets import Private, arns
from caisson.terraform.writing.aws.documents import Condition, equal
from caisson.terraform.writing.aws.own_keys import OwnKey, key, key_of, used_by
from caisson.terraform.writing.aws.request_logs import log_bucket
from caisson.terraform.writing.blueprint import Blueprint
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import physical
from caisson.terraform.writing.references import attribute

_FILE = "edge_logs"
_NAME = "edge"
_LONGEST_NAME = 60  # of what is delivered, and of where to
_WRITER = "delivery.logs"
_FIELDS = (
    "timestamp",
    "x-edge-location",
    "x-edge-request-id",
    "cs-method",
    "cs-protocol",
    "cs-protocol-version",
    "ssl-protocol",
    "ssl-cipher",
    "sc-status",
    "x-edge-detailed-result-type",
    "time-taken",
    "time-to-first-byte",
    "cs-bytes",
    "sc-bytes",
)


def write(environment: str, distribution: Block, plan: Blueprint) -> Iterator[Block]:
    account = plan.aws.accounts[environment]
    called = physical(plan.estate.estate, environment, "edge", limit=_LONGEST_NAME)
    home = plan.of_environment(environment)[0].home
    bucket = physical(called, "requests", account)
    source = f"arn:aws:logs:{GLOBAL_REGION}:{account}:delivery-source:{called}"
    about = f"Encrypts what the edge of {environment} logs."
    own = OwnKey(_FILE, _NAME, home.label, account, called, about)
    delivered = Condition("ArnLike", "aws:SourceArn", (source,))
    by_account = equal("aws:SourceAccount", account)
    yield from key(own, used_by("Deliver", _WRITER, by_account, delivered))
    private = Private(_FILE, _NAME, home.label, bucket, key_of(own))
    within = f"AWSLogs/{account}/CloudFront"
    yield from log_bucket(private, account, _WRITER, within, source)
    yield from _delivered(distribution, private, called)


def _delivered(distribution: Block, private: Private, called: str) -> Iterator[Block]:
    source = _block(
        "aws_cloudwatch_log_delivery_source",
        {
            "name": called,
            "log_type": "ACCESS_LOGS",
            "resource_arn": attribute(distribution, "arn"),
            "tags": {"Name": called},
        },
    )
    yield source
    whole, _ = arns(private)
    destination = _block(
        "aws_cloudwatch_log_delivery_destination",
        {
            "name": called,
            "output_format": "json",
            "delivery_destination_configuration": {"destination_resource_arn": whole},
            "tags": {"Name": called},
        },
    )
    yield destination
    yield _block(
        "aws_cloudwatch_log_delivery",
        {
            "delivery_source_name": attribute(source, "name"),
            "delivery_destination_arn": attribute(destination, "arn"),
            "record_fields": list(_FIELDS),
            # AWS tries the bucket before it takes it, and so needs the bucket's policy.
            "depends_on": [f"aws_s3_bucket_policy.{private.name}"],
            "tags": {"Name": called},
        },
    )


def _block(kind: str, body: dict[str, Value]) -> Block:
    return Block(_FILE, kind, _NAME, GLOBAL, body)
