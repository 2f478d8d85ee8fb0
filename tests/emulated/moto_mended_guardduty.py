"""What moto's GuardDuty lacks: settings for a whole organization, and tags."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

from moto.core.responses import ActionResult, EmptyResult
from moto.guardduty import urls
from moto.guardduty.models import Detector
from moto.guardduty.responses import GuardDutyResponse as Response

_PATHS = (
    "{0}/detector/(?P<detector_id>[^/]+)/admin$",
    "{0}/admin/disable$",
    "{0}/tags/(?P<arn>.+)$",
)


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    yield patch.dict(urls.url_paths, dict.fromkeys(_PATHS, Response.dispatch))
    for name, method in (
        ("disable_organization_admin_account", _disable),
        ("update_organization_configuration", _update),
        ("describe_organization_configuration", _describe),
        ("tag_resource", _tag),
        ("untag_resource", _untag),
    ):
        yield patch.object(Response, name, method, create=True)


def _disable(self: Response) -> ActionResult:
    self.guardduty_backend.admin_account_ids.remove(self._get_param("adminAccountId"))
    return EmptyResult()


def _update(self: Response) -> ActionResult:
    kept = _kept(self)
    kept["AutoEnableOrganizationMembers"] = self._get_param("autoEnableOrganizationMembers")
    told = {each["name"]: each for each in self._get_param("features") or []}
    features = {each["Name"]: each for each in kept.get("Features", [])}
    for name, each in told.items():
        more = each.get("additionalConfiguration") or []
        features[name] = {
            "Name": name,
            "AutoEnable": each["autoEnable"],
            "AdditionalConfiguration": [
                {"Name": one["name"], "AutoEnable": one["autoEnable"]} for one in more
            ],
        }
    kept["Features"] = list(features.values())
    return EmptyResult()


def _describe(self: Response) -> ActionResult:
    found = {"AutoEnableOrganizationMembers": "NONE", **_kept(self)}
    # The older way to say the same.
    anybody = found["AutoEnableOrganizationMembers"] != "NONE"
    return ActionResult({**found, "AutoEnable": anybody, "MemberAccountLimitReached": False})


def _kept(self: Response) -> dict[str, Any]:
    """Return what a detector was told of its organization."""
    detector = self.guardduty_backend.get_detector(self.path.split("/")[-2])
    kept: dict[str, Any] = detector.__dict__.setdefault("organization", {})
    return kept


def _tag(self: Response) -> ActionResult:
    _tagged(self).tags.update(self._get_param("tags"))
    return EmptyResult()


def _untag(self: Response) -> ActionResult:
    for key in self.querystring["tagKeys"]:
        _tagged(self).tags.pop(key, None)
    return EmptyResult()


def _tagged(self: Response) -> Detector:
    return self.guardduty_backend.get_detector(unquote(self.path).split("/")[-1])
