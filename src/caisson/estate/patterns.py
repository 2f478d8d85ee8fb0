"""Patterns that people write for addresses, regions, accounts and tags: `*` and `?` are wild.

Brackets stand for themselves, since Terraform's addresses are full of them.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_WILD = {"*": ".*", "?": "."}
# Nothing in an address of Terraform is followed by a colon before its first point.
_ROOT = "([A-Za-z0-9_-]++):"
_ROOTED = re.compile(_ROOT)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_written(pattern), re.DOTALL)


@lru_cache(maxsize=1024)
def _naming(pattern: str) -> re.Pattern[str]:
    within = "" if is_pattern(pattern) else r"([.[/].*)?"
    return re.compile(f"({_ROOT})?{_written(pattern)}{within}", re.DOTALL)


def _written(pattern: str) -> str:
    return "".join(_WILD.get(letter) or re.escape(letter) for letter in pattern)


def is_pattern(text: str) -> bool:
    """Return whether anything in `text` is wild."""
    return any(letter in text for letter in _WILD)


def matches(text: str, pattern: str) -> bool:
    """Return whether the whole of `text` is what `pattern` says."""
    return _compiled(pattern).fullmatch(text) is not None


def of_root(root: str, name: str) -> str:
    """Return how a thing of one root is called among several: `network:aws_vpc.main`."""
    return f"{root}:{name}"


def root_of(name: str) -> tuple[str, str]:
    """Return the root that a thing is of, empty when there is but one, and its name in there."""
    found = _ROOTED.match(name)
    return (found[1], name[found.end() :]) if found else ("", name)


def names(address: str, pattern: str) -> bool:
    """Return whether `pattern` is the address, or that of a module or resource it is in.

    `module.db` names `module.db.aws_db_instance.this[0]`, and so does
    `module.db.aws_db_instance.this`. Among several roots it does in each of them, and
    `network:*` names all of one root.
    """
    return _naming(pattern).fullmatch(address) is not None


def matcher(pattern: str) -> Callable[[str], object]:
    """Return `matches` for many texts and one pattern."""
    return _compiled(pattern).fullmatch


def namer(pattern: str) -> Callable[[str], object]:
    """Return `names` for many addresses and one pattern."""
    return _naming(pattern).fullmatch


def any_matches(text: str, patterns: Iterable[str]) -> bool:
    return any(matches(text, pattern) for pattern in patterns)
