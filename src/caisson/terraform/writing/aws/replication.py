"""How files come from a home's bucket into its standby's, in the region's and keys' own ways."""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.bucket_parts import Closed
from caisson.terraform.writing.aws.documents import (
    Condition,
    Statement,
    assumed_by,
    document,
    equal,
    policy,
)
from caisson.terraform.writing.aws.stores import StoreHere
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute, remote

_WORD = "replication"
_RULE = "to-standby"
_MINUTES = 15  # the one value that AWS has for it, and promises for 99.9 % of objects
_LATE_S = _MINUTES * 60
_READ = (
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTagging",
)
_READ_LOCKS = ("s3:GetObjectLegalHold", "s3:GetObjectRetention")
_WRITE = ("s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags")


def replicated(
    home: StoreHere, source: Closed, standby: StoreHere, target: Closed, after: list[str]
) -> Iterator[Block]:
    """Yield the replication, with its role and its alarms, to be made after the blocks `after`."""
    trust, rights = _trust(home, source), _rights(home, source, standby, target)
    role = _role(home, trust)
    yield trust
    yield role
    yield rights
    own: dict[str, Value] = {
        "name": _WORD,
        "role": attribute(role, "id"),
        "policy": policy(rights),
    }
    yield home.part("aws_iam_role_policy", own, _WORD)
    body: dict[str, Value] = {
        "role": attribute(role, "arn"),
        "rule": _rule(standby, target),
        "depends_on": list(after),
    }
    yield source.part("aws_s3_bucket_replication_configuration", body)
    yield from _alarms(home, standby)


def _rule(standby: StoreHere, target: Closed) -> dict[str, Value]:
    at_most: Value = {"minutes": _MINUTES}
    return {
        "id": _RULE,
        "status": "Enabled",
        "filter": {},
        "delete_marker_replication": {"status": "Enabled"},
        "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
        "destination": {
            "bucket": target.arn,
            "encryption_configuration": {"replica_kms_key_id": standby.key_arn},
            "metrics": {"status": "Enabled", "event_threshold": at_most},
            "replication_time": {"status": "Enabled", "time": at_most},
        },
    }


def _role(home: StoreHere, trust: Block) -> Block:
    body: dict[str, Value] = {
        "name": home.called(_WORD, limit=handles.ROLE_LETTERS),
        "description": f"Copies {home.name} of {home.place.site} to its standby.",
        "assume_role_policy": policy(trust),
        "permissions_boundary": remote(handles.BASE, handles.boundary_arn()),
    }
    return home.block("aws_iam_role", body, _WORD)


def _trust(home: StoreHere, source: Closed) -> Block:
    own = (
        equal("aws:SourceAccount", home.place.account),
        Condition("ArnEquals", "aws:SourceArn", (source.arn,)),
    )
    name = label(home.place.region, home.name, _WORD, "trust")
    return document(home.file, name, home.place.label, assumed_by("s3", *own))


def _rights(home: StoreHere, source: Closed, standby: StoreHere, target: Closed) -> Block:
    backup = home.store.backup
    locked = backup is not None and backup.locked is not None
    name = label(home.place.region, home.name, _WORD)
    return document(
        home.file,
        name,
        home.place.label,
        Statement("See", ("s3:GetReplicationConfiguration", "s3:ListBucket"), (source.arn,)),
        Statement("Read", (*_READ, *(_READ_LOCKS if locked else ())), (f"{source.arn}/*",)),
        Statement("Write", _WRITE, (f"{target.arn}/*",)),
        _key("Decipher", ("kms:Decrypt",), home, source),
        _key("Encipher", ("kms:Encrypt", "kms:GenerateDataKey"), standby, target),
    )


def _key(sid: str, actions: tuple[str, ...], here: StoreHere, made: Closed) -> Statement:
    """Return the use of the key of a place, through S3 and for that bucket alone."""
    conditions = (
        equal("kms:ViaService", f"s3.{here.place.aws}.amazonaws.com"),
        Condition("ArnLike", "kms:EncryptionContext:aws:s3:arn", (made.arn, f"{made.arn}/*")),
    )
    return Statement(sid, actions, (here.key_arn,), conditions=conditions)


def _alarms(home: StoreHere, standby: StoreHere) -> Iterator[Block]:
    def watch(metric: str, limit: float, statistic: str) -> Watch:
        dimensions = {
            "SourceBucket": home.called(home.place.account),
            "DestinationBucket": standby.called(standby.place.account),
            "RuleId": _RULE,
        }
        return Watch(
            "AWS/S3", metric, dimensions, limit, statistic=statistic, missing="notBreaching"
        )

    yield home.alarm(
        "replication-late",
        watch("ReplicationLatency", _LATE_S, "Maximum"),
        f"Files of {home.name} come to the standby later than promised.",
    )
    yield home.alarm(
        "replication-failed",
        watch("OperationsFailedReplication", 0, "Sum"),
        f"Files of {home.name} did not come to the standby.",
    )
