"""Documents in texts of which the plan tells nothing: what their expressions still tell."""

import pytest
from terraform_support import jsonencode, ref, thing
from terraform_support import reading as read_by_hand
from test_hcl_links import beside

from caisson.terraform.aws.openness import public
from caisson.terraform.aws.policies import document_of
from caisson.terraform.model import UNKNOWN

TOPIC = thing("aws_sns_topic.a", arn=UNKNOWN, id=UNKNOWN, owner=UNKNOWN, tags=UNKNOWN)
TEXT = thing("random_string.a", id=UNKNOWN)
POLICY = thing("aws_sns_topic_policy.a", arn=UNKNOWN, policy=UNKNOWN)


def encoded(expression: str, more: str = "") -> object:
    """What is told of the policy that `expression` writes."""
    text = f"""
    resource "aws_sns_topic" "a" {{}}
    resource "random_string" "a" {{}}
    resource "aws_sns_topic_policy" "a" {{
      arn    = aws_sns_topic.a.arn
      policy = {expression}
    }}
    {more}
    """
    return beside(text, TOPIC, TEXT, POLICY, secret="s3cret").encoded(
        "aws_sns_topic_policy.a", ("policy",)
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('"*"', "*"),
        ("aws_sns_topic.a.arn", "<aws_sns_topic.a.arn>"),
        ('"${aws_sns_topic.a.arn}/*"', "<aws_sns_topic.a.arn>/*"),
        # These may hold anything.
        ("aws_sns_topic.a.owner", UNKNOWN),
        ("random_string.a.id", UNKNOWN),
        ('"${random_string.a.id}*"', UNKNOWN),
        ("aws_sns_topic.a.tags.Owner", UNKNOWN),
        ('"${aws_sns_topic.a.tags.Owner}"', UNKNOWN),
        ("[aws_sns_topic.a.arn, true, 3, null]", ["<aws_sns_topic.a.arn>", True, 3, None]),
        ("{(aws_sns_topic.a.tags.Owner) = 1}", UNKNOWN),
        ("[for each in toset([aws_sns_topic.a.arn, aws_sns_topic.a.id]) : each]", UNKNOWN),
        ('aws_sns_topic.a.arn == "x" ? "*" : "y"', UNKNOWN),
    ],
)
def test_json_of_an_expression(value: str, told: object) -> None:
    here = "<aws_sns_topic.a.arn>"
    assert encoded(f"jsonencode({{ Here = aws_sns_topic.a.arn, It = {value} }})") == {
        "Here": here,
        "It": told,
    }


def test_json_written_by_hand() -> None:
    text = '<<EOF\n{"Here": "${aws_sns_topic.a.arn}", "It": ["*"]}\nEOF\n'
    assert encoded(text) == {"Here": "<aws_sns_topic.a.arn>", "It": ["*"]}


@pytest.mark.parametrize("inside", ["${aws_sns_topic.a.tags.Policy}", "${aws_sns_topic.a.arn} x"])
def test_what_may_be_anything_may_be_another_document(inside: str) -> None:
    assert encoded(f'<<EOF\n{{"It": {inside}}}\nEOF\n') is UNKNOWN


def test_a_document_that_the_plan_hides_as_a_whole_stays_hidden() -> None:
    assert encoded('jsonencode({ It = "*" })') is UNKNOWN


def test_a_sensitive_variable_is_not_told() -> None:
    found = encoded(
        "jsonencode({ Here = aws_sns_topic.a.arn, It = var.secret })",
        'variable "secret" { sensitive = true }',
    )
    assert found == {"Here": "<aws_sns_topic.a.arn>", "It": UNKNOWN}


def opened(principal: object, **more: object) -> bool | None:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "sns:Subscribe",
        "Resource": "<aws_sns_topic.a.arn>",
        **more,
    }
    made = read_by_hand(
        thing("aws_sns_topic.a"),
        thing(
            "aws_sns_topic_policy.a",
            arn=ref("aws_sns_topic.a"),
            policy=jsonencode({"Statement": [statement]}),
        ),
    )
    return public(document_of(made.at("aws_sns_topic_policy.a"), "policy"))


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "<aws_iam_role.a.arn>"}, False),
        ({"Service": "events.amazonaws.com"}, False),
        ({"AWS": UNKNOWN}, None),
        (UNKNOWN, None),
    ],
)
def test_who_gets_in_is_told_where_only_arns_are_unknown(
    principal: object, expected: bool | None
) -> None:
    assert opened(principal) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"ArnEquals": {"aws:SourceArn": "<aws_s3_bucket.a.arn>"}}, False),
        ({"ArnEquals": {"aws:SourceArn": UNKNOWN}}, None),
        ({"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", UNKNOWN]}}, None),
        ({"IpAddress": UNKNOWN}, None),
        (UNKNOWN, None),
    ],
)
def test_a_condition_that_cannot_be_seen_may_keep_everybody_out(
    condition: object, expected: bool | None
) -> None:
    assert opened("*", Condition=condition) is expected


def test_a_statement_that_cannot_be_seen_may_refuse_everybody() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policy = jsonencode({"Statement": [statement, UNKNOWN]})
    made = read_by_hand(thing("aws_sns_topic_policy.a", policy=policy))
    assert public(document_of(made.at("aws_sns_topic_policy.a"), "policy")) is None
