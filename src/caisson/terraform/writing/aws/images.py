"""ECR: a repository in each place for every image of our own.

An image is one's own when it is written without a registry, such as `workspace/web:1.4.2`: it is
pushed to the home's repository, and AWS copies it to the standby's. Others are used as written.
"""

import json
import re
from collections.abc import Iterator

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.registries import another, own_name
from caisson.terraform.writing.aws.served import ServiceHere, served
from caisson.terraform.writing.blueprint import INTERNAL, Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute, remote

_FILE = "images"
_KEPT = 100  # versions of an image: far more than anybody goes back
_DAYS_UNTAGGED = 14


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    names = _names(area, plan)
    for place in area.places:
        for name in names:
            made = _repository(place, name, plan)
            yield made
            yield _lifecycle(made)
            yield from _told(place, name, made)
    if area.standby is not None and names:
        yield _replication(area.home, area.standby)


def reference(here: ServiceHere) -> str:
    """Return the image that a service runs in a place."""
    image = here.service.image or ""
    name = own_name(image)
    if name is None:
        return image
    url = remote(handles.IMAGES, handles.repository_url(here.place, name))
    return f"{url}{image[len(name) :]}"


def repository_arn(here: ServiceHere) -> str | None:
    """Return the repository of ECR that a service's image is in, and None when it is elsewhere."""
    image = here.service.image or ""
    if name := own_name(image):
        return remote(handles.IMAGES, handles.repository_arn(here.place, name))
    found = another(image)
    return None if found is None else found.arn


def _told(place: Place, name: str, made: Block) -> Iterator[Output]:
    """Yield what services are told of a repository, and whoever pushes to it."""
    url, arn = handles.repository_url(place, name), handles.repository_arn(place, name)
    about = f"Where {name} is pushed to, for {place.site}."
    yield Output(url, attribute(made, "repository_url"), about)
    yield Output(arn, attribute(made, "arn"), f"The repository of {name} in {place.site}.")


def _names(area: Area, plan: Blueprint) -> tuple[str, ...]:
    images = (each.service.image or "" for each in served(area, plan))
    return tuple(dict.fromkeys(name for each in images if (name := own_name(each))))


def _repository(place: Place, name: str, plan: Blueprint) -> Block:
    return Block(
        _FILE,
        "aws_ecr_repository",
        _label(place, name),
        place.label,
        {
            "name": name,
            "image_tag_mutability": "IMMUTABLE",
            "image_scanning_configuration": {"scan_on_push": True},
            "encryption_configuration": {
                "encryption_type": "KMS",
                "kms_key": remote(handles.KEYS, handles.key_arn(place, INTERNAL)),
            },
            "tags": {"Name": plan.name(place, name, limit=255), "DataClass": INTERNAL},
        },
    )


def _label(place: Place, name: str) -> str:
    return label(place.region, re.sub(r"[^a-z0-9]+", "_", name))


def _lifecycle(repository: Block) -> Block:
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": _DAYS_UNTAGGED,
    }
    many = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _KEPT}
    rules = [
        _expire(1, f"What has no version goes after {_DAYS_UNTAGGED} days.", untagged),
        _expire(2, f"The newest {_KEPT} stay.", many),
    ]
    body: dict[str, Value] = {
        "repository": attribute(repository, "name"),
        "policy": json.dumps({"rules": rules}),
    }
    kind = "aws_ecr_lifecycle_policy"
    return Block(_FILE, kind, repository.name, repository.provider, body)


def _expire(priority: int, about: str, selection: dict[str, object]) -> dict[str, object]:
    return {
        "rulePriority": priority,
        "description": about,
        "selection": selection,
        "action": {"type": "expire"},
    }


def _replication(home: Place, standby: Place) -> Block:
    """Return what copies images to the standby, which must start without its home."""
    rule: dict[str, Value] = {
        "destination": {"region": standby.aws, "registry_id": home.account},
    }
    return Block(
        _FILE,
        "aws_ecr_replication_configuration",
        home.label,
        home.label,
        {"replication_configuration": {"rule": rule}},
        comment="It is for all images of the region; none goes out of the jurisdiction.",
    )
