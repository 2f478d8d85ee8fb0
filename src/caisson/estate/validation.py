"""Plain values to what was declared; pydantic's errors become sentences that say what to write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from caisson.estate import aws, backups
from caisson.estate.backups import QUESTION_KINDS, parse_wal
from caisson.estate.buckets import masked
from caisson.estate.declared import SUBJECT_PATTERN, Declared
from caisson.estate.document import Document, Plain
from caisson.estate.mistakes import MOST_MISTAKES, Mistake, did_you_mean, listed, shortened
from caisson.estate.promises import PROMISE_KINDS
from caisson.estate.redis_commands import RedisCommand
from caisson.estate.relations import Relation
from caisson.estate.sources import KeyPath, Sources

M = TypeVar("M", bound=Declared)

# What each pattern asks for, and what to write instead.
WORDS = {**aws.WORDS, **backups.WORDS}


@dataclass(frozen=True, slots=True)
class _Kinds:
    """A list of things of several kinds, each told by its key."""

    one: str
    done: str
    example: str
    kinds: tuple[tuple[str, type[Declared]], ...]


_PROMISES = _Kinds("promise", "promised", "{name: …, when: …}", PROMISE_KINDS)
_QUESTIONS = _Kinds("question", "asked", "{sql: …, is: …}", QUESTION_KINDS)

_NAME_RULE = (
    "must be a name (small letters, digits and hyphens, a letter first, at most 40 characters)"
)
_NAME_REMEDY = "write a name such as `us-west` or `blocks`"


def validate(document: Document, sources: Sources, model: type[M]) -> M | list[Mistake]:
    """What `model` makes of the document, or everything that keeps it from being one."""
    try:
        # Only the keys as written (`from`, not the attribute `from_`) are keys that may stand.
        return model.model_validate(document.content, by_alias=True, by_name=False)
    except ValidationError as errors:
        found = _mistakes(errors, _Wanted(model, document), sources)
        return list(islice(found, MOST_MISTAKES + 1))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was written, and what was to be written there."""

    model: type[Declared]
    document: Document


def _mistakes(errors: ValidationError, wanted: _Wanted, sources: Sources) -> Iterator[Mistake]:
    for error in errors.errors(include_url=False, include_context=False, include_input=False):
        path = _written(error["loc"], wanted.document)
        what, remedy = _sentence(error["type"], path, error["loc"], wanted)
        yield Mistake(sources.at(*path), f"{dotted(path)}{what}", remedy)


def _written(loc: KeyPath, document: Document) -> KeyPath:
    """Pydantic's path without its own insertions, such as which form of a union was tried."""
    path: KeyPath = ()
    for last, part in ((i == len(loc) - 1, part) for i, part in enumerate(loc)):
        inside = document.at(path)
        if isinstance(inside, Mapping):
            was_written = part in inside or (last and not _is_tag(part))
        else:
            was_written = isinstance(inside, list) and isinstance(part, int)
        path = (*path, part) if was_written else path
    return path


def _is_tag(part: str | int) -> bool:
    """Whether pydantic put this in: `[key]` of a mapping, or a tag of a union of the model."""
    return isinstance(part, str) and part.startswith("[")


def dotted(path: KeyPath) -> str:
    """`stores.blocks.shards: `, for the beginning of a sentence."""
    text = ""
    for part in path:
        text += f" #{part + 1}" if isinstance(part, int) else f".{shortened(part)}"
    return f"{text.lstrip('.')}: " if text else ""


def _sentence(kind: str, path: KeyPath, loc: KeyPath, wanted: _Wanted) -> tuple[str, str]:
    """What is wrong, and what to write instead."""
    document = wanted.document
    expected = _annotation(path, wanted.model)
    match kind:
        case "missing":
            return "is missing", f"add `{path[-1]}: …`; it {_rule(expected)}"
        case "extra_forbidden":
            return "is not a key that means anything here", did_you_mean(
                str(path[-1]), _keys(path[:-1], loc, wanted.model)
            )
        case "union_tag_not_found":
            return _kind_sentence(_kinds_at(path), document.at(path), document.texts.get(path, ""))
        case "string_pattern_mismatch" if loc[-1] == "[key]":
            return _NAME_RULE, _NAME_REMEDY
        case "too_short" | "too_long":
            return _length_sentence(path)
        case _:
            return _value_sentence(expected, path, document)


