"""What a function on values that may be symbolic is: what it takes, and what it is given."""

from collections.abc import Callable, Sequence

from caisson.terraform.hcl.access import World, forced
from caisson.terraform.hcl.values import Choice, Derived, Namespace, Reference, Value

Arguments = Sequence[Value]
# The least and the most arguments, and what it does.
Function = tuple[int, int, Callable[[World, Arguments], Value]]
MANY = 10_000


def collections(world: World, arguments: Arguments) -> list[Value] | None:
    """Return the arguments as collections; None when one of them is not told."""
    found = [forced(world, each) for each in arguments]
    if any(isinstance(each, Derived | Choice | Namespace | Reference) for each in found):
        return None
    return found
