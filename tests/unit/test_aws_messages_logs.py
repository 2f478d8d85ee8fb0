"""Queues, topics, streams, events, images, logs and identities: each default and each trap."""

import json

import pytest
from terraform_support import Thing, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import ecr, events, iam, logs, messages, sharing, streams, tagging
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

Q, T, BUCKET = "aws_sqs_queue.q", "aws_sns_topic.t", "aws_s3_bucket.b"
EVERYBODY = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
)


def ways(found: Fragment) -> list[tuple[Way, str, str, bool]]:
    return [(each.way, each.source, each.target, each.sure) for each in found.movements]


def sent(*things: Thing) -> Fragment:
    return messages.read(reading(*things))


def kept(address: str, *things: Thing, **attributes: object) -> Holding:
    return sent(thing(address, **attributes), *things).holdings[0]


# SQS and SNS


def test_a_queue_is_encrypted_unless_somebody_says_no() -> None:
    assert kept(Q, sqs_managed_sse_enabled=UNKNOWN).encrypted is True
    assert kept(Q, sqs_managed_sse_enabled=False).encrypted is False
    assert kept(Q, sqs_managed_sse_enabled=unknown()).encrypted is None
    key = thing("aws_kms_key.k")
    by_key = kept(Q, key, kms_master_key_id=ref("aws_kms_key.k"), sqs_managed_sse_enabled=False)
    assert (by_key.encrypted, by_key.keys) == (True, ("aws_kms_key.k",))


def test_a_topic_is_encrypted_only_by_a_key() -> None:
    assert kept(T, kms_master_key_id=None).encrypted is False
    managed = kept(T, kms_master_key_id="alias/aws/sns")
    assert (managed.encrypted, managed.keys) == (True, ())


def test_a_key_that_may_turn_out_to_be_none() -> None:
    assert kept(T, kms_master_key_id=unknown()).encrypted is None
    assert kept(Q, kms_master_key_id=unknown()).encrypted is True
    assert kept(Q, kms_master_key_id=unknown(), sqs_managed_sse_enabled=False).encrypted is None


def test_open_queues_and_topics() -> None:
    assert kept(Q).public is False
    assert kept(Q, policy=EVERYBODY).public is True
    beside = thing("aws_sqs_queue_policy.p", queue_url=ref(Q), policy=EVERYBODY)
    assert kept(Q, beside).public is True
    assert kept(T, thing("aws_sns_topic_policy.p", arn=ref(T), policy=unknown())).public is None


def test_a_policy_beside_replaces_what_is_perhaps_written_inside() -> None:
    closed = json.dumps({"Statement": []})
    beside = thing("aws_sns_topic_policy.p", arn=ref(T), policy=closed)
    assert kept(T, beside, policy=unknown()).public is False
    assert kept(T, policy=unknown()).public is None


def test_what_aws_writes_for_a_new_topic_is_not_public() -> None:
    own = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish"],
        "Resource": "*",
        "Condition": {"StringEquals": {"AWS:SourceOwner": "111111111111"}},
    }
    assert kept(T, policy=json.dumps({"Statement": [own]})).public is False


def test_both_answer_in_the_clear_unless_a_policy_refuses() -> None:
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": "arn:aws:sqs:eu-central-1:111111111111:q",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert kept(Q).encrypted_in_transit is False
    assert kept(Q, policy=json.dumps({"Statement": [refusal]})).encrypted_in_transit is True


def subscription(protocol: object, endpoint: object, **more: object) -> Thing:
    return thing(
        "aws_sns_topic_subscription.s",
        topic_arn=ref(T),
        protocol=protocol,
        endpoint=endpoint,
        **more,
    )


def test_subscriptions() -> None:
    both = (thing(T), thing(Q, in_region="us-east-1"))
    assert ways(sent(*both, subscription("sqs", ref(Q)))) == [(Way.MESSAGE, T, Q, True)]
    assert ways(sent(*both, subscription("lambda", outside("arn:aws:lambda:...")))) == []
    (moved,) = sent(*both, subscription("https", "https://example.com/hook")).movements
    assert moved.target == "https://example.com/hook"
    (gap,) = sent(*both, subscription("https", unknown())).gaps
    assert (gap.about, Question.RESIDENCY in gap.questions) == ((T,), True)


