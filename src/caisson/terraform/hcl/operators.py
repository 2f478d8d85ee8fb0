"""Operators on values that may be symbolic."""

import operator as python
from collections.abc import Callable

from caisson.terraform.hcl.access import as_flag, as_number, never_empty
from caisson.terraform.hcl.values import Bag, Reference, Undefined, Value, derived, is_plain

_ARITHMETIC: dict[str, Callable[[float, float], Value]] = {
    "+": python.add,
    "-": python.sub,
    "*": python.mul,
    "<": python.lt,
    ">": python.gt,
    "<=": python.le,
    ">=": python.ge,
}


def binary(sign: str, left: Value, right: Value) -> Value:
    match sign:
        case "&&" | "||":
            return _logical(sign, left, right)
        case "==" | "!=":
            equal = _equal(left, right)
            return derived(left, right) if equal is None else equal == (sign == "==")
        case _:
            return _calculated(sign, left, right)


def unary(sign: str, of: Value) -> Value:
    if sign == "!":
        told = as_flag(of)
        return derived(of) if told is None else not told
    return _calculated("-", 0, of)


def _logical(sign: str, left: Value, right: Value) -> Value:
    """One side may decide what the other cannot tell."""
    flags = (as_flag(left), as_flag(right))
    deciding = sign == "||"
    if deciding in flags:
        return deciding
    return derived(left, right) if None in flags else not deciding


def _equal(left: Value, right: Value) -> bool | None:
    if isinstance(left, Reference) and left == right:
        return True
    if _is_nothing(left, right) or _is_nothing(right, left):
        return False
    if not is_plain(left) or not is_plain(right):
        return None
    if isinstance(left, list | dict | Bag) and isinstance(right, list | dict | Bag):
        return None  # a list and a tuple of the same items are not equal, and types are not told
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return left == right


def _is_nothing(one: Value, other: Value) -> bool:
    """Return whether one side is null, or empty, and the other cannot be."""
    collection = isinstance(other, list | dict | Bag)
    return (one is None and collection) or (one in (None, "") and never_empty(other))


def _calculated(sign: str, left: Value, right: Value) -> Value:
    if not is_plain(left) or not is_plain(right):
        return derived(left, right)
    one, other = as_number(left), as_number(right)
    if one is None or other is None:
        raise Undefined(sign)
    if sign in ("/", "%"):
        return _divided(sign, one, other)
    return _whole(_ARITHMETIC[sign](one, other))


def _divided(sign: str, one: float, other: float) -> Value:
    if not other:
        raise Undefined(sign)
    if sign == "/":
        exact = isinstance(one, int) and isinstance(other, int) and one % other == 0
        return one // other if exact else _whole(one / other)
    # The remainder has the sign of the dividend.
    return _whole(abs(one) % abs(other) * (1 if one >= 0 else -1))


def _whole(value: Value) -> Value:
    """Terraform counts in decimal numbers: what differs behind 15 digits is of ours."""
    if not isinstance(value, float):
        return value
    value = float(f"{value:.15g}")
    return int(value) if value.is_integer() else value
