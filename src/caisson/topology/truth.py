"""Yes, no and cannot tell (None), joined without rounding up."""

from collections.abc import Iterable


def any_of(values: Iterable[bool | None]) -> bool | None:
    """Return True when one is, False when none can be, else None."""
    found = tuple(values)
    return True if True in found else None if None in found else False


def all_of(values: Iterable[bool | None]) -> bool | None:
    """Return False when one is, True when none can be false, else None."""
    found = tuple(values)
    return False if False in found else None if None in found else True


def negated(value: bool | None) -> bool | None:
    return None if value is None else not value
