"""What moto's Application Auto Scaling does otherwise than AWS's: it knows no tags."""

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.applicationautoscaling.models import FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response

_registered = Response.register_scalable_target


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    yield patch.object(Response, "register_scalable_target", _register)
    yield patch.object(Response, "list_tags_for_resource", _list_tags, create=True)
    yield patch.object(Response, "tag_resource", _tag, create=True)
    yield patch.object(Response, "untag_resource", _untag, create=True)


def _register(self: Response) -> str:
    answer = _registered(self)
    _tags(self, json.loads(answer)["ScalableTargetARN"]).update(self._get_param("Tags") or {})
    return answer


def _list_tags(self: Response) -> str:
    return json.dumps({"Tags": _tags(self, self._get_param("ResourceARN"))})


def _tag(self: Response) -> str:
    _tags(self, self._get_param("ResourceARN")).update(self._get_param("Tags"))
    return "{}"


def _untag(self: Response) -> str:
    tags = _tags(self, self._get_param("ResourceARN"))
    for key in self._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def _tags(self: Response, arn: str) -> dict[str, str]:
    of_all = self.applicationautoscaling_backend.targets.values()
    found: FakeScalableTarget = next(
        target for targets in of_all for target in targets.values() if target.arn == arn
    )
    tags: dict[str, str] = found.__dict__.setdefault("tags", {})
    return tags
