"""Which instances `count` and `for_each` make of one thing."""

from collections.abc import Callable, Iterable

from caisson.terraform.hcl import access
from caisson.terraform.hcl.addresses import InstanceKey
from caisson.terraform.hcl.configuration import Repeated
from caisson.terraform.hcl.values import NOBODY_KNOWS, Bag, Value, in_order, is_plain

_MOST_INSTANCES = 10_000


def counted(value: Value) -> frozenset[InstanceKey] | None:
    """Return the keys that a count gives; None when not told."""
    number = access.as_number(value) if is_plain(value) else None
    if number is None or not 0 <= number <= _MOST_INSTANCES:
        return None
    return frozenset(range(int(number)))


def each_of(value: Value) -> frozenset[InstanceKey] | None:
    """Return the keys that a for_each gives; None when not told."""
    match value:
        case dict():
            keys: Iterable[Value] = value
        case Bag() if (items := in_order(value)) is not None:
            keys = items
        case _:
            return None
    listed = list(keys)
    return frozenset(map(str, listed)) if all(isinstance(each, str) for each in listed) else None


def by_key(
    repeated: Repeated, keys: frozenset[InstanceKey] | None, make: Callable[[InstanceKey], Value]
) -> Value:
    """Return all instances as an expression has them: one, a list, or an object by key."""
    if keys is None:
        return NOBODY_KNOWS
    if repeated.count is not None:
        numbers = range(len(keys))
        return [make(at) for at in numbers] if keys == set(numbers) else NOBODY_KNOWS
    if repeated.for_each is not None:
        return {key: make(key) for key in sorted(map(str, keys))}
    return make(None)
