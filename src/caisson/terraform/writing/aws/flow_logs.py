"""Flow logs: who spoke with whom in a VPC, and who was refused."""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles, logs, network
from caisson.terraform.writing.aws.documents import (
    Condition,
    Statement,
    assumed_by,
    document,
    equal,
    policy,
)
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Body, Part
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute, remote

_FILE = "flow_logs"
_SECONDS = 60  # the shortest time for which AWS gathers before it writes


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        yield from _of_place(place, plan)


def _of_place(place: Place, plan: Blueprint) -> Iterator[Block]:
    name = plan.name(place, "flow-logs", limit=handles.ROLE_LETTERS)
    group = logs.group(_FILE, place, _label(place), f"/aws/vpc/{plan.name(place)}")
    trust = document(_FILE, _label(place, "trust"), place.label, _trust(place))
    role = _block(
        place,
        "aws_iam_role",
        {
            "name": name,
            "description": f"Writes the flow logs of {place.site}.",
            "assume_role_policy": policy(trust),
            "permissions_boundary": remote(handles.BASE, handles.boundary_arn()),
            "tags": {"Name": name},
        },
    )
    rights = document(_FILE, _label(place, "rights"), place.label, *_rights(place, group))
    allowed = {"name": "write", "role": attribute(role, "name"), "policy": policy(rights)}
    flows = _block(
        place,
        "aws_flow_log",
        {
            "vpc_id": attribute(network.vpc(place, plan), "id"),
            "traffic_type": "ALL",
            "log_destination": attribute(group, "arn"),
            "iam_role_arn": attribute(role, "arn"),
            "max_aggregation_interval": _SECONDS,
            "tags": {"Name": name},
        },
    )
    yield from (group, trust, role, rights, _block(place, "aws_iam_role_policy", allowed), flows)


def _trust(place: Place) -> Statement:
    """Return who takes the role: the service, for flow logs of this account and region alone."""
    flows = f"arn:aws:ec2:{place.aws}:{place.account}:vpc-flow-log/*"
    return assumed_by(
        "vpc-flow-logs",
        equal("aws:SourceAccount", place.account),
        Condition("ArnLike", "aws:SourceArn", (flows,)),
    )


def _rights(place: Place, group: Block) -> Iterator[Statement]:
    arn = attribute(group, "arn")
    write_there = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
    yield Statement("Write", write_there, (arn, f"{arn}:log-stream:*"))
    # Groups are listed all at once: AWS allows no narrower resource.
    groups = f"arn:aws:logs:{place.aws}:{place.account}:log-group:*"
    yield Statement("FindTheGroup", ("logs:DescribeLogGroups",), (groups,))


def _label(place: Place, *words: str) -> str:
    return label(place.region, "flow_logs", *words)


def _block(place: Place, kind: str, body: Body) -> Block:
    return Block(_FILE, kind, _label(place), place.label, body)
