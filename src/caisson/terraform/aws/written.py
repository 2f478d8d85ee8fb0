"""What an attribute will be when nobody wrote it: the service's documented default.

Most attributes that nobody writes are known only after apply, because the provider reads them
back. They are no more unknown than the default is.
"""

import re

from caisson.terraform.aws.presence import unset
from caisson.terraform.model import UNKNOWN
from caisson.terraform.reading import Block

_DAY_S = 86_400.0
_WINDOW = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)")


def flag(block: Block | None, name: str, default: bool | None) -> bool | None:
    """Return a yes or no, None when it cannot be told."""
    if block is None or unset(block, name):
        return default
    return block.flag(name, default=default)


def number(block: Block | None, name: str, default: float | None) -> float | None:
    """Return a number, None when it cannot be told."""
    if block is None or unset(block, name):
        return default
    value = block.number(name)
    return value if isinstance(value, float) else None


def text(block: Block | None, name: str, default: str | None = None) -> str | None:
    """Return a text, None when it cannot be told or when there is neither it nor a default."""
    if block is None or unset(block, name):
        return default
    value = block.text(name)
    return value if isinstance(value, str) else None


def told(block: Block | None, name: str) -> bool:
    """Return whether `name` is known or follows from the default, be it nothing."""
    return block is None or unset(block, name) or block.value(name) is not UNKNOWN


def window_s(block: Block, name: str, default_s: float) -> float:
    """Return the length of a daily window such as `23:30-01:00`, `default_s` when nobody wrote it.

    One that is known only after apply is any part of a day.
    """
    if not told(block, name):
        return _DAY_S
    match = _WINDOW.fullmatch(text(block, name) or "")
    if match is None:
        return default_s
    start, end = (int(match[i]) * 3600 + int(match[i + 1]) * 60 for i in (1, 3))
    return (end - start) % _DAY_S