@pytest.mark.parametrize("as_text", [True, False])
def test_dead_letters(as_text: bool) -> None:
    arn = "arn:aws:sqs:eu-central-1:111111111111:dead"
    dead = thing("aws_sqs_queue.dead", arn=arn)
    text = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    policy: object = text if as_text else ref("aws_sqs_queue.dead")
    expected = [(Way.MESSAGE, Q, "aws_sqs_queue.dead", True)]
    assert ways(sent(thing(Q, redrive_policy=policy), dead)) == expected
    beside = thing("aws_sqs_queue_redrive_policy.r", queue_url=ref(Q), redrive_policy=policy)
    assert ways(sent(thing(Q), dead, beside)) == expected


# Kinesis and Firehose

STREAM, HOSE = "aws_kinesis_stream.s", "aws_kinesis_firehose_delivery_stream.f"


def streamed(*things: Thing) -> Fragment:
    return streams.read(reading(*things))


@pytest.mark.parametrize(
    ("kind", "expected"), [("NONE", False), ("KMS", True), (None, False), (unknown(), None)]
)
def test_streams(kind: object, expected: bool | None) -> None:
    (found,) = streamed(thing(STREAM, encryption_type=kind)).holdings
    assert (found.rest, found.encrypted) == (Rest.STREAM, expected)
    assert found.encrypted_in_transit is True


def test_the_keys_of_a_stream() -> None:
    key = thing("aws_kms_key.k")
    by_key = thing(STREAM, encryption_type="KMS", kms_key_id=ref("aws_kms_key.k"))
    assert streamed(by_key, key).holdings[0].keys == ("aws_kms_key.k",)
    off = thing(STREAM, encryption_type="NONE", kms_key_id=ref("aws_kms_key.k"))
    assert streamed(off, key).holdings[0].keys == ()


def test_a_delivery_goes_wherever_it_is_told_to() -> None:
    found = streamed(
        thing(STREAM),
        thing(BUCKET),
        thing(
            HOSE,
            kinesis_source_configuration=[{"kinesis_stream_arn": ref(STREAM)}],
            http_endpoint_configuration=[
                {
                    "url": "https://logs.example.com",
                    "s3_configuration": [{"bucket_arn": ref(BUCKET)}],
                }
            ],
        ),
    )
    assert ways(found) == [
        (Way.EXPORT, STREAM, HOSE, True),
        (Way.EXPORT, HOSE, "https://logs.example.com", True),
        (Way.EXPORT, HOSE, BUCKET, True),
    ]
    assert found.holdings[1].encrypted is True  # nothing rests in it


def test_a_delivery_of_its_own_is_encrypted_by_a_setting() -> None:
    def encrypted(**settings: object) -> bool | None:
        return streamed(thing(HOSE, **settings)).holdings[0].encrypted

    assert encrypted() is False
    assert encrypted(server_side_encryption=[{"enabled": True}]) is True
    assert encrypted(server_side_encryption=UNKNOWN) is None


def test_a_destination_that_cannot_be_seen_is_a_gap() -> None:
    found = streamed(thing(HOSE, extended_s3_configuration=UNKNOWN))
    assert found.movements == ()
    assert [each.about for each in found.gaps] == [(HOSE,)]


# EventBridge

BUS = "aws_cloudwatch_event_bus.bus"


def happened(*things: Thing) -> Fragment:
    return events.read(reading(*things))


def permission(principal: object, **more: object) -> Thing:
    return thing("aws_cloudwatch_event_permission.p", principal=principal, **more)


def test_who_may_send_to_a_bus() -> None:
    def public(*things: Thing) -> bool | None:
        return happened(thing(BUS), *things).holdings[0].public

    organisation = [{"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-1"}]
    assert public() is False
    assert public(permission("*", event_bus_name=ref(BUS))) is True
    assert public(permission("*", event_bus_name=ref(BUS), condition=organisation)) is False
    assert public(permission("*", event_bus_name=ref(BUS), condition=UNKNOWN)) is None
    assert public(permission("222222222222", event_bus_name=ref(BUS))) is False
    assert public(permission(unknown(), event_bus_name=ref(BUS))) is None
    assert public(permission("*", event_bus_name=unknown(BUS))) is None
    assert public(permission("222222222222", event_bus_name=unknown(BUS))) is False


