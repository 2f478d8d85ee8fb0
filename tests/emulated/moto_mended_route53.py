"""What moto's Route 53 does otherwise than AWS's: what was deleted cannot be made again."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.route53.models import ChangeList

_appended = ChangeList.append


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    yield patch.object(ChangeList, "append", _append)


def _append(self: ChangeList, change: dict[str, Any]) -> None:
    """Keep no change of a record that is gone; moto looks there for what it has."""
    _appended(self, change)
    if change["Action"] == "DELETE":
        gone = _record(change)
        self[:] = [each for each in self if _record(each) != gone]


def _record(change: dict[str, Any]) -> tuple[str | None, ...]:
    record = change["ResourceRecordSet"]
    return record["Name"], record["Type"], record.get("SetIdentifier")
