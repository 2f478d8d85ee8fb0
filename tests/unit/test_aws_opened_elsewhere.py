"""What is opened to everybody here, and was made elsewhere."""

import json

import pytest
from terraform_support import Named, Thing, outside, reading, ref, thing, unknown

from caisson.terraform.aws import opened_elsewhere
from caisson.topology.resources import Gap, Question

TOPIC, BUCKET = "data.aws_sns_topic.theirs", "data.aws_s3_bucket.theirs"


def read(*things: Thing) -> tuple[Gap, ...]:
    return opened_elsewhere.read(reading(thing(TOPIC), thing(BUCKET), *things)).gaps


def policy(principal: str, of: Named) -> Thing:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "*", "Resource": "*"}
    return thing("aws_sns_topic_policy.p", arn=of, policy=json.dumps({"Statement": [statement]}))


@pytest.mark.parametrize(
    ("of", "named"), [(ref(TOPIC), TOPIC), (outside("arn:aws:sns:eu-west-1:2:t"), "arn:aws:sns")]
)
def test_a_policy_for_everybody_on_what_was_not_read(of: Named, named: str) -> None:
    (found,) = read(policy("*", of))
    assert found.questions == {Question.EXPOSURE}
    assert named in found.what
    assert "aws_sns_topic_policy.p" in found.about


def test_a_policy_that_is_not_told_may_be_for_everybody() -> None:
    assert len(read(thing("aws_sns_topic_policy.p", arn=ref(TOPIC), policy=unknown()))) == 1


def test_a_policy_for_somebody_opens_nothing() -> None:
    assert read(policy("arn:aws:iam::111111111111:root", ref(TOPIC))) == ()


def test_what_was_read_is_told_elsewhere() -> None:
    assert read(thing("aws_sns_topic.own"), policy("*", ref("aws_sns_topic.own"))) == ()


@pytest.mark.parametrize(("acl", "number"), [("public-read", 1), ("private", 0), (unknown(), 1)])
@pytest.mark.parametrize("kind", ["aws_s3_bucket_acl", "aws_s3_object"])
def test_a_list_for_everybody(kind: str, acl: object, number: int) -> None:
    assert len(read(thing(f"{kind}.a", bucket=ref(BUCKET), acl=acl))) == number