def _value_sentence(expected: object, path: KeyPath, document: Document) -> tuple[str, str]:
    written, text = document.at(path), document.texts.get(path, "")
    return f"{_rule(expected)}, not {_shown(written, text)}", _instead(expected, written, text)


_TEXT_RULES: dict[str | None, str] = {
    None: "must be text",
    "^/": "must be a path that begins with /",
    SUBJECT_PATTERN: "must be a name, an address, a type or a pattern",
    **{pattern: rule for pattern, (rule, _) in WORDS.items()},
}
_RULES: dict[object, str] = {
    tuple: "must be a port or a range of ports",
    Relation: "must be a relation",
    RedisCommand: "must be a command of Redis",
    bool: "must be true or false",
    float: "must be a duration with its unit",
    list: "must be a list",
}
_MAPPING_RULE = "must be a mapping of keys and values"
_INSTEAD: dict[object, str] = {
    tuple: "write a port such as 443, or a range such as 8000-8100",
    RedisCommand: "write its words as for a shell, such as DBSIZE or GET 'a key'",
    Relation: 'write how the answer compares with a number, such as ">= 1", or "= \'t\'" with '
    "a text",
    bool: "write true or false, without quotes",
    float: "write a number and its unit, such as 500ms, 5s, 10m, 1h or 7d",
    list: "write a list such as [a, b], or leave the key out",
}
_MAPPING_INSTEAD = "write `key: value` lines below it, or {} when all its keys may be left out"


def _rule(expected: object) -> str:
    """What a value must be, as the end of a sentence."""
    kind, metadata = _bare(expected)
    if _is_wal(metadata):
        return "must be true, false or a duration with its unit"
    if choices := _choices(kind):
        return f"must be {'one of ' if len(choices) > 1 else ''}{listed(choices)}"
    if kind is int:
        low, high = _bounds(metadata)
        return f"must be a whole number between {low} and {high}"
    if kind is str:
        return _TEXT_RULES.get(_pattern(metadata), _NAME_RULE)
    if kind is bool and expected is not bool:
        return "must be true, false or {from: STORE}"
    return _RULES.get(get_origin(kind) or kind, _MAPPING_RULE)


def _instead(expected: object, written: Plain, text: str) -> str:
    kind, metadata = _bare(expected)
    if choices := _choices(kind):
        return did_you_mean(str(written), choices)
    if kind is int:
        return f"write {_bounds(metadata)[0]}, or the number you need, without quotes"
    if kind is str:
        return _text_instead(_pattern(metadata), written, text)
    if kind is float and isinstance(written, int | float) and not isinstance(written, bool):
        return f"write {shortened(text)}s, or another unit: ms, s, m, h, d"
    if get_origin(kind) is list and (items := _items(written, text)):
        return f"write [{items}]"
    return _INSTEAD.get(get_origin(kind) or kind, _MAPPING_INSTEAD)


def _items(written: Plain, text: str) -> str:
    """What was meant as a list, without its brackets; empty when that is not to be seen."""
    if isinstance(written, str):
        return shortened(", ".join(written.split()))
    return f'"{shortened(text)}"' if text.isdigit() else ""


_TEXT_INSTEAD: dict[str | None, str] = {
    "^/": "write a path such as /ready",
    SUBJECT_PATTERN: "write a name, or an address such as `module.db.*` on one line",
    **{pattern: remedy for pattern, (_, remedy) in WORDS.items()},
}


def _text_instead(pattern: str | None, written: Plain, text: str) -> str:
    if pattern in (None, SUBJECT_PATTERN, *WORDS) and isinstance(written, int | float):
        return f'write it in quotes: "{shortened(text)}"'
    return _TEXT_INSTEAD.get(pattern, _NAME_REMEDY)


