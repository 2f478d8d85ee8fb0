"""A thing by which two environments have to do with each other, and what a promise excepts."""

from dataclasses import dataclass

from caisson.estate.model import Isolation
from caisson.estate.patterns import matches, names
from caisson.prove.model import Fact
from caisson.prove.world import World

ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Tie:
    """A thing that both sides have to do with: `ids` lead from one to the other through it."""

    text: Fact
    through: str
    ids: tuple[str, ...]
    sure: bool = True


def excepted(promise: Isolation, world: World, through: str) -> bool:
    """Return whether a promise lets both have to do with what is called `through`."""
    type_ = world.type_of(through)
    return any(
        each == through or names(through, each) or matches(type_, each) for each in promise.except_
    )


def is_right(world: World, name: str) -> bool:
    """Return whether it is about who may do what: a role, an instance profile, a policy."""
    type_ = world.type_of(name)
    return "_iam_" in type_ or type_.endswith(("_role", "_policy"))
