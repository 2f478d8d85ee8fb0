"""Lambda: functions, what starts them, and what they name."""

import json
from collections.abc import Iterator, Mapping

from caisson.terraform.aws.containers import LOG_GROUP, log_group
from caisson.terraform.aws.containers_written import REPOSITORIES
from caisson.terraform.aws.keys import KEYS
from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.needs import ROLES, endpoints, from_variables, need, needs
from caisson.terraform.aws.presence import PATHS, gap, given, present, unset
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import UNKNOWN, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Forward, Listener, Network, Ports
from caisson.topology.resources import Gap, Policy, Question, Way

FUNCTION = "aws_lambda_function"
ALIAS = "aws_lambda_alias"
FUNCTIONS = (FUNCTION, ALIAS)
URL = "aws_lambda_function_url"
LAYER = "aws_lambda_layer_version"
PERMISSIONS = ("aws_lambda_permission", "aws_lambda_layer_version_permission")
MAPPING = "aws_lambda_event_source_mapping"
INVOKED = "aws_lambda_function_event_invoke_config"
TYPES = frozenset({*FUNCTIONS, URL, LAYER, *PERMISSIONS, MAPPING, INVOKED})
HTTPS = Ports(443, 443)
QUEUES = ("aws_sqs_queue", "aws_sns_topic", "aws_cloudwatch_event_bus", "aws_s3_bucket", FUNCTION)
SOURCES = (
    "aws_sqs_queue",
    "aws_kinesis_stream",
    "aws_kinesis_stream_consumer",
    "aws_dynamodb_table",
    "aws_msk_cluster",
    "aws_msk_serverless_cluster",
    "aws_mq_broker",
    "aws_docdb_cluster",
)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    known = reading.once(endpoints)
    return joined(
        (
            *(_function(names, each, known) for each in reading.of(FUNCTION)),
            *(_alias(each) for each in reading.of(ALIAS)),
            *(_layer(each) for each in reading.of(LAYER)),
            *(_url(each) for each in reading.of(URL)),
            *(_mapping(each) for each in reading.of(MAPPING)),
            *(_invoked(each) for each in reading.of(INVOKED)),
            *(_permission(each) for each in reading.of(*PERMISSIONS)),
        )
    )


def _function(names: Names, block: Block, known: Mapping[str, str]) -> Fragment:
    return joined(
        (
            _seat(names, block),
            from_variables(block, block.block("environment"), "variables", known),
            *needs(
                block,
                ("role", ROLES, "role"),
                ("image_uri", REPOSITORIES, "image"),
                ("s3_bucket", ("aws_s3_bucket",), "code"),
                ("layers", (LAYER,), "layer"),
                ("kms_key_arn", (*KEYS, "aws_kms_alias"), "key"),
            ),
            *(
                need(block, each.link("arn", *FILE_SYSTEMS), "file system")
                for each in block.blocks("file_system_config")
            ),
            *(
                _sent(block, Link((block.address,)), each.link("target_arn", *QUEUES), "failures")
                for each in block.blocks("dead_letter_config")
            ),
            _logs(block),
        )
    )


FILE_SYSTEMS = ("aws_efs_access_point", "aws_efs_file_system")


def _seat(names: Names, block: Block) -> Fragment:
    """Return the interfaces of a function in a VPC, on which nobody can connect to it."""
    if not block.known("vpc_config"):
        if not block.written("vpc_config"):
            return NO_FRAGMENT
        what = f"whether {block.address} is in a VPC is known only after apply"
        return Fragment(gaps=(gap(block, what, PATHS, block.address),))
    return joined(
        present(
            names,
            block,
            names.link(each, "subnet_ids", SUBNET),
            names.link(each, "security_group_ids", GROUP),
            public=False,
            listens=(),
        )
        for each in block.blocks("vpc_config")
        if not unset(each, "subnet_ids")
    )


def _logs(block: Block) -> Fragment:
    """Return where it logs: the group it names, else the one that Lambda makes for it."""
    for each in block.blocks("logging_config"):
        link = given(each, "log_group", LOG_GROUP)
        if link != Link():
            via = f"logs of {block.address}"
            return moving(block, Link((block.address,)), link, Way.LOG, via=via)
    name = block.text("function_name")
    if isinstance(name, str):
        return log_group(block, f"/aws/lambda/{name}", block.instance.region)
    # The name of the group follows the function's, which is not known yet.
    return log_group(block, "/aws/lambda", block.instance.region)


