"""Calls of Terraform's functions.

Most only move values about (`list_functions`, `map_functions`) and take symbolic ones too; the
others need to know what they are given (`known_functions`).
"""

import re
from collections.abc import Callable

from caisson.terraform.hcl.access import World, each_option
from caisson.terraform.hcl.function import Arguments
from caisson.terraform.hcl.known_functions import KNOWN
from caisson.terraform.hcl.list_functions import LISTS
from caisson.terraform.hcl.map_functions import MAPS
from caisson.terraform.hcl.values import (
    LONGEST_TEXT,
    Choice,
    Exhausted,
    Reference,
    Undefined,
    Value,
    derived,
    encoded,
    is_plain,
    moved,
    plain,
)

_MOVING = {**LISTS, **MAPS}
_REGION = re.compile(r":[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}:")


def call(world: World, name: str, arguments: Arguments) -> Value:
    """Return the function's value; something derived where it is not told.

    Raises `Undefined` when the arguments are not what the function takes.
    """
    name = name.removeprefix("core::")
    if name == "jsonencode" and len(arguments) == 1 and not is_plain(arguments[0]):
        return encoded(arguments[0])
    if name == "replace" and (arn := _moved(arguments)) is not None:
        return arn
    if (known := KNOWN.get(name)) is not None:
        return _of_known(known, arguments)
    if (function := _MOVING.get(name)) is None:
        return derived(*arguments)
    least, most, does = function
    if not least <= len(arguments) <= most:
        raise Undefined(name)
    return _each_choice(world, does, arguments)


def _moved(arguments: Arguments) -> Value | None:
    """Return an ARN in which only the region is replaced."""
    match arguments:
        case [Reference(path=("arn",)) as arn, str() as old, str() as new]:
            return moved(arn) if _REGION.fullmatch(old) and _REGION.fullmatch(new) else None
        case _:
            return None


def _of_known(function: Callable[..., Value], arguments: Arguments) -> Value:
    if not all(map(is_plain, arguments)):
        return derived(*arguments)
    try:
        value = function(*map(plain, arguments))
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError):
        raise Undefined(function) from None
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise Exhausted
    return value


def _each_choice(
    world: World, does: Callable[[World, Arguments], Value], arguments: Arguments
) -> Value:
    """The first argument that is a choice is taken apart."""
    for at, argument in enumerate(arguments):
        if isinstance(argument, Choice):
            return each_option(
                argument.options,
                lambda option, at=at: _each_choice(  # type: ignore[misc]  # a default binds it
                    world, does, [*arguments[:at], option, *arguments[at + 1 :]]
                ),
            )
    return does(world, arguments)
