"""Two environments in accounts of their own: every way in which one lets in the other."""

import json
from collections.abc import Mapping

import pytest

from caisson.estate import promise_files
from caisson.estate.promise_files import Promised
from caisson.prove.check import prove_terraform
from caisson.prove.model import Decision, Verdict
from caisson.terraform.aws.doors import DOCUMENTS
from caisson.terraform.read import read_configuration
from caisson.topology.places import Places

HOLDS, BROKEN, UNKNOWN = Decision.HOLDS, Decision.BROKEN, Decision.UNKNOWN
MINE, THEIRS, THIRD = "333333333333", "444444444444", "222222222222"
ESTATE = f"""
provider "aws" {{
  region              = "eu-west-1"
  allowed_account_ids = ["{MINE}"]
}}
provider "aws" {{
  alias               = "staging"
  region              = "eu-west-1"
  allowed_account_ids = ["{THEIRS}"]
}}
provider "aws" {{
  alias               = "tools"
  region              = "eu-west-1"
  allowed_account_ids = ["{THIRD}"]
}}
resource "aws_sqs_queue" "production" {{
  sqs_managed_sse_enabled = true
  tags                    = {{ Environment = "production" }}
}}
resource "aws_sqs_queue" "staging" {{
  provider                = aws.staging
  sqs_managed_sse_enabled = true
  tags                    = {{ Environment = "staging" }}
}}
resource "aws_iam_role" "task" {{
  provider           = aws.staging
  name               = "task"
  assume_role_policy = jsonencode({{ Statement = [
    {{ Effect = "Allow", Principal = {{ Service = "ecs-tasks.amazonaws.com" }}, Action = "*" }}
  ] }})
}}
"""
PROMISES = """
environments:
  production: {tags: {Environment: production}}
  staging: {tags: {Environment: staging}}
promises:
  - {name: apart, isolate: [staging, production]}
"""


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Promised:
    file = tmp_path_factory.mktemp("promises") / "promises.yaml"
    file.write_text(PROMISES)
    return promise_files.read(file)


def asked(promised: Promised, *more: str, estate: str = ESTATE) -> Verdict:
    text = "\n".join((estate, *more)).encode()
    topology = read_configuration("apart", {"main.tf": text}, Places.of(promised.file))
    (verdict,) = prove_terraform(promised, topology).verdicts
    return verdict


def document(principal: object = None, **more: object) -> str:
    """Return a policy that lets staging's account in, unless `principal` or `more` say other."""
    by = {"AWS": f"arn:aws:iam::{THEIRS}:root"} if principal is None else principal
    allow = {"Effect": "Allow", "Principal": by, "Action": "*", "Resource": "*", **more}
    return json.dumps({"Statement": [allow]})


def made(type_: str, **attributes: str) -> str:
    """A resource in production's account, of no environment; documents are quoted."""
    lines = (f"  {name} = {json.dumps(value)}" for name, value in attributes.items())
    return "\n".join((f'resource "{type_}" "x" {{', *lines, "}"))


def role(principal: object = None, **more: object) -> str:
    return made("aws_iam_role", name="x", assume_role_policy=document(principal, **more))


def topic(principal: object = None, **more: object) -> str:
    return made("aws_sns_topic", policy=document(principal, **more))


def when(operator: str, key: str, *values: str) -> dict[str, object]:
    return {"Condition": {operator: {key: list(values)}}}


def test_nothing_lets_anybody_in(promised: Promised) -> None:
    verdict = asked(promised)
    assert verdict.decision is HOLDS
    assert (
        f"nothing in staging (account {THEIRS}) lets in a principal of production (account "
        f"{MINE}), nor the other way round: no trust, policy, permission or list"
    ) in [each.text for each in verdict.why]


