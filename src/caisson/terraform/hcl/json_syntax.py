"""JSON syntax: the bytes of a `.tf.json` file become the same bodies and expressions.

Texts are templates; an object's keys `//` are comments.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial

from caisson.estate.sources import Source
from caisson.terraform.hcl import syntax
from caisson.terraform.hcl.native import parse_expression
from caisson.terraform.hcl.syntax import Attribute, Block, Body, Expression, Mistake
from caisson.terraform.hcl.text import unmarked

# How many labels a block of each type has, which JSON writes as nested objects.
_LABELS = {
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
    "module": 1,
    "variable": 1,
    "output": 1,
    "provider": 1,
    "check": 1,
    "locals": 0,
    "terraform": 0,
    "moved": 0,
    "import": 0,
    "removed": 0,
}

_Places = Mapping[tuple[str, ...], int]


def parse(file: str, content: bytes) -> Body | Mistake:
    """Return the file's body, or why it cannot be read."""
    try:
        text = content.decode()
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Mistake(Source(file, getattr(error, "lineno", 1)), "the file is not JSON")
    if not isinstance(document, dict | list):
        return Mistake(Source(file, 1), "a configuration is an object")
    places = _places(text)
    blocks = (
        block
        for whole in _listed(document)
        for kind, below in whole.items()
        if kind in _LABELS
        for block in _blocks(file, places, (kind,), below)
    )
    return Body({}, tuple(blocks))


def _blocks(file: str, places: _Places, path: tuple[str, ...], below: object) -> Iterator[Block]:
    kind, *labels = path
    for each in _listed(below):
        if len(labels) == _LABELS[kind]:
            source = Source(file, places.get(path, 1))
            read = partial(_settings, file, places) if kind == "terraform" else _body
            yield Block(kind, tuple(labels), source, partial(read, source, each))
        else:
            for label, inner in each.items():
                if label != "//":
                    yield from _blocks(file, places, (*path, label), inner)


def _listed(value: object) -> list[dict[str, object]]:
    every = value if isinstance(value, list) else [value]
    return [each for each in every if isinstance(each, dict)]


def _body(source: Source, value: Mapping[str, object]) -> Body:
    attributes = {
        name: Attribute(name, source, partial(expression, inner))
        for name, inner in value.items()
        if name not in ("//", "dynamic")
    }
    dynamic = (
        Block("dynamic", (label,), source, partial(_dynamic, source, inner))
        for whole in _listed(value.get("dynamic"))
        for label, below in whole.items()
        for inner in _listed(below)
    )
    return Body(attributes, tuple(dynamic))


def _settings(file: str, places: _Places, source: Source, value: Mapping[str, object]) -> Body:
    """Return what Terraform is told of itself, in which the place of the state is a block."""
    cloud = (
        Block("cloud", (), Source(file, places.get(("terraform", "cloud"), 1)), inside)
        for each in _listed(value.get("cloud"))
        for inside in (partial(_body, source, each),)
    )
    backend = (
        Block("backend", (kind,), Source(file, places.get(("terraform", "backend", kind), 1)), read)
        for whole in _listed(value.get("backend"))
        for kind, below in whole.items()
        for each in _listed(below)
        for read in (partial(_body, source, each),)
    )
    rest = {name: each for name, each in value.items() if name not in ("backend", "cloud")}
    return Body(_body(source, rest).attributes, (*cloud, *backend))


def _dynamic(source: Source, value: Mapping[str, object]) -> Body:
    plain = {name: inner for name, inner in value.items() if name != "content"}
    content = (
        Block("content", (), source, partial(_body, source, inner))
        for inner in _listed(value.get("content"))
    )
    return Body(_body(source, plain).attributes, tuple(content))


def expression(value: object) -> Expression:
    """Return the expression that a JSON value stands for."""
    match value:
        case str():
            return template(value)
        case list():
            return syntax.Tuple(tuple(map(expression, value)))
        case dict():
            pairs = value.items()
            return syntax.Object(
                tuple((template(key), expression(each)) for key, each in pairs if key != "//")
            )
        case bool() | int() | float() | None:
            return syntax.Literal(value)
        case _:
            return syntax.Opaque()


def template(text: str) -> Expression:
    """Return the expression of text that may hold `${...}`."""
    if "%{" in text.replace("%%{", ""):
        return syntax.Opaque(tuple(_inserted(text)))
    if "${" not in text:
        return syntax.Literal(unmarked(text))
    parts = tuple(part for part in _parts(text) if part != syntax.Literal(""))
    return parts[0] if len(parts) == 1 else syntax.Template(parts)


def _inserted(text: str) -> Iterator[Expression]:
    return (part for part in _parts(text) if not isinstance(part, syntax.Literal))


def _parts(text: str) -> Iterator[Expression]:
    begin = 0
    while (opening := _opening(text, begin)) is not None:
        yield syntax.Literal(unmarked(text[begin:opening]))
        begin = _closing(text, opening + 2)
        yield parse_expression(text[opening + 2 : begin - 1])
    yield syntax.Literal(unmarked(text[begin:]))


_MARK = re.compile(r"\$\$\{|\$\{")
_WITHIN = re.compile(r'\\.|\$\{|[{}"]', re.DOTALL)


def _opening(text: str, begin: int) -> int | None:
    return next((m.start() for m in _MARK.finditer(text, begin) if m[0] == "${"), None)


def _closing(text: str, begin: int) -> int:
    """Return the place after the `}` that ends an insertion; quotes in it may insert again."""
    inside = ["{"]
    for match in _WITHIN.finditer(text, begin):
        mark = match[0]
        if mark == '"':
            inside.pop() if inside[-1] == '"' else inside.append('"')
        elif mark == "${" or (mark == "{" and inside[-1] != '"'):
            inside.append("{")
        elif mark == "}" and inside[-1] != '"':
            inside.pop()
        if not inside:
            return match.end()
    return len(text) + 1


_MARKS = re.compile(r'"((?:\\.|[^"\\])*)"(\s*:)?|[{}\[\]]|\n')


def _places(text: str) -> _Places:
    """Return the line of each key, down to the names of resources."""
    found: dict[tuple[str, ...], int] = {}
    path: list[str] = []
    key, line = "", 1
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark == "\n":
            line += 1
        elif mark[0] == '"':
            if match[2]:
                key = match[1]
                found.setdefault((*(each for each in path if each), key), line)
                line += match[2].count("\n")
        elif mark in "{[":
            path.append(key)
            key = ""
        elif path:
            path.pop()
            key = ""
    return found
