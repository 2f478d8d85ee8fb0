"""Whether a policy document opens something to everybody, or refuses plain text."""

import json

import pytest
from terraform_support import outside, reading, ref, thing, unknown

from caisson.terraform.aws.openness import public, refuses_plain_text
from caisson.terraform.aws.policies import Document, document_of, parsed

READ = "s3:GetObject"


def allow(principal: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": READ, "Resource": "*", **more}


def deny(**more: object) -> dict[str, object]:
    return {**allow(), "Effect": "Deny", **more}


def written(*statements: dict[str, object]) -> Document:
    return parsed({"Version": "2012-10-17", "Statement": list(statements)})


def when(operator: str, key: str, *values: str) -> Document:
    return written(allow(Condition={operator: {key: list(values)}}))


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ["arn:aws:iam::123456789012:root", "*"]}, True),
        ({"*": "*"}, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False),
        ({"AWS": "123456789012"}, False),
        ({"AWS": "arn:aws:iam::*:role/reader"}, None),
        ({"Service": "cloudfront.amazonaws.com"}, False),
        ({"CanonicalUser": "79a59df900b949e5"}, False),
        ({"Federated": "cognito-identity.amazonaws.com"}, False),
        (None, None),
    ],
)
def test_who_is_everybody(principal: object, expected: bool | None) -> None:
    assert public(written(allow(principal))) is expected


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"),
    [
        ("StringEquals", "aws:SourceVpce", ["vpce-1"], False),
        ("StringEquals", "AWS:SourceOwner", ["123456789012"], False),
        ("StringEquals", "aws:PrincipalOrgID", ["o-123"], False),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["o-a/r-b/ou-c"], False),
        ("ArnLike", "aws:SourceArn", ["arn:aws:sns:eu-west-1:123456789012:*"], False),
        ("ArnLike", "aws:SourceArn", ["arn:aws:s3:*:*:our-bucket"], False),
        ("ArnLike", "aws:SourceArn", ["arn:aws:s3:*:*:*"], None),
        ("ArnLike", "aws:SourceArn", ["arn:aws:sns:*:*:topic"], None),
        ("ArnLike", "aws:SourceArn", ["arn:aws:sns:*:12345678901*:topic"], None),
        # Where a pattern does not begin as an ARN does, its parts are no parts of one.
        ("StringLike", "aws:SourceArn", ["*:aws:sns:*:123456789012:*"], None),
        ("StringLike", "aws:SourceArn", ["arn:aws:sns:123456789012*"], None),
        ("StringLike", "aws:SourceVpc", ["vpc-*"], None),
        ("StringLike", "aws:SourceVpc", ["*"], True),
        ("StringLike", "aws:SourceVpc", ["vpc-1", "*"], True),
        # These hold when the request has no such key at all.
        ("StringEqualsIfExists", "aws:SourceVpce", ["vpce-1"], None),
        ("ForAllValues:StringEquals", "aws:PrincipalOrgID", ["o-123"], None),
        ("StringNotEquals", "aws:SourceVpce", ["vpce-1"], None),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.0/24"], False),
        ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "0.0.0.0/0"], True),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/1"], True),
        ("IpAddress", "aws:SourceIp", ["::/0"], True),
        ("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24"], None),
        ("Bool", "aws:SecureTransport", ["true"], True),
        ("StringLike", "aws:Referer", ["https://example.com/*"], True),
        ("StringEquals", "s3:ExistingObjectTag/public", ["yes"], None),
    ],
)
def test_conditions(operator: str, key: str, values: list[str], expected: bool | None) -> None:
    assert public(when(operator, key, *values)) is expected


def test_one_tying_condition_is_enough_and_one_public_statement_too() -> None:
    tied = allow(
        Condition={
            "Bool": {"aws:SecureTransport": "true"},
            "StringEquals": {"aws:SourceAccount": "123456789012"},
        }
    )
    assert public(written(tied)) is False
    assert public(written(tied, allow())) is True


def test_not_principal_allows_everybody_else() -> None:
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}, "Action": READ}
    assert public(written(statement)) is True


def test_patterns_of_actions_that_may_overlap() -> None:
    def refused(action: str) -> bool | None:
        return public(written(allow(Action="s3:Get*"), deny(Action=action)))

    assert refused("s3:*Object") is None
    assert refused("*") is None
    assert refused("sqs:*") is True


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (deny(), None),
        (deny(Action="s3:*", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), None),
        (deny(Action="s3:DeleteObject"), True),
        (deny(Action="s3:Get*"), None),
        (deny(Action="sqs:*"), True),
        (deny(NotAction="s3:ListBucket"), None),
        (deny(Principal={"AWS": "123456789012"}), True),
        (deny(Action="s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}}), True),
    ],
)
def test_refusals_that_may_take_the_permission_away(
    refusal: dict[str, object], expected: bool | None
) -> None:
    refusal = {k: v for k, v in refusal.items() if not ("NotAction" in refusal and k == "Action")}
    assert public(written(allow(), refusal)) is expected


@pytest.mark.parametrize("conditions", ["x", ["x"], 1])
def test_conditions_that_make_no_sense_are_not_told(conditions: object) -> None:
    assert public(written(allow(Condition=conditions))) is None


@pytest.mark.parametrize("document", [{}, {"Statement": "x"}, {"Statement": [1]}, [], "text"])
def test_what_makes_no_sense_is_not_told(document: object) -> None:
    assert public(parsed(document)) is None
    assert refuses_plain_text(parsed(document)) is None


