"""How the names of things of AWS are taken apart."""

import pytest

from caisson.topology.arns import Arn, place_named

OURS = "123456789012"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", ("us-east-1", OURS, "vpc/vpc-1")),
        ("arn:aws-cn:s3:::files", ("", "", "files")),
        ("arn:aws-us-gov:iam::123456789012:role/a/b", ("", OURS, "role/a/b")),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", ("", "aws", "policy/ReadOnlyAccess")),
        ("arn:aws:rds:eu-west-1:123456789012:db:main", ("eu-west-1", OURS, "db:main")),
        ("arn:aws:logs:*:*:log-group:a:*", ("*", "*", "log-group:a:*")),
        ("arn:*:sns:eu-?est-1:123456789012:*", ("eu-?est-1", OURS, "*")),
        ("arn:aws:s3:::${aws:username}/*", ("", "", "${aws:username}/*")),
        ("arn:aws:s3:::", ("", "", "")),
    ],
)
def test_an_arn_has_six_parts_and_the_last_may_have_colons(
    text: str, parts: tuple[str, str, str]
) -> None:
    arn = Arn.parse(text)
    assert arn is not None
    assert (arn.region, arn.account, arn.resource) == parts
    assert str(arn) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "arn",
        "arn:aws:ec2:*",
        "arn:aws:ec2:us-east-1:123456789012",
        "arn:::us-east-1:123456789012:vpc/vpc-1",
        "learn:aws:ec2:us-east-1:123456789012:vpc/vpc-1",
        "aws_backup_plan.p/arn:aws:backup:us-east-1:123456789012:backup-vault:far",
        "urn:aws:ec2:us-east-1:123456789012:vpc/vpc-1",
        "*:aws:ec2:us-east-1:123456789012:vpc/vpc-1",
    ],
)
def test_what_is_no_arn(text: str) -> None:
    assert Arn.parse(text) is None
    assert place_named(text) == (None, None)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", ("us-east-1", OURS)),
        ("arn:aws:ec2:us-east-1::image/ami-1", ("us-east-1", None)),
        ("arn:aws:s3:::files", (None, None)),
        # Whose it is, but nobody's account.
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", (None, None)),
        ("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/f", ("eu-west-1", None)),
        # Not told by a pattern, and not by a variable, whose colon moves the rest along.
        ("arn:aws:sqs:eu-*:*:orders", (None, None)),
        ("arn:aws:sqs:*:123456789012:orders", (None, OURS)),
        ("arn:aws:sqs:${aws:RequestedRegion}:123456789012:orders", (None, None)),
    ],
)
def test_the_place_that_an_arn_tells(text: str, place: tuple[str | None, str | None]) -> None:
    assert place_named(text) == place
    arn = Arn.parse(text)
    assert arn is not None
    assert arn.place == place
