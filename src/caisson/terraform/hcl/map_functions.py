"""Functions of maps and of single values, which may be symbolic."""

from collections.abc import Callable, Mapping
from functools import partial

from caisson.terraform.hcl.access import (
    World,
    as_number,
    as_text,
    each_item,
    entries,
    index,
    never_empty,
    ordered,
)
from caisson.terraform.hcl.function import MANY, Arguments, Function, collections
from caisson.terraform.hcl.values import (
    Reference,
    Undefined,
    Value,
    choice,
    derived,
    is_plain,
    listed,
)


def _coalesce(world: World, arguments: Arguments) -> Value:
    del world
    maybe: list[Value] = []
    for each in arguments:
        if each is None or each == "":
            continue
        maybe.append(each)
        if is_plain(each) or never_empty(each):
            return choice(maybe)
    if not maybe:
        raise Undefined("coalesce")
    return choice(maybe)


def _lookup(world: World, arguments: Arguments) -> Value:
    (of,) = collections(world, arguments[:1]) or (None,)
    if not isinstance(of, dict) or not is_plain(arguments[1]):
        return derived(*arguments)
    try:
        return index(world, of, arguments[1])
    except Undefined:
        if len(arguments) > 2:  # noqa: PLR2004  the third is the default
            return arguments[2]
        raise


def _merge(world: World, arguments: Arguments) -> Value:
    if (maps := collections(world, [each for each in arguments if each is not None])) is None:
        return derived(*arguments)
    merged: dict[Value, Value] = {}
    for each in maps:
        if not isinstance(each, dict):
            raise Undefined("merge")
        merged.update(each)
    # Two keys of which one is not told may turn out to be the same.
    return merged if len(maps) == 1 or all(map(is_plain, merged)) else derived(merged)


def _tomap(world: World, arguments: Arguments) -> Value:
    if (maps := collections(world, arguments)) is None:
        return derived(*arguments)
    if maps[0] is None or isinstance(maps[0], dict):
        return maps[0]
    raise Undefined("tomap")


def _keys(world: World, arguments: Arguments) -> Value:
    (of,) = collections(world, arguments) or (None,)
    if not isinstance(of, dict):
        return derived(*arguments)
    return listed((key for key, _ in entries(of) or ()), of)


def _values(world: World, arguments: Arguments) -> Value:
    (of,) = collections(world, arguments) or (None,)
    if not isinstance(of, dict):
        return derived(*arguments)
    return listed((value for _, value in entries(of) or ()), of)


def _zipmap(world: World, arguments: Arguments) -> Value:
    lists = collections(world, arguments)
    if lists is None or not all(map(ordered, lists)):
        return derived(*arguments)
    keys, values = (list(each_item(each)) for each in lists)
    if len(keys) != len(values):
        raise Undefined("zipmap")
    if not all(isinstance(key, str | Reference) for key in keys):
        return derived(*arguments)
    return dict(zip(keys, values, strict=True))


def _same_value(world: World, arguments: Arguments) -> Value:
    del world
    return arguments[0]


def _to(convert: Callable[[Value], Value], world: World, arguments: Arguments) -> Value:
    del world
    value = arguments[0]
    if value is None or not is_plain(value):
        return value
    return convert(value)


def _number(value: Value) -> Value:
    if (number := as_number(value)) is None:
        raise Undefined("tonumber")
    return number


def _bool(value: Value) -> Value:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise Undefined("tobool")


def _string(value: Value) -> Value:
    return as_text(value)


MAPS: Mapping[str, Function] = {
    "coalesce": (1, MANY, _coalesce),
    "keys": (1, 1, _keys),
    "lookup": (2, 3, _lookup),
    "merge": (0, MANY, _merge),
    "nonsensitive": (1, 1, _same_value),
    "tobool": (1, 1, partial(_to, _bool)),
    "tomap": (1, 1, _tomap),
    "tonumber": (1, 1, partial(_to, _number)),
    "tostring": (1, 1, partial(_to, _string)),
    "values": (1, 1, _values),
    "zipmap": (2, 2, _zipmap),
}
