"""Topics: where the alarms of a region go, and from there to the owner's mail."""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import GLOBAL, GLOBAL_REGION
from caisson.terraform.writing.aws.documents import Condition, Statement, document, equal, policy
from caisson.terraform.writing.aws.own_keys import OwnKey, key, key_of, used_by
from caisson.terraform.writing.blueprint import INTERNAL, Blueprint
from caisson.terraform.writing.model import Block, Output, Part
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute

_FILE = "alarms"
_ALARMS = "alarms"


def write(environment: str, plan: Blueprint) -> Iterator[Part]:
    """Yield a topic for each region of the environment, and one for what is in no region."""
    account = plan.of_environment(environment)[0].account
    for area in plan.of_environment(environment):
        for place in area.places:
            called = plan.name(place, _ALARMS)
            topic = _topic(place.label, called, _key(place.label, account, called))
            yield from _parts(topic, place.aws, account, called, plan)
            about = f"Where the alarms of {place.site} go."
            yield Output(handles.alarm_topic_arn(place), attribute(topic, "arn"), about)
    called = physical(plan.estate.estate, environment, GLOBAL, _ALARMS)
    topic = _topic(GLOBAL, called, _key(GLOBAL, account, called))
    yield from _parts(topic, GLOBAL_REGION, account, called, plan)
    about = "Where alarms go on what AWS keeps in one region for the whole world."
    yield Output(handles.global_alarm_topic_arn(), attribute(topic, "arn"), about)


def _key(provider: str, account: str, called: str) -> OwnKey:
    about = "Encrypts alarms on their way to the owner."
    return OwnKey(_FILE, label(provider, _ALARMS), provider, account, called, about)


def _topic(provider: str, called: str, own: OwnKey) -> Block:
    return Block(
        _FILE,
        "aws_sns_topic",
        provider,
        provider,
        {
            "name": called,
            "kms_master_key_id": attribute(key_of(own), "arn"),
            "tags": {"Name": called, "DataClass": INTERNAL},
        },
    )


def _parts(
    topic: Block, region: str, account: str, called: str, plan: Blueprint
) -> Iterator[Block]:
    alarms = _of(region, account)
    yield from key(
        _key(topic.provider, account, called),
        used_by("Alarms", "cloudwatch", *alarms),
    )
    yield topic
    rights = document(_FILE, topic.name, topic.provider, _published(topic, alarms))
    yield rights
    yield Block(
        _FILE,
        "aws_sns_topic_policy",
        topic.name,
        topic.provider,
        {"arn": attribute(topic, "arn"), "policy": policy(rights)},
    )
    yield Block(
        _FILE,
        "aws_sns_topic_subscription",
        topic.name,
        topic.provider,
        {
            "topic_arn": attribute(topic, "arn"),
            "protocol": "email",
            "endpoint": plan.aws.owner,
        },
        comment="AWS sends a mail that asks for consent; before that no alarm arrives.",
    )


def _of(region: str, account: str) -> tuple[Condition, ...]:
    """Return the conditions that let in the alarms of this region of this account alone."""
    alarms = f"arn:aws:cloudwatch:{region}:{account}:alarm:*"
    return equal("aws:SourceAccount", account), Condition("ArnLike", "aws:SourceArn", (alarms,))


def _published(topic: Block, conditions: tuple[Condition, ...]) -> Statement:
    return Statement(
        "Alarms",
        ("sns:Publish",),
        (attribute(topic, "arn"),),
        principals={"Service": ("cloudwatch.amazonaws.com",)},
        conditions=conditions,
    )
