"""Policies and lists that open something which was not read: another team's bucket, or topic.

What such a thing keeps, and how, is not ours to tell. That it is opened to everybody is written
here, and whether something else closes it again is not.
"""

from collections.abc import Iterator

from caisson.terraform.aws.openness import public
from caisson.terraform.aws.policies import document_of
from caisson.terraform.aws.presence import gap
from caisson.terraform.aws.s3_access import canned
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Gap, Question

# Those of the translators that tell of what is opened.
TYPES: frozenset[str] = frozenset()

# What opens, by which attribute it names what it opens and of what types that is, and its document.
_POLICIES: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("aws_backup_vault_policy", "backup_vault_name", ("aws_backup_vault",), "policy"),
    ("aws_dynamodb_resource_policy", "resource_arn", ("aws_dynamodb_table",), "policy"),
    ("aws_ecr_repository_policy", "repository", ("aws_ecr_repository",), "policy"),
    ("aws_efs_file_system_policy", "file_system_id", ("aws_efs_file_system",), "policy"),
    (
        "aws_elasticsearch_domain_policy",
        "domain_name",
        ("aws_elasticsearch_domain",),
        "access_policies",
    ),
    ("aws_opensearch_domain_policy", "domain_name", ("aws_opensearch_domain",), "access_policies"),
    ("aws_s3_bucket_policy", "bucket", ("aws_s3_bucket",), "policy"),
    ("aws_secretsmanager_secret_policy", "secret_arn", ("aws_secretsmanager_secret",), "policy"),
    ("aws_sns_topic_policy", "arn", ("aws_sns_topic",), "policy"),
    ("aws_sqs_queue_policy", "queue_url", ("aws_sqs_queue",), "policy"),
)
_LISTS = ("aws_s3_bucket_acl", "aws_s3_object", "aws_s3_bucket_object")


def read(reading: Reading) -> Fragment:
    return Fragment(gaps=(*_by_policy(reading), *_by_list(reading)))


def _by_policy(reading: Reading) -> Iterator[Gap]:
    for kind, by, types, attribute in _POLICIES:
        for block in reading.of(kind):
            for opened in _not_read(block, by, types):
                if public(document_of(block, attribute)) is not False:
                    yield _gap(block, opened)


def _by_list(reading: Reading) -> Iterator[Gap]:
    for block in reading.of(*_LISTS):
        for opened in _not_read(block, "bucket", ("aws_s3_bucket",)):
            if canned(block) is not False:
                yield _gap(block, opened)


def _not_read(block: Block, by: str, types: tuple[str, ...]) -> Iterator[str]:
    for each in block.link(by, *types).every:
        instance = block.reading.instances.get(each)
        if instance is None or instance.mode is Mode.DATA:
            yield each


def _gap(block: Block, opened: str) -> Gap:
    what = f"{block.address} may let everybody into {opened}, which was not read"
    return gap(block, what, frozenset({Question.EXPOSURE}), block.address, opened)
