"""Web application firewalls: what they log of the requests that they see."""

from caisson.terraform.aws.moving import moving
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Way

LOGGING = "aws_wafv2_web_acl_logging_configuration"
TYPES = frozenset({LOGGING})
LOGS = ("aws_cloudwatch_log_group", "aws_s3_bucket", "aws_kinesis_firehose_delivery_stream")


def read(reading: Reading) -> Fragment:
    return joined(_logging(each) for each in reading.of(LOGGING))


def _logging(block: Block) -> Fragment:
    return moving(
        block,
        block.link("resource_arn", "aws_wafv2_web_acl"),
        block.link("log_destination_configs", *LOGS),
        Way.LOG,
        via=f"requests logged by {block.address}",
    )
