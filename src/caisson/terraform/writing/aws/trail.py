"""The trail: who did what in any account of the organization, kept where none of them reaches.

It has what was done to the infrastructure, and not what was done to objects or rows: the names
of those are the tenants', and stay in their jurisdiction.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.buckets import Private, ageing, arns, bucket, bucket_of
from caisson.terraform.writing.aws.documents import (
    Condition,
    Statement,
    assumed_by,
    document,
    equal,
    policy,
)
from caisson.terraform.writing.aws.logs import RETENTION_DAYS
from caisson.terraform.writing.aws.own_keys import THIS_KEY, OwnKey, key, key_of, used_by
from caisson.terraform.writing.blueprint import INTERNAL, MANAGEMENT, SECURITY, Blueprint
from caisson.terraform.writing.model import Block, Form, Value
from caisson.terraform.writing.names import physical
from caisson.terraform.writing.references import attribute

_FILE = _NAME = "trail"
_PROVIDER = handles.SECURITY
_CLOUDTRAIL = {"Service": ("cloudtrail.amazonaws.com",)}
_FOUND = Block(_FILE, "aws_organizations_organization", "found", _PROVIDER, {}, Form.DATA)


def write(plan: Blueprint) -> Iterator[Block]:
    yield _FOUND
    yield from _archive(plan)
    yield from _log(plan)
    yield _trail(plan)


def _trail(plan: Blueprint) -> Block:
    body: dict[str, Value] = {
        "name": _called(plan),
        "s3_bucket_name": attribute(bucket_of(_private(plan)), "id"),
        "kms_key_id": attribute(key_of(_key(plan)), "arn"),
        "is_organization_trail": True,
        "is_multi_region_trail": True,
        "include_global_service_events": True,
        "enable_log_file_validation": True,
        "cloud_watch_logs_group_arn": f"{attribute(_group(plan), 'arn')}:*",
        "cloud_watch_logs_role_arn": attribute(_role(plan), "arn"),
        "tags": {"Name": _called(plan), "DataClass": INTERNAL},
        # Without these CloudTrail finds that it may not write, and refuses.
        "depends_on": [f"aws_s3_bucket_policy.{_NAME}", f"aws_iam_role_policy.{_NAME}"],
    }
    return _block("aws_cloudtrail", body)


def _archive(plan: Blueprint) -> Iterator[Block]:
    private = _private(plan)
    log = f"arn:aws:logs:{_region(plan)}:{plan.aws.accounts[SECURITY]}:log-group:{_called(plan)}"
    context = Condition("ArnEquals", "kms:EncryptionContext:aws:logs:arn", (log,))
    yield from key(
        _key(plan),
        _encrypting(plan),
        used_by("Log", f"logs.{_region(plan)}", context),
    )
    yield from bucket(private, [ageing()], *_delivering(private, plan))
    yield _block(
        "aws_s3_bucket_object_lock_configuration",
        {
            "bucket": attribute(bucket_of(private), "id"),
            "rule": {"default_retention": {"mode": "GOVERNANCE", "days": RETENTION_DAYS}},
        },
        comment="Only the role `break-glass` gets past the organization's guardrail to lift this.",
    )


def _log(plan: Blueprint) -> Iterator[Block]:
    """Yield the log in which the newest of the trail can be searched."""
    group = _group(plan)
    yield group
    taken = document(
        _FILE,
        "trail_role",
        _PROVIDER,
        assumed_by("cloudtrail", equal("aws:SourceArn", _arn(plan))),
    )
    yield taken
    yield _role(plan)
    streams = f"{attribute(group, 'arn')}:log-stream:*_CloudTrail_*"
    rights = document(
        _FILE,
        "trail_log",
        _PROVIDER,
        Statement("Write", ("logs:CreateLogStream", "logs:PutLogEvents"), (streams,)),
    )
    yield rights
    yield _block(
        "aws_iam_role_policy",
        {"name": "log", "role": attribute(_role(plan), "id"), "policy": policy(rights)},
    )


def _group(plan: Blueprint) -> Block:
    return _block(
        "aws_cloudwatch_log_group",
        {
            "name": _called(plan),
            "retention_in_days": RETENTION_DAYS,
            "kms_key_id": attribute(key_of(_key(plan)), "arn"),
            "tags": {"Name": _called(plan), "DataClass": INTERNAL},
        },
    )


def _role(plan: Blueprint) -> Block:
    taken = document(_FILE, "trail_role", _PROVIDER)
    return _block(
        "aws_iam_role",
        {
            "name": f"{_called(plan)}-log",
            "description": "Takes the trail into a log.",
            "assume_role_policy": policy(taken),
            "tags": {"Name": f"{_called(plan)}-log"},
        },
    )


def _key(plan: Blueprint) -> OwnKey:
    account = plan.aws.accounts[SECURITY]
    about = "Encrypts the trail of the organization."
    return OwnKey(_FILE, _NAME, _PROVIDER, account, _called(plan), about)


def _private(plan: Blueprint) -> Private:
    called = physical(plan.estate.estate, _NAME, plan.aws.accounts[SECURITY])
    return Private(_FILE, _NAME, _PROVIDER, called, key_of(_key(plan)), locked=True)


def _encrypting(plan: Blueprint) -> Statement:
    """Return the statement by which CloudTrail encrypts for this trail, of whatever account."""
    context = f"arn:aws:cloudtrail:*:{plan.aws.accounts[MANAGEMENT]}:trail/*"
    return Statement(
        "Trail",
        ("kms:DescribeKey", "kms:GenerateDataKey*"),
        THIS_KEY,
        principals=_CLOUDTRAIL,
        conditions=(
            equal("aws:SourceArn", _arn(plan)),
            Condition("StringLike", "kms:EncryptionContext:aws:cloudtrail:arn", (context,)),
        ),
    )


def _delivering(private: Private, plan: Blueprint) -> Iterator[Statement]:
    whole, _ = arns(private)
    source = equal("aws:SourceArn", _arn(plan))
    yield Statement(
        "See", ("s3:GetBucketAcl",), (whole,), principals=_CLOUDTRAIL, conditions=(source,)
    )
    folders = (plan.aws.accounts[MANAGEMENT], attribute(_FOUND, "id"))
    yield Statement(
        "Deliver",
        ("s3:PutObject",),
        tuple(f"{whole}/AWSLogs/{each}/*" for each in folders),
        principals=_CLOUDTRAIL,
        conditions=(source, equal("s3:x-amz-acl", "bucket-owner-full-control")),
    )


def _arn(plan: Blueprint) -> str:
    """Return the name of the trail: whoever makes it, it is the management account's."""
    account = plan.aws.accounts[MANAGEMENT]
    return f"arn:aws:cloudtrail:{_region(plan)}:{account}:trail/{_called(plan)}"


def _region(plan: Blueprint) -> str:
    return plan.state_region(plan.areas[0].jurisdiction)


def _called(plan: Blueprint) -> str:
    return physical(plan.estate.estate, _NAME, limit=50)


def _block(kind: str, body: dict[str, Value], comment: str = "") -> Block:
    return Block(_FILE, kind, _NAME, _PROVIDER, body, comment=comment)
