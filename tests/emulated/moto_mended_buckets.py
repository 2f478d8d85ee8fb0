"""What moto's S3 does otherwise than AWS's.

Versions of a locked bucket can be switched off; it has no metrics of requests, and takes those for
another bucket; and it keeps quiet about what it tells EventBridge.
"""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.s3.exceptions import InvalidBucketState
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

_LOCKED = (
    "An Object Lock configuration is present on this bucket,"
    " so the versioning state cannot be changed."
)
_TO_EVENT_BRIDGE = (
    '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<EventBridgeConfiguration/></NotificationConfiguration>"
)
_NO_SUCH = "<Error><Code>NoSuchConfiguration</Code></Error>"
_METHODS = ("put", "get", "delete")
_put = S3Backend.put_bucket_versioning
_notified = S3Response.get_bucket_notification


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    yield patch.object(S3Backend, "put_bucket_versioning", _versioned)
    yield patch.object(S3Response, "get_bucket_notification", _with_event_bridge)
    for method in _METHODS:
        yield _with_metrics(f"_bucket_response_{method}", method)


def _versioned(self: S3Backend, bucket_name: str, status: str) -> None:
    if status != "Enabled" and self.get_bucket(bucket_name).object_lock_enabled:
        raise InvalidBucketState(_LOCKED)
    _put(self, bucket_name, status)


def _with_event_bridge(self: S3Response) -> Any:
    told = self.backend.get_bucket_notification_configuration(self.bucket_name)
    on = told is not None and told.event_bridge is not None
    return (200, {}, _TO_EVENT_BRIDGE) if on else _notified(self)


def _with_metrics(name: str, method: str) -> Any:
    usual = getattr(S3Response, name)

    def answer(self: S3Response, *arguments: Any) -> Any:
        *_, bucket_name, querystring = arguments
        if "metrics" in querystring:
            return _metrics(self, method, bucket_name, querystring["id"][0])
        return usual(self, *arguments)

    return patch.object(S3Response, name, answer)


def _metrics(self: S3Response, method: str, bucket_name: str, name: str) -> Any:
    """Keep, show or forget a configuration of metrics, as the text that it came as."""
    bucket = self.backend.get_bucket(bucket_name)
    kept: dict[str, bytes] = bucket.__dict__.setdefault("metrics", {})
    if method == "put":
        kept[name] = self.body
        return 204, {}, ""
    if name not in kept:
        return 404, {}, _NO_SUCH
    if method == "get":
        return 200, {}, kept[name]
    del kept[name]
    return 204, {}, ""
