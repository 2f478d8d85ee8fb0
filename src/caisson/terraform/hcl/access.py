"""Attributes, indexes and items of values that may be symbolic."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from caisson.terraform.hcl.values import (
    NOBODY_KNOWS,
    Bag,
    Choice,
    Derived,
    Namespace,
    Reference,
    Undefined,
    Value,
    choice,
    derived,
    in_order,
)

_T = TypeVar("_T")


class World(Protocol):
    """Knows the instances that references name."""

    def attribute(self, reference: Reference, step: str | int) -> Value:
        """Return the value one step further."""
        ...

    def follow(self, reference: Reference) -> Value:
        """Return what the instance's own expression gives, None when nobody wrote one."""
        ...


def forced(world: World, value: Value) -> Value:
    """Return a value of which the structure is needed, followed to where it was written.

    A list that was written for an attribute may be a set there.
    """
    match value:
        case Reference(_, path) if path:
            return _without_order(forced(world, world.follow(value)), value)
        case Choice(options):
            return choice(forced(world, option) for option in options)
        case _:
            return value


def _without_order(value: Value, reference: Reference) -> Value:
    match value:
        case list():
            return Bag(tuple(value), counted=len(value) <= 1)
        case Bag() | dict() | Choice():
            return value
        case _:
            return derived(reference)


def get(world: World, value: Value, name: str) -> Value:
    match value:
        case Namespace(inner):
            return inner(name)
        case Reference():
            return world.attribute(value, name)
        case dict():
            return _at_key(value, name)
        case Choice(options):
            return each_option(options, lambda option: get(world, option, name))
        case Derived():
            return value
        case _:
            raise Undefined(name)


def each_option(options: Iterable[_T], do: Callable[[_T], Value]) -> Value:
    """Return the choice among the results; what one option has no value for, nobody knows."""
    results: list[Value] = []
    for option in options:
        try:
            results.append(do(option))
        except Undefined:
            results.append(NOBODY_KNOWS)
    return choice(results)


def index(world: World, value: Value, key: Value) -> Value:  # noqa: PLR0911  one case each
    match value, key:
        case Choice(options), _:
            return each_option(options, lambda option: index(world, option, key))
        case _, Choice(options):
            return each_option(options, lambda option: index(world, value, option))
        case Derived(), _:
            return value
        case Reference(), str() | int():
            return world.attribute(value, key)
        case Namespace(inner), str():
            return inner(key)
        case dict(), _:
            return _at_key(value, key)
        case list(), _:
            return _at_place(value, key)
        case Bag(), _:
            return _of_bag(value, key)
        case _:
            raise Undefined(key)


def _at_key(value: dict[Value, Value], key: Value) -> Value:
    name = as_text(key) if isinstance(key, int | float) else key
    if isinstance(name, str | Reference) and name in value:
        return value[name]
    symbolic = [each for known, each in value.items() if not isinstance(known, str)]
    if isinstance(name, str):
        if not symbolic:
            raise Undefined(key)
        return choice(symbolic)
    return choice(value.values()) if value else NOBODY_KNOWS


def _at_place(value: list[Value], key: Value) -> Value:
    place = as_number(key)
    if place is None:
        if key is None or isinstance(key, str | list | dict | bool):
            raise Undefined(key)
        return choice(value) if value else NOBODY_KNOWS
    if not isinstance(place, int) or not 0 <= place < len(value):
        raise Undefined(key)
    return value[place]


def _of_bag(value: Bag, key: Value) -> Value:
    if (items := in_order(value)) is not None:
        return _at_place(items, key)
    if not value.counted:
        return derived(value)  # there may be no such place
    place = as_number(key)
    if isinstance(place, int) and not 0 <= place < len(value.items):
        raise Undefined(key)
    return choice(value.items)


def splat(world: World, value: Value, body: Callable[[Value], Value]) -> Value:
    match forced(world, value):
        case None:
            return []
        case Derived() as unknown:
            return unknown
        case Choice(options):
            return each_option(options, lambda option: splat(world, option, body))
        case Bag(items, counted, whole):
            return Bag(tuple(map(body, items)), counted, whole)
        case list() as items:
            return list(map(body, items))
        case single:
            return [body(single)]


def entries(value: Value) -> list[tuple[Value, Value]] | None:
    """Return keys and values in their order; of a set, the key is the value. None: not told."""
    match value:
        case dict():
            return sorted(value.items(), key=lambda item: str(item[0]))
        case list():
            return list(enumerate(value))
        case Bag(items, _, _):
            return [(item, item) for item in items]
        case _:
            return None


def ordered(value: Value) -> bool:
    """Return whether the order of the value's items is told."""
    match value:
        case dict():
            return len(value) <= 1 or all(isinstance(key, str) for key in value)
        case Bag():
            return in_order(value) is not None
        case _:
            return isinstance(value, list)


def as_number(value: Value) -> int | float | None:
    """Return a number, also from text that is one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        number = float(value) if isinstance(value, str | float) else None
    except ValueError:
        return None
    if number is None or not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def as_text(value: Value) -> str:
    """Return a known value as text."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case float():
            return f"{value:.15g}"
        case _:
            raise Undefined(value)


def as_flag(value: Value) -> bool | None:
    """Return yes or no; None when it is not told. Anything else has no value."""
    match value:
        case bool():
            return value
        case "true" | "false":
            return value == "true"
        case Reference() | Derived() | Choice():
            return None
        case _:
            raise Undefined(value)


def never_empty(value: Value) -> bool:
    """Return whether something symbolic is certain to be neither null nor empty text."""
    return isinstance(value, Reference) and (
        not value.path or (len(value.path) == 1 and value.path[0] in ("id", "arn"))
    )


def each_item(value: Value) -> Iterator[Value]:
    """Yield the items of a list or set."""
    match value:
        case list():
            yield from value
        case Bag(items, _, _):
            yield from items
        case _:
            raise Undefined(value)
