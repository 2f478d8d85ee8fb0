"""CloudWatch Logs, CloudTrail and Config: where logs rest, and where they are sent."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws import written
from caisson.terraform.aws.attached import named
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import keys_named
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.naming import together
from caisson.terraform.aws.policies import policy
from caisson.terraform.aws.presence import gap
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Policy, Question, Rest, Use, Way

GROUP = "aws_cloudwatch_log_group"
_FILTER = "aws_cloudwatch_log_subscription_filter"
_DESTINATION = "aws_cloudwatch_log_destination"
_FOR_ALL = "aws_cloudwatch_log_account_policy"
_DELIVERY = "aws_cloudwatch_log_delivery"
_TRAIL, _TRAIL_STORE = "aws_cloudtrail", "aws_cloudtrail_event_data_store"
_CONFIG = "aws_config_delivery_channel"
_FLOWS = "aws_flow_log"
_OBSERVED = (
    ("vpc_id", ("aws_vpc", "aws_default_vpc")),
    ("subnet_id", ("aws_subnet", "aws_default_subnet")),
    ("eni_id", ("aws_network_interface",)),
    ("transit_gateway_id", ("aws_ec2_transit_gateway",)),
    ("transit_gateway_attachment_id", ("aws_ec2_transit_gateway_vpc_attachment",)),
)
_BY_KIND = {
    "cloud-watch-logs": (GROUP,),
    "s3": ("aws_s3_bucket",),
    "kinesis-data-firehose": ("aws_kinesis_firehose_delivery_stream",),
}
_STREAMS = ("aws_kinesis_stream", "aws_kinesis_firehose_delivery_stream")
_KEEPERS = ("aws_s3_bucket", GROUP, *_STREAMS)
_POLICIES = (
    ("aws_cloudwatch_log_destination_policy", "access_policy", "destination_name", _DESTINATION),
    ("aws_cloudwatch_log_resource_policy", "policy_document", "", ""),
    (
        "aws_cloudwatch_log_delivery_destination_policy",
        "delivery_destination_policy",
        "delivery_destination_name",
        "aws_cloudwatch_log_delivery_destination",
    ),
)
_PLACES = frozenset({Question.RESIDENCY, Question.ISOLATION})

TYPES = frozenset(
    {
        GROUP,
        _FILTER,
        _DESTINATION,
        _FOR_ALL,
        _DELIVERY,
        f"{_DELIVERY}_source",
        f"{_DELIVERY}_destination",
        _TRAIL,
        _TRAIL_STORE,
        _CONFIG,
        _FLOWS,
        *(kind for kind, _, _, _ in _POLICIES),
    }
)


def read(reading: Reading) -> Fragment:
    return joined(
        [
            *(_group(each) for each in reading.of(GROUP)),
            *(_subscribed(each) for each in reading.of(_FILTER)),
            *(_for_all(each) for each in reading.of(_FOR_ALL)),
            *(_delivered(each) for each in reading.of(_DELIVERY)),
            *(_trail(each) for each in reading.of(_TRAIL)),
            *(_trail_store(each) for each in reading.of(_TRAIL_STORE)),
            *(_configuration(each) for each in reading.of(_CONFIG)),
            *(_flows(each) for each in reading.of(_FLOWS)),
            Fragment(policies=tuple(_policies(reading))),
        ]
    )


def _kept(block: Block, system: str, *, protected: bool | None) -> Fragment:
    keys = keys_named(block, "kms_key_id")
    found = replace(
        holding(block, Rest.LOG, system),
        encrypted=True,  # by the service's own key when by no other
        keys=keys.ids,
        encrypted_in_transit=True,
        public=False,
        multi_zone=True,
        deletion_protected=protected,
    )
    return Fragment(holdings=(found,), gaps=keys.gaps(block))


def _group(block: Block) -> Fragment:
    return _kept(block, "cloudwatch logs", protected=False)


def _trail_store(block: Block) -> Fragment:
    protected = written.flag(block, "termination_protection_enabled", default=True)
    return _kept(block, "cloudtrail lake", protected=protected)


def _subscribed(block: Block) -> Fragment:
    """Return what a filter sends on, through a log destination too; programs keep nothing."""
    link = block.link("destination_arn", *_STREAMS, _DESTINATION)
    through = [each for each in link.to if _type(block, each) == _DESTINATION]
    direct = tuple(each for each in link.to if _type(block, each) in _STREAMS)
    source = named(block, "log_group_name", GROUP)
    targets = [Link(direct, link.outside, link.certainty)]
    targets += [_behind(block.reading.at(each), link) for each in through]
    via = f"subscription {block.address}"
    return joined(moving(block, source, each, Way.LOG, via=via) for each in targets)


def _behind(destination: Block, link: Link) -> Link:
    found = destination.link("target_arn", *_STREAMS)
    return found if link.sure else replace(found, certainty=link.certainty)


def _type(block: Block, address: str) -> str:
    instance = block.reading.instances.get(address)
    return instance.type if instance else ""


def _for_all(block: Block) -> Fragment:
    """Return that every log group of the account may be sent on, when the policy says such."""
    kind = block.text("policy_type")
    if isinstance(kind, str) and kind != "SUBSCRIPTION_FILTER_POLICY":
        return NO_FRAGMENT
    what = f"{block.address} sends the logs of its account on"
    return Fragment(gaps=(gap(block, what, _PLACES),))


def _delivered(block: Block) -> Fragment:
    """Return the logs of a service, from what makes them to where they are kept."""
    sources = block.link("delivery_source_name", f"{_DELIVERY}_source")
    destinations = block.link("delivery_destination_arn", f"{_DELIVERY}_destination")
    via = f"log delivery {block.address}"
    return joined(
        moving(block, _resource(block, source), target, Way.LOG, via=via)
        for source in sources.to
        for target in _resting(block, destinations)
    )


def _resource(block: Block, source: str) -> Link:
    return block.reading.at(source).link("resource_arn")


def _resting(block: Block, destinations: Link) -> Iterator[Link]:
    if not destinations.sure:
        yield Link(certainty=Certainty.OPEN)
    for each in destinations.to:
        if hidden(block.reading.at(each), "delivery_destination_configuration"):
            yield Link(certainty=Certainty.OPEN)
        for settings in block.reading.at(each).blocks("delivery_destination_configuration"):
            yield settings.link("destination_resource_arn", *_KEEPERS)


# The cloud's own accounts of what was done and what there is


def _trail(block: Block) -> Fragment:
    here = Link((block.address,))
    targets = (
        block.link("s3_bucket_name", "aws_s3_bucket"),
        _unstarred(block.link("cloud_watch_logs_group_arn", GROUP)),
    )
    via = f"trail {block.address}"
    if written.flag(block, "is_multi_region_trail", default=False) is not False:
        via += ", of every region"
    on = written.flag(block, "enable_logging", default=True)
    moved = [moving(block, here, each, Way.LOG, via=via, on=on) for each in targets]
    return joined([*moved, Fragment(uses=_key(block, targets[0], "kms_key_id"))])


def _unstarred(link: Link) -> Link:
    """Return the link without the `:*` that the ARN of a log group ends with here."""
    return replace(link, outside=tuple(each.removesuffix(":*") for each in link.outside))


def _configuration(block: Block) -> Fragment:
    here, target = Link((block.address,)), block.link("s3_bucket_name", "aws_s3_bucket")
    moved = moving(block, here, target, Way.LOG, via=f"configuration history {block.address}")
    return joined([moved, Fragment(uses=_key(block, target, "s3_kms_key_arn"))])


def _flows(block: Block) -> Fragment:
    """Return where it is written who talks to whom in a network."""
    observed = together(block.link(each, *types) for each, types in _OBSERVED)
    kind = written.text(block, "log_destination_type", "cloud-watch-logs")
    kept = _BY_KIND.get(kind or "", _KEEPERS)
    targets = [
        block.link(each, *kept)
        for each in ("log_destination", "log_group_name")
        if block.written(each)
    ]
    via = f"flow log {block.address}"
    return moving(block, observed, together(targets), Way.LOG, via=via)


def _key(block: Block, bucket: Link, attribute: str) -> tuple[Use, ...]:
    """Return that a bucket needs the key with which its content was written."""
    keys = keys_named(block, attribute)
    sure = bucket.sure and keys.told
    why = f"key for what {block.address} writes"
    return tuple(Use(one, each, why, block.source, sure) for one in bucket.to for each in keys.ids)


def _policies(reading: Reading) -> Iterator[Policy]:
    for kind, attribute, on, type_ in _POLICIES:
        for block in reading.of(kind):
            attached = block.link(on, type_).every if on else (block.address,)
            for each in attached:
                yield policy(block, attribute, each, "resource")
