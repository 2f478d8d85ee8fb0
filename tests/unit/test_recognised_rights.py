"""What a service may do, told from policies that a plan has in full."""

import json

from terraform_support import reading, ref, thing

from caisson.terraform.recognition.rights import Right, rights

PROXY = "arn:aws:rds:eu-west-1:333333333333:db-proxy:prx-1"
SIGNS_IN = "arn:aws:rds-db:eu-west-1:333333333333:dbuser:prx-1/web"
BUCKET = "arn:aws:s3:::files"


def allowed(*statements: dict[str, object]) -> tuple[Right, ...]:
    found = reading(
        thing("aws_ecs_service.web", task_definition=ref("aws_ecs_task_definition.web")),
        thing("aws_ecs_task_definition.web", task_role_arn=ref("aws_iam_role.web")),
        thing("aws_iam_role.web"),
        thing("aws_iam_role_policy.web", role=ref("aws_iam_role.web"), policy=text(*statements)),
        thing("aws_db_proxy.blocks", arn=PROXY),
        thing("aws_s3_bucket.files", arn=BUCKET),
    )
    return rights(found.at("aws_ecs_service.web"))


def text(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_one_action_and_several_are_read_with_what_they_are_for() -> None:
    signs_in = {"Effect": "Allow", "Action": "rds-db:connect", "Resource": SIGNS_IN}
    reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": [BUCKET]}
    assert allowed(signs_in, reads) == (
        Right(frozenset({"rds-db:connect"}), frozenset({"aws_db_proxy.blocks"})),
        Right(frozenset({"s3:GetObject", "s3:PutObject"}), frozenset({"aws_s3_bucket.files"})),
    )


def test_what_is_denied_or_for_another_proxy_is_no_right() -> None:
    denied = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": BUCKET}
    elsewhere = SIGNS_IN.replace("prx-1", "prx-2")
    other = {"Effect": "Allow", "Action": "rds-db:connect", "Resource": elsewhere}
    (found,) = allowed(denied, other)
    assert found.to == frozenset()


def test_who_may_do_it_to_all_that_is_in_a_bucket_may_do_it_to_the_bucket() -> None:
    (found,) = allowed({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"})
    assert found.to == frozenset({"aws_s3_bucket.files"})
