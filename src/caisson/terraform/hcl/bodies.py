"""The value at a path of an instance: through nested blocks, dynamic ones too.

Of a set of blocks, a plan lists the members in an order of its own. Which one was written where
is found by what is known of both.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from caisson.terraform.hcl.access import each_item, entries, forced, never_empty
from caisson.terraform.hcl.evaluate import Scope, evaluate
from caisson.terraform.hcl.syntax import Block, Body
from caisson.terraform.hcl.values import (
    Bag,
    Choice,
    Derived,
    Reference,
    Value,
    choice,
    is_plain,
)
from caisson.terraform.model import UNKNOWN

Path = tuple[str | int, ...]
ABSENT = object()


class NotTold(Exception):  # noqa: N818  an answer, not an error
    """The text does not say which of several blocks it is, or has none."""


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a body in its scope, or an object that an expression gave.

    What was worked out of it is remembered.
    """

    body: Body | Mapping[Value, Value]
    scope: Scope
    _found: dict[str, Value] = field(default_factory=dict, repr=False, compare=False)

    def value(self, name: str) -> Value:
        """Return an attribute's value, `ABSENT` when nothing was written."""
        if not isinstance(self.body, Body):
            return self.body.get(name, ABSENT)
        if name not in self._found:
            attribute = self.body.attributes.get(name)
            value = ABSENT if attribute is None else evaluate(attribute.expression, self.scope)
            self._found[name] = value
        return self._found[name]

    def blocks(self, name: str) -> "list[Written]":
        """Return the nested blocks in the order of the text. Raises NotTold."""
        found = list(self._blocks(name))
        if not found and (value := self.value(name)) is not ABSENT:
            return [Written(each, self.scope) for each in self._objects(value)]
        return found

    def block_names(self) -> list[str]:
        """Return the names of nested blocks, dynamic ones too; none of what is not text."""
        blocks = self.body.blocks if isinstance(self.body, Body) else ()
        kinds = (each.labels[0] if each.type == "dynamic" else each.type for each in blocks)
        return list(dict.fromkeys(kinds))

    def _blocks(self, name: str) -> "Iterator[Written]":
        for block in self.body.blocks if isinstance(self.body, Body) else ():
            if block.type == name:
                yield Written(block.body, self.scope)
            elif block.type == "dynamic" and block.labels == (name,):
                yield from self._generated(block)

    def _generated(self, block: Block) -> "Iterator[Written]":
        for_each = block.body.attributes.get("for_each")
        if for_each is None:
            raise NotTold
        over = forced(self.scope.module.world, evaluate(for_each.expression, self.scope))
        items = entries(over)
        if items is None or (isinstance(over, Bag) and not over.whole):
            raise NotTold
        iterator = _iterator(block)
        for key, value in items:
            scope = self.scope.bound(**{iterator: {"key": key, "value": value}})
            for content in block.body.of("content"):
                yield Written(content.body, scope)

    def everything(self) -> Iterator[Value]:
        """Yield the value of every attribute here and in nested blocks. Raises NotTold."""
        if not isinstance(self.body, Body):
            yield from self.body.values()
            return
        for name in self.body.attributes:
            yield self.value(name)
        kinds = (block.labels[0] if block.labels else block.type for block in self.body.blocks)
        for kind in dict.fromkeys(kinds):
            for inner in self.blocks(kind):
                yield from inner.everything()

    def _objects(self, value: Value) -> Iterator[dict[Value, Value]]:
        match forced(self.scope.module.world, value):
            case dict() as single:
                yield single
            case list() | Bag() as several:
                for each in each_item(several):
                    if not isinstance(each, dict):
                        raise NotTold
                    yield each
            case None:
                pass
            case _:
                raise NotTold


def _iterator(block: Block) -> str:
    named = block.body.attributes.get("iterator")
    return block.labels[0] if named is None else str(getattr(named.expression, "name", ""))


