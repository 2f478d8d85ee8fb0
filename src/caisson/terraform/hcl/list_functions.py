"""Functions of lists and sets, whose items may be symbolic."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from caisson.terraform.hcl.access import (
    World,
    as_number,
    as_text,
    each_item,
    forced,
    index,
    never_empty,
)
from caisson.terraform.hcl.function import MANY, Arguments, Function, collections
from caisson.terraform.hcl.values import (
    Bag,
    Choice,
    Derived,
    Reference,
    Undefined,
    Value,
    bag,
    choice,
    derived,
    in_order,
    is_plain,
    listed,
    pieced,
    same,
    without_doubles,
)

_MOST_ITEMS = 10_000


def _element(world: World, arguments: Arguments) -> Value:
    (of,) = collections(world, arguments[:1]) or (None,)
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
    if (lists := collections(world, arguments)) is None:
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


def _compact(world: World, arguments: Arguments) -> Value:
    if (lists := collections(world, arguments)) is None:
        return derived(*arguments)
    kept = [each for each in each_item(lists[0]) if each is not None and each != ""]
    if all(is_plain(each) or never_empty(each) for each in kept):
        return listed(kept, lists[0])
    return Bag(tuple(kept), counted=False, whole=False)


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


def _toset(world: World, arguments: Arguments) -> Value:
    if (lists := collections(world, arguments)) is None:
        return derived(*arguments)
    of = lists[0]
    if of is None:
        return None
    return bag(_of_one_type(each_item(of)), whole=not isinstance(of, Bag) or of.whole)


def _distinct(world: World, arguments: Arguments) -> Value:
    if (lists := collections(world, arguments)) is None:
        return derived(*arguments)
    kept = without_doubles(each_item(lists[0]))
    if isinstance(lists[0], Bag) or not all(map(is_plain, kept)):
        return bag(kept, whole=not isinstance(lists[0], Bag) or lists[0].whole)
    return kept


def _tolist(world: World, arguments: Arguments) -> Value:
    if (lists := collections(world, arguments)) is None:
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
    (of,) = collections(world, arguments) or (None,)
    if isinstance(of, Bag):
        items = in_order(of)
        return of if items is None else list(reversed(items))
    return list(reversed(of)) if isinstance(of, list) else derived(*arguments)


def _sort(world: World, arguments: Arguments) -> Value:
    (of,) = collections(world, arguments) or (None,)
    if not isinstance(of, list | Bag):
        return derived(*arguments)
    items = list(each_item(of))
    if is_plain(of):
        return sorted(map(as_text, items))
    return of if isinstance(of, Bag) else Bag(tuple(items), counted=True)


def _contains(world: World, arguments: Arguments) -> Value:
    (of,) = collections(world, arguments[:1]) or (None,)
    if not isinstance(of, list | Bag):
        return derived(*arguments)
    found = any(same(each, arguments[1]) for each in each_item(of))
    if is_plain(of) and is_plain(arguments[1]):
        return found
    whole = isinstance(of, list) or of.whole
    return True if found and whole else derived(*arguments)


def _join(world: World, arguments: Arguments) -> Value:
    lists = collections(world, arguments[1:])
    if lists is None:
        return derived(*arguments)
    both = _concat(world, lists)
    if is_plain(both) and is_plain(arguments[0]):
        return as_text(arguments[0]).join(map(as_text, each_item(both)))
    if not isinstance(both, list) or not is_plain(arguments[0]):
        return derived(*arguments)
    # What was joined with nothing is itself.
    return both[0] if len(both) == 1 else pieced(_between(arguments[0], both))


def _between(separator: Value, items: list[Value]) -> Iterator[Value]:
    for at, item in enumerate(items):
        yield from (separator, item) if at else (item,)


def _setunion(world: World, arguments: Arguments) -> Value:
    joined = _concat(world, arguments)
    if isinstance(joined, Derived):
        return joined
    return bag(each_item(joined), whole=not isinstance(joined, Bag) or joined.whole)


def _setproduct(world: World, arguments: Arguments) -> Value:
    if (lists := collections(world, arguments)) is None:
        return derived(*arguments)
    pools = [list(each_item(each)) for each in lists]
    size = 1
    for pool in pools:
        size *= len(pool)
    if size > _MOST_ITEMS:
        return derived(*arguments)
    return listed((list(each) for each in product(*pools)), *lists)


def _chunklist(world: World, arguments: Arguments) -> Value:
    (of,) = collections(world, arguments[:1]) or (None,)
    size = as_number(arguments[1])
    if not isinstance(of, list) or not size:
        return derived(*arguments)
    return [of[at : at + int(size)] for at in range(0, len(of), int(size))]


LISTS: Mapping[str, Function] = {
    "chunklist": (2, 2, _chunklist),
    "coalescelist": (1, MANY, _coalescelist),
    "compact": (1, 1, _compact),
    "concat": (0, MANY, _concat),
    "contains": (2, 2, _contains),
    "distinct": (1, 1, _distinct),
    "element": (2, 2, _element),
    "flatten": (1, 1, _flatten),
    "join": (2, MANY, _join),
    "length": (1, 1, _length),
    "one": (1, 1, _one),
    "reverse": (1, 1, _reverse),
    "setproduct": (1, MANY, _setproduct),
    "setunion": (1, MANY, _setunion),
    "slice": (3, 3, _slice),
    "sort": (1, 1, _sort),
    "tolist": (1, 1, _tolist),
    "toset": (1, 1, _toset),
}
