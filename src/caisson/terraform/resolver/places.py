"""Where in the configuration an attribute of an instance was written.

Blocks are told apart by what is constant in them, for sets of blocks have no order. Blocks that
a `dynamic` block makes are not in a plan's configuration at all; and some blocks (the rules of a
security group, the routes of a route table) are there as one expression that merges them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from caisson.terraform.configuration import Plain
from caisson.terraform.model import UNKNOWN
from caisson.terraform.reading import Path

_EXPRESSION = frozenset({"references", "constant_value"})


@dataclass(frozen=True, slots=True)
class Found:
    """The expressions of which one gave the value; none when nobody wrote it.

    `merged` is the part of the path whose blocks are one expression. `hidden`: a dynamic block
    may have given it.
    """

    expressions: tuple[Plain, ...] = ()
    merged: Path | None = None
    hidden: bool = False


UNWRITTEN = Found()
HIDDEN = Found(hidden=True)


def place(expressions: Plain, values: Mapping[str, object], path: Path) -> Found:
    """Return where the value at `path` was written."""
    return _at(expressions, values, path, 0)


def _at(blocks: Plain, value: object, path: Path, at: int) -> Found:
    """Look for path[at:] in the expressions of one block, whose value is `value`."""
    step = path[at] if at < len(path) else None
    written = blocks.get(step) if isinstance(step, str) else None
    inner = value.get(step) if isinstance(value, dict) else None
    if written is None:
        made = isinstance(inner, list) and at + 1 < len(path)
        return HIDDEN if made else UNWRITTEN
    if isinstance(written, list):
        return _in_blocks(written, inner, path, at + 1)
    if not isinstance(written, Mapping):
        return HIDDEN
    if written.keys() <= _EXPRESSION:
        return Found((written,), path[: at + 1] if at + 1 < len(path) else None)
    return _at(written, inner, path, at + 1) if at + 1 < len(path) else _every(written)


def _every(block: Plain) -> Found:
    """Return all expressions in a block, for who asks for the block as one."""
    return Found(tuple(expressions_in(block)))


def expressions_in(written: object) -> Iterator[Plain]:
    """Yield the expressions in blocks, at any depth."""
    if isinstance(written, list):
        for each in written:
            yield from expressions_in(each)
    elif isinstance(written, Mapping):
        if written.keys() <= _EXPRESSION:
            yield written
        else:
            for each in written.values():
                yield from expressions_in(each)


def _in_blocks(written: Sequence[object], values: object, path: Path, at: int) -> Found:
    blocks = [each for each in written if isinstance(each, Mapping)]
    if at >= len(path):
        return Found(tuple(expressions_in(written)), hidden=_more(values, blocks))
    index = path[at]
    if not isinstance(index, int) or not isinstance(values, list) or not 0 <= index < len(values):
        return HIDDEN
    value = values[index]
    fitting = [each for each in blocks if _fits(each, value)] or blocks
    found = [_at(each, value, path, at + 1) for each in fitting]
    expressions = tuple(one for each in found for one in each.expressions)
    merged = next((each.merged for each in found if each.merged is not None), None)
    hidden = _more(values, blocks) or any(each.hidden for each in found)
    return Found(expressions, merged, hidden)


def _more(values: object, blocks: Sequence[object]) -> bool:
    """Return whether there are more blocks than were written: a dynamic block made the others."""
    return values is UNKNOWN or (isinstance(values, list) and len(values) > len(blocks))


def _fits(block: Plain, value: object) -> bool:
    """Return whether a block with these constants can have this value."""
    if not isinstance(value, dict):
        return True
    for name, each in block.items():
        if isinstance(each, Mapping) and "constant_value" in each:
            told = value.get(name)
            if told is not UNKNOWN and not _same(told, each["constant_value"]):
                return False
    return True


def _same(told: object, constant: object) -> bool:
    if told == constant:
        return True
    if isinstance(told, list) and isinstance(constant, list):
        return sorted(map(_text, told)) == sorted(map(_text, constant))
    return _text(told) == _text(constant)


def _text(value: object) -> str:
    if value in (None, "", []):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
