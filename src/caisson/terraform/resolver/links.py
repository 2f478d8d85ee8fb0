"""The answer to what an attribute names."""

from collections.abc import Mapping, Sequence

from caisson.terraform.model import NOTHING, UNKNOWN, Certainty, Instance, Link
from caisson.terraform.reading import Path
from caisson.terraform.resolver.index import Index, chosen, near

_UNTOLD = Link(certainty=Certainty.OPEN)


class Resolver:
    def __init__(self, instances: Mapping[str, Instance]) -> None:
        self._instances = instances
        self._index = Index(instances.values())

    def link(self, address: str, path: Path, types: Sequence[str]) -> Link:
        instance = self._instances[address]
        value: object = instance.values
        for step in path:
            value = _step(value, step)
        return self._of_value(instance, value, types)

    def named(self, text: str, types: Sequence[str]) -> tuple[str, ...]:
        return tuple(each.address for each in self._index.find(text, types))

    def written(self, address: str, path: Path) -> bool:
        return True

    def _of_value(self, instance: Instance, value: object, types: Sequence[str]) -> Link:
        if value is None or value in ("", [], {}):
            return NOTHING
        if isinstance(value, str):
            found = chosen(near(instance, self._index.find(value, types), value))
            if not found:
                return Link(outside=(value,))
            return Link(tuple(each.address for each in found))
        return _UNTOLD


def _step(value: object, step: str | int) -> object:
    if value is UNKNOWN:
        return value
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None
