"""What attributes mean by their names, where nobody wrote what they are taken from."""

from collections.abc import Mapping
from functools import cache

from caisson.terraform.model import UNKNOWN, Instance
from caisson.terraform.resolver.references import Steps

Types = tuple[str, ...]
# By these attributes a thing is named itself, even where somebody wrote them.
IDENTITY = frozenset(
    {
        "allocation_id",
        "alias",
        "arn",
        "bucket",
        "bucket_domain_name",
        "bucket_regional_domain_name",
        "cluster_identifier",
        "dns_name",
        "domain_name",
        "endpoint",
        "family",
        "function_name",
        "global_cluster_identifier",
        "id",
        "identifier",
        "key_id",
        "key_name",
        "name",
        "qualified_arn",
        "replication_group_id",
        "url",
        "zone_id",
    }
)
# No attribute of anything else names one of these, but those that somebody wrote: an unknown
# value that can only be one of these is one that this plan makes.
MADE_HERE = frozenset(
    {
        "aws_default_subnet",
        "aws_default_vpc",
        "aws_db_instance",
        "aws_ec2_transit_gateway",
        "aws_ecs_cluster",
        "aws_efs_file_system",
        "aws_egress_only_internet_gateway",
        "aws_internet_gateway",
        "aws_lambda_function",
        "aws_launch_template",
        "aws_lb",
        "aws_lb_target_group",
        "aws_nat_gateway",
        "aws_rds_cluster",
        "aws_s3_bucket",
        "aws_sns_topic",
        "aws_sqs_queue",
        "aws_subnet",
        "aws_vpc",
    }
)
# Data sources that find none of the things that somebody makes.
NAMES_NOTHING = frozenset(
    {
        "aws_ami",
        "aws_availability_zones",
        "aws_caller_identity",
        "aws_elb_service_account",
        "aws_iam_policy_document",
        "aws_ip_ranges",
        "aws_partition",
        "aws_region",
        "aws_service_principal",
    }
)
_TAKEN_FROM = {
    ("aws_kms_alias", "target_key_arn"): "target_key_id",
    ("aws_secretsmanager_secret_version", "arn"): "secret_id",
    ("aws_secretsmanager_secret_version", "id"): "secret_id",
}


def is_to_come(instance: Instance) -> bool:
    """Return whether it has no id yet, so that an unknown value can name it."""
    return instance.values.get("id", UNKNOWN) is UNKNOWN


def standing_for(instance: Instance, steps: Steps) -> Steps:
    """Return the attribute that says what an attribute, which nobody wrote, is taken from."""
    start, word = instance.type, str(steps[0])
    if start.startswith("aws_s3_bucket_") and word == "id":
        return ("bucket",)
    return (_TAKEN_FROM.get((start, word), word), *steps[1:])


def may_name(word: str, types: Types) -> bool:
    """Return whether an attribute, by its own name, may name one of these: `vpc_id` a VPC."""
    return any(_stem(each) in word for each in types)


@cache
def _stem(type_: str) -> str:
    words = type_.split("_")[1:]
    return "_".join(words[-2:] if len(words) > 2 else words[-1:])  # noqa: PLR2004


def computes(value: object, types: Types, word: str = "") -> bool:
    """Return whether some attribute may name one of these that the provider computes."""
    if value is UNKNOWN:
        return may_name(word, types)
    if isinstance(value, Mapping):
        return any(computes(each, types, name) for name, each in value.items())
    return isinstance(value, list) and any(computes(each, types, word) for each in value)
