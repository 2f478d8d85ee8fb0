"""EventBridge: buses, what rules and pipes send on, and archives."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.attached import Attached, attached
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import keys_named
from caisson.terraform.aws.moving import moving, unseen
from caisson.terraform.aws.openness import public as opened
from caisson.terraform.aws.policies import document_of, policy
from caisson.terraform.aws.resource_policies import OnResources, on_resources
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Link, Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Rest, Way
from caisson.topology.truth import any_of

BUS = "aws_cloudwatch_event_bus"
_RULE, _TARGET = "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"
_ARCHIVE, _PERMISSION = "aws_cloudwatch_event_archive", "aws_cloudwatch_event_permission"
_POLICY = "aws_cloudwatch_event_bus_policy"
_PIPE = "aws_pipes_pipe"
# Every account has one of this name in each region.
_DEFAULT = "default"
# Where what is sent comes to rest; anything else that is named is a program, or not read.
KEEPERS = (
    BUS,
    "aws_sqs_queue",
    "aws_sns_topic",
    "aws_kinesis_stream",
    "aws_kinesis_firehose_delivery_stream",
    "aws_cloudwatch_log_group",
    "aws_dynamodb_table",
    "aws_mq_broker",
    "aws_msk_cluster",
    "aws_redshift_cluster",
)
TYPES = frozenset({BUS, _RULE, _TARGET, _ARCHIVE, _PERMISSION, _POLICY, _PIPE})


def read(reading: Reading) -> Fragment:
    policies = on_resources(reading, _POLICY, "event_bus_name", BUS)
    permissions = attached(reading.of(_PERMISSION), "event_bus_name", BUS)
    buses = list(reading.of(BUS))
    return joined(
        [
            *(_bus(each, policies, permissions) for each in buses),
            *(_default_bus(each) for each in _on_default_bus(reading)),
            *(_archive(each) for each in reading.of(_ARCHIVE)),
            *(_sent(each) for each in reading.of(_TARGET)),
            *(_piped(each) for each in reading.of(_PIPE)),
            Fragment(policies=tuple(policies.policies(buses))),
        ]
    )


def _bus(block: Block, policies: OnResources, permissions: Attached) -> Fragment:
    keys = keys_named(block, "kms_key_identifier")
    found = replace(
        holding(block, Rest.QUEUE, "eventbridge"),
        encrypted=True,
        keys=keys.ids,
        encrypted_in_transit=True,
        public=any_of((policies.public(block), _permitted(block, permissions))),
        multi_zone=True,
        deletion_protected=False,
    )
    return Fragment(holdings=(found,), gaps=keys.gaps(block))


def _permitted(bus: Block, permissions: Attached) -> bool | None:
    found = ((_to_everybody(each), sure) for each, sure in permissions.all_to(bus.address))
    return any_of(value if sure or value is False else None for value, sure in found)


def _to_everybody(permission: Block) -> bool | None:
    principal = permission.text("principal")
    if isinstance(principal, Unknown):
        return None
    # A condition can only be that the sender is of an organisation.
    if hidden(permission, "condition") and principal == "*":
        return None
    return principal == "*" and not permission.blocks("condition")


def _on_default_bus(reading: Reading) -> Iterator[Block]:
    for block in reading.of(_POLICY, _PERMISSION):
        if not block.written("event_bus_name") or block.text("event_bus_name") == _DEFAULT:
            yield block


def _default_bus(block: Block) -> Fragment:
    """Return the default bus as far as a policy on it tells of it: who may send to it."""
    if block.instance.type == _PERMISSION:
        public = _to_everybody(block)
    else:
        public = opened(document_of(block, "policy"))
    found = replace(
        holding(block, Rest.QUEUE, "eventbridge", part="default bus"),
        encrypted=True,
        encrypted_in_transit=True,
        public=public,
        multi_zone=True,
        deletion_protected=False,
    )
    written = block.instance.type == _POLICY
    policies = (policy(block, "policy", found.id, "resource"),) if written else ()
    return Fragment(holdings=(found,), policies=policies)


def _archive(block: Block) -> Fragment:
    source = block.link("event_source_arn", BUS)
    found = replace(
        holding(block, Rest.QUEUE, "eventbridge archive"),
        encrypted=True,
        encrypted_in_transit=True,
        public=False,
        multi_zone=True,
        deletion_protected=False,
    )
    moved = moving(
        block, source, Link((block.address,)), Way.MESSAGE, via=f"archive {block.address}"
    )
    return joined([Fragment(holdings=(found,)), moved])


def _sent(block: Block) -> Fragment:
    """Return what a rule sends from a bus; the default bus brings the cloud's own news."""
    name = block.text("event_bus_name")
    if name in (None, _DEFAULT):
        return NO_FRAGMENT
    source = block.link("event_bus_name", BUS)
    dead = [each.link("arn", "aws_sqs_queue") for each in block.blocks("dead_letter_config")]
    via = f"rule of target {block.address}"
    dead_unseen = unseen(block, "dead_letter_config", source, Way.MESSAGE, "aws_sqs_queue", via=via)
    return joined(
        [
            *(
                moving(block, source, target, Way.MESSAGE, via=via)
                for target in (_kept_by(block, "arn"), *dead)
            ),
            dead_unseen,
        ]
    )


def _piped(block: Block) -> Fragment:
    source, target = block.link("source", *KEEPERS), _kept_by(block, "target")
    return moving(block, source, target, Way.MESSAGE, via=f"pipe {block.address}")


def _kept_by(block: Block, attribute: str) -> Link:
    """Return what an attribute names, without programs: nothing comes to rest in them."""
    link = block.link(attribute, *KEEPERS)
    kept = tuple(each for each in link.to if block.reading.instances[each].type in KEEPERS)
    return Link(kept, link.outside, link.certainty)
