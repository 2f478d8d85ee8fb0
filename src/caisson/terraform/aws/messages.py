"""SNS and SQS: topics, queues, and what goes from one to the other."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.attached import named
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.json_links import json_link
from caisson.terraform.aws.keys import KEY_NAMES, keys_named
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.resource_policies import OnResources, on_resources
from caisson.terraform.aws.written import flag, text
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Rest, Way
from caisson.topology.truth import any_of

QUEUE, TOPIC = "aws_sqs_queue", "aws_sns_topic"
_SUBSCRIPTION = "aws_sns_topic_subscription"
_REDRIVE = "aws_sqs_queue_redrive_policy"
_FIREHOSE = "aws_kinesis_firehose_delivery_stream"

TYPES = frozenset(
    {QUEUE, TOPIC, _SUBSCRIPTION, _REDRIVE, "aws_sqs_queue_policy", "aws_sns_topic_policy"}
)


def read(reading: Reading) -> Fragment:
    on_queues = on_resources(reading, "aws_sqs_queue_policy", "queue_url", QUEUE)
    on_topics = on_resources(reading, "aws_sns_topic_policy", "arn", TOPIC)
    queues, topics = list(reading.of(QUEUE)), list(reading.of(TOPIC))
    return joined(
        [
            *(_queue(each, on_queues) for each in queues),
            *(_topic(each, on_topics) for each in topics),
            *(_subscription(each) for each in reading.of(_SUBSCRIPTION)),
            *_dead_letters(reading),
            Fragment(
                policies=(*on_queues.policies(queues), *on_topics.policies(topics)),
            ),
        ]
    )


def _queue(block: Block, policies: OnResources) -> Fragment:
    """Return a queue: encrypted by a key of its own, or since 2022 by the service unless not."""
    by_service = flag(block, "sqs_managed_sse_enabled", default=True)
    return _held(block, "sqs", policies, any_of((_by_key(block), by_service)))


def _topic(block: Block, policies: OnResources) -> Fragment:
    """Return a topic, which keeps messages while it delivers them: encrypted only by a key."""
    return _held(block, "sns", policies, _by_key(block))


def _by_key(block: Block) -> bool | None:
    """Return whether a key is named; one known only after apply may turn out to be none."""
    if block.known("kms_master_key_id"):
        return block.text("kms_master_key_id") is not None
    link = block.link("kms_master_key_id", *KEY_NAMES)
    return True if link.sure and link.every else None


def _held(block: Block, system: str, policies: OnResources, encrypted: bool | None) -> Fragment:
    keys = keys_named(block, "kms_master_key_id")
    found = replace(
        holding(block, Rest.QUEUE, system),
        encrypted=encrypted,
        keys=keys.ids,
        # Both answer HTTP without TLS unless a policy refuses it.
        encrypted_in_transit=policies.only_encrypted(block),
        public=policies.public(block),
        multi_zone=True,
        deletion_protected=False,
    )
    return Fragment(holdings=(found,), gaps=keys.gaps(block))


def _subscription(block: Block) -> Fragment:
    topic = named(block, "topic_arn", TOPIC)
    protocol = text(block, "protocol")
    via = f"subscription {block.address} ({protocol or 'protocol known after apply'})"
    moved = []
    if protocol != "lambda":  # a program, in which nothing comes to rest
        target = block.link("endpoint", QUEUE, _FIREHOSE)
        moved.append(moving(block, topic, target, Way.MESSAGE, via=via))
    failed = json_link(block, "redrive_policy", "deadLetterTargetArn", QUEUE)
    moved.append(moving(block, topic, failed, Way.MESSAGE, via=f"dead letters of {block.address}"))
    return joined(moved)


def _dead_letters(reading: Reading) -> Iterator[Fragment]:
    for queue in reading.of(QUEUE):
        yield _redrive(queue, Link((queue.address,)))
    for block in reading.of(_REDRIVE):
        yield _redrive(block, named(block, "queue_url", QUEUE))


def _redrive(block: Block, source: Link) -> Fragment:
    target = json_link(block, "redrive_policy", "deadLetterTargetArn", QUEUE)
    return moving(block, source, target, Way.MESSAGE, via=f"dead letters of {block.address}")
