"""What moto's Route 53 lacks: that zones are signed."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.core.responses import ActionResult
from moto.route53 import urls
from moto.route53.models import FakeZone
from moto.route53.responses import Route53 as Response

_ZONE = r"{0}/(?P<api_version>[\d_-]+)/hostedzone/(?P<zone_id>[^/]+)"
_KEY = r"{0}/(?P<api_version>[\d_-]+)/keysigningkey"
_PATHS = (
    f"{_ZONE}/enable-dnssec$",
    f"{_ZONE}/disable-dnssec$",
    f"{_KEY}$",
    f"{_KEY}/(?P<zone_id>[^/]+)/(?P<name>[^/]+)$",
    f"{_KEY}/(?P<zone_id>[^/]+)/(?P<name>[^/]+)/(?P<deed>[a-z]+)$",
)
_CHANGE = {"Id": "/change/C1", "Status": "INSYNC", "SubmittedAt": "2020-01-01T00:00:00.000Z"}


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    yield patch.dict(urls.url_paths, dict.fromkeys(_PATHS, Response.dispatch))
    for name, method in (
        ("create_key_signing_key", _create),
        ("activate_key_signing_key", _turned("ACTIVE")),
        ("deactivate_key_signing_key", _turned("INACTIVE")),
        ("delete_key_signing_key", _delete),
        ("enable_hosted_zone_dnssec", _signing("SIGNING")),
        ("disable_hosted_zone_dnssec", _signing("NOT_SIGNING")),
        ("get_dnssec", _get),
    ):
        yield patch.object(Response, name, method, create=True)


def _create(self: Response) -> ActionResult:
    key = {
        "Name": self._get_param("Name"),
        "KmsArn": self._get_param("KeyManagementServiceArn"),
        "Status": self._get_param("Status"),
        "Flag": 257,
        "KeyTag": 1,
        "SigningAlgorithmType": 13,
        "SigningAlgorithmMnemonic": "ECDSAP256SHA256",
        "DigestAlgorithmType": 2,
        "DigestAlgorithmMnemonic": "SHA-256",
    }
    _keys(self)[key["Name"]] = key
    where = f"https://route53.amazonaws.com/keysigningkey/{key['Name']}"
    return ActionResult({"ChangeInfo": _CHANGE, "KeySigningKey": key, "Location": where})


def _turned(status: str) -> Any:
    def turn(self: Response) -> ActionResult:
        _keys(self)[self._get_param("Name")]["Status"] = status
        return ActionResult({"ChangeInfo": _CHANGE})

    return turn


def _delete(self: Response) -> ActionResult:
    del _keys(self)[self._get_param("Name")]
    return ActionResult({"ChangeInfo": _CHANGE})


def _signing(status: str) -> Any:
    def sign(self: Response) -> ActionResult:
        _zone(self).__dict__["signed"] = status
        return ActionResult({"ChangeInfo": _CHANGE})

    return sign


def _get(self: Response) -> ActionResult:
    status = _zone(self).__dict__.get("signed", "NOT_SIGNING")
    keys = list(_keys(self).values())
    return ActionResult({"Status": {"ServeSignature": status}, "KeySigningKeys": keys})


def _keys(self: Response) -> dict[str, dict[str, Any]]:
    keys: dict[str, dict[str, Any]] = _zone(self).__dict__.setdefault("signing_keys", {})
    return keys


def _zone(self: Response) -> FakeZone:
    return self.backend.get_hosted_zone(self._get_param("HostedZoneId"))
