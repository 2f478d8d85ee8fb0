"""What moto's S3 does otherwise than AWS's: versions of a locked bucket can be switched off."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.s3.exceptions import InvalidBucketState
from moto.s3.models import S3Backend

_LOCKED = (
    "An Object Lock configuration is present on this bucket,"
    " so the versioning state cannot be changed."
)
_put = S3Backend.put_bucket_versioning


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    yield patch.object(S3Backend, "put_bucket_versioning", _versioned)


def _versioned(self: S3Backend, bucket_name: str, status: str) -> None:
    if status != "Enabled" and self.get_bucket(bucket_name).object_lock_enabled:
        raise InvalidBucketState(_LOCKED)
    _put(self, bucket_name, status)
