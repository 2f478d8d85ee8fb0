"""What an expression can evaluate to.

Plain JSON values, and besides them:

- `Reference`  an attribute of an instance that is known only after apply
- `Tied`       a known text, together with the attribute that it was read from
- `Choice`     exactly one of several values, which one is not told
- `Bag`        a set, or a list whose order is not told
- `Namespace`  something whose parts are worked out when they are asked for
- `Derived`    anything at all, made from these references and from whatever else; of `Encoded`,
               `Pieced` and `Moved` it is known how
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

Steps = tuple[str | int, ...]
Value = object


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute of the instance at `address`; the whole instance when `path` is empty."""

    address: str
    path: Steps = ()


class Tied(str):
    """A known text that was read from an attribute: equal to the text, and still traceable."""

    __slots__ = ("reference",)
    reference: Reference

    def __new__(cls, text: str, reference: Reference) -> Self:
        made = super().__new__(cls, text)
        made.reference = reference
        return made


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Bag:
    """`counted`: there will be as many as there are items, and none turns out to be another.

    Not `whole`: some of the items may be left out.
    """

    items: tuple[Value, ...]
    counted: bool = True
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Derived:
    """`complete`: made of nothing else of which the origin is not told."""

    sources: frozenset[Reference] = frozenset()
    complete: bool = False


NOBODY_KNOWS = Derived()


