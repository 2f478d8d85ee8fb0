"""Roles of services: one that starts their copies, and one that the copies themselves have.

The first pulls exactly one image and writes exactly one log. The second has the rights that the
service's `uses` need and no others. Neither has more than the permissions boundary, and only ECS
takes them, for this account.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from caisson.terraform.writing.aws import handles, images
from caisson.terraform.writing.aws.documents import (
    Condition,
    Statement,
    assumed_by,
    document,
    equal,
    policy,
)
from caisson.terraform.writing.aws.rights import configured, rights
from caisson.terraform.writing.aws.served import ServiceHere, served
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.references import attribute, remote

_FILE = "roles"
_EXECUTION, _TASK = "execution", "task"
_REGISTRY = "What lets into the registry is of no repository: AWS knows no narrower resource."
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for here in served(area, plan):
        yield from _role(here, _EXECUTION, execution_role(here), tuple(_starting(here)))
        yield from _role(here, _TASK, task_role(here), (*configured(here), *rights(here)))


def execution_role(here: ServiceHere) -> Block:
    """Return the role by which ECS starts the copies."""
    name = here.called(_EXECUTION, limit=handles.ROLE_LETTERS)
    return _made(here, _EXECUTION, name, "Pulls the image and writes the log of")


def task_role(here: ServiceHere) -> Block:
    """Return the role that the copies have."""
    name = handles.task_role_name(here.place, here.name, here.plan)
    return _made(here, _TASK, name, "What may be done by")


def _made(here: ServiceHere, word: str, name: str, about: str) -> Block:
    body: dict[str, Value] = {
        "name": name,
        "description": f"{about} {here.component.id}.",
        "assume_role_policy": policy(_trust(here)),
        "permissions_boundary": remote(handles.BASE, handles.boundary_arn()),
    }
    return here.block(_FILE, "aws_iam_role", body, word)


def _role(
    here: ServiceHere, word: str, role: Block, statements: Sequence[Statement]
) -> Iterator[Block]:
    if word == _EXECUTION:
        yield _trust(here)
    yield role
    made = document(_FILE, role.name, here.place.label, *statements)
    yield replace(made, comment=_REGISTRY) if word == _EXECUTION else made
    body: dict[str, Value] = {"name": word, "role": attribute(role, "id"), "policy": policy(made)}
    yield here.part(_FILE, "aws_iam_role_policy", body, word)


def _trust(here: ServiceHere) -> Block:
    """Return who takes the roles. AWS tells ECS's own calls by account and region, no nearer."""
    account, region = here.place.account, here.place.aws
    own = Condition("ArnLike", "aws:SourceArn", (f"arn:aws:ecs:{region}:{account}:*",))
    statement = assumed_by("ecs-tasks", equal("aws:SourceAccount", account), own)
    return document(_FILE, f"{here.part(_FILE, '', {}).name}_trust", here.place.label, statement)


def _starting(here: ServiceHere) -> Iterator[Statement]:
    repository = images.repository_arn(here)
    if repository is not None:
        yield Statement("EnterTheRegistry", ("ecr:GetAuthorizationToken",), ("*",))
        yield Statement("PullItsImage", _PULL, (repository,))
    group = f"arn:aws:logs:{here.place.aws}:{here.place.account}:log-group:{here.path()}"
    streams = (f"{group}:log-stream:{here.container}/*",)
    yield Statement("WriteItsLog", ("logs:CreateLogStream", "logs:PutLogEvents"), streams)
