"""Terraform's addresses, taken apart and put together."""

import re
from dataclasses import dataclass
from functools import lru_cache

from caisson.terraform.model import Mode

InstanceKey = str | int | None

_WORD = re.compile(r'([\w-]+)(?:\[("(?:\\.|[^"\\])*"|-?\d+)\])?(?:\.|$)')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Address:
    """`module` is the module instance's address, `path` the names of its calls."""

    module: str
    path: tuple[str, ...]
    resource: tuple[Mode, str, str]
    key: InstanceKey


@dataclass(frozen=True, slots=True)
class _Word:
    begin: int
    name: str
    key: InstanceKey


def _words(address: str) -> list[_Word]:
    found: list[_Word] = []
    begin = 0
    while begin < len(address) and (match := _WORD.match(address, begin)) is not None:
        found.append(_Word(begin, match[1], _key(match[2])))
        begin = match.end()
    return found


def _key(written: str | None) -> InstanceKey:
    if written is None:
        return None
    return _ESCAPED.sub(r"\1", written[1:-1]) if written.startswith('"') else int(written)


@lru_cache(maxsize=100_000)
def split(address: str) -> Address:
    """Take apart `module.vpc["a"].data.aws_subnet.private[0]`."""
    words = _words(address)
    # Modules come in pairs of words, then there are two words, or three with `data`.
    data = len(words) % 2 == 1
    own = words[-3:] if data else words[-2:]
    path = tuple(word.name for word in words[1 : len(words) - len(own) : 2])
    mode = Mode.DATA if data else Mode.MANAGED
    module = address[: max(0, own[0].begin - 1)]
    return Address(module, path, (mode, own[-2].name, own[-1].name), own[-1].key)


def split_module(address: str) -> tuple[str, str, InstanceKey]:
    """Return the module around, the call's name and the key: of `module.a.module.b[0]`."""
    *_, word, last = _words(address)
    return address[: max(0, word.begin - 1)], last.name, last.key


def instance_address(address: str, key: InstanceKey) -> str:
    if key is None:
        return address
    if isinstance(key, int):
        return f"{address}[{key}]"
    return '{}["{}"]'.format(address, key.replace("\\", "\\\\").replace('"', '\\"'))
