"""What a root asks of the roots that are read together with it: `terraform_remote_state`.

Things of other roots are called `<root>:<address>` in values and links alike.
"""

from collections.abc import Sequence
from typing import Protocol

from caisson.estate.patterns import of_root, root_of
from caisson.terraform.hcl.kept_state import StateId
from caisson.terraform.hcl.values import (
    Bag,
    Choice,
    Derived,
    Encoded,
    Moved,
    Namespace,
    Pieced,
    Reference,
    Steps,
    Tied,
    Value,
    moved,
)
from caisson.terraform.model import Instance, Link

OUTPUTS = "outputs"


class Others(Protocol):
    """The other roots, as one of them sees them."""

    def outputs(self, state: StateId, reading: Reference) -> Value | None:
        """Return all outputs in a state by name; None when it is not told whose state it is.

        What is known only after apply stays a way into `reading`, which reads it there.
        """
        ...

    def output(self, asking: Instance, state: StateId, steps: Steps, types: Sequence[str]) -> Link:
        """Return what an output names: `steps` are its name, and the way into its value."""
        ...

    def attribute(self, reference: Reference, step: str | int) -> Value:
        """Return the value one step further into a thing of another root."""
        ...

    def follow(self, reference: Reference) -> Value:
        """Return what the expression of a thing of another root gives, None for nothing."""
        ...

    def link(self, asking: Instance, reference: Reference, types: Sequence[str]) -> Link:
        """Return what an attribute of a thing of another root names."""
        ...


class Outputs(Protocol):
    """What one root tells the others, in which its things are called as in the root itself."""

    def seen(self, root: str, reading: Reference) -> Value:
        """Return all outputs by name, as the others see them; see `Others.outputs`."""
        ...

    def link(self, asking: Instance, steps: Steps, types: Sequence[str]) -> Link:
        """Return what an output names."""
        ...

    def attribute(self, reference: Reference, step: str | int) -> Value: ...

    def follow(self, reference: Reference) -> Value: ...

    def named(self, asking: Instance, reference: Reference, types: Sequence[str]) -> Link:
        """Return what an attribute of a thing names."""
        ...


def is_elsewhere(address: str) -> bool:
    """Return whether a thing is of another root."""
    return root_of(address)[0] != ""


def among_roots(root: str, address: str) -> str:
    """Return how a thing that is seen from a root is called among all of them."""
    return address if is_elsewhere(address) else of_root(root, address)


def seen_from_others(root: str, value: Value) -> Value:  # noqa: C901, PLR0911  one case each
    """Return a value of one root as the others see it."""

    def inner(each: Value) -> Value:
        return seen_from_others(root, each)

    match value:
        case Reference():
            return _reference(root, value)
        case Tied():
            return Tied(str(value), _reference(root, value.reference))
        case Choice(options):
            return Choice(tuple(map(inner, options)))
        case Bag(items, counted, whole):
            return Bag(tuple(map(inner, items)), counted, whole)
        case list():
            return list(map(inner, value))
        case dict():
            return {inner(key): inner(each) for key, each in value.items()}
        case Encoded(sources, complete, document):
            return Encoded(_references(root, sources), complete, inner(document))
        case Pieced(sources, complete, parts):
            return Pieced(_references(root, sources), complete, tuple(map(inner, parts)))
        case Moved(copied=Reference() as arn):
            return moved(_reference(root, arn))
        case Derived(sources, complete):
            return Derived(_references(root, sources), complete)
        case Namespace(get):
            return Namespace(lambda name: inner(get(name)))
        case _:
            return value


def _reference(root: str, reference: Reference) -> Reference:
    return Reference(among_roots(root, reference.address), reference.path)


def _references(root: str, sources: frozenset[Reference]) -> frozenset[Reference]:
    return frozenset(_reference(root, each) for each in sources)