@pytest.mark.parametrize(("type_", "attribute"), sorted(DOCUMENTS.items()))
def test_a_document_that_names_the_other_account_lets_it_in(
    promised: Promised, type_: str, attribute: str
) -> None:
    verdict = asked(promised, made(type_, **{attribute: document()}))
    assert verdict.decision is BROKEN
    told = [each.text for each in verdict.counterexample]
    assert any(
        each.startswith(f"{type_}.x lets principals of staging (account {THEIRS}) into production")
        and f"allows arn:aws:iam::{THEIRS}:root" in each
        for each in told
    )
    later = f'resource "{type_}" "x" {{\n  {attribute} = data.external.later.result\n}}'
    assert asked(promised, later).decision is UNKNOWN


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (made("aws_lambda_permission", principal=THEIRS), BROKEN),
        (made("aws_lambda_permission", principal="*"), BROKEN),
        (made("aws_lambda_permission", principal="sns.amazonaws.com"), UNKNOWN),
        (
            made("aws_lambda_permission", principal="s3.amazonaws.com", source_account=THEIRS),
            BROKEN,
        ),
        (made("aws_lambda_permission", principal="*", principal_org_id="o-1"), UNKNOWN),
        (made("aws_lambda_layer_version_permission", principal=THEIRS), BROKEN),
        (made("aws_cloudwatch_event_permission", principal=THEIRS), BROKEN),
        (made("aws_kms_grant", grantee_principal=f"arn:aws:iam::{THEIRS}:role/x"), BROKEN),
        (
            made(
                "aws_vpc_endpoint_service_allowed_principal",
                principal_arn=f"arn:aws:iam::{THEIRS}:root",
            ),
            BROKEN,
        ),
        (made("aws_ami_launch_permission", account_id=THEIRS), BROKEN),
        (made("aws_ami_launch_permission", group="all"), UNKNOWN),
        (made("aws_snapshot_create_volume_permission", account_id=THEIRS), BROKEN),
        (made("aws_db_snapshot", shared_accounts=THEIRS), UNKNOWN),
        (made("aws_lambda_function_url", authorization_type="NONE"), UNKNOWN),
        (made("aws_s3_bucket_acl", acl="authenticated-read"), UNKNOWN),
        (made("aws_s3_object", acl="public-read"), UNKNOWN),
        (made("aws_s3_bucket_logging", target_grant="x"), UNKNOWN),
        (made("aws_ram_resource_association", resource_arn="x"), UNKNOWN),
        (made("aws_route53_vpc_association_authorization", vpc_id="vpc-1"), UNKNOWN),
        (made("aws_eks_access_entry", principal_arn="x"), UNKNOWN),
        (made("aws_something_of_tomorrow"), UNKNOWN),
    ],
)
def test_other_ways_in(promised: Promised, resource: str, expected: Decision) -> None:
    assert asked(promised, resource).decision is expected


@pytest.mark.parametrize(
    "resource",
    [
        made("aws_lambda_permission", principal=MINE),
        made("aws_lambda_permission", principal="s3.amazonaws.com", source_account=MINE),
        made(
            "aws_lambda_permission",
            principal="sns.amazonaws.com",
            source_arn=f"arn:aws:sns:eu-west-1:{MINE}:t",
        ),
        made("aws_kms_grant", grantee_principal=f"arn:aws:iam::{MINE}:role/x"),
        made("aws_s3_object", acl="private"),
        made("aws_lambda_function_url", authorization_type="AWS_IAM"),
        # What lets in a third account is no tie between the two.
        role({"AWS": f"arn:aws:iam::{THIRD}:root"}),
    ],
)
def test_what_is_of_the_own_account_or_a_third_one_is_no_way_in(
    promised: Promised, resource: str
) -> None:
    assert asked(promised, resource).decision is HOLDS


