"""The permissions boundary: what the roles of an account may have, whatever a policy gives them.

It is the sum of what services, stores and their backups need, in this account and the regions
of its environment; and there is one role beyond it, for an emergency.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import GLOBAL, of_environment
from caisson.terraform.writing.aws.documents import (
    Condition,
    Effect,
    Statement,
    document,
    equal,
    policy,
    short_policy,
)
from caisson.terraform.writing.blueprint import SECURITY, Blueprint
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.references import attribute

_FILE = "boundary"
_NAME = "boundary"
_NOWHERE_NARROWER = "Where the resource is `*`, AWS takes no narrower one."
_EMERGENCY = "break_glass"
_LONGEST_EMERGENCY_SECONDS = 3600


def write(environment: str, plan: Blueprint) -> Iterator[Part]:
    text = document(_FILE, _NAME, GLOBAL, *statements(environment, plan))
    called = handles.boundary_name(plan, environment)
    yield text
    made = _block(
        "aws_iam_policy",
        _NAME,
        {
            "name": called,
            "description": "Beyond this no role of the account has rights.",
            "policy": short_policy(text),
            "tags": {"Name": called},
        },
        _NOWHERE_NARROWER,
    )
    yield made
    about = "The policy beyond which no role of the account has rights."
    yield Output(handles.boundary_arn(), attribute(made, "arn"), about)
    yield from _emergency(environment, plan)


def statements(environment: str, plan: Blueprint) -> Iterator[Statement]:
    """Yield what roles may have, by what it is for, and what none of them has."""
    account = plan.aws.accounts[environment]
    yield from _stores(account)
    yield from _services(account)
    yield from _backups(account)
    yield Statement(
        "OnlyOurRegions",
        resources=("*",),
        effect=Effect.DENY,
        but=("sts:*",),
        conditions=(
            Condition(
                "StringNotEquals",
                "aws:RequestedRegion",
                tuple(of_environment(environment, plan)),
            ),
        ),
    )


def _stores(account: str) -> Iterator[Statement]:
    yield Statement(
        "Stores",
        (
            "elasticache:Connect",
            "es:ESCrossClusterGet",
            "es:ESHttp*",
            "rds-db:connect",
        ),
        (
            f"arn:aws:elasticache:*:{account}:*",
            f"arn:aws:es:*:{account}:domain/*",
            f"arn:aws:rds-db:*:{account}:dbuser:*",
        ),
    )
    yield Statement(
        "Buckets",
        (
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetBucket*",
            "s3:GetInventoryConfiguration",
            "s3:GetObject*",
            "s3:GetReplicationConfiguration",
            "s3:ListBucket*",
            "s3:PutBucketNotification",
            "s3:PutInventoryConfiguration",
            "s3:PutObject",
            "s3:Replicate*",
        ),
        ("arn:aws:s3:::*",),
        conditions=(equal("aws:ResourceAccount", account),),
    )
    yield Statement(
        "Keys",
        (
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ),
        (f"arn:aws:kms:*:{account}:key/*",),
    )


def _services(account: str) -> Iterator[Statement]:
    yield Statement(
        "Configuration",
        ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "ssm:GetParameter"),
        (
            f"arn:aws:secretsmanager:*:{account}:secret:*",
            f"arn:aws:ssm:*:{account}:parameter/caisson/*",
        ),
    )
    yield Statement(
        "Images",
        (
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        ),
        (f"arn:aws:ecr:*:{account}:repository/*",),
    )
    yield Statement("Registry", ("ecr:GetAuthorizationToken",), ("*",))
    yield Statement(
        "Logs",
        (
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:GetLogEvents",
            "logs:PutLogEvents",
            "logs:PutRetentionPolicy",
        ),
        (f"arn:aws:logs:*:{account}:log-group:*",),
    )


def _backups(account: str) -> Iterator[Statement]:
    """Yield what AWS Backup uses of its own policies for databases and buckets."""
    yield Statement(
        "Backups",
        (
            "backup:CopyFromBackupVault",
            "backup:CopyIntoBackupVault",
            "backup:DescribeBackupVault",
            "backup:TagResource",
            "events:DeleteRule",
            "events:DescribeRule",
            "events:DisableRule",
            "events:EnableRule",
            "events:ListTargetsByRule",
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
            "rds:AddTagsToResource",
            "rds:CopyDBSnapshot",
            "rds:CreateDBSnapshot",
            "rds:DeleteDBSnapshot",
            "rds:DescribeDB*",
            "rds:ListTagsForResource",
            "rds:ModifyDBInstance",
            "rds:ModifyDBSnapshotAttribute",
        ),
        (
            f"arn:aws:backup:*:{account}:backup-vault:*",
            f"arn:aws:backup:*:{account}:recovery-point:*",
            f"arn:aws:events:*:{account}:rule/AwsBackupManagedRule*",
            f"arn:aws:rds:*:{account}:*",
        ),
    )
    everything = ("cloudwatch:GetMetricData", "events:ListRules", "tag:GetResources")
    yield Statement("FindForBackups", everything, ("*",))


def _emergency(environment: str, plan: Blueprint) -> Iterator[Block]:
    """Yield the role that may do to keys what nobody else may, for an hour."""
    watchers, account = plan.aws.accounts[SECURITY], plan.aws.accounts[environment]
    taken = document(_FILE, f"{_EMERGENCY}_trust", GLOBAL, _taken(watchers))
    yield taken
    role = _block(
        "aws_iam_role",
        _EMERGENCY,
        {
            "name": handles.BREAK_GLASS,
            "description": "For an emergency: passes the guardrails of the organization.",
            "assume_role_policy": policy(taken),
            "max_session_duration": _LONGEST_EMERGENCY_SECONDS,
            "tags": {"Name": handles.BREAK_GLASS},
        },
        "Without the boundary: it is there for what the boundary keeps from everybody else.",
    )
    yield role
    rights = document(
        _FILE,
        _EMERGENCY,
        GLOBAL,
        Statement(
            "Keys",
            (
                "kms:CancelKeyDeletion",
                "kms:DescribeKey",
                "kms:DisableKey",
                "kms:EnableKey",
                "kms:ScheduleKeyDeletion",
            ),
            (f"arn:aws:kms:*:{account}:key/*",),
        ),
    )
    yield rights
    body: dict[str, Value] = {
        "name": "keys",
        "role": attribute(role, "id"),
        "policy": policy(rights),
    }
    yield _block("aws_iam_role_policy", _EMERGENCY, body)


def _taken(account: str) -> Statement:
    """Return that people of the security account take the role, with a second factor."""
    return Statement(
        "Assume",
        ("sts:AssumeRole",),
        principals={"AWS": (f"arn:aws:iam::{account}:root",)},
        conditions=(Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),),
    )


def _block(kind: str, name: str, body: dict[str, Value], comment: str = "") -> Block:
    return Block(_FILE, kind, name, GLOBAL, body, comment=comment)
