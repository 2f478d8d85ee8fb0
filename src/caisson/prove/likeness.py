"""Addresses without what tells two environments apart, so that things can be matched."""

import re
from collections.abc import Collection

from caisson.estate.patterns import root_of

# Each line holds what people write for one environment.
_SYNONYMS = (
    {"production", "prod", "prd", "live"},
    {"staging", "stage", "stg"},
    {"development", "develop", "dev"},
    {"testing", "test", "tst"},
    {"acceptance", "acc", "uat"},
    {"preproduction", "preprod"},
    {"sandbox", "sbx"},
)
_PART = re.compile(r'\[(?P<key>"(?:[^"\\]|\\.)*"|\d+)\]|(?P<name>[^.\[\]]+)')
_WORD_BORDER = re.compile(r"([-_/.:])")
_ANY = "*"


def words_of(environments: Collection[str]) -> frozenset[str]:
    """Return the words that tell these environments, or accounts, in an address."""
    said = {each.lower() for each in environments}
    return frozenset(said.union(*(each for each in _SYNONYMS if each & said)))


def likeness(address: str, words: Collection[str], *, with_keys: bool = True) -> str:
    """Return the address without `words`; a part of it that is nothing else becomes `*`.

    Keys of modules are left out unless `with_keys`; the type of a resource is never changed. A
    root that is called by such a word alone is left out too.
    """
    root, address = root_of(address)
    told = not root or root.lower() in words
    kept = _ANY if told else _without(root, words)
    parts: list[str] = [] if kept == _ANY else [f"{kept}:"]
    names = 0
    last = _last_names(address)
    for found in _PART.finditer(address):
        if found["name"] is not None:
            is_type = names in last[:1]
            names += 1
            name = found["name"]
            point = "." if names > 1 else ""
            parts.append(f"{point}{name if is_type else _without(name, words)}")
        elif with_keys or names > last[-1]:
            key = found["key"].strip('"')
            left = key if key.isdigit() else _without(key, words)
            parts.append(f"[{left}]" if left != _ANY else "")
    return "".join(parts)


def _last_names(address: str) -> tuple[int, int]:
    """Return the positions, among the names of an address, of the resource's type and name."""
    count = sum(1 for found in _PART.finditer(address) if found["name"] is not None)
    return count - 2, count - 1


def _without(text: str, words: Collection[str]) -> str:
    pieces = _WORD_BORDER.split(text)
    kept = [piece for piece in pieces[::2] if piece and piece.lower() not in words]
    if len(kept) == sum(1 for piece in pieces[::2] if piece):
        return text
    return "-".join(kept) or _ANY
