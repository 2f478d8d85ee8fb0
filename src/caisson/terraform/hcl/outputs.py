"""What the text of a configuration says in its outputs, for the roots that read them."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from caisson.terraform.hcl import access
from caisson.terraform.hcl.following import UNTOLD, Follower, Names
from caisson.terraform.hcl.others import seen_from_others
from caisson.terraform.hcl.scope import Instances, ModuleInstance
from caisson.terraform.hcl.values import (
    NOBODY_KNOWS,
    Exhausted,
    Reference,
    Steps,
    Undefined,
    Value,
)
from caisson.terraform.model import Instance, Link


class TextOutputs:
    """The outputs of the root module of `whole`; see `Outputs`."""

    def __init__(self, whole: Instances, instances: Mapping[str, Instance], names: Names) -> None:
        self._whole = whole
        self._instances = instances
        self._names = names
        self._seen: dict[str, Value] | None = None

    @cached_property
    def _values(self) -> Mapping[str, Value]:
        root = self._whole.at("")
        return {} if root is None else {n: self._value(root, n) for n in root.module.outputs}

    def _value(self, root: ModuleInstance, name: str) -> Value:
        self._whole.effort.begin()
        try:
            return root.output(name)
        except (Undefined, Exhausted, RecursionError):
            return NOBODY_KNOWS

    def seen(self, root: str, reading: Reference) -> Value:
        del reading  # the text tells all
        if self._seen is None:
            self._seen = {name: seen_from_others(root, v) for name, v in self._values.items()}
        return self._seen

    def link(self, asking: Instance, steps: Steps, types: Sequence[str]) -> Link:
        self._whole.effort.begin()
        try:
            value: Value = dict(self._values)
            for step in steps:
                value = access.index(self._whole, value, step)
            return self._follower(asking, types).link(value)
        except (Undefined, Exhausted, RecursionError):
            return UNTOLD

    def attribute(self, reference: Reference, step: str | int) -> Value:
        return self._whole.attribute(reference, step)

    def follow(self, reference: Reference) -> Value:
        return self._whole.follow(reference)

    def named(self, asking: Instance, reference: Reference, types: Sequence[str]) -> Link:
        self._whole.effort.begin()
        try:
            return self._follower(asking, types).link(reference)
        except (Undefined, Exhausted, RecursionError):
            return UNTOLD

    def _follower(self, asking: Instance, types: Sequence[str]) -> Follower:
        return Follower(self._whole, self._instances, self._names, asking, frozenset(types))
