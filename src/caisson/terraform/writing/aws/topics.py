"""Topics: where the alarms of a region go, and from there to the owner's mail."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import GLOBAL, GLOBAL_REGION, region_alias, regions
from caisson.terraform.writing.aws.documents import Condition, Statement, document, equal, policy
from caisson.terraform.writing.aws.own_keys import OwnKey, key, key_of, used_by
from caisson.terraform.writing.blueprint import INTERNAL, SECURITY, Blueprint
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute

_ALARMS = "alarms"
FINDINGS = "findings"
_CONSENT = "AWS sends a mail that asks for consent; nothing arrives before it is given."


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic for what one service of AWS tells: of `sources`, in one region of one account."""

    file: str
    provider: str
    region: str
    account: str
    called: str
    service: str
    sources: str

    @property
    def block(self) -> Block:
        return Block(
            self.file,
            "aws_sns_topic",
            self.provider,
            self.provider,
            {
                "name": self.called,
                "kms_master_key_id": attribute(key_of(self.key), "arn"),
                "tags": {"Name": self.called, "DataClass": INTERNAL},
            },
        )

    @property
    def arn(self) -> str:
        """Its name in the cloud, which a policy says outright, so that a plan shows it whole."""
        return f"arn:aws:sns:{self.region}:{self.account}:{self.called}"

    @property
    def key(self) -> OwnKey:
        name = label(self.provider, self.file)
        about = f"Encrypts {self.file} on their way to the owner."
        return OwnKey(self.file, name, self.provider, self.account, self.called, about)

    @property
    def origin(self) -> tuple[Condition, ...]:
        """The conditions that let in what comes from this region of this account alone."""
        return (
            equal("aws:SourceAccount", self.account),
            Condition("ArnLike", "aws:SourceArn", (self.sources,)),
        )


def write(environment: str, plan: Blueprint) -> Iterator[Part]:
    """Yield a topic for each region of the environment, and one for what is in no region."""
    account = plan.aws.accounts[environment]
    for area in plan.of_environment(environment):
        for place in area.places:
            topic = _of_alarms(place.label, place.aws, account, plan.name(place, _ALARMS))
            yield from _parts(topic, plan)
            about = f"Where the alarms of {place.site} go."
            yield Output(handles.alarm_topic_arn(place), attribute(topic.block, "arn"), about)
    called = physical(plan.estate.estate, environment, GLOBAL, _ALARMS)
    topic = _of_alarms(GLOBAL, GLOBAL_REGION, account, called)
    yield from _parts(topic, plan)
    about = "Where alarms go on what AWS keeps in one region for the whole world."
    yield Output(handles.global_alarm_topic_arn(), attribute(topic.block, "arn"), about)


def of_findings(plan: Blueprint) -> Iterator[Block]:
    """Yield a topic in each region of the security account."""
    for region in regions(plan):
        yield from _parts(findings(region, plan), plan)


def findings(region: str, plan: Blueprint) -> Topic:
    """Return the topic of what rules of the security account notice in a region."""
    account = plan.aws.accounts[SECURITY]
    called = physical(plan.estate.estate, SECURITY, FINDINGS)
    rules = f"arn:aws:events:{region}:{account}:rule/{physical(plan.estate.estate, SECURITY, '*')}"
    return Topic(FINDINGS, region_alias(region), region, account, called, "events", rules)


def _of_alarms(provider: str, region: str, account: str, called: str) -> Topic:
    alarms = f"arn:aws:cloudwatch:{region}:{account}:alarm:*"
    return Topic(_ALARMS, provider, region, account, called, "cloudwatch", alarms)


def _parts(topic: Topic, plan: Blueprint) -> Iterator[Block]:
    arn = attribute(topic.block, "arn")
    yield from key(topic.key, used_by("Topic", topic.service, *topic.origin))
    yield topic.block
    rights = document(topic.file, topic.provider, topic.provider, _published(topic))
    yield rights
    body: dict[str, Value] = {"arn": arn, "policy": policy(rights)}
    yield _about(topic, "aws_sns_topic_policy", body)
    mail: dict[str, Value] = {"topic_arn": arn, "protocol": "email", "endpoint": plan.aws.owner}
    yield _about(topic, "aws_sns_topic_subscription", mail, _CONSENT)


def _about(topic: Topic, kind: str, body: dict[str, Value], comment: str = "") -> Block:
    return Block(topic.file, kind, topic.provider, topic.provider, body, comment=comment)


def _published(topic: Topic) -> Statement:
    return Statement(
        "Publish",
        ("sns:Publish",),
        (topic.arn,),
        principals={"Service": (f"{topic.service}.amazonaws.com",)},
        conditions=topic.origin,
    )
