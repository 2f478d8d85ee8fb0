"""Patterns that people write for addresses, regions, accounts and tags: `*` and `?` are wild.

Brackets stand for themselves, since Terraform's addresses are full of them.
"""

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (_WILD.get(letter) or re.escape(letter) for letter in pattern)
    return re.compile("".join(parts), re.DOTALL)


_WILD = {"*": ".*", "?": "."}


def is_pattern(text: str) -> bool:
    """Return whether anything in `text` is wild."""
    return any(letter in text for letter in _WILD)


def matches(text: str, pattern: str) -> bool:
    """Return whether the whole of `text` is what `pattern` says."""
    return _compiled(pattern).fullmatch(text) is not None


def names(address: str, pattern: str) -> bool:
    """Return whether `pattern` is the address, or that of a module or resource it is in.

    `module.db` names `module.db.aws_db_instance.this[0]`, and so does
    `module.db.aws_db_instance.this`.
    """
    if matches(address, pattern):
        return True
    if is_pattern(pattern):
        return False
    return address.startswith((f"{pattern}.", f"{pattern}[", f"{pattern}/"))


def any_matches(text: str, patterns: Iterable[str]) -> bool:
    return any(matches(text, pattern) for pattern in patterns)
