"""What differs between what was applied and what there is, as Terraform's plan tells it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Drifted:
    """A resource that somebody changed, or took away. Values are not kept: they may be secret."""

    address: str
    gone: bool
    attributes: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        return "is gone" if self.gone else f"differs in {', '.join(self.attributes)}"


def drifted(plan: Mapping[str, Any]) -> tuple[Drifted, ...]:
    """Return what differs, by a plan that was made only to look (`-refresh-only`)."""
    return tuple(each for change in plan.get("resource_drift") or () for each in _of(change))


def _of(change: Mapping[str, Any]) -> Iterator[Drifted]:
    before, after = change["change"].get("before"), change["change"].get("after")
    if after is None:
        yield Drifted(change["address"], gone=True)
    elif differing := _differing(before or {}, after):
        yield Drifted(change["address"], gone=False, attributes=differing)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    names = sorted(before.keys() | after.keys())
    return tuple(name for name in names if before.get(name) != after.get(name))