def test_who_else_is_let_in_is_named(promised: Promised) -> None:
    verdict = asked(promised, role({"AWS": f"arn:aws:iam::{THIRD}:root"}))
    assert f"third accounts are let in, {THIRD}: what is done from there is not told" in [
        each.text for each in verdict.why
    ]


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"AWS": MINE}, HOLDS),
        ({"AWS": THEIRS}, BROKEN),
        ({"AWS": f"arn:aws:iam::{THEIRS}:role/deploy"}, BROKEN),
        ({"AWS": [f"arn:aws:iam::{MINE}:root", f"arn:aws:iam::{THEIRS}:root"]}, BROKEN),
        ({"AWS": "*"}, BROKEN),
        ("*", BROKEN),
        ({"AWS": "arn:aws:iam::*:role/deploy"}, UNKNOWN),
        ({"AWS": "AROAEXAMPLEID"}, UNKNOWN),
        ({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, UNKNOWN),
        # The account with which load balancers write everybody's logs.
        ({"AWS": "arn:aws:iam::156460612806:root"}, UNKNOWN),
        ({"CanonicalUser": "79a59df900b949e5"}, UNKNOWN),
        ({"Federated": "cognito-identity.amazonaws.com"}, UNKNOWN),
        ({"Federated": f"arn:aws:iam::{MINE}:oidc-provider/token.example"}, UNKNOWN),
        ({"Service": "events.amazonaws.com"}, UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_who_is_named(promised: Promised, principal: object, expected: Decision) -> None:
    assert asked(promised, topic(principal)).decision is expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("ecs-tasks.amazonaws.com", HOLDS),
        ("rds.amazonaws.com", HOLDS),
        ("states.eu-west-1.amazonaws.com", HOLDS),
        ("cognito-idp.amazonaws.com", UNKNOWN),
        ("ecs-tasks.example.com", UNKNOWN),
    ],
)
def test_a_role_is_passed_to_a_service_in_its_account_alone(
    promised: Promised, service: str, expected: Decision
) -> None:
    assert asked(promised, role({"Service": service})).decision is expected
    # A statement that lets in an account besides is not closed by that.
    both = {"Service": service, "AWS": THEIRS}
    assert asked(promised, role(both)).decision is BROKEN


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (when("StringEquals", "aws:PrincipalAccount", MINE), HOLDS),
        (when("StringEquals", "kms:CallerAccount", MINE), HOLDS),
        (when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{MINE}:role/*"), HOLDS),
        (when("StringEquals", "aws:SourceAccount", MINE), HOLDS),
        (when("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{MINE}:*"), HOLDS),
        (when("ForAnyValue:StringEquals", "aws:PrincipalAccount", MINE), HOLDS),
        (when("StringEquals", "aws:PrincipalAccount", MINE, THEIRS), BROKEN),
        (when("Bool", "aws:SecureTransport", "true"), BROKEN),
        (when("Bool", "aws:MultiFactorAuthPresent", "true"), BROKEN),
        (when("StringEquals", "aws:PrincipalOrgID", "o-1"), UNKNOWN),
        (when("StringEqualsIfExists", "aws:PrincipalAccount", MINE), UNKNOWN),
        (when("ForAllValues:StringEquals", "aws:PrincipalAccount", MINE), UNKNOWN),
        (when("StringNotEquals", "aws:PrincipalAccount", MINE), UNKNOWN),
        (when("StringLike", "aws:PrincipalAccount", "3*"), UNKNOWN),
        (when("StringLike", "aws:PrincipalArn", f"arn:aws:iam:*:{MINE}:role/*"), UNKNOWN),
        (when("ArnLike", "aws:SourceArn", "arn:aws:s3:::somebody"), UNKNOWN),
        (when("StringEquals", "aws:SourceVpc", "vpc-1"), UNKNOWN),
        (
            when("ArnLike", "kms:EncryptionContext:aws:logs:arn", f"arn:aws:logs:*:{MINE}:*"),
            UNKNOWN,
        ),
    ],
)
def test_conditions_on_everybody(
    promised: Promised, condition: dict[str, object], expected: Decision
) -> None:
    assert asked(promised, topic({"AWS": "*"}, **condition)).decision is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (when("StringEquals", "aws:SourceAccount", MINE), HOLDS),
        (when("StringEquals", "aws:SourceAccount", MINE, THEIRS), BROKEN),
        (when("StringEqualsIfExists", "aws:SourceAccount", MINE), UNKNOWN),
        (when("ArnLike", "aws:SourceArn", f"arn:aws:logs:*:{THEIRS}:*"), UNKNOWN),
        (when("ArnLike", "kms:EncryptionContext:aws:logs:arn", f"arn:aws:logs:*:{MINE}:*"), HOLDS),
    ],
)
def test_a_service_acts_for_those_whom_conditions_name(
    promised: Promised, condition: dict[str, object], expected: Decision
) -> None:
    key = made("aws_kms_key", policy=document({"Service": "logs.amazonaws.com"}, **condition))
    assert asked(promised, key).decision is expected


def statements(*written: Mapping[str, object]) -> str:
    return made("aws_sns_topic", policy=json.dumps({"Statement": list(written)}))


def test_a_refusal_may_take_away_what_is_allowed(promised: Promised) -> None:
    allow = {"Effect": "Allow", "Principal": {"AWS": THEIRS}, "Action": "*", "Resource": "*"}
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    refuse = {**allow, "Effect": "Deny", "Principal": "*"}
    assert asked(promised, statements(allow, refuse)).decision is UNKNOWN
    assert asked(promised, statements(allow, {**refuse, "Condition": plain})).decision is BROKEN
    assert asked(promised, statements(refuse)).decision is HOLDS


def test_who_is_not_named_may_be_anybody(promised: Promised) -> None:
    named = {"Effect": "Allow", "NotPrincipal": {"AWS": THEIRS}, "Action": "*", "Resource": "*"}
    assert asked(promised, statements(named)).decision is UNKNOWN
    assert asked(promised, topic(NotAction="sns:Publish")).decision is BROKEN


@pytest.mark.parametrize(
    ("type_", "attribute"),
    [("aws_s3_bucket_policy", "policy"), ("aws_opensearch_domain", "access_policies")],
)
def test_what_other_settings_may_close_again_is_not_told(
    promised: Promised, type_: str, attribute: str
) -> None:
    assert asked(promised, made(type_, **{attribute: document("*")})).decision is UNKNOWN


def test_logs_of_load_balancers_are_for_the_account_that_they_lie_under(promised: Promised) -> None:
    def logs(account: str) -> str:
        balancers = {"AWS": "arn:aws:iam::156460612806:root"}
        place = f"arn:aws:s3:::logs/web/AWSLogs/{account}/*"
        return made("aws_s3_bucket_policy", policy=document(balancers, Resource=place))

    assert asked(promised, logs(MINE)).decision is HOLDS
    assert asked(promised, logs(THEIRS)).decision is UNKNOWN


def test_lists_do_nothing_where_the_owner_of_a_bucket_owns_all_of_it(promised: Promised) -> None:
    bucket = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}'
    listed = (
        'resource "aws_s3_object" "o" {\n  bucket = aws_s3_bucket.b.id\n  acl = "public-read"\n}'
    )
    owned = """resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}"""
    assert asked(promised, bucket, listed).decision is UNKNOWN
    assert asked(promised, bucket, listed, owned).decision is HOLDS


def tools(type_: str, **attributes: str) -> str:
    """A resource in the third account."""
    return made(type_, **attributes).replace("{\n", "{\n  provider = aws.tools\n", 1)


def test_a_role_of_a_third_account_leads_on_to_what_lets_that_account_in(
    promised: Promised,
) -> None:
    into = topic({"AWS": f"arn:aws:iam::{THIRD}:role/deploy"})
    deploy = tools("aws_iam_role", name="deploy", assume_role_policy=document())
    own = document({"AWS": THIRD})
    alone = tools("aws_iam_role", name="deploy", assume_role_policy=own)
    assert asked(promised, into, alone).decision is HOLDS
    verdict = asked(promised, into, deploy)
    assert verdict.decision is UNKNOWN
    assert any("lets them in from there" in each.text for each in verdict.open)


def connection(asking: str, answering: str) -> str:
    """Connect a domain of staging, which asks, with one of production, which accepts."""
    sides = "".join(
        f'  {side}_domain_info {{\n    owner_id = "{owner}"\n    domain_name = "d"\n  }}\n'
        for side, owner in (("local", asking), ("remote", answering))
    )
    return f"""
resource "aws_opensearch_outbound_connection" "asks" {{
  provider = aws.staging
{sides}}}
resource "aws_opensearch_inbound_connection_accepter" "answers" {{
  connection_id = aws_opensearch_outbound_connection.asks.id
}}
"""


def test_a_connection_of_searches_lets_in_the_side_that_asks(promised: Promised) -> None:
    verdict = asked(promised, connection(THEIRS, MINE))
    assert verdict.decision is BROKEN
    assert "aws_opensearch_inbound_connection_accepter.answers" in verdict.counterexample[0].text
    alone = connection(MINE, MINE).replace("  provider = aws.staging\n", "")
    assert asked(promised, alone).decision is HOLDS
    unread = alone.replace("aws_opensearch_outbound_connection.asks.id", '"c-1"')
    assert asked(promised, unread).decision is UNKNOWN


@pytest.mark.parametrize(
    ("signers", "expected"),
    [("[]", HOLDS), ('["self"]', HOLDS), (f'["{THIRD}"]', HOLDS), (f'["{THEIRS}"]', UNKNOWN)],
)
def test_who_signs_for_a_distribution_is_let_in(
    promised: Promised, signers: str, expected: Decision
) -> None:
    block = f"""resource "aws_cloudfront_distribution" "x" {{
  default_cache_behavior {{
    trusted_signers = {signers}
  }}
}}"""
    assert asked(promised, block).decision is expected


def test_who_administers_an_organization_is_let_in_everywhere(promised: Promised) -> None:
    delegated = "aws_organizations_delegated_administrator"
    assert asked(promised, tools(delegated, account_id=THIRD)).decision is HOLDS
    assert asked(promised, tools(delegated, account_id=THEIRS)).decision is UNKNOWN


MEMBER = """
resource "aws_organizations_account" "member" {
  provider = aws.tools
  name     = "member"
  email    = "member@example.com"
}
resource "aws_organizations_delegated_administrator" "x" {
  provider          = aws.tools
  account_id        = aws_organizations_account.member.id
  service_principal = "config.amazonaws.com"
}
"""


def imported(account: str) -> str:
    return f'import {{\n  to = aws_organizations_account.member\n  id = "{account}"\n}}'


def test_an_account_that_is_imported_has_the_number_that_it_is_imported_by(
    promised: Promised,
) -> None:
    assert asked(promised, MEMBER).decision is UNKNOWN
    assert asked(promised, MEMBER, imported(THIRD)).decision is HOLDS
    assert asked(promised, MEMBER, imported(THEIRS)).decision is UNKNOWN


def test_what_lets_in_a_third_account_or_lies_in_it_ties_nobody(promised: Promised) -> None:
    both = document({"AWS": [MINE, THEIRS]})
    assert asked(promised, tools("aws_sns_topic", policy=both)).decision is HOLDS


@pytest.mark.parametrize("numbers", [(MINE, MINE), ("", THEIRS)])
def test_within_one_account_or_in_one_that_is_not_told_it_stays_open(
    promised: Promised, numbers: tuple[str, str]
) -> None:
    estate = ESTATE
    for old, new in zip((MINE, THEIRS), numbers, strict=True):
        line = f'allowed_account_ids = ["{old}"]'
        estate = estate.replace(line, line.replace(old, new) if new else "")
    environment = '  tags = { Environment = "production" }\n'
    tagged = role().replace("{\n", "{\n" + environment, 1)
    verdict = asked(promised, tagged, estate=estate)
    assert verdict.decision is (BROKEN if numbers == (MINE, MINE) else UNKNOWN)
    assert any("roles of one may do in the other" in each.text for each in verdict.why)


def test_a_grant_that_is_excepted_is_none(promised: Promised) -> None:
    alone = promised.file.promises[0].model_copy(update={"except_": ["aws_sns_topic.x"]})
    file = promised.file.model_copy(update={"promises": [alone]})
    assert asked(Promised(file, promised.sources), topic()).decision is HOLDS