def value_at(text: Written, planned: Mapping[str, object], path: Path, *, in_order: bool) -> Value:
    """Return what was written at `path` of an instance with these planned values.

    `in_order`: these list nested blocks in the order of the text. `ABSENT` when nothing was
    written. Raises NotTold, Undefined and Exhausted.
    """
    name, *rest = path
    if not rest:
        return _whole(text, str(name))
    below = planned.get(str(name))
    if isinstance(below, Mapping):
        texts = text.blocks(str(name))
        if not texts:
            return ABSENT
        if len(texts) > 1:
            raise NotTold
        return value_at(texts[0], below, tuple(rest), in_order=in_order)
    at, *inner = rest
    if not isinstance(at, int) or not isinstance(below, list) or not 0 <= at < len(below):
        raise NotTold
    if not inner:
        return _whole(text, str(name))
    siblings = [each if isinstance(each, Mapping) else {} for each in below]
    texts = text.blocks(str(name))
    found = texts[at : at + 1] if in_order else _members(texts, siblings, at)
    below_it = tuple(inner)
    return choice(value_at(each, siblings[at], below_it, in_order=in_order) for each in found)


def _whole(text: Written, name: str) -> Value:
    """Return an attribute, or everything in the blocks of that name."""
    value = text.value(name)
    if value is not ABSENT or not isinstance(text.body, Body):
        return value
    inside = [list(each.everything()) for each in text.blocks(name)]
    return inside or ABSENT


def blocks_of(text: Written, name: str, planned: Sequence[object]) -> list[Written | None]:
    """Return the text of each planned block of that name, None where it may be one of several.

    Raises NotTold, Undefined and Exhausted.
    """
    texts = text.blocks(name)
    siblings = [each if isinstance(each, Mapping) else {} for each in planned]
    found = [_members(texts, siblings, at) for at in range(len(siblings))]
    return [each[0] if len(each) == 1 else None for each in found]


def _members(
    texts: Sequence[Written], planned: Sequence[Mapping[str, object]], at: int
) -> list[Written]:
    """Return which of the texts the planned block `at` can be. Raises NotTold."""
    own = _fitting(texts, planned[at])
    if not own:
        raise NotTold
    alike = [other for other, each in enumerate(planned) if each == planned[at]]
    if len(own) == 1 or len(alike) != len(own):
        return [texts[each] for each in own]
    taken = (_fitting(texts, each) for each in planned if each != planned[at])
    if any(set(own) & set(others) for others in taken):
        return [texts[each] for each in own]
    # As many as there are texts for them, and nothing tells them apart: any order is as good.
    return [texts[own[alike.index(at)]]]


def _fitting(texts: Sequence[Written], planned: Mapping[str, object]) -> list[int]:
    return [at for at, each in enumerate(texts) if fits(each, planned)]


def fits(text: Written, planned: Mapping[str, object]) -> bool:
    """Return whether nothing that was written contradicts what is planned."""
    return not any(
        contradicts(text.value(name), known)
        for name, known in planned.items()
        if known is not UNKNOWN and not _has_blocks(known)
    )


def _has_blocks(known: object) -> bool:
    return isinstance(known, list) and any(isinstance(each, Mapping) for each in known)


def contradicts(written: Value, known: object) -> bool:
    """Return whether a planned value cannot have come of what was written."""
    match written:
        case Derived() | None | "":
            return False
        case Choice(options):
            return all(contradicts(each, known) for each in options)
        case Reference():
            return never_empty(written) and known in (None, "")
        case list() | Bag():
            return _items_contradict(list(each_item(written)), written, known)
        case dict() | bool() | int() | float() | str():
            return is_plain(written) and _unlike(written, known)
        case _:
            return False


def _items_contradict(items: list[Value], written: Value, known: object) -> bool:
    if not isinstance(known, list):
        return bool(items) and known in (None, "") and any(map(_is_something, items))
    if any(each is UNKNOWN or isinstance(each, Mapping | list) for each in known):
        return False
    if any(map(never_empty, items)):
        return True  # it would be unknown in the plan too
    if not is_plain(written) or any(isinstance(each, dict | list) for each in items):
        return False
    return {_simple(each) for each in items} != {_simple(each) for each in known}


def _is_something(item: Value) -> bool:
    return never_empty(item) or (is_plain(item) and item not in (None, ""))


def _unlike(written: Value, known: object) -> bool:
    """Providers write numbers as text, texts in small letters, and documents in their own way."""
    if isinstance(written, dict) or isinstance(known, Mapping | list):
        return False
    if known is None:
        return False  # providers leave out what is the default, or does not apply
    one, other = _simple(written), _simple(known)
    return one != other and not one.startswith(("{", "[")) and not _DIGEST.fullmatch(other)


_DIGEST = re.compile("[0-9a-f]{40}")  # instead of what the provider finds too long to keep
_PROTOCOLS = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def _simple(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).lower().rstrip(".")
    return _PROTOCOLS.get(text, text)
