"""Ways into plain values: lists and objects of JSON, with UNKNOWN where nothing is known."""

from collections.abc import Iterator, Mapping, Sequence

from caisson.terraform.model import UNKNOWN
from caisson.terraform.reading import Path


def texts(value: object) -> Iterator[str]:
    """Yield all texts in a value that are not empty."""
    if type(value) is str:
        if value:
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def value_at(value: object, path: Path) -> object:
    """Return what is at `path` of a value; None when it leads nowhere."""
    for step in path:
        value = step_into(value, step)
    return value


def leads(value: object, step: str | int) -> bool:
    """Return whether a value has, or may have, something at `step`."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)


def leads_to(value: object, path: Path) -> bool:
    """Return whether a value has, or may have, something at `path`."""
    for step in path:
        if not leads(value, step):
            return False
        value = step_into(value, step)
    return True


def step_into(value: object, step: str | int) -> object:
    """Return what a value has at `step`; None when it has nothing there."""
    if value is UNKNOWN:
        return value
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None


def unknown_leaves(value: object) -> int:
    """Return how many values inside of `value` are unknown."""
    if value is UNKNOWN:
        return 1
    if isinstance(value, dict):
        return sum(map(unknown_leaves, value.values()))
    return sum(map(unknown_leaves, value)) if isinstance(value, list) else 0


def part_of(value: object, steps: Sequence[str | int]) -> object:
    """Return the part of a plain value; the whole when a step does not lead into it."""
    for step in steps:
        if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            return value
    return value
