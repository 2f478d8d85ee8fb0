"""Finds instances by what they are called: id, ARN or name, as far as these are known."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from caisson.terraform.model import Instance, Mode
from caisson.topology.arns import Arn

_ALWAYS = ("id", "arn")
_USUAL = ("name",)
# The attributes by which others name a thing, where `name` is not it, or not alone.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "aws_alb": ("name", "dns_name"),
    "aws_apigatewayv2_api": (),
    "aws_backup_plan": (),
    "aws_cloudfront_distribution": ("domain_name",),
    "aws_cognito_user_pool": (),
    "aws_db_instance": ("identifier", "resource_id", "address", "endpoint"),
    "aws_docdb_cluster": ("cluster_identifier", "cluster_resource_id", "endpoint"),
    "aws_dynamodb_table": ("name", "stream_arn"),
    "aws_ecr_repository": ("name", "repository_url"),
    "aws_ecs_service": ("name",),
    "aws_ecs_task_definition": ("family", "arn_without_revision"),
    "aws_efs_file_system": ("dns_name",),
    "aws_eip": ("allocation_id", "public_ip"),
    "aws_elasticache_cluster": ("cluster_id",),
    "aws_elasticache_global_replication_group": ("global_replication_group_id",),
    "aws_elasticache_replication_group": ("replication_group_id",),
    "aws_elasticache_user": ("user_id",),
    "aws_elasticache_user_group": ("user_group_id",),
    "aws_elb": ("name", "dns_name"),
    "aws_iam_role": ("name", "unique_id"),
    "aws_key_pair": ("key_name",),
    "aws_kms_key": ("key_id",),
    "aws_kms_replica_key": ("key_id",),
    "aws_lambda_alias": ("invoke_arn",),
    "aws_lambda_function": ("function_name", "invoke_arn", "qualified_arn"),
    "aws_launch_template": ("name",),
    "aws_lb": ("name", "dns_name"),
    "aws_neptune_cluster": ("cluster_identifier", "cluster_resource_id", "endpoint"),
    "aws_network_interface": (),
    "aws_opensearch_domain": ("domain_name", "endpoint"),
    "aws_elasticsearch_domain": ("domain_name", "endpoint"),
    "aws_rds_cluster": ("cluster_identifier", "cluster_resource_id", "endpoint"),
    "aws_rds_cluster_instance": ("identifier", "dbi_resource_id"),
    "aws_rds_global_cluster": ("global_cluster_identifier",),
    "aws_redshift_cluster": ("cluster_identifier",),
    "aws_route53_zone": ("zone_id",),
    "aws_s3_bucket": ("bucket", "bucket_domain_name", "bucket_regional_domain_name"),
    "aws_security_group": (),
    "aws_sqs_queue": ("name", "url"),
    "aws_subnet": (),
    "aws_vpc": (),
}
# What belongs to these has one name in the whole world, or in the whole account.
_EVERYWHERE = (
    "aws_s3_bucket",
    "aws_iam_",
    "aws_route53_",
    "aws_cloudfront_",
    "aws_organizations_",
    "aws_rds_global_",
    "aws_docdb_global_",
    "aws_neptune_global_",
    "aws_elasticache_global_",
)
_ID_END = re.compile("[0-9a-f]{8,}")
# How the types begin that an ARN of this service can name; one of another service, any.
_OF_SERVICE: Mapping[str, tuple[str, ...]] = {
    "acm": ("aws_acm_",),
    "backup": ("aws_backup_",),
    "cloudfront": ("aws_cloudfront_",),
    "codebuild": ("aws_codebuild_",),
    "cognito-idp": ("aws_cognito_",),
    "dynamodb": ("aws_dynamodb_",),
    "ecr": ("aws_ecr_",),
    "ecs": ("aws_ecs_",),
    "elasticache": ("aws_elasticache_",),
    "elasticfilesystem": ("aws_efs_",),
    "elasticloadbalancing": ("aws_lb", "aws_alb", "aws_elb"),
    "es": ("aws_opensearch_", "aws_elasticsearch_"),
    "events": ("aws_cloudwatch_event_",),
    "firehose": ("aws_kinesis_firehose_",),
    "iam": ("aws_iam_",),
    "kinesis": ("aws_kinesis_stream",),
    "kms": ("aws_kms_",),
    "lambda": ("aws_lambda_",),
    "logs": ("aws_cloudwatch_log_",),
    "rds": ("aws_db_", "aws_rds_", "aws_docdb_", "aws_neptune_"),
    "redshift": ("aws_redshift_",),
    "s3": ("aws_s3_",),
    "secretsmanager": ("aws_secretsmanager_",),
    "sns": ("aws_sns_",),
    "sqs": ("aws_sqs_",),
    "ssm": ("aws_ssm_",),
    "states": ("aws_sfn_",),
}


def words_of(type_: str) -> tuple[str, ...]:
    """Return the attributes by which others name a thing of this type."""
    return (*_ALWAYS, *_NAMES.get(type_, _USUAL))


class Index:
    """What the instances are called."""

    def __init__(self, instances: Iterable[Instance]) -> None:
        self._named: dict[str, list[Instance]] = {}
        for each in instances:
            self._add(each)

    def _add(self, instance: Instance) -> None:
        get = instance.values.get
        named = self._named
        for words in (_ALWAYS, _NAMES.get(instance.type, _USUAL)):
            for word in words:
                text = get(word)
                if type(text) is str and text:
                    others = named.get(text)
                    if others is None:
                        named[text] = [instance]
                    elif others[-1] is not instance:
                        others.append(instance)

    def find(self, text: str, types: Sequence[str]) -> list[Instance]:
        """Return the instances of `types` (of any type when none are given) with that name."""
        found = self._of(text, types)
        if found or (arn := Arn.parse(text)) is None:
            return found
        return list({each.address: each for each in self._by_arn(arn, types)}.values())

    def _of(self, text: str, types: Sequence[str]) -> list[Instance]:
        found = self._named.get(text)
        if not found:
            return []
        return [each for each in found if not types or each.type in types]

    def _by_arn(self, arn: Arn, types: Sequence[str]) -> Iterator[Instance]:
        """Yield what an ARN may name whose own ARN is not known yet, by its name."""
        begins = _OF_SERVICE.get(arn.service, "")
        for name in dict.fromkeys(_names_in(arn.resource)):
            for each in self._of(name, types):
                told = isinstance(each.values.get("arn"), str)
                if not told and each.type.startswith(begins) and _may_be_in(each, arn):
                    yield each


def _names_in(tail: str) -> Iterator[str]:
    """Yield what may be the name in the last part of an ARN, such as `cluster:main:x`."""
    yield tail
    yield tail.partition("/")[2]
    yield tail.rpartition("/")[2]
    yield tail.partition(":")[2]
    yield tail.partition(":")[2].partition(":")[0]


def _may_be_in(instance: Instance, arn: Arn) -> bool:
    if arn.region and instance.region and arn.region != instance.region:
        return False
    own = instance.account
    return not (arn.account and own and own.isdecimal() and own != arn.account)


def near(instance: Instance, found: Sequence[Instance], text: str) -> list[Instance]:
    """Return those of `found` that `instance` can mean by a name, which is one per region."""
    if is_of_one(text):
        return list(found)
    return [each for each in found if _can_mean(instance, each)]


def _can_mean(one: Instance, other: Instance) -> bool:
    if other is one:
        return False
    if other.type.startswith(_EVERYWHERE):
        return True
    apart = one.region and other.region and one.region != other.region
    return not apart and not (one.account and other.account and one.account != other.account)


def is_of_one(text: str) -> bool:
    """Return whether no two things have this ARN or id: `subnet-0a1b2c3d4e5f60718`, a key's UUID.

    It then means the same to everybody.
    """
    return text.startswith("arn:") or _ID_END.fullmatch(text.rpartition("-")[2]) is not None


def chosen(found: Iterable[Instance]) -> list[Instance]:
    """Return the resources among `found`, else the first data source: they find one thing."""
    every = list(found)
    managed = [each for each in every if each.mode is Mode.MANAGED]
    return managed or every[:1]