def test_the_default_bus_open_to_everybody_is_told() -> None:
    (found,) = happened(permission("*")).holdings
    assert found.public is True


def test_what_rules_send_on() -> None:
    def target(bus: object, to: object) -> Thing:
        return thing("aws_cloudwatch_event_target.t", event_bus_name=bus, arn=to, rule="r")

    both = (thing(BUS), thing(Q), thing("aws_lambda_function.f"))
    assert ways(happened(*both, target(ref(BUS), ref(Q)))) == [(Way.MESSAGE, BUS, Q, True)]
    assert ways(happened(*both, target(ref(BUS), ref("aws_lambda_function.f")))) == []
    # The default bus brings the cloud's own news.
    assert ways(happened(*both, target(None, ref(Q)))) == []


def test_archives_keep_events() -> None:
    found = happened(thing(BUS), thing("aws_cloudwatch_event_archive.a", event_source_arn=ref(BUS)))
    assert ways(found) == [(Way.MESSAGE, BUS, "aws_cloudwatch_event_archive.a", True)]


def test_pipes() -> None:
    pipe = thing("aws_pipes_pipe.p", source=ref(STREAM), target=ref(Q))
    assert ways(happened(thing(STREAM), thing(Q), pipe)) == [(Way.MESSAGE, STREAM, Q, True)]


# ECR

REPOSITORY = "aws_ecr_repository.app"


def images(*things: Thing) -> Fragment:
    return ecr.read(reading(*things))


def test_repositories() -> None:
    (found,) = images(thing(REPOSITORY, name="app")).holdings
    assert (found.rest, found.encrypted, found.public) == (Rest.IMAGE, True, False)
    beside = thing("aws_ecr_repository_policy.p", repository=ref(REPOSITORY), policy=EVERYBODY)
    assert images(thing(REPOSITORY), beside).holdings[0].public is True
    assert images(thing("aws_ecrpublic_repository.p")).holdings[0].public is True


def replication(*filters: object, region: object = "us-east-1") -> Thing:
    rule: dict[str, object] = {
        "destination": [{"region": region, "registry_id": "222222222222"}],
        "repository_filter": [{"filter": each, "filter_type": "PREFIX_MATCH"} for each in filters],
    }
    return thing(
        "aws_ecr_replication_configuration.r", replication_configuration=[{"rule": [rule]}]
    )


def test_images_are_copied_to_other_registries() -> None:
    found = images(thing(REPOSITORY, name="app"), replication())
    copy = found.holdings[1]
    assert (copy.region, copy.account, copy.jurisdiction) == ("us-east-1", "222222222222", "us")
    assert ways(found) == [(Way.REPLICATION, REPOSITORY, copy.id, True)]
    assert found.movements[0].lag_most_s is None


@pytest.mark.parametrize(
    ("filters", "expected"), [(["ap"], [True]), (["web"], []), (["web", "app"], [True])]
)
def test_only_what_the_filters_take(filters: list[str], expected: list[bool]) -> None:
    found = images(thing(REPOSITORY, name="app"), replication(*filters))
    assert [each.sure for each in found.movements] == expected


def test_a_name_known_after_apply_is_perhaps_taken() -> None:
    found = images(thing(REPOSITORY, name=unknown()), replication("app"))
    assert [each.sure for each in found.movements] == [False]


def test_filters_that_cannot_be_seen_take_perhaps() -> None:
    destination = {"region": "us-east-1", "registry_id": "222222222222"}
    rule = {"destination": [destination], "repository_filter": UNKNOWN}
    copied = thing(
        "aws_ecr_replication_configuration.r", replication_configuration=[{"rule": [rule]}]
    )
    found = images(thing(REPOSITORY, name="app"), copied)
    assert [each.sure for each in found.movements] == [False]


def test_other_registries_are_not_copied() -> None:
    elsewhere = thing(REPOSITORY, name="app", in_region="ap-south-1")
    assert images(elsewhere, replication()).movements == ()


