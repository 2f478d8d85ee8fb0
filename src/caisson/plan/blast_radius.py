"""What an apply would touch, and whether data goes with it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from caisson.topology.model import Topology
from caisson.topology.resources import Rest

# What can be made again from elsewhere by itself.
_PASSING = frozenset({Rest.CACHE, Rest.DELIVERY})

# Terraform's reason for replacing what it had begun to make, or was told to take for that.
_UNFINISHED = "replace_because_tainted"


class Deed(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"  # destroyed and made anew, in either order
    DELETE = "delete"
    FORGET = "forget"  # left as it is, and no longer looked after


@dataclass(frozen=True, slots=True)
class Touched:
    """One resource that an apply does something to; `component` is its tag's word, if any.

    `unfinished`: it is replaced because an apply ended before it was made whole.
    """

    address: str
    type: str
    deed: Deed
    component: str | None = None
    keeps_data: bool = False
    unfinished: bool = False

    @property
    def loses_data(self) -> bool:
        return self.keeps_data and self.deed in (Deed.REPLACE, Deed.DELETE)


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """All that one apply touches, in the order of the plan."""

    touched: tuple[Touched, ...]

    @property
    def counts(self) -> Mapping[Deed, int]:
        return Counter(each.deed for each in self.touched)

    @property
    def components(self) -> tuple[str, ...]:
        found = (each.component for each in self.touched)
        return tuple(dict.fromkeys(each for each in found if each))

    @property
    def losing_data(self) -> tuple[Touched, ...]:
        return tuple(each for each in self.touched if each.loses_data)


def blast_radius(plan: Mapping[str, Any], data: Collection[str]) -> BlastRadius:
    """Return what a plan, as Terraform's JSON, touches.

    `data` are the addresses of what keeps data: see `keeping_data`.
    """
    return BlastRadius(tuple(_touched(plan.get("resource_changes") or (), data)))


def keeping_data(topology: Topology) -> frozenset[str]:
    """Return the resources of a topology that data, or the key to it, would be lost with."""
    holdings = (each for each in topology.holdings if each.rest not in _PASSING)
    return frozenset({*(each.resource for each in holdings), *(each.id for each in topology.keys)})


def _touched(changes: Sequence[Mapping[str, Any]], data: Collection[str]) -> Iterator[Touched]:
    for each in changes:
        deed = _deed(each["change"]["actions"])
        if each.get("mode", "managed") == "managed" and deed is not None:
            address = each["address"]
            unfinished = each.get("action_reason") == _UNFINISHED
            kept = address in data
            yield Touched(address, each["type"], deed, _component(each), kept, unfinished)


def _deed(actions: Sequence[str]) -> Deed | None:
    if set(actions) == {"create", "delete"}:
        return Deed.REPLACE
    return next((each for each in Deed if list(actions) == [each.value]), None)


def _component(change: Mapping[str, Any]) -> str | None:
    for state in ("after", "before"):
        tags = (change["change"].get(state) or {}).get("tags") or {}
        if isinstance(found := tags.get("Component"), str):
            return found
    return None
