"""The values that files give to the variables of the root: `terraform.tfvars` and its like."""

import json
from collections.abc import Iterator, Mapping

from caisson.estate.sources import Source
from caisson.terraform.hcl import native
from caisson.terraform.hcl.configuration import named
from caisson.terraform.hcl.syntax import Body, Expression, Literal, Mistake, Object, Tuple, Unary
from caisson.terraform.hcl.values import NOBODY_KNOWS, Value

_FIRST = ("terraform.tfvars", "terraform.tfvars.json")
_AUTOMATIC = (".auto.tfvars", ".auto.tfvars.json")


def inputs(
    files: Mapping[str, bytes], root: str = ""
) -> tuple[dict[str, Value], tuple[Mistake, ...]]:
    """Return the values by variable, later files before earlier ones, and what cannot be read."""
    found: dict[str, Value] = {}
    mistakes: list[Mistake] = []
    for path in _in_order(files):
        read = _json if path.endswith(".json") else _native
        values = read(named(root, path), files[path])
        if isinstance(values, Mistake):
            mistakes.append(values)
        else:
            found.update(values)
    return found, tuple(mistakes)


def _in_order(files: Mapping[str, bytes]) -> Iterator[str]:
    yield from (path for path in _FIRST if path in files)
    yield from sorted(path for path in files if "/" not in path and path.endswith(_AUTOMATIC))


def _json(path: str, content: bytes) -> dict[str, Value] | Mistake:
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return Mistake(Source(path, 1), "the file is not JSON")
    return values if isinstance(values, dict) else Mistake(Source(path, 1), "not an object")


def _native(path: str, content: bytes) -> dict[str, Value] | Mistake:
    body = native.parse(path, content)
    if not isinstance(body, Body):
        return body
    return {name: _constant(each.expression) for name, each in body.attributes.items()}


def _constant(expression: Expression) -> Value:
    match expression:
        case Literal(value):
            return value
        case Unary("-", Literal(int() | float() as number)):
            return -number
        case Tuple(items):
            return [_constant(each) for each in items]
        case Object(items):
            return {_constant(key): _constant(value) for key, value in items}
        case _:
            return NOBODY_KNOWS