def _alias(block: Block) -> Fragment:
    return need(block, block.link("function_name", FUNCTION), "function")


def _layer(block: Block) -> Fragment:
    return need(block, given(block, "s3_bucket", "aws_s3_bucket"), "code")


def _url(block: Block) -> Fragment:
    """Return an address on the internet; with AWS_IAM it answers signed requests only."""
    kind = block.text("authorization_type")
    public = None if not isinstance(kind, str) else kind == "NONE"
    listener = Listener(block.address, HTTPS, True, False, public, block.source)
    functions = block.link("function_name", *FUNCTIONS)
    forwards = tuple(
        Forward(
            block.address,
            HTTPS,
            behind_alias(block, each),
            HTTPS,
            block.source,
            from_internet=True,
            sure=functions.sure and public is True,
        )
        for each in functions.every
        if public is not False
    )
    return joined(
        (
            Fragment(network=Network(listeners=(listener,), forwards=forwards)),
            need(block, functions, "function"),
        )
    )


def behind_alias(block: Block, address: str) -> str:
    """Return the function that an alias names, and any other address as it is."""
    instance = block.reading.instances.get(address)
    if instance is None or instance.type != ALIAS:
        return address
    return block.reading.at(address).link("function_name", FUNCTION).only or address


def _mapping(block: Block) -> Fragment:
    functions = block.link("function_name", *FUNCTIONS)
    sources = given(block, "event_source_arn", *SOURCES)
    failed = [
        given(each, "destination_arn", *QUEUES)
        for holder in block.blocks("destination_config")
        for each in holder.blocks("on_failure")
    ]
    found = [_sent(block, sources, functions, "events")]
    found += [_sent(block, sources, each, "failures") for each in failed]
    found += [need(block, sources, "event source"), need(block, functions, "function")]
    return joined((*found, Fragment(gaps=tuple(_elsewhere(block)))))


def _elsewhere(block: Block) -> Iterator[Gap]:
    if block.blocks("self_managed_event_source") or not block.known("self_managed_event_source"):
        what = f"{block.address} reads from a Kafka that was not read"
        yield gap(block, what, frozenset({Question.RESIDENCY}), block.address)


def _invoked(block: Block) -> Fragment:
    functions = block.link("function_name", *FUNCTIONS)
    return joined(
        _sent(block, functions, given(each, "destination", *QUEUES), "results")
        for holder in block.blocks("destination_config")
        for name in ("on_failure", "on_success")
        for each in holder.blocks(name)
    )


def _sent(block: Block, sources: Link, targets: Link, what: str) -> Fragment:
    return moving(block, sources, targets, Way.MESSAGE, via=f"{what} of {block.address}")


def _permission(block: Block) -> Fragment:
    name = "function_name" if block.instance.type == "aws_lambda_permission" else "layer_name"
    link = block.link(name, *FUNCTIONS, LAYER)
    document = _document(block)
    return Fragment(
        policies=tuple(
            Policy(block.address, behind_alias(block, each), document, "resource", block.source)
            for each in link.every
        )
    )


CONDITIONS = {
    "source_arn": ("ArnLike", "AWS:SourceArn"),
    "source_account": ("StringEquals", "AWS:SourceAccount"),
    "principal_org_id": ("StringEquals", "aws:PrincipalOrgID"),
    "organization_id": ("StringEquals", "aws:PrincipalOrgID"),
    "function_url_auth_type": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "event_source_token": ("StringEquals", "lambda:EventSourceToken"),
}


def _document(block: Block) -> str | None:
    """Return the statement that the permission adds to the policy, None when not yet known."""
    values = {name: block.value(name) for name in ("principal", "action", *CONDITIONS)}
    if UNKNOWN in values.values():
        return None
    conditions: dict[str, dict[str, object]] = {}
    for name, (operator, key) in CONDITIONS.items():
        if values[name]:
            conditions.setdefault(operator, {})[key] = values[name]
    principal = str(values["principal"])
    service = principal.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"Service" if service else "AWS": principal},
        "Action": values["action"],
        "Resource": "*",
    }
    if conditions:
        statement["Condition"] = conditions
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
