"""What a thing needs to start or to work: images, keys, roles, and what its environment names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from caisson.terraform.aws.keys import KEYS
from caisson.terraform.aws.presence import gap, given
from caisson.terraform.fragment import NO_FRAGMENT, Fragment
from caisson.terraform.model import NOTHING, UNKNOWN, Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.arns import Arn
from caisson.topology.resources import Question, Use

SECRETS = ("aws_secretsmanager_secret", "aws_secretsmanager_secret_version", "aws_ssm_parameter")
ROLES = ("aws_iam_role",)
# What a program is told of in its environment: where data is, and what answers.
BACKENDS = (
    *SECRETS,
    *KEYS,
    "aws_kms_alias",
    "aws_alb",
    "aws_apigatewayv2_api",
    "aws_cloudwatch_event_bus",
    "aws_cloudwatch_log_group",
    "aws_cognito_user_pool",
    "aws_db_instance",
    "aws_db_proxy",
    "aws_docdb_cluster",
    "aws_dynamodb_global_table",
    "aws_dynamodb_table",
    "aws_efs_file_system",
    "aws_elasticache_cluster",
    "aws_elasticache_replication_group",
    "aws_elasticache_serverless_cache",
    "aws_elasticsearch_domain",
    "aws_elb",
    "aws_instance",
    "aws_kinesis_firehose_delivery_stream",
    "aws_kinesis_stream",
    "aws_lambda_function",
    "aws_lb",
    "aws_memorydb_cluster",
    "aws_mq_broker",
    "aws_msk_cluster",
    "aws_neptune_cluster",
    "aws_opensearch_domain",
    "aws_rds_cluster",
    "aws_rds_cluster_endpoint",
    "aws_rds_cluster_instance",
    "aws_redshift_cluster",
    "aws_s3_bucket",
    "aws_sfn_state_machine",
    "aws_sns_topic",
    "aws_sqs_queue",
)
ENDPOINTS = (
    "address",
    "arn",
    "bucket",
    "bucket_domain_name",
    "bucket_regional_domain_name",
    "cache_nodes",
    "configuration_endpoint_address",
    "dns_name",
    "endpoint",
    "id",
    "primary_endpoint_address",
    "private_dns",
    "private_ip",
    "reader_endpoint",
    "reader_endpoint_address",
    "url",
)
WORDS = re.compile(r"[^\s/@?,;\"']+")
NEEDED = frozenset({Question.RECOVERABILITY, Question.ISOLATION})
_WORDS_OF_SECRET = 2  # `secret:name`


def need(block: Block, link: Link, why: str, user: str | None = None) -> Fragment:
    """Return that `user` (the block's own address when not given) uses what the link names."""
    if link is NOTHING:
        return NO_FRAGMENT
    who = user or block.address
    found = tuple(
        Use(who, each, why, block.source, sure=each in link.certain) for each in link.every
    )
    if link.certainty is not Certainty.OPEN:
        return Fragment(uses=found)
    what = f"what {who} uses as {why} is known only after apply"
    return Fragment(uses=found, gaps=(gap(block, what, NEEDED, who),))


def likes(block: Block, link: Link, why: str) -> Fragment:
    """Return that a thing uses what the link names; what it may name besides does not matter."""
    uses = need(block, link, why).uses
    return Fragment(uses=uses) if uses else NO_FRAGMENT


def needs(block: Block, *wanted: tuple[str, tuple[str, ...], str]) -> tuple[Fragment, ...]:
    """Return a need for each (attribute, types, why)."""
    return tuple(need(block, given(block, name, *types), why) for name, types, why in wanted)


def endpoints(reading: Reading) -> dict[str, str]:
    """Return who has which address, ARN or URL, of those that are known before apply."""
    found: dict[str, str] = {}
    for block in reading.of(*BACKENDS):
        for name in ENDPOINTS:
            value = block.values.get(name)
            if type(value) is str and value:
                bare = value.removeprefix("https://")
                found.setdefault(bare, block.address)
                if not bare.startswith("arn:"):
                    found.setdefault(bare.split(":")[0], block.address)  # without its port
    return found


def in_text(text: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return whom a text (`postgres://web@db.example:5432/main`, an ARN) names."""
    candidates = [text.removeprefix("https://"), secret_named(text)]
    for word in WORDS.findall(text):
        candidates += [word, word.split(":")[0]]
    return tuple(dict.fromkeys(known[each] for each in candidates if each in known))


def secret_named(text: str) -> str:
    """Return the ARN of a secret without the JSON key and the version that may follow it.

    docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    arn = Arn.parse(text)
    if arn is None or arn.service != "secretsmanager":
        return text
    words = arn.resource.split(":")[:_WORDS_OF_SECRET]
    return str(replace(arn, resource=":".join(words)))


def from_variables(
    block: Block, holder: Block | None, name: str, known: Mapping[str, str]
) -> Fragment:
    """Return what the map of environment variables `name` of `holder` names."""
    if holder is None:
        return NO_FRAGMENT
    if not holder.known(name):
        return Fragment(uses=_variables(block, holder.link(name, *BACKENDS), "environment"))
    variables = holder.block(name)
    return Fragment(uses=tuple(_each(block, variables, known)) if variables else ())


def _each(block: Block, variables: Block, known: Mapping[str, str]) -> Iterable[Use]:
    for name, value in variables.values.items():
        why = f"environment variable {name}"
        if value is UNKNOWN:
            yield from _variables(block, variables.link(name, *BACKENDS), why)
        else:
            yield from named_in(block, str(value), why, known)


def _variables(block: Block, link: Link, why: str) -> tuple[Use, ...]:
    # An unknown text need not name anything, so what it may name besides is not a gap.
    instances = block.reading.instances
    return tuple(
        Use(block.address, each, why, block.source, sure=each in link.certain)
        for each in link.to
        if instances[each].type in BACKENDS
    )


def named_in(
    block: Block, text: str, why: str, known: Mapping[str, str], user: str | None = None
) -> tuple[Use, ...]:
    """Return a use for each thing that a text names."""
    return tuple(
        Use(user or block.address, each, why, block.source) for each in in_text(text, known)
    )