def test_replication_that_cannot_be_seen() -> None:
    hidden = thing("aws_ecr_replication_configuration.r", replication_configuration=UNKNOWN)
    (gap,) = images(thing(REPOSITORY), hidden).gaps
    assert Question.RESIDENCY in gap.questions


# Logs

GROUP = "aws_cloudwatch_log_group.g"


def logged(*things: Thing) -> Fragment:
    return logs.read(reading(*things))


def test_log_groups() -> None:
    (found,) = logged(
        thing(GROUP, kms_key_id=ref("aws_kms_key.k")), thing("aws_kms_key.k")
    ).holdings
    assert (found.rest, found.encrypted, found.keys) == (Rest.LOG, True, ("aws_kms_key.k",))
    assert (found.public, found.encrypted_in_transit) == (False, True)


def test_subscription_filters_send_logs_on() -> None:
    def filtered(to: object) -> Thing:
        return thing(
            "aws_cloudwatch_log_subscription_filter.f",
            log_group_name=ref(GROUP),
            destination_arn=to,
        )

    both = (thing(GROUP), thing(STREAM), thing("aws_lambda_function.f"))
    assert ways(logged(*both, filtered(ref(STREAM)))) == [(Way.LOG, GROUP, STREAM, True)]
    assert ways(logged(*both, filtered(ref("aws_lambda_function.f")))) == []
    through = thing("aws_cloudwatch_log_destination.d", target_arn=ref(STREAM))
    found = logged(*both, through, filtered(ref("aws_cloudwatch_log_destination.d")))
    assert ways(found) == [(Way.LOG, GROUP, STREAM, True)]
    arn = "arn:aws:logs:us-east-1:222222222222:destination:central"
    assert ways(logged(*both, filtered(outside(arn)))) == [(Way.LOG, GROUP, arn, True)]


def test_a_policy_for_every_log_group_is_a_gap() -> None:
    policy = "aws_cloudwatch_log_account_policy.p"
    (gap,) = logged(thing(policy, policy_type="SUBSCRIPTION_FILTER_POLICY")).gaps
    assert (gap.about, Question.RESIDENCY in gap.questions) == ((), True)
    assert logged(thing(policy, policy_type="DATA_PROTECTION_POLICY")).gaps == ()


def test_trails() -> None:
    def trail(**more: object) -> list[Movement]:
        made = thing(
            "aws_cloudtrail.t",
            s3_bucket_name=ref(BUCKET),
            cloud_watch_logs_group_arn=ref(GROUP),
            **more,
        )
        return list(logged(thing(BUCKET), thing(GROUP), made).movements)

    assert [each.target for each in trail()] == [BUCKET, GROUP]
    assert "of every region" in trail(is_multi_region_trail=True)[0].via
    assert trail(enable_logging=False) == []


def test_the_key_of_a_trail_is_needed_by_its_bucket() -> None:
    trail = thing("aws_cloudtrail.t", s3_bucket_name=ref(BUCKET), kms_key_id=ref("aws_kms_key.k"))
    (use,) = logged(thing(BUCKET), thing("aws_kms_key.k"), trail).uses
    assert (use.user, use.used) == (BUCKET, "aws_kms_key.k")


def test_flow_logs_go_only_where_their_kind_goes() -> None:
    def flow(kind: str) -> Thing:
        return thing(
            "aws_flow_log.f",
            vpc_id=ref("aws_vpc.v"),
            log_destination_type=kind,
            log_destination=unknown(BUCKET, GROUP),
        )

    both = (thing("aws_vpc.v"), thing(BUCKET), thing(GROUP))
    assert ways(logged(*both, flow("s3"))) == [(Way.LOG, "aws_vpc.v", BUCKET, False)]
    assert ways(logged(*both, flow("cloud-watch-logs"))) == [(Way.LOG, "aws_vpc.v", GROUP, False)]