def test_no_policy_is_not_public() -> None:
    block = reading(thing("aws_s3_bucket.b")).at("aws_s3_bucket.b")
    assert public(document_of(block, "policy")) is False


PLAIN = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (deny(Action="s3:*", Condition=PLAIN), True),
        (deny(Action="*", Condition=PLAIN, Resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"]), True),
        (deny(Action="s3:*", Condition=PLAIN, Resource="arn:aws:s3:::b"), None),
        (deny(Action="s3:PutObject", Condition=PLAIN), None),
        (deny(Action="s3:*", Condition={"Bool": {"aws:SecureTransport": False}}), True),
        (deny(Action="s3:*", Condition=PLAIN, Principal={"AWS": "123456789012"}), False),
        (
            deny(Action="s3:*", Condition={**PLAIN, "StringEquals": {"aws:SourceVpc": "vpc-1"}}),
            None,
        ),
        (deny(Action="s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}), False),
        (allow(Condition={"Bool": {"aws:SecureTransport": "true"}}), False),
    ],
)
def test_refusing_plain_text(statement: dict[str, object], expected: bool | None) -> None:
    assert refuses_plain_text(written(statement), contents=True) is expected


# Documents that a data source writes


def from_data(*data: object) -> Document:
    things = [each for each in data if not isinstance(each, dict)]
    found = reading(
        thing("aws_s3_bucket_policy.p", policy=ref("data.aws_iam_policy_document.d")), *things
    )
    return document_of(found.at("aws_s3_bucket_policy.p"), "policy")


def document(name: str = "d", **attributes: object) -> object:
    return thing(f"data.aws_iam_policy_document.{name}", **{"json": unknown(), **attributes})


def says(**more: object) -> dict[str, object]:
    return {
        "effect": None,
        "actions": [READ],
        "resources": [ref("aws_s3_bucket.b")],
        "principals": [{"type": "*", "identifiers": ["*"]}],
        **more,
    }


def test_statements_tell_what_the_text_does_not_yet() -> None:
    assert public(from_data(document(statement=[says()]))) is True
    closed = says(principals=[{"type": "Service", "identifiers": ["logs.amazonaws.com"]}])
    assert public(from_data(document(statement=[closed]))) is False


def test_a_text_that_is_known_is_read() -> None:
    text = json.dumps({"Statement": [allow()]})
    assert public(from_data(document(json=text))) is True


def test_an_unknown_principal_is_somebody_only_when_it_is_that_of_a_thing_read() -> None:
    role = thing("aws_iam_role.r")
    by_role = says(principals=[{"type": "AWS", "identifiers": [ref("aws_iam_role.r")]}])
    by_variable = says(principals=[{"type": "AWS", "identifiers": [unknown()]}])
    assert public(from_data(role, document(statement=[by_role]))) is False
    assert public(from_data(role, document(statement=[by_variable]))) is None


def test_an_unknown_value_of_a_condition() -> None:
    def tied(value: object) -> object:
        condition = {"test": "ArnEquals", "variable": "aws:SourceArn", "values": [value]}
        return document(statement=[says(condition=[condition])])

    topic = thing("aws_sns_topic.t")
    assert public(from_data(topic, tied(ref("aws_sns_topic.t")))) is False
    assert public(from_data(topic, tied(unknown("aws_sns_topic.t")))) is None
    assert public(from_data(topic, tied(outside("arn:aws:sns:eu-west-1:123456789012:t")))) is False


def test_documents_made_of_others() -> None:
    combined = document(source_policy_documents=[ref("data.aws_iam_policy_document.open")])
    assert public(from_data(combined, document("open", statement=[says()]))) is True
    assert public(from_data(document(source_policy_documents=[unknown()]))) is None


def test_a_statement_of_the_same_sid_is_replaced() -> None:
    narrow = says(sid="read", principals=[{"type": "AWS", "identifiers": ["123456789012"]}])
    combined = document(
        source_policy_documents=[ref("data.aws_iam_policy_document.open")], statement=[narrow]
    )
    assert public(from_data(combined, document("open", statement=[says(sid="read")]))) is False


def test_documents_in_a_circle_end() -> None:
    one = document(source_policy_documents=[ref("data.aws_iam_policy_document.other")])
    other = document("other", source_policy_documents=[ref("data.aws_iam_policy_document.d")])
    assert public(from_data(one, other)) is None


def test_a_data_source_that_refuses_plain_text_for_a_bucket_and_its_objects() -> None:
    plain = {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}
    both = [ref("aws_s3_bucket.b"), ref("aws_s3_bucket.b")]
    refusal = says(effect="Deny", actions=["s3:*"], resources=both, condition=[plain])
    assert refuses_plain_text(from_data(document(statement=[refusal])), contents=True) is True
    one = {**refusal, "resources": both[:1]}
    assert refuses_plain_text(from_data(document(statement=[one])), contents=True) is None
    assert refuses_plain_text(from_data(document(statement=[one]))) is True


def test_principals_of_a_data_source_that_cannot_be_seen() -> None:
    assert public(from_data(document(statement=[says(principals=unknown())]))) is None
    assert public(from_data(document(statement=[says(condition=unknown())]))) is None
    assert public(from_data(document(statement=unknown()))) is None
    other = [{"type": "AWS", "identifiers": ["123456789012"]}]
    refused = says(principals=[], not_principals=other)
    assert public(from_data(document(statement=[refused]))) is True
    assert public(from_data(document(statement=[says(not_principals=unknown())]))) is None
