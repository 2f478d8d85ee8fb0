"""ECS, EKS and Lambda: where programs run, what they need, and where they leave data."""

import json

import pytest
from terraform_support import (
    Encoded,
    Thing,
    jsonencode,
    outside,
    reading,
    ref,
    refs,
    thing,
    unknown,
)

from caisson.terraform.aws import ecs, eks, lambdas, security_groups
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import ANYWHERE, Membership, Ports, Protocol
from caisson.topology.resources import Question, Rest, Way

PLACE = (
    thing("aws_vpc.main"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main"), map_public_ip_on_launch=False),
    thing("aws_subnet.b", vpc_id=ref("aws_vpc.main"), map_public_ip_on_launch=True),
    thing("aws_security_group.app", vpc_id=ref("aws_vpc.main")),
)
CLUSTER = thing("aws_ecs_cluster.main", name="main")
TASK = thing("aws_ecs_task_definition.web")


def tasks(containers: object, *things: Thing) -> Fragment:
    known = containers is not UNKNOWN and not isinstance(containers, Encoded)
    written = json.dumps([containers]) if known else containers
    return ecs.read(
        reading(*things, thing("aws_ecs_task_definition.web", container_definitions=written))
    )


def used(fragment: Fragment) -> set[tuple[str, str, bool]]:
    return {(each.used, each.why, each.sure) for each in fragment.uses}


def moved(fragment: Fragment) -> set[tuple[Way, str, str]]:
    return {(each.way, each.source, each.target) for each in fragment.movements}


def test_a_service_with_addresses_of_its_own_is_in_its_subnets() -> None:
    fragment = ecs.read(
        reading(
            *PLACE,
            CLUSTER,
            TASK,
            thing(
                "aws_ecs_service.web",
                cluster=ref("aws_ecs_cluster.main"),
                task_definition=ref("aws_ecs_task_definition.web"),
                network_configuration=[
                    {
                        "subnets": refs("aws_subnet.a", "aws_subnet.b"),
                        "security_groups": [ref("aws_security_group.app")],
                        "assign_public_ip": False,
                    }
                ],
            ),
        )
    )
    (found,) = fragment.network.interfaces
    assert (found.owner, found.subnets) == ("aws_ecs_service.web", ("aws_subnet.a", "aws_subnet.b"))
    assert found.groups == (Membership("aws_security_group.app"),)
    assert found.public is False
    assert ("aws_ecs_task_definition.web", "task definition", True) in used(fragment)
    assert fragment.gaps == ()


@pytest.mark.parametrize(("flag", "public"), [(True, True), (None, False), (unknown(), None)])
def test_a_service_is_public_only_when_it_asks_for_it(flag: object, public: bool | None) -> None:
    configuration = {"subnets": ref("aws_subnet.b"), "assign_public_ip": flag}
    fragment = ecs.read(
        reading(*PLACE, thing("aws_ecs_service.web", network_configuration=[configuration]))
    )
    assert fragment.network.interfaces[0].public is public


def on_machines(*more: Thing, **attributes: object) -> Fragment:
    return ecs.read(
        reading(
            *PLACE,
            CLUSTER,
            thing("aws_launch_template.m", vpc_security_group_ids=[ref("aws_security_group.app")]),
            thing(
                "aws_autoscaling_group.m",
                vpc_zone_identifier=ref("aws_subnet.a"),
                launch_template=[{"id": ref("aws_launch_template.m")}],
            ),
            thing(
                "aws_ecs_capacity_provider.m",
                auto_scaling_group_provider=[
                    {"auto_scaling_group_arn": ref("aws_autoscaling_group.m")}
                ],
            ),
            thing("aws_ecs_service.web", cluster=ref("aws_ecs_cluster.main"), **attributes),
            *more,
        )
    )


@pytest.mark.parametrize("by_cluster", [True, False])
def test_a_service_without_addresses_of_its_own_has_those_of_its_machines(by_cluster: bool) -> None:
    if by_cluster:
        fragment = on_machines(
            thing(
                "aws_ecs_cluster_capacity_providers.m",
                cluster_name=ref("aws_ecs_cluster.main"),
                capacity_providers=[ref("aws_ecs_capacity_provider.m")],
            )
        )
    else:
        fragment = on_machines(
            capacity_provider_strategy=[{"capacity_provider": ref("aws_ecs_capacity_provider.m")}]
        )
    (found,) = fragment.network.interfaces
    assert (found.owner, found.subnets) == ("aws_ecs_service.web", ("aws_subnet.a",))
    assert found.groups == (Membership("aws_security_group.app"),)
    assert fragment.gaps == ()


def test_machines_that_nobody_names_are_a_gap() -> None:
    fragment = on_machines()
    assert fragment.network.interfaces == ()
    (gap,) = fragment.gaps
    assert (gap.about, Question.REACHABILITY in gap.questions) == (("aws_ecs_service.web",), True)


def test_containers_name_images_secrets_and_stores() -> None:
    fragment = tasks(
        {
            "name": "web",
            "image": "111.dkr.ecr.eu-central-1.amazonaws.com/web:v1",
            "environment": [
                {"name": "DATABASE_URL", "value": "postgres://web@db.eu.rds.amazonaws.com:5432/a"},
                {"name": "GREETING", "value": "hello"},
            ],
            "secrets": [
                {
                    "name": "PASSWORD",
                    "valueFrom": "arn:aws:secretsmanager:eu-central-1:1:secret:db-Ab:password::",
                }
            ],
        },
        thing(
            "aws_ecr_repository.web",
            repository_url="111.dkr.ecr.eu-central-1.amazonaws.com/web",
        ),
        thing("aws_db_instance.main", endpoint="db.eu.rds.amazonaws.com:5432"),
        thing(
            "aws_secretsmanager_secret.db", arn="arn:aws:secretsmanager:eu-central-1:1:secret:db-Ab"
        ),
    )
    assert used(fragment) == {
        ("aws_ecr_repository.web", "image", True),
        ("aws_db_instance.main", "environment variable DATABASE_URL", True),
        ("aws_secretsmanager_secret.db", "secret PASSWORD", True),
    }


def test_an_arn_or_a_url_names_nothing_but_what_has_the_whole_of_it() -> None:
    topic, url = "arn:aws:sns:eu-central-1:123456789012:t", "https://sqs.eu.amazonaws.com/1/q"
    secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app/db-Ab"
    here = (
        thing("aws_sns_topic.t", arn=topic),
        thing("aws_sqs_queue.q", url=url),
        thing("aws_secretsmanager_secret.db", arn=secret),
    )

    def named(*values: str) -> set[str]:
        environment = [{"name": "IT", "value": each} for each in values]
        fragment = tasks({"name": "web", "image": "web", "environment": environment}, *here)
        return {each.used for each in fragment.uses} - {"web"}

    assert named(topic, url) == {"aws_sns_topic.t", "aws_sqs_queue.q"}
    assert named(f"{secret}:password:AWSCURRENT:") == {"aws_secretsmanager_secret.db"}
    assert named(f"{secret}2:password::") == set()
    assert named("arn:aws:sns:eu-central-1:123456789012:other", "https://example.com") == set()


def logging(driver: str, **options: str) -> dict[str, object]:
    return {"image": "web", "logConfiguration": {"logDriver": driver, "options": options}}


def test_containers_log_to_the_group_that_was_read_in_the_region_they_name() -> None:
    options = {"awslogs-group": "/web", "awslogs-region": "eu-central-1"}
    group = thing("aws_cloudwatch_log_group.web", name="/web")
    fragment = tasks(logging("awslogs", **options), group)
    assert moved(fragment) == {
        (Way.LOG, "aws_ecs_task_definition.web", "aws_cloudwatch_log_group.web")
    }

    elsewhere = thing("aws_cloudwatch_log_group.web", name="/web", in_region="us-east-1")
    fragment = tasks(logging("awslogs", **options), elsewhere)
    (made,) = fragment.holdings
    assert (made.rest, made.region) == (Rest.LOG, "eu-central-1")
    assert moved(fragment) == {(Way.LOG, "aws_ecs_task_definition.web", made.id)}


def test_a_log_driver_that_sends_logs_away_is_a_gap_about_residency() -> None:
    (gap,) = tasks(logging("splunk")).gaps
    assert gap.questions == {Question.RESIDENCY}
    assert gap.about == ("aws_ecs_task_definition.web",)
    assert tasks(logging("json-file")).gaps == ()


def test_definitions_that_are_not_known_yet_name_what_they_refer_to() -> None:
    fragment = ecs.read(
        reading(
            thing("aws_ecr_repository.web"),
            thing("aws_cloudwatch_log_group.web"),
            thing(
                "aws_ecs_task_definition.web",
                container_definitions=unknown(
                    "aws_ecr_repository.web", "aws_cloudwatch_log_group.web"
                ),
            ),
        )
    )
    assert used(fragment) == {("aws_ecr_repository.web", "image", False)}
    assert [(each.target, each.sure) for each in fragment.movements] == [
        ("aws_cloudwatch_log_group.web", False)
    ]
    assert [each.about for each in fragment.gaps] == [("aws_ecs_task_definition.web",)]


def partly(driver: object = "awslogs", **options: object) -> Fragment:
    """A container whose image is known only after apply, and whose logs are written so."""
    logs = {"logDriver": driver, "options": {f"awslogs-{k}": v for k, v in options.items()}}
    return tasks(
        jsonencode([{"image": UNKNOWN, "logConfiguration": logs}]),
        thing("aws_cloudwatch_log_group.web", name=UNKNOWN),
    )


@pytest.mark.parametrize(
    ("group", "target"),
    [
        ("<aws_cloudwatch_log_group.web.name>", "aws_cloudwatch_log_group.web"),
        ("/made", "aws_ecs_task_definition.web/logs/made"),
    ],
)
def test_where_logs_go_is_told_though_an_image_is_not(group: str, target: str) -> None:
    fragment = partly(group=group)
    assert moved(fragment) == {(Way.LOG, "aws_ecs_task_definition.web", target)}
    (gap,) = fragment.gaps
    assert Question.RESIDENCY not in gap.questions
    assert {Question.ISOLATION, Question.RECOVERABILITY} <= gap.questions


@pytest.mark.parametrize(
    "fragment",
    [
        partly(group=UNKNOWN),
        partly(group="<aws_cloudwatch_log_group.web.name>-more"),
        partly(group="/made", region="us-east-1"),
        partly(group="/made", region=UNKNOWN),
        partly(driver=UNKNOWN),
        partly(driver="splunk"),
        tasks(jsonencode([UNKNOWN])),
        tasks(jsonencode([{"logConfiguration": UNKNOWN}])),
        tasks(jsonencode([{"logConfiguration": {"logDriver": "awslogs", "options": UNKNOWN}}])),
    ],
)
def test_logs_that_are_not_told_may_go_anywhere(fragment: Fragment) -> None:
    assert any(Question.RESIDENCY in each.questions for each in fragment.gaps)


REPOSITORY = "<aws_ecr_repository.web.repository_url>"


def named(**container: object) -> Fragment:
    """A container of which nothing is unknown but what others are called."""
    written = {"image": f"{REPOSITORY}:1", **container}
    return tasks(
        jsonencode([written]),
        thing("aws_ecr_repository.web"),
        thing("aws_s3_bucket.own"),
        thing("aws_sqs_queue.jobs", arn="arn:aws:sqs:eu-central-1:1:jobs"),
        thing("aws_secretsmanager_secret.db"),
    )


def test_definitions_are_told_when_only_names_are_not_known_yet() -> None:
    variables = [
        {"name": "BUCKET", "value": "<aws_s3_bucket.own.bucket>"},
        {"name": "BOTH", "value": "<aws_s3_bucket.own.arn>,arn:aws:sqs:eu-central-1:1:jobs"},
    ]
    secrets = [{"name": "DB", "valueFrom": "<aws_secretsmanager_secret.db.arn>:password::"}]
    fragment = named(environment=variables, secrets=secrets)
    assert used(fragment) == {
        ("aws_ecr_repository.web", "image", True),
        ("aws_s3_bucket.own", "environment variable BUCKET", True),
        ("aws_s3_bucket.own", "environment variable BOTH", True),
        ("aws_sqs_queue.jobs", "environment variable BOTH", True),
        ("aws_secretsmanager_secret.db", "secret DB", True),
    }
    assert fragment.gaps == ()


def test_what_is_named_anywhere_in_a_container_is_used() -> None:
    files = [{"type": "s3", "value": "<aws_s3_bucket.own.arn>/web.env"}]
    assert ("aws_s3_bucket.own", "environmentFiles", True) in used(named(environmentFiles=files))


@pytest.mark.parametrize(
    "container",
    [
        {"environment": [{"name": "IT", "value": UNKNOWN}]},
        {"environmentFiles": UNKNOWN},
        {"image": "<aws_ecr_repository.elsewhere.repository_url>:1"},
    ],
)
def test_definitions_with_anything_else_unknown_are_not_told(container: dict[str, object]) -> None:
    (gap,) = named(**container).gaps
    assert {Question.ISOLATION, Question.RECOVERABILITY} <= gap.questions


@pytest.mark.parametrize("text", ["[{]", "{}", '["web"]', "null", '[{"environment": 3}]'])
def test_definitions_that_are_no_definitions_break_nothing(text: str) -> None:
    fragment = ecs.read(reading(thing("aws_ecs_task_definition.web", container_definitions=text)))
    assert fragment.uses == ()


def test_a_function_in_a_vpc_connects_but_cannot_be_connected_to() -> None:
    fragment = lambdas.read(
        reading(
            *PLACE,
            thing(
                "aws_lambda_function.f",
                function_name="f",
                vpc_config=[
                    {
                        "subnet_ids": ref("aws_subnet.a"),
                        "security_group_ids": [ref("aws_security_group.app")],
                    }
                ],
            ),
        )
    )
    (found,) = fragment.network.interfaces
    assert (found.owner, found.public, found.listens) == ("aws_lambda_function.f", False, ())
    assert found.groups == (Membership("aws_security_group.app"),)


def test_a_function_outside_of_vpcs_has_no_interface_and_logs_by_itself() -> None:
    fragment = lambdas.read(
        reading(thing("aws_lambda_function.f", function_name="f", vpc_config=[]))
    )
    assert fragment.network.interfaces == ()
    (logs,) = fragment.holdings
    assert (logs.id, logs.encrypted) == ("aws_lambda_function.f/logs/aws/lambda/f", True)


def test_a_function_logs_to_the_group_with_its_name_or_the_one_it_names() -> None:
    group = thing("aws_cloudwatch_log_group.f", name="/aws/lambda/f")
    other = thing("aws_cloudwatch_log_group.other", name="/other")
    plain = thing("aws_lambda_function.f", function_name="f")
    chosen = thing(
        "aws_lambda_function.f",
        function_name="f",
        logging_config=[{"log_group": ref("aws_cloudwatch_log_group.other")}],
    )
    assert moved(lambdas.read(reading(group, other, plain))) == {
        (Way.LOG, "aws_lambda_function.f", "aws_cloudwatch_log_group.f")
    }
    assert moved(lambdas.read(reading(group, other, chosen))) == {
        (Way.LOG, "aws_lambda_function.f", "aws_cloudwatch_log_group.other")
    }


def test_a_functions_environment_names_stores() -> None:
    fragment = lambdas.read(
        reading(
            thing("aws_dynamodb_table.t"),
            thing("aws_kms_key.k"),
            thing(
                "aws_lambda_function.f",
                function_name="f",
                kms_key_arn=ref("aws_kms_key.k"),
                environment=[{"variables": {"TABLE": ref("aws_dynamodb_table.t"), "MODE": "x"}}],
            ),
        )
    )
    assert used(fragment) == {
        ("aws_dynamodb_table.t", "environment variable TABLE", True),
        ("aws_kms_key.k", "key", True),
    }


def test_a_url_without_authorization_is_on_the_internet() -> None:
    def url(authorization: object) -> Fragment:
        return lambdas.read(
            reading(
                thing("aws_lambda_function.f", function_name="f"),
                thing("aws_lambda_alias.live", function_name=ref("aws_lambda_function.f")),
                thing(
                    "aws_lambda_function_url.u",
                    function_name=ref("aws_lambda_alias.live"),
                    authorization_type=authorization,
                ),
            )
        )

    (open_,) = url("NONE").network.forwards
    assert (open_.owner, open_.target) == ("aws_lambda_function_url.u", "aws_lambda_function.f")
    assert (open_.from_internet, open_.sure) == (True, True)
    assert url("AWS_IAM").network.forwards == ()
    assert url("AWS_IAM").network.listeners[0].public is False
    (perhaps,) = url(UNKNOWN).network.forwards
    assert not perhaps.sure


def test_messages_pass_from_a_queue_to_its_function() -> None:
    fragment = lambdas.read(
        reading(
            thing("aws_sqs_queue.q"),
            thing("aws_sqs_queue.failed"),
            thing("aws_lambda_function.f", function_name="f"),
            thing(
                "aws_lambda_event_source_mapping.m",
                event_source_arn=ref("aws_sqs_queue.q"),
                function_name=ref("aws_lambda_function.f"),
                destination_config=[
                    {"on_failure": [{"destination_arn": ref("aws_sqs_queue.failed")}]}
                ],
            ),
        )
    )
    assert {
        (Way.MESSAGE, "aws_sqs_queue.q", "aws_lambda_function.f"),
        (Way.MESSAGE, "aws_sqs_queue.q", "aws_sqs_queue.failed"),
    } <= moved(fragment)


def test_a_permission_is_a_statement_of_the_functions_policy() -> None:
    def permission(**attributes: object) -> object:
        fragment = lambdas.read(
            reading(
                thing("aws_lambda_function.f", function_name="f"),
                thing(
                    "aws_lambda_permission.p",
                    function_name=ref("aws_lambda_function.f"),
                    action="lambda:InvokeFunction",
                    **attributes,
                ),
            )
        )
        (policy,) = fragment.policies
        assert (policy.attached_to, policy.kind) == ("aws_lambda_function.f", "resource")
        return policy.document and json.loads(policy.document)["Statement"][0]

    everybody = permission(principal="*")
    assert isinstance(everybody, dict)
    assert everybody["Principal"] == "*"
    assert "Condition" not in everybody
    tied = permission(principal="sns.amazonaws.com", source_arn="arn:aws:sns:eu:1:t")
    assert isinstance(tied, dict)
    assert tied["Principal"] == {"Service": "sns.amazonaws.com"}
    assert tied["Condition"] == {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:eu:1:t"}}
    assert permission(principal="sns.amazonaws.com", source_arn=unknown()) is None


def cluster(**configuration: object) -> Thing:
    return thing(
        "aws_eks_cluster.main",
        name="main",
        vpc_config=[{"subnet_ids": refs("aws_subnet.a", "aws_subnet.b")} | configuration],
        encryption_config=[{"provider": [{"key_arn": ref("aws_kms_key.k")}]}],
        enabled_cluster_log_types=["audit"],
    )


def kubernetes(*things: Thing) -> Fragment:
    return eks.read(reading(*PLACE, thing("aws_kms_key.k"), *things))


def test_a_control_plane_is_in_the_group_that_eks_makes() -> None:
    (found,) = kubernetes(cluster()).network.interfaces
    assert found.groups == (Membership("aws_eks_cluster.main/cluster-group"),)
    made = reading(*PLACE, thing("aws_kms_key.k"), cluster())
    groups = joined([eks.read(made), security_groups.read(made)]).network.groups
    (group,) = [each for each in groups if each.id == "aws_eks_cluster.main/cluster-group"]
    assert group.ingress[0].groups == (group.id,)
    assert group.egress[0].cidrs == ANYWHERE


@pytest.mark.parametrize(
    ("configuration", "public", "forwards"),
    [
        ({}, True, [True]),
        ({"endpoint_public_access": False}, False, []),
        ({"public_access_cidrs": ["0.0.0.0/0"]}, True, [True]),
        ({"public_access_cidrs": ["203.0.113.0/24"]}, None, [False]),
        ({"endpoint_public_access": unknown()}, None, [False]),
    ],
)
def test_the_endpoint_is_on_the_internet_unless_it_is_switched_off(
    configuration: dict[str, object], public: bool | None, forwards: list[bool]
) -> None:
    fragment = kubernetes(cluster(**configuration))
    assert fragment.network.listeners[0].public is public
    assert [each.sure for each in fragment.network.forwards] == forwards
    assert all(each.from_internet for each in fragment.network.forwards)


def test_a_clusters_state_is_encrypted_and_its_logs_come_to_rest() -> None:
    fragment = kubernetes(cluster())
    state = next(each for each in fragment.holdings if each.rest is Rest.STORE)
    assert (state.encrypted, state.keys) == (True, ("aws_kms_key.k",))
    assert [each.way for each in fragment.movements] == [Way.LOG]


def node_group(**attributes: object) -> Thing:
    return thing(
        "aws_eks_node_group.n",
        cluster_name=ref("aws_eks_cluster.main"),
        subnet_ids=ref("aws_subnet.b"),
        **attributes,
    )


def machines(fragment: Fragment) -> tuple[Membership, ...]:
    return next(
        each.groups for each in fragment.network.interfaces if each.owner == "aws_eks_node_group.n"
    )


def test_machines_of_a_cluster_are_in_its_group_unless_their_template_says_others() -> None:
    template = thing(
        "aws_launch_template.n", vpc_security_group_ids=[ref("aws_security_group.app")]
    )
    own = node_group(launch_template=[{"id": ref("aws_launch_template.n")}])
    plain = kubernetes(cluster(), node_group())
    assert machines(plain) == (Membership("aws_eks_cluster.main/cluster-group"),)
    assert machines(kubernetes(cluster(), template, own)) == (Membership("aws_security_group.app"),)


@pytest.mark.parametrize(
    ("sources", "cidrs", "groups"),
    [
        (None, ANYWHERE, ()),
        ([ref("aws_security_group.app")], (), ("aws_security_group.app",)),
    ],
)
def test_remote_access_lets_ssh_in(
    sources: object, cidrs: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    access = {"ec2_ssh_key": "ops", "source_security_group_ids": sources}
    fragment = kubernetes(cluster(), node_group(remote_access=[access]))
    group = next(each for each in fragment.network.groups if "remote-access" in each.id)
    (rule,) = group.ingress
    assert (rule.protocol, rule.ports) == (Protocol.TCP, Ports(22, 22))
    assert (rule.cidrs, rule.groups) == (cidrs, groups)
    assert Membership(group.id) in machines(fragment)


def test_a_clusters_group_that_was_not_read_may_permit_anything() -> None:
    profile = thing(
        "aws_eks_fargate_profile.p",
        cluster_name=outside("elsewhere"),
        subnet_ids=ref("aws_subnet.a"),
    )
    (found,) = kubernetes(profile).network.interfaces
    assert found.groups == (Membership("elsewhere/cluster-group"),)