def test_deliveries_of_logs() -> None:
    found = logged(
        thing(BUCKET),
        thing("aws_cloudfront_distribution.c"),
        thing(
            "aws_cloudwatch_log_delivery_source.s",
            resource_arn=ref("aws_cloudfront_distribution.c"),
        ),
        thing(
            "aws_cloudwatch_log_delivery_destination.d",
            delivery_destination_configuration=[{"destination_resource_arn": ref(BUCKET)}],
        ),
        thing(
            "aws_cloudwatch_log_delivery.d",
            delivery_source_name=ref("aws_cloudwatch_log_delivery_source.s"),
            delivery_destination_arn=ref("aws_cloudwatch_log_delivery_destination.d"),
        ),
    )
    assert ways(found) == [(Way.LOG, "aws_cloudfront_distribution.c", BUCKET, True)]


# IAM

ROLE, USER, TEAM = "aws_iam_role.r", "aws_iam_user.u", "aws_iam_group.g"
READS = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def attached(*things: Thing) -> list[tuple[str, str, str | None, str]]:
    found = iam.read(reading(*things)).policies
    return [(each.id, each.attached_to, each.document, each.kind) for each in found]


def test_what_a_role_has() -> None:
    role = thing(
        ROLE,
        assume_role_policy="{}",
        inline_policy=[{"name": "x", "policy": READS}],
        managed_policy_arns=outside(MANAGED),
        permissions_boundary=ref("aws_iam_policy.p"),
    )
    assert attached(role, thing("aws_iam_policy.p", policy=READS)) == [
        (ROLE, ROLE, "{}", "trust"),
        (f"{ROLE}/inline_policy", ROLE, READS, "identity"),
        (MANAGED, ROLE, None, "identity"),
        ("aws_iam_policy.p", ROLE, READS, "boundary"),
    ]


def test_attachments_name_whom_they_are_of() -> None:
    attachment = thing(
        "aws_iam_policy_attachment.a",
        policy_arn=ref("aws_iam_policy.p"),
        roles=refs(ROLE),
        users=refs(USER),
    )
    found = attached(
        thing(ROLE, assume_role_policy="{}"),
        thing(USER),
        thing("aws_iam_policy.p", policy=READS),
        attachment,
    )
    assert found[1:] == [
        ("aws_iam_policy.p", ROLE, READS, "identity"),
        ("aws_iam_policy.p", USER, READS, "identity"),
    ]


def test_members_have_what_their_groups_have() -> None:
    inline = thing("aws_iam_group_policy.p", group=ref(TEAM), policy=READS)
    member = thing("aws_iam_user_group_membership.m", user=ref(USER), groups=refs(TEAM))
    found = attached(thing(USER), thing(TEAM), inline, member)
    assert [each[1] for each in found] == [TEAM, USER]


def test_what_is_attached_to_somebody_unknown_is_a_gap_for_access_only() -> None:
    attachment = thing("aws_iam_role_policy.p", role=unknown(), policy=READS)
    (gap,) = iam.read(reading(attachment)).gaps
    assert gap.questions == {Question.ACCESS}


def test_documents_that_data_sources_write() -> None:
    data = thing("data.aws_iam_policy_document.d", json=READS)
    own = thing(
        "aws_iam_user_policy.p", user=ref(USER), policy=ref("data.aws_iam_policy_document.d")
    )
    assert attached(thing(USER), data, own) == [("aws_iam_user_policy.p", USER, READS, "identity")]


# What is shared and tagged from beside


def test_a_shared_gateway_concerns_what_hangs_on_it() -> None:
    gateway = "aws_ec2_transit_gateway.t"
    (gap,) = sharing.read(
        reading(
            thing(gateway),
            thing("aws_vpc.v"),
            thing(
                "aws_ec2_transit_gateway_vpc_attachment.a",
                transit_gateway_id=ref(gateway),
                vpc_id=ref("aws_vpc.v"),
            ),
            thing("aws_ram_resource_association.r", resource_arn=ref(gateway)),
        )
    ).gaps
    assert gap.about == (gateway, "aws_vpc.v")
    assert Question.REACHABILITY in gap.questions


@pytest.mark.parametrize(
    ("key", "gaps"),
    [("Environment", 1), (unknown(), 1), ("Name", 0), ("kubernetes.io/role/elb", 0)],
)
def test_tags_given_from_beside(key: object, gaps: int) -> None:
    tag = thing("aws_ec2_tag.t", resource_id=ref("aws_vpc.v"), key=key, value="x")
    assert len(tagging.read(reading(thing("aws_vpc.v"), tag)).gaps) == gaps