def _kinds_at(path: KeyPath) -> _Kinds:
    return _PROMISES if path[:1] == ("promises",) else _QUESTIONS


def _kind_sentence(meant: _Kinds, written: Plain, text: str) -> tuple[str, str]:
    keys = [key for key, _ in meant.kinds]
    if not isinstance(written, Mapping):
        return f"must be a {meant.one}, not {_shown(written, text)}", f"write {meant.example}"
    present = [key for key in keys if key in written]
    if present:
        what = f"is several {meant.one}s at once: {listed(present)}"
        return what, f"make one {meant.one} of each"
    return (
        f"does not say what is {meant.done}",
        f"add one of {listed(keys)}; each tells one kind of {meant.one}",
    )


def _length_sentence(path: KeyPath) -> tuple[str, str]:
    if path[-1] in ("isolate", "same"):
        return "must name two environments", "write [staging, production]"
    return "must not be empty", "write at least one"


def _shown(written: Plain, text: str = "") -> str:
    match written:
        case None:
            return "empty"
        case str():
            return f"'{shortened(masked(written))}'"
        case bool() | int() | float():
            return shortened(text)
        case list():
            return "a list"
        case _:
            return "a mapping"


# The model is asked what it wants at a path, so that no second list of keys can go stale.


def _annotation(path: KeyPath, model: type[Declared]) -> object:
    found: object = model
    for part in path:
        found = next(_inside(found, part), None)
    return found


def _inside(annotation: object, part: str | int) -> Iterator[object]:
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            for name, field in option.model_fields.items():
                if part == (field.alias or name):
                    yield (
                        Annotated[field.annotation, *field.metadata]
                        if field.metadata
                        else (field.annotation)
                    )
        elif get_origin(option) is dict and isinstance(part, str):
            yield get_args(option)[1]
        elif get_origin(option) is list and isinstance(part, int):
            yield get_args(option)[0]


def _options(annotation: object) -> Iterator[object]:
    """The types inside `Annotated` and unions, without `None`."""
    if isinstance(annotation, type) or get_origin(annotation) in (dict, list, Literal):
        if annotation is not type(None):
            yield annotation
        return
    inner = get_args(annotation)
    for option in inner[:1] if get_origin(annotation) is Annotated else inner:
        yield from _options(option)


def _bare(annotation: object) -> tuple[Any, list[object]]:
    """The first type that is meant, with the constraints written around it."""
    metadata: list[object] = []
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation, *others = get_args(annotation)
        for other in others:  # of a union: its other types, which are no constraints
            metadata += other.metadata if isinstance(other, FieldInfo) else [other]
    return annotation, metadata


def _choices(kind: object) -> list[str]:
    return [str(choice) for choice in get_args(kind)] if get_origin(kind) is Literal else []


def _bounds(metadata: list[object]) -> tuple[object, object]:
    low = next((limit.ge for limit in metadata if isinstance(limit, Ge)), 0)
    high = next((limit.le for limit in metadata if isinstance(limit, Le)), "the largest there is")
    return low, high


def _is_wal(metadata: list[object]) -> bool:
    return any(getattr(each, "func", None) is parse_wal for each in metadata)


def _pattern(metadata: list[object]) -> str | None:
    return next((found for m in metadata if (found := getattr(m, "pattern", None))), None)


def _keys(path: KeyPath, loc: KeyPath, model: type[Declared]) -> list[str]:
    """The keys that may stand in the mapping at `path`; of promises, those of its kind."""
    models = [m for m in _options(_annotation(path, model)) if isinstance(m, type)]
    kinds = [kind for key, kind in _kinds_of(path) if f"[{key}]" in loc]
    return [key for each in kinds or models for key in _written_keys(each)]


def _kinds_of(path: KeyPath) -> tuple[tuple[str, type[Declared]], ...]:
    """The kinds of which the thing at `path` is one; none where it is not told by a key."""
    if path[:1] == ("promises",) or (path[:1] == ("stores",) and path[2:3] == ("questions",)):
        return _kinds_at(path).kinds
    return ()


def _written_keys(model: type) -> list[str]:
    if not issubclass(model, Declared):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]