@dataclass(frozen=True, slots=True)
class Encoded(Derived):
    """The JSON text of `document`."""

    document: Value = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pieced(Derived):
    """A text put together from these parts."""

    parts: tuple[Value, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Moved(Derived):
    """The ARN that `copied` has in another region, where it is copied to."""

    copied: Reference | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Namespace:
    get: Callable[[str], Value]


class Undefined(Exception):  # noqa: N818  it is no error of ours, and `try` asks for it
    """The expression has no value: an index out of range, an attribute of null."""


class Exhausted(Exception):  # noqa: N818  it is no error of ours
    """Working the value out takes more steps, or goes deeper, than is sensible."""


_HEAVIEST = 200_000
LONGEST_TEXT = 1_000_000  # characters


class Scales:
    """Refuses values that are too large to be walked through.

    One value can be in another many times, and that in a third: sizes double with each name.
    """

    def __init__(self) -> None:
        self._known: dict[int, int] = {}  # of containers that are kept, by identity

    def weigh(self, value: Value) -> None:
        """Raise Exhausted when the value is too large; it must be kept when it is not."""
        found: dict[int, int] = {}
        if self._weight(value, found) > _HEAVIEST:
            raise Exhausted
        self._known |= found

    def _weight(self, value: Value, found: dict[int, int]) -> int:
        match value:
            case list() | dict() | Bag() | Choice() | Encoded() | Pieced():
                pass
            case Derived(sources, _):
                return 1 + len(sources)
            case _:
                return 1
        here = id(value)
        weight = self._known.get(here) or found.get(here)
        if weight is None:
            weight = 1 + sum(self._weight(each, found) for each in _inside(value))
            found[here] = weight
        return weight


def _inside(value: Value) -> Iterator[Value]:
    match value:
        case Choice(inner) | Bag(inner, _, _):
            yield from inner
        case list():
            yield from value
        case dict():
            yield from value
            yield from value.values()
        case Encoded(document=document):
            yield document
        case Pieced(parts=parts):
            yield from parts
        case _:
            pass


def references_in(value: Value) -> Iterator[Reference]:
    """Yield every reference anywhere in the value."""
    match value:
        case Reference():
            yield value
        case Tied():
            yield value.reference
        case Derived(sources, _):
            yield from sources
        case Choice(inner) | Bag(inner, _, _):
            for each in inner:
                yield from references_in(each)
        case list():
            for each in value:
                yield from references_in(each)
        case dict():
            for key, each in value.items():
                yield from references_in(key)
                yield from references_in(each)
        case _:
            pass


def derived(*values: Value) -> Derived:
    """Return something unknown that was made from these."""
    sources = frozenset(one for each in values for one in references_in(each))
    return Derived(sources, complete=all(map(is_traced, values)))


def encoded(document: Value) -> Encoded:
    """Return the JSON text of a document that is not known through and through."""
    unknown = derived(document)
    return Encoded(unknown.sources, unknown.complete, document)


def pieced(parts: Iterable[Value]) -> Pieced:
    """Return a text made from parts that are not all known."""
    every = tuple(parts)
    unknown = derived(*every)
    return Pieced(unknown.sources, unknown.complete, every)


def moved(arn: Reference) -> Moved:
    """Return the ARN with another region in it."""
    unknown = derived(arn)
    return Moved(unknown.sources, unknown.complete, arn)


def is_traced(value: Value) -> bool:
    """Return whether all that the value may hold is told by its references."""
    match value:
        case Derived(_, complete):
            return complete
        case Namespace():
            return False
        case Choice(inner) | Bag(inner, _, _):
            return all(map(is_traced, inner))
        case list():
            return all(map(is_traced, value))
        case dict():
            return all(map(is_traced, value)) and all(map(is_traced, value.values()))
        case _:
            return True


def is_plain(value: Value) -> bool:
    """Return whether the value is known through and through."""
    match value:
        case Reference() | Choice() | Derived() | Namespace():
            return False
        case Bag(items, counted, whole):
            return counted and whole and all(map(is_plain, items))
        case list():
            return all(map(is_plain, value))
        case dict():
            return all(map(is_plain, value)) and all(map(is_plain, value.values()))
        case _:
            return True


_MOST_OPTIONS = 24


def choice(options: Iterable[Value]) -> Value:
    """Return one of these, as the value itself when all are the same."""
    flat: list[Value] = []
    for option in options:
        for each in option.options if isinstance(option, Choice) else (option,):
            if not any(same(each, other) for other in flat):
                flat.append(each)
    if len(flat) == 1:
        return flat[0]
    if not flat or len(flat) > _MOST_OPTIONS or any(isinstance(each, Derived) for each in flat):
        return derived(*flat)
    return Choice(tuple(flat))


def same(left: Value, right: Value) -> bool:
    """Return whether two values are certainly the same; a Boolean is no number."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return not isinstance(left, Derived) and left == right


def bag(items: Iterable[Value], *, whole: bool = True) -> Bag:
    """Return a set of these: sorted as far as known, and counted when nothing can coincide."""
    kept = without_doubles(items)
    plain = all(map(is_plain, kept))
    counted = whole and (plain or len(kept) <= 1)
    return Bag(tuple(sorted(kept, key=_order) if plain else kept), counted, whole)


def without_doubles(items: Iterable[Value]) -> list[Value]:
    """Return the items, each only once where it is certain that they are the same."""
    every = list(items)
    if all(isinstance(each, str | Reference) for each in every):
        return list(dict.fromkeys(every))
    kept: list[Value] = []
    for item in every:
        if not any(same(item, other) for other in kept):
            kept.append(item)
    return kept


_UNORDERED = Bag(())


def listed(items: Iterable[Value], *like: Value) -> Value:
    """Return a list of these; without order or count where one of `like` is without."""
    bags = [each for each in map(_as_bag, like) if each is not None]
    if not bags:
        return list(items)
    return Bag(tuple(items), all(b.counted for b in bags), all(b.whole for b in bags))


def _as_bag(value: Value) -> Bag | None:
    if isinstance(value, Bag):
        return value if in_order(value) is None else None
    symbolic = isinstance(value, dict) and len(value) > 1 and not all(map(is_plain, value))
    return _UNORDERED if symbolic else None


def _order(value: Value) -> tuple[str, float, str]:
    if isinstance(value, int | float):
        return ("", float(value), "")
    return (type(value).__name__ if not isinstance(value, str) else "str", 0.0, str(value))


def in_order(value: Bag) -> list[Value] | None:
    """Return its items in their order; None when that is not told."""
    ordered = len(value.items) < 2 or all(map(is_plain, value.items))  # noqa: PLR2004
    return list(value.items) if ordered and value.counted and value.whole else None


def plain(value: Value) -> Value:
    """Return the value as JSON has it: sets are lists."""
    match value:
        case Bag(items):
            return [plain(each) for each in items]
        case list():
            return [plain(each) for each in value]
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case Tied():
            return str(value)
        case _:
            return value


def tied(value: Value, reference: Reference, unknown: object) -> Value:
    """Return a planned value whose texts know where they were read; `unknown` marks the rest."""
    if value is unknown:
        return reference
    match value:
        case str():
            return Tied(value, reference)
        case list():
            return [
                tied(each, Reference(reference.address, (*reference.path, at)), unknown)
                for at, each in enumerate(value)
            ]
        case Mapping():
            return {
                key: tied(each, Reference(reference.address, (*reference.path, key)), unknown)
                for key, each in value.items()
            }
        case _:
            return value
