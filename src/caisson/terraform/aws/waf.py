"""Web application firewalls: what they log of the requests that they see."""

from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Movement, Way

LOGGING = "aws_wafv2_web_acl_logging_configuration"
TYPES = frozenset({LOGGING})
LOGS = ("aws_cloudwatch_log_group", "aws_s3_bucket", "aws_kinesis_firehose_delivery_stream")


def read(reading: Reading) -> Fragment:
    return joined(_logging(each) for each in reading.of(LOGGING))


def _logging(block: Block) -> Fragment:
    filters = block.link("resource_arn", "aws_wafv2_web_acl")
    targets = block.link("log_destination_configs", *LOGS)
    return Fragment(
        movements=tuple(
            Movement(
                Way.LOG,
                source,
                target,
                block.source,
                via=f"requests logged by {block.address}",
                sure=filters.sure and targets.sure,
            )
            for source in filters.every
            for target in targets.every
        )
    )
