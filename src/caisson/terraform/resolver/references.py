"""The words by which a plan's configuration tells what an expression refers to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

_STEP = re.compile(r'\.?([^\W\d][\w-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\.(\d+)')
_ROOTS = frozenset(
    {"count", "each", "ephemeral", "local", "module", "path", "self", "terraform", "var"}
)
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """`root` is a word such as `var`, or `resource`, whose name is `aws_vpc.a` or `data.aws_ami.b`.

    `key` is a key that stands right behind a resource's or a module's name, `steps` what follows.
    """

    root: str
    name: str = ""
    key: str | int | None = None
    steps: Steps = ()


def references(words: Iterable[object]) -> tuple[Reference, ...]:
    """Return the references of an expression, in the order in which they stand there.

    A plan lists each of them with all its beginnings behind it: `a.b[0].id`, `a.b[0]`, `a.b`.
    Of an output, `module.a["x"].out`, the last of them is `module.a["x"]`.
    """
    found: list[Reference] = []
    before, begun = "", ""
    for word in words:
        text = str(word)
        begins = len(text) < len(before) and before.startswith(text)
        if not begins or (begun != before and _is_module_of(text, before)):
            found.append(_reference(text))
            begun = text
        before = text
    return tuple(found)


def _is_module_of(text: str, instance: str) -> bool:
    return text.startswith("module.") and text.count(".") == 1 and instance[len(text)] == "["


def words_of(expression: Mapping[str, object]) -> list[object]:
    """Return the words in which an expression of the configuration tells its references."""
    words = expression.get("references")
    return words if isinstance(words, list) else []


@lru_cache(maxsize=1 << 16)
def _reference(text: str) -> Reference:
    steps, is_key = _steps(text)
    match steps:
        case ("data", str(), str(), *_):
            return _resource(steps, is_key, 3)
        case (str(root), str(name), *rest) if root in _ROOTS:
            if root == "module" and rest and is_key[2]:
                return Reference(root, name, rest[0], tuple(rest[1:]))
            return Reference(root, name, None, tuple(rest))
        case (str(), str(), *_):
            return _resource(steps, is_key, 2)
        case _:
            return Reference("unknown", text)


def _resource(steps: Steps, is_key: tuple[bool, ...], length: int) -> Reference:
    name = ".".join(map(str, steps[:length]))
    if len(steps) > length and is_key[length]:
        return Reference("resource", name, steps[length], steps[length + 1 :])
    return Reference("resource", name, None, steps[length:])


def _steps(text: str) -> tuple[Steps, tuple[bool, ...]]:
    """Return the steps, and which of them stand in brackets; none when it is not understood."""
    steps: list[str | int] = []
    keys: list[bool] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            return (), ()
        name, number, key, legacy = match.groups()
        steps.append(name if name is not None else _key(number or legacy, key))
        keys.append(name is None)
        at = match.end()
    return tuple(steps), tuple(keys)


def _key(number: str | None, text: str | None) -> str | int:
    if number is not None:
        return int(number) if len(number) < 10 else number  # noqa: PLR2004  no count is longer
    return unquoted(text or "")


def unquoted(text: str) -> str:
    """Return what stands between quotes, as Terraform writes keys."""
    return text.replace('\\"', '"').replace("\\\\", "\\").replace("$${", "${").replace("%%{", "%{")
