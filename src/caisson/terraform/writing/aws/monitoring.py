"""Enhanced monitoring: how the machines of databases are doing, as they see it themselves."""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles, logs
from caisson.terraform.writing.aws.documents import (
    Condition,
    Statement,
    assumed_by,
    document,
    equal,
    policy,
)
from caisson.terraform.writing.blueprint import Blueprint, Place
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute, remote

INTERVAL_S = 60
_FILE, _NAME = "monitoring", "monitoring"
# Where RDS writes it, for all databases of a region.
_METRICS = "RDSOSMetrics"
_WRITE = (
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
)


def parts(place: Place, databases: tuple[str, ...], plan: Blueprint) -> Iterator[Block]:
    """Yield what the databases of a place, of these identifiers, need to be monitored."""
    yield logs.group(_FILE, place, label(place.region, _NAME), _METRICS)
    yield _trust(place, databases)
    yield role(place, plan)
    yield _rights(place)
    body: dict[str, Value] = {
        "name": _called(place, plan),
        "role": attribute(role(place, plan), "id"),
        "policy": policy(_rights(place)),
    }
    yield Block(_FILE, "aws_iam_role_policy", label(place.region, _NAME), place.label, body)


def role(place: Place, plan: Blueprint) -> Block:
    body: dict[str, Value] = {
        "name": _called(place, plan),
        "description": "Lets RDS write how the machines of databases are doing.",
        # The document is named here: whom it trusts does not matter.
        "assume_role_policy": policy(_trust(place, ())),
        "permissions_boundary": remote(handles.BASE, handles.boundary_arn()),
        "tags": {"Name": _called(place, plan)},
    }
    return Block(_FILE, "aws_iam_role", label(place.region, _NAME), place.label, body)


def _trust(place: Place, databases: tuple[str, ...]) -> Block:
    arns = tuple(f"arn:aws:rds:{place.aws}:{place.account}:db:{each}" for each in databases)
    of_ours = Condition("ArnEquals", "aws:SourceArn", arns)
    trusted = assumed_by("monitoring.rds", equal("aws:SourceAccount", place.account), of_ours)
    return document(_FILE, label(place.region, _NAME, "trust"), place.label, trusted)


def _rights(place: Place) -> Block:
    """Return what AWS's own policy for this permits, for the one group that it is about.

    It leaves out the right to say how long that is kept.
    """
    group = f"arn:aws:logs:{place.aws}:{place.account}:log-group:{_METRICS}"
    return document(
        _FILE,
        label(place.region, _NAME),
        place.label,
        Statement("FindTheGroup", ("logs:CreateLogGroup",), (group,)),
        Statement("WriteIntoIt", _WRITE, (f"{group}:log-stream:*",)),
    )


def _called(place: Place, plan: Blueprint) -> str:
    return plan.name(place, "database", _NAME, limit=handles.ROLE_LETTERS)
