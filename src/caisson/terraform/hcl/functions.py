"""Terraform's functions on values that may be symbolic: those that only move values about.

The others, which need to know what they are given, are in `known_functions`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import product

from caisson.terraform.hcl.access import (
    World,
    as_number,
    as_text,
    each_item,
    each_option,
    entries,
    forced,
    index,
    never_empty,
    ordered,
)
from caisson.terraform.hcl.known_functions import KNOWN
from caisson.terraform.hcl.values import (
    Bag,
    Choice,
    Derived,
    Namespace,
    Reference,
    Undefined,
    Value,
    bag,
    choice,
    derived,
    in_order,
    is_plain,
    listed,
    plain,
    same,
)

Arguments = Sequence[Value]
_MOST_ITEMS = 10_000


def call(world: World, name: str, arguments: Arguments) -> Value:
    """Return the function's value; something derived where it is not told.

    Raises `Undefined` when the arguments are not what the function takes.
    """
    name = name.removeprefix("core::")
    if (known := KNOWN.get(name)) is not None:
        return _of_known(known, arguments)
    if (function := _FUNCTIONS.get(name)) is None:
        return derived(*arguments)
    least, most, does = function
    if not least <= len(arguments) <= most:
        raise Undefined(name)
    return _each_choice(world, does, arguments)


def _of_known(function: Callable[..., Value], arguments: Arguments) -> Value:
    if not all(map(is_plain, arguments)):
        return derived(*arguments)
    try:
        return function(*map(plain, arguments))
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError):
        raise Undefined(function) from None


def _each_choice(world: World, does: "_Function", arguments: Arguments) -> Value:
    """The first argument that is a choice is taken apart."""
    for at, argument in enumerate(arguments):
        if isinstance(argument, Choice):
            return each_option(
                argument.options,
                lambda option, at=at: _each_choice(  # type: ignore[misc]  # a default binds it
                    world, does, [*arguments[:at], option, *arguments[at + 1 :]]
                ),
            )
    return does(world, arguments)


def _collections(world: World, arguments: Arguments) -> list[Value] | None:
    """Return the arguments as collections; None when one of them is not told."""
    found = [forced(world, each) for each in arguments]
    if any(isinstance(each, Derived | Choice | Namespace | Reference) for each in found):
        return None
    return found


def _element(world: World, arguments: Arguments) -> Value:
    (of,) = _collections(world, arguments[:1]) or (None,)
    if of is None:
        return derived(*arguments)
    items = list(each_item(of))
    place = as_number(arguments[1]) if is_plain(arguments[1]) else None
    if not items or (place is not None and place < 0):
        raise Undefined("element")
    if isinstance(of, Bag) and in_order(of) is None:
        return choice(items) if of.whole or of.counted else derived(of)
    if place is None:
        return choice(items)
    return items[int(place) % len(items)]


def _concat(world: World, arguments: Arguments) -> Value:
    if (lists := _collections(world, arguments)) is None:
        return derived(*arguments)
    return listed((item for each in lists for item in each_item(each)), *lists)


def _flatten(world: World, arguments: Arguments) -> Value:
    if (found := _flat(world, arguments[0])) is None:
        return derived(*arguments)
    items, like = found
    return listed(items, *like)


def _flat(world: World, value: Value) -> tuple[list[Value], list[Value]] | None:
    """Return the items at the bottom, and the lists that they were in; None when not told."""
    of = forced(world, value)
    if not isinstance(of, list | Bag):
        return None
    items: list[Value] = []
    like: list[Value] = [of]
    for each in each_item(of):
        inner = forced(world, each) if _may_be_list(each) else each
        if isinstance(inner, list | Bag):
            if (below := _flat(world, inner)) is None:
                return None
            items.extend(below[0])
            like.extend(below[1])
        elif isinstance(inner, Derived | Choice):
            return None
        else:
            items.append(inner)
    return items, like


# Attributes that are lists by their name: an item `x.subnet_ids` is flattened, `x.id` is not.
_PLURAL = ("s",)


def _may_be_list(value: Value) -> bool:
    if isinstance(value, Reference):
        last = next((step for step in reversed(value.path) if isinstance(step, str)), "")
        return last.endswith(_PLURAL)
    return True


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


def _coalescelist(world: World, arguments: Arguments) -> Value:
    maybe: list[Value] = []
    for each in arguments:
        of = forced(world, each)
        if of in (None, [], Bag(())):
            continue
        maybe.append(of)
        if isinstance(of, list) or (isinstance(of, Bag) and of.whole):
            return choice(maybe)
    return choice(maybe) if maybe else []


def _compact(world: World, arguments: Arguments) -> Value:
    if (lists := _collections(world, arguments)) is None:
        return derived(*arguments)
    kept = [each for each in each_item(lists[0]) if each is not None and each != ""]
    if all(is_plain(each) or never_empty(each) for each in kept):
        return listed(kept, lists[0])
    return Bag(tuple(kept), counted=False, whole=False)


def _lookup(world: World, arguments: Arguments) -> Value:
    (of,) = _collections(world, arguments[:1]) or (None,)
    if not isinstance(of, dict) or not is_plain(arguments[1]):
        return derived(*arguments)
    try:
        return index(world, of, arguments[1])
    except Undefined:
        if len(arguments) > 2:  # noqa: PLR2004  the third is the default
            return arguments[2]
        raise


def _merge(world: World, arguments: Arguments) -> Value:
    if (maps := _collections(world, [each for each in arguments if each is not None])) is None:
        return derived(*arguments)
    merged: dict[Value, Value] = {}
    for each in maps:
        if not isinstance(each, dict):
            raise Undefined("merge")
        merged.update(each)
    # Two keys of which one is not told may turn out to be the same.
    return merged if len(maps) == 1 or all(map(is_plain, merged)) else derived(merged)


def _toset(world: World, arguments: Arguments) -> Value:
    if (lists := _collections(world, arguments)) is None:
        return derived(*arguments)
    of = lists[0]
    if of is None:
        return None
    return bag(_of_one_type(each_item(of)), whole=not isinstance(of, Bag) or of.whole)


def _distinct(world: World, arguments: Arguments) -> Value:
    if (lists := _collections(world, arguments)) is None:
        return derived(*arguments)
    kept: list[Value] = []
    for each in each_item(lists[0]):
        if not any(same(each, other) for other in kept):
            kept.append(each)
    if isinstance(lists[0], Bag) or not all(map(is_plain, kept)):
        return bag(kept, whole=not isinstance(lists[0], Bag) or lists[0].whole)
    return kept


def _tolist(world: World, arguments: Arguments) -> Value:
    if (lists := _collections(world, arguments)) is None:
        return derived(*arguments)
    of = lists[0]
    if isinstance(of, Bag):
        items = in_order(of)
        return of if items is None else items
    if isinstance(of, list):
        return _of_one_type(of)
    if of is None:
        return None
    raise Undefined("tolist")


def _of_one_type(items: Iterable[Value]) -> list[Value]:
    """Return the items as a list has them: beside texts, numbers are texts too."""
    every = list(items)
    if any(isinstance(each, str) for each in every):
        return [as_text(each) if isinstance(each, bool | int | float) else each for each in every]
    return every


def _tomap(world: World, arguments: Arguments) -> Value:
    if (maps := _collections(world, arguments)) is None:
        return derived(*arguments)
    if maps[0] is None or isinstance(maps[0], dict):
        return maps[0]
    raise Undefined("tomap")


def _length(world: World, arguments: Arguments) -> Value:
    match forced(world, arguments[0]):
        case str() as text:
            return len(text)
        case list() | dict() as of:
            return len(of) if isinstance(of, list) or all(map(is_plain, of)) else derived(of)
        case Bag(items, counted, whole) as of:
            return len(items) if counted and whole else derived(of)
        case None | int() | float():
            raise Undefined("length")
        case other:
            return derived(other)


def _one(world: World, arguments: Arguments) -> Value:
    match forced(world, arguments[0]):
        case list(items) | Bag(items, True, True) if len(items) <= 1:
            return items[0] if items else None
        case list() | Bag(_, True, True) | str() | int() | dict():
            raise Undefined("one")
        case Bag(items, _, True):
            return choice(items)
        case Bag(items, _, False):
            return choice((*items, None))
        case other:
            return None if other is None else derived(other)


def _keys(world: World, arguments: Arguments) -> Value:
    (of,) = _collections(world, arguments) or (None,)
    if not isinstance(of, dict):
        return derived(*arguments)
    return listed((key for key, _ in entries(of) or ()), of)


def _values(world: World, arguments: Arguments) -> Value:
    (of,) = _collections(world, arguments) or (None,)
    if not isinstance(of, dict):
        return derived(*arguments)
    return listed((value for _, value in entries(of) or ()), of)


def _zipmap(world: World, arguments: Arguments) -> Value:
    lists = _collections(world, arguments)
    if lists is None or not all(map(ordered, lists)):
        return derived(*arguments)
    keys, values = (list(each_item(each)) for each in lists)
    if len(keys) != len(values):
        raise Undefined("zipmap")
    if not all(isinstance(key, str | Reference) for key in keys):
        return derived(*arguments)
    return dict(zip(keys, values, strict=True))


def _slice(world: World, arguments: Arguments) -> Value:
    of = forced(world, arguments[0])
    begin, end = map(as_number, arguments[1:])
    if begin is None or end is None:
        return derived(*arguments)
    if not 0 <= begin <= end <= (len(of) if isinstance(of, list) else _MOST_ITEMS):
        raise Undefined("slice")
    places = range(int(begin), int(end))
    if isinstance(of, Derived):
        # Whatever is in the list, it has these places, or there is no such slice.
        return [index(world, arguments[0], place) for place in places]
    return [of[place] for place in places] if isinstance(of, list) else derived(*arguments)


def _reverse(world: World, arguments: Arguments) -> Value:
    (of,) = _collections(world, arguments) or (None,)
    if isinstance(of, Bag):
        items = in_order(of)
        return of if items is None else list(reversed(items))
    return list(reversed(of)) if isinstance(of, list) else derived(*arguments)


def _sort(world: World, arguments: Arguments) -> Value:
    (of,) = _collections(world, arguments) or (None,)
    if not isinstance(of, list | Bag):
        return derived(*arguments)
    items = list(each_item(of))
    if is_plain(of):
        return sorted(map(as_text, items))
    return of if isinstance(of, Bag) else Bag(tuple(items), counted=True)


def _contains(world: World, arguments: Arguments) -> Value:
    (of,) = _collections(world, arguments[:1]) or (None,)
    if not isinstance(of, list | Bag):
        return derived(*arguments)
    found = any(same(each, arguments[1]) for each in each_item(of))
    if is_plain(of) and is_plain(arguments[1]):
        return found
    whole = isinstance(of, list) or of.whole
    return True if found and whole else derived(*arguments)


def _join(world: World, arguments: Arguments) -> Value:
    lists = _collections(world, arguments[1:])
    if lists is None:
        return derived(*arguments)
    both = _concat(world, lists)
    if is_plain(both) and is_plain(arguments[0]):
        return as_text(arguments[0]).join(map(as_text, each_item(both)))
    # What was joined with nothing is itself.
    return both[0] if isinstance(both, list) and len(both) == 1 else derived(*arguments)


def _setunion(world: World, arguments: Arguments) -> Value:
    joined = _concat(world, arguments)
    if isinstance(joined, Derived):
        return joined
    return bag(each_item(joined), whole=not isinstance(joined, Bag) or joined.whole)


def _setproduct(world: World, arguments: Arguments) -> Value:
    if (lists := _collections(world, arguments)) is None:
        return derived(*arguments)
    pools = [list(each_item(each)) for each in lists]
    size = 1
    for pool in pools:
        size *= len(pool)
    if size > _MOST_ITEMS:
        return derived(*arguments)
    return listed((list(each) for each in product(*pools)), *lists)


def _chunklist(world: World, arguments: Arguments) -> Value:
    (of,) = _collections(world, arguments[:1]) or (None,)
    size = as_number(arguments[1])
    if not isinstance(of, list) or not size:
        return derived(*arguments)
    return [of[at : at + int(size)] for at in range(0, len(of), int(size))]


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


_Function = Callable[[World, Arguments], Value]
_MANY = 10_000
_FUNCTIONS: Mapping[str, tuple[int, int, _Function]] = {
    "chunklist": (2, 2, _chunklist),
    "coalesce": (1, _MANY, _coalesce),
    "coalescelist": (1, _MANY, _coalescelist),
    "compact": (1, 1, _compact),
    "concat": (0, _MANY, _concat),
    "contains": (2, 2, _contains),
    "distinct": (1, 1, _distinct),
    "element": (2, 2, _element),
    "flatten": (1, 1, _flatten),
    "join": (2, _MANY, _join),
    "keys": (1, 1, _keys),
    "length": (1, 1, _length),
    "lookup": (2, 3, _lookup),
    "merge": (0, _MANY, _merge),
    "nonsensitive": (1, 1, _same_value),
    "one": (1, 1, _one),
    "reverse": (1, 1, _reverse),
    "setproduct": (1, _MANY, _setproduct),
    "setunion": (1, _MANY, _setunion),
    "slice": (3, 3, _slice),
    "sort": (1, 1, _sort),
    "tobool": (1, 1, partial(_to, _bool)),
    "tolist": (1, 1, _tolist),
    "tomap": (1, 1, _tomap),
    "tonumber": (1, 1, partial(_to, _number)),
    "toset": (1, 1, _toset),
    "tostring": (1, 1, partial(_to, _string)),
    "values": (1, 1, _values),
    "zipmap": (2, 2, _zipmap),
}
